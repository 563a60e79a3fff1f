"""Functions of the graph in the places where calls may stand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.functional.defun import Defun


def run(*fetches: Any, optimized: bool = True) -> Any:
    config = tf.ConfigProto()
    if not optimized:
        config.graph_options.optimizer_options.opt_level = -1
    with tf.Session(config=config) as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetches if len(fetches) > 1 else fetches[0])


@Defun(tf.float32)
def halved(x: Any) -> Any:
    return x / 2.0


@Defun(tf.float32)
def seven(x: Any) -> Any:
    return tf.constant(7.0)


@pytest.mark.parametrize("optimized", [True, False])
def test_a_call_in_a_loop_runs_in_each_iteration(optimized: bool) -> None:
    count, value = tf.while_loop(
        lambda i, x: tf.reshape(x > 1.0, []),
        lambda i, x: (i + 1, halved(x)),
        [0, tf.constant(20.0)],
        shape_invariants=[tf.TensorShape([]), tf.TensorShape(None)],
    )
    assert run(count, value, optimized=optimized) == (5, 0.625)


@pytest.mark.parametrize("optimized", [True, False])
@pytest.mark.parametrize("taken", [True, False])
def test_what_a_function_assigns_in_a_branch_not_taken_stays(taken: bool, optimized: bool) -> None:
    with tf.variable_scope("scope", use_resource=True):
        variable = tf.get_variable("v", initializer=1.0)

    @Defun(capture_resource_var_by_value=False)
    def count_up() -> Any:
        tf.raw_ops.AssignAddVariableOp(resource=variable.handle, value=tf.constant(1.0))
        return tf.constant(3.0)

    chosen = tf.cond(tf.constant(taken), count_up, lambda: tf.constant(4.0))
    with tf.control_dependencies([chosen]):
        after = variable.read_value()
    assert run(chosen, after, optimized=optimized) == ((3.0, 2.0) if taken else (4.0, 1.0))


def test_a_constant_result_is_dead_where_the_call_is() -> None:
    x = tf.constant(1.0)
    chosen = tf.cond(x > 2.0, lambda: seven(x), lambda: tf.constant(8.0))
    assert run(chosen) == 8.0


def test_a_call_waits_for_its_control_inputs() -> None:
    variable = tf.get_variable("v", initializer=1.0, use_resource=True)

    @Defun(capture_resource_var_by_value=False)
    def read() -> Any:
        return tf.raw_ops.ReadVariableOp(resource=variable.handle, dtype=tf.float32)

    with tf.control_dependencies([variable.assign(5.0)]):
        assert run(read()) == 5.0


@pytest.mark.parametrize("optimized", [False, True])
def test_an_argument_that_a_call_hands_on_waits_for_its_control_inputs(optimized: bool) -> None:
    variable = tf.get_variable("v", initializer=1.0)

    @Defun(tf.float32, tf.float32)
    def second(x: Any, y: Any) -> Any:
        return y

    x = tf.constant(2.0)
    with tf.control_dependencies([variable.assign(5.0)]):
        handed_on = second(x, x)
    with tf.control_dependencies([handed_on]):
        after_call = variable.read_value()
    with tf.control_dependencies([tf.identity(handed_on)]):
        after_reader = variable.read_value()
    for fetch in (after_call, after_reader):
        assert run(fetch, optimized=optimized) == 5.0


def test_a_target_that_is_a_call_runs() -> None:
    variable = tf.get_variable("v", initializer=1.0, use_resource=True)

    @Defun(capture_resource_var_by_value=False)
    def assign() -> None:
        tf.raw_ops.AssignVariableOp(resource=variable.handle, value=tf.constant(9.0))

    call = assign()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(call)
        assert session.run(variable) == 9.0


def test_random_ops_of_two_calls_differ() -> None:
    @Defun()
    def draw() -> Any:
        return tf.random_uniform([4])

    a, b = run(draw(), draw())
    assert np.all(a != b)


def test_captured_by_value_is_copied_into_the_body() -> None:
    outside = tf.constant(2.0) * 3.0

    @Defun(capture_by_value=True)
    def inside() -> Any:
        return outside + 1.0

    assert not inside.captured_inputs
    assert run(inside()) == 7.0


def test_state_cannot_be_captured_by_value() -> None:
    variable = tf.get_variable("v", initializer=1.0, use_resource=True)

    @Defun(capture_by_value=True)
    def inside() -> Any:
        return variable.value() + 1.0

    with pytest.raises(ValueError, match="Cannot capture a stateful node"):
        inside()


def test_errors_inside_of_a_function_name_the_node() -> None:
    @Defun(tf.float32)
    def checked(x: Any) -> Any:
        return tf.check_numerics(x, "no number")

    with pytest.raises(tf.errors.InvalidArgumentError, match="no number"):
        run(checked(tf.constant(np.float32("nan"))))


def test_an_unknown_function_is_reported() -> None:
    call = tf.raw_ops.PartitionedCall(args=[tf.constant(1.0)], Tout=[tf.float32], f="nobody")
    with pytest.raises(tf.errors.NotFoundError, match="nobody"):
        run(call[0])


def test_functions_call_functions_and_survive_a_round_trip() -> None:
    @Defun(tf.float32)
    def quartered(x: Any) -> Any:
        return halved(halved(x))

    x = tf.placeholder(tf.float32, [], name="x")
    tf.add(quartered(x), tf.gradients(quartered(x), x)[0], name="out")
    message = tf.get_default_graph().as_graph_def()
    with tf.Graph().as_default():
        tf.import_graph_def(message, name="")
        with tf.Session() as session:
            assert session.run("out:0", {"x:0": 8.0}) == 2.25
