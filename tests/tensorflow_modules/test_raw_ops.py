"""`tf.raw_ops`: ops by their types, with the names of arguments that TensorFlow 1.15 gives them."""

import numpy as np
import pytest

import tensormill.api as tf

_ROWS = np.float32([[1, 2, 3], [4, 5, 6]])


@pytest.mark.parametrize("op_type", ["Max", "Mean", "Min", "Prod", "Sum", "EuclideanNorm"])
def test_reductions_take_an_axis(op_type: str) -> None:
    make = getattr(tf.raw_ops, op_type)
    with tf.Session() as session:
        new, old = session.run([make(input=_ROWS, axis=0), make(input=_ROWS, reduction_indices=0)])
    np.testing.assert_array_equal(new, old)
    assert new.shape == (3,)


def test_arguments_have_the_names_of_tensorflow_1() -> None:
    raw = tf.raw_ops
    halves = raw.Split(axis=1, value=_ROWS[:, :2], num_split=2)
    parts = raw.SplitV(value=_ROWS, size_splits=[1, 2], axis=1, num_split=2)
    made = [
        raw.ExpandDims(input=_ROWS, axis=0),
        raw.Squeeze(input=_ROWS[:1], axis=[0]),
        raw.Select(condition=[True, False], x=[1, 2], y=[3, 4]),
        raw.Where(condition=[False, True]),
        raw.All(input=[[True, False]], axis=1),
        *halves,
        *parts,
    ]
    with tf.Session() as session:
        values = session.run(made)
    assert [value.shape for value in values[:2]] == [(1, 2, 3), (3,)]
    assert [value.tolist() for value in values[2:5]] == [[1, 4], [[1]], [False]]
    assert [value.shape for value in values[5:]] == [(2, 1), (2, 1), (2, 1), (2, 2)]


def test_positions_are_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(TypeError, match=r"possible keys: \['input', 'axis', 'keep_dims', 'name'\]"):
        tf.raw_ops.Sum(_ROWS, 0)
