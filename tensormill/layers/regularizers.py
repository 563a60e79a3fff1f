"""Penalties on the size of variables.

Source: TensorFlow 1.15, contrib/layers/python/layers/regularizers.py.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Sequence
from typing import Any

from tensormill.graph.collections import GraphKeys
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import get_collection
from tensormill.graph.op_scope import OpScope
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import multiply
from tensormill.ops.elementwise_unary import abs as abs_of
from tensormill.ops.normalization import l2_loss
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.summation import add_n

__all__ = [
    "apply_regularization",
    "l1_l2_regularizer",
    "l1_regularizer",
    "l2_regularizer",
    "sum_regularizer",
]

Regularizer = Callable[[Any], Tensor | None]


def _no_penalty(weights: Any) -> None:
    return None


def _check_scale(scale: Any) -> bool:
    """Return whether a scale is the number 0; refuse what is no scale."""
    if isinstance(scale, numbers.Integral):
        raise ValueError(f"scale cannot be an integer: {scale}")
    if isinstance(scale, numbers.Real) and scale < 0.0:
        raise ValueError(f"Setting a scale less than 0 on a regularizer: {scale:g}.")
    return isinstance(scale, numbers.Real) and scale == 0.0


def _penalty(
    scale: Any, scope: str | None, default_name: str, measure: Callable[[Any], Tensor]
) -> Regularizer:
    if _check_scale(scale):
        return _no_penalty

    def regularize(weights: Any) -> Tensor:
        with OpScope(scope, default_name, [weights]) as name:
            factor = convert_to_tensor(scale, dtype=weights.dtype.base_dtype, name="scale")
            return multiply(factor, measure(weights), name=name)

    return regularize


def l1_regularizer(scale: Any, scope: str | None = None) -> Regularizer:
    """Return a function that gives `scale * sum(abs(weights))`.

    Args:
      scale: a float; 0.0 turns the penalty off.
      scope: the name of the nodes.

    Raises:
      ValueError: `scale` is negative or an int.
    """
    return _penalty(scale, scope, "l1_regularizer", lambda weights: reduce_sum(abs_of(weights)))


def l2_regularizer(scale: Any, scope: str | None = None) -> Regularizer:
    """Return a function that gives `scale * sum(weights ** 2) / 2`.

    Args:
      scale: a float; 0.0 turns the penalty off.
      scope: the name of the nodes.

    Raises:
      ValueError: `scale` is negative or an int.
    """
    return _penalty(scale, scope, "l2_regularizer", l2_loss)


def l1_l2_regularizer(
    scale_l1: Any = 1.0, scale_l2: Any = 1.0, scope: str | None = None
) -> Regularizer:
    """Return a function that gives the sum of both penalties.

    Args:
      scale_l1: the scale of the absolute values.
      scale_l2: the scale of the squares.
      scope: the name of the nodes.

    Raises:
      ValueError: a scale is negative or an int.
    """
    return _sum_of(
        [l1_regularizer(scale_l1), l2_regularizer(scale_l2)], scope or "l1_l2_regularizer"
    )


def sum_regularizer(
    regularizer_list: Sequence[Regularizer | None], scope: str | None = None
) -> Regularizer | None:
    """Return a function that gives the sum of several penalties; None where there are none.

    Args:
      regularizer_list: functions; None among them are passed over.
      scope: the name of the nodes.
    """
    functions = [regularizer for regularizer in regularizer_list if regularizer is not None]
    if not functions:
        return None
    return _sum_of(functions, scope)


def _sum_of(functions: Sequence[Regularizer], scope: str | None) -> Regularizer:
    def regularize(weights: Any) -> Tensor | None:
        with OpScope(scope, "sum_regularizer", [weights]) as name:
            penalties = [function(weights) for function in functions]
            present = [penalty for penalty in penalties if penalty is not None]
            return add_n(present, name=name) if present else None

    return regularize


def apply_regularization(regularizer: Regularizer, weights_list: Any = None) -> Tensor:
    """Return the sum of the penalties on several variables, and add it to the collection.

    Args:
      regularizer: a function of a variable.
      weights_list: the variables; by default those of the WEIGHTS collection.

    Raises:
      ValueError: there are no variables, or a penalty is not a scalar.
    """
    weights = weights_list or get_collection(GraphKeys.WEIGHTS)
    if not weights:
        raise ValueError("No weights to regularize.")
    with OpScope(None, "get_regularization_penalty", list(weights)) as scope:
        penalties = [regularizer(item) for item in weights]
        scalars = [constant(0.0) if penalty is None else penalty for penalty in penalties]
        for penalty in scalars:
            rank = penalty.shape.ndims
            if rank != 0:
                raise ValueError(
                    f"regularizer must return a scalar Tensor instead of a Tensor with rank {rank}."
                )
        total = add_n(scalars, name=scope)
        total.graph.add_to_collection(GraphKeys.REGULARIZATION_LOSSES, total)
        return total
