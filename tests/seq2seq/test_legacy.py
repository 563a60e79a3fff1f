"""`tf.contrib.legacy_seq2seq`: names of variables, losses, and models that train."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf


def _ids(count: int) -> list[Any]:
    return [tf.constant([i % 4, (i + 1) % 4]) for i in range(count)]


def test_variables_have_the_names_of_tensorflow() -> None:
    legacy = tf.contrib.legacy_seq2seq
    cell = tf.contrib.rnn.BasicRNNCell(3)
    outputs, state = legacy.embedding_rnn_seq2seq(_ids(3), _ids(2), cell, 4, 5, 2)
    assert [o.shape.as_list() for o in outputs] == [[2, 5], [2, 5]]
    assert state.shape.as_list() == [2, 3]
    assert [v.op.name.removeprefix("embedding_rnn_seq2seq/") for v in tf.trainable_variables()] == [
        "rnn/embedding_wrapper/embedding",
        "rnn/embedding_wrapper/basic_rnn_cell/kernel",
        "rnn/embedding_wrapper/basic_rnn_cell/bias",
        "embedding_rnn_decoder/embedding",
        "embedding_rnn_decoder/rnn_decoder/output_projection_wrapper/basic_rnn_cell/kernel",
        "embedding_rnn_decoder/rnn_decoder/output_projection_wrapper/basic_rnn_cell/bias",
        "embedding_rnn_decoder/rnn_decoder/output_projection_wrapper/kernel",
        "embedding_rnn_decoder/rnn_decoder/output_projection_wrapper/bias",
    ]


@pytest.mark.parametrize(
    "name", ["embedding_rnn_seq2seq", "embedding_attention_seq2seq", "embedding_tied_rnn_seq2seq"]
)
@pytest.mark.parametrize("feeds", [False, True, "tensor"])
def test_models_learn_to_copy(name: str, feeds: Any) -> None:
    tf.set_random_seed(1)
    legacy = tf.contrib.legacy_seq2seq
    feed_previous = tf.constant(True) if feeds == "tensor" else feeds
    sizes = (4, 4, 6) if name != "embedding_tied_rnn_seq2seq" else (4, 6)
    outputs, _ = getattr(legacy, name)(
        _ids(3), _ids(3), tf.contrib.rnn.GRUCell(8), *sizes, feed_previous=feed_previous
    )
    loss = legacy.sequence_loss(outputs, _ids(3), [tf.ones([2])] * 3)
    train = tf.train.AdamOptimizer(0.1).minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        before = session.run(loss)
        for _ in range(25):
            session.run(train)
        assert session.run(loss) < before / 2


def test_buckets_share_their_variables() -> None:
    legacy = tf.contrib.legacy_seq2seq
    weights = [tf.ones([2])] * 3
    outputs, losses = legacy.model_with_buckets(
        _ids(3), _ids(3), _ids(3), weights, [(1, 2), (3, 3)],
        lambda x, y: legacy.embedding_rnn_seq2seq(x, y, tf.contrib.rnn.GRUCell(4), 4, 4, 2),
        per_example_loss=True,
    )  # fmt: skip
    assert [len(o) for o in outputs] == [2, 3]
    assert len(tf.trainable_variables()) == 12
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert [value.shape for value in session.run(losses)] == [(2,), (2,)]


def test_loss_by_example_is_the_mean_over_time() -> None:
    logits = [np.float32([[1, 2], [3, 1]]), np.float32([[0, 1], [2, 2]])]
    targets = [np.array([0, 1]), np.array([1, 1])]
    weights = [np.float32([1, 1]), np.float32([0.5, 0])]
    loss = tf.contrib.legacy_seq2seq.sequence_loss_by_example(
        *[[tf.constant(v) for v in values] for values in (logits, targets, weights)]
    )
    wanted = np.zeros(2)
    for x, y, w in zip(logits, targets, weights, strict=True):
        wanted += (np.log(np.exp(x).sum(1)) - x[np.arange(2), y]) * w
    with tf.Session() as session:
        np.testing.assert_allclose(session.run(loss), wanted / [1.5, 1], rtol=1e-5)
