"""The order of operations with side effects."""

from __future__ import annotations

from typing import Any

import pytest

import tensormill.api as tf
from tensormill.tensorflow_modules.automatic_control import (
    AutomaticControlDependencies,
    automatic_control_dependencies,
    op_is_stateful,
)


def _run(fetch: Any, feeds: Any = None) -> Any:
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetch, feeds)


def test_assignments_run_one_after_the_other_and_before_the_result() -> None:
    variable = tf.Variable(1.0, use_resource=True)
    with AutomaticControlDependencies() as block:
        variable.assign(variable + 1)
        variable.assign(2 * variable)
        result = block.mark_as_return(variable.read_value())
    assert _run(result) == 4.0
    kinds = sorted(op.type for op in block.ops_which_must_run)
    assert kinds.count("AssignVariableOp") == 2
    assert set(kinds) == {"AssignVariableOp", "ReadVariableOp"}


@pytest.mark.parametrize(("flag", "expected"), [(True, 5.0), (False, 6.0)])
def test_branches_keep_the_order_too(flag: bool, expected: float) -> None:
    variable = tf.Variable(1.0, use_resource=True)
    is_true = tf.placeholder(tf.bool, [])
    with AutomaticControlDependencies() as block:
        variable.assign(2.0)

        def add() -> Any:
            variable.assign(variable + 3)
            return 1.0

        def multiply() -> Any:
            variable.assign(variable * 3)
            return 1.0

        tf.cond(is_true, add, multiply)
        result = block.mark_as_return(variable.read_value())
    assert _run(result, {is_true: flag}) == expected


def test_a_function_is_made_to_keep_its_order() -> None:
    variable = tf.Variable(1.0, use_resource=True)

    @automatic_control_dependencies
    def double_and_read() -> Any:
        variable.assign(variable * 2)
        return {"value": variable.read_value(), "slices": tf.IndexedSlices([1.0], [0])}

    result = double_and_read()
    assert _run(result["value"]) == 2.0
    assert _run(result["slices"]).values.tolist() == [1.0]


def test_random_numbers_are_drawn_in_any_order() -> None:
    assert not op_is_stateful(tf.random_uniform([1]).op)
    assert op_is_stateful(tf.Variable(1.0, use_resource=True).handle.op)


def test_the_graph_stays_the_same() -> None:
    block = AutomaticControlDependencies()
    block.__enter__()
    with tf.Graph().as_default(), pytest.raises(RuntimeError, match="Graph changed"):
        block.__exit__()


@pytest.mark.parametrize("flag", [True, False])
def test_a_merge_waits_for_a_branch_that_is_not_taken_without_being_dead(flag: bool) -> None:
    x, is_true = tf.constant(1.0), tf.placeholder(tf.bool, [])
    inside: list[Any] = []

    def add() -> Any:
        inside.append(x + 2.0)
        return inside[0]

    chosen = tf.cond(is_true, add, lambda: x * 3.0)
    chosen.op._add_control_input(inside[0].op)
    assert _run(chosen, {is_true: flag}) == 3.0
