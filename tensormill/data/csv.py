"""Datasets of the records of CSV files.

Source: TensorFlow 1.15, python/data/experimental/ops/readers.py.
"""

from __future__ import annotations

import collections
import csv
import glob
import gzip
from collections.abc import Callable, Sequence
from typing import Any

from tensormill.data.base import as_int64, flat_attrs
from tensormill.data.components import TensorComponent
from tensormill.data.dataset import Dataset
from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.tensor import Tensor
from tensormill.ops.dataset_files import csv_dataset_op
from tensormill.ops.dataset_transformations import ignore_errors_dataset_op

__all__ = ["CsvDataset", "make_csv_dataset"]

_BUFFER_BYTES = 4 * 1024 * 1024
_MAX_INT32 = 2**31 - 1
_MAX_INT64 = 2**63 - 1


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
            _text(compression_type, "compression_type"),
            as_int64(_BUFFER_BYTES if buffer_size is None else buffer_size, "buffer_size"),
            convert_to_tensor(header, dtypes.bool, name="header"),
            _text(field_delim, "field_delim"),
            convert_to_tensor(use_quote_delim, dtypes.bool, name="use_quote_delim"),
            _text(na_value, "na_value"),
            convert_to_tensor(select_cols or [], dtypes.int64, name="select_cols"),
            defaults,
            output_shapes=flat_attrs(structure)["output_shapes"],
        )
        super().__init__(variant, structure)


def _text(value: Any, name: str) -> Tensor:
    tensor: Tensor = convert_to_tensor("" if value is None else value, dtypes.string, name=name)
    return tensor


def _as_default(default: Any) -> Tensor:
    """Return what stands for missing fields; an empty vector where there must be none."""
    if isinstance(default, DType):
        empty: Tensor = constant([], default)
        return empty
    value: Tensor = convert_to_tensor(default, name="record_default")
    if value.dtype.base_dtype is dtypes.int32 and not isinstance(default, Tensor):
        value = convert_to_tensor(default, dtypes.int32)
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
      column_defaults: as `record_defaults` of `CsvDataset`; found in the first file where None.
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
      sloppy: not used: the order never depends on speed.
      num_rows_for_inference: how many records of the first file say the dtypes; all where None.
      compression_type: "", "GZIP" or "ZLIB".
      ignore_errors: leave out records that cannot be read.

    Raises:
      ValueError: no file matches, or names and numbers do not fit.
    """
    patterns = [file_pattern] if isinstance(file_pattern, str) else list(file_pattern)
    filenames = sorted(name for pattern in patterns for name in glob.glob(pattern))
    if not filenames:
        raise ValueError(f"No files match {file_pattern}.")
    if column_names is None:
        if not header:
            raise ValueError("Cannot infer column names without a header line.")
        column_names = next(_rows(filenames[0], field_delim, use_quote_delim, compression_type))
    if len(column_names) != len(set(column_names)):
        raise ValueError("Cannot have duplicate column names.")
    selected = _selected(select_columns, list(column_names))
    if column_defaults is None:
        column_defaults = _inferred(
            filenames[0], column_names, selected, header, num_rows_for_inference,
            field_delim, use_quote_delim, na_value, compression_type,
        )  # fmt: skip
    elif select_columns is not None and len(column_defaults) != len(selected):
        column_defaults = [column_defaults[column] for column in selected]
    names = [column_names[column] for column in selected]
    if label_name is not None and label_name not in names:
        raise ValueError("`label_name` provided must be one of the columns.")

    def read(name: Any) -> Dataset:
        dataset: Dataset = CsvDataset(
            name, column_defaults, compression_type, None, header, field_delim, use_quote_delim,
            na_value, selected if select_columns is not None else None,
        )  # fmt: skip
        if ignore_errors:
            return dataset._like(ignore_errors_dataset_op)
        return dataset

    def as_dictionary(*columns: Any) -> Any:
        features = collections.OrderedDict(zip(names, columns, strict=True))
        if label_name is None:
            return features
        label = features.pop(label_name)
        return features, label

    files = Dataset.from_tensor_slices(filenames)
    if shuffle:
        files = files.shuffle(len(filenames), shuffle_seed)
    dataset = files.interleave(read, cycle_length=num_parallel_reads or 1)
    if shuffle:
        dataset = dataset.shuffle(shuffle_buffer_size, shuffle_seed)
    if num_epochs != 1:
        dataset = dataset.repeat(num_epochs)
    dataset = dataset.batch(batch_size, drop_remainder=num_epochs is None).map(as_dictionary)
    return dataset.prefetch(1 if prefetch_buffer_size is None else prefetch_buffer_size)


def _rows(path: str, delimiter: str, uses_quotes: bool, compression: str | None) -> Any:
    opener: Callable[..., Any] = gzip.open if compression == "GZIP" else open
    quoting: Any = csv.QUOTE_MINIMAL if uses_quotes else csv.QUOTE_NONE
    with opener(path, "rt", newline="") as file:
        yield from csv.reader(file, delimiter=delimiter, quoting=quoting)


def _selected(select_columns: Sequence[Any] | None, names: list[str]) -> list[int]:
    if select_columns is None:
        return list(range(len(names)))
    numbers = []
    for column in select_columns:
        if isinstance(column, str):
            if column not in names:
                raise ValueError(f"The column '{column}' is not among {names}.")
            numbers.append(names.index(column))
        else:
            numbers.append(column)
    if len(numbers) != len(set(numbers)):
        raise ValueError("select_columns cannot contain duplicate columns")
    return sorted(numbers)


def _inferred(
    path: str,
    names: Sequence[str],
    selected: list[int],
    header: bool,
    count: int | None,
    delimiter: str,
    uses_quotes: bool,
    na_value: str,
    compression: str | None,
) -> list[Any]:
    """Return the dtype of each wanted column, as the records of a file show it."""
    types: list[DType | None] = [None] * len(selected)
    for number, row in enumerate(_rows(path, delimiter, uses_quotes, compression)):
        if header and number == 0:
            continue
        if count is not None and number > count:
            break
        if len(row) != len(names):
            raise ValueError(
                "Problem inferring types: CSV row has different number of fields than expected."
            )
        for index, column in enumerate(selected):
            types[index] = _wider(row[column], types[index], na_value)
    return [[] if t is None else _typed_default(t) for t in types]


_ORDER = [dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64, dtypes.string]


def _wider(text: str, known: DType | None, na_value: str) -> DType | None:
    if text in ("", na_value):
        return known
    found = _type_of(text)
    if known is None:
        return found
    return max(known, found, key=_ORDER.index)


def _type_of(text: str) -> DType:
    try:
        number = int(text)
    except ValueError:
        pass
    else:
        if -_MAX_INT32 <= number <= _MAX_INT32:
            return dtypes.int32
        return dtypes.int64 if -_MAX_INT64 <= number <= _MAX_INT64 else dtypes.float32
    try:
        value = float(text)
    except ValueError:
        return dtypes.string
    return dtypes.float32 if abs(value) <= 3.4e38 else dtypes.float64


def _typed_default(dtype: DType) -> Any:
    default: Any = "" if dtype is dtypes.string else 0
    return constant([default], as_dtype(dtype))
