"""`TensorLayout`: a NamedTensorProto apart from the content of its tensor."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError
from tensorboard.compat.proto import tensor_shape_pb2

from tensormill.distributed.message_layouts import Hole
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.tensor_wire_codec import scan_places
from tensormill.kernels.torch_dtypes import is_number

__all__ = ["TensorLayout", "layout_of_named_tensor"]

_NAME, _TENSOR = 1, 2  # fields of NamedTensorProto
_DTYPE, _SHAPE, _VERSION, _CONTENT = 1, 2, 3, 4  # fields of TensorProto


@dataclass(frozen=True, slots=True)
class TensorLayout:
    """A tensor of numbers, of whose message all is known but the content.

    Attributes:
      name: what it is called.
      dtype: its dtype.
      numpy_type: how arrays hold it.
      shape: its shape.
    """

    name: str
    dtype: DType
    numpy_type: np.dtype[Any]
    shape: tuple[int, ...]

    def array(self, content: memoryview) -> np.ndarray[Any, Any]:
        """Return the tensor; it shares the memory of the content."""
        return np.frombuffer(content, self.numpy_type).reshape(self.shape)


def layout_of_named_tensor(message: memoryview, start: int) -> tuple[TensorLayout, Hole] | None:
    """Return the layout of a NamedTensorProto, and where its content stands in a larger message.

    Args:
      message: the NamedTensorProto.
      start: where it begins in the larger message.

    Returns:
      None where it is none of numbers that are written as one run of bytes.
    """
    names: list[memoryview] = []
    fields: dict[int, Any] = {}
    hole = (0, 0)
    try:
        for number, value, place in scan_places(message, start):
            if number == _NAME and not isinstance(value, int):
                names.append(value)
            elif number == _TENSOR and not isinstance(value, int) and not fields:
                for inner, part, inner_place in scan_places(value, place):
                    if inner in fields or inner > _CONTENT:
                        return None
                    fields[inner] = part
                    if inner == _CONTENT and not isinstance(part, int):
                        hole = (inner_place, inner_place + len(part))
            else:
                return None
        dtype = as_dtype(fields.get(_DTYPE, 0))
        shape = _shape(fields.get(_SHAPE, b""))
        name = bytes(*names).decode()
    except (DecodeError, TypeError, ValueError):
        return None
    if not is_number(dtype):
        return None
    layout = TensorLayout(name, dtype, np.dtype(dtype.as_numpy_dtype), shape)
    size_bytes = math.prod(shape) * layout.numpy_type.itemsize
    if min(shape, default=0) < 0 or not size_bytes or hole[1] - hole[0] != size_bytes:
        return None
    return layout, hole


def _shape(message: Any) -> tuple[int, ...]:
    return tuple(
        dim.size for dim in tensor_shape_pb2.TensorShapeProto.FromString(bytes(message)).dim
    )
