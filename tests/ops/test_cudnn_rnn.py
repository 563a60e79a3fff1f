"""The ops of cuDNN's networks, which TensorFlow computes on GPUs only, against torch's networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import tensormill.api as tf
from tensormill.kernels.cudnn_rnn import Network

TIME, BATCH, DEPTH, UNITS = 4, 3, 5, 5


def drawn(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).uniform(-0.6, 0.6, shape).astype(np.float32)


def run_v3(network: Network, lengths: list[int], time_major: bool, **attrs: Any) -> Any:
    """Return outputs, states, and the gradients of the sum of the squared outputs."""
    x, params = drawn(TIME, BATCH, DEPTH), drawn(network.size())
    h = drawn(2, BATCH, network.outputs)
    c = drawn(2, BATCH, UNITS) * 2
    if not time_major:
        x, h, c = (value.swapaxes(0, 1) for value in (x, h, c))
    given = [tf.constant(value) for value in (x, h, c, params)]
    made = tf.raw_ops.CudnnRNNV3(
        input=given[0], input_h=given[1], input_c=given[2], params=given[3],
        sequence_lengths=lengths, time_major=time_major, **attrs,
    )  # fmt: skip
    gradients = tf.gradients(tf.reduce_sum(made.output**2), given)
    with tf.Session() as session:
        return session.run([list(made[:3]), gradients])


def test_batches_first_give_what_time_first_gives() -> None:
    network = Network(b"lstm", 2, UNITS, DEPTH, 1, 0, False)
    lengths = [TIME, 2, 1]
    (outputs, h, c), first = run_v3(network, lengths, True)
    (batches, batch_h, batch_c), second = run_v3(network, lengths, False)
    np.testing.assert_allclose(outputs, batches.swapaxes(0, 1), atol=1e-6)
    np.testing.assert_allclose(h, batch_h.swapaxes(0, 1), atol=1e-6)
    np.testing.assert_allclose(c, batch_c.swapaxes(0, 1), atol=1e-6)
    for mine, theirs in zip(first[:3], second[:3], strict=True):
        np.testing.assert_allclose(mine, theirs.swapaxes(0, 1), atol=1e-6)
    np.testing.assert_allclose(first[3], second[3], atol=1e-5)


def test_an_empty_sequence_keeps_its_state() -> None:
    network = Network(b"lstm", 2, UNITS, DEPTH, 1, 0, False)
    (outputs, h, c), _ = run_v3(network, [TIME, 0, 2], True)
    assert not outputs[:, 1].any()
    assert not outputs[2:, 2].any()
    np.testing.assert_array_equal(h[:, 1], drawn(2, BATCH, UNITS)[:, 1])
    np.testing.assert_array_equal(c[:, 1], drawn(2, BATCH, UNITS)[:, 1] * 2)


def test_projected_outputs_are_those_of_torch() -> None:
    sizes = Network(b"lstm", 2, UNITS, DEPTH, 1, 2, False)
    reference = torch.nn.LSTM(DEPTH, UNITS, 2, proj_size=2, dtype=torch.float64)
    left = torch.from_numpy(drawn(sizes.size())).double()
    order = [[f"{kind}_l{layer}" for kind in ("weight_ih", "weight_hh", "weight_hr")]
             for layer in range(2)]  # fmt: skip
    order += [[f"bias_{kind}_l{layer}" for kind in ("ih", "hh")] for layer in range(2)]
    with torch.no_grad():
        for name in [name for names in order for name in names]:
            parameter = getattr(reference, name)
            parameter.copy_(left[: parameter.numel()].reshape(parameter.shape))
            left = left[parameter.numel() :]
        x, *begin = (
            torch.from_numpy(value).double()
            for value in (drawn(TIME, BATCH, DEPTH), drawn(2, BATCH, 2), drawn(2, BATCH, UNITS) * 2)
        )
        expected, (h, c) = reference(x, tuple(begin))
    found, _ = run_v3(sizes, [TIME] * BATCH, True, num_proj=2)
    for mine, theirs in zip(found, (expected, h, c), strict=True):
        np.testing.assert_allclose(mine, theirs.numpy(), atol=1e-6)


def test_inputs_that_skip_their_matrices_are_added_as_they_are() -> None:
    network = Network(b"rnn_tanh", 1, UNITS, DEPTH, 1, 0, True)
    params, x, h = drawn(network.size()), drawn(1, BATCH, DEPTH), drawn(1, BATCH, UNITS)
    size = tf.raw_ops.CudnnRNNParamsSize(
        num_layers=1, num_units=UNITS, input_size=DEPTH, T=tf.float32, S=tf.int64,
        rnn_mode="rnn_tanh", input_mode="auto_select",
    )  # fmt: skip
    made = tf.raw_ops.CudnnRNN(
        input=x, input_h=h, input_c=tf.zeros([0]), params=params, rnn_mode="rnn_tanh",
        input_mode="skip_input",
    )  # fmt: skip
    matrix, bias = params[: UNITS * UNITS].reshape(UNITS, UNITS), params[UNITS * UNITS :]
    expected = np.tanh(x[0] + h[0] @ matrix.T + bias[:UNITS] + bias[UNITS:])
    with tf.Session() as session:
        assert session.run(size).tolist() == [len(params)]
        np.testing.assert_allclose(session.run(made.output)[0], expected, atol=1e-6)


def test_the_gradient_drops_what_the_step_dropped() -> None:
    network = Network(b"gru", 2, UNITS, DEPTH, 2, 0, False)
    x, h = drawn(TIME, BATCH, DEPTH), drawn(4, BATCH, UNITS)
    params = drawn(network.size())
    given = [tf.constant(x), tf.constant(params)]
    made = tf.raw_ops.CudnnRNNV2(
        input=given[0], input_h=h, input_c=tf.zeros([0]), params=given[1], rnn_mode="gru",
        direction="bidirectional", dropout=0.5, seed=7,
    )  # fmt: skip
    gradients = tf.gradients(tf.reduce_sum(made.output**2), given)
    with tf.Session() as session:
        outputs, reserved, found = session.run([made.output, made.reserve_space, gradients])
    masks = torch.from_numpy(reserved).reshape(1, TIME, BATCH, 2 * UNITS)
    assert set(masks.unique().tolist()) == {0.0, 2.0}
    leaves = [torch.from_numpy(value).requires_grad_() for value in (x, params)]
    again, _, _ = network.run(leaves[0], torch.from_numpy(h), None, leaves[1], list(masks), None)
    again.square().sum().backward()
    np.testing.assert_allclose(outputs, again.detach().numpy(), atol=1e-6)
    for mine, leaf in zip(found, leaves, strict=True):
        np.testing.assert_allclose(mine, leaf.grad.numpy(), atol=1e-5)


def test_gradients_need_a_step_of_training() -> None:
    x, params = tf.constant(drawn(TIME, BATCH, DEPTH)), drawn(60)
    made = tf.raw_ops.CudnnRNN(
        input=x, input_h=tf.zeros([1, BATCH, UNITS]), input_c=tf.zeros([0]), params=params,
        rnn_mode="rnn_relu", is_training=False,
    )  # fmt: skip
    with pytest.raises(ValueError, match="is_training must be set to True"):
        tf.gradients(made.output, x)


def test_wrong_numbers_of_parameters_are_refused() -> None:
    made = tf.raw_ops.CudnnRNN(
        input=drawn(TIME, BATCH, DEPTH), input_h=tf.zeros([1, BATCH, UNITS]),
        input_c=tf.zeros([0]), params=drawn(7), rnn_mode="rnn_relu",
    )  # fmt: skip
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="60 param"):
        session.run(made.output)


def test_projected_matrices_are_taken_apart_and_put_together() -> None:
    network = Network(b"lstm", 1, UNITS, DEPTH, 1, 2, False)
    params = drawn(network.size())
    sizes = {"num_layers": 1, "num_units": UNITS, "input_size": DEPTH, "num_proj": 2}
    weights, biases = tf.raw_ops.CudnnRNNParamsToCanonicalV2(
        params=params, num_params_weights=9, num_params_biases=8, **sizes
    )
    back = tf.raw_ops.CudnnRNNCanonicalToParamsV2(weights=weights, biases=biases, **sizes)
    with tf.Session() as session:
        matrices, again = session.run([weights, back])
    assert [m.shape for m in matrices] == [(5, 5)] * 4 + [(5, 2)] * 4 + [(2, 5)]
    np.testing.assert_array_equal(again, params)
