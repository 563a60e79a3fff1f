"""Kernels that take many rows at once give what they give for each row alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import tensormill as tf
from tensormill.kernels.top_k import _in_top_k, _in_top_k_on_host

LABELS = [[0, 1, 1], [2], [], [3, 3, 0, 1], [1, 0, 2, 0, 1, 2, 0, 1]]
LENGTHS = [7, 4, 3, 7, 6]


def losses_and_gradients(
    session: tf.Session, logits: Any, rows: list[int], merges: bool
) -> tuple[Any, Any]:
    pairs = [(at, place) for at, row in enumerate(rows) for place in range(len(LABELS[row]))]
    values = [label for row in rows for label in LABELS[row]]
    labels = tf.SparseTensor(
        np.array(pairs, np.int64).reshape(-1, 2), np.array(values, np.int32), [len(rows), 9]
    )
    inputs = tf.constant(logits[:, rows])
    losses = tf.nn.ctc_loss(
        labels,
        inputs,
        [LENGTHS[row] for row in rows],
        ctc_merge_repeated=merges,
        ignore_longer_outputs_than_inputs=True,
    )
    found: tuple[Any, Any] = session.run((losses, tf.gradients(losses, inputs)[0]))
    return found


@pytest.mark.parametrize("merges", [True, False])
def test_rows_of_other_lengths_do_not_touch_each_other_in_a_ctc_loss(merges: bool) -> None:
    logits = np.random.RandomState(0).randn(7, len(LABELS), 5).astype(np.float32)
    with tf.Session() as session:
        together, gradient = losses_and_gradients(session, logits, list(range(len(LABELS))), merges)
        for row in range(len(LABELS)):
            alone, gradient_alone = losses_and_gradients(session, logits, [row], merges)
            np.testing.assert_allclose(together[row], alone[0], 1e-5)
            np.testing.assert_allclose(gradient[:, row], gradient_alone[:, 0], 1e-4, 1e-6)
    assert together[4] == 0  # more labels than steps
    assert (together[:4] > 0).all()


@pytest.mark.parametrize("classes", [1, 7, 8, 300, 2100])
@pytest.mark.parametrize("k", [0, 1, 5, 250, 300])
def test_a_target_is_among_the_largest_by_the_count_of_larger_ones(classes: int, k: int) -> None:
    random = np.random.default_rng(classes + k)
    predictions = torch.from_numpy(random.integers(-50, 50, (40, classes)).astype(np.float32))
    targets = torch.from_numpy(random.integers(-1, classes + 1, 40))
    odd = torch.tensor([float("nan"), float("inf"), -float("inf")])
    predictions[:3, 0] = odd
    predictions[3:6, -1] = odd
    found = _in_top_k_on_host(predictions, targets, k)
    assert torch.equal(found, _in_top_k(predictions, targets, k))
    for row in range(6, 40):
        target = int(targets[row])
        is_there = 0 <= target < classes
        assert bool(found[row]) == (
            is_there and int((predictions[row] > predictions[row, target]).sum()) < k
        )


@pytest.mark.parametrize("skip_empty", [True, False])
def test_any_of_several_delimiters_ends_a_part(skip_empty: bool) -> None:
    texts = [b"a-b c", b"", b"--", b" x", b"no]ne^"]
    found = tf.string_split(texts, delimiter="- ]^", skip_empty=skip_empty)
    with tf.Session() as session:
        indices, values, shape = session.run(found)
    rows = [[b"a", b"b", b"c"], [], [b""] * 3, [b"", b"x"], [b"no", b"ne", b""]]
    if skip_empty:
        rows = [[part for part in parts if part] for parts in rows]
    assert values.tolist() == [part for parts in rows for part in parts]
    pairs = [[row, column] for row, parts in enumerate(rows) for column in range(len(parts))]
    assert indices.tolist() == pairs
    assert shape.tolist() == [5, 3]


def test_one_text_that_is_no_number_is_named_among_many() -> None:
    texts = [str(number) for number in range(50)] + ["4x", "5"]
    with tf.Session() as session:
        numbers = session.run(tf.string_to_number(texts[:50]))
        assert numbers.tolist() == list(range(50))
        with pytest.raises(tf.errors.InvalidArgumentError, match="correctly convert string: 4x"):
            session.run(tf.string_to_number(texts))
