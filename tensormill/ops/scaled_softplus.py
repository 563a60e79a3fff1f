"""A smooth form of the rectifier, whose gradient is computed from its value."""

from __future__ import annotations

from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.activations import softplus
from tensormill.ops.arithmetic import minimum
from tensormill.ops.array_shapes import broadcast_gradient_args, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.custom_gradients import custom_gradient
from tensormill.ops.elementwise_unary import exp, log
from tensormill.ops.identities import identity
from tensormill.ops.reduction import reduce_sum

__all__ = ["scaled_softplus"]

_TINY = 1e-8
"""Added before a logarithm of what may be 0: t log(t) tends to 0 there."""


def scaled_softplus(x: Any, alpha: Any, clip: Any = None, name: str | None = None) -> Tensor:
    """Return alpha log(1 + exp(x / alpha)), at most `clip`.

    Args:
      x: floats.
      alpha: how smooth it is, > 0; the rectifier is the limit for 0.
      clip: the upper bound; none where it is None.
      name: the name of the scope of the nodes.
    """
    given = [x, alpha] if clip is None else [x, alpha, clip]
    with name_scope(name, "scaled_softplus", given):
        x = convert_to_tensor(x, name="x")
        alpha = convert_to_tensor(alpha, dtype=x.dtype, name="alpha")
        if clip is None:
            return _softplus_of(x, alpha)
        return _softplus_of(x, alpha, convert_to_tensor(clip, dtype=x.dtype, name="clip"))


@custom_gradient
def _softplus_of(x: Tensor, alpha: Tensor, *bounds: Tensor) -> Any:
    value = alpha * softplus(x / alpha)
    for bound in bounds:
        value = minimum(value, bound)

    def scaled_softplus_grad(grad: Tensor) -> list[Tensor]:
        with control_dependencies([grad]):  # nothing large is kept before it is needed
            reached = identity(value)
        of_bounds = []
        for bound in bounds:
            is_below = cast(reached < bound, grad.dtype)
            of_bounds.append(_summed_like(grad * (1.0 - is_below), bound))
            grad = grad * is_below
        ratio = reached / alpha
        decay = exp(-ratio)
        slope = 1.0 - decay
        of_alpha = ratio * decay - slope * log(slope + _TINY)
        return [_summed_like(grad * slope, x), _summed_like(grad * of_alpha, alpha), *of_bounds]

    return value, scaled_softplus_grad


def _summed_like(grad: Tensor, x: Tensor) -> Tensor:
    """Return the sum of a gradient over the axes along which `x` was broadcast."""
    wanted = shape_of(x)
    axes, _ = broadcast_gradient_args(wanted, shape_of(grad))
    return reshape(reduce_sum(grad, axes), wanted)
