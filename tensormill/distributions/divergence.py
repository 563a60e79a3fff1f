"""Divergences of pairs of distributions, by a registry of their kinds.

Source: TensorFlow 1.15, python/ops/distributions/kullback_leibler.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.check import Assert
from tensormill.ops.elementwise_unary import is_nan, logical_not
from tensormill.ops.identities import identity
from tensormill.ops.reduction import reduce_any

__all__ = ["RegisterKL", "cross_entropy", "kl_divergence"]

_DIVERGENCES: dict[tuple[type, type], Callable[..., Any]] = {}


class RegisterKL:
    """Registers the decorated function as the divergence of two kinds of distributions.

    Args:
      dist_cls_a: the first kind.
      dist_cls_b: the second kind.
    """

    def __init__(self, dist_cls_a: type, dist_cls_b: type) -> None:
        self._key = (dist_cls_a, dist_cls_b)

    def __call__(self, kl_fn: Callable[..., Any]) -> Callable[..., Any]:
        """Register a function of two distributions and `name`.

        Raises:
          TypeError: it cannot be called.
          ValueError: there is one already.
        """
        if not callable(kl_fn):
            raise TypeError(f"kl_fn must be callable, received: {kl_fn}")
        if self._key in _DIVERGENCES:
            first, second = self._key
            raise ValueError(
                f"KL({first.__name__} || {second.__name__}) has already been registered to: "
                f"{_DIVERGENCES[self._key]}"
            )
        _DIVERGENCES[self._key] = kl_fn
        return kl_fn


def _nearest(first: type, second: type) -> Callable[..., Any] | None:
    """Return the rule for the pair of kinds that is least far up from two kinds."""
    best: Callable[..., Any] | None = None
    least: int | None = None
    for i, a in enumerate(first.__mro__):
        for j, b in enumerate(second.__mro__):
            found = _DIVERGENCES.get((a, b))
            if found is not None and (least is None or i + j < least):
                best, least = found, i + j
    return best


def kl_divergence(
    distribution_a: Any,
    distribution_b: Any,
    allow_nan_stats: bool = True,
    name: str | None = None,
) -> Tensor:
    """Return the Kullback-Leibler divergence of the first distribution from the second.

    Args:
      distribution_a: the first.
      distribution_b: the second.
      allow_nan_stats: whether NaN is a result; else it fails the step.
      name: the name of the nodes.

    Raises:
      NotImplementedError: there is none for these kinds.
    """
    found = _nearest(type(distribution_a), type(distribution_b))
    if found is None:
        raise NotImplementedError(
            f"No KL(distribution_a || distribution_b) registered for distribution_a type "
            f"{type(distribution_a).__name__} and distribution_b type "
            f"{type(distribution_b).__name__}"
        )
    with name_scope("KullbackLeibler"):
        made: Tensor = found(distribution_a, distribution_b, name=name)
        if allow_nan_stats:
            return made
        check = Assert(
            logical_not(reduce_any(is_nan(made))),
            [
                f"KL calculation between {distribution_a.name} and {distribution_b.name} returned "
                "NaN values (and was called with allow_nan_stats=False). Values:",
                made,
            ],
        )
        with control_dependencies([check]):
            return identity(made, name="checked_kl")


def cross_entropy(
    ref: Any, other: Any, allow_nan_stats: bool = True, name: str | None = None
) -> Tensor:
    """Return the entropy of the first distribution plus its divergence from the second."""
    with name_scope(name, "cross_entropy"):
        return ref.entropy() + kl_divergence(ref, other, allow_nan_stats=allow_nan_stats)
