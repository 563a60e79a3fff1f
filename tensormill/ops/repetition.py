"""Elements repeated, each as often as is said for it.

Source: TensorFlow 1.15, python/ops/array_ops.py and python/ops/ragged/ragged_util.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_scope import OpScope
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import broadcast_to, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.gathering import gather
from tensormill.ops.joining import stack
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.scan import cumsum
from tensormill.ops.sequences import range_of
from tensormill.ops.uniqueness import searchsorted

__all__ = ["repeat"]


def repeat(input: Any, repeats: Any, axis: int | None = None, name: str | None = None) -> Tensor:
    """Return the elements along an axis, each repeated.

    Args:
      input: a tensor.
      repeats: how often, a scalar, or one number an element.
      axis: the axis; by default the tensor is flattened first.
      name: the name of the nodes.

    Raises:
      ValueError: `repeats` has more than one dimension, or another size than the axis.
    """
    with OpScope(name, "Repeat", [input, repeats]):
        data = convert_to_tensor(input, name="data")
        repeats = convert_to_tensor(repeats, name="repeats")
        if axis is None:
            data, axis = reshape(data, [-1]), 0
        rank = repeats.get_shape().ndims
        if rank is not None and rank > 1:
            raise ValueError("repeats must be a scalar or a vector")
        size = data.get_shape()[axis]
        if rank == 1 and repeats.get_shape()[0] != 1:
            repeats.get_shape()[0].assert_is_compatible_with(size)
        count = shape_of(data)[axis]
        each = broadcast_to(repeats, stack([count]))
        ends = cumsum(each)
        places = range_of(0, reduce_sum(each))
        owners = searchsorted(ends, places, side="right")
        made = gather(data, owners, axis=axis)
        static = data.get_shape().as_list() if data.get_shape().ndims is not None else None
        if static is not None:
            static[axis] = made.get_shape().as_list()[axis]
            made.set_shape(static)
        return made
