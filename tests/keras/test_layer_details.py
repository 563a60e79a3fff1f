"""Details of layers and of what prepares data: several axes, lengths, whitening."""

from __future__ import annotations

import json

import numpy as np
import pytest

import tensormill as tf
from tensormill.python.keras.preprocessing import image, sequence

keras = tf.keras
layers = keras.layers
backend = keras.backend


def test_batches_are_normalised_along_several_axes():
    layer = layers.BatchNormalization(axis=[1, 2], momentum=0.5)
    model = keras.Sequential([layers.InputLayer((3, 4, 2)), layer])
    model.compile("sgd", "mse")
    x = np.random.RandomState(1).randn(8, 3, 4, 2).astype(np.float32) * 3 + 5
    assert layer.gamma.shape.as_list() == [1, 3, 4, 1]
    normal = backend.function([model.input, backend.learning_phase()], [layer.output])([x, True])[0]
    np.testing.assert_allclose(normal.mean((0, 3)), np.zeros((3, 4)), atol=1e-5)
    np.testing.assert_allclose(normal.std((0, 3)), np.ones((3, 4)), atol=1e-3)
    model.train_on_batch(x, x)
    expected = 0.5 * x.mean((0, 3), keepdims=True)
    np.testing.assert_allclose(backend.get_value(layer.moving_mean), expected, rtol=1e-4)
    again = layers.BatchNormalization.from_config(layer.get_config())
    assert again.axis == [1, 2]


def test_batch_normalisation_refuses_axes_that_it_cannot_take():
    x = layers.Input((3, 4, 2))
    with pytest.raises(ValueError, match="Invalid axis: 4"):
        layers.BatchNormalization(axis=4)(x)
    with pytest.raises(ValueError, match=r"Duplicate axis: \[1, 1\]"):
        layers.BatchNormalization(axis=[1, -3])(x)
    with pytest.raises(TypeError, match="axis must be int or list"):
        layers.BatchNormalization(axis=1.5)


def test_an_embedding_knows_the_length_of_its_input():
    shape = layers.Embedding(3, 2, input_length=(None, 4)).compute_output_shape((5, 6, None))
    assert shape.as_list() == [5, 6, 4, 2]
    with pytest.raises(ValueError, match='"input_length" is 4, but received input has shape'):
        layers.Embedding(3, 2, input_length=4).compute_output_shape((None, 5))


def test_windows_of_series_are_plain_data():
    data = np.arange(6).reshape(6, 1)
    config = json.loads(sequence.TimeseriesGenerator(data, data, length=2, batch_size=3).to_json())
    assert config["class_name"] == "TimeseriesGenerator"
    assert json.loads(config["config"]["data"]) == data.tolist()
    with pytest.raises(TypeError, match="Data not JSON Serializable"):
        sequence.TimeseriesGenerator([object()] * 3, [1] * 3, length=1).get_config()
    assert sequence._remove_long_seq(3, [[1], [2, 2, 2]], "ab") == ([[1]], ["a"])


def test_images_are_whitened():
    random = np.random.RandomState(2)
    x = random.rand(64, 2, 2, 1).astype(np.float32) @ np.ones((1, 3), np.float32)
    x += 0.1 * random.rand(*x.shape).astype(np.float32)
    generator = image.ImageDataGenerator(zca_whitening=True, zca_epsilon=1e-8)
    generator.fit(x)
    white = np.stack([generator.standardize(each) for each in x]).reshape(64, -1)
    np.testing.assert_allclose(white.T @ white / 64, np.eye(12), atol=0.05)


def test_settings_of_images_are_checked():
    for settings in ({"zoom_range": (1, 2, 3)}, {"data_format": "x"}, {"validation_split": 2}):
        with pytest.raises(ValueError, match=next(iter(settings))):
            image.ImageDataGenerator(**settings)
    with pytest.raises(ValueError, match="should have rank 4"):
        image.ImageDataGenerator(featurewise_center=True).fit(np.ones((3, 4, 4)))


def test_dense_features_of_the_second_api_have_weights_of_their_own() -> None:
    columns = [
        tf.feature_column.embedding_column(
            tf.feature_column.categorical_column_with_identity("word", 5), 3
        ),
        tf.feature_column.numeric_column("size"),
    ]
    features = {"word": tf.constant([[1], [2]]), "size": tf.constant([[1.0], [2.0]])}
    second = tf.compat.v2.keras.layers.DenseFeatures
    assert second is not keras.layers.DenseFeatures
    names = []
    for _ in range(2):
        layer = second(columns, name="features")
        assert layer(features).shape.as_list() == [2, 4]
        names += [each.name for each in layer.trainable_weights]
    assert names == [
        "features/word_embedding/embedding_weights:0",
        "features_1/word_embedding/embedding_weights:0",
    ]
