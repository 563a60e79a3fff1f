"""`functional_ops.While`: what has an effect in it, and what comes after it."""

from __future__ import annotations

from typing import Any

import pytest

import tensormill.api as tf
from tensormill.functional.defun import Defun
from tensormill.tensorflow_modules.functional_control_flow import While


@Defun(tf.int32, tf.float32)
def few(i: Any, x: Any) -> Any:
    return i < 3


@Defun(tf.int32, tf.float32)
def next_number(i: Any, x: Any) -> Any:
    return i + 1, x


def run(fetch: Any, feed_dict: Any = None) -> Any:
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetch, feed_dict)


@pytest.mark.parametrize("output", [0, 1])
def test_what_a_condition_assigns_is_assigned_before_who_reads_an_output(output: int) -> None:
    asked = tf.get_variable("asked", initializer=0.0, use_resource=True)

    @Defun(tf.int32, tf.float32, tf.resource)
    def counting(i: Any, x: Any, handle: Any) -> Any:
        tf.raw_ops.AssignAddVariableOp(resource=handle, value=1.0)
        return i < 3

    @Defun(tf.int32, tf.float32, tf.resource)
    def body(i: Any, x: Any, handle: Any) -> Any:
        return i + 1, x, handle

    outputs = While([0, 5.0, asked.handle], counting, body)
    with tf.control_dependencies([tf.identity(outputs[output])]):
        after = asked.read_value()
    assert run(after) == 4.0


def test_a_variable_that_stays_the_same_comes_out_after_the_loop() -> None:
    variable = tf.get_variable("v", initializer=0.0, use_resource=True)
    x = tf.placeholder(tf.float32, [])
    with tf.control_dependencies([variable.assign(7.0)]):
        start = tf.constant(0)
    same = While([start, x], few, next_number)[1]
    with tf.control_dependencies([tf.identity(same)]):
        after = variable.read_value()
    assert run([same, after], {x: 2.0}) == [2.0, 7.0]
