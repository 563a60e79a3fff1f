"""Recurrent networks: names, shapes, lengths, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill.api as tf

INPUTS = np.random.RandomState(0).uniform(-1, 1, [2, 3, 4]).astype(np.float32)


def test_outputs_behind_the_length_of_a_sequence_are_zero() -> None:
    cell = tf.nn.rnn_cell.GRUCell(5)
    outputs, last = tf.nn.dynamic_rnn(cell, INPUTS, sequence_length=[1, 3], dtype=tf.float32)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        made, state = session.run([outputs, last])
    assert not made[0, 1:].any()
    np.testing.assert_array_equal(state, [made[0, 0], made[1, 2]])


def test_variables_have_the_names_of_their_cells() -> None:
    cells = [tf.nn.rnn_cell.BasicLSTMCell(2), tf.nn.rnn_cell.LSTMCell(3, use_peepholes=True)]
    tf.nn.dynamic_rnn(tf.nn.rnn_cell.MultiRNNCell(cells), INPUTS, dtype=tf.float32)
    names = [variable.op.name for variable in tf.trainable_variables()]
    assert names[:2] == [
        "rnn/multi_rnn_cell/cell_0/basic_lstm_cell/kernel",
        "rnn/multi_rnn_cell/cell_0/basic_lstm_cell/bias",
    ]
    assert "rnn/multi_rnn_cell/cell_1/lstm_cell/w_f_diag" in names


def test_a_static_and_a_dynamic_network_agree() -> None:
    cell = tf.nn.rnn_cell.LSTMCell(3)
    dynamic, _ = tf.nn.dynamic_rnn(cell, INPUTS, dtype=tf.float32)
    steps = tf.unstack(tf.constant(INPUTS), axis=1)
    with tf.variable_scope(tf.get_variable_scope(), reuse=True):
        static, _ = tf.nn.static_rnn(cell, steps, dtype=tf.float32)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        a, b = session.run([dynamic, tf.stack(static, axis=1)])
    np.testing.assert_allclose(a, b, rtol=1e-6)


def test_a_network_learns() -> None:
    cell = tf.nn.rnn_cell.BasicLSTMCell(8)
    _, state = tf.nn.dynamic_rnn(cell, INPUTS, dtype=tf.float32)
    loss = tf.reduce_mean(tf.square(state.h - 0.5))
    train = tf.train.AdamOptimizer(0.05).minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        first = session.run(loss)
        for _ in range(30):
            session.run(train)
        assert session.run(loss) < 0.2 * first


def test_what_is_no_cell_is_refused() -> None:
    with pytest.raises(TypeError, match="'output_size' property is missing"):
        tf.nn.dynamic_rnn(None, INPUTS, dtype=tf.float32)


def test_a_state_needs_a_dtype() -> None:
    with pytest.raises(ValueError, match="you must give a dtype"):
        tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(2), INPUTS)


def test_integers_are_refused() -> None:
    with pytest.raises(ValueError, match="only supports floating point inputs"):
        tf.nn.rnn_cell.GRUCell(2, dtype=tf.int32)


def test_lengths_of_another_batch_size_fail_the_step() -> None:
    lengths = tf.placeholder(tf.int32, [None])
    outputs, _ = tf.nn.dynamic_rnn(
        tf.nn.rnn_cell.GRUCell(2), INPUTS, sequence_length=lengths, dtype=tf.float32
    )
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        with pytest.raises(tf.errors.InvalidArgumentError, match="Expected shape for Tensor"):
            session.run(outputs, {lengths: [1, 2, 3]})
