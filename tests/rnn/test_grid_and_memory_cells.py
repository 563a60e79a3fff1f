"""Cells with normalised maps, memories and grids, against what TensorFlow 1.15.5's code gives.

The answers were recorded from contrib/rnn/python/ops/rnn_cell.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill as tf

_CELLS: dict[str, Callable[[Any], Any]] = {
    "layer_norm_off": lambda r: r.LayerNormLSTMCell(4),
    "layer_norm": lambda r: r.LayerNormLSTMCell(
        4, use_peepholes=True, num_proj=3, proj_clip=0.2, cell_clip=0.1, layer_norm=True,
        norm_gain=0.5, norm_shift=0.1,
    ),
    "weight_norm": lambda r: r.WeightNormLSTMCell(4),
    "weight_norm_projected": lambda r: r.WeightNormLSTMCell(
        4, use_peepholes=True, num_proj=3, proj_clip=0.2, cell_clip=0.1
    ),
    "weight_norm_off": lambda r: r.WeightNormLSTMCell(4, norm=False),
    "minimal": lambda r: r.MinimalRNNCell(4),
    "chaos_free": lambda r: r.CFNCell(4, activation="relu"),
    "turing": lambda r: r.NTMCell(
        tf.nn.rnn_cell.LSTMCell(5), memory_size=6, memory_vector_dim=3, read_head_num=2,
        write_head_num=1, shift_range=2, output_dim=4,
    ),
    "turing_one_head": lambda r: r.NTMCell(
        tf.nn.rnn_cell.LSTMCell(5), memory_size=5, memory_vector_dim=3, read_head_num=1,
        write_head_num=1,
    ),
    "grid": lambda r: r.GridLSTMCell(
        4, feature_size=2, frequency_skip=2, num_frequency_blocks=[3]
    ),
    "grid_peepholes": lambda r: r.GridLSTMCell(
        4, use_peepholes=True, cell_clip=0.05, feature_size=2, frequency_skip=2,
        num_frequency_blocks=[3], num_unit_shards=2,
    ),
    "grid_coupled_joined": lambda r: r.GridLSTMCell(
        4, use_peepholes=True, share_time_frequency_weights=True,
        couple_input_forget_gates=True, feature_size=2, frequency_skip=2,
        num_frequency_blocks=[3], state_is_tuple=False,
    ),
    "grid_parts": lambda r: r.GridLSTMCell(
        4, use_peepholes=True, share_time_frequency_weights=True, feature_size=2,
        frequency_skip=1, num_frequency_blocks=[2, 2], start_freqindex_list=[0, 3],
        end_freqindex_list=[3, 6],
    ),
    "both_ways_moved": lambda r: r.BidirectionalGridLSTMCell(
        4, use_peepholes=True, feature_size=2, frequency_skip=1, num_frequency_blocks=[5],
        backward_slice_offset=1,
    ),
    "both_ways_coupled": lambda r: r.BidirectionalGridLSTMCell(
        4, couple_input_forget_gates=True, feature_size=2, frequency_skip=2,
        num_frequency_blocks=[3],
    ),
}  # fmt: skip
_ANSWERS = json.loads(Path(__file__).with_name("grid_and_memory_cells.json").read_text())


def _assign(number: int, variable: Any) -> Any:
    """Return the operation that gives a variable values unlike those of any other."""
    sizes = variable.shape.as_list()
    values = np.sin(np.arange(np.prod(sizes)) * 0.7 + number).reshape(sizes) * 0.5
    return variable.assign(values)


@pytest.mark.parametrize("name", _CELLS)
def test_a_cell_computes_and_names_what_tensorflow_does(name: str) -> None:
    inputs = np.float32(np.linspace(-1, 1, 36).reshape(2, 3, 6))
    cell = _CELLS[name](tf.contrib.rnn)
    state: Any = cell.zero_state(2, tf.float32)
    outputs = []
    for step in range(3):
        output, state = cell(tf.constant(inputs[:, step]), state)
        outputs.append(output)
    variables = tf.trainable_variables()
    answer = _ANSWERS[name]
    assert [variable.op.name for variable in variables] == answer["variables"]
    loss = tf.reduce_sum(tf.square(tf.stack(outputs)))
    gradients = [
        tf.constant(0.0) if gradient is None else tf.reduce_sum(gradient)
        for gradient in tf.gradients(loss, variables)
    ]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run([_assign(number, variable) for number, variable in enumerate(variables)])
        made, slopes = session.run([outputs[-1], gradients])
    np.testing.assert_allclose(made[0][:6], answer["last"], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(slopes, answer["gradients"], rtol=1e-3, atol=2e-5)


def test_cells_run_in_dynamic_networks() -> None:
    x = tf.ones([2, 3, 6])
    grid = tf.contrib.rnn.GridLSTMCell(
        2, feature_size=2, frequency_skip=2, num_frequency_blocks=[3]
    )
    outputs, state = tf.nn.dynamic_rnn(grid, x, dtype=tf.float32)
    assert outputs.shape.as_list() == [2, 3, 12]
    assert state._fields[:2] == ("state_f00_b00_c", "state_f00_b00_m")
    minimal, _ = tf.nn.dynamic_rnn(tf.contrib.rnn.MinimalRNNCell(3), x, dtype=tf.float32)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(minimal).shape == (2, 3, 3)


def test_bands_that_do_not_fit_are_refused() -> None:
    x = tf.ones([2, 6])
    with pytest.raises(ValueError, match="Must specify num_frequency_blocks"):
        tf.contrib.rnn.GridLSTMCell(2)
    cell = tf.contrib.rnn.GridLSTMCell(
        2, feature_size=2, frequency_skip=2, num_frequency_blocks=[4]
    )
    with pytest.raises(ValueError, match="requires 4 but gets 3"):
        cell(x, cell.zero_state(2, tf.float32))
    with pytest.raises(TypeError, match="NTM RNN controller cell"):
        tf.contrib.rnn.NTMCell(object(), 4, 4, 1, 1)
