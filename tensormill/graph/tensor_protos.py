"""Tensors as messages for users: `make_tensor_proto` and `make_ndarray`."""

from __future__ import annotations

from typing import Any

import numpy as np
from tensorboard.compat.proto import tensor_pb2

from tensormill.graph.constants import require_proto_size, to_tensor_value
from tensormill.graph.tensor_codec import array_from_proto, array_to_proto

__all__ = ["make_ndarray", "make_tensor_proto"]


def make_tensor_proto(
    values: Any,
    dtype: Any = None,
    shape: Any = None,
    verify_shape: bool = False,
    allow_broadcast: bool = False,
) -> Any:
    """Return a TensorProto with the values, as `tf.constant` reads them.

    Args:
      values: numbers, strings, arrays, nested lists of them, or a TensorProto.
      dtype: the dtype.
      shape: the shape; a short value is filled up with its last element.
      verify_shape: refuse instead of filling up.
      allow_broadcast: fill up single elements only.

    Raises:
      TypeError: a value cannot be held by the dtype.
      ValueError: the values do not fit the shape.
    """
    if isinstance(values, tensor_pb2.TensorProto):
        return values
    made = to_tensor_value(values, dtype, shape, verify_shape, allow_broadcast)
    require_proto_size(made.array)
    return array_to_proto(made.array, made.dtype)


def make_ndarray(tensor: Any) -> np.ndarray[Any, Any]:
    """Return the array that a TensorProto holds.

    Raises:
      TypeError: the dtype cannot be held by an array.
    """
    return array_from_proto(tensor)
