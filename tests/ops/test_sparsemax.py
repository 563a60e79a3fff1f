"""Sparsemax and its loss."""

from __future__ import annotations

import numpy as np

import tensormill as tf


def _projection(row: np.ndarray) -> np.ndarray:
    """Return the point of the simplex nearest to `row`, by bisection of the threshold."""
    low, high = row.max() - 1.0, row.max()
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if np.maximum(row - middle, 0).sum() > 1 else (low, middle)
    return np.maximum(row - low, 0)


def test_rows_are_projected_on_the_simplex() -> None:
    logits = np.random.RandomState(0).randn(6, 5) * 2
    found = tf.contrib.sparsemax.sparsemax(tf.constant(logits))
    with tf.Session() as session:
        np.testing.assert_allclose(
            session.run(found), [_projection(row) for row in logits], atol=1e-9
        )


def test_the_gradient_of_the_loss_is_what_is_found_less_the_labels() -> None:
    labels = np.eye(5)[[0, 3]]
    logits = tf.constant(np.random.RandomState(1).randn(2, 5))
    found = tf.contrib.sparsemax.sparsemax(logits)
    loss = tf.contrib.sparsemax.sparsemax_loss(logits, found, labels)
    (gradient,) = tf.gradients(loss, logits)
    with tf.Session() as session:
        slope, point, size = session.run([gradient, found, loss])
    np.testing.assert_allclose(slope, point - labels, atol=1e-12)
    assert (size >= 0).all()


def test_infinite_logits_give_nan() -> None:
    logits = tf.constant([[np.inf, 0.0], [-np.inf, -np.inf], [-np.inf, 3.0]])
    found = tf.contrib.sparsemax.sparsemax(logits)
    with tf.Session() as session:
        rows = session.run(found)
    assert np.isnan(rows[:2]).all()
    assert rows[2].tolist() == [0.0, 1.0]
