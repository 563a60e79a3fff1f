"""Loops and branches that primitives spell out run as compiled code, with their semantics kept."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf
from tensormill.graph.op_table import OP_DEFS
from tensormill.runtime.plan.instructions import LoopInstruction
from tests.runtime.plans import instructions_in

RUNS = 4  # walked, measured, compiled, compiled again


def node(op_type, *inputs, **attrs):
    return OP_DEFS[op_type].builder(*inputs, **attrs)


def run_often(session, fetches, feeds=None):
    """Run a step until its compiled form runs too; all forms must agree."""
    results = [session.run(fetches, feeds) for _ in range(RUNS)]
    for result in results[1:]:
        np.testing.assert_equal(result, results[0])
    return results[0]


def counting_loop(limit, start=0, frame="loop"):
    enter = node("Enter", tf.constant(start), frame_name=frame)
    bound = node("Enter", tf.constant(limit), frame_name=frame, is_constant=True)
    merged, _ = node("Merge", [enter, enter])
    go_on = node("LoopCond", merged < bound)
    leave, stay = node("Switch", merged, go_on)
    merged.op._update_input(1, node("NextIteration", stay + 1))
    return node("Exit", leave)


def instructions_that_ran(session):
    """Return the instructions of the only step that a session has run."""
    signature = next(iter(session._signatures.values()))
    return instructions_in(signature.step.program)


def test_a_loop_is_one_instruction():
    end = counting_loop(7)
    with tf.Session() as session:
        assert run_often(session, end) == 7
        loops = [i for i in instructions_that_ran(session) if isinstance(i, LoopInstruction)]
        assert len(loops) == 1


def test_a_loop_that_never_starts_gives_the_initial_value():
    end = counting_loop(3, start=5)
    with tf.Session() as session:
        assert run_often(session, end) == 5


def test_a_merge_takes_the_side_that_is_live_and_says_which():
    pred = tf.placeholder(tf.bool, [])
    when_false, when_true = node("Switch", tf.constant([1.0, 2.0]), pred)
    merged, index = node("Merge", [when_false + 10.0, when_true + 20.0])
    with tf.Session() as session:
        assert run_often(session, [merged, index], {pred: True})[1] == 1
        values, which = run_often(session, [merged, index], {pred: False})
        assert which == 0
        np.testing.assert_array_equal(values, [11.0, 12.0])


def test_the_side_that_is_not_taken_does_not_run():
    pred = tf.placeholder(tf.bool, [])
    variable = tf.Variable(0, use_resource=True)
    _, when_true = node("Switch", tf.constant(1), pred)
    counted = variable.assign_add(when_true)
    with tf.Session() as session:
        session.run(variable.initializer)
        session.run(counted.op, {pred: False})
        session.run(counted.op, {pred: True})
        session.run(counted.op, {pred: False})
        assert session.run(variable) == 1


def test_a_fetch_from_the_side_not_taken_has_no_value():
    pred = tf.placeholder(tf.bool, [])
    when_false, _ = node("Switch", tf.constant(1.0), pred)
    with tf.Session() as session:
        assert session.run(when_false, {pred: False}) == 1.0
        with pytest.raises(tf.errors.InvalidArgumentError, match="does not have value"):
            session.run(when_false, {pred: True})
        assert session.run(when_false, {pred: False}) == 1.0


def test_a_merge_of_unrelated_sides_is_live_where_any_of_them_is():
    first, second = tf.placeholder(tf.bool, []), tf.placeholder(tf.bool, [])
    _, when_first = node("Switch", tf.constant(1.0), first)
    _, when_second = node("Switch", tf.constant(2.0), second)
    merged, _ = node("Merge", [when_first, when_second])
    doubled = merged * 2.0
    with tf.Session() as session:
        assert run_often(session, doubled, {first: True, second: False}) == 2.0
        assert run_often(session, doubled, {first: False, second: True}) == 4.0
        with pytest.raises(tf.errors.InvalidArgumentError, match="does not have value"):
            session.run(doubled, {first: False, second: False})


def test_a_control_input_from_a_switch_is_live_on_both_sides():
    pred = tf.placeholder(tf.bool, [])
    switched, _ = node("Switch", tf.constant(1.0), pred)
    with tf.control_dependencies([switched.op]):
        always = tf.constant(3.0) + tf.random_uniform([], 0.0, 0.0)
    with tf.Session() as session:
        assert run_often(session, always, {pred: True}) == 3.0
        assert run_often(session, always, {pred: False}) == 3.0


def test_values_of_two_frames_do_not_meet():
    a = node("Enter", tf.constant(1.0), frame_name="a")
    b = node("Enter", tf.constant(1.0), frame_name="b")
    both = node("AddV2", a, b)
    with (
        tf.Session() as session,
        pytest.raises(tf.errors.InvalidArgumentError, match="different frames"),
    ):
        session.run(both.op)


def test_loops_and_branches_nest_in_any_order():
    limit = tf.placeholder(tf.int32, [])

    def outer_body(i, total):
        _, inner = tf.while_loop(
            lambda j, t: j < i,
            lambda j, t: (j + 1, t + tf.cond(tf.equal(j % 2, 0), lambda: j, lambda: -i)),
            [tf.constant(0), total],
        )
        return i + 1, tf.cond(i > 2, lambda: inner, lambda: inner * 2)

    _, total = tf.while_loop(lambda i, t: i < limit, outer_body, [tf.constant(0), tf.constant(1)])

    def expected(count):
        result = 1
        for i in range(count):
            for j in range(i):
                result += j if j % 2 == 0 else -i
            if i <= 2:
                result *= 2
        return result

    with tf.Session() as session:
        for count in (0, 1, 4, 9):
            assert run_often(session, total, {limit: count}) == expected(count)


def test_a_merge_with_an_input_that_never_comes_is_live_as_the_other_is():
    pred, inner = tf.placeholder(tf.bool, []), tf.placeholder(tf.bool, [])
    _, taken = node("Switch", tf.constant([1.0, 2.0]), pred)
    _, deeper = node("Switch", taken * 3.0, inner)
    never, _ = node("Switch", deeper, pred)  # false of what is there only where it is true
    merged, which = node("Merge", [never * 0.0, deeper + 1.0])
    after = tf.identity(merged) * 2.0
    with tf.Session() as session:
        found, number = run_often(session, [after, which], {pred: True, inner: True})
        assert (found.tolist(), number) == ([8.0, 14.0], 1)
        (last,) = [i for i in instructions_that_ran(session) if i.node.name == after.op.name]
        assert len(last.guard) == 2
        for pred_value, inner_value in ((True, False), (False, True)):
            with pytest.raises(tf.errors.InvalidArgumentError, match="does not have value"):
                session.run(after, {pred: pred_value, inner: inner_value})


def test_a_loop_waits_for_what_any_of_its_variables_waits_for():
    queue = tf.FIFOQueue(10, [tf.float32], shapes=[[]])
    variable = tf.get_variable("v", initializer=0.0, use_resource=True)
    zero = tf.constant(0.0)
    with tf.control_dependencies([queue.dequeue()]):
        assign = variable.assign(5.0)
    number = node("Enter", tf.constant(0), frame_name="loop")
    with tf.control_dependencies([assign]):
        other = node("Enter", zero, frame_name="loop")
    merges = [node("Merge", [enter, enter])[0] for enter in (number, other)]
    bound = node("Enter", tf.constant(3), frame_name="loop", is_constant=True)
    go_on = node("LoopCond", merges[0] < bound)
    (leave, stay), (leave_other, stay_other) = (node("Switch", merged, go_on) for merged in merges)
    merges[0].op._update_input(1, node("NextIteration", stay + 1))
    merges[1].op._update_input(1, node("NextIteration", tf.identity(stay_other)))
    count = node("Exit", leave)
    with tf.control_dependencies([node("Exit", leave_other)]):
        after = variable.read_value()
    with tf.Session() as session:
        session.run(variable.initializer)
        session.run(queue.enqueue(1.0))
        assert session.run([count, after]) == [3, 5.0]
