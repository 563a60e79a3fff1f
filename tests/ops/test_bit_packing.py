"""Comparisons packed into bytes, against NumPy."""

import numpy as np
import pytest

import tensormill.api as tf


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float32, np.float64, np.bool_])
def test_each_byte_holds_eight_comparisons(dtype: type) -> None:
    values = np.random.default_rng(7).integers(-2, 3, (3, 16)).astype(dtype)
    threshold = np.array(True if dtype is np.bool_ else 0, dtype)
    packed = tf.raw_ops.CompareAndBitpack(input=values, threshold=threshold)
    assert packed.shape.as_list() == [3, 2]
    larger = values if dtype is np.bool_ else values > threshold
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(packed), np.packbits(larger, axis=-1))


def test_a_size_that_eight_does_not_divide_is_refused() -> None:
    with pytest.raises(ValueError, match="divisible by 8 but is 7"):
        tf.raw_ops.CompareAndBitpack(input=np.zeros(7, np.float32), threshold=np.float32(0))
