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
from tensormill.kernels.number_text import number_of, numbers_of
from tensormill.kernels.registry import KernelContext, kernel_factory
from tensormill.kernels.torch_dtypes import torch_dtype
from tensormill.kernels.value_types import as_object_array

__all__ = ["CsvDecoder", "check_selected_columns"]

Array = np.ndarray[Any, Any]

_LARGEST: Final = float(np.finfo(np.float32).max)
_SMALLEST_BLOCK: Final = 8
"""From how many records on it is faster to look at them column by column."""


@kernel_factory("DecodeCSV", "cpu", host_inputs=("record_defaults",))
def make_decode_csv(ctx: KernelContext) -> Callable[[Any, Sequence[Any]], list[Any]]:
    attrs = ctx.attrs
    delimiter, columns = attrs["field_delim"], tuple(attrs["select_cols"])
    if len(delimiter) != 1:
        raise errors.invalid_argument("field_delim should be only 1 char")
    check_selected_columns(columns, attrs["OUT_TYPE"])
    decoder = CsvDecoder(
        FieldSplitter(delimiter, attrs["use_quote_delim"], columns),
        attrs["OUT_TYPE"],
        attrs["na_value"],
    )
    return unflushed(decoder.decode)


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
        self._torch_dtypes = [
            None if dtype.name == "string" else torch_dtype(dtype) for dtype in dtypes
        ]
        self._kinds = [
            None if dtype.name == "string" else np.dtype(dtype.as_numpy_dtype) for dtype in dtypes
        ]

    def decode(self, records: Any, record_defaults: Sequence[Any]) -> list[Any]:
        """Return one tensor a column, of the shape of `records`."""
        defaults = [_default(index, value) for index, value in enumerate(record_defaults)]
        if records.ndim == 0:
            fields = self._fields(records.item(), 0)
            try:
                return list(map(self._single, fields, self._kinds, self._torch_dtypes, defaults))
            except ValueError:
                raise self._first_error([fields], defaults) or _no_error() from None
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

    def _single(self, field: bytes, kind: Any, dtype: Any, default: Any) -> Any:
        """Return the field of a record as a scalar.

        Raises:
          ValueError: it is missing or no number of its dtype.
        """
        if field in self._missing:
            if default is None:
                raise ValueError
            value = default
        elif kind is None:
            value = field
        else:
            try:
                value = number_of(field, kind)
            except ValueError:
                value = _numbers([field], kind)[0].item()
        if kind is None:
            return as_object_array([value], ())
        if -_LARGEST <= value <= _LARGEST:
            return torch.from_numpy(np.array(value, kind))
        return torch.tensor(value, dtype=dtype)

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
