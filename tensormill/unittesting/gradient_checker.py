"""Symbolic gradients held against central differences.

Source: TensorFlow 1.15, python/ops/gradient_checker.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.indexed_slices import IndexedSlicesValue
from tensormill.graph.tensor import Tensor
from tensormill.ops.gradients import gradients
from tensormill.ops.identities import identity
from tensormill.session.session import get_default_session

__all__ = ["compute_gradient", "compute_gradient_error"]

Array = np.ndarray[Any, Any]

_DTYPES = (
    dtypes.float16,
    dtypes.bfloat16,
    dtypes.float32,
    dtypes.float64,
    dtypes.complex64,
    dtypes.complex128,
)


def compute_gradient(
    x: Any,
    x_shape: Any,
    y: Tensor,
    y_shape: Any,
    x_init_value: Any = None,
    delta: float = 1e-3,
    init_targets: Any = None,
    extra_feed_dict: dict[Any, Any] | None = None,
) -> Any:
    """Return the derivative of `y` for `x`, once by `tf.gradients` and once by differences.

    The default session computes both. A complex number counts as two real ones.

    Args:
      x: a tensor, or a list of them.
      x_shape: the shape of `x`, or a list of shapes.
      y: a tensor that depends on `x`.
      y_shape: the shape of `y`.
      x_init_value: where the derivative is taken; a random point by default.
      delta: by how much each entry of `x` is moved.
      init_targets: what runs first.
      extra_feed_dict: further feeds.

    Returns:
      Two arrays [entries of x, entries of y]; for a list of x a list of such pairs.

    Raises:
      TypeError: `x` or `y` has a dtype without derivatives.
      ValueError: the shape of `x_init_value` is not `x_shape`, or no session is the default.
    """
    session = default_session()
    if init_targets is not None:
        session.run(init_targets)
    if not isinstance(x, list):
        dx, dy = _gradient_nodes(x, y, y_shape)
        return _pair(x, x_shape, dx, y, y_shape, dy, x_init_value, delta, extra_feed_dict)
    nodes = [_gradient_nodes(source, y, y_shape) for source in x]
    points = [None] * len(x) if x_init_value is None else x_init_value
    return [
        _pair(source, shape, dx, y, y_shape, dy, point, delta, extra_feed_dict)
        for source, shape, (dx, dy), point in zip(x, x_shape, nodes, points, strict=True)
    ]


def compute_gradient_error(
    x: Any,
    x_shape: Any,
    y: Tensor,
    y_shape: Any,
    x_init_value: Any = None,
    delta: float = 1e-3,
    init_targets: Any = None,
    extra_feed_dict: dict[Any, Any] | None = None,
) -> float:
    """Return the largest difference between the two derivatives of `compute_gradient`."""
    pairs = compute_gradient(
        x, x_shape, y, y_shape, x_init_value, delta, init_targets, extra_feed_dict
    )
    if isinstance(pairs, tuple):
        pairs = [pairs]
    errors = [np.fabs(made - wanted).max() for made, wanted in pairs if made.size or wanted.size]
    return max(errors, default=0.0)


def default_session() -> Any:
    """Return the session that computes the derivatives."""
    session = get_default_session()
    if session is None:
        raise ValueError("compute_gradient needs a default session: `with tf.Session():`")
    return session


def require_differentiable(name: str, tensor: Tensor) -> None:
    """Raise a TypeError for a tensor whose dtype has no derivatives."""
    if tensor.dtype.base_dtype not in _DTYPES:
        raise TypeError(f"Cannot compute gradient for {name} of type {tensor.dtype.name}")


def _gradient_nodes(x: Tensor, y: Tensor, y_shape: Any) -> tuple[Any, Tensor]:
    """Return the gradient for `x`, and the tensor to feed with the gradient of `y`."""
    fed = constant(1.0, shape=y_shape, dtype=y.dtype)
    return gradients(y, x, identity(fed))[0], fed


def _pair(
    x: Tensor,
    x_shape: Any,
    dx: Any,
    y: Tensor,
    y_shape: Any,
    dy: Tensor,
    point: Any,
    delta: float,
    feeds: dict[Any, Any] | None,
) -> tuple[Array, Array]:
    require_differentiable("x", x)
    require_differentiable("y", y)
    kind = x.dtype.as_numpy_dtype
    if point is None:
        data = np.random.random_sample(x_shape).astype(kind)
        if x.dtype.is_complex:
            data = data + 1j * np.random.random_sample(x_shape).astype(kind)
        point = data.astype(kind)
    point = np.array(point, dtype=kind)
    if point.shape != tuple(x_shape):
        raise ValueError(f"x_init_value has shape {point.shape}, x_shape is {tuple(x_shape)}")
    extra = feeds or {}
    symbolic = symbolic_jacobian(x, point, dx, tuple(y_shape), dy, extra)
    return symbolic, difference_jacobian(x, point, y, tuple(y_shape), delta, extra)


def _reals(array: Array) -> Array:
    """Return an array as a vector of real numbers that shares its memory."""
    flat = array.reshape(-1)
    return flat.view(array.real.dtype) if array.dtype.kind == "c" else flat


def symbolic_jacobian(
    x: Tensor,
    point: Array,
    dx: Any,
    y_shape: Sequence[int],
    dy: Tensor,
    feeds: dict[Any, Any],
) -> Array:
    """Return the derivative as the gradient of each entry of `y` gives it."""
    session = default_session()
    slope = np.zeros(y_shape, dtype=dy.dtype.as_numpy_dtype)
    entries = _reals(slope)
    jacobian = np.zeros((_reals(point).size, entries.size), dtype=_reals(point).dtype)
    for column in range(entries.size):
        entries[column] = 1
        made = session.run(dx, {**feeds, x: point, dy: slope})
        jacobian[:, column] = _reals(_dense(made, point))
        entries[column] = 0
    if not entries.size:
        made = session.run(dx, {**feeds, x: point, dy: slope})
        if np.shape(made) != point.shape:
            raise ValueError(
                f"Empty gradient has wrong shape: expected {point.shape}, got {np.shape(made)}"
            )
        if np.any(made):
            raise ValueError("Empty tensor with non-zero gradients")
    return jacobian


def _dense(gradient: Any, point: Array) -> Array:
    """Return a gradient in the shape of x, also if it came as slices."""
    if not hasattr(gradient, "indices"):
        return np.ascontiguousarray(gradient)
    dense = np.zeros_like(point)
    np.add.at(dense, gradient.indices, gradient.values)
    return dense


def difference_jacobian(
    x: Tensor,
    point: Array,
    y: Tensor,
    y_shape: Sequence[int],
    delta: float,
    feeds: dict[Any, Any],
) -> Array:
    """Return the derivative as the differences of `y` around each entry of `point` give it."""
    session = default_session()
    columns = _reals(np.zeros(y_shape, dtype=y.dtype.as_numpy_dtype))
    scale = np.asarray(2 * delta, dtype=columns.dtype)
    jacobian = np.zeros((_reals(point).size, columns.size), dtype=_reals(point).dtype)
    for row in range(len(jacobian)):
        values = []
        for step in (delta, -delta):
            moved = point.copy()
            _reals(moved)[row] += step
            values.append(session.run(y, {**feeds, x: moved}))
        difference = np.asarray((values[0] - values[1]) / scale, dtype=y.dtype.as_numpy_dtype)
        jacobian[row] = _reals(difference)
    return jacobian


def to_numpy(value: Any) -> Any:
    """Return a tensor's value, or the array that slices stand for; the rest as it is."""
    if isinstance(value, Tensor):
        return get_default_session().run(value)
    if not isinstance(value, IndexedSlicesValue):
        return value
    whole = np.zeros(np.asarray(value.dense_shape))
    np.add.at(whole, np.asarray(value.indices), np.asarray(value.values))
    return whole
