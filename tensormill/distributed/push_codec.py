"""Values that are pushed to another task: a header that says what they are, and their contents.

The header of a message is the same from step to step, so that both ends make it out once. Contents
are neither copied when they are written nor, where they are large, when they are read.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from tensormill.distributed.value_codec import value_array, value_from_array
from tensormill.graph import dtypes, errors
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.tensor_codec import strings_from_content
from tensormill.graph.tensor_wire_codec import (
    Piece,
    encode_varint,
    field_head,
    scan_fields,
    string_content,
)
from tensormill.kernels.torch_dtypes import dtype_of_value, is_number
from tensormill.proto import transfers_pb2
from tensormill.runtime.plan.frames import DEAD
from tensormill.runtime.plan.instructions import Form
from tensormill.runtime.plan.value_table import value_form
from tensormill.runtime.rendezvous import KeyedValue

__all__ = ["read_push", "read_values", "value_pieces_by_key", "write_push"]

_STEP_ID, _HEADER, _CONTENTS = 1, 2, 3  # fields of PushRequest
_ALIGNMENT_BYTES = 64
_PADDING = bytes(_ALIGNMENT_BYTES)
_LARGE_BYTES = 1 << 16
_TINY_BYTES = 1 << 12  # up to this size, a copy costs less than a view
_KEPT_HEADERS = 4096
_MAX_KEPT_HEADER_BYTES = 1 << 14
_DEAD_SIZE = -1

_Facts = tuple[str, int, tuple[int, ...], int]
"""Key, number of the dtype, shape and size of the content; `_DEAD_SIZE` for a dead value."""


def write_push(step_id: int, values: Sequence[KeyedValue]) -> list[Piece]:
    """Return a PushRequest, in pieces that share the memory of the values.

    Raises:
      UnimplementedError: a value is a handle.
    """
    head = encode_varint(_STEP_ID << 3) + encode_varint(step_id)
    return [head, *value_pieces_by_key(_HEADER, _CONTENTS, values)]


def value_pieces_by_key(
    header_field: int, contents_field: int, values: Sequence[KeyedValue]
) -> list[Piece]:
    """Return values as two fields of a message.

    Args:
      header_field: the number of the field of the header.
      contents_field: the number of that of the contents.
      values: the values by rendezvous key; none give no fields.

    Raises:
      UnimplementedError: a value is a handle.
    """
    if not values:
        return []
    facts: list[_Facts] = []
    contents: list[Piece] = []
    for key, value in values:
        if value is DEAD:
            facts.append((key, 0, (), _DEAD_SIZE))
            continue
        dtype = _dtype_of(value)
        array = value_array(value, dtype)
        content = _content_of(array, dtype)
        facts.append((key, dtype.as_datatype_enum, array.shape, len(content)))
        contents.append(content)
        rest = -len(content) % _ALIGNMENT_BYTES
        if rest:
            contents.append(_PADDING[:rest])
    return [_start(header_field, contents_field, tuple(facts)), *contents]


def _dtype_of(value: Any) -> DType:
    try:
        return dtype_of_value(value)
    except TypeError:
        raise errors.unimplemented(
            f"A {type(value).__name__} cannot leave the task that holds it"
        ) from None


def _content_of(array: np.ndarray[Any, Any], dtype: DType) -> Piece:
    if dtype is dtypes.string:
        return string_content(array)
    if array.nbytes <= _TINY_BYTES:
        return array.tobytes()
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


@lru_cache(_KEPT_HEADERS)
def _start(header_field: int, contents_field: int, facts: tuple[_Facts, ...]) -> bytes:
    """Return what stands before the contents: the same from step to step."""
    header = _header(facts)
    sizes = [size + -size % _ALIGNMENT_BYTES for _, _, _, size in facts if size != _DEAD_SIZE]
    return b"".join(
        (field_head(header_field, len(header)), header, field_head(contents_field, sum(sizes)))
    )


def _header(facts: tuple[_Facts, ...]) -> bytes:
    message = transfers_pb2.PushHeader()
    for key, dtype_enum, shape, size in facts:
        if size == _DEAD_SIZE:
            message.value.add(key=key, is_dead=True)
        else:
            message.value.add(key=key, dtype=dtype_enum, dim=shape, size=size)
    return message.SerializeToString()


@dataclass(frozen=True, slots=True)
class _Entry:
    """One value of a header; `dtype` is None for a dead one."""

    key: str
    dtype: DType | None = None
    numpy_type: np.dtype[Any] | None = None
    form: Form = Form.TENSOR
    shape: tuple[int, ...] = ()
    start: int = 0
    end: int = 0


def read_push(message: memoryview) -> tuple[int, list[KeyedValue]]:
    """Return the step and the values of a PushRequest.

    Raises:
      InvalidArgumentError: it is not sound.
    """
    step_id = 0
    header, contents = memoryview(b""), memoryview(b"")
    try:
        for number, field in scan_fields(message):
            if number == _STEP_ID and isinstance(field, int):
                step_id = field
            elif number == _HEADER and not isinstance(field, int):
                header = field
            elif number == _CONTENTS and not isinstance(field, int):
                contents = field
    except ValueError as error:
        raise errors.invalid_argument(f"Cannot read pushed values: {error}") from error
    return step_id, read_values(header, contents)


def read_values(header: memoryview, contents: memoryview) -> list[KeyedValue]:
    """Return the values of a header and its contents.

    Raises:
      InvalidArgumentError: they are not sound.
    """
    try:
        data = bytes(header)
        is_kept = len(data) <= _MAX_KEPT_HEADER_BYTES
        entries = _entries(data) if is_kept else _entries.__wrapped__(data)
        return [(entry.key, _value(entry, contents)) for entry in entries]
    except (TypeError, ValueError, OverflowError) as error:
        raise errors.invalid_argument(f"Cannot read pushed values: {error}") from error


@lru_cache(_KEPT_HEADERS)
def _entries(header: bytes) -> list[_Entry]:
    """Take a header apart; raise ValueError or TypeError where it is not sound."""
    try:
        message = transfers_pb2.PushHeader.FromString(header)
    except Exception as error:
        raise ValueError(f"a header cannot be read: {error}") from error
    entries = []
    start = 0
    for value in message.value:
        if value.is_dead:
            entries.append(_Entry(value.key))
            continue
        dtype, shape = as_dtype(value.dtype), tuple(value.dim)
        if any(size < 0 for size in shape):
            raise ValueError("a shape has a negative size")
        numpy_type = None
        if is_number(dtype):
            numpy_type = np.dtype(dtype.as_numpy_dtype)
            if value.size != math.prod(shape) * numpy_type.itemsize:
                raise ValueError(f"{value.size} bytes are no {dtype.name} of shape {list(shape)}")
        elif dtype is not dtypes.string:
            raise ValueError(f"values of dtype {dtype.name} do not travel")
        end = start + value.size
        entries.append(_Entry(value.key, dtype, numpy_type, value_form(dtype), shape, start, end))
        start = end + -end % _ALIGNMENT_BYTES
    return entries


def _value(entry: _Entry, contents: memoryview) -> Any:
    dtype = entry.dtype
    if dtype is None:
        return DEAD
    if entry.end > len(contents):
        raise ValueError("the contents end too early")
    content = contents[entry.start : entry.end]
    if entry.numpy_type is None:
        return strings_from_content(content, math.prod(entry.shape)).reshape(entry.shape)
    array = np.frombuffer(content, entry.numpy_type).reshape(entry.shape)
    # A small value must not keep the memory of all.
    is_small = len(content) < _LARGE_BYTES and 4 * len(content) < len(contents)
    if is_small or not (array.flags.writeable and array.flags.aligned):
        array = array.copy()
    return value_from_array(array, dtype, entry.form)
