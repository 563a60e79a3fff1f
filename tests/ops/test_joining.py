"""Ops that join tensors, or undo it, and that TensorFlow 2 cannot compute any more."""

import numpy as np
import pytest

import tensormill.api as tf


@pytest.mark.parametrize("multiples", [[2, 3], [1, 1], [4, 6]])
def test_the_old_gradient_of_tile_sums_the_copies(multiples: list[int]) -> None:
    copies = np.arange(24, dtype=np.float32).reshape(4, 6)
    size = [4 // multiples[0], 6 // multiples[1]]
    apart = copies.reshape(multiples[0], size[0], multiples[1], size[1])
    with tf.Session() as session:
        summed = session.run(tf.raw_ops.TileGrad(input=copies, multiples=multiples))
    np.testing.assert_array_equal(summed, apart.sum((0, 2)))


def test_the_old_gradient_of_tile_needs_whole_copies() -> None:
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="divisible"):
        session.run(tf.raw_ops.TileGrad(input=np.ones([3], np.float32), multiples=[2]))
