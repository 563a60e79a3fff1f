"""Cells as plain data, and cells of plain data."""

from __future__ import annotations

import json
from typing import Any

import pytest

import tensormill as tf

CELLS = tf.nn.rnn_cell


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (CELLS.BasicRNNCell, {"activation": tf.nn.relu}),
        (CELLS.GRUCell, {"kernel_initializer": tf.constant_initializer(0.5)}),
        (CELLS.BasicLSTMCell, {"forget_bias": 2.0}),
        (CELLS.LSTMCell, {"use_peepholes": True, "initializer": tf.ones_initializer()}),
    ],
)
def test_a_cell_of_the_same_settings_computes_the_same(kind: Any, settings: Any) -> None:
    cell = kind(3, name="cell", **settings)
    config = json.loads(json.dumps(cell.get_config()))
    assert (config["num_units"], config["name"], config["trainable"]) == (3, "cell", True)
    again = kind.from_config(config)
    assert again.get_config() == cell.get_config()
    x = tf.constant([[1.0, -2.0]])
    with tf.variable_scope("same", initializer=tf.constant_initializer(0.1)):
        first, _ = cell(x, cell.zero_state(1, tf.float32))
    with tf.variable_scope("other", initializer=tf.constant_initializer(0.1)):
        second, _ = again(x, again.zero_state(1, tf.float32))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        one, other = session.run([first, second])
    assert one.tolist() == other.tolist()
