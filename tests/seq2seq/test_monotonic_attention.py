"""Monotonic attention against its definition, and beams with arrays and coverage."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf

seq2seq = tf.contrib.seq2seq


def _attention(choose: np.ndarray, before: np.ndarray) -> np.ndarray:
    """The definition: the search goes on from where it was, and stops where it chooses to."""
    made = np.zeros_like(choose)
    for row in range(len(choose)):
        for start, weight in enumerate(before[row]):
            left = weight
            for place in range(start, choose.shape[1]):
                made[row, place] += left * choose[row, place]
                left *= 1 - choose[row, place]
    return made


@pytest.mark.parametrize("mode", ["recursive", "parallel", "hard"])
def test_monotonic_attention_goes_on_from_where_it_was(mode: str) -> None:
    draws = np.random.RandomState(3)
    choose = draws.rand(4, 6).astype(np.float32)
    before = draws.dirichlet(np.ones(6), 4).astype(np.float32)
    if mode == "hard":
        choose = (choose > 0.6).astype(np.float32)
        before = np.eye(6, dtype=np.float32)[[0, 2, 5, 1]]
    with tf.Session() as session:
        made = session.run(seq2seq.monotonic_attention(choose, before, mode))
    np.testing.assert_allclose(made, _attention(choose, before), atol=1e-5)
    with pytest.raises(ValueError, match="mode must be 'recursive', 'parallel'"):
        seq2seq.monotonic_attention(choose, before, "soft")


@pytest.mark.parametrize(
    ("mechanism", "option", "scope"),
    [
        (seq2seq.BahdanauMonotonicAttention, "normalize", "bahdanau_monotonic_attention"),
        (seq2seq.LuongMonotonicAttention, "scale", "luong_monotonic_attention"),
    ],
)
def test_monotonic_mechanisms_begin_at_the_first_place_and_never_go_back(
    mechanism: Any, option: str, scope: str
) -> None:
    memory = tf.constant(np.random.RandomState(0).rand(2, 5, 4).astype(np.float32))
    attention = mechanism(4, memory, [5, 3], mode="hard", score_bias_init=-0.1, **{option: True})
    cell = seq2seq.AttentionWrapper(tf.nn.rnn_cell.GRUCell(4), attention, alignment_history=True)
    inputs = tf.constant(np.random.RandomState(1).rand(2, 6, 3).astype(np.float32))
    state = cell.zero_state(2, tf.float32)
    first = state.alignments
    for step in range(6):
        _, state = cell(inputs[:, step], state)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        start, history = session.run([first, state.alignment_history.stack()])
    np.testing.assert_array_equal(start, np.eye(5)[[0, 0]])
    places = np.argmax(history, -1)
    sums = history.sum(-1)
    assert set(np.unique(sums)) <= {0.0, 1.0}
    for row in range(2):
        assert np.all(np.diff(places[sums[:, row] > 0, row]) >= 0)
    names = {v.name.rpartition("/")[2] for v in tf.global_variables() if scope in v.name}
    assert {"attention_g:0", "attention_score_bias:0"} <= names


def test_arrays_follow_the_beams() -> None:
    """As in TensorFlow's own example: beams swap their places, and what they wrote goes along."""
    written = np.float32(
        [[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, 12]], [[13, 14], [15, 16], [17, 18]]]
    )[:, None]
    parents = np.int32([[[0, 0, 0]], [[0, 1, 1]], [[2, 1, 2]]])
    made = seq2seq.gather_tree_from_array(written, parents, [[3, 3, 3]])
    with tf.Session() as session:
        values = session.run(made)
    expected = [[[3, 4], [3, 4], [3, 4]], [[11, 12], [9, 10], [11, 12]], written[2, 0].tolist()]
    np.testing.assert_array_equal(values[:, 0], expected)


def test_beams_keep_their_alignments_and_lose_by_what_they_have_not_seen() -> None:
    draws = np.random.RandomState(5)
    memory = seq2seq.tile_batch(tf.constant(draws.rand(2, 4, 3).astype(np.float32)), 3)
    mechanism = seq2seq.LuongAttention(6, memory)
    cell = seq2seq.AttentionWrapper(tf.nn.rnn_cell.GRUCell(6), mechanism, 6, alignment_history=True)
    table = tf.constant(draws.rand(8, 5).astype(np.float32))

    def decoded(weight: float) -> Any:
        decoder = seq2seq.BeamSearchDecoder(
            cell, table, [1, 1], 2, cell.zero_state(6, tf.float32), 3,
            output_layer=tf.layers.Dense(8, name="top", _reuse=tf.AUTO_REUSE),
            coverage_penalty_weight=weight,
        )  # fmt: skip
        with tf.variable_scope("decoder", reuse=tf.AUTO_REUSE):
            outputs, state, _ = seq2seq.dynamic_decode(decoder, maximum_iterations=5)
        return outputs.predicted_ids, state.cell_state.alignment_history, state

    ids, history, _ = decoded(0.0)
    _, _, covering = decoded(0.5)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        chosen, kept, seen, lengths = session.run(
            [ids, history, covering.accumulated_attention_probs, covering.lengths]
        )
    assert kept.shape[:2] == (chosen.shape[1], 6)
    np.testing.assert_allclose(kept.sum(-1), 1.0, rtol=1e-5)
    # The alignments of the start count too: they are zero here.
    np.testing.assert_allclose(seen.sum(-1), lengths, atol=1.0 + 1e-4)
    with pytest.raises(ValueError, match="if no cell is attentional"):
        seq2seq.get_attention_probs(cell.zero_state(6, tf.float32).cell_state, 0.5)


def test_samples_of_helpers_follow_their_probabilities() -> None:
    ones = seq2seq.bernoulli_sample(probs=[0.0, 1.0], sample_shape=[7], seed=1)
    logits = [[0.0, 100.0, 0.0], [100.0, 0.0, 0.0]]
    classes = seq2seq.categorical_sample(logits, sample_shape=[2, 3], seed=1)
    with tf.Session() as session:
        flips, drawn = session.run([ones, classes])
    np.testing.assert_array_equal(flips, np.tile([0, 1], (7, 1)))
    np.testing.assert_array_equal(drawn, np.tile([1, 0], (2, 3, 1)))


def test_programs_derive_mechanisms_that_add_what_they_saw() -> None:
    """As text-to-speech programs do it: scores from places seen before, sums as the state."""
    from tensormill.contrib.seq2seq.python.ops import attention_wrapper

    class Summing(attention_wrapper.BahdanauAttention):  # type: ignore[misc]
        def __init__(self, units: int, memory: Any, lengths: Any) -> None:
            super().__init__(units, memory, lengths, probability_fn=None, name="Summing")
            self.place_layer = tf.layers.Dense(units, use_bias=False, name="place_layer")

        def __call__(self, query: Any, state: Any) -> Any:
            with tf.variable_scope(None, "summing", [query]):
                places = self.place_layer(tf.expand_dims(state, 2))
                query = tf.expand_dims(self.query_layer(query), 1)
                energy = tf.reduce_sum(tf.tanh(self.keys + query + places), 2)
            alignments = self._probability_fn(energy, state)
            return alignments, alignments + state

    memory = tf.constant(np.random.RandomState(2).rand(2, 4, 3).astype(np.float32))
    mechanism = Summing(5, memory, [4, 2])
    assert isinstance(mechanism, attention_wrapper._BaseAttentionMechanism)
    query = tf.constant(np.random.RandomState(3).rand(2, 3).astype(np.float32))
    state = mechanism.initial_state(2, tf.float32)
    for _ in range(3):
        context, _, state = attention_wrapper._compute_attention(mechanism, query, state, None)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        seen, total = session.run([context, state])
    assert seen.shape == (2, 3)
    np.testing.assert_allclose(total.sum(1), 3.0, rtol=1e-5)
    np.testing.assert_array_equal(total[1, 2:], 0.0)


def test_memories_need_known_sizes_behind_the_time() -> None:
    with pytest.raises(ValueError, match="to have fully defined inner dims"):
        seq2seq.LuongAttention(4, tf.placeholder(tf.float32, [2, None, None]))
