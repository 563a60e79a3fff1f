"""Staging areas: what users make of the ops, and steps that wait at them."""

import numpy as np
import pytest

import tensormill as tf
from tests.gates import run_in_thread, wait_until


def test_a_step_computes_on_what_the_step_before_staged():
    x = tf.placeholder(tf.float32, [2])
    area = tf.contrib.staging.StagingArea([tf.float32], [[2]], names=["x"])
    put, got = area.put({"x": x}), area.get()
    doubled = got["x"] * 2.0
    assert (put.name, got["x"].shape.as_list()) == ("StagingArea_put", [2])
    with tf.Session() as session:
        session.run(put, {x: [1.0, 2.0]})
        for number in range(3):
            value, _ = session.run([doubled, put], {x: [number, 0.0]})
        assert value.tolist() == [2.0, 0.0]
        assert session.run(area.size()) == 1
        session.run(area.clear())
        assert session.run(area.size()) == 0


def test_a_put_waits_for_room_and_a_get_for_an_element():
    area = tf.contrib.staging.StagingArea([tf.int32], capacity=1)
    x = tf.placeholder(tf.int32, [])
    put, got = area.put([x]), area.get()
    with tf.Session() as session:
        session.run(put, {x: 1})
        waiting = run_in_thread(lambda: session.run(put, {x: 2}))
        assert session.run(got) == [1]
        assert waiting() is None
        assert session.run(got) == [2]
        taking = run_in_thread(lambda: session.run(got))
        session.run(put, {x: 3})
        assert taking() == [3]
        with pytest.raises(tf.errors.DeadlineExceededError, match="StagingArea_get"):
            session.run(got, options=tf.RunOptions(timeout_in_ms=20))


def test_elements_by_key_are_put_and_taken_in_parts():
    area = tf.contrib.staging.MapStagingArea(
        [tf.float32, tf.int32], [[2], []], names=["v", "n"], ordered=True
    )
    key = tf.placeholder(tf.int64, [])
    put_v, put_n = (
        area.put(key, {"v": tf.constant([1.0, 2.0])}),
        area.put(key, {"n": tf.constant(3)}),
    )
    _, taken = area.get(key, indices=["n"])
    any_key, rest = area.get()
    peeked = area.peek(key, indices=["v"])
    with tf.Session() as session:
        session.run(put_v, {key: 5})
        assert session.run([area.size(), area.incomplete_size()]) == [0, 1]
        waiting = run_in_thread(lambda: session.run(taken, {key: 5}))
        session.run(put_n, {key: 5})
        assert waiting() == {"n": 3}
        assert session.run(peeked, {key: 5})["v"].tolist() == [1.0, 2.0]
        with pytest.raises(tf.errors.InvalidArgumentError, match="already been removed"):
            session.run(rest)
        for number in (9, 5):
            session.run(area.clear())
            session.run(put_v, {key: number})
            session.run(put_n, {key: number})
        got = session.run([any_key, rest])
        assert (got[0], got[1]["n"], got[1]["v"].tolist()) == (5, 3, [1.0, 2.0])


def test_what_is_staged_is_a_copy_of_what_was_fed():
    area = tf.contrib.staging.StagingArea([tf.float32], [[2]])
    x = tf.placeholder(tf.float32, [2])
    put, got = area.put([x]), area.get()
    with tf.Session() as session:
        fed = np.float32([1.0, 2.0])
        session.run(put, {x: fed})
        fed[:] = 9.0
        assert session.run(got)[0].tolist() == [1.0, 2.0]


def test_closing_the_session_cancels_what_waits():
    area = tf.contrib.staging.StagingArea([tf.float32])
    got = area.get()
    session = tf.Session()
    step = run_in_thread(lambda: session.run(got))
    wait_until(lambda: session._master_session.running.entries)
    session.close()
    assert isinstance(step(), tf.errors.CancelledError)


def test_wrong_arguments_are_refused():
    make = tf.contrib.staging.StagingArea
    with pytest.raises(ValueError, match="shared_name must be a string"):
        make([tf.float32], shared_name=3)
    with pytest.raises(ValueError, match="shapes must be the same length"):
        make([tf.float32], shapes=[[], []])
    with pytest.raises(ValueError, match="names must be the same length"):
        make([tf.float32], names=["a", "b"])
    area = make([tf.float32], [[2]])
    with pytest.raises(ValueError, match="Datatypes do not match"):
        area.put([tf.constant([1, 2])])
    with pytest.raises(ValueError, match="must have names"):
        area.put({"a": tf.constant([1.0, 2.0])})
    by_key = tf.contrib.staging.MapStagingArea([tf.float32, tf.int32])
    with pytest.raises(ValueError, match="Indices must be supplied"):
        by_key.put(1, [tf.constant(1.0)])
    for wrong, error in (
        ([], ValueError),
        ("ab", TypeError),
        (["a"], ValueError),
        ([0, "a"], TypeError),
    ):
        with pytest.raises(error):
            by_key.get(1, indices=wrong)
