"""Derivatives along a direction, as gradients of gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies
from tensormill.graph.tensor import Tensor
from tensormill.ops.check import Assert
from tensormill.ops.filling import zeros_like
from tensormill.ops.gradients import gradients
from tensormill.ops.identities import identity

__all__ = ["fwd_gradients"]


def fwd_gradients(
    ys: Sequence[Tensor],
    xs: Sequence[Tensor],
    grad_xs: Sequence[Any] | None = None,
    assert_unused: bool = False,
) -> list[Any]:
    """Return the derivatives of `ys` where `xs` change as `grad_xs` says.

    Args:
      ys: tensors.
      xs: the tensors that they are computed from.
      grad_xs: how much each of `xs` changes; by 1 where it is None.
      assert_unused: fail where a step computes the gradients in between, which none needs.

    Returns:
      A tensor for each of `ys`, with its shape.

    Source: Townsend, "A new trick for calculating Jacobian vector products" (2017).
    """
    # Gradients are linear in these, so their values do not matter.
    factors = [zeros_like(y) + float("nan") for y in ys]
    found = [
        None if gradient is None else convert_to_tensor(gradient)
        for gradient in gradients(ys, xs, grad_ys=factors)
    ]
    if assert_unused:
        with control_dependencies([gradient for gradient in found if gradient is not None]):
            failure = Assert(False, [1], name="fwd_gradients")
        with control_dependencies([failure]):
            found = [None if gradient is None else identity(gradient) for gradient in found]
    backward = [
        zeros_like(x) if gradient is None else gradient
        for x, gradient in zip(xs, found, strict=True)
    ]
    for x, gradient in zip(xs, backward, strict=True):
        gradient.set_shape(x.get_shape())
    return list(gradients(backward, factors, grad_ys=grad_xs))
