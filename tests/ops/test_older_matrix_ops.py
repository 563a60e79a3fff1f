"""Ops of matrices that TensorFlow 2 knows, but cannot compute any more."""

import numpy as np
import pytest

import tensormill.api as tf


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64])
def test_the_exponential_is_the_sum_of_powers(dtype: type) -> None:
    matrix = np.array([[[0.5, 0.2], [-0.3, 0.1]], [[0.0, 1.0], [0.0, 0.0]]], dtype)
    terms, power = np.eye(2, dtype=np.complex128), np.eye(2, dtype=np.complex128)
    for number in range(1, 20):
        power = power @ matrix / number
        terms = terms + power
    with tf.Session() as session:
        made = session.run(tf.raw_ops.MatrixExponential(input=matrix))
    np.testing.assert_allclose(made, terms, rtol=1e-5, atol=1e-6)
    assert made.dtype == dtype


def test_a_matrix_that_is_not_square_is_refused() -> None:
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="square"):
        session.run(tf.raw_ops.MatrixExponential(input=np.zeros([2, 3], np.float32)))
