"""Barriers: elements by key whose components come one by one."""

import pytest

import tensormill as tf
from tensormill.ops.barrier_class import Barrier
from tests.gates import run_in_thread


def test_elements_leave_when_all_their_components_are_there():
    barrier = Barrier([tf.float32, tf.int64], [[], [2]], name="b")
    first = barrier.insert_many(0, ["a", "b"], [1.0, 2.0])
    second = barrier.insert_many(1, ["b", "a"], tf.constant([[3, 4], [5, 6]], tf.int64))
    indices, keys, values = barrier.take_many(2)
    assert (first.name, second.type) == ("b_BarrierInsertMany", "BarrierInsertMany")
    assert [t.shape.as_list() for t in (indices, keys, *values)] == [[2], [2], [2], [2, 2]]
    with tf.Session() as session:
        session.run(first)
        assert session.run([barrier.ready_size(), barrier.incomplete_size()]) == [0, 2]
        taking = run_in_thread(lambda: session.run([keys, *values]))
        session.run(second)
        got = taking()
        by_key = dict(zip(got[0].tolist(), zip(got[1], got[2].tolist(), strict=True), strict=True))
        assert by_key == {b"a": (1.0, [5, 6]), b"b": (2.0, [3, 4])}
        session.run(barrier.close())
        with pytest.raises(tf.errors.OutOfRangeError, match="has insufficient elements"):
            session.run(keys)
        with pytest.raises(tf.errors.CancelledError, match="brand new key: a"):
            session.run(first)


def test_empty_components_are_refused():
    with pytest.raises(ValueError, match="Empty tensors are not supported"):
        Barrier([tf.float32], [[0, 2]])


def test_insertions_that_bring_new_keys_have_an_age_each():
    barrier = Barrier([tf.float32, tf.float32], [[], []])
    first = [barrier.insert_many(0, [name], [1.0]) for name in "ab"]
    second = [barrier.insert_many(1, [name], [1.0]) for name in "ab"]
    indices = barrier.take_many(2)[0]
    with tf.Session() as session:
        for pair in zip(first, second, strict=True):
            session.run(pair[0])
            session.run(pair[1])
        assert session.run(indices).tolist() == [-(2**63), -(2**63) + 1]


def test_values_without_elements_are_refused():
    barrier = Barrier([tf.float32, tf.float32], name="b")
    inserting = barrier.insert_many(0, ["a", "b"], tf.zeros([2, 0]))
    with (
        tf.Session() as session,
        pytest.raises(tf.errors.InvalidArgumentError, match=r"no elements are not supported.*2,0"),
    ):
        session.run(inserting)


@pytest.mark.parametrize(
    ("types", "shapes", "text"),
    [
        ([tf.int32], [[]], "component types float but requested component types were int32"),
        ([tf.float32] * 2, [[], []], "requested component types were float, float"),
        ([tf.float32], [[2]], r"component shapes \[\[\]\] but requested .* were \[\[2\]\]"),
    ],
)
def test_a_shared_barrier_is_like_what_every_user_asks_for(types, shapes, text):
    one = Barrier([tf.float32], [[]], shared_name="shared barrier")
    same = Barrier([tf.float32], [[]], shared_name="shared barrier")
    other = Barrier(types, shapes, shared_name="shared barrier")
    with tf.Session() as session:
        session.run([one.ready_size(), same.ready_size()])
        with pytest.raises(tf.errors.InvalidArgumentError, match=text):
            session.run(other.ready_size())
