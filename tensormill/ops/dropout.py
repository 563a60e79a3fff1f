"""Dropout."""

from __future__ import annotations

import numbers
from typing import Any

from tensormill.graph.constant_value import constant_value
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_scope import OpScope
from tensormill.graph.shapes import TensorShape, as_dims, with_rank
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import one_of_two
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.random import random_uniform


def _noise_shape(x: Tensor, noise_shape: Any) -> Any:
    """Return the shape of the mask, with unknown sizes of `noise_shape` taken from `x`."""
    if noise_shape is None:
        return shape_of(x)
    try:
        wanted = as_dims(noise_shape)
    except (TypeError, ValueError):
        return noise_shape
    if wanted is None or x.dims is None or len(x.dims) != len(wanted):
        return noise_shape
    merged = tuple(
        own if given is None else given for own, given in zip(x.dims, wanted, strict=True)
    )
    return TensorShape.from_dims(merged)


def dropout(
    x: Any,
    keep_prob: Any = None,
    noise_shape: Any = None,
    seed: int | None = None,
    name: str | None = None,
    rate: Any = None,
) -> Tensor:
    """Set entries to zero at random and scale the others up, so that the expected sum stays.

    Args:
      x: floats.
      keep_prob: the older way to say `1 - rate`.
      noise_shape: the shape of the random choices, which are broadcast to the shape of `x`.
      seed: makes the choices repeatable.
      name: the name of the nodes.
      rate: the probability that an entry is dropped, in [0, 1).

    Raises:
      ValueError: `rate` is missing or out of range, or `x` is not of a float dtype.
    """
    try:
        from_keep_prob = None if keep_prob is None else 1.0 - keep_prob
    except TypeError:
        raise ValueError(
            f"keep_prob must be a floating point number or Tensor (got {keep_prob!r})"
        ) from None
    rate = one_of_two(rate, from_keep_prob, "rate", "keep_prob")
    if rate is None:
        raise ValueError("You must provide a rate to dropout.")
    with OpScope(name, "dropout", [x]):
        x = convert_to_tensor(x, name="x")
        if not x.dtype.is_floating:
            raise ValueError(
                "x has to be a floating point tensor since it's going to be scaled. Got a "
                f"{x.dtype} tensor instead."
            )
        if isinstance(rate, numbers.Real):
            if not 0 <= float(rate) < 1:
                raise ValueError(
                    f"rate must be a scalar tensor or a float in the range [0, 1), got {rate:g}"
                )
            if rate == 0:
                return x
        rate = convert_to_tensor(rate, dtype=x.dtype, name="rate")
        with_rank(rate.dims, 0)
        if constant_value(rate) == 0:
            return x
        random_tensor = random_uniform(_noise_shape(x, noise_shape), seed=seed, dtype=x.dtype)
        keep_prob = 1 - rate
        scale = 1 / keep_prob
        keep_mask = random_tensor >= rate
        dropped = x * scale * cast(keep_mask, x.dtype)
        dropped.set_shape(x.dims)
        return dropped


_NEGATIVE_SATURATION = -1.7580993408473766
"""What scaled exponential linear units tend to for large negative inputs."""


def alpha_dropout(
    x: Any,
    keep_prob: Any,
    noise_shape: Any = None,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Saturate entries at random and rescale, so that a mean of 0 and a variance of 1 stay.

    Args:
      x: floats.
      keep_prob: the probability that an entry is kept, in (0, 1].
      noise_shape: the shape of the random choices, which are broadcast to the shape of `x`.
      seed: makes the choices repeatable.
      name: the name of the scope of the nodes.

    Raises:
      ValueError: `keep_prob` is out of range.

    Source: Klambauer et al., "Self-normalizing neural networks" (2017).
    """
    with OpScope(name, "alpha_dropout", [x]):
        x = convert_to_tensor(x, name="x")
        if isinstance(keep_prob, numbers.Real) and not 0 < float(keep_prob) <= 1.0:
            raise ValueError(
                "keep_prob must be a scalar tensor or a float in the range (0, 1], "
                f"got {keep_prob:g}"
            )
        keep_prob = convert_to_tensor(keep_prob, dtype=x.dtype, name="keep_prob")
        with_rank(keep_prob.dims, 0)
        if constant_value(keep_prob) == 1:
            return x
        drawn = random_uniform(
            shape_of(x) if noise_shape is None else noise_shape, seed=seed, dtype=x.dtype
        )
        is_kept = cast(drawn >= 1 - keep_prob, x.dtype)
        chosen = x * is_kept + _NEGATIVE_SATURATION * (1 - is_kept)
        drop_prob = 1 - keep_prob
        scale = (keep_prob + keep_prob * drop_prob * _NEGATIVE_SATURATION**2) ** -0.5
        return scale * chosen - scale * _NEGATIVE_SATURATION * drop_prob
