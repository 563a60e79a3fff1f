"""Initializers whose dtype is said when they are called."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.variables import stateless_initializers as initializers


def _run(tensor: Any) -> Any:
    with tf.Session() as session:
        return session.run(tensor)


def test_values_that_are_not_drawn() -> None:
    assert _run(initializers.Zeros()([2], tf.int32)).tolist() == [0, 0]
    assert _run(initializers.Ones()([2], tf.bool)).tolist() == [True, True]
    assert _run(initializers.Constant([1, 2])([2], tf.float64)).tolist() == [1.0, 2.0]
    assert initializers.Constant(5)([3]).dtype == tf.int32
    assert np.array_equal(_run(initializers.Identity(2.0)([2, 3])), 2 * np.eye(2, 3))
    with pytest.raises(ValueError, match="Expected numeric or boolean dtype"):
        initializers.Ones()([1], tf.string)
    with pytest.raises(TypeError, match="Invalid type for initial value"):
        initializers.Constant({1: 2})
    with pytest.raises(ValueError, match="can only be used for 2D"):
        initializers.Identity()([2, 3, 4])


@pytest.mark.parametrize(
    ("initializer", "deviation"),
    [
        (initializers.RandomUniform(-1.0, 1.0, seed=1), 1 / np.sqrt(3)),
        (initializers.RandomNormal(0.0, 2.0, seed=1), 2.0),
        (initializers.TruncatedNormal(0.0, 1.0, seed=1), 0.8796),
        (initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal", 1), np.sqrt(2 / 300)),
        (initializers.GlorotUniform(seed=1), np.sqrt(2 / 400)),
        (initializers.GlorotNormal(seed=1), np.sqrt(2 / 400)),
        (initializers.he_normal(seed=1), np.sqrt(2 / 100)),
        (initializers.he_uniform(seed=1), np.sqrt(2 / 100)),
        (initializers.lecun_normal(seed=1), np.sqrt(1 / 100)),
        (initializers.lecun_uniform(seed=1), np.sqrt(1 / 100)),
    ],
)
def test_what_is_drawn_follows_from_the_seed(initializer: Any, deviation: float) -> None:
    first, second = _run([initializer([100, 300]), initializer([100, 300])])
    assert np.array_equal(first, second)
    assert abs(first.std() / deviation - 1) < 0.03
    again = type(initializer).from_config(initializer.get_config())
    assert np.array_equal(_run(again([100, 300])), first)


def test_without_a_seed_numbers_differ() -> None:
    initializer = initializers.RandomUniform(0, 1000)
    first, second = _run([initializer([8], tf.int32), initializer([8], tf.int32)])
    assert first.dtype == np.int32
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("shape", [(4, 3), (3, 4), (2, 3, 4)])
def test_orthogonal_matrices(shape: tuple[int, ...]) -> None:
    made = _run(initializers.Orthogonal(2.0, seed=3)(shape, tf.float64)).reshape(-1, shape[-1])
    product = made @ made.T if made.shape[0] < made.shape[1] else made.T @ made
    assert np.allclose(product, 4 * np.eye(len(product)))


def test_arguments_that_are_wrong() -> None:
    for arguments, text in (
        ((0.0,), "must be positive"),
        ((1.0, "fan"), "Invalid `mode`"),
        ((1.0, "fan_in", "other"), "Invalid `distribution`"),
    ):
        with pytest.raises(ValueError, match=text):
            initializers.VarianceScaling(*arguments)
    with pytest.raises(ValueError, match="Expected floating point type"):
        initializers.RandomNormal()([1], tf.int32)
    with pytest.raises(ValueError, match="Expected float or integer dtype"):
        initializers.RandomUniform()([1], tf.string)
    with pytest.raises(ValueError, match="at least two-dimensional"):
        initializers.Orthogonal()([3])


def test_they_are_found_under_their_names() -> None:
    from tensormill.python.ops import init_ops_v2

    assert init_ops_v2.zeros_initializer is initializers.Zeros
    assert init_ops_v2.glorot_normal is initializers.GlorotNormal
    assert init_ops_v2.he_normal is initializers.he_normal
