"""`tf.tensordot`: sums of products over axes of two tensors, as one matrix product.

Source: TensorFlow 1.15, python/ops/math_ops.py.
"""

from __future__ import annotations

import math
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_scope import OpScope
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import rank, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.gathering import gather, where
from tensormill.ops.joining import concat, stack
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.reduction import reduce_prod
from tensormill.ops.sequences import range_of
from tensormill.ops.transposition import transpose
from tensormill.ops.uniqueness import setdiff1d

__all__ = ["tensordot"]


def _as_matrix(
    a: Tensor, axes: Any, is_flipped: bool
) -> tuple[Tensor, Any, list[int | None] | None]:
    """Return `a` as a matrix, the sizes of its other axes, and these as far as they are static."""
    dims = a.dims
    is_list = isinstance(axes, (list, tuple))
    if dims is not None and is_list:
        if any(axis >= len(dims) for axis in axes):
            raise IndexError("list index out of range")
        axes = [axis % len(dims) for axis in axes]
        free = [axis for axis in range(len(dims)) if axis not in axes]
        sizes = [dims[axis] for axis in free]
        if None not in dims:
            product_free = math.prod(dims[axis] for axis in free)  # type: ignore[misc]
            product_axes = math.prod(dims[axis] for axis in axes)
            order = axes + free if is_flipped else free + axes
            shape = [product_axes, product_free] if is_flipped else [product_free, product_axes]
            return reshape(transpose(a, order), shape), sizes, sizes
        axes = convert_to_tensor(axes, dtype=dtypes.int32, name="axes")
        others = convert_to_tensor(free, dtype=dtypes.int32, name="free")
        whole = shape_of(a)
    else:
        sizes = None
        whole = shape_of(a)
        rank_a = rank(a)
        axes = convert_to_tensor(axes, dtype=dtypes.int32, name="axes")
        axes = where(axes >= 0, axes, axes + rank_a)
        others, _ = setdiff1d(range_of(rank_a), axes)
    free_sizes = gather(whole, others)
    product_of_free = reduce_prod(free_sizes)
    product_of_axes = reduce_prod(gather(whole, axes))
    if is_flipped:
        order_of = concat([axes, others], 0)
        new_shape = stack([product_of_axes, product_of_free])
    else:
        order_of = concat([others, axes], 0)
        new_shape = stack([product_of_free, product_of_axes])
    return reshape(transpose(a, order_of), new_shape), free_sizes, sizes


def _axes_of_both(a: Tensor, axes: Any) -> tuple[Any, Any]:
    if isinstance(axes, int):
        if axes < 0:
            raise ValueError("'axes' must be at least 0.")
        if a.dims is not None:
            if axes > len(a.dims):
                raise ValueError(f"'axes' must not be larger than the number of dimensions of {a}.")
            return list(range(len(a.dims) - axes, len(a.dims))), list(range(axes))
        rank_a = rank(a)
        return range_of(rank_a - axes, rank_a), range_of(axes)
    if isinstance(axes, (list, tuple)):
        if len(axes) != 2:
            raise ValueError("'axes' must be an integer or have length 2.")
        a_axes, b_axes = ([axis] if isinstance(axis, int) else axis for axis in axes)
        if len(a_axes) != len(b_axes):
            raise ValueError(
                f"Different number of contraction axes 'a' and 'b', {len(a_axes)} != {len(b_axes)}."
            )
        return list(a_axes), list(b_axes)
    axes = convert_to_tensor(axes, name="axes", dtype=dtypes.int32)
    return axes[0], axes[1]


def tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> Tensor:
    """Return the sums of the products of `a` and `b` over pairs of axes.

    Args:
      a: numbers.
      b: numbers of the same dtype.
      axes: how many axes at the end of `a` and the start of `b`; or two lists of axes.
      name: the name of the nodes.

    Raises:
      ValueError: the axes do not fit.
      IndexError: there is no such axis.
    """
    with OpScope(name, "Tensordot", [a, b, axes]) as scope:
        a, b = convert_to_tensor(a, name="a"), convert_to_tensor(b, name="b")
        a_axes, b_axes = _axes_of_both(a, axes)
        a_matrix, a_sizes, a_static = _as_matrix(a, a_axes, False)
        b_matrix, b_sizes, b_static = _as_matrix(b, b_axes, True)
        product = matmul(a_matrix, b_matrix)
        if isinstance(a_sizes, list) and isinstance(b_sizes, list):
            return reshape(product, a_sizes + b_sizes, name=scope)
        a_sizes = convert_to_tensor(a_sizes, dtype=dtypes.int32)
        b_sizes = convert_to_tensor(b_sizes, dtype=dtypes.int32)
        made = reshape(product, concat([a_sizes, b_sizes], 0), name=scope)
        if a_static is not None and b_static is not None:
            made.set_shape(a_static + b_static)
        return made
