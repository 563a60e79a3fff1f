"""Quantized numbers where TensorFlow 2 has no kernel, and what is refused."""

import numpy as np
import pytest

import tensormill.api as tf


def test_numbers_are_cut_at_zero_and_at_a_greatest_value() -> None:
    values = np.linspace(-1, 2, 13, dtype=np.float32)
    quantized = tf.quantize_v2(values, -1.0, 2.0, tf.quint8)
    cut = tf.nn.quantized_relu_x(quantized[0], 1.5, quantized[1], quantized[2])
    floats = tf.dequantize(cut[0], cut[1], cut[2])
    with tf.Session() as session:
        found = session.run(floats)
    np.testing.assert_allclose(found, np.clip(values, 0, 1.5), atol=0.012)


def test_a_range_that_ends_before_it_begins_is_refused() -> None:
    least = tf.placeholder_with_default(3.0, [])
    made = tf.quantize_v2([1.0], least, 2.0, tf.quint8)
    with (
        tf.Session() as session,
        pytest.raises(tf.errors.InvalidArgumentError, match="must be larger than"),
    ):
        session.run(made[1])
