"""`tf.contrib.seq2seq.gather_tree`: sequences from the choices of each step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.api import errors

_END = 10


def _tree(steps: Any, parents: Any, lengths: Any) -> Any:
    steps, parents = steps.astype(np.int32), parents.astype(np.int32)
    made = tf.contrib.seq2seq.gather_tree(steps, parents, lengths, _END)
    assert made.op.type == "GatherTree"
    with tf.Session() as session:
        return session.run(made)


def test_a_sequence_is_followed_from_its_last_step() -> None:
    steps = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9], [-1, -1, -1]])[:, None]
    parents = np.array([[0, 0, 0], [0, 1, 1], [2, 1, 2], [-1, -1, -1]])[:, None]
    made = _tree(steps, parents, [3])
    wanted = np.array([[2, 2, 2], [6, 5, 6], [7, 8, 9], [_END] * 3])[:, None]
    np.testing.assert_array_equal(made, wanted)


def test_after_its_end_a_sequence_holds_ends_only() -> None:
    steps = np.array([[1, 2], [_END, 4], [7, 8]])[:, None]
    parents = np.array([[0, 0], [0, 1], [0, 1]])[:, None]
    made = _tree(steps, parents, [3])
    np.testing.assert_array_equal(made[:, 0], [[1, 2], [_END, 4], [_END, 8]])


def test_a_parent_that_is_no_beam_is_refused() -> None:
    steps = np.ones((2, 1, 2), np.int32)
    parents = np.array([[0, 0], [0, 5]], np.int32)[:, None]
    words = r"invalid parent id 5 at \(batch, time, beam\) == \(0, 0, 1\)"
    with pytest.raises(errors.InvalidArgumentError, match=words):
        _tree(steps, parents, [2])


def test_static_shapes_are_merged() -> None:
    steps = tf.placeholder(tf.int32, [None, 3, None])
    parents = tf.placeholder(tf.int32, [5, None, 2])
    made = tf.contrib.seq2seq.gather_tree(steps, parents, tf.placeholder(tf.int32, [None]), 1)
    assert made.shape.as_list() == [5, 3, 2]
    with pytest.raises(ValueError, match="rank 3"):
        tf.contrib.seq2seq.gather_tree([[1]], [[1]], [1], 1)
