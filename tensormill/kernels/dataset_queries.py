"""Kernels of datasets of what is in databases: of SQLite and LMDB.

Source: TensorFlow 1.15, core/kernels/data/experimental/sql_dataset_op.cc,
sql/sqlite_query_connection.cc and lmdb_dataset_op.cc.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from tensormill.formats.damage import DamagedFileError
from tensormill.formats.lmdb_files import MissingLibraryError, read_items
from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.kernels.dataset_base import Dataset, Iteration, lasting
from tensormill.kernels.dataset_files import file_failure
from tensormill.kernels.registry import kernel

__all__: list[str] = []

_DTYPES: Final = frozenset("string int8 int16 int32 int64 uint8 uint16 bool float64".split())
_INTEGER = re.compile(rb"\s*([+-]?\d+)")
_FLOAT = re.compile(rb"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")


class QueryDataset(Dataset):
    """The rows that a query gives, a component a column.

    Args:
      path: of the database.
      query: what to ask.
      dtypes: of the columns.
      dims: their static shapes.
    """

    def __init__(self, path: str, query: str, dtypes: Any, dims: Any) -> None:
        super().__init__(dtypes, dims)
        self._path = path
        self._query = query

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        try:
            connection = sqlite3.connect(self._path, check_same_thread=False)
        except sqlite3.Error as error:
            yield from lasting(errors.not_found(f"Sqlite::Open({self._path}) failed: {error}"))
            return
        try:
            with contextlib.closing(connection):
                connection.text_factory = bytes
                yield from self._rows(connection.execute(self._query))
        except (sqlite3.Error, sqlite3.Warning) as error:
            number = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
            text = f"Prepare() failed: [{number}] {error}: {self._query}"
            yield from lasting(errors.unknown(text))

    def _rows(self, cursor: sqlite3.Cursor) -> Iterator[Any]:
        count = len(cursor.description or ())
        if count != len(self.dtypes):
            yield from lasting(
                errors.invalid_argument(
                    f"The number of columns in query ({count}) must match the number of elements "
                    f"in output_types ({len(self.dtypes)})."
                )
            )
            return
        for row in cursor:
            yield tuple(map(_component, row, self.dtypes))


def _component(value: Any, dtype: DType) -> Any:
    """Return a field as a component, as SQLite converts between its types."""
    if dtype.name == "string":
        return _text(value)
    if dtype.name == "float64":
        return np.float64(_leading(value, _FLOAT, float))
    number = int(_leading(value, _INTEGER, int))
    if dtype.name == "bool":
        return np.bool_(number != 0)
    return np.int64(number).astype(dtype.as_numpy_dtype)


def _text(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return b"" if value is None else str(value).encode()


def _leading(value: Any, pattern: re.Pattern[bytes], kind: Callable[[bytes], Any]) -> Any:
    """Return a field as a number; of a text, the number with which it begins."""
    if not isinstance(value, bytes):
        return 0 if value is None else value
    found = pattern.match(value)
    return 0 if found is None else kind(found[1])


@kernel("SqlDataset", "cpu")
@kernel("ExperimentalSqlDataset", "cpu")
def sql_dataset(
    driver_name: Any,
    data_source_name: Any,
    query: Any,
    *,
    output_types: Any,
    output_shapes: Any,
) -> Dataset:
    driver = np.ravel(driver_name)[0].decode()
    if driver != "sqlite":
        raise errors.invalid_argument(
            f"The database type, {driver}, is not supported by SqlDataset. The set of supported "
            "databases is: {'sqlite'}."
        )
    for index, dtype in enumerate(output_types):
        if dtype.name not in _DTYPES:
            raise errors.invalid_argument(
                f"Each element of `output_types_` must be one of: {', '.join(sorted(_DTYPES))}; "
                f"element {index} is {dtype.name}"
            )
    path, text = np.ravel(data_source_name)[0].decode(), np.ravel(query)[0].decode()
    return QueryDataset(path, text, output_types, output_shapes)


class DatabaseItems(Dataset):
    """The keys and values of LMDB databases, one database after the other."""

    def __init__(self, names: list[bytes], dtypes: Any, dims: Any) -> None:
        super().__init__(dtypes, dims)
        self._names = names

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        for name in self._names:
            path = name.decode(errors="surrogateescape")
            try:
                yield from read_items(path)
            except MissingLibraryError as error:
                yield from lasting(errors.unimplemented(str(error)))
            except (OSError, DamagedFileError) as error:
                yield from lasting(file_failure(error, path))


@kernel("LMDBDataset", "cpu")
@kernel("ExperimentalLMDBDataset", "cpu")
def lmdb_dataset(filenames: Any, *, output_types: Any, output_shapes: Any) -> Dataset:
    return DatabaseItems(np.ravel(filenames).tolist(), output_types, output_shapes)
