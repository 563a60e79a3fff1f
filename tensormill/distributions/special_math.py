"""Functions of the normal and of the Laplace distribution, exact far from the middle too.

Source: TensorFlow 1.15, python/ops/distributions/special_math.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import maximum, minimum
from tensormill.ops.comparison import greater, less
from tensormill.ops.elementwise_unary import abs as abs_
from tensormill.ops.elementwise_unary import exp, log, log1p, square
from tensormill.ops.filling import zeros_like
from tensormill.ops.gathering import where_v2
from tensormill.ops.special_functions import erf, erfc, ndtri_op

__all__ = [
    "LOGNDTR_FLOAT32_LOWER",
    "LOGNDTR_FLOAT32_UPPER",
    "LOGNDTR_FLOAT64_LOWER",
    "LOGNDTR_FLOAT64_UPPER",
    "erfinv",
    "log_cdf_laplace",
    "log_ndtr",
    "ndtr",
    "ndtri",
]

# Below the lower bound `log_ndtr` takes a series, above the upper one a tangent.
LOGNDTR_FLOAT64_LOWER = np.array(-20, np.float64)
LOGNDTR_FLOAT32_LOWER = np.array(-10, np.float32)
LOGNDTR_FLOAT64_UPPER = np.array(8, np.float64)
LOGNDTR_FLOAT32_UPPER = np.array(5, np.float32)
_BOUNDS = {
    "float64": (LOGNDTR_FLOAT64_LOWER, LOGNDTR_FLOAT64_UPPER),
    "float32": (LOGNDTR_FLOAT32_LOWER, LOGNDTR_FLOAT32_UPPER),
}
_MOST_TERMS = 30


def _checked(x: Any, letter: str) -> Tensor:
    x = convert_to_tensor(x, name=letter)
    if x.dtype.base_dtype.name not in _BOUNDS:
        raise TypeError(
            f"{letter}.dtype={x.dtype} is not handled, see docstring for supported types."
        )
    return x


def ndtr(x: Any, name: str = "ndtr") -> Tensor:
    """Return the probability that a standard normal number is at most `x`.

    Raises:
      TypeError: `x` is neither float32 nor float64.
    """
    with name_scope(name, None, [x]):
        return _ndtr(_checked(x, "x"))


def _ndtr(x: Tensor) -> Tensor:
    half = math.sqrt(0.5)
    w = x * half
    z = abs_(w)
    outside = where_v2(greater(w, 0.0), 2.0 - erfc(z), erfc(z))
    made: Tensor = 0.5 * where_v2(less(z, half), 1.0 + erf(w), outside)
    return made


def ndtri(p: Any, name: str = "ndtri") -> Tensor:
    """Return the number below which a standard normal one is with probability `p`.

    Raises:
      TypeError: `p` is neither float32 nor float64.
    """
    with name_scope(name, None, [p]):
        return ndtri_op(_checked(p, "p"))


def erfinv(x: Any, name: str = "erfinv") -> Tensor:
    """Return the inverse of the error function.

    Raises:
      TypeError: `x` is neither float32 nor float64.
    """
    with name_scope(name, None, [x]):
        made: Tensor = ndtri((_checked(x, "x") + 1.0) / 2.0) / math.sqrt(2)
        return made


def log_ndtr(x: Any, series_order: int = 3, name: str = "log_ndtr") -> Tensor:
    """Return the logarithm of `ndtr`.

    Args:
      x: float32 or float64.
      series_order: how many terms of the series are taken, at most 30.
      name: the name of the scope.

    Raises:
      TypeError: `series_order` is no int, or `x` of another dtype.
      ValueError: `series_order` is out of range.
    """
    if not isinstance(series_order, int):
        raise TypeError("series_order must be a Python integer.")
    if series_order < 0:
        raise ValueError("series_order must be non-negative.")
    if series_order > _MOST_TERMS:
        raise ValueError(f"series_order must be <= {_MOST_TERMS}.")
    with name_scope(name, None, [x]):
        x = convert_to_tensor(x, name="x")
        bounds = _BOUNDS.get(x.dtype.base_dtype.name)
        if bounds is None:
            raise TypeError(f"x.dtype={x.dtype} is not supported.")
        lower, upper = bounds
        # What is not taken must be finite as well, or its gradient spoils that of the rest.
        middle = log(_ndtr(maximum(x, lower)))
        below = _log_ndtr_series(minimum(x, lower), series_order)
        made: Tensor = where_v2(
            greater(x, upper), -_ndtr(-x), where_v2(greater(x, lower), middle, below)
        )
        return made


def _log_ndtr_series(x: Tensor, terms: int) -> Tensor:
    """Return `log_ndtr` by its asymptotic series, for numbers far below 0."""
    squared = square(x)
    scale = -0.5 * squared - log(-x) - 0.5 * math.log(2.0 * math.pi)
    total = zeros_like(x) + 1.0
    power = squared
    for n in range(1, terms + 1):
        term = float(math.prod(range(2 * n - 1, 1, -2))) / power
        total = total - term if n % 2 else total + term
        power = power * squared
    made: Tensor = scale + log(total)
    return made


def log_cdf_laplace(x: Any, name: str = "log_cdf_laplace") -> Tensor:
    """Return the logarithm of the probability that a Laplace number is at most `x`."""
    with name_scope(name, None, [x]):
        x = convert_to_tensor(x, name="x")
        above = log1p(-0.5 * exp(-abs_(x)))
        made: Tensor = where_v2(less(x, 0.0), -math.log(2.0) + x, above)
        return made
