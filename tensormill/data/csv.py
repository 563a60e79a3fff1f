"""Datasets of the records of CSV files.

Source: TensorFlow 1.15, python/data/experimental/ops/readers.py.
"""

from __future__ import annotations

import collections
import csv
import gzip
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensormill.data.base import as_int64, as_string, flat_attrs
from tensormill.data.components import TensorComponent
from tensormill.data.dataset import Dataset
from tensormill.data.file_reading import read_in_turn, shuffled_and_repeated
from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.tensor import Tensor
from tensormill.ops.dataset_files import csv_dataset_op
from tensormill.ops.dataset_transformations import ignore_errors_dataset_op
from tensormill.platform import gfile
from tensormill.platform.strings import as_str

__all__ = ["CsvDataset", "make_csv_dataset"]

_BUFFER_BYTES = 4 * 1024 * 1024


class CsvDataset(Dataset):
    """The records of CSV files, a component a column."""

    def __init__(
        self,
        filenames: Any,
        record_defaults: Sequence[Any],
        compression_type: Any = None,
        buffer_size: Any = None,
        header: Any = False,
        field_delim: Any = ",",
        use_quote_delim: Any = True,
        na_value: Any = "",
        select_cols: Any = None,
    ) -> None:
        """Name the files.

        Args:
          filenames: a name or a list of names.
          record_defaults: for each column its dtype, or a tensor with the value of missing fields.
          compression_type: "", "GZIP" or "ZLIB".
          buffer_size: how many bytes are read at once.
          header: whether files begin with a line that is left out.
          field_delim: what stands between fields.
          use_quote_delim: whether a field may be quoted.
          na_value: a further text of missing fields.
          select_cols: the numbers of the columns that are wanted; all where None.
        """
        defaults = [_as_default(default) for default in record_defaults]
        structure = tuple(TensorComponent(default.dtype, ()) for default in defaults)
        variant = csv_dataset_op(
            convert_to_tensor(filenames, dtypes.string, name="filenames"),
            as_string(compression_type, "compression_type"),
            as_int64(_BUFFER_BYTES if buffer_size is None else buffer_size, "buffer_size"),
            convert_to_tensor(header, dtypes.bool, name="header"),
            as_string(field_delim, "field_delim"),
            convert_to_tensor(use_quote_delim, dtypes.bool, name="use_quote_delim"),
            as_string(na_value, "na_value"),
            convert_to_tensor(select_cols or [], dtypes.int64, name="select_cols"),
            defaults,
            output_shapes=flat_attrs(structure)["output_shapes"],
        )
        super().__init__(variant, structure)


def _as_default(default: Any) -> Tensor:
    """Return what stands for missing fields; an empty vector where there must be none."""
    if not isinstance(default, Tensor) and default in _ORDER:
        empty: Tensor = constant([], as_dtype(default))
        return empty
    value: Tensor = convert_to_tensor(default, name="record_default")
    return value


def make_csv_dataset(
    file_pattern: Any,
    batch_size: int,
    column_names: Sequence[str] | None = None,
    column_defaults: Sequence[Any] | None = None,
    label_name: str | None = None,
    select_columns: Sequence[Any] | None = None,
    field_delim: str = ",",
    use_quote_delim: bool = True,
    na_value: str = "",
    header: bool = True,
    num_epochs: int | None = None,
    shuffle: bool = True,
    shuffle_buffer_size: int = 10000,
    shuffle_seed: int | None = None,
    prefetch_buffer_size: int | None = None,
    num_parallel_reads: int | None = None,
    sloppy: bool = False,
    num_rows_for_inference: int | None = 100,
    compression_type: str | None = None,
    ignore_errors: bool = False,
) -> Dataset:
    """Return a dataset of batches of the records of CSV files: dictionaries of columns.

    Args:
      file_pattern: a pattern of file names, or a list of them.
      batch_size: how many records make a batch.
      column_names: the names of the columns; those of the first line of the files where None.
      column_defaults: as `record_defaults` of `CsvDataset`, for the wanted columns; found in the
        files where None.
      label_name: the column that is returned apart.
      select_columns: names or numbers of the columns that are wanted; all where None.
      field_delim: what stands between fields.
      use_quote_delim: whether a field may be quoted.
      na_value: a further text of missing fields.
      header: whether files begin with a line of names.
      num_epochs: how often the records are read; without end where None.
      shuffle: whether the order is random.
      shuffle_buffer_size: among how many records the next one is chosen.
      shuffle_seed: decides the order.
      prefetch_buffer_size: how many batches are computed ahead.
      num_parallel_reads: of how many files records are read by turns.
      sloppy: the order may change for speed.
      num_rows_for_inference: how many records say the dtypes; all where None.
      compression_type: "", "GZIP" or "ZLIB".
      ignore_errors: leave out records that cannot be read.

    Raises:
      ValueError: no file matches, or names and numbers do not fit.
    """
    filenames = _matching_names(file_pattern)
    source = _Source(filenames, field_delim, use_quote_delim, compression_type)
    if column_names is None:
        if not header:
            raise ValueError("Cannot infer column names without a header line.")
        column_names = source.column_names()
    if len(column_names) != len(set(column_names)):
        raise ValueError("Cannot have duplicate column names.")
    selected = _selected(select_columns, list(column_names))
    if column_defaults is None:
        column_defaults = source.column_defaults(
            len(column_names), selected, header, num_rows_for_inference, na_value
        )
    if select_columns is not None and len(column_defaults) != len(selected):
        raise ValueError("If specified, column_defaults and select_columns must have same length.")
    names = [column_names[column] for column in selected]
    if label_name is not None and label_name not in names:
        raise ValueError("`label_name` provided must be one of the columns.")

    def read(name: Any) -> Dataset:
        dataset: Dataset = CsvDataset(
            name,
            column_defaults,
            compression_type,
            None,
            header,
            field_delim,
            use_quote_delim,
            na_value,
            None if select_columns is None else selected,
        )
        return dataset._like(ignore_errors_dataset_op) if ignore_errors else dataset

    def as_dictionary(*columns: Any) -> Any:
        features = collections.OrderedDict(zip(names, columns, strict=True))
        if label_name is None:
            return features
        label = features.pop(label_name)
        return features, label

    files = Dataset.from_tensor_slices(filenames)
    if shuffle:
        files = files.shuffle(len(filenames), shuffle_seed)
    dataset = read_in_turn(files, read, num_parallel_reads, sloppy)
    dataset = shuffled_and_repeated(dataset, num_epochs, shuffle, shuffle_buffer_size, shuffle_seed)
    dataset = dataset.batch(batch_size, drop_remainder=num_epochs is None).map(as_dictionary)
    return dataset.prefetch(prefetch_buffer_size)


def _matching_names(file_pattern: Any) -> list[str]:
    if isinstance(file_pattern, list) and not file_pattern:
        raise ValueError("File pattern is empty.")
    names = sorted(gfile.Glob(file_pattern))
    if not names:
        raise ValueError(f"No files match {file_pattern}.")
    return names


def _selected(select_columns: Sequence[Any] | None, names: list[str]) -> list[int]:
    """Return the numbers of the wanted columns, ascending."""
    if select_columns is None:
        return list(range(len(names)))
    numbers = []
    for column in select_columns:
        if not isinstance(column, int):
            if column not in names:
                raise ValueError(
                    f"Value '{column}' specified in select_columns not a valid column index or "
                    "name."
                )
            column = names.index(column)
        elif not 0 <= column < len(names):
            raise ValueError(
                f"Column index {column} specified in select_columns out of valid range."
            )
        numbers.append(column)
    if len(numbers) != len(set(numbers)):
        raise ValueError("select_columns contains duplicate columns")
    return sorted(numbers)


@dataclass(frozen=True)
class _Source:
    """The files, as they are looked at when the graph is built."""

    filenames: list[str]
    delimiter: str
    uses_quotes: bool
    compression: Any

    def _rows(self, path: str) -> Iterator[list[str]]:
        compression = _static_text(self.compression)
        if compression == "ZLIB":
            raise ValueError(
                f"compression_type ({compression}) is not supported for probing columns"
            )
        if compression not in ("", "GZIP"):
            raise ValueError(f"compression_type ({compression}) is not supported")
        opener: Callable[..., Any] = gzip.open if compression else open
        with opener(path, "rt", newline="") as file:
            yield from csv.reader(
                file,
                delimiter=self.delimiter,
                quoting=csv.QUOTE_MINIMAL if self.uses_quotes else csv.QUOTE_NONE,
            )

    def column_names(self) -> list[str]:
        """Return the names in the first line, which all files have in common."""
        found: list[str] = []
        for path in self.filenames:
            names = next(self._rows(path), None)
            if names is None:
                raise ValueError(
                    f"Received StopIteration when reading the header line of {path}.  Empty file?"
                )
            if found and names != found:
                raise ValueError("Files have different column names in the header row.")
            found = names
        return found

    def column_defaults(
        self, width: int, selected: list[int], header: bool, count: int | None, na_value: str
    ) -> list[Tensor]:
        """Return zeros and empty texts of the dtypes that the first records show."""
        types: list[DType | None] = [None] * len(selected)
        for row in itertools.islice(self._records(width, header), count):
            for index, column in enumerate(selected):
                types[index] = _wider(row[column], types[index], na_value)
        return [_zero(kind or dtypes.string) for kind in types]

    def _records(self, width: int, header: bool) -> Iterator[list[str]]:
        for path in self.filenames:
            for row in itertools.islice(self._rows(path), int(header), None):
                if len(row) != width:
                    raise ValueError(
                        "Problem inferring types: CSV row has different number of fields than "
                        "expected."
                    )
                yield row


def _static_text(value: Any) -> str:
    if isinstance(value, Tensor):
        value = constant_value(value)
        if value is None:
            raise ValueError("Received unknown compression_type")
    value = np.ravel(value)[0] if isinstance(value, np.ndarray) else value
    return as_str(value) if value else ""


_ORDER = (dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64, dtypes.string)
"""The dtypes of columns: each of them can hold what those before it can."""


def _wider(text: str, known: DType | None, na_value: str) -> DType | None:
    """Return the dtype of a column that has a text besides what shows the known one."""
    if text in ("", na_value):
        return known
    found = _type_of(text)
    return found if known is None else max(known, found, key=_ORDER.index)


def _type_of(text: str) -> DType:
    try:
        number = int(text)
    except ValueError:
        pass
    else:
        for dtype in (dtypes.int32, dtypes.int64):
            if dtype.min <= number <= dtype.max:
                return dtype
    try:
        value = np.float64(text)
    except ValueError:
        return dtypes.string
    with np.errstate(over="ignore"):
        if value.astype(np.float32) < np.inf:
            return dtypes.float32
    return dtypes.float64 if value < np.inf else dtypes.string


def _zero(dtype: DType) -> Tensor:
    default: Any = "" if dtype is dtypes.string else 0
    zero: Tensor = constant([default], dtype)
    return zero
