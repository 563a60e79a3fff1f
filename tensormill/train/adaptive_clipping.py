"""Gradients that are clipped where they are longer than usual.

Source: TensorFlow 1.15, contrib/layers/python/layers/optimizers.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import maximum, minimum
from tensormill.ops.casting import cast
from tensormill.ops.clipping import global_norm
from tensormill.ops.elementwise_unary import exp, log, sqrt, square
from tensormill.ops.filling import ones_like
from tensormill.ops.gathering import where
from tensormill.ops.summaries import scalar
from tensormill.train.moving_averages import assign_moving_average
from tensormill.variables.initializers import Zeros
from tensormill.variables.scope import variable_scope
from tensormill.variables.store import get_variable

__all__ = ["adaptive_clipping_fn"]


def adaptive_clipping_fn(
    std_factor: float = 2.0,
    decay: float = 0.95,
    static_max_norm: float | None = None,
    global_step: Any = None,
    report_summary: bool = False,
    epsilon: float = 1e-8,
    name: str | None = None,
) -> Callable[[Any], list[Any]]:
    """Return a function for `clip_gradients` of `optimize_loss`.

    Args:
      std_factor: how many deviations above the mean a norm is too long, both of logarithms.
      decay: of the moving mean and deviation.
      static_max_norm: a norm that is too long in any case.
      global_step: a number of steps by which the decay begins low.
      report_summary: whether the longest norm is summarised.
      epsilon: keeps logarithms and roots finite.
      name: the name of the variable scope.
    """

    def clip(grads_and_vars: Any) -> list[Any]:
        grads, variables = zip(*grads_and_vars, strict=True)
        norm = global_norm(grads)
        longest, usual = _longest_norm(norm, std_factor, decay, global_step, epsilon, name)
        if report_summary:
            scalar("global_norm/adaptive_max_gradient_norm", longest)
        factor = where(norm < longest, ones_like(norm), exp(usual) / norm)
        if static_max_norm is not None:
            factor = minimum(static_max_norm / norm, factor)
        return [(_scaled(g, factor), v) for g, v in zip(grads, variables, strict=True)]

    return clip


def _scaled(grad: Any, factor: Tensor) -> Any:
    if isinstance(grad, IndexedSlices):
        return IndexedSlices(grad.values * factor, grad.indices, grad.dense_shape)
    return None if grad is None else grad * factor


def _longest_norm(
    norm: Tensor, std_factor: float, decay: Any, step: Any, epsilon: float, name: str | None
) -> tuple[Tensor, Tensor]:
    """Return the longest norm that is let pass, and the mean of the logarithms of norms."""
    with variable_scope(name, "AdaptiveMaxNorm", [norm]):
        size = log(norm + epsilon)
        if step is not None:
            count = cast(step, dtypes.float32)
            decay = minimum(decay, count / (count + 1.0))

        def average(title: str, value: Tensor) -> Tensor:
            variable = get_variable(
                title, value.get_shape(), value.dtype, initializer=Zeros(), trainable=False
            )
            return assign_moving_average(variable, value, decay, zero_debias=False)

        mean, mean_of_squares = average("mean", size), average("sq_mean", square(size))
        deviation = sqrt(maximum(epsilon, mean_of_squares - square(mean)))
        return exp(mean + std_factor * deviation), mean
