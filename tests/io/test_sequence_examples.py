"""Batches of `tf.train.SequenceExample`, and single examples that have names."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill.api as tf


def _message(xs: list[list[float]], tags: list[bytes]) -> bytes:
    made = tf.train.SequenceExample()
    made.context.feature["tags"].bytes_list.value.extend(tags)
    for values in xs:
        made.feature_lists.feature_list["x"].feature.add().float_list.value.extend(values)
    return bytes(made.SerializeToString())


def test_sequences_of_a_batch_are_filled_up_to_the_longest() -> None:
    texts = [_message([[1.0], [2.0]], [b"a"]), _message([[3.0]], [b"b", b"c"])]
    context, steps, lengths = tf.io.parse_sequence_example(
        texts,
        {"tags": tf.VarLenFeature(tf.string)},
        {"x": tf.FixedLenSequenceFeature([], tf.float32)},
    )
    assert steps["x"].shape.as_list() == [2, None]
    with tf.Session() as session:
        tags, x, counts = session.run([context["tags"], steps["x"], lengths["x"]])
    np.testing.assert_array_equal(x, [[1.0, 2.0], [3.0, 0.0]])
    np.testing.assert_array_equal(counts, [2, 1])
    np.testing.assert_array_equal(tags.indices, [[0, 0], [1, 0], [1, 1]])


def test_sparse_steps_have_three_axes() -> None:
    texts = [_message([[1.0, 2.0], []], []), _message([], []), _message([[3.0]], [])]
    _, steps, lengths = tf.io.parse_sequence_example(
        texts, sequence_features={"x": tf.VarLenFeature(tf.float32)}
    )
    with tf.Session() as session:
        x = session.run(steps["x"])
    np.testing.assert_array_equal(x.indices, [[0, 0, 0], [0, 0, 1], [2, 0, 0]])
    np.testing.assert_array_equal(x.dense_shape, [3, 2, 2])
    assert lengths == {}


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        (
            tf.FixedLenSequenceFeature([], tf.int64),
            r"Name: b, Feature list: x, Index: 0\.  Data ty",
        ),
        (tf.FixedLenSequenceFeature([2], tf.float32), r"Name: b, Key: x, Index: 0\.  Number of fl"),
    ],
)
def test_errors_name_the_example_and_the_step(
    feature: tf.FixedLenSequenceFeature, message: str
) -> None:
    texts = [_message([], []), _message([[1.0]], [])]
    feature = feature._replace(allow_missing=True)
    _, steps, _ = tf.io.parse_sequence_example(
        texts, sequence_features={"x": feature}, example_names=["a", "b"]
    )
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match=message):
        session.run(steps)


def test_wrong_kinds_of_values_are_shown() -> None:
    _, steps = tf.parse_single_sequence_example(
        _message([[1.0]], []), sequence_features={"x": tf.FixedLenSequenceFeature([], tf.int64)}
    )
    with (
        tf.Session() as session,
        pytest.raises(tf.errors.InvalidArgumentError, match="type: int64  Feature is: float_list"),
    ):
        session.run(steps)


def test_a_batch_must_want_something_and_name_all() -> None:
    with pytest.raises(ValueError, match=r"Missing features\."):
        tf.io.parse_sequence_example([b""])
    parsed = tf.io.parse_sequence_example(
        [b"", b""], {"tags": tf.VarLenFeature(tf.string)}, example_names=["a"]
    )
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="debug_name"):
        session.run(parsed[0])


def test_a_single_example_with_a_name_tells_it_in_errors() -> None:
    example = tf.train.Example()
    example.features.feature["a"].int64_list.value.extend([1, 2])
    example.features.feature["s"].float_list.value.append(3.0)
    text = example.SerializeToString()
    wanted = {"a": tf.FixedLenFeature([2], tf.int64), "s": tf.VarLenFeature(tf.float32)}
    found = tf.parse_single_example(text, wanted, example_names="in1")
    lost = tf.parse_single_example(
        text, {"b": tf.FixedLenFeature([], tf.int64)}, example_names=tf.constant("in1")
    )
    assert found["a"].shape.as_list() == [2]
    assert found["s"].indices.shape.as_list() == [None, 1]
    with tf.Session() as session:
        a, s = session.run([found["a"], found["s"]])
        assert a.tolist() == [1, 2]
        assert (s.indices.tolist(), s.dense_shape.tolist()) == ([[0]], [1])
        with pytest.raises(tf.errors.InvalidArgumentError, match="Name: in1, Feature: b"):
            session.run(lost)
    with pytest.raises(ValueError, match="Input names must be a scalar"):
        tf.parse_single_example(text, wanted, example_names=["in1"])
