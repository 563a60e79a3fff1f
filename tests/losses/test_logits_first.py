"""The losses of `tf.contrib.losses`, which take predictions before labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf

LOGITS = np.array([[2.0, -1.0, 0.5], [0.0, 1.0, 3.0]], np.float32)
ONE_HOT = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], np.float32)


def run(*tensors: Any) -> Any:
    with tf.Session() as session:
        return session.run(tensors)


def softmax_losses() -> Any:
    exponents = np.exp(LOGITS)
    return -np.log((exponents / exponents.sum(1, keepdims=True))[[0, 1], [0, 1]])


def test_logits_come_first() -> None:
    losses = tf.contrib.losses
    dense = losses.softmax_cross_entropy(LOGITS, ONE_HOT)
    sparse = losses.sparse_softmax_cross_entropy(LOGITS, [0, 1], weights=[1.0, 0.0])
    slim = tf.contrib.slim.losses.softmax_cross_entropy(LOGITS, ONE_HOT, weights=2.0)
    expected = softmax_losses()
    np.testing.assert_allclose(
        run(dense, sparse, slim), [expected.mean(), expected[0], 2 * expected.mean()], rtol=1e-5
    )
    assert losses.get_losses() == [dense, sparse, slim]
    np.testing.assert_allclose(
        run(losses.get_total_loss())[0], 3 * expected.mean() + expected[0], rtol=1e-5
    )


def test_a_weight_for_each_example_holds_for_all_its_losses() -> None:
    predictions, labels = LOGITS, np.zeros_like(LOGITS)
    squared = tf.contrib.losses.mean_squared_error(predictions, labels, weights=[0.0, 3.0])
    absolute = tf.contrib.losses.absolute_difference(predictions, labels, weights=[1.0, 0.0])
    weighted = tf.contrib.losses.compute_weighted_loss(predictions, [0.0, 2.0])
    np.testing.assert_allclose(
        run(squared, absolute, weighted),
        [3 * np.mean(LOGITS[1] ** 2), np.mean(np.abs(LOGITS[0])), 2 * np.mean(LOGITS[1])],
        rtol=1e-5,
    )


def test_other_losses() -> None:
    losses = tf.contrib.losses
    probabilities = np.array([[0.2, 0.9]], np.float32)
    labels = np.array([[0.0, 1.0]], np.float32)
    unit = np.array([[0.6, 0.8]], np.float32)
    results = run(
        losses.log_loss(probabilities, labels),
        losses.sigmoid_cross_entropy(LOGITS, ONE_HOT),
        losses.cosine_distance(unit, labels, 1),
        losses.mean_pairwise_squared_error(probabilities, labels),
    )
    sigmoid = np.log1p(np.exp(LOGITS)) - LOGITS * ONE_HOT
    expected = [-np.log([0.8, 0.9]).mean(), sigmoid.mean(), 0.2, 0.3**2]
    np.testing.assert_allclose(results, expected, rtol=1e-4)
    hinge = losses.hinge_loss(LOGITS, ONE_HOT)
    np.testing.assert_allclose(
        run(hinge)[0], np.maximum(0, 1 - (2 * ONE_HOT - 1) * LOGITS), rtol=1e-6
    )
    assert hinge not in losses.get_losses()


def test_shapes_and_weights_are_checked() -> None:
    with pytest.raises(ValueError, match="are incompatible"):
        tf.contrib.losses.softmax_cross_entropy(LOGITS, ONE_HOT[:1])
    with pytest.raises(ValueError, match="`weights` cannot be None"):
        tf.contrib.losses.compute_weighted_loss(LOGITS, None)
