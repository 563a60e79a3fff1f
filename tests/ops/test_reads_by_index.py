"""Rows and slices of resource variables that are read or updated by index."""

from typing import Any

import numpy as np
import pytest

import tensormill.api as tf

_NAMES = np.array([[b"a", b"b"], [b"c", b"d"]], object)
_NUMBERS = np.array([[0, 1], [2, 3]], np.float64)


def _read(value: Any, op_type: str, indices: Any, **attrs: Any) -> Any:
    dtype = tf.string if value.dtype == object else tf.float64
    variable = tf.Variable(value, use_resource=True, dtype=dtype)
    make = getattr(tf.raw_ops, op_type)
    made = make(resource=variable.handle, indices=indices, dtype=dtype, **attrs)
    with tf.Session() as session:
        session.run(variable.initializer)
        return session.run(made)


@pytest.mark.parametrize("value", [_NAMES, _NUMBERS])
def test_rows_are_read_within_their_batch(value: Any) -> None:
    taken = _read(value, "ResourceGather", [[1, 0], [0, 0]], batch_dims=1)
    wanted = [[value[0, 1], value[0, 0]], [value[1, 0], value[1, 0]]]
    assert taken.tolist() == wanted


@pytest.mark.parametrize("value", [_NAMES, _NUMBERS])
def test_slices_are_read_by_vectors_in_any_shape(value: Any) -> None:
    taken = _read(value, "ResourceGatherNd", [[[0, 1], [1, 0], [1, 1]]])
    assert taken.tolist() == [[value[0, 1], value[1, 0], value[1, 1]]]
    whole = _read(value, "ResourceGatherNd", np.zeros((2, 0), np.int32))
    assert whole.tolist() == [value.tolist()] * 2


def test_vectors_longer_than_the_rank_are_refused() -> None:
    variable = tf.Variable(_NUMBERS, use_resource=True)
    indices = tf.placeholder(tf.int32)
    read = tf.raw_ops.ResourceGatherNd(resource=variable.handle, indices=indices, dtype=tf.float64)
    with tf.Session() as session:
        session.run(variable.initializer)
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"saw: 3 vs\. 2"):
            session.run(read, {indices: [[0, 0, 0]]})
