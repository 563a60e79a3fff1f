"""Cells of `tf.contrib.rnn`: those of one op against those of many, and the names of variables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf

_X = np.random.RandomState(0).rand(2, 3, 4).astype(np.float32)


def _run(cell: Any, scope: str, lengths: Any = None) -> tuple[Any, Any, list[Any]]:
    with tf.variable_scope(scope, initializer=tf.random_uniform_initializer(seed=3)):
        outputs, state = tf.nn.dynamic_rnn(
            cell, tf.constant(_X), dtype=tf.float32, sequence_length=lengths
        )
    variables = tf.trainable_variables(scope + "/")
    return outputs, state, tf.gradients(tf.reduce_sum(outputs * outputs), variables)


@pytest.mark.parametrize(
    ("make_block", "make_plain"),
    [
        (lambda r: r.LSTMBlockCell(5), lambda r: r.BasicLSTMCell(5)),
        (
            lambda r: r.LSTMBlockCell(5, use_peephole=True, cell_clip=0.4),
            lambda r: r.LSTMCell(5, use_peepholes=True, cell_clip=0.4),
        ),
        (lambda r: r.GRUBlockCell(5), lambda r: r.GRUCell(5)),
        (lambda r: r.GRUBlockCellV2(5), lambda r: r.GRUCell(5)),
    ],
    ids=["lstm", "peepholes", "gru", "gru_v2"],
)
def test_a_cell_of_one_op_computes_what_one_of_many_does(make_block: Any, make_plain: Any) -> None:
    block, plain = make_block(tf.contrib.rnn), make_plain(tf.contrib.rnn)
    made = _run(block, "block")
    wanted = _run(plain, "plain")
    ours, theirs = tf.trainable_variables("block/"), tf.trainable_variables("plain/")
    assert [v.shape.as_list() for v in ours] == [v.shape.as_list() for v in theirs]
    copies = [tf.assign(a, b) for a, b in zip(ours, theirs, strict=True)]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(copies)
        for value, expected in zip(*session.run([made[:2], wanted[:2]]), strict=True):
            np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-6)
        # The gradient of the op takes no notice of clipping, as in TensorFlow.
        if getattr(block, "_cell_clip", -1.0) < 0:
            for value, expected in zip(*session.run([made[2], wanted[2]]), strict=True):
                np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-5)


def test_the_fused_lstm_computes_what_the_cell_does() -> None:
    lengths = tf.constant([2, 3])
    outputs, state, _ = _run(tf.contrib.rnn.LSTMBlockCell(5), "plain", lengths)
    with tf.variable_scope("fused", initializer=tf.random_uniform_initializer(seed=3)):
        cell = tf.contrib.rnn.LSTMBlockFusedCell(5)
        made, last = cell(
            tf.transpose(tf.constant(_X), [1, 0, 2]), dtype=tf.float32, sequence_length=lengths
        )
    ours, theirs = tf.trainable_variables("fused/"), tf.trainable_variables("plain/")
    copies = [tf.assign(a, b) for a, b in zip(ours, theirs, strict=True)]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(copies)
        values = session.run([tf.transpose(made, [1, 0, 2]), *last])
        expected = session.run([outputs, *state])
    for value, wanted in zip(values, expected, strict=True):
        np.testing.assert_allclose(value, wanted, rtol=1e-5, atol=1e-6)


def test_a_fused_cell_of_a_program_computes_all_steps() -> None:
    class Sums(tf.contrib.rnn.LSTMBlockWrapper):
        num_units = 4

        def _call_cell(
            self, inputs: Any, memory: Any, output: Any, dtype: Any, lengths: Any
        ) -> tuple[Any, Any]:
            sums = memory + tf.cumsum(inputs)
            return sums, 2 * sums

    x = tf.transpose(tf.constant(_X), [1, 0, 2])
    outputs, state = Sums()(x, dtype=tf.float32, sequence_length=[1, 3])
    with tf.Session() as session:
        values, memory, last = session.run([outputs, *state])
    sums = np.cumsum(_X, 1)
    np.testing.assert_allclose(memory, [sums[0, 0], sums[1, 2]], rtol=1e-6)
    np.testing.assert_allclose(last, 2 * memory, rtol=1e-6)
    assert not values[1:, 0].any()
    parts, _ = tf.contrib.rnn.TimeReversedFusedRNN(Sums())(tf.unstack(x), dtype=tf.float32)
    assert isinstance(parts, list)
    with tf.Session() as session:
        found = np.stack(session.run(parts), 1)
    np.testing.assert_allclose(found, 2 * np.cumsum(_X[:, ::-1], 1)[:, ::-1], rtol=1e-6)
    with pytest.raises(TypeError, match="abstract"):
        tf.contrib.rnn.LSTMBlockWrapper()
    with pytest.raises(TypeError, match="abstract"):
        tf.contrib.rnn.FusedRNNCell()


def test_wrappers_name_their_variables_as_tensorflow_does() -> None:
    rnn = tf.contrib.rnn
    cells = [
        rnn.OutputProjectionWrapper(rnn.GRUCell(3), 2),
        rnn.InputProjectionWrapper(rnn.BasicRNNCell(3), 2),
        rnn.AttentionCellWrapper(rnn.BasicRNNCell(3), 2),
    ]
    for cell in cells:
        tf.nn.dynamic_rnn(cell, tf.constant(_X), dtype=tf.float32)
    assert [v.op.name.removeprefix("rnn/") for v in tf.trainable_variables()] == [
        "output_projection_wrapper/gru_cell/gates/kernel",
        "output_projection_wrapper/gru_cell/gates/bias",
        "output_projection_wrapper/gru_cell/candidate/kernel",
        "output_projection_wrapper/gru_cell/candidate/bias",
        "output_projection_wrapper/kernel",
        "output_projection_wrapper/bias",
        "input_projection_wrapper/kernel",
        "input_projection_wrapper/bias",
        "input_projection_wrapper/basic_rnn_cell/kernel",
        "input_projection_wrapper/basic_rnn_cell/bias",
        "attention_cell_wrapper/kernel",
        "attention_cell_wrapper/bias",
        "attention_cell_wrapper/basic_rnn_cell/kernel",
        "attention_cell_wrapper/basic_rnn_cell/bias",
        "attention_cell_wrapper/attention/attn_w",
        "attention_cell_wrapper/attention/attn_v",
        "attention_cell_wrapper/attention/kernel",
        "attention_cell_wrapper/attention/bias",
        "attention_cell_wrapper/attn_output_projection/kernel",
        "attention_cell_wrapper/attn_output_projection/bias",
    ]


@pytest.mark.parametrize(
    ("name", "arguments", "depth"),
    [
        ("UGRNNCell", {"num_units": 5}, 5),
        ("NASCell", {"num_units": 5, "num_proj": 3, "use_bias": True}, 3),
        ("LayerNormBasicLSTMCell", {"num_units": 5}, 5),
        ("LayerNormBasicLSTMCell", {"num_units": 5, "layer_norm": False}, 5),
    ],
)
def test_other_cells_train(name: str, arguments: dict[str, Any], depth: int) -> None:
    outputs, _, gradients = _run(getattr(tf.contrib.rnn, name)(**arguments), "cell")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        values = session.run([outputs, *gradients])
    assert values[0].shape == (2, 3, depth)
    assert all(np.isfinite(v).all() and np.any(v) for v in values)


def test_convolutional_lstm_with_a_window_of_one_is_an_lstm_at_each_place() -> None:
    rnn = tf.contrib.rnn
    images = tf.constant(_X[:, :, None, None])
    cell = rnn.Conv2DLSTMCell(input_shape=[1, 1, 4], output_channels=5, kernel_shape=[1, 1])
    made, _ = tf.nn.dynamic_rnn(cell, images, dtype=tf.float32, scope="conv")
    plain, _ = tf.nn.dynamic_rnn(
        rnn.BasicLSTMCell(5), images[:, :, 0, 0], dtype=tf.float32, scope="plain"
    )
    kernel, bias, wanted_kernel, wanted_bias = tf.trainable_variables()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run([tf.assign(kernel, wanted_kernel[None, None]), tf.assign(bias, wanted_bias)])
        value, expected = session.run([made[:, :, 0, 0], plain])
    np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-6)


def test_layers_of_bidirectional_networks_agree_dynamic_and_static() -> None:
    rnn = tf.contrib.rnn

    def cells() -> list[Any]:
        return [rnn.BasicRNNCell(3), rnn.BasicRNNCell(2)]

    x = tf.constant(_X)
    dynamic, forwards, _ = rnn.stack_bidirectional_dynamic_rnn(
        cells(), cells(), x, dtype=tf.float32, scope="dynamic"
    )
    static, _, _ = rnn.stack_bidirectional_rnn(
        cells(), cells(), tf.unstack(x, axis=1), dtype=tf.float32, scope="static"
    )
    ours, theirs = tf.trainable_variables("static/"), tf.trainable_variables("dynamic/")
    copies = [tf.assign(a, b) for a, b in zip(ours, theirs, strict=True)]
    assert dynamic.shape.as_list() == [2, 3, 4]
    assert len(forwards) == 2
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(copies)
        value, expected = session.run([tf.stack(static, axis=1), dynamic])
    np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-6)
