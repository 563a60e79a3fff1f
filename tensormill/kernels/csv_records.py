"""Kernel of DecodeCSV: records of text to one tensor a column.

Source: TensorFlow 1.15, core/kernels/decode_csv_op.cc.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.op_def_text import dtype_text
from tensormill.kernels.csv_blocks import split_block
from tensormill.kernels.csv_fields import FieldSplitter
from tensormill.kernels.denormals import unflushed
from tensormill.kernels.number_text import number_reader, numbers_of
from tensormill.kernels.registry import KernelContext, kernel_factory
from tensormill.kernels.torch_dtypes import to_tensor
from tensormill.kernels.value_types import as_object_array

__all__ = ["CsvDecoder", "check_selected_columns"]

Array = np.ndarray[Any, Any]

_SMALLEST_BLOCK: Final = 8
"""From how many records on it is faster to look at them column by column."""


def _make_decoder(ctx: KernelContext) -> CsvDecoder:
    attrs = ctx.attrs
    delimiter, columns = attrs["field_delim"], tuple(attrs["select_cols"])
    if len(delimiter) != 1:
        raise errors.invalid_argument("field_delim should be only 1 char")
    check_selected_columns(columns, attrs["OUT_TYPE"])
    return CsvDecoder(
        FieldSplitter(delimiter, attrs["use_quote_delim"], columns),
        attrs["OUT_TYPE"],
        attrs["na_value"],
    )


def make_decode_csv_record(ctx: KernelContext) -> Callable[[Any, Sequence[Any]], list[Any]]:
    decoder = _make_decoder(ctx)

    def decode_record(records: Any, record_defaults: Sequence[Any]) -> list[Any]:
        if not records.ndim:
            return decoder.decode_one(records.item(), record_defaults)
        columns = decoder.decode(records, record_defaults)
        return [c.numpy() if type(c) is torch.Tensor else c for c in columns]

    return unflushed(decode_record)


@kernel_factory(
    "DecodeCSV", "cpu", host_inputs=("record_defaults",), host_scalars=make_decode_csv_record
)
def make_decode_csv(ctx: KernelContext) -> Callable[[Any, Sequence[Any]], list[Any]]:
    return unflushed(_make_decoder(ctx).decode)


def check_selected_columns(columns: Sequence[int], dtypes: Sequence[DType]) -> None:
    """Check the numbers of the columns that are wanted; none stands for all.

    Raises:
      InvalidArgumentError: they are not as many as `dtypes`, or are not in order.
    """
    if columns and len(columns) != len(dtypes):
        raise errors.invalid_argument("select_cols should match output size")
    if any(a >= b for a, b in itertools.pairwise(columns)):
        raise errors.invalid_argument("select_cols should be strictly increasing indices")
    if columns and columns[0] < 0:
        raise errors.invalid_argument("select_cols should be non-negative indices")


class CsvDecoder:
    """Decodes records of one kind.

    Args:
      splitter: splits a record into the fields that are wanted.
      dtypes: of the columns.
      na_value: a field that stands for a missing one, besides the empty one.
    """

    def __init__(self, splitter: FieldSplitter, dtypes: tuple[DType, ...], na_value: bytes) -> None:
        self._splitter = splitter
        self._split = splitter.split
        self._dtypes = dtypes
        self._missing = (b"", na_value) if na_value else (b"",)
        self._may_miss_numbers = bool(na_value) and not na_value.strip(b" -.0123456789")
        self._kinds = [
            None if dtype.name == "string" else np.dtype(dtype.as_numpy_dtype) for dtype in dtypes
        ]

        self._readers = list(map(_reader, self._kinds))

    def decode(self, records: Any, record_defaults: Sequence[Any]) -> list[Any]:
        """Return one tensor a column, of the shape of `records`."""
        if records.ndim == 0:
            made = self.decode_one(records.item(), record_defaults)
            return [v if type(v) is np.ndarray else to_tensor(v) for v in made]
        defaults = list(map(_default, itertools.count(), record_defaults))
        texts = records.ravel().tolist()
        if len(texts) >= _SMALLEST_BLOCK:
            columns = self._decode_block(texts, defaults, records.shape)
            if columns is not None:
                return columns
        rows: list[list[bytes]] = []
        try:
            for index, text in enumerate(texts):
                rows.append(self._fields(text, index))
        except errors.OpError as error:
            raise self._first_error(rows, defaults) or error from None
        shape = records.shape
        if not rows:
            return [self._column([], index, None, shape) for index in range(len(self._dtypes))]
        try:
            return [
                self._column(column, index, defaults[index], shape)
                for index, column in enumerate(zip(*rows, strict=True))
            ]
        except ValueError:
            raise self._first_error(rows, defaults) or _no_error() from None

    def decode_one(self, record: bytes, record_defaults: Sequence[Any]) -> list[Any]:
        """Return the fields of one record as NumPy scalars; strings as arrays of shape []."""
        for index, value in enumerate(record_defaults):
            if value.size > 1:
                _default(index, value)
        fields = self._fields(record, 0)
        missing = self._missing
        try:
            return [
                _scalar(default, kind) if field in missing else read(field)
                for field, read, kind, default in zip(
                    fields, self._readers, self._kinds, record_defaults, strict=True
                )
            ]
        except ValueError:
            defaults = list(map(_default, itertools.count(), record_defaults))
            raise self._first_error([fields], defaults) or _no_error() from None

    def _decode_block(
        self, texts: Sequence[bytes], defaults: Sequence[Any], shape: tuple[int, ...]
    ) -> list[Any] | None:
        """Return the columns; None where a record is not plain, or may have an error."""
        block = split_block(texts, self._splitter.delimiter, self._splitter.uses_quotes)
        if block is None:
            return None
        chosen: Sequence[int] = self._splitter.columns or range(len(self._dtypes))
        if chosen[-1] >= block.width or not (self._splitter.columns or len(chosen) == block.width):
            return None
        made = []
        for index, column in enumerate(chosen):
            kind = self._kinds[index]
            numbers = None
            if kind is not None and not self._may_miss_numbers:
                numbers = block.numbers(column, kind)
            if numbers is not None:
                made.append(torch.from_numpy(numbers.reshape(shape)))
                continue
            try:
                made.append(self._column(block.fields(column), index, defaults[index], shape))
            except ValueError:
                return None
        return made

    def _fields(self, text: bytes, record: int) -> list[bytes]:
        fields = self._split(text)
        if len(fields) != len(self._dtypes):
            raise errors.invalid_argument(
                f"Expect {len(self._dtypes)} fields but have {len(fields)} in record {record}"
            )
        return fields

    def _column(
        self, column: Sequence[bytes], index: int, default: Any, shape: tuple[int, ...]
    ) -> Any:
        """Return a column as a tensor.

        Raises:
          ValueError: a field is missing or no number of its dtype.
        """
        kind = self._kinds[index]
        is_missing = None
        if any(missing in column for missing in self._missing):
            if default is None:
                raise ValueError
            is_missing = [field in self._missing for field in column]
            stand_in = default if kind is None else b"0"
            column = [
                stand_in if missing else field
                for field, missing in zip(column, is_missing, strict=True)
            ]
        if kind is None:
            return as_object_array(list(column), shape)
        numbers = _numbers(column, kind)
        if is_missing is not None:
            numbers[np.array(is_missing)] = default
        return torch.from_numpy(numbers.reshape(shape))

    def _first_error(
        self, rows: Sequence[Sequence[bytes]], defaults: Sequence[Any]
    ) -> errors.OpError | None:
        """Return the error of the first field that has one, record by record."""
        for record, fields in enumerate(rows):
            for index, field in enumerate(fields):
                kind = self._kinds[index]
                if field in self._missing:
                    if defaults[index] is None:
                        return errors.invalid_argument(
                            f"Field {index} is required but missing in record {record}!"
                        )
                elif kind is not None:
                    try:
                        _numbers([field], kind)
                    except ValueError:
                        return errors.invalid_argument(
                            f"Field {index} in record {record} is not a valid "
                            f"{dtype_text(self._dtypes[index])}: {field.decode(errors='replace')}"
                        )
        return None


def _text(value: bytes) -> Array:
    """Return a string as an array of shape []."""
    array = np.empty((), object)
    array[()] = value
    return array


def _scalar(default: Any, kind: np.dtype[Any] | None) -> Any:
    """Return what stands for a missing field.

    Raises:
      ValueError: nothing does.
    """
    if not default.size:
        raise ValueError
    value = default.item()
    return _text(value) if kind is None else kind.type(value)


def _reader(kind: np.dtype[Any] | None) -> Callable[[bytes], Any]:
    """Return what makes the text of a field a scalar of a dtype; None stands for strings."""
    if kind is None:
        return _text
    read = number_reader(kind)

    def read_field(field: bytes) -> Any:
        try:
            return read(field)
        except ValueError:
            return _numbers([field], kind)[0]

    return read_field


def _no_error() -> errors.OpError:
    return errors.internal("DecodeCSV: a column was refused, none of its fields is")


def _numbers(column: Sequence[bytes], kind: np.dtype[Any]) -> Array:
    """Return the numbers of a column; floats of blanks only are 0, as in TensorFlow 1."""
    try:
        return numbers_of(column, kind)
    except ValueError:
        if kind.kind != "f" or not any(map(bytes.isspace, column)):
            raise
        return numbers_of([b"0" if field.isspace() else field for field in column], kind)


def _default(index: int, value: Any) -> Any:
    if value.size > 1:
        raise errors.invalid_argument(
            f"There should only be 1 default per field but field {index} has {value.size}"
        )
    return value.item() if value.size else None
