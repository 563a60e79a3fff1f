"""Initializers that are checked by what their values are: orthogonal kernels, Keras's defaults."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.variables.convolution_initializers import (
    ConvolutionDeltaOrthogonal,
    ConvolutionOrthogonal1D,
    ConvolutionOrthogonal2D,
    ConvolutionOrthogonal3D,
)


@pytest.mark.parametrize(
    ("initializer", "shape"),
    [
        (ConvolutionOrthogonal1D, [3, 4, 4]),
        (ConvolutionOrthogonal2D, [3, 3, 2, 4]),
        (ConvolutionOrthogonal3D, [2, 2, 2, 3, 3]),
        (ConvolutionDeltaOrthogonal, [3, 3, 3, 4]),
    ],
)
def test_orthogonal_kernels_keep_the_norm(initializer: type, shape: list[int]) -> None:
    with tf.Session() as session:
        kernel = session.run(initializer(seed=3)(shape)).astype(np.float64)
    assert list(kernel.shape) == shape
    rank = len(shape) - 2
    # On a torus a convolution multiplies each frequency by a matrix, which must be orthogonal.
    spectrum = np.fft.fftn(kernel, s=[5] * rank, axes=range(rank)).reshape(-1, *shape[-2:])
    product = spectrum @ spectrum.conj().transpose(0, 2, 1)
    np.testing.assert_allclose(
        product, np.broadcast_to(np.eye(shape[-2]), product.shape), atol=1e-5
    )


def test_kernels_that_cannot_be_orthogonal_are_refused() -> None:
    with pytest.raises(ValueError, match="In_filters cannot be greater than out_filters"):
        ConvolutionOrthogonal2D()([3, 3, 4, 2])
    with pytest.raises(ValueError, match="Kernel sizes must be equal"):
        ConvolutionOrthogonal2D()([3, 2, 2, 2])


def test_a_slice_of_the_identity_is_taken_where_it_belongs() -> None:
    v = tf.get_variable(
        "v",
        [5, 5],
        initializer=tf.initializers.identity(2.0),
        partitioner=tf.fixed_size_partitioner(2),
    )
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(tf.convert_to_tensor(v)).tolist() == (2 * np.eye(5)).tolist()


def test_keras_initializers_are_found_by_name_and_by_settings() -> None:
    found = tf.keras.initializers.get("random_uniform")
    assert (found.minval, found.maxval) == (-0.05, 0.05)
    again = tf.keras.initializers.get(tf.keras.initializers.serialize(found))
    assert again.get_config() == found.get_config()
    assert tf.keras.initializers.get(found) is found
    with pytest.raises(ValueError, match="Unknown initializer"):
        tf.keras.initializers.get("no_such_initializer")
