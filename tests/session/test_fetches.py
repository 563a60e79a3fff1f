"""What is fetched comes back in the structure in which it was asked for."""

import collections
from typing import NamedTuple

import numpy as np
import pytest

import tensormill as tf
from tensormill.graph.indexed_slices import IndexedSlices, IndexedSlicesValue
from tensormill.graph.sparse_tensor import SparseTensor, SparseTensorValue
from tensormill.session.conversions import register_session_run_conversion_functions


class Pair(NamedTuple):
    first: object
    second: object


class Attribute(NamedTuple):
    name: str


class Record:
    """Looks like what the attrs library makes."""

    __attrs_attrs__ = (Attribute("left"), Attribute("right"))

    def __init__(self, left, right):
        self.left = left
        self.right = right


@pytest.fixture
def session():
    with tf.Session() as session:
        yield session


def test_nested_structures_keep_their_shape_and_types(session):
    two, three, nothing = tf.constant(2.0), tf.constant(3.0), tf.no_op()
    result = session.run([two, (three, {"k": nothing, "l": [two]}), Pair(two, (three,))])
    assert result == [2.0, (3.0, {"k": None, "l": [2.0]}), Pair(2.0, (3.0,))]
    assert type(result[2]) is Pair


def test_dictionaries_come_back_as_what_they_are(session):
    two = tf.constant(2.0)
    ordered = session.run(collections.OrderedDict([("z", two), ("a", two)]))
    assert type(ordered) is collections.OrderedDict
    assert list(ordered) == ["z", "a"]
    default = session.run(collections.defaultdict(list, {"a": two}))
    assert default == {"a": 2.0}
    assert default.default_factory is list


def test_instances_of_attrs_classes_come_back_as_instances(session):
    result = session.run([Record(tf.constant(1.0), [tf.constant(2.0)])])
    assert type(result[0]) is Record
    assert (result[0].left, result[0].right) == (1.0, [2.0])


def test_empty_structures_are_fetched_as_they_are(session):
    tf.no_op()
    assert session.run([]) == []
    assert session.run(()) == ()
    assert session.run({}) == {}
    assert session.run([[], {}]) == [[], {}]


def test_names_stand_for_tensors_and_operations(session):
    tf.constant(2.0, name="two")
    assert session.run(["two:0", "two", b"two:0"]) == [2.0, None, 2.0]


def test_the_same_fetch_twice_is_computed_once_and_given_twice(session):
    x = tf.placeholder(tf.float32, [2])
    y = x + 1.0
    first, second = session.run([y, y], {x: [1.0, 2.0]})
    assert first.tolist() == second.tolist() == [2.0, 3.0]


def test_scalars_come_back_as_numpy_scalars_and_strings_as_bytes(session):
    fetches = [
        tf.constant(1.0),
        tf.constant(1, tf.int64),
        tf.constant(True),
        tf.constant("a"),
        tf.constant(["a"]),
        tf.constant([1]),
    ]
    kinds = [type(value) for value in session.run(fetches)]
    assert kinds == [np.float32, np.int64, np.bool_, bytes, np.ndarray, np.ndarray]


def test_a_list_that_is_changed_after_a_run_means_what_it_holds_now(session):
    one, two = tf.constant(1.0), tf.constant(2.0)
    fetches = [one]
    assert session.run(fetches) == [1.0]
    fetches.append(two)
    assert session.run(fetches) == [1.0, 2.0]
    fetches[:] = [two]
    assert session.run(fetches) == [2.0]


def test_a_nested_structure_that_is_changed_after_a_run_means_what_it_holds_now(session):
    one, two = tf.constant(1.0), tf.constant(2.0)
    fetches = {"a": [one, (two,)], "b": {"c": one}}
    for _ in range(3):
        assert session.run(fetches) == {"a": [1.0, (2.0,)], "b": {"c": 1.0}}
    fetches["a"].append(two)
    fetches["b"] = [one]
    assert session.run(fetches) == {"a": [1.0, (2.0,), 2.0], "b": [1.0]}
    del fetches["a"]
    assert session.run(fetches) == {"b": [1.0]}


def test_a_list_a_tuple_and_a_named_tuple_of_the_same_tensors_are_told_apart(session):
    one, two = tf.constant(1.0), tf.constant(2.0)
    for _ in range(2):
        assert type(session.run([one, two])) is list
        assert type(session.run((one, two))) is tuple
        assert type(session.run(Pair(one, two))) is Pair
        nested = session.run([Pair(one, two), (one, two)])
        assert [type(part) for part in nested] == [Pair, tuple]


def test_nodes_that_are_added_after_a_run_can_be_fetched(session):
    one = tf.constant(1.0)
    assert session.run(one) == 1.0
    more = one + 1.0
    assert session.run([one, more]) == [1.0, 2.0]


def test_what_a_user_does_to_a_fetched_array_changes_nothing_else(session):
    constant = tf.constant([1.0, 2.0])
    for _ in range(3):
        value = session.run(constant)
        value += 1.0
    assert session.run(constant).tolist() == [1.0, 2.0]


def test_a_fed_tensor_that_is_fetched_comes_back_as_it_was_fed(session):
    x = tf.placeholder(tf.float32, [2])
    y = x + 1.0
    fetched_x, fetched_y, again = session.run([x, y, x], {x: [1.0, 2.0]})
    assert (fetched_x.tolist(), fetched_y.tolist(), again.tolist()) == ([1, 2], [2, 3], [1, 2])
    assert session.run(x, {x: [5.0, 6.0]}).tolist() == [5.0, 6.0]


def test_indexed_slices_are_fetched_and_fed_as_their_parts(session):
    values, indices = tf.placeholder(tf.float32, [2, 1]), tf.placeholder(tf.int32, [2])
    slices = IndexedSlices(values + 1.0, indices + 1)
    fed = IndexedSlices(values, indices)
    result = session.run({"s": slices}, {fed: IndexedSlicesValue([[1.0], [2.0]], [3, 4], None)})[
        "s"
    ]
    assert type(result) is IndexedSlicesValue
    assert result.values.tolist() == [[2.0], [3.0]]
    assert result.indices.tolist() == [4, 5]
    assert result.dense_shape is None


def test_sparse_tensors_are_fetched_and_fed_as_their_parts(session):
    parts = (
        tf.placeholder(tf.int64, [None, 2]),
        tf.placeholder(tf.float32, [None]),
        tf.placeholder(tf.int64, [2]),
    )
    fed = SparseTensor(*parts)
    doubled = SparseTensor(fed.indices, fed.values * 2.0, fed.dense_shape)
    value = SparseTensorValue([[0, 1], [2, 0]], [1.0, 2.0], [3, 4])
    for _ in range(2):
        (result,) = session.run([doubled], {fed: value})
        assert type(result) is SparseTensorValue
        assert [part.tolist() for part in result] == [[[0, 1], [2, 0]], [2.0, 4.0], [3, 4]]
    again = session.run(doubled, {fed: result})
    assert again.values.tolist() == [4.0, 8.0]


def test_users_can_teach_sessions_their_own_types(session, monkeypatch):
    monkeypatch.setattr("tensormill.session.conversions._expansions", [])

    class Interval:
        def __init__(self, low, high):
            self.low, self.high = low, high

    register_session_run_conversion_functions(
        Interval,
        lambda interval: ([interval.low, interval.high], lambda values: values[1] - values[0]),
        lambda interval, value: [(interval.low, value[0]), (interval.high, value[1])],
        lambda interval: [interval.low, interval.high],
    )
    low, high = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [])
    fed = Interval(low, high)
    assert session.run([Interval(low + 1.0, high * 2.0)], {fed: (1.0, 5.0)}) == [8.0]
    handle = session.partial_run_setup([high], [fed])
    assert session.partial_run(handle, high, {fed: (1.0, 5.0)}) == 5.0
    with pytest.raises(ValueError, match="already been registered"):
        register_session_run_conversion_functions(Interval, None)
