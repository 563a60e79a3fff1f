"""Steps leave torch's autograd out, and what they call of the user's does not notice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import tensormill.api as tf
from tensormill.kernels.tracking import tracked, untracked

RUNS = 4  # walked, measured, compiled, compiled


def squares(count: int, x: tf.Tensor) -> tf.Tensor:
    """Return enough work for a step that is worth it."""
    for _ in range(count):
        x = tf.square(x)
    return x


def slope_at(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the derivative of the cube, by autograd."""
    point = torch.from_numpy(x).requires_grad_()
    point.pow(3).sum().backward()
    assert point.grad is not None
    return point.grad.numpy()


def test_python_functions_may_use_autograd() -> None:
    x = tf.placeholder(tf.float32, [2])
    slope = tf.py_func(slope_at, [squares(12, x)], tf.float32)
    with tf.Session() as session:
        for _ in range(RUNS):
            found = session.run(slope, {x: np.ones(2)})
            np.testing.assert_array_equal(found, [3, 3])


def test_python_functions_in_loops_may_use_autograd() -> None:
    def body(number: tf.Tensor, x: tf.Tensor) -> list[tf.Tensor]:
        slope = tf.py_func(slope_at, [x], tf.float32)
        slope.set_shape([2])
        return [number + 1, slope / 3]

    _, x = tf.while_loop(lambda number, _: number < 5, body, [0, tf.constant([1.0, 0.0])])
    with tf.Session() as session:
        for _ in range(RUNS):
            np.testing.assert_array_equal(session.run(x), [1, 0])


@pytest.mark.parametrize("resource", [False, True])
def test_variables_take_views_of_themselves(resource: bool) -> None:
    start = np.arange(9, dtype=np.float32).reshape(3, 3)
    variable = tf.Variable(start, use_resource=resource)
    flipped = tf.assign(variable, tf.transpose(variable))
    with tf.control_dependencies([flipped]):
        result = squares(12, tf.ones([2]) * tf.placeholder_with_default(1.0, []))
    with tf.Session() as session:
        session.run(variable.initializer)
        for number in range(1, 2 * RUNS):
            session.run(result)
            wanted = start.T if number % 2 else start
            np.testing.assert_array_equal(session.run(variable), wanted)


def test_autograd_is_there_outside() -> None:
    with untracked(), tracked():
        x = torch.ones(1, requires_grad=True)
        (2 * x).backward()
    assert x.grad is not None
    assert x.grad.item() == 2
    with untracked():
        assert torch.ones(4).view(2, 2)._base is None
    with tracked():
        assert torch.ones(4).view(2, 2)._base is not None
