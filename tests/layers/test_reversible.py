"""Blocks of reversible layers: results, the way back, gradients as of kept activations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.layers.reversible import RevBlock

X1 = np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4)
X2 = np.linspace(2, -1, 12, dtype=np.float32).reshape(3, 4)


def _dense(x: Any) -> Any:
    kernel = tf.get_variable("w", [4, 4], initializer=tf.constant_initializer(0.1))
    return tf.tanh(tf.matmul(x, kernel))


def _scaled(x: Any, side: Any) -> Any:
    return _dense(x) * side[0]


def _gradients(is_training: bool, side: bool) -> list[Any]:
    with tf.Graph().as_default(), tf.Session() as session:
        x1, x2 = tf.constant(X1), tf.constant(X2)
        sides = [tf.constant(0.5), tf.constant(-0.25)]
        options: dict[str, Any] = {}
        if side:
            options = {"f_side_input": sides[:1], "g_side_input": sides[1:]}
        function = _scaled if side else _dense
        y1, y2 = tf.contrib.layers.rev_block(
            x1, x2, function, function, num_layers=3, is_training=is_training, **options
        )
        loss = tf.reduce_sum(y1 * y1) + 3.0 * tf.reduce_sum(y2)
        of = [x1, x2, *(sides if side else []), *tf.trainable_variables()]
        assert len(tf.trainable_variables()) == 6
        session.run(tf.global_variables_initializer())
        found: list[Any] = session.run([y1, y2, *tf.gradients(loss, of)])
        return found


@pytest.mark.parametrize("side", [False, True])
def test_gradients_are_those_of_the_kept_activations(side: bool) -> None:
    for found, wanted in zip(_gradients(True, side), _gradients(False, side), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=2e-4, atol=2e-4)


def test_the_way_back_gives_the_inputs() -> None:
    block = RevBlock(_dense, _dense, num_layers=2)
    y1, y2 = block.forward(tf.constant(X1), tf.constant(X2))
    back = block.backward(y1, y2)
    names = [variable.name for variable in block.trainable_weights]
    assert names == [f"revblock/revlayer_{i}/{kind}/w:0" for i in range(2) for kind in "fg"]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        results, found = session.run([(y1, y2), back])
    np.testing.assert_allclose(found[0], X1, atol=1e-5)
    np.testing.assert_allclose(found[1], X2, atol=1e-5)
    assert np.abs(results[0] - X1).max() > 0.1


def test_functions_are_as_many_as_layers() -> None:
    with pytest.raises(ValueError, match="3 layers need as many functions, given: 1"):
        RevBlock([_dense], _dense, num_layers=3)
