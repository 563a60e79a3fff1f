"""Networks of `tf.contrib.cudnn_rnn` compute what torch's do, whose parameters are cuDNN's too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import tensormill as tf
from tensormill.contrib.cudnn_rnn.python.ops import cudnn_rnn_ops
from tensormill.cudnn_rnn.parameters import Layout

cudnn_rnn = tf.contrib.cudnn_rnn

TIME, BATCH, DEPTH, UNITS = 4, 2, 3, 5
LAYERS = {
    "lstm": cudnn_rnn.CudnnLSTM,
    "gru": cudnn_rnn.CudnnGRU,
    "rnn_tanh": cudnn_rnn.CudnnRNNTanh,
    "rnn_relu": cudnn_rnn.CudnnRNNRelu,
}


def drawn(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).uniform(-0.6, 0.6, shape).astype(np.float32)


def torch_network(mode: str, layers: int, directions: int) -> Any:
    arguments: dict[str, Any] = {"bidirectional": directions == 2}
    if mode.startswith("rnn"):
        return torch.nn.RNN(DEPTH, UNITS, layers, nonlinearity=mode[4:], **arguments)
    kind = torch.nn.LSTM if mode == "lstm" else torch.nn.GRU
    return kind(DEPTH, UNITS, layers, **arguments)


def given_parameters(network: Any, layout: Layout) -> Any:
    """Draw parameters, give them to torch's network, and return them in one vector."""
    vector = drawn(layout.size())
    left = vector
    names = [
        (f"{kind}_ih_l{layer}{way}", f"{kind}_hh_l{layer}{way}")
        for kind in ("weight", "bias")
        for layer in range(layout.num_layers)
        for way in ["", "_reverse"][: layout.num_dirs]
    ]
    with torch.no_grad():
        for pair in names:
            for name in pair:
                parameter = getattr(network, name)
                part, left = left[: parameter.numel()], left[parameter.numel() :]
                parameter.copy_(torch.from_numpy(part).reshape(parameter.shape))
    assert not len(left)
    return vector


@pytest.mark.parametrize("direction", ["unidirectional", "bidirectional"])
@pytest.mark.parametrize("mode", sorted(LAYERS))
def test_outputs_states_and_gradients_are_those_of_torch(mode: str, direction: str) -> None:
    directions = 1 if direction == "unidirectional" else 2
    network = torch_network(mode, 2, directions)
    vector = given_parameters(network, Layout(mode, 2, UNITS, DEPTH, direction))
    x = drawn(TIME, BATCH, DEPTH)
    states = [drawn(2 * directions, BATCH, UNITS) * (1 + i) for i in range(1 + (mode == "lstm"))]
    expected_x = torch.from_numpy(x).requires_grad_()
    begin = [torch.from_numpy(each) for each in states]
    expected, end = network(expected_x, tuple(begin) if mode == "lstm" else begin[0])
    expected.square().sum().backward()

    layer = LAYERS[mode](2, UNITS, direction=direction)
    inputs = tf.constant(x)
    outputs, last = layer(inputs, tuple(map(tf.constant, states)))
    of_inputs, of_params = tf.gradients(tf.reduce_sum(outputs**2), [inputs, layer.kernel])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(tf.assign(layer.kernel, vector, validate_shape=False))
        found, found_last, by_inputs, by_params = session.run([outputs, last, of_inputs, of_params])
    ends = end if mode == "lstm" else (end,)
    assert np.allclose(found, expected.detach(), atol=1e-5)
    for mine, theirs in zip(found_last, ends, strict=True):
        assert np.allclose(mine, theirs.detach(), atol=1e-5)
    assert np.allclose(by_inputs, expected_x.grad, atol=1e-4)
    norm = np.sqrt(sum(float(p.grad.square().sum()) for p in network.parameters()))
    assert np.isclose(np.linalg.norm(by_params), norm, rtol=1e-4)


def test_a_layer_begins_with_zeros_and_takes_batches_first() -> None:
    layer = cudnn_rnn.CudnnLSTM(1, UNITS, kernel_initializer=tf.ones_initializer())
    x = drawn(TIME, BATCH, DEPTH)
    plain, (h, c) = layer(tf.constant(x))
    swapped, (h2, _) = layer(tf.constant(x.swapaxes(0, 1)), time_major=False)
    assert layer.input_size == DEPTH
    assert layer.canonical_weight_shapes == [(UNITS, DEPTH)] * 4 + [(UNITS, UNITS)] * 4
    assert layer.canonical_bias_shapes == [[UNITS]] * 8
    assert layer.state_shape(7) == ([1, 7, UNITS], [1, 7, UNITS])
    assert [v.op.name for v in tf.trainable_variables()] == ["cudnn_lstm/opaque_kernel"]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        one, two, last, memory, swapped_last = session.run([plain, swapped, h, c, h2])
    assert np.allclose(one, two.swapaxes(0, 1))
    assert np.allclose(one[-1], last[0])
    assert np.allclose(swapped_last.swapaxes(0, 1), last)
    assert memory.shape == (1, BATCH, UNITS)


def test_outputs_behind_the_ends_of_sequences_are_zero() -> None:
    layer = cudnn_rnn.CudnnGRU(1, UNITS, direction="bidirectional")
    x = drawn(TIME, BATCH, DEPTH)
    outputs, _ = layer(tf.constant(x), sequence_lengths=[4, 2])
    short, _ = layer(tf.constant(x[:2, 1:]))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        found, alone = session.run([outputs, short])
    assert not found[2:, 1].any()
    assert np.allclose(found[:2, 1:], alone, atol=1e-6)


def test_dropout_is_between_layers_in_training_only() -> None:
    layer = cudnn_rnn.CudnnRNNTanh(2, 50, dropout=0.5, seed=3)
    x = tf.constant(drawn(TIME, BATCH, DEPTH))
    trained, _ = layer(x, training=True)
    tested, _ = layer(x, training=False)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        first, second, plain = session.run([trained, tested, tested])
    assert np.array_equal(second, plain)
    assert not np.allclose(first, second)


@pytest.mark.parametrize("mode", ["lstm", "gru"])
def test_cells_restore_what_a_layer_has_saved_and_back(mode: str, tmp_path: Path) -> None:
    x = drawn(TIME, BATCH, DEPTH)
    path = str(tmp_path / "model")
    bias = tf.random_uniform_initializer(-1, 1, seed=4)
    with tf.Graph().as_default(), tf.Session() as session:
        layer = LAYERS[mode](2, UNITS, bias_initializer=bias)
        outputs, _ = layer(tf.constant(x))
        session.run(tf.global_variables_initializer())
        expected = session.run(outputs)
        tf.train.Saver().save(session, path)
    names = {name for name, _ in tf.train.list_variables(path)} - {f"cudnn_{mode}/opaque_kernel"}
    assert all(name.startswith(f"cudnn_{mode}/rnn/multi_rnn_cell/cell_") for name in names)
    cell = {
        "lstm": cudnn_rnn.CudnnCompatibleLSTMCell, "gru": cudnn_rnn.CudnnCompatibleGRUCell,
    }[mode]  # fmt: skip
    with tf.Graph().as_default(), tf.Session() as session:
        with tf.variable_scope(f"cudnn_{mode}"):
            cells = tf.nn.rnn_cell.MultiRNNCell([cell(UNITS) for _ in range(2)])
            outputs, _ = tf.nn.dynamic_rnn(cells, tf.constant(x), dtype=tf.float32, time_major=True)
        saver = tf.train.Saver()
        saver.restore(session, path)
        assert np.allclose(session.run(outputs), expected, atol=1e-5)
        saver.save(session, path)
    with tf.Graph().as_default(), tf.Session() as session:
        layer = LAYERS[mode](2, UNITS)
        outputs, _ = layer(tf.constant(x))
        tf.train.Saver([layer.saveable]).restore(session, path)
        assert np.allclose(session.run(outputs), expected, atol=1e-5)


def test_stacked_cells_in_both_directions_restore_a_layer(tmp_path: Path) -> None:
    x = drawn(TIME, BATCH, DEPTH)
    path = str(tmp_path / "model")
    with tf.Graph().as_default(), tf.Session() as session:
        layer = cudnn_rnn.CudnnLSTM(2, UNITS, direction="bidirectional")
        outputs, _ = layer(tf.constant(x))
        session.run(tf.global_variables_initializer())
        expected = session.run(outputs)
        tf.train.Saver().save(session, path)
    with tf.Graph().as_default(), tf.Session() as session:
        with tf.variable_scope("cudnn_lstm"):
            forward, backward = (
                [cudnn_rnn.CudnnCompatibleLSTMCell(UNITS) for _ in range(2)] for _ in range(2)
            )
            outputs, _, _ = tf.contrib.rnn.stack_bidirectional_dynamic_rnn(
                forward, backward, tf.constant(x), dtype=tf.float32, time_major=True
            )
        tf.train.Saver().restore(session, path)
        assert np.allclose(session.run(outputs), expected, atol=1e-5)


def test_networks_of_older_programs_keep_their_parameters(tmp_path: Path) -> None:
    cell = cudnn_rnn.CudnnLSTM(num_layers=2, num_units=UNITS, input_size=DEPTH, dropout=0.0)
    size = cell.params_size()
    params = tf.get_variable(
        "lstm_params", initializer=tf.random_uniform([size], -0.1, 0.1), validate_shape=False
    )
    zeros = tf.zeros([2, BATCH, UNITS])
    outputs, h, _ = cell(tf.constant(drawn(TIME, BATCH, DEPTH)), zeros, zeros, params, True)
    saveable = cudnn_rnn.RNNParamsSaveable(
        cell,
        cell.params_to_canonical,
        cell.canonical_to_params,
        params,
        base_variable_scope="Model/RNN",
    )
    saver = tf.train.Saver([saveable])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(size) == Layout("lstm", 2, UNITS, DEPTH).size()
        given, last, values = session.run([outputs, h, params])
        assert np.allclose(given[-1], last[1])
        path = saver.save(session, str(tmp_path / "model"))
        session.run(tf.assign(params, tf.zeros_like(params), validate_shape=False))
        saver.restore(session, path)
        assert np.array_equal(session.run(params), values)
    assert "Model/RNN/params_canonical_weights_0" in dict(tf.train.list_variables(path))


def test_functions_of_parameters_agree_with_the_layout() -> None:
    sizes = {"num_layers": 1, "num_units": UNITS, "input_size": DEPTH}
    layout = Layout("gru", **sizes)
    vector = drawn(layout.size())
    weights, biases = cudnn_rnn_ops.cudnn_rnn_opaque_params_to_canonical(
        "gru", params=tf.constant(vector), **sizes
    )
    back = cudnn_rnn_ops.cudnn_rnn_canonical_to_opaque_params(
        "gru", weights=weights, biases=biases, **sizes
    )
    converter = cudnn_rnn.CudnnParamsFormatConverterGRU(**sizes)
    kernels, sums = converter.opaque_to_tf_canonical(tf.constant(vector))
    again = converter.opaque_to_tf_canonical(converter.tf_canonical_to_opaque([*kernels, *sums]))
    with tf.Session() as session:
        assert np.array_equal(session.run(back), vector)
        assert session.run(cudnn_rnn_ops.cudnn_rnn_opaque_params_size("gru", **sizes)) == len(
            vector
        )
        first, second = session.run([[kernels, sums], list(again)])
    for mine, theirs in zip([*first[0], *first[1]], [*second[0], *second[1]], strict=True):
        assert np.allclose(mine, theirs)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"direction": "up"}, "Invalid direction: up"),
        ({"input_mode": "none"}, "Invalid input_mode: none"),
        ({"dtype": tf.int32}, "Only support float16, float32, float64"),
    ],
)
def test_settings_that_are_not_known_are_refused(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        cudnn_rnn.CudnnGRU(1, UNITS, **arguments)


def test_wrong_inputs_are_refused() -> None:
    layer = cudnn_rnn.CudnnGRU(1, UNITS)
    with pytest.raises(ValueError, match="unknown since layer has not been built"):
        _ = layer.input_size
    with pytest.raises(RuntimeError, match="before input shape is known"):
        _ = layer.canonical_weight_shapes
    with pytest.raises(ValueError, match="3 dims, got 2"):
        layer.build([3, 4])
    with pytest.raises(ValueError, match="should be defined"):
        layer.build([3, 4, None])
    with pytest.raises(TypeError, match="expecting tuple"):
        layer(tf.zeros([TIME, BATCH, DEPTH]), initial_state=tf.zeros([1, BATCH, UNITS]))
