"""What is known of handles; calls that keep their devices; loops of functions that do not fit."""

from __future__ import annotations

import copy
from typing import Any

import pytest

import tensormill as tf
from tensormill.functional.defun import Defun
from tensormill.python.framework import cpp_shape_inference_pb2
from tensormill.python.ops import (
    custom_gradient,
    functional_ops,
    gen_functional_ops,
    resource_variable_ops,
)


@Defun(tf.float32, tf.float32)
def sums(x: Any, y: Any) -> Any:
    return x + y, x * y


def _scaled(by: float) -> Any:
    def scaled(x: Any) -> Any:
        return x * by

    return scaled


@Defun(tf.float32, tf.float32)
def is_positive(n: Any, x: Any) -> Any:
    return n > 0


def test_a_handle_tells_the_dtype_and_shape_behind_it() -> None:
    handle = tf.Variable([[1.0, 2.0]], use_resource=True).handle
    data = resource_variable_ops.get_resource_handle_data(handle)
    assert isinstance(data, cpp_shape_inference_pb2.CppShapeInferenceResult.HandleData)
    assert data.is_set
    assert data.shape_and_type[0].dtype == tf.float32.as_datatype_enum
    assert tf.TensorShape(data.shape_and_type[0].shape) == [1, 2]
    other = tf.placeholder(tf.resource)
    assert not resource_variable_ops.get_resource_handle_data(other).is_set
    custom_gradient.copy_handle_data(handle, other)
    assert resource_variable_ops.get_resource_handle_data(other) == data
    custom_gradient.copy_handle_data(tf.constant(1.0), other)
    assert resource_variable_ops.get_resource_handle_data(other) == data


def test_zeros_for_unconnected_variables_have_a_static_shape() -> None:
    variable = tf.Variable([[1.0, 2.0]], use_resource=True)
    (zeros,) = tf.gradients(tf.constant(0.0), [variable], unconnected_gradients="zero")
    assert zeros.shape.as_list() == [1, 2]


def test_variables_of_graphs_are_not_copied() -> None:
    with pytest.raises(NotImplementedError, match="only available when eager execution"):
        copy.deepcopy(tf.Variable(1.0, use_resource=True))


def test_partitioned_calls_give_the_results_of_functions() -> None:
    made = functional_ops.partitioned_call([2.0, 3.0], sums)
    assert made[0].op.type == "PartitionedCall"

    @Defun(tf.float32)
    def without_results(x: Any) -> None:
        tf.Print(x, [])

    nothing = functional_ops.partitioned_call([1.0], without_results)
    assert isinstance(nothing, tf.Operation)
    with tf.Session() as session:
        assert session.run(made) == [5.0, 6.0]
        session.run(nothing)


def test_functions_in_lists_of_attributes_are_added_to_the_graph() -> None:
    branches = [Defun(tf.float32)(_scaled(by)) for by in (2.0, 3.0)]
    (made,) = gen_functional_ops.case(1, [5.0], Tout=[tf.float32], branches=branches)
    with tf.Session() as session:
        assert session.run(made) == 15.0


def test_loops_say_which_results_of_their_functions_do_not_fit() -> None:
    @Defun(tf.float32, tf.float32)
    def two_conditions(n: Any, x: Any) -> Any:
        return n > 0, x

    @Defun(tf.float32, tf.float32)
    def three_results(n: Any, x: Any) -> Any:
        return n - 1, x, x

    for condition, body, message in (
        (two_conditions, sums, r"Expected a single scalar.*got 2 tensors"),
        (is_positive, three_results, "While loop body returned 3 arguments. Expected: 2"),
    ):
        looped = functional_ops.While([1.0, 2.0], condition, body)
        with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match=message):
            session.run(looped)


def test_handles_keep_what_is_known_of_them_through_identities_and_custom_gradients():
    seen = []

    @tf.custom_gradient
    def updated(handle: Any, indices: Any, values: Any) -> Any:
        update = resource_variable_ops.resource_scatter_update(handle, indices, values)
        with tf.control_dependencies([update]):
            new_handle = tf.identity(handle)

        def grad(dresult: Any) -> Any:
            seen.append(tf.get_static_value(dresult.dense_shape))
            return [dresult, None, None]

        return new_handle, grad

    with tf.Graph().as_default():
        variable = tf.Variable(tf.zeros([10, 4]), use_resource=True)
        handle = updated(variable.handle, tf.constant([0]), tf.constant([[0.0, 1, 2, 3]]))
        assert handle._handle_data == variable.handle._handle_data
        rows = resource_variable_ops.resource_gather(handle, tf.constant([2, 3]), tf.float32)
        (gradient,) = tf.gradients([rows], [variable])
        assert isinstance(gradient, tf.IndexedSlices)
    assert seen[0].tolist() == [10, 4]
