"""Keras: models in folders, weights that are awaited, models within models, columns as layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill as tf

keras = tf.keras
K = keras.backend
X = np.random.RandomState(0).rand(6, 3).astype(np.float32)


def _model() -> Any:
    model = keras.Sequential(
        [keras.layers.Dense(4, input_shape=(3,), activation="relu"), keras.layers.Dense(1)]
    )
    model.compile("adam", "mse", metrics=["mae"])
    return model


def test_an_exported_model_comes_back_and_can_be_served(tmp_path: Path) -> None:
    model = _model()
    model.fit(X, X[:, :1], verbose=0)
    folder = str(tmp_path / "model")
    keras.experimental.export_saved_model(model, folder)
    back = tf.contrib.saved_model.load_keras_model(folder)
    np.testing.assert_allclose(back.predict(X), model.predict(X), rtol=1e-5)
    served = tf.contrib.predictor.from_saved_model(folder)
    given = served({model.input_names[0]: X})[model.output_names[0]]
    np.testing.assert_allclose(given, model.predict(X), rtol=1e-5)


def test_a_model_saved_to_a_folder_trains_on(tmp_path: Path) -> None:
    model = _model()
    folder = str(tmp_path / "model")
    model.save(folder, save_format="tf")
    model.save(folder, save_format="tf")
    back = keras.models.load_model(folder)
    assert back.evaluate(X, X[:, :1], verbose=0) == pytest.approx(
        model.evaluate(X, X[:, :1], verbose=0), rel=1e-5
    )
    back.fit(X, X[:, :1], verbose=0)
    assert keras.models.load_model(folder, compile=False).optimizer is None
    with pytest.raises(ValueError, match='Unknown format "zip"'):
        model.save(folder, save_format="zip")


class _Subclass(keras.Model):
    def __init__(self) -> None:
        super().__init__(name="subclass")
        self.first, self.rest = keras.layers.Dense(4), [keras.layers.Dense(1)]

    def call(self, inputs: Any) -> Any:
        return self.rest[0](self.first(inputs))


def test_weights_of_a_checkpoint_wait_for_the_model_to_be_called(tmp_path: Path) -> None:
    model, other = _Subclass(), _Subclass()
    wanted = model.predict(X)
    model.save_weights(str(tmp_path / "weights"), save_format="tf")
    other.load_weights(str(tmp_path / "weights")).assert_consumed()
    np.testing.assert_allclose(other.predict(X), wanted, rtol=1e-5)
    model.save_weights(str(tmp_path / "weights.h5"))
    with pytest.raises(ValueError, match="have not yet been created"):
        _Subclass().load_weights(str(tmp_path / "weights.h5"))


def test_a_discriminator_trains_alone_and_is_frozen_within_another_model() -> None:
    discriminator = keras.Sequential([keras.layers.Dense(1, activation="sigmoid", input_dim=3)])
    discriminator.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    discriminator.trainable = False
    generator = keras.Sequential([keras.layers.Dense(3, input_dim=2)])
    z = keras.Input((2,))
    both = keras.Model(z, discriminator(generator(z)))
    both.compile("sgd", "binary_crossentropy")
    assert both.metrics_names == ["loss"]
    before, made = discriminator.get_weights()[0], generator.get_weights()[0]
    both.train_on_batch(X[:, :2], np.ones((6, 1)))
    np.testing.assert_array_equal(discriminator.get_weights()[0], before)
    assert not np.array_equal(generator.get_weights()[0], made)
    assert len(discriminator.train_on_batch(X, np.ones((6, 1)))) == 2
    assert not np.array_equal(discriminator.get_weights()[0], before)


def test_ones_and_zeros_can_be_made_within_a_branch() -> None:
    made = K.switch(K.constant(True), lambda: K.ones((2,)), lambda: K.zeros((2,)))
    assert K.eval(made).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("form", ["sequential", "functional"])
def test_columns_are_a_layer(form: str) -> None:
    column = tf.feature_column
    layer = keras.layers.DenseFeatures(
        [
            column.numeric_column("a"),
            column.embedding_column(column.categorical_column_with_hash_bucket("b", 10), 2),
        ]
    )
    assert isinstance(layer, keras.layers.Layer)
    data = {"a": np.ones((4, 1), np.float32), "b": np.array([["x"], ["y"], ["x"], ["z"]])}
    if form == "sequential":
        model = keras.Sequential([layer, keras.layers.Dense(1)])
    else:
        inputs = {
            "a": keras.Input((1,), name="a"),
            "b": keras.Input((1,), name="b", dtype="string"),
        }
        model = keras.Model(list(inputs.values()), keras.layers.Dense(1)(layer(inputs)))
    model.compile("sgd", "mse")
    batches = tf.data.Dataset.from_tensor_slices((data, np.zeros((4, 1)))).batch(2).repeat()
    model.fit(batches, steps_per_epoch=2, verbose=0)
    before = model.get_weights()
    model.fit(data, np.zeros((4, 1)), epochs=3, verbose=0)
    assert [w.name.rpartition("/")[2] for w in layer.weights] == ["embedding_weights:0"]
    assert not np.array_equal(before[0], model.get_weights()[0])
    made = model.predict(data)[:, 0]
    assert made[0] == made[2]
    again = keras.layers.DenseFeatures.from_config(layer.get_config())
    assert again.name == layer.name
    assert again.compute_output_shape(None) == (None, 3)
