"""Static shapes, as programs that reach into TensorFlow 1.15 compute them.

Source: TensorFlow 1.15, python/framework/common_shapes.py, tensor_shape.py and tensor_util.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import constant_value as constant_values
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import int32
from tensormill.graph.shapes import (
    TensorShape,
    as_dims,
    as_shape,
    broadcast_dims,
    unknown_shape,
)
from tensormill.graph.tensor import Tensor
from tensormill.graph.tensor_codec import shape_to_proto
from tensormill.ops.arithmetic import floormod
from tensormill.ops.array_shapes import shape, size
from tensormill.ops.casting import cast
from tensormill.ops.filling import fill
from tensormill.ops.partitioning import dynamic_stitch
from tensormill.ops.sequences import range_of

__all__ = [
    "ShapeEquals",
    "TensorShapeProtoToList",
    "broadcast_shape",
    "call_cpp_shape_fn",
    "constant_value_as_shape",
    "has_fully_defined_shape",
    "is_broadcast_compatible",
    "matrix",
    "maybe_set_static_shape",
    "no_outputs",
    "rank",
    "reduced_shape",
    "scalar",
    "scalar_shape",
    "shape_tensor",
    "unchanged_shape",
    "unknown_shape",
    "vector",
]


def scalar() -> TensorShape:
    """Return the shape of a single value."""
    return TensorShape([])


def vector(length: Any) -> TensorShape:
    """Return the shape of a vector."""
    return TensorShape([length])


def matrix(rows: Any, cols: Any) -> TensorShape:
    """Return the shape of a matrix."""
    return TensorShape([rows, cols])


def constant_value_as_shape(tensor: Any) -> TensorShape:
    """Return what is known of the shape that a tensor holds."""
    return TensorShape(constant_values.constant_value_as_shape(tensor))


def shape_tensor(shape: Any) -> Tensor:
    """Return a shape as a tensor: int32, or int64 where a size needs it."""
    dtype = None
    if isinstance(shape, (tuple, list)):
        if not shape:
            dtype = int32
        else:
            shape = tuple(getattr(size, "value", size) for size in shape)
    return convert_to_tensor(shape, dtype=dtype, name="shape")


def maybe_set_static_shape(tensor: Any, shape: Any) -> None:
    """Give a tensor of unknown shape what is known of the shape that a shape tensor holds."""
    if isinstance(shape, Tensor) and not tensor.get_shape().is_fully_defined():
        tensor.set_shape(constant_value_as_shape(shape))


def TensorShapeProtoToList(shape: Any) -> list[int]:
    """Return the sizes in a message."""
    return [dim.size for dim in shape.dim]


def ShapeEquals(tensor_proto: Any, shape: Any) -> bool:
    """Return whether a TensorProto has a shape.

    Raises:
      TypeError: one of the two is of the wrong type.
    """
    if not hasattr(tensor_proto, "tensor_shape"):
        raise TypeError("tensor_proto is not a tensor_pb2.TensorProto object")
    if hasattr(shape, "dim"):
        shape = TensorShapeProtoToList(shape)
    elif not isinstance(shape, (list, tuple)):
        raise TypeError("shape is not a list or tuple")
    return TensorShapeProtoToList(tensor_proto.tensor_shape) == list(shape)


def has_fully_defined_shape(tensor: Any) -> bool:
    """Return whether all sizes of a tensor are known."""
    return bool(tensor.get_shape().is_fully_defined())


def rank(tensor: Any) -> int | None:
    """Return the number of dimensions of a tensor, None where it is not known."""
    ndims: int | None = (
        tensor.shape.ndims if isinstance(tensor, Tensor) else np.asarray(tensor).ndim
    )
    return ndims


def broadcast_shape(shape_x: Any, shape_y: Any) -> TensorShape:
    """Return the shape of two tensors when they are broadcast.

    Raises:
      ValueError: the shapes do not fit.
    """
    try:
        return TensorShape(broadcast_dims(as_dims(shape_x), as_dims(shape_y)))
    except ValueError:
        raise ValueError(
            f"Incompatible shapes for broadcasting: {as_shape(shape_x)} and {as_shape(shape_y)}"
        ) from None


def is_broadcast_compatible(shape_x: Any, shape_y: Any) -> bool:
    """Return whether two shapes of known rank can be broadcast."""
    x, y = as_dims(shape_x), as_dims(shape_y)
    if x is None or y is None:
        return False
    try:
        broadcast_dims(x, y)
    except ValueError:
        return False
    return True


def scalar_shape(op: Any) -> list[TensorShape]:
    """Return the shape of an operation with one single value."""
    return [scalar()]


def unchanged_shape(op: Any) -> list[TensorShape]:
    """Return the shape of the first input."""
    return [op.inputs[0].get_shape()]


def no_outputs(op: Any) -> list[TensorShape]:
    """Return the shapes of an operation without outputs."""
    return []


def reduced_shape(input_shape: Any, axes: Any) -> Tensor:
    """Return the shape of a reduction that keeps its dimensions, as a tensor."""
    static = (
        constant_values.constant_value(input_shape) if isinstance(input_shape, Tensor) else None
    )
    static_axes = constant_values.constant_value(axes) if isinstance(axes, Tensor) else axes
    if static is not None and static_axes is not None:
        sizes = np.array(static)
        sizes[np.ravel(static_axes)] = 1
        return convert_to_tensor(sizes)
    shape_of_input = cast(input_shape, int32)
    count = size(shape_of_input)
    positive = floormod(cast(axes, int32) + count, count)
    return dynamic_stitch([range_of(count), positive], [shape_of_input, fill(shape(positive), 1)])


def call_cpp_shape_fn(op: Any, require_shape_fn: bool = True) -> dict[str, list[Any]]:
    """Return the static shapes that the shape function of an operation found, as messages."""
    return {"shapes": [shape_to_proto(tensor.dims) for tensor in op.outputs]}
