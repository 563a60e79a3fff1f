"""Recurrent layers with constants, structures and states; wrappers; attention."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf
from tensormill.python.keras.layers import dense_attention

keras = tf.keras
layers = keras.layers
backend = keras.backend


class ConstantCell(layers.Layer):
    """Adds a constant to its state in each step."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = self.state_size = units

    def call(self, inputs, states, constants):
        output = states[0] + constants[0]
        return output, [output]

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def test_constants_go_to_each_step_and_through_plain_data():
    x, c, s = (keras.Input(shape) for shape in ((None, 5), (2,), (2,)))
    layer = layers.RNN(ConstantCell(2))
    model = keras.Model([x, s, c], layer(x, initial_state=s, constants=c))
    data = [np.zeros((1, 3, 5)), np.float32([[10, 20]]), np.float32([[1, 2]])]
    assert model.predict(data).tolist() == [[13, 26]]
    assert layer.get_config()["num_constants"] == 1
    with keras.utils.CustomObjectScope({"ConstantCell": ConstantCell}):
        again = keras.Model.from_config(model.get_config())
    assert again.predict(data).tolist() == [[13, 26]]
    both = layers.Bidirectional(layers.RNN(ConstantCell(2)), merge_mode="sum")
    twice = keras.Model([x, c], both(x, constants=c))
    assert twice.predict(data[::2]).tolist() == [[6, 12]]


def test_a_cell_may_take_a_structure():
    class Pair(layers.Layer):
        state_size = (tf.TensorShape([1]), tf.TensorShape([2, 3]))
        output_size = state_size

        def build(self, input_shape):
            self.shapes = tuple(shape.as_list() for shape in input_shape)
            self.built = True

        def call(self, inputs, states):
            new = tuple(state + given for state, given in zip(states, inputs, strict=True))
            return new, new

    cell = Pair()
    one, other = keras.Input((4, 1)), keras.Input((4, 2, 3))
    outputs = layers.RNN(cell)((one, other))
    assert cell.shapes == ([None, 1], [None, 2, 3])
    model = keras.Model([one, other], list(outputs))
    sums = model.predict([np.ones((2, 4, 1)), np.ones((2, 4, 2, 3))])
    assert [part.tolist()[0] for part in sums] == [[4], [[4] * 3] * 2]


def test_stacked_cells_may_have_their_states_in_reverse():
    cells = [layers.LSTMCell(1), layers.LSTMCell(2)]
    assert layers.StackedRNNCells(cells).state_size == ([1, 1], [2, 2])
    turned = layers.StackedRNNCells(cells, reverse_state_order=True)
    assert turned.state_size == ([2, 2], [1, 1])
    x = keras.Input((3, 4))
    outputs = layers.RNN(turned, return_state=True)(x)
    assert [each.shape.as_list()[-1] for each in outputs] == [2, 2, 2, 1, 1]


def test_states_that_do_not_fit_are_refused():
    layer = layers.LSTM(2, stateful=True, batch_input_shape=(2, 3, 4), name="kept")
    keras.Sequential([layer])
    with pytest.raises(ValueError, match="Layer kept expects 2 states, but it received 3"):
        layer.reset_states([np.ones((2, 2))] * 3)
    with pytest.raises(ValueError, match=r"State 0 is incompatible .* expected shape=\(2, 2\)"):
        layer.reset_states([np.ones((2, 3))] * 2)
    with pytest.raises(ValueError, match="has 2 states but was passed 1 initial states"):
        layers.LSTM(2)(keras.Input((3, 4)), initial_state=[keras.Input((2,))])


def test_both_directions_go_together_and_keep_their_names():
    built = layers.Bidirectional(layers.LSTM(3, name="inner", return_sequences=True))
    built.build((None, 3, 2))
    assert len(built.weights) == 6
    assert built.compute_output_shape((None, 3, 2)).as_list() == [None, 3, 6]
    again = layers.Bidirectional.from_config(built.get_config())
    assert (again.forward_layer.name, again.backward_layer.name) == (
        "forward_inner", "backward_inner",
    )  # fmt: skip
    with pytest.raises(ValueError, match="should have different `go_backwards` value"):
        layers.Bidirectional(layers.LSTM(3), backward_layer=layers.LSTM(3))
    with pytest.raises(ValueError, match="same value for attribute return_sequences"):
        layers.Bidirectional(
            layers.LSTM(3, return_sequences=True), backward_layer=layers.LSTM(3, go_backwards=True)
        )
    x = keras.Input((3, 2))
    with pytest.raises(ValueError, match="an even number of them"):
        built(x, initial_state=[keras.Input((3,))])


def test_masks_reach_the_layer_in_each_step_of_time():
    numbers = np.array([[[1, 2], [0, 3], [0, 0]]])
    embedding = layers.TimeDistributed(layers.Embedding(4, 2, mask_zero=True), input_shape=(3, 2))
    inner = layers.TimeDistributed(layers.LSTM(2, return_sequences=True))
    model = keras.Sequential([embedding, inner])
    first = embedding.compute_mask(model.input)
    second = inner.compute_mask(embedding.output, first)
    found = backend.function([model.input], [first, second])([numbers])
    for mask in found:
        assert mask.tolist() == (numbers != 0).tolist()
    flat = layers.TimeDistributed(layers.Dense(3))
    flat.build((None, 3, 2))
    assert flat.layer.built
    assert flat.compute_output_shape((None, 3, 2)).as_list() == [None, 3, 3]


def test_attention_checks_its_inputs():
    layer = dense_attention.Attention()
    x = tf.ones([1, 2, 3])
    assert backend.eval(layer._calculate_scores(query=x, key=x)).tolist() == [[[3, 3], [3, 3]]]
    with pytest.raises(ValueError, match="must be called on a list of inputs"):
        layer(x)
    with pytest.raises(ValueError, match="inputs list of length 2 or 3"):
        layer([x])
    with pytest.raises(ValueError, match="layer mask must be a list"):
        layer([x, x], mask=tf.ones([1, 2], tf.bool))
    base = dense_attention.BaseDenseAttention()
    mask = tf.constant([[[True, False]]])
    values = tf.constant([[[1.6], [0.7]]])
    mean = base._apply_scores(tf.constant([[[1.1, 5.0]]]), values, scores_mask=mask)
    np.testing.assert_allclose(backend.eval(mean), [[[1.6]]], rtol=1e-6)


def test_a_model_needs_its_constructor_before_its_layers():
    class Hasty(keras.Model):
        def __init__(self):
            self.dense = layers.Dense(2)
            super().__init__()

    with pytest.raises(RuntimeError, match="you forgot to call"):
        Hasty()
