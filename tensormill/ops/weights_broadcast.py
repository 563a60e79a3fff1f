"""Weights that are broadcast to values: of equal rank with sizes equal or 1, or scalars.

Source: TensorFlow 1.15, python/ops/weights_broadcast_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shapes import are_compatible, is_fully_defined
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import multiply
from tensormill.ops.array_shapes import rank
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.basics import no_op
from tensormill.ops.check import Assert
from tensormill.ops.comparison import equal, logical_or
from tensormill.ops.conditional import cond
from tensormill.ops.filling import ones_like
from tensormill.ops.reduction import reduce_all

__all__ = ["assert_broadcastable", "broadcast_weights"]

_MESSAGE = "weights can not be broadcast to values."


def _check_static(weights: Tensor, values: Tensor) -> bool:
    """Return whether the static shapes settle the matter; refuse those that do not fit."""
    given, wanted = weights.dims, values.dims
    if given is None or wanted is None:
        return False
    if not given:
        return True
    if len(given) != len(wanted):
        raise ValueError(
            f"{_MESSAGE} values.rank={len(wanted)}. weights.rank={len(given)}. "
            f"values.shape={values.shape}. weights.shape={weights.shape}."
        )
    if None in given or None in wanted:
        return False
    for axis, (own, whole) in enumerate(zip(given, wanted, strict=True)):
        if own not in (1, whole):
            raise ValueError(
                f"{_MESSAGE} Mismatch at dim {axis}. values.shape={values.shape} "
                f"weights.shape={weights.shape}."
            )
    return True


def assert_broadcastable(weights: Any, values: Any) -> Operation:
    """Make an operation that fails unless `weights` can be broadcast to `values`.

    Args:
      weights: numbers.
      values: numbers.

    Raises:
      ValueError: the static shapes settle that it cannot.
    """
    with OpScope(None, "assert_broadcastable", [weights, values]) as scope:
        with OpScope(None, "weights", [weights]) as weights_scope:
            weights = convert_to_tensor(weights, name=weights_scope)
            weights_shape = shape_of(weights, name="shape")
            weights_rank = rank(weights, name="rank")
        with OpScope(None, "values", [values]) as values_scope:
            values = convert_to_tensor(values, name=values_scope)
            values_shape = shape_of(values, name="shape")
            values_rank = rank(values, name="rank")
        if _check_static(weights, values):
            name = "static_dims_check_success" if weights.dims else "static_scalar_check_success"
            return no_op.make(name=name)
        is_scalar = equal(0, weights_rank, name="is_scalar")
        data = (
            _MESSAGE,
            "weights.shape=",
            weights.name,
            weights_shape,
            "values.shape=",
            values.name,
            values_shape,
            "is_scalar=",
            is_scalar,
        )
        is_valid = cond(
            is_scalar,
            lambda: is_scalar,
            lambda: _has_valid_shape(weights_rank, weights_shape, values_rank, values_shape),
            name="is_valid_shape",
        )
        return Assert(is_valid, data, name=scope)


def _has_valid_shape(
    weights_rank: Tensor, weights_shape: Tensor, values_rank: Tensor, values_shape: Tensor
) -> Tensor:
    inputs = (weights_rank, weights_shape, values_rank, values_shape)
    with OpScope(None, "has_valid_nonscalar_shape", inputs) as scope:
        is_same_rank = equal(values_rank, weights_rank, name="is_same_rank")
        return cond(
            is_same_rank,
            lambda: _has_valid_sizes(weights_shape, values_shape),
            lambda: is_same_rank,
            name=scope,
        )


def _has_valid_sizes(weights_shape: Tensor, values_shape: Tensor) -> Tensor:
    with OpScope(None, "has_invalid_dims", [weights_shape, values_shape]) as scope:
        is_valid = logical_or(equal(weights_shape, values_shape), equal(weights_shape, 1))
        return reduce_all(is_valid, name=scope)


def broadcast_weights(weights: Any, values: Any) -> Tensor:
    """Return the weights broadcast to the shape of `values`.

    Args:
      weights: numbers.
      values: numbers of the same dtype.

    Raises:
      ValueError: the static shapes do not fit.
    """
    with OpScope(None, "broadcast_weights", [weights, values]) as scope:
        values = convert_to_tensor(values, name="values")
        weights = convert_to_tensor(weights, dtype=values.dtype.base_dtype, name="weights")
        both_known = is_fully_defined(weights.dims) and is_fully_defined(values.dims)
        if both_known and are_compatible(weights.dims, values.dims):
            return weights
        with values.graph.control_dependencies([assert_broadcastable(weights, values)]):
            return multiply(weights, ones_like(values), name=scope)
