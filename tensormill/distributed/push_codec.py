"""Values that go to another task by key: a header that says what they are, and their contents.

The header of a message is the same from step to step, so that both ends make it out once. Contents
are neither copied when they are written nor, where they are large, when they are read.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from tensormill.distributed.value_codec import value_array, value_from_array
from tensormill.graph import dtypes, errors
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.tensor_codec import strings_from_content
from tensormill.graph.tensor_wire_codec import Piece, string_content
from tensormill.kernels.torch_dtypes import dtype_of_value, is_number
from tensormill.proto import transfers_pb2
from tensormill.runtime.plan.frames import DEAD
from tensormill.runtime.plan.instructions import Form
from tensormill.runtime.plan.value_table import value_form
from tensormill.runtime.rendezvous import KeyedValue

__all__ = ["Entry", "entries_of", "read_push", "value_of", "write_push", "write_values"]

_PUSH = struct.Struct("<qI")  # the step, and the size of the header
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
    """Return values of a step as a message, in pieces that share their memory.

    Raises:
      UnimplementedError: a value is a handle.
    """
    header, contents = write_values((key, value, None) for key, value in values)
    return [_PUSH.pack(step_id, len(header)), header, *contents]


def write_values(values: Iterable[tuple[str, Any, DType | None]]) -> tuple[bytes, list[Piece]]:
    """Return the header of values and their contents.

    Args:
      values: key, value and dtype of each; None for the dtype that the value shows.

    Raises:
      UnimplementedError: a value is a handle.
    """
    facts: list[_Facts] = []
    contents: list[Piece] = []
    for key, value, dtype in values:
        if value is DEAD:
            facts.append((key, 0, (), _DEAD_SIZE))
            continue
        if dtype is None:
            dtype = _dtype_of(value)
        array = value_array(value, dtype)
        content = _content_of(array, dtype)
        size = len(content)
        facts.append((key, dtype.as_datatype_enum, array.shape, size))
        contents.append(content)
        rest = -size % _ALIGNMENT_BYTES
        if rest:
            contents.append(_PADDING[:rest])
    return _header(tuple(facts)), contents


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
def _header(facts: tuple[_Facts, ...]) -> bytes:
    """Return what stands before the contents: the same from step to step."""
    message = transfers_pb2.PushHeader()
    for key, dtype_enum, shape, size in facts:
        if size == _DEAD_SIZE:
            message.value.add(key=key, is_dead=True)
        else:
            message.value.add(key=key, dtype=dtype_enum, dim=shape, size=size)
    return message.SerializeToString()


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of a header.

    Attributes:
      key: its key.
      dtype: None for a dead one.
      numpy_type: how arrays hold it; None where it is no number.
      form: in which values of the dtype usually travel.
      shape: its shape.
      start: where its content begins.
      end: where that ends.
      is_plain: an array of it is a tensor as it is.
    """

    key: str
    dtype: DType | None = None
    numpy_type: np.dtype[Any] | None = None
    form: Form = Form.TENSOR
    shape: tuple[int, ...] = ()
    start: int = 0
    end: int = 0
    is_plain: bool = False


def read_push(message: memoryview) -> tuple[int, list[KeyedValue]]:
    """Return the step and the values of a message of `write_push`.

    Raises:
      InvalidArgumentError: it is not sound.
    """
    if len(message) < _PUSH.size:
        raise _unsound("the message is too short")
    step_id, size = _PUSH.unpack_from(message)
    start = _PUSH.size + size
    contents = message[start:]
    entries = entries_of(message[_PUSH.size : start])
    return step_id, [(entry.key, value_of(entry, contents)) for entry in entries]


def entries_of(header: memoryview) -> Sequence[Entry]:
    """Return what a header says.

    Raises:
      InvalidArgumentError: it is not sound.
    """
    data = bytes(header)
    try:
        is_kept = len(data) <= _MAX_KEPT_HEADER_BYTES
        return _entries(data) if is_kept else _entries.__wrapped__(data)
    except (TypeError, ValueError, OverflowError) as error:
        raise _unsound(str(error)) from error


def value_of(entry: Entry, contents: memoryview, form: Form | None = None) -> Any:
    """Return a value, or `DEAD`.

    Args:
      entry: what the header says of it.
      contents: the contents behind the header.
      form: the form that it is to have; None for the usual one.

    Raises:
      InvalidArgumentError: the contents are not sound.
      UnimplementedError: there is no such value in the form.
    """
    try:
        return _value(entry, contents, form)
    except (TypeError, ValueError, OverflowError) as error:
        raise _unsound(str(error)) from error


def _unsound(why: str) -> errors.OpError:
    return errors.invalid_argument(f"Cannot read values: {why}")


@lru_cache(_KEPT_HEADERS)
def _entries(header: bytes) -> list[Entry]:
    """Take a header apart; raise ValueError or TypeError where it is not sound."""
    try:
        message = transfers_pb2.PushHeader.FromString(header)
    except Exception as error:
        raise ValueError(f"a header cannot be read: {error}") from error
    entries = []
    start = 0
    for value in message.value:
        if value.is_dead:
            entries.append(Entry(value.key))
            continue
        dtype, shape = as_dtype(value.dtype), tuple(value.dim)
        if any(size < 0 for size in shape):
            raise ValueError("a shape has a negative size")
        if value.size < 0:
            raise ValueError("a content has a negative size")
        numpy_type = None
        form = value_form(dtype)
        if is_number(dtype):
            numpy_type = np.dtype(dtype.as_numpy_dtype)
            if value.size != math.prod(shape) * numpy_type.itemsize:
                raise ValueError(f"{value.size} bytes are no {dtype.name} of shape {list(shape)}")
        elif dtype is not dtypes.string:
            raise ValueError(f"values of dtype {dtype.name} do not travel")
        end = start + value.size
        is_plain = form is Form.TENSOR and dtype is not dtypes.bfloat16
        entries.append(Entry(value.key, dtype, numpy_type, form, shape, start, end, is_plain))
        start = end + -end % _ALIGNMENT_BYTES
    return entries


def _value(entry: Entry, contents: memoryview, form: Form | None) -> Any:
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
    if entry.is_plain and (form is None or form is Form.TENSOR):
        return torch.from_numpy(array)
    return value_from_array(array, dtype, form or entry.form)
