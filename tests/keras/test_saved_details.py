"""What files of Keras models hold besides weights of today, and what optimizers give back."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

import tensormill as tf
from tensormill.python.keras.saving import hdf5_format
from tensormill.python.keras.utils import data_utils, generic_utils

keras = tf.keras
layers = keras.layers


def test_losses_and_metrics_that_are_objects_are_saved(tmp_path):
    model = keras.Sequential([layers.Dense(2, input_shape=(3,))])
    model.compile(
        "sgd",
        loss=keras.losses.Huber(delta=0.5),
        metrics=[keras.metrics.CategoricalCrossentropy(name="entropy", label_smoothing=0.2)],
    )
    model.train_on_batch(np.ones((2, 3)), np.ones((2, 2)))
    path = str(tmp_path / "model.h5")
    model.save(path)
    again = keras.models.load_model(path)
    assert again.metrics_names == ["loss", "entropy"]
    data = np.float32([[1, 2, 3]]), np.float32([[4, -2]])
    np.testing.assert_allclose(again.test_on_batch(*data), model.test_on_batch(*data), rtol=1e-5)


def test_weights_of_the_first_version_are_brought_into_the_order_of_today():
    built = layers.LSTM(2)
    built.build((None, 4, 3))
    gates = [np.full(shape, at, np.float32) for at in range(4) for shape in ((3, 2), (2, 2), (2,))]
    kernel, recurrent, bias = hdf5_format.preprocess_weights_for_loading(built, gates, "1")
    assert bias.tolist() == [0, 0, 2, 2, 1, 1, 3, 3]
    assert (kernel.shape, recurrent.shape) == ((3, 8), (2, 8))
    convolution = layers.Conv2D(5, 3, data_format="channels_first")
    convolution.build((None, 2, 8, 8))
    old = np.zeros((5, 2, 3, 3)), np.zeros(5)
    new = hdf5_format.preprocess_weights_for_loading(convolution, old, "1")
    assert new[0].shape == (3, 3, 2, 5)
    again = hdf5_format.preprocess_weights_for_loading(convolution, new, "2")
    assert again[0] is new[0]


def test_a_gru_refuses_the_weights_of_another_kind():
    layer = layers.GRU(2)
    layer.build((None, 4, 3))
    weights = [np.zeros((3, 6)), np.zeros((2, 6)), np.zeros((2, 6))]
    with pytest.raises(ValueError, match=r"reset_after=True\) is not compatible with GRU"):
        hdf5_format.preprocess_weights_for_loading(layer, weights)


def test_weights_of_cudnn_are_brought_into_the_order_of_plain_layers():
    numbers = np.arange(6.0)
    kernel = np.tile(numbers.reshape(3, 2), 4)  # what goes into a unit lies together
    recurrent = np.tile([[1.0, 2.0], [3.0, 4.0]], 4)
    for kind in (layers.LSTM, layers.CuDNNLSTM):
        layer = kind(2)
        layer.build((None, 4, 3))
        made = hdf5_format.preprocess_weights_for_loading(
            layer, [kernel, recurrent, np.arange(16.0)]
        )
        assert made[0][:, :2].tolist() == [[0, 3], [1, 4], [2, 5]]
        assert made[1][:, :2].tolist() == [[1, 3], [2, 4]]
        assert made[2].tolist() == [8, 10, 12, 14, 16, 18, 20, 22]
        plain = [kernel, recurrent, np.arange(8.0)]
        assert hdf5_format.preprocess_weights_for_loading(layer, plain)[0] is kernel
        layer.set_weights(made)
    of_gru = [kernel[:, :6], recurrent[:, :6], np.arange(12.0)]
    for layer in (layers.GRU(2, reset_after=True), layers.CuDNNGRU(2)):
        layer.build((None, 4, 3))
        made = hdf5_format.preprocess_weights_for_loading(layer, of_gru)
        assert made[2].tolist() == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]
        layer.set_weights(made)
    with pytest.raises(ValueError, match=r"CuDNNGRU is not compatible with GRU\(reset_after=False"):
        hdf5_format.preprocess_weights_for_loading(layers.GRU(2), of_gru)
    with pytest.raises(ValueError, match="Invalid bias shape"):
        hdf5_format.preprocess_weights_for_loading(layers.LSTM(2), [kernel, recurrent, np.ones(3)])


def test_optimizers_take_back_weights_that_fit_and_schedules():
    optimizer = keras.optimizers.Adam(0.5)
    variable = tf.Variable([1.0, 2.0], use_resource=True)
    update = optimizer.minimize(lambda: 3 * variable, [variable])
    session = keras.backend.get_session()
    session.run(tf.global_variables_initializer())
    session.run(update)
    weights = optimizer.get_weights()
    optimizer.set_weights(weights)
    with pytest.raises(ValueError, match="the optimizer was expecting 3 weights"):
        optimizer.set_weights(weights[:1])
    with pytest.raises(ValueError, match="not compatible with provided weight shape"):
        optimizer.set_weights([weights[0], np.ones(3), np.ones(3)])
    schedule = keras.optimizers.schedules.InverseTimeDecay(0.5, decay_steps=1.0, decay_rate=0.5)
    config = keras.optimizers.SGD(schedule).get_config()
    again = keras.optimizers.SGD.from_config(config)
    assert again._get_hyper("learning_rate").get_config() == schedule.get_config()


def test_classes_are_found_for_plain_data_and_get_the_programs_own_objects():
    class Cell(layers.SimpleRNNCell):
        pass

    made = layers.RNN(Cell(2)).get_config()
    layer = layers.RNN.from_config(made, custom_objects={"Cell": Cell})
    assert type(layer.cell) is Cell
    found = generic_utils.class_and_config_for_serialized_keras_object(
        {"class_name": "Dense", "config": {"units": 2}}, vars(layers)
    )
    assert found == (layers.Dense, {"units": 2})
    with pytest.raises(ValueError, match="Improper config format"):
        generic_utils.class_and_config_for_serialized_keras_object("Dense")


def test_archives_are_unpacked_and_hashes_compared(tmp_path):
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("inner.txt", "text")
    assert not data_utils._extract_archive(str(archive), str(tmp_path), "tar")
    assert data_utils._extract_archive(str(archive), str(tmp_path))
    inner = str(tmp_path / "inner.txt")
    assert (tmp_path / "inner.txt").read_text() == "text"
    for algorithm in ("sha256", "md5"):
        value = data_utils._hash_file(inner, algorithm)
        assert data_utils.validate_file(inner, value)
        assert not data_utils.validate_file(inner, value[:-1] + "x")


def test_an_endless_sequence_begins_again():
    class Two(keras.utils.Sequence):
        def __len__(self):
            return 2

        def __getitem__(self, index):
            return index

    endless = data_utils.iter_sequence_infinite(Two())
    assert [next(endless) for _ in range(5)] == [0, 1, 0, 1, 0]
    assert data_utils.is_generator_or_sequence(Two())
    assert not data_utils.is_generator_or_sequence([1])
