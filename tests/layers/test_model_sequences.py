"""`tf.contrib.layers`: images as sequences, pooling of any rank, filters in plane, clipping."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf

layers = tf.contrib.layers
_IMAGES = np.random.RandomState(0).rand(2, 4, 5, 3).astype(np.float32)


@pytest.mark.parametrize("form", ["NHWC", "NCHW"])
def test_images_become_sequences_and_come_back(form: str) -> None:
    images = _IMAGES if form == "NHWC" else _IMAGES.transpose(0, 3, 1, 2)
    sequence = layers.images_to_sequence(tf.constant(images), data_format=form)
    back = layers.sequence_to_images(
        sequence, 4, "channels_last" if form == "NHWC" else "channels_first"
    )
    with tf.Session() as session:
        columns, made = session.run([sequence, back])
    assert columns.shape == (5, 8, 3)
    np.testing.assert_array_equal(columns[2, 5], _IMAGES[1, 1, 2])
    np.testing.assert_array_equal(made, images)
    with pytest.raises(ValueError, match="data_format has to be either NCHW or NHWC"):
        layers.images_to_sequence(images, data_format="CHWN")


def test_windows_are_pooled_in_any_number_of_axes() -> None:
    line = tf.constant(_IMAGES[:, :, 0])
    pooled = layers.pool(line, 2, "MAX", stride=2, outputs_collections="ends")
    flat = layers.pool(tf.constant(_IMAGES), [2, 1], "AVG", stride=[2, 1])
    with tf.Session() as session:
        made, mean = session.run([pooled, flat])
    np.testing.assert_array_equal(made, _IMAGES[:, :, 0].reshape(2, 2, 2, 3).max(2))
    np.testing.assert_allclose(mean, _IMAGES.reshape(2, 2, 2, 5, 3).mean(2), rtol=1e-5)
    assert tf.get_collection("ends") == [pooled]
    with pytest.raises(ValueError, match="Rank of inputs must be >= 3"):
        layers.pool(tf.zeros([2, 2]), 2, "MAX")


def test_one_filter_is_for_every_channel() -> None:
    made = layers.conv2d_in_plane(
        tf.constant(_IMAGES), [1, 2], weights_initializer=tf.ones_initializer(), padding="VALID"
    )
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        values = session.run(made)
    np.testing.assert_allclose(values, _IMAGES[:, :, :-1] + _IMAGES[:, :, 1:], rtol=1e-6)
    names = [variable.op.name for variable in tf.contrib.framework.get_model_variables()]
    assert names == ["ConvInPlane/weights", "ConvInPlane/biases"]


def test_vectors_stay_within_the_ball() -> None:
    with tf.Session() as session:
        made = session.run(layers.poincare_normalize([[3.0, 4.0], [0.3, 0.4]]))
    np.testing.assert_allclose(made, [[0.6, 0.8], [0.3, 0.4]], rtol=1e-4)


def test_gradients_that_are_longer_than_usual_are_clipped() -> None:
    scale = tf.placeholder(tf.float32, [])
    clip = layers.adaptive_clipping_fn(decay=0.5, static_max_norm=100.0)
    ((gradient, _),) = clip([(scale * tf.ones([4]), "variable")])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(30):
            usual = session.run(gradient, {scale: 2.0})
        np.testing.assert_allclose(usual, 2.0, rtol=1e-3)
        huge = session.run(gradient, {scale: 1e6})
    assert np.linalg.norm(huge) <= 100.0 * (1 + 1e-5)
