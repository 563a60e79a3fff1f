"""Gradients of functions held against central differences.

Source: TensorFlow 1.15, python/ops/gradient_checker_v2.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import as_dtype
from tensormill.ops.basics import placeholder
from tensormill.ops.casting import cast
from tensormill.ops.gradients import gradients
from tensormill.unittesting.gradient_checker import (
    default_session,
    difference_jacobian,
    require_differentiable,
    symbolic_jacobian,
    to_numpy,
)

__all__ = ["compute_gradient", "max_error"]

Array = np.ndarray[Any, Any]


def compute_gradient(
    f: Callable[..., Any], x: list[Any], delta: float = 1e-3
) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """Return the derivatives of `f`, once by `tf.gradients` and once by differences.

    The default session computes both. A complex number counts as two real ones.

    Args:
      f: a function of tensors that returns a tensor.
      x: its arguments: where the derivatives are taken.
      delta: by how much each entry of an argument is moved.

    Returns:
      For each of the two ways an array [entries of the argument, entries of the result] for each
      argument.

    Raises:
      TypeError: an argument or the result has a dtype without derivatives.
      ValueError: `x` is no list, or no session is the default.
    """
    if not isinstance(x, list):
        raise ValueError(f"`x` must be a list of Tensors (arguments to `f`), not a {type(x)}")
    points = [np.array(to_numpy(convert_to_tensor(value))) for value in x]
    inputs = [placeholder(as_dtype(point.dtype)) for point in points]
    y = f(*inputs)
    fed = dict(zip(inputs, points, strict=True))
    shape = np.shape(default_session().run(y, fed))
    require_differentiable("y", y)
    dy = placeholder(y.dtype)
    # Differences of bfloat16 would lose what they are to show.
    differenced = cast(y, dtypes.float32) if y.dtype.base_dtype is dtypes.bfloat16 else y
    symbolic, numeric = [], []
    for source, point in fed.items():
        require_differentiable("x", source)
        others = {key: value for key, value in fed.items() if key is not source}
        dx = gradients(y, source, dy)[0]
        symbolic.append(symbolic_jacobian(source, point, dx, shape, dy, others))
        numeric.append(difference_jacobian(source, point, differenced, shape, delta, others))
    return tuple(symbolic), tuple(numeric)


def max_error(grad1: Any, grad2: Any) -> float:
    """Return the largest difference between two lists of arrays."""
    pairs = zip(grad1, grad2, strict=False)
    return max((np.fabs(a - b).max() for a, b in pairs if a.size or b.size), default=0)
