"""Cells of `tf.contrib.rnn` against what the code of TensorFlow 1.15.5 gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensormill as tf

_CELLS: dict[str, Callable[[Any], Any]] = {
    "cifg": lambda r: r.CoupledInputForgetGateLSTMCell(4),
    "cifgp": lambda r: r.CoupledInputForgetGateLSTMCell(
        4, use_peepholes=True, num_proj=3, proj_clip=0.2, num_unit_shards=2, num_proj_shards=2
    ),
    "cifgs": lambda r: r.CoupledInputForgetGateLSTMCell(4, state_is_tuple=False),
    "tf1": lambda r: r.TimeFreqLSTMCell(4, feature_size=2, frequency_skip=2),
    "tf2": lambda r: r.TimeFreqLSTMCell(
        4, feature_size=2, frequency_skip=2, use_peepholes=True, cell_clip=0.1
    ),
    "int": lambda r: r.IntersectionRNNCell(6),
    "intp": lambda r: r.IntersectionRNNCell(4, num_in_proj=4),
    "gl": lambda r: r.GLSTMCell(4, number_of_groups=2),
    "glp": lambda r: r.GLSTMCell(4, num_proj=6, number_of_groups=2),
    "sru": lambda r: r.SRUCell(4),
    "ind": lambda r: r.IndRNNCell(4),
    "ig": lambda r: r.IndyGRUCell(4),
    "il": lambda r: r.IndyLSTMCell(4),
    "ph": lambda r: r.PhasedLSTMCell(4, period_init_min=2.0, period_init_max=20.0),
    "php": lambda r: r.PhasedLSTMCell(4, use_peepholes=True, trainable_ratio_on=False),
}

# By cell: the names of the variables, the last output of the first sequence, and the sums of the
# gradients of the sum of all squares; recorded from contrib/rnn/python/ops/rnn_cell.py.
_ANSWERS: dict[str, tuple[list[str], list[float], list[float]]] = {
    "cifg": (
        ["coupled_input_forget_gate_lstm_cell/W_0", "coupled_input_forget_gate_lstm_cell/B"],
        [0.137622, 0.132859, 0.127246, 0.121045],
        [-0.73821, -0.19474],
    ),
    "cifgp": (
        [
            "coupled_input_forget_gate_lstm_cell/W_0",
            "coupled_input_forget_gate_lstm_cell/W_1",
            "coupled_input_forget_gate_lstm_cell/B",
            "coupled_input_forget_gate_lstm_cell/W_F_diag",
            "coupled_input_forget_gate_lstm_cell/W_O_diag",
            "coupled_input_forget_gate_lstm_cell/W_P_0",
            "coupled_input_forget_gate_lstm_cell/W_P_1",
        ],
        [0.141903, 0.2, 0.2],
        [-0.68838, -0.1557, -0.22457, -0.0058782, 0.0019038, 0.38935, 0.32827],
    ),
    "cifgs": (
        ["coupled_input_forget_gate_lstm_cell/W_0", "coupled_input_forget_gate_lstm_cell/B"],
        [0.137622, 0.132859, 0.127246, 0.121045],
        [-0.73821, -0.19474],
    ),
    "tf1": (
        ["time_freq_lstm_cell/W_0", "time_freq_lstm_cell/B"],
        [0.779733, 0.801366, 0.820392, 0.837144],
        [59.614, 28.837],
    ),
    "tf2": (
        [
            "time_freq_lstm_cell/W_0",
            "time_freq_lstm_cell/B",
            "time_freq_lstm_cell/W_F_diag",
            "time_freq_lstm_cell/W_I_diag",
            "time_freq_lstm_cell/W_O_diag",
        ],
        [0.076653, 0.078192, 0.079655, 0.081042],
        [0.29651, 0.19354, 0.0, 0.0, 0.019354],
    ),
    "int": (
        ["intersection_rnn_cell/kernel", "intersection_rnn_cell/bias"],
        [0.652508, 0.990268, 0.177955, 0.190988],
        [-3.2092, -0.81923],
    ),
    "intp": (
        [
            "intersection_rnn_cell/in_projection/kernel",
            "intersection_rnn_cell/in_projection/bias",
            "intersection_rnn_cell/kernel",
            "intersection_rnn_cell/bias",
        ],
        [1.170463, 1.515203, 1.861202, 2.208312],
        [357.18, 102.41, -6.5906, -0.77615],
    ),
    "gl": (
        [
            "glstm_cell/group0/kernel",
            "glstm_cell/group1/kernel",
            "glstm_cell/bias_i",
            "glstm_cell/bias_j",
            "glstm_cell/bias_f",
            "glstm_cell/bias_o",
        ],
        [0.792998, 0.856341, 0.896202, 0.924345],
        [13.042, 7.184, 2.0413, 3.1253, 0.18266, 3.4756],
    ),
    "glp": (
        [
            "glstm_cell/group0/kernel",
            "glstm_cell/group1/kernel",
            "glstm_cell/bias_i",
            "glstm_cell/bias_j",
            "glstm_cell/bias_f",
            "glstm_cell/bias_o",
            "glstm_cell/projection/kernel",
        ],
        [1.620468, 1.7561, 1.891731, 2.027362],
        [32.245, 40.496, 8.4811, 12.667, 0.18597, 9.0147, 380.17],
    ),
    "sru": (
        ["sru_cell/kernel", "sru_cell/bias"],
        [0.615151, 0.57903, 0.541811, 0.504091],
        [-4.0859, -6.7496],
    ),
    "ind": (
        ["ind_rnn_cell/kernel_w", "ind_rnn_cell/kernel_u", "ind_rnn_cell/bias"],
        [0.840213, 0.951028, 0.985651, 0.995839],
        [8.1197, 1.8879, 2.6607],
    ),
    "ig": (
        [
            "indy_gru_cell/gates/kernel_w",
            "indy_gru_cell/gates/kernel_u",
            "indy_gru_cell/gates/bias",
            "indy_gru_cell/candidate/kernel",
            "indy_gru_cell/candidate/kernel_u",
            "indy_gru_cell/candidate/bias",
        ],
        [0.237722, 0.222146, 0.199355, 0.175393],
        [-2.6188, -0.045713, -0.79956, 0.30975, 0.0076242, 0.10676],
    ),
    "il": (
        ["indy_lstm_cell/kernel_w", "indy_lstm_cell/kernel_u", "indy_lstm_cell/bias"],
        [0.915045, 0.924946, 0.933559, 0.941067],
        [10.917, 1.3387, 3.2051],
    ),
    "ph": (
        [
            "phased_lstm_cell/mask_gates/kernel",
            "phased_lstm_cell/mask_gates/bias",
            "phased_lstm_cell/new_input/kernel",
            "phased_lstm_cell/new_input/bias",
            "phased_lstm_cell/output_gate/kernel",
            "phased_lstm_cell/output_gate/bias",
            "phased_lstm_cell/period",
            "phased_lstm_cell/phase",
            "phased_lstm_cell/ratio_on",
        ],
        [0.535305, 0.001287, 0.461681, 0.733576],
        [2.7155, 0.66824, 1.0439, 0.2577, 3.2243, 0.78912, -0.024309, -23.426, -0.23019],
    ),
    "php": (
        [
            "phased_lstm_cell/mask_gates/kernel",
            "phased_lstm_cell/mask_gates/bias",
            "phased_lstm_cell/new_input/kernel",
            "phased_lstm_cell/new_input/bias",
            "phased_lstm_cell/output_gate/kernel",
            "phased_lstm_cell/output_gate/bias",
            "phased_lstm_cell/period",
            "phased_lstm_cell/phase",
        ],
        [0.633548, 0.001473, 0.506993, 0.774013],
        [3.4906, 0.81989, 1.3047, 0.32248, 0.55351, 0.076168, -0.29069, -33.029],
    ),
}


def _inputs(name: str) -> list[Any]:
    """Return the inputs of three steps: features, and times where a cell has phases."""
    random = np.random.RandomState(0)
    features = np.float32(random.rand(2, 3, 6))
    times = np.float32(np.cumsum(random.rand(2, 3, 1), 1) * 5)
    if name.startswith("ph"):
        return [(tf.constant(times[:, t]), tf.constant(features[:, t])) for t in range(3)]
    return [tf.constant(features[:, t]) for t in range(3)]


def _set_all(session: Any) -> None:
    """Give all variables values that rise, so that no two weights are alike."""
    session.run(tf.global_variables_initializer())
    for var in tf.global_variables():
        sizes = var.shape.as_list()
        value = np.linspace(0.1, 0.9, int(np.prod(sizes))).reshape(sizes)
        var.load(np.float32(value * (10 if "period" in var.name else 1)), session)


@pytest.mark.parametrize("name", _CELLS)
def test_a_cell_computes_and_names_what_tensorflow_does(name: str) -> None:
    with tf.variable_scope(name, initializer=tf.constant_initializer(0.1)):
        cell = _CELLS[name](tf.contrib.rnn)
        state = tf.zeros([2, 24]) if name.startswith("tf") else cell.zero_state(2, tf.float32)
        outputs = []
        for step, given in enumerate(_inputs(name)):
            if step:
                tf.get_variable_scope().reuse_variables()
            output, state = cell(given, state)
            outputs.append(output)
    variables = tf.trainable_variables(name + "/")
    names, last, sums = _ANSWERS[name]
    assert [v.op.name.removeprefix(name + "/") for v in variables] == names
    loss = tf.add_n([tf.reduce_sum(tf.square(output)) for output in outputs])
    gradients = tf.gradients(loss, variables)
    with tf.Session() as session:
        _set_all(session)
        made, slopes = session.run([outputs[-1], gradients])
    np.testing.assert_allclose(made[0][: len(last)], last, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose([slope.sum() for slope in slopes], sums, rtol=1e-3, atol=1e-5)


def test_a_wrapper_that_asks_for_compilation_changes_nothing() -> None:
    cell = tf.contrib.rnn.CompiledWrapper(tf.contrib.rnn.GRUCell(3))
    x = tf.constant(np.float32(np.random.RandomState(0).rand(2, 3, 4)))
    with tf.variable_scope("a", initializer=tf.ones_initializer()):
        made, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    with tf.variable_scope("b", initializer=tf.ones_initializer()):
        wanted, _ = tf.nn.dynamic_rnn(tf.contrib.rnn.GRUCell(3), x, dtype=tf.float32)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        np.testing.assert_array_equal(*session.run([made, wanted]))


def test_sizes_that_do_not_fit_are_refused() -> None:
    rnn = tf.contrib.rnn
    x = tf.ones([2, 5])
    with pytest.raises(ValueError, match="num_units must be divisible"):
        rnn.GLSTMCell(5, number_of_groups=2)
    cell = rnn.GLSTMCell(4, number_of_groups=2)
    with pytest.raises(ValueError, match=r"input size \(5\) must be divisible"):
        cell(x, cell.zero_state(2, tf.float32))
    same = rnn.IntersectionRNNCell(4)
    with pytest.raises(ValueError, match="Must have input size == output size"):
        same(x, same.zero_state(2, tf.float32))
    sharded = rnn.CoupledInputForgetGateLSTMCell(4, num_unit_shards=99)
    with pytest.raises(ValueError, match="Too many shards"):
        sharded(x, sharded.zero_state(2, tf.float32))


def test_a_kernel_in_several_variables_is_joined_once() -> None:
    cell = tf.contrib.rnn.CoupledInputForgetGateLSTMCell(3, num_unit_shards=2)
    state = cell.zero_state(2, tf.float32)
    for _ in range(2):
        _, state = cell(tf.ones([2, 4]), state)
    joined = tf.get_collection(tf.GraphKeys.CONCATENATED_VARIABLES)
    assert [each.name for each in joined] == ["coupled_input_forget_gate_lstm_cell/W/concat:0"]
