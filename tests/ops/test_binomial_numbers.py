"""Binomial numbers from a state: how they are distributed, and that the state decides them."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf


def _drawn(counts: object, probs: object, shape: list[int], algorithm: int = 1) -> list[np.ndarray]:
    with tf.Graph().as_default():
        state = tf.Variable(np.int64([0, 0, 7]), use_resource=True)
        made = tf.raw_ops.StatefulRandomBinomial(
            resource=state.handle,
            algorithm=algorithm,
            shape=shape,
            counts=counts,
            probs=probs,
            dtype=tf.float64,
        )
        with tf.Session() as session:
            session.run(state.initializer)
            return [session.run(made), session.run(made), session.run(state)]


@pytest.mark.parametrize(("count", "probability"), [(8.0, 0.3), (400.0, 0.4), (60.0, 0.9)])
def test_mean_and_variance_are_those_of_the_distribution(count: float, probability: float) -> None:
    numbers, again, state = _drawn(count, probability, [4000])
    assert numbers.min() >= 0
    assert numbers.max() <= count
    mean, variance = count * probability, count * probability * (1 - probability)
    np.testing.assert_allclose(numbers.mean(), mean, atol=5 * np.sqrt(variance / 4000))
    np.testing.assert_allclose(numbers.var(), variance, rtol=0.15)
    assert (numbers != again).any()
    assert state.tolist() == [2 * 4000 * 256, 0, 7]


def test_each_row_has_its_own_distribution() -> None:
    numbers, _, _ = _drawn([0.0, 10.0, 1000.0], [0.5, 1.0, 0.5], [3, 50])
    assert (numbers[0] == 0).all()
    assert (numbers[1] == 10).all()
    assert 450 < numbers[2].mean() < 550
    np.testing.assert_array_equal(numbers, _drawn([0.0, 10.0, 1000.0], [0.5, 1.0, 0.5], [3, 50])[0])


def test_bad_input_is_refused() -> None:
    for counts, probs, algorithm, text in (
        ([1.0, 2.0], 0.5, 1, "counts should have length 1 or 3"),
        (5.0, [[0.5]], 1, "Input probs should be a scalar or vector"),
        (5.0, 0.5, 2, "Unsupported algorithm id: 2"),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError, match=text):
            _drawn(counts, probs, [3], algorithm)
