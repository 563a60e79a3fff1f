"""Arrays as distributions arrange them: triangles, rotated dimensions, weighted sums.

Source: TensorFlow 1.15, python/ops/distributions/util.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.shapes import TensorShape, broadcast_dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import mod
from tensormill.ops.array_shapes import broadcast_dynamic_shape, rank, reshape, shape, squeeze
from tensormill.ops.assertions import assert_integer
from tensormill.ops.casting import cast
from tensormill.ops.comparison import equal, greater, less, logical_or
from tensormill.ops.conditional import cond as cond_of
from tensormill.ops.elementwise_unary import abs as abs_
from tensormill.ops.elementwise_unary import exp, expm1, is_inf, log, sign, sqrt
from tensormill.ops.filling import one_hot, ones_like, zeros, zeros_like
from tensormill.ops.gathering import where, where_v2
from tensormill.ops.joining import concat, stack
from tensormill.ops.matrix_diagonals import (
    matrix_band_part,
    matrix_diag,
    matrix_diag_part,
    matrix_set_diag,
)
from tensormill.ops.padding import pad as pad_tensor
from tensormill.ops.reduction import reduce_all, reduce_logsumexp, reduce_max, reduce_sum
from tensormill.ops.sequences import range_of
from tensormill.ops.slicing import slice as slice_
from tensormill.ops.transposition import reverse, transpose

__all__ = [
    "dimension_size",
    "fill_triangular",
    "fill_triangular_inverse",
    "matrix_diag_transform",
    "pad",
    "pick_vector",
    "prefer_static_broadcast_shape",
    "prefer_static_rank",
    "prefer_static_shape",
    "prefer_static_value",
    "reduce_weighted_logsumexp",
    "rotate_transpose",
    "same_dynamic_shape",
    "softplus_inverse",
    "tridiag",
]


def prefer_static_value(x: Tensor) -> Any:
    """Return the value of a tensor where it is known, else the tensor."""
    value = constant_value(x)
    return x if value is None else value


def prefer_static_rank(x: Any) -> Any:
    """Return the rank of a tensor, as a number where it is known."""
    return prefer_static_value(rank(x))


def prefer_static_shape(x: Any) -> Any:
    """Return the shape of a tensor, as an array where it is known."""
    return prefer_static_value(shape(x))


def dimension_size(x: Tensor, axis: int) -> Any:
    """Return the size of a dimension, as a number where it is known."""
    size = None if x.dims is None else x.dims[axis]
    return shape(x)[axis] if size is None else size


def prefer_static_broadcast_shape(
    shape1: Any, shape2: Any, name: str = "prefer_static_broadcast_shape"
) -> Any:
    """Return the shape that two shapes have together: a TensorShape where both are known.

    Raises:
      ValueError: one is known in part only.
    """

    def known(given: Any) -> TensorShape | None:
        if isinstance(given, TensorShape):
            return given
        value = constant_value(convert_to_tensor(given, dtypes.int32, name="shape"))
        return None if value is None else TensorShape(value.tolist())

    def as_tensor(given: Any) -> Tensor:
        if not isinstance(given, TensorShape):
            return convert_to_tensor(given, dtypes.int32, name="shape")
        if not given.is_fully_defined():
            raise ValueError("Cannot broadcast from partially defined `TensorShape`.")
        return convert_to_tensor(given.as_list(), dtypes.int32, name="shape")

    with name_scope(name, None, [shape1, shape2]):
        first, second = known(shape1), known(shape2)
        if first is not None and second is not None:
            return TensorShape(broadcast_dims(first._dims, second._dims))
        return broadcast_dynamic_shape(as_tensor(shape1), as_tensor(shape2))


def same_dynamic_shape(a: Any, b: Any) -> Tensor:
    """Return whether two tensors have the same shape in the step."""
    a, b = convert_to_tensor(a, name="a"), convert_to_tensor(b, name="b")

    def all_equal() -> Tensor:
        both = [concat([shape(x), shape(y)], 0) for x, y in ((a, b), (b, a))]
        return reduce_all(equal(*both))

    made: Tensor = cond_of(equal(rank(a), rank(b)), all_equal, lambda: constant(False))
    return made


def matrix_diag_transform(
    matrix: Any, transform: Callable[[Tensor], Any] | None = None, name: str | None = None
) -> Tensor:
    """Return matrices with a function applied to their diagonals."""
    with name_scope(name, "matrix_diag_transform", [matrix]):
        matrix = convert_to_tensor(matrix, name="matrix")
        if transform is None:
            return matrix
        return matrix_set_diag(matrix, transform(matrix_diag_part(matrix)))


def rotate_transpose(x: Any, shift: Any, name: str = "rotate_transpose") -> Tensor:
    """Return a tensor with its dimensions moved to the right, the last ones to the front."""
    with name_scope(name, None, [x, shift]):
        x = convert_to_tensor(x, name="x")
        shift = convert_to_tensor(shift, name="shift")
        assert_integer(shift)
        places = constant_value(shift)
        if x.dims is not None and places is not None:
            count = len(x.dims)
            if count < 2 or not int(abs(places)) % count:
                return x
            return transpose(x, perm=np.roll(np.arange(count), int(places)).tolist())
        number = rank(x)
        left = where_v2(less(shift, 0), mod(-shift, number), number - mod(shift, number))
        order = concat([range_of(left, number), range_of(0, left)], 0)
        return transpose(x, perm=order)


def pick_vector(cond: Any, true_vector: Any, false_vector: Any, name: str = "pick_vector") -> Any:
    """Return one of two vectors, without building a branch.

    Raises:
      TypeError: the condition is not bool, or the dtypes differ.
    """
    with name_scope(name, None, [cond, true_vector, false_vector]):
        cond = convert_to_tensor(cond, name="cond")
        if cond.dtype is not dtypes.bool:
            raise TypeError(f"{cond}.dtype={cond.dtype} which is not {dtypes.bool}")
        known = constant_value(cond)
        if known is not None:
            return true_vector if known else false_vector
        first = convert_to_tensor(true_vector, name="true_vector")
        second = convert_to_tensor(false_vector, name="false_vector")
        if first.dtype != second.dtype:
            raise TypeError(
                f"{first}.dtype={first.dtype} does not match {second}.dtype={second.dtype}"
            )
        count = shape(first)[0]
        begin, size = where(cond, 0 * count, count), where(cond, count, 0 * count - 1)
        return slice_(concat([first, second], 0), [begin], [size])


def fill_triangular(x: Any, upper: bool = False, name: str | None = None) -> Tensor:
    """Return triangular matrices, [..., n, n], of vectors of their elements.

    The elements go around the triangle clockwise, from its last row on (lower), or from its first
    (upper).

    Raises:
      ValueError: there are not as many elements as a triangle has.
    """
    with name_scope(name, "fill_triangular", [x]):
        x = convert_to_tensor(x, name="x")
        dims = x.dims
        count = None if dims is None else dims[-1]
        if count is None:
            total = cast(2 * shape(x)[-1], dtypes.float32)
            side: Any = cast(sqrt(0.25 + total), dtypes.int32)
        else:
            side = math.isqrt(2 * count)
            if side * (side + 1) // 2 != count:
                raise ValueError(
                    f"Input right-most shape ({count}) does not correspond to a triangular matrix."
                )
        last = prefer_static_rank(x) - 1
        parts = (
            [x, reverse(x[..., side:], [last])] if upper else [x[..., side:], reverse(x, [last])]
        )
        square = reshape(concat(parts, axis=-1), concat([shape(x)[:-1], [side, side]], axis=0))
        made = matrix_band_part(square, 0 if upper else -1, -1 if upper else 0)
        if dims is not None:
            known = None if count is None else side
            made.set_shape([*dims[:-1], known, known])
        return made


def fill_triangular_inverse(x: Any, upper: bool = False, name: str | None = None) -> Tensor:
    """Return the elements of triangular matrices as `fill_triangular` takes them."""
    with name_scope(name, "fill_triangular_inverse", [x]):
        x = convert_to_tensor(x, name="x")
        dims = x.dims
        side = None if dims is None else dims[-1]
        n: Any = shape(x)[-1] if side is None else side
        count = n * (n + 1) // 2
        last = prefer_static_rank(x) - 1
        if upper:
            first, rest = x[..., 0, :], x[..., 1:, :]
        else:
            first, rest = reverse(x[..., -1, :], [last - 1]), x[..., :-1, :]
        whole = rest + reverse(reverse(rest, [last]), [last - 1])
        flat = reshape(whole, concat([shape(x)[:-2], [n * (n - 1)]], axis=0))
        made = concat([first, flat[..., : count - n]], axis=-1)
        if dims is not None:
            made.set_shape([*dims[:-2], None if side is None else count])
        return made


def tridiag(below: Any = None, diag: Any = None, above: Any = None, name: Any = None) -> Tensor:
    """Return matrices with up to three diagonals in the middle.

    Raises:
      ValueError: no diagonal is given.
    """

    def padded(x: Tensor) -> Tensor:
        zero = zeros(concat([shape(x)[:-1], [1]], axis=0), dtype=x.dtype)
        return concat([zero, x, zero], axis=-1)

    with name_scope(name, "tridiag", [below, diag, above]):
        parts = []
        if below is not None:
            parts.append(matrix_diag(padded(convert_to_tensor(below)))[..., :-1, 1:])
        if diag is not None:
            parts.append(matrix_diag(convert_to_tensor(diag)))
        if above is not None:
            parts.append(matrix_diag(padded(convert_to_tensor(above)))[..., 1:, :-1])
        if not parts:
            raise ValueError("Must specify at least one of `below`, `diag`, `above`.")
        total: Tensor = parts[0]
        for part in parts[1:]:
            total = total + part
        return total


def reduce_weighted_logsumexp(
    logx: Any,
    w: Any = None,
    axis: Any = None,
    keep_dims: bool = False,
    return_sign: bool = False,
    name: str | None = None,
) -> Any:
    """Return `log(abs(sum(w * exp(logx))))`, and with `return_sign` the sign of the sum."""
    with name_scope(name, "reduce_weighted_logsumexp", [logx, w]):
        logx = convert_to_tensor(logx, name="logx")
        if w is None:
            made = reduce_logsumexp(logx, axis=axis, keepdims=keep_dims)
            return (made, ones_like(made)) if return_sign else made
        w = convert_to_tensor(w, logx.dtype, name="w")
        exponents = logx + log(abs_(w))
        most = reduce_max(exponents, axis=axis, keepdims=True)
        most = where(is_inf(most), zeros_like(most), most)
        total = reduce_sum(sign(w) * exp(exponents - most), axis=axis, keepdims=keep_dims)
        if not keep_dims:
            most = squeeze(most, axis)
        signs = sign(total)
        made = most + log(signs * total)
        return (made, signs) if return_sign else made


def softplus_inverse(x: Any, name: str | None = None) -> Tensor:
    """Return the numbers whose softplus `x` is, exact for very small and very large ones too."""
    with name_scope(name, "softplus_inverse", [x]):
        x = convert_to_tensor(x, name="x")
        threshold = float(np.log(np.finfo(x.dtype.as_numpy_dtype).eps) + 2.0)
        is_small, is_large = less(x, math.exp(threshold)), greater(x, -threshold)
        safe = where(logical_or(is_small, is_large), ones_like(x), x)
        exact = safe + log(-expm1(-safe))
        made: Tensor = where(is_small, log(x), where(is_large, x, exact))
        return made


def pad(
    x: Any,
    axis: Any,
    front: bool = False,
    back: bool = False,
    value: Any = 0,
    count: Any = 1,
    name: str | None = None,
) -> Tensor:
    """Return a tensor with `count` times a value put before or behind along one dimension.

    Raises:
      TypeError: `count` is no integer.
      ValueError: it is to be put neither before nor behind.
    """
    with name_scope(name, "pad", [x, value, count]):
        x = convert_to_tensor(x, name="x")
        value = convert_to_tensor(value, x.dtype, name="value")
        count = convert_to_tensor(count, name="count")
        if not count.dtype.is_integer:
            raise TypeError(f"`count.dtype` (`{count.dtype.name}`) must be `int`-like.")
        if not front and not back:
            raise ValueError("At least one of `front`, `back` must be `True`.")
        number: Any = rank(x, name="ndims") if x.dims is None else len(x.dims)
        axis = convert_to_tensor(axis, name="axis")
        known = constant_value(axis)
        place: Any = where(less(axis, 0), number + axis, axis)
        if known is not None:
            place = int(known) if known >= 0 else number + int(known)
        amounts = one_hot(
            stack([place if front else -1, place if back else -1]), depth=number, axis=0,
            on_value=cast(count, dtypes.int32), dtype=dtypes.int32,
        )  # fmt: skip
        made = pad_tensor(x, amounts, constant_values=value)
        if x.dims is not None and isinstance(place, int):
            added = constant_value(count)
            sizes = list(x.dims)
            size = sizes[place]
            is_known = size is not None and added is not None
            sizes[place] = size + int(added) * (front + back) if is_known else None
            made.set_shape(sizes)
        return made
