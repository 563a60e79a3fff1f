"""`tf.contrib.seq2seq`: decoders against loops written out, beam search against all sequences."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import tensormill as tf


def _drawn(*sizes: int) -> np.ndarray:
    """Return numbers that are the same whatever was drawn before."""
    return np.random.RandomState(0).rand(*sizes).astype(np.float32)


def _decode(helper: Any, batch: int, **options: Any) -> tuple[Any, Any, Any]:
    cell = tf.contrib.rnn.GRUCell(4, name="cell")
    decoder = tf.contrib.seq2seq.BasicDecoder(
        cell, helper, cell.zero_state(batch, tf.float32), tf.layers.Dense(5, name="top")
    )
    return tf.contrib.seq2seq.dynamic_decode(decoder, **options)


def test_training_helper_gives_what_dynamic_rnn_gives() -> None:
    x = tf.constant(_drawn(2, 3, 4))
    helper = tf.contrib.seq2seq.TrainingHelper(x, [3, 2])
    outputs, state, lengths = _decode(helper, 2, impute_finished=True)
    with tf.variable_scope("decoder", reuse=True):
        wanted, last = tf.nn.dynamic_rnn(
            tf.contrib.rnn.GRUCell(4, name="cell"),
            x,
            [3, 2],
            dtype=tf.float32,
            scope=tf.get_variable_scope(),
        )
        logits = tf.layers.Dense(5, name="top", _reuse=True)(wanted)
    mask = np.array([[1, 1, 1], [1, 1, 0]])[..., None]
    gradient = tf.gradients(outputs.rnn_output, tf.trainable_variables())
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        made, ids, ended, count, expected, final, slopes = session.run(
            [outputs.rnn_output, outputs.sample_id, state, lengths, logits, last, gradient]
        )
    np.testing.assert_allclose(made, expected * mask, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(ids, made.argmax(-1) * mask[..., 0])
    np.testing.assert_allclose(ended, final, rtol=1e-5)
    assert count.tolist() == [3, 2]
    assert all(np.any(s) for s in slopes)


def test_greedy_helper_stops_at_the_end_token_or_the_limit() -> None:
    table = tf.constant(np.eye(5, 4, dtype=np.float32))
    counting = tf.contrib.seq2seq.CustomHelper(
        initialize_fn=lambda: (tf.constant([False, False]), tf.constant([[0.0], [3.0]])),
        sample_fn=lambda time, outputs, state: tf.cast(outputs[:, 0], tf.int32),
        next_inputs_fn=lambda time, outputs, state, sample_ids: (
            tf.equal(sample_ids, 5), outputs, state,
        ),
    )  # fmt: skip

    class Adder(tf.contrib.rnn.RNNCell):
        state_size = output_size = 1

        def call(self, inputs: Any, state: Any) -> Any:
            return inputs + 1.0, state

    cell = Adder()
    decoder = tf.contrib.seq2seq.BasicDecoder(cell, counting, tf.zeros([2, 1]))
    outputs, _, lengths = tf.contrib.seq2seq.dynamic_decode(decoder)
    short, _, cut = tf.contrib.seq2seq.dynamic_decode(decoder, maximum_iterations=3)
    greedy = tf.contrib.seq2seq.GreedyEmbeddingHelper(table, [1, 2], 0)
    _, _, greedy_lengths = _decode(greedy, 2, maximum_iterations=4)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        ids, count, few, few_count, greedy_count = session.run(
            [outputs.sample_id, lengths, short.sample_id, cut, greedy_lengths]
        )
    assert count.tolist() == [5, 2]
    assert ids[0].tolist() == [1, 2, 3, 4, 5]
    assert few.tolist()[0] == [1, 2, 3]
    assert few_count.tolist() == [3, 2]
    assert greedy_count.max() <= 4


def test_sequence_loss_averages_as_it_is_told() -> None:
    logits = _drawn(2, 3, 4)
    targets = np.array([[3, 0, 1], [2, 2, 0]])
    weights = np.float32([[1, 1, 0], [1, 0.5, 0.25]])
    shifted = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    losses = -np.take_along_axis(shifted, targets[..., None], -1)[..., 0] * weights
    loss = tf.contrib.seq2seq.sequence_loss
    given = [tf.constant(v) for v in (logits, targets, weights)]
    made = [
        loss(*given),
        loss(*given, average_across_timesteps=False),
        loss(*given, average_across_batch=False),
        loss(*given, average_across_timesteps=False, average_across_batch=False),
    ]
    with tf.Session() as session:
        whole, by_time, by_row, each = session.run(made)
    np.testing.assert_allclose(whole, losses.sum() / weights.sum(), rtol=1e-5)
    np.testing.assert_allclose(by_time, losses.sum(0) / weights.sum(0), rtol=1e-5)
    np.testing.assert_allclose(by_row, losses.sum(1) / weights.sum(1), rtol=1e-5)
    np.testing.assert_allclose(each, losses, rtol=1e-5)


def test_sequence_loss_divides_by_the_number_of_steps_that_count() -> None:
    losses = np.float32([[1, 2, 4], [3, 5, 7]])
    weights = np.float32([[1, 0.5, 0], [1, 0.5, 0.25]])

    def loss(**which: bool) -> Any:
        return tf.contrib.seq2seq.sequence_loss(
            tf.zeros([2, 3, 4]),
            tf.zeros([2, 3], tf.int32),
            tf.constant(weights),
            softmax_loss_function=lambda labels, logits: tf.reshape(losses, [-1]),
            **{"average_across_timesteps": False, "average_across_batch": False, **which},
        )

    made = [
        loss(sum_over_timesteps=True),
        loss(sum_over_batch=True),
        loss(sum_over_timesteps=True, sum_over_batch=True),
        loss(sum_over_timesteps=True, average_across_batch=True),
    ]
    with tf.Session() as session:
        by_row, by_time, whole, mixed = session.run(made)
    sums = losses * weights
    np.testing.assert_allclose(by_row, sums.sum(1) / [2, 3], rtol=1e-6)
    np.testing.assert_allclose(by_time, sums.sum(0) / [2, 2, 1], rtol=1e-6)
    np.testing.assert_allclose(whole, sums.sum() / 5, rtol=1e-6)
    np.testing.assert_allclose(mixed, sums.sum(0) / weights.sum(0), rtol=1e-6)


def test_a_memory_of_no_steps_fails_when_it_is_looked_at() -> None:
    memory = tf.ones([2, 3, 4])
    lengths = tf.placeholder(tf.int32, [2])
    mechanism = tf.contrib.seq2seq.LuongAttention(4, memory, lengths)
    alignments, _ = mechanism(tf.ones([2, 4]), None)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(alignments, {lengths: [1, 3]}).sum() == pytest.approx(2)
        with pytest.raises(tf.errors.InvalidArgumentError, match="must be greater than zero"):
            session.run(alignments, {lengths: [0, 3]})


def test_attention_refuses_memories_of_another_batch_size() -> None:
    seq2seq = tf.contrib.seq2seq
    mechanism = seq2seq.LuongAttention(4, tf.ones([2, 3, 4]))
    cell = tf.nn.rnn_cell.GRUCell(4)
    with pytest.raises(tf.errors.InvalidArgumentError, match="initial_cell_state"):
        seq2seq.AttentionWrapper(cell, mechanism, initial_cell_state=tf.zeros([6, 4]))
    wrapper = seq2seq.AttentionWrapper(cell, mechanism)
    with pytest.raises(tf.errors.InvalidArgumentError, match="requested batch size"):
        wrapper.zero_state(6, tf.float32)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"query \(decoder output\)"):
        wrapper(
            tf.zeros([6, 5]),
            wrapper.zero_state(2, tf.float32)._replace(
                cell_state=tf.zeros([6, 4]), attention=tf.zeros([6, 4])
            ),
        )
    with pytest.raises(TypeError, match="must be an AttentionMechanism or list"):
        seq2seq.AttentionWrapper(cell, cell)


def test_a_layer_of_attention_sees_outputs_and_memory() -> None:
    class Joined(tf.layers.Layer):
        def compute_output_shape(self, input_shape: Any) -> Any:
            return tf.TensorShape(input_shape)

        def call(self, inputs: Any) -> Any:
            return inputs

    mechanism = tf.contrib.seq2seq.LuongAttention(4, tf.ones([2, 3, 4]))
    wrapper = tf.contrib.seq2seq.AttentionWrapper(
        tf.nn.rnn_cell.GRUCell(4), mechanism, attention_layer=Joined()
    )
    assert wrapper.output_size == 8
    output, state = wrapper(tf.ones([2, 1]), wrapper.zero_state(2, tf.float32))
    assert output.shape.as_list() == state.attention.shape.as_list() == [2, 8]


def test_helpers_take_arrays_and_inputs_of_an_unknown_rank() -> None:
    seq2seq = tf.contrib.seq2seq
    x = np.arange(12, dtype=np.float32).reshape(2, 3, 2)
    given = tf.placeholder(tf.float32)
    with tf.Session() as session:
        finished, first = session.run(
            seq2seq.TrainingHelper(given, tf.constant([3, 2])).initialize(), {given: x}
        )
        assert not finished.any()
        np.testing.assert_array_equal(first, x[:, 0])
        helper = seq2seq.ScheduledOutputTrainingHelper(x, [3, 2], 1.0, auxiliary_inputs=10 * x)
        outputs = tf.fill([2, 2], -1.0)
        made = helper.next_inputs(0, outputs, (), helper.sample(0, outputs, ()))[1]
        np.testing.assert_array_equal(
            session.run(made), np.concatenate([np.full([2, 2], -1.0), 10 * x[:, 1]], 1)
        )
    with pytest.raises(ValueError, match="scalar or a vector"):
        seq2seq.ScheduledOutputTrainingHelper(x, [3, 2], [[1.0]])


def test_attention_looks_at_the_memory_alone_that_counts() -> None:
    seq2seq = tf.contrib.seq2seq
    memory = tf.constant(_drawn(2, 4, 6))
    x = tf.constant(_drawn(2, 3, 5))
    for name, options in (
        ("LuongAttention", {"scale": True}),
        ("BahdanauAttention", {"normalize": True}),
    ):
        with tf.variable_scope(name):
            mechanism = getattr(seq2seq, name)(5, memory, [4, 2], **options)
            cell = seq2seq.AttentionWrapper(
                tf.contrib.rnn.GRUCell(5), mechanism, attention_layer_size=3, alignment_history=True
            )
            helper = seq2seq.TrainingHelper(x, [3, 3])
            state = cell.zero_state(2, tf.float32)
            decoder = seq2seq.BasicDecoder(cell, helper, state)
            outputs, last, _ = seq2seq.dynamic_decode(decoder)
            history = last.alignment_history.stack()
            gradient = tf.gradients(outputs.rnn_output, tf.trainable_variables(name + "/"))
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            made, seen, slopes = session.run([outputs.rnn_output, history, gradient])
        assert made.shape == (2, 3, 3)
        np.testing.assert_allclose(seen.sum(-1), np.ones((3, 2)), rtol=1e-5)
        assert not seen[:, 1, 2:].any()
        assert all(np.isfinite(s).all() for s in slopes)
    assert [v.op.name for v in tf.trainable_variables("Bahdanau")] == [
        "BahdanauAttention/memory_layer/kernel",
        "BahdanauAttention/decoder/attention_wrapper/gru_cell/gates/kernel",
        "BahdanauAttention/decoder/attention_wrapper/gru_cell/gates/bias",
        "BahdanauAttention/decoder/attention_wrapper/gru_cell/candidate/kernel",
        "BahdanauAttention/decoder/attention_wrapper/gru_cell/candidate/bias",
        "BahdanauAttention/decoder/attention_wrapper/bahdanau_attention/query_layer/kernel",
        "BahdanauAttention/decoder/attention_wrapper/bahdanau_attention/attention_v",
        "BahdanauAttention/decoder/attention_wrapper/bahdanau_attention/attention_g",
        "BahdanauAttention/decoder/attention_wrapper/bahdanau_attention/attention_b",
        "BahdanauAttention/decoder/attention_wrapper/attention_layer/kernel",
    ]


def test_a_wide_beam_search_finds_the_best_of_all_sequences() -> None:
    classes, steps, end = 3, 3, 0
    # A cell whose output depends on the last word alone: a table of transitions.
    table = np.log(np.random.RandomState(0).dirichlet(np.ones(classes), classes))
    table = table.astype(np.float32)

    class Transitions(tf.contrib.rnn.RNNCell):
        state_size = 1
        output_size = classes

        def call(self, inputs: Any, state: Any) -> Any:
            return tf.matmul(inputs, tf.constant(table)), state

    width = 9
    seq2seq = tf.contrib.seq2seq
    decoder = seq2seq.BeamSearchDecoder(
        Transitions(), tf.constant(np.eye(classes, dtype=np.float32)), [1, 2], end,
        seq2seq.tile_batch(tf.zeros([2, 1]), width), width,
    )  # fmt: skip
    outputs, state, _ = seq2seq.dynamic_decode(decoder, maximum_iterations=steps)
    with tf.Session() as session:
        ids, log_probs = session.run([outputs.predicted_ids, state.log_probs])
    for row, start in enumerate((1, 2)):
        scores: dict[tuple[int, ...], float] = {}
        for words in itertools.product(range(classes), repeat=steps):
            score, last, kept = 0.0, start, []
            for word in words:
                if kept and kept[-1] == end:
                    break
                score += table[last, word]
                kept.append(word)
                last = word
            kept += [end] * (steps - len(kept))
            scores[tuple(kept)] = score
        best = sorted(scores, key=lambda words: -scores[words])[:5]
        found = [tuple(ids[row, :, beam]) for beam in range(5)]
        assert len(set(found)) == len(found)
        # Sequences with the same transitions in another order have the same score.
        np.testing.assert_allclose([scores[w] for w in found], [scores[w] for w in best], 1e-5)
        np.testing.assert_allclose(log_probs[row, :5], [scores[w] for w in best], rtol=1e-4)
