"""What `tf.layers` takes: names of Keras, sparse inputs, images of other sizes, no mode.

The expected values are those of TensorFlow 1.15's own functions on the same weights.
"""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf


def evaluated(*tensors):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(tensors)


def test_initializers_are_given_by_name():
    x = tf.ones([2, 3])
    y = tf.layers.dense(x, 4, kernel_initializer="ones", bias_initializer="ones")
    z = tf.layers.conv2d(tf.ones([1, 4, 4, 1]), 2, 2, kernel_initializer="he_normal")
    first, image = evaluated(y, z)
    np.testing.assert_allclose(first, np.full([2, 4], 4.0))
    assert np.ptp(image[..., 0]) < 1e-5 < abs(image[0, 0, 0, 0] - image[0, 0, 0, 1])
    with pytest.raises(ValueError, match="Unknown initializer: nothing"):
        tf.layers.dense(x, 4, kernel_initializer="nothing")


def test_an_initializer_is_given_by_its_settings():
    config = {"class_name": "Constant", "config": {"value": 3.0}}
    (y,) = evaluated(tf.layers.dense(tf.ones([1, 2]), 1, kernel_initializer=config))
    np.testing.assert_allclose(y, [[6.0]])


def test_batch_normalization_takes_names_of_initializers_with_renorm():
    x = tf.constant([[1.0], [3.0]])
    y = tf.layers.batch_normalization(
        x, renorm=True, moving_variance_initializer="ones", gamma_initializer="ones", epsilon=1e-9
    )
    np.testing.assert_allclose(evaluated(y)[0], [[1.0], [3.0]])


def test_hard_sigmoid_is_an_activation():
    x = tf.constant([[-10.0], [1.0], [10.0]])
    y = tf.layers.dense(x, 1, activation="hard_sigmoid", kernel_initializer="ones")
    np.testing.assert_allclose(evaluated(y)[0], [[0.0], [0.7], [1.0]], rtol=1e-6)


def test_dense_refuses_integers():
    with pytest.raises(TypeError, match="non-floating point dtype"):
        tf.layers.dense(tf.constant([[1, 2]]), 3)


def test_dense_takes_sparse_inputs():
    dense = np.float32([[0, 2, 0], [1, 0, 3]])
    indices = np.argwhere(dense)
    sparse = tf.SparseTensor(indices, dense[tuple(indices.T)], [2, 3])
    layer = tf.layers.Dense(2)
    expected, found = evaluated(layer(tf.constant(dense)), layer(sparse))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_dense_is_built_of_sparse_inputs():
    sparse = tf.SparseTensor([[0, 1]], [2.0], [1, 3])
    y = tf.layers.dense(sparse, 1, kernel_initializer="ones")
    assert y.shape.as_list() == [1, 1]
    np.testing.assert_allclose(evaluated(y)[0], [[2.0]])


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("sizes", [(10, 13), (13, 10), (None, 13)])
def test_a_dilated_convolution_is_applied_to_images_of_other_sizes(padding, sizes):
    layer = tf.layers.Conv2D(2, 3, dilation_rate=2, padding=padding)
    first = tf.placeholder_with_default(
        np.ones([1, sizes[0] or 8, sizes[0] or 8, 1], np.float32), [None, sizes[0], sizes[0], 1]
    )
    drawn = np.random.RandomState(0).rand(1, sizes[1], sizes[1], 1).astype(np.float32)
    layer(first)
    found = layer(tf.constant(drawn))
    expected = tf.nn.convolution(
        tf.constant(drawn), layer.kernel, padding.upper(), dilation_rate=[2, 2]
    )
    pair = evaluated(found, expected)
    np.testing.assert_allclose(*pair, rtol=1e-5, atol=1e-6)


def test_a_separable_convolution_of_signals_may_be_causal():
    x = np.random.RandomState(0).rand(2, 6, 3).astype(np.float32)
    layer = tf.layers.SeparableConv1D(4, 3, padding="causal", dilation_rate=2)
    y = layer(tf.constant(x))
    later = tf.layers.SeparableConv1D(4, 3, dilation_rate=2)
    assert y.shape.as_list() == layer.compute_output_shape([2, 6, 3]).as_list() == [2, 6, 4]
    later.build(tf.TensorShape([2, 10, 3]))
    later.depthwise_kernel, later.pointwise_kernel = layer.depthwise_kernel, layer.pointwise_kernel
    z = later.call(tf.pad(tf.constant(x), [[0, 0], [4, 0], [0, 0]]))
    np.testing.assert_allclose(*evaluated(y, z), rtol=1e-5, atol=1e-6)


def test_without_a_word_of_training_the_learning_phase_of_keras_decides():
    x = tf.ones([1, 1000])
    dropped = tf.layers.dropout(x, rate=0.5, training=None)
    moved = tf.layers.batch_normalization(tf.constant([[1.0], [3.0]]), training=None)
    phase = tf.keras.backend.learning_phase()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        kept, same = session.run([dropped, moved])
        assert kept.min() == 1.0
        np.testing.assert_allclose(same, [[1.0], [3.0]], rtol=1e-3)
        kept, same = session.run([dropped, moved], {phase: True})
        assert kept.min() == 0.0
        np.testing.assert_allclose(same, [[-1.0], [1.0]], rtol=1e-2)
    tf.keras.backend.set_learning_phase(1)
    assert evaluated(tf.layers.dropout(x, training=None))[0].min() == 0.0


def test_the_values_of_a_layers_variables_are_read_and_set():
    layer = tf.layers.Dense(2)
    y = layer(tf.ones([1, 3]))
    with pytest.raises(ValueError, match="open one"):
        layer.get_weights()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert [value.shape for value in layer.get_weights()] == [(3, 2), (2,)]
        layer.set_weights([np.full([3, 2], 2.0), np.ones(2)])
        np.testing.assert_allclose(session.run(y), [[7.0, 7.0]])
        np.testing.assert_allclose(layer.get_weights()[1], [1.0, 1.0])
        with pytest.raises(ValueError, match="weight list of length 1"):
            layer.set_weights([np.ones(2)])
        with pytest.raises(ValueError, match="not compatible with provided weight shape"):
            layer.set_weights([np.ones([2, 3]), np.ones(2)])
