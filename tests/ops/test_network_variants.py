"""What `tf.contrib.nn` has besides `tf.nn`."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf
from tensormill.ops.forward_gradients import fwd_gradients


def test_alpha_dropout_keeps_mean_and_deviation() -> None:
    x = np.random.RandomState(0).randn(400, 400).astype(np.float32)
    dropped = tf.contrib.nn.alpha_dropout(x, 0.8, seed=1)
    with tf.Session() as session:
        found = session.run(dropped)
    assert abs(found.mean()) < 0.02
    assert abs(found.std() - 1) < 0.02


def test_alpha_dropout_that_keeps_all_is_its_input() -> None:
    x = tf.ones([2])
    assert tf.contrib.nn.alpha_dropout(x, 1.0) is x
    with pytest.raises(ValueError, match="range \\(0, 1\\], got 0"):
        tf.contrib.nn.alpha_dropout(x, 0.0)


def test_scaled_softplus_and_its_gradients() -> None:
    x, alpha, step = np.float64([-1.0, 0.3, 2.0, 9.0]), 0.5, 1e-6

    def value(x: np.ndarray, alpha: float) -> np.ndarray:
        return np.minimum(alpha * np.log1p(np.exp(x / alpha)), 6.0)

    inputs = tf.constant(x), tf.constant(alpha, tf.float64)
    found = tf.contrib.nn.scaled_softplus(*inputs, clip=6.0)
    with tf.Session() as session:
        got, (of_x, of_alpha) = session.run([found, tf.gradients(found, list(inputs))])
    np.testing.assert_allclose(got, value(x, alpha))
    np.testing.assert_allclose(
        of_x, (value(x + step, alpha) - value(x - step, alpha)) / (2 * step), atol=1e-6
    )
    slopes = (value(x, alpha + step) - value(x, alpha - step)) / (2 * step)
    np.testing.assert_allclose(of_alpha, slopes.sum(), atol=1e-6)


def test_all_classes_as_samples_give_the_whole_softmax_loss() -> None:
    rng = np.random.RandomState(0)
    weights, inputs = rng.randn(5, 3), rng.randn(2, 3)
    classes = [0, 4]
    samples = (
        tf.constant([1, 2, 3], tf.int64), tf.ones([2, 1], tf.float64), tf.ones([3], tf.float64),
    )  # fmt: skip
    loss = tf.contrib.nn.sampled_sparse_softmax_loss(
        tf.constant(weights), tf.zeros([5], tf.float64), tf.constant([[0], [4]], tf.int64),
        tf.constant(inputs), 3, 5, sampled_values=samples,
    )  # fmt: skip
    with tf.Session() as session:
        found = session.run(loss)
    for row, (truth, vector) in enumerate(zip(classes, inputs, strict=True)):
        logits = weights[[truth, 1, 2, 3]] @ vector
        assert found[row] == pytest.approx(np.log(np.exp(logits).sum()) - logits[0])


def test_the_likeliest_samples_are_kept() -> None:
    weights = tf.constant([[0.0], [1.0], [2.0], [3.0], [4.0]])
    samples = tf.constant([1, 2, 3], tf.int64), tf.ones([1, 1]), tf.ones([3])
    loss = tf.contrib.nn.rank_sampled_softmax_loss(
        weights, tf.zeros([5]), tf.constant([[0]], tf.int64), tf.constant([[1.0]]), 3, 2, 5, 1,
        samples, 1.0, True, "div",
    )  # fmt: skip
    with tf.Session() as session:
        assert session.run(loss)[0] == pytest.approx(np.log(1 + np.exp(2) + np.exp(3)))
    with pytest.raises(ValueError, match="must be less than num_sampled"):
        tf.contrib.nn.rank_sampled_softmax_loss(
            weights, tf.zeros([5]), [[0]], [[1.0]], 2, 2, 5, 1, None, 1.0, True, "div"
        )


def test_derivatives_along_a_direction() -> None:
    x = tf.constant([1.0, 2.0])
    found = fwd_gradients([x * x, tf.exp(x)], [x], [tf.constant([1.0, 0.5])], assert_unused=True)
    with tf.Session() as session:
        along, of_exp = session.run(found)
    assert along.tolist() == [2.0, 2.0]
    np.testing.assert_allclose(of_exp, [np.e, np.exp(2.0) / 2], rtol=1e-6)
