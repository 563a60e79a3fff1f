"""Pipelines as programs write them: what functions of elements use, where iterators stand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill.api as tf

D = tf.data.Dataset


def drain(dataset: Any) -> list[Any]:
    iterator = dataset.make_initializable_iterator()
    element = iterator.get_next()
    found = []
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        session.run(iterator.initializer)
        while len(found) < 20:
            try:
                found.append(session.run(element))
            except tf.errors.OutOfRangeError:
                break
    return found


@pytest.mark.parametrize("use_resource", [False, True])
def test_functions_use_variables_of_the_program(use_resource: bool) -> None:
    variable = tf.get_variable("v", initializer=3.0, use_resource=use_resource)
    assert drain(D.range(2).map(lambda x: tf.cast(x, tf.float32) + variable)) == [3.0, 4.0]


def test_functions_look_words_up_in_tables() -> None:
    table = tf.contrib.lookup.index_table_from_tensor(["a", "b"])
    assert drain(D.from_tensor_slices(["b", "a", "z"]).map(table.lookup)) == [1, 0, -1]


def test_sparse_results_travel_as_sparse_tensors() -> None:
    words = D.from_tensor_slices(["a b", "c d e"]).map(lambda line: tf.string_split([line]))
    dense = words.map(lambda s: tf.sparse_tensor_to_dense(s, ""))
    assert [row.tolist() for row in drain(dense)] == [[[b"a", b"b"]], [[b"c", b"d", b"e"]]]


def test_values_of_sparse_tensors_are_sliced_as_such() -> None:
    value = tf.SparseTensorValue([[0, 0], [1, 1]], [1, 2], [2, 2])
    rows = drain(D.from_tensor_slices(value))
    assert [row.values.tolist() for row in rows] == [[1], [2]]


def test_state_in_a_one_shot_iterator_is_refused_when_the_graph_is_built() -> None:
    variable = tf.get_variable("v", initializer=3.0, use_resource=True)
    dataset = D.range(2).map(lambda x: tf.cast(x, tf.float32) + variable)
    with pytest.raises(ValueError, match=r"use `Dataset\.make_initializable_iterator"):
        dataset.make_one_shot_iterator()


def test_assertions_fail_where_the_element_does() -> None:
    def checked(x: Any) -> Any:
        with tf.control_dependencies([tf.assert_less(x, np.int64(2))]):
            return tf.identity(x)

    element = D.range(4).map(checked).make_one_shot_iterator().get_next()
    with tf.Session() as session:
        assert [session.run(element) for _ in range(2)] == [0, 1]
        with pytest.raises(tf.errors.InvalidArgumentError, match="assertion failed"):
            session.run(element)


def test_fetched_batches_belong_to_the_user() -> None:
    rows = tf.placeholder(tf.float32, [None, 2])
    iterator = D.from_tensor_slices(rows).batch(2).make_initializable_iterator()
    element = iterator.get_next()
    with tf.Session() as session:
        fed = {rows: np.ones((3, 2), np.float32)}
        session.run(iterator.initializer, fed)
        session.run(element)[:] = 7
        session.run(iterator.initializer, fed)
        assert session.run(element).tolist() == [[1.0, 1.0]] * 2


def test_a_monitored_session_stops_at_the_end_of_the_data() -> None:
    iterator = D.range(5).make_initializable_iterator()
    tf.add_to_collection(tf.GraphKeys.TABLE_INITIALIZERS, iterator.initializer)
    element = iterator.get_next()
    tf.train.get_or_create_global_step()
    found = []
    with tf.train.MonitoredTrainingSession() as session:
        while not session.should_stop():
            found.append(int(session.run(element)))
    assert found == [0, 1, 2, 3, 4]


def test_what_is_made_in_init_scope_is_outside_of_functions() -> None:
    made = []

    def function(x: Any) -> Any:
        with tf.init_scope():
            made.append(tf.constant(5, tf.int64))
        return x + made[0]

    assert drain(D.range(2).map(function)) == [5, 6]
    assert made[0].graph is tf.get_default_graph()
