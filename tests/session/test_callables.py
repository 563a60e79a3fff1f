"""Callables: a step bound to its fetches and the order of its feeds."""

import pytest

import tensormill as tf
from tests.session.ref_variables import make_variable


@pytest.fixture
def session():
    with tf.Session() as session:
        yield session


def test_a_callable_gives_what_run_gives(session):
    one = tf.constant(1.0, name="one")
    nothing = tf.no_op()
    assert session.make_callable(one)() == 1.0
    assert session.make_callable("one:0")() == 1.0
    assert session.make_callable(nothing)() is None
    assert session.make_callable([one, {"k": (nothing, one)}])() == [1.0, {"k": (None, 1.0)}]


def test_arguments_are_the_values_of_the_feed_list_in_its_order(session):
    x, y = tf.placeholder(tf.float32, [], name="x"), tf.placeholder(tf.float32, [])
    difference = x - y
    assert session.make_callable(difference, [x, y])(5.0, 3.0) == 2.0
    assert session.make_callable(difference, [y, "x:0"])(3.0, 5.0) == 2.0
    assert session.make_callable([x, difference], (x, y))(5.0, 3.0) == [5.0, 2.0]


def test_missing_arguments_are_not_fed_and_surplus_ones_are_ignored(session):
    x, y = tf.placeholder(tf.float32, [], name="x"), tf.placeholder(tf.float32, [], name="y")
    call = session.make_callable(x - y, [x, y])
    with pytest.raises(tf.errors.InvalidArgumentError, match="placeholder tensor 'y'"):
        call(1.0)
    assert call(5.0, 3.0, 7.0) == 2.0


def test_a_callable_takes_options_and_metadata(session):
    x = tf.placeholder(tf.float32, [])
    call = session.make_callable(x + 1.0, [x], accept_options=True)
    metadata = tf.RunMetadata()
    options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
    assert call(1.0, options=options, run_metadata=metadata) == 2.0
    assert metadata.step_stats.dev_stats
    plain = session.make_callable(x + 1.0, [x])
    assert plain(1.0, options=options) == 2.0


def test_the_structure_of_fetches_is_read_once(session):
    one, two = tf.constant(1.0), tf.constant(2.0)
    fetches = [one]
    call = session.make_callable(fetches)
    fetches.append(two)
    assert call() == [1.0]


def test_a_callable_sees_variables_change(session):
    variable = make_variable([1.0, 2.0])
    session.run(variable.initializer)
    read, step = session.make_callable(variable.ref), session.make_callable(variable.add_one)
    before = read()
    for _ in range(3):
        step()
    assert before.tolist() == [1.0, 2.0]
    assert read().tolist() == [4.0, 5.0]
