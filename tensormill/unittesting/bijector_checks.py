"""Whether a bijector's directions and Jacobians fit together, on numbers.

Source: TensorFlow 1.15, python/ops/distributions/bijector_test_util.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph.stacks import get_default_session
from tensormill.ops.random import random_uniform

__all__ = [
    "assert_bijective_and_finite",
    "assert_finite",
    "assert_scalar_congruency",
    "assert_strictly_decreasing",
    "assert_strictly_increasing",
    "assert_strictly_monotonic",
]

# How far a value may be from itself after both directions.
_ABSOLUTE, _RELATIVE = 1e-5, 1e-3


def assert_finite(array: np.ndarray) -> None:
    """Fail where an array has NaN or infinity."""
    if not np.isfinite(array).all():
        raise AssertionError(f"array was not all finite. {array[:15]}")


def assert_strictly_increasing(array: np.ndarray) -> None:
    """Fail unless each number is larger than the one before it."""
    np.testing.assert_array_less(0.0, np.diff(array))


def assert_strictly_decreasing(array: np.ndarray) -> None:
    """Fail unless each number is smaller than the one before it."""
    np.testing.assert_array_less(np.diff(array), 0.0)


def assert_strictly_monotonic(array: np.ndarray) -> None:
    """Fail unless the numbers only grow or only shrink, as the first and the last say."""
    check = assert_strictly_increasing if array[0] < array[-1] else assert_strictly_decreasing
    check(array)


def assert_scalar_congruency(
    bijector: Any,
    lower_x: float,
    upper_x: float,
    n: int = 10_000,
    rtol: float = 0.01,
    sess: Any = None,
) -> None:
    """Fail unless a bijector of numbers is monotonic, and its parts fit together on an interval.

    Each direction undoes the other; the two Jacobians are each other's inverse; and the mean of the
    inverse Jacobian over the image, times its width, is the width of the interval.

    Args:
      bijector: maps an interval of the real line to another.
      lower_x: the lower end of the interval.
      upper_x: the upper end.
      n: how many numbers are drawn.
      rtol: how far the width may be off.
      sess: what runs the graph; the default session where it is left out.
    """
    session = get_default_session() if sess is None else sess
    points = np.linspace(lower_x, upper_x, num=10).astype(np.float32)
    if bijector.dtype is not None:
        points = points.astype(bijector.dtype.as_numpy_dtype)
    ends = session.run([bijector.forward(lower_x), bijector.forward(upper_x)])
    lower_y, upper_y = min(ends), max(ends)
    x = random_uniform([n], lower_x, upper_x, seed=0)
    y = random_uniform([n], lower_y, upper_y, seed=1)
    inverse_log = bijector.inverse_log_det_jacobian(y, event_ndims=0)
    forward_log = bijector.forward_log_det_jacobian(bijector.inverse(y), event_ndims=0)
    found = session.run(
        {
            "images": bijector.forward(points),
            "x": x,
            "x again": bijector.inverse(bijector.forward(x)),
            "y": y,
            "y again": bijector.forward(bijector.inverse(y)),
            "inverse log": inverse_log,
            "forward log": forward_log,
        }
    )
    assert_strictly_monotonic(found["images"])
    for name in ("x", "y"):
        np.testing.assert_allclose(
            found[f"{name} again"], found[name], atol=_ABSOLUTE, rtol=_RELATIVE
        )
    slopes = np.exp(found["inverse log"])
    width = (upper_y - lower_y) * np.mean(slopes)
    np.testing.assert_allclose(upper_x - lower_x, width, atol=0, rtol=rtol)
    np.testing.assert_allclose(
        slopes, 1.0 / np.exp(found["forward log"]), atol=_ABSOLUTE, rtol=_RELATIVE
    )


def assert_bijective_and_finite(
    bijector: Any,
    x: np.ndarray,
    y: np.ndarray,
    event_ndims: int,
    atol: float = 0,
    rtol: float = 1e-5,
    sess: Any = None,
) -> None:
    """Fail unless directions and Jacobians undo each other, and everything is finite.

    Args:
      bijector: the bijector.
      x: where `forward` is asked, close to the ends of its domain.
      y: where `inverse` is asked.
      event_ndims: how many dimensions of `x` and `y` make one event.
      atol: how far values may be off.
      rtol: the same, as a part of the value.
      sess: what runs the graph; the default session where it is left out.
    """
    session = get_default_session() if sess is None else sess
    assert_finite(x)
    assert_finite(y)
    image, origin = bijector.forward(x), bijector.inverse(y)
    pairs = {
        "x": (bijector.inverse(image), x),
        "y": (bijector.forward(origin), y),
        "Jacobian at x": (
            bijector.forward_log_det_jacobian(x, event_ndims=event_ndims),
            -bijector.inverse_log_det_jacobian(image, event_ndims=event_ndims),
        ),
        "Jacobian at y": (
            bijector.forward_log_det_jacobian(origin, event_ndims=event_ndims),
            -bijector.inverse_log_det_jacobian(y, event_ndims=event_ndims),
        ),
    }
    jacobians = {name: pair for name, pair in pairs.items() if name.startswith("Jacobian")}
    found, others, ends = session.run(
        [
            {name: pair[0] for name, pair in pairs.items()},
            {name: pair[1] for name, pair in jacobians.items()},
            [image, origin],
        ]
    )
    expected = {"x": x, "y": y, **others}
    for array in (*found.values(), *others.values(), *ends):
        assert_finite(array)
    for name, array in found.items():
        np.testing.assert_allclose(array, expected[name], atol=atol, rtol=rtol, err_msg=name)
