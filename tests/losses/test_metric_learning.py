"""Losses of `tf.contrib.losses.metric_learning`, against loops over pairs."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensormill as tf
from tensormill.losses.metric_learning import pairwise_distance

LABELS = np.array([0, 1, 0, 2, 1, 0])
EMBEDDINGS = np.random.RandomState(3).normal(size=(6, 4)).astype(np.float32)
OTHERS = np.random.RandomState(4).normal(size=(6, 4)).astype(np.float32)
metric_learning = tf.contrib.losses.metric_learning


def run(tensor: Any) -> Any:
    with tf.Session() as session:
        return session.run(tensor)


def distances(*, squared: bool) -> Any:
    found = ((EMBEDDINGS[:, None] - EMBEDDINGS[None]) ** 2).sum(-1)
    return found if squared else np.sqrt(found)


def test_pairwise_distances_have_gradients_everywhere() -> None:
    embeddings = tf.constant(EMBEDDINGS)
    np.testing.assert_allclose(
        run(pairwise_distance(embeddings)), distances(squared=False), atol=1e-5
    )
    doubled = tf.constant(np.repeat(EMBEDDINGS[:1], 2, 0))
    gradient = tf.gradients(pairwise_distance(doubled), doubled)[0]
    assert np.isfinite(run(gradient)).all()


def test_contrastive_loss() -> None:
    same = np.array([1, 0, 1, 0, 0, 1])
    apart = np.sqrt(((EMBEDDINGS - OTHERS) ** 2).sum(1))
    expected = np.where(same == 1, apart**2, np.maximum(3.0 - apart, 0) ** 2).mean()
    loss = metric_learning.contrastive_loss(same, tf.constant(EMBEDDINGS), OTHERS, margin=3.0)
    np.testing.assert_allclose(run(loss), expected, rtol=1e-5)


def test_triplet_semihard_loss_takes_the_nearest_farther_negative() -> None:
    apart = distances(squared=True)
    losses = []
    for anchor in range(6):
        for positive in np.flatnonzero((LABELS[anchor] == LABELS) & (np.arange(6) != anchor)):
            negatives = apart[anchor][LABELS[anchor] != LABELS]
            farther = negatives[negatives > apart[anchor, positive]]
            negative = farther.min() if farther.size else negatives.max()
            losses.append(max(0.0, 1.0 + apart[anchor, positive] - negative))
    loss = metric_learning.triplet_semihard_loss(LABELS, tf.constant(EMBEDDINGS))
    np.testing.assert_allclose(run(loss), np.mean(losses), rtol=1e-4)


def test_npairs_loss() -> None:
    similarity = EMBEDDINGS @ OTHERS.T
    targets = (LABELS[:, None] == LABELS[None]).astype(float)
    targets /= targets.sum(1, keepdims=True)
    log_softmax = similarity - np.log(np.exp(similarity).sum(1, keepdims=True))
    penalty = 0.25 * 0.1 * ((EMBEDDINGS**2).sum(1).mean() + (OTHERS**2).sum(1).mean())
    loss = metric_learning.npairs_loss(LABELS, tf.constant(EMBEDDINGS), OTHERS, reg_lambda=0.1)
    np.testing.assert_allclose(
        run(loss), penalty - (targets * log_softmax).sum(1).mean(), rtol=1e-5
    )


def test_lifted_struct_loss() -> None:
    apart = distances(squared=False)
    losses = []
    for i in range(6):
        for j in range(i + 1, 6):
            if LABELS[i] == LABELS[j]:
                far = [np.exp(1.0 - apart[k, n]) for k in (i, j) for n in range(6)
                       if LABELS[n] != LABELS[k]]  # fmt: skip
                losses.append(max(0.0, np.log(sum(far)) + apart[i, j]) ** 2)
    loss = metric_learning.lifted_struct_loss(LABELS, tf.constant(EMBEDDINGS))
    np.testing.assert_allclose(run(loss), np.sum(losses) / (2 * len(losses)), rtol=1e-4)
