"""Initializers in the manner of `tf.contrib.layers`.

Source: TensorFlow 1.15, contrib/layers/python/layers/initializers.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.dtypes import as_dtype, float32
from tensormill.variables.initializers import VarianceScaling

__all__ = ["variance_scaling_initializer", "xavier_initializer"]


def xavier_initializer(uniform: bool = True, seed: int | None = None, dtype: Any = float32) -> Any:
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
) -> Any:
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
    distribution = "uniform" if uniform else "truncated_normal"
    return VarianceScaling(factor, mode.lower(), distribution, seed)
