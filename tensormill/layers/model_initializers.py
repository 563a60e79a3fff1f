"""Initializers in the manner of `tf.contrib.layers`.

Source: TensorFlow 1.15, contrib/layers/python/layers/initializers.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tensormill.graph.dtypes import as_dtype, float32
from tensormill.graph.tensor import Tensor
from tensormill.ops.random import random_uniform, truncated_normal
from tensormill.variables.initializers import fans

_TRUNCATED_VARIANCE = 1.3
"""By how much the variance grows again that is lost by truncating, in TensorFlow's estimate."""

__all__ = ["variance_scaling_initializer", "xavier_initializer"]


def xavier_initializer(
    uniform: bool = True, seed: int | None = None, dtype: Any = float32
) -> Callable[..., Tensor]:
    """Return an initializer that keeps the scale of gradients about the same in all layers.

    Args:
      uniform: draw from a uniform distribution, else from a truncated normal one.
      seed: makes the values repeatable.
      dtype: refused where it is no float; else not used.
    """
    return variance_scaling_initializer(1.0, "FAN_AVG", uniform, seed, dtype)


def variance_scaling_initializer(
    factor: float = 2.0,
    mode: str = "FAN_IN",
    uniform: bool = False,
    seed: int | None = None,
    dtype: Any = float32,
) -> Callable[..., Tensor]:
    """Return an initializer whose variance is `factor` divided by the number of inputs or outputs.

    Args:
      factor: the factor.
      mode: "FAN_IN", "FAN_OUT" or "FAN_AVG".
      uniform: draw from a uniform distribution, else from a truncated normal one.
      seed: makes the values repeatable.
      dtype: refused where it is no float; else not used.

    Raises:
      TypeError: an unknown mode, or the dtype is no float.
    """
    if not as_dtype(dtype).is_floating:
        raise TypeError("Cannot create initializer for non-floating point type.")
    if mode not in ("FAN_IN", "FAN_OUT", "FAN_AVG"):
        raise TypeError(f"Unknown mode {mode} [FAN_IN, FAN_OUT, FAN_AVG]")
    declared = as_dtype(dtype)

    def initialize(shape: Any, dtype: Any = declared, partition_info: Any = None) -> Tensor:
        if not as_dtype(dtype).is_floating:
            raise TypeError("Cannot create initializer for non-floating point type.")
        fan_in, fan_out = fans([int(size) for size in shape])
        fan = {"FAN_IN": fan_in, "FAN_OUT": fan_out, "FAN_AVG": (fan_in + fan_out) / 2.0}[mode]
        if uniform:
            limit = math.sqrt(3.0 * factor / fan)
            return random_uniform(shape, -limit, limit, dtype, seed=seed)
        return truncated_normal(
            shape, 0.0, math.sqrt(_TRUNCATED_VARIANCE * factor / fan), dtype, seed=seed
        )

    return initialize
