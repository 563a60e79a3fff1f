"""Recurrent layers over images, and convolutions with a kernel at each position."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf

keras = tf.keras


def drawn(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


def random_weights(layer: Any) -> list[Any]:
    return [drawn(*each.shape) for each in layer.get_weights()]


def outputs(layer: Any, x: Any, weights: Any = None) -> Any:
    inputs = keras.Input(batch_shape=x.shape)
    model = keras.Model(inputs, layer(inputs))
    layer.set_weights(random_weights(layer) if weights is None else weights)
    return model.predict(x, batch_size=len(x))


def test_convolutional_memory_of_single_pixels_is_a_memory() -> None:
    x = drawn(2, 3, 1, 1, 4)
    layer = keras.layers.ConvLSTM2D(5, 1, return_sequences=True)
    made = outputs(layer, x)
    kernel, recurrent, bias = (each.copy() for each in layer.get_weights())
    plain = keras.layers.LSTM(5, return_sequences=True)
    expected = outputs(plain, x[:, :, 0, 0], [kernel[0, 0], recurrent[0, 0], bias])
    np.testing.assert_allclose(made[:, :, 0, 0], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
@pytest.mark.parametrize("return_sequences", [True, False])
def test_convolutional_memory_gives_outputs_and_states(
    data_format: str, return_sequences: bool
) -> None:
    is_first = data_format == "channels_first"
    shape = (1, 3, 2, 5, 4) if is_first else (1, 3, 5, 4, 2)
    image = (1, 3, 4, 3) if is_first else (1, 4, 3, 3)
    layer = keras.layers.ConvLSTM2D(
        3, (2, 2), data_format=data_format, return_sequences=return_sequences, return_state=True
    )
    output, state, carry = outputs(layer, drawn(*shape))
    assert output.shape == ((1, 3, *image[1:]) if return_sequences else image)
    assert state.shape == carry.shape == image
    np.testing.assert_array_equal(output[:, -1] if return_sequences else output, state)


def test_kept_states_of_images_go_on_until_they_are_reset() -> None:
    x = drawn(1, 2, 3, 3, 2)
    layer = keras.layers.ConvLSTM2D(2, 2, padding="same", stateful=True, batch_input_shape=x.shape)
    model = keras.Sequential([layer])
    layer.set_weights(random_weights(layer))
    first, second = model.predict(x), model.predict(x)
    assert not np.allclose(first, second)
    model.reset_states()
    np.testing.assert_allclose(model.predict(x), first, rtol=1e-6)


def test_convolutional_memory_survives_its_configuration_and_learns() -> None:
    layer = keras.layers.ConvLSTM2D(
        2, 3, padding="same", dropout=0.1, recurrent_dropout=0.1, activity_regularizer="l2"
    )
    copy = keras.layers.deserialize(keras.layers.serialize(layer))
    assert copy.get_config() == layer.get_config()
    assert "units" not in copy.get_config()
    model = keras.Sequential([copy])
    model.compile("sgd", "mse")
    assert np.isfinite(model.train_on_batch(drawn(2, 2, 4, 4, 1), drawn(2, 4, 4, 2)))


def test_convolutional_memory_refuses_what_it_cannot_do() -> None:
    with pytest.raises(TypeError, match="Unrolling isn't possible"):
        keras.layers.ConvLSTM2D(2, 3, unroll=True)
    layer = keras.layers.ConvLSTM2D(2, 3, stateful=True)
    with pytest.raises(ValueError, match="rows and columns"):
        layer(keras.Input((2, 4, 4, 1)))


def test_peepholes_without_weights_are_a_memory() -> None:
    from tensormill.python.keras.layers.recurrent import PeepholeLSTMCell

    x = drawn(2, 3, 4)
    plain = keras.layers.RNN(keras.layers.LSTMCell(3))
    expected = outputs(plain, x)
    weights = plain.get_weights()
    blind = keras.layers.RNN(PeepholeLSTMCell(3))
    zeros = [np.zeros(3, np.float32)] * 3
    np.testing.assert_allclose(outputs(blind, x, weights + zeros), expected, rtol=1e-5, atol=1e-6)
    seeing = keras.layers.RNN(PeepholeLSTMCell(3))
    assert not np.allclose(outputs(seeing, x, weights + [drawn(3)] * 3), expected)


@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
def test_one_kernel_everywhere_is_a_convolution(data_format: str) -> None:
    x, filters = drawn(2, 6, 5, 3), drawn(3, 2, 3, 4)
    plain = keras.layers.Conv2D(4, (3, 2), strides=(1, 2), use_bias=False)
    expected = outputs(plain, x, [filters])
    if data_format == "channels_first":
        # A window is cut with its channels in front.
        x, expected = x.transpose(0, 3, 1, 2), expected.transpose(0, 3, 1, 2)
        filters = filters.transpose(2, 0, 1, 3)
    local = keras.layers.LocallyConnected2D(
        4, (3, 2), strides=(1, 2), use_bias=False, data_format=data_format
    )
    kernel = np.repeat(filters.reshape(1, 18, 4), 4 * 2, 0)
    np.testing.assert_allclose(outputs(local, x, [kernel]), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
def test_dense_and_sparse_matrices_give_the_same(padding: str, data_format: str) -> None:
    x = drawn(2, 2, 5) if data_format == "channels_first" else drawn(2, 5, 2)
    settings = {"padding": padding, "data_format": data_format, "strides": 2}
    dense = keras.layers.LocallyConnected1D(3, 3, implementation=2, **settings)
    expected = outputs(dense, x)
    kernel, bias = dense.get_weights()
    sparse = keras.layers.LocallyConnected1D(3, 3, implementation=3, **settings)
    inputs = keras.Input(batch_shape=x.shape)
    sparse(inputs)
    matrix = kernel.reshape(10, -1)
    values = np.array([matrix[source, target] for target, source in sparse.kernel_idxs])
    again = keras.layers.LocallyConnected1D(3, 3, implementation=3, **settings)
    np.testing.assert_allclose(outputs(again, x, [values, bias]), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("implementation", [1, 2, 3])
def test_local_layers_survive_their_configuration_and_learn(implementation: int) -> None:
    layer = keras.layers.LocallyConnected2D(
        2, 3, activation="relu", kernel_regularizer="l2", implementation=implementation
    )
    copy = keras.layers.deserialize(keras.layers.serialize(layer))
    assert copy.get_config() == layer.get_config()
    model = keras.Sequential([copy])
    model.compile("sgd", "mse")
    before = model.train_on_batch(drawn(2, 5, 5, 2), drawn(2, 3, 3, 2))
    assert model.train_on_batch(drawn(2, 5, 5, 2), drawn(2, 3, 3, 2)) < before


def test_local_layers_refuse_what_they_cannot_do() -> None:
    with pytest.raises(ValueError, match='only "valid" is supported'):
        keras.layers.LocallyConnected1D(2, 3, padding="same")
    with pytest.raises(ValueError, match="fully-defined"):
        keras.layers.LocallyConnected2D(2, 3)(keras.Input((None, 4, 2)))
    with pytest.raises(ValueError, match="Unrecognized implementation mode: 4"):
        keras.layers.LocallyConnected1D(2, 3, implementation=4)(keras.Input((4, 2)))
    with pytest.raises(ValueError, match="Unknown data_format: other"):
        keras.backend.local_conv1d(tf.zeros([1, 4, 2]), tf.zeros([2, 6, 1]), (3,), (1,), "other")
    with pytest.raises(ValueError, match="Unexpected bias dimensions 3"):
        keras.backend.bias_add(tf.zeros([1, 2]), tf.zeros([1, 1, 2]))


def test_stacked_cells_return_from_plain_data() -> None:
    x = drawn(2, 3, 4)
    layer = keras.layers.RNN([keras.layers.LSTMCell(3), keras.layers.GRUCell(2)])
    expected = outputs(layer, x)
    copy = keras.layers.deserialize(keras.layers.serialize(layer))
    assert [type(cell).__name__ for cell in copy.cell.cells] == ["LSTMCell", "GRUCell"]
    np.testing.assert_allclose(outputs(copy, x, layer.get_weights()), expected, rtol=1e-5)
