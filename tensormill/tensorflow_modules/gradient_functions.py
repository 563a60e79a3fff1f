"""What `tensorflow.python.ops.gradients_impl` has besides the public functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.ops.gradients import gradients
from tensormill.ops.identities import stop_gradient

__all__ = ["hessian_vector_product"]


def hessian_vector_product(ys: Any, xs: Sequence[Any], v: Sequence[Any]) -> list[Any]:
    """Return the product of the Hessian of `ys` with vectors, without building the Hessian.

    Args:
      ys: a scalar.
      xs: what it is derived by.
      v: a tensor for each of `xs`, of its shape.

    Raises:
      ValueError: there are not as many `v` as `xs`.
    """
    if len(v) != len(xs):
        raise ValueError("xs and v must have the same length.")
    products = [
        grad * stop_gradient(vector)
        for grad, vector in zip(gradients(ys, xs), v, strict=True)
        if grad is not None
    ]
    return gradients(products, xs)
