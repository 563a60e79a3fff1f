"""RecvTensor responses around protobuf, so that large tensors are copied once on each side."""

from __future__ import annotations

from typing import Any

from tensormill.distributed.value_codec import empty_proto, value_from_array, value_pieces
from tensormill.graph import errors
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.tensor_wire_codec import Piece, decode_tensor, encode_varint, scan_fields
from tensormill.proto import worker_pb2
from tensormill.runtime.plan.frames import DEAD
from tensormill.runtime.plan.value_table import value_form

__all__ = ["read_value", "value_from_message", "write_dead", "write_value"]

_TENSOR, _IS_DEAD, _SEND_START = 1, 2, 3
_DTYPE = 1
_MICROS_KEY = encode_varint(_SEND_START << 3)


def write_value(value: Any, dtype: DType, started_micros: int) -> list[Piece]:
    """Return the response that gives a value.

    Raises:
      UnimplementedError: the value is a handle.
    """
    micros = _MICROS_KEY + encode_varint(started_micros)
    return [*value_pieces(_TENSOR, value, dtype), micros]


def write_dead(started_micros: int) -> Any:
    """Return the response that says that the value is of a branch that was not taken."""
    return worker_pb2.RecvTensorResponse(
        tensor=empty_proto(), is_dead=True, send_start_micros=started_micros
    )


def read_value(message: memoryview) -> Any:
    """Return the value of a response, or `DEAD`.

    Raises:
      InvalidArgumentError: it is not sound.
    """
    tensor = memoryview(b"")
    try:
        for number, field in scan_fields(message):
            if number == _IS_DEAD and field:
                return DEAD
            if number == _TENSOR and not isinstance(field, int):
                tensor = field
    except ValueError as error:
        raise errors.invalid_argument(f"Cannot parse tensor from proto: {error}") from error
    return value_from_message(tensor)


def value_from_message(tensor: memoryview) -> Any:
    """Return the value of a TensorProto in the usual form of its dtype.

    Raises:
      InvalidArgumentError: it is not sound.
    """
    try:
        dtype = as_dtype(_dtype_of(tensor))
        return value_from_array(decode_tensor(tensor), dtype, value_form(dtype))
    except (TypeError, ValueError, OverflowError) as error:
        raise errors.invalid_argument(f"Cannot parse tensor from proto: {error}") from error


def _dtype_of(tensor: memoryview) -> int:
    found = 0
    for number, field in scan_fields(tensor):
        if number == _DTYPE and isinstance(field, int):
            found = field
    return found
