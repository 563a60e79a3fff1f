"""Graphs of control flow that are wired by hand with the functions of `tensorflow.python.ops`."""

import subprocess
import sys
from typing import Any

import pytest

import tensormill as tf
from tensormill.functional.defun import Defun
from tensormill.tensorflow_modules import control_flow_functions as wiring
from tensormill.tensorflow_modules import functional_control_flow as functional


def test_an_identity_of_a_reference_can_be_assigned_to() -> None:
    variable = tf.Variable(7, use_resource=False)
    same = wiring.pass_on(variable)
    assigned = tf.assign(same, 9)
    after = wiring.with_dependencies([assigned], same)
    with tf.Session() as session:
        session.run(variable.initializer)
        assert session.run(after) == 9
        assert session.run(variable) == 9


def test_a_reference_enters_a_frame() -> None:
    variable = tf.Variable(7, use_resource=False)
    inside = wiring.enter(variable, "frame", is_constant=True)
    nine = wiring.enter(tf.constant(9), "frame")
    left = wiring.exit(wiring.with_dependencies([tf.assign(inside, nine)], inside))
    with tf.Session() as session:
        session.run(variable.initializer)
        assert session.run(left) == 9


def test_a_loop_is_wired_by_hand() -> None:
    start = wiring.enter(tf.constant(0), "loop")
    one, ten = (wiring.enter(tf.constant(n), "loop", is_constant=True) for n in (1, 10))
    around = wiring.merge([start, start]).output
    leave, stay = wiring.switch(around, tf.raw_ops.LoopCond(input=around < ten))
    around.op._update_input(1, wiring.next_iteration(stay + one))
    with tf.Session() as session:
        assert session.run(wiring.exit(leave)) == 10


def test_slices_go_through_switch_and_merge() -> None:
    slices = tf.IndexedSlices(tf.constant([1, 2]), tf.constant([0, 4]))
    merged, index = wiring.merge(wiring.switch(slices, tf.constant(True)))
    assert isinstance(merged, tf.IndexedSlices)
    with tf.Session() as session:
        value = session.run(merged)
        assert value.values.tolist() == [1, 2]
        assert value.indices.tolist() == [0, 4]
        assert session.run(index) == 1
    with pytest.raises(ValueError, match="None"):
        wiring.merge([slices, None])


def test_branches_give_slices_with_indices_of_different_widths() -> None:
    value = tf.constant([10])
    short, long = (tf.constant([0], dtype) for dtype in (tf.int32, tf.int64))
    choice = tf.placeholder(tf.bool, [])
    result = tf.cond(
        choice,
        lambda: tf.IndexedSlices(value + 1, short),
        lambda: tf.IndexedSlices(value - 1, long),
    )
    assert result.indices.dtype is tf.int64
    with tf.Session() as session:
        assert session.run(result, {choice: True}).values.tolist() == [11]
        assert session.run(result, {choice: False}).values.tolist() == [9]


@Defun(tf.float32)
def _grown(x: tf.Tensor) -> tf.Tensor:
    return x + 1.0


@Defun(tf.float32)
def _shrunk(x: tf.Tensor) -> tf.Tensor:
    return x - 1.0


@pytest.mark.parametrize(("choice", "expected"), [(True, 3.0), (False, 1.0), (5, 3.0)])
def test_functions_are_branches(choice: object, expected: float) -> None:
    made = functional.If(choice, [2.0], _grown, _shrunk)
    with tf.Session() as session:
        assert session.run(made) == [expected]


def test_functions_are_conditions_and_bodies() -> None:
    scale = tf.constant(2.0)

    @Defun(tf.int32, tf.float32)
    def is_left(n: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
        return n > 0

    @Defun(tf.int32, tf.float32)
    def add(n: tf.Tensor, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return n - 1, x + tf.cast(n, tf.float32) * scale

    with tf.Session() as session:
        assert session.run(functional.While([3, 0.0], is_left, add)) == [0, 12.0]
    with pytest.raises(ValueError, match="signatures do not match"):
        functional.While([3], is_left, _grown)
    with pytest.raises(ValueError, match="without implicitly captured"):
        functional.While([3, 0.0], add, add)


@pytest.mark.parametrize(("bounds", "total"), [((0, 4, 1), 6.0), ((10, 0, -3), 22.0)])
def test_a_function_is_called_for_each_number(bounds: tuple[int, ...], total: float) -> None:
    @Defun(tf.int32, tf.float32)
    def add(i: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
        return x + tf.cast(i, tf.float32)

    with tf.Session() as session:
        assert session.run(functional.For(*bounds, [0.0], add)) == [total]


def test_bounds_and_bodies_that_make_no_loop() -> None:
    @Defun(tf.int32, tf.float32)
    def keep(i: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
        return x

    with tf.Session() as session:
        with pytest.raises(tf.errors.InvalidArgumentError, match="Invalid start/limit/delta"):
            session.run(functional.For(0, 10, -1, [0.0], keep))
        assert session.run(functional.For(3, 3, 1, [5.0], keep)) == [5.0]
    with pytest.raises(tf.errors.InvalidArgumentError, match="start must be a scalar"):
        functional.For([0], 10, 1, [0.0], keep)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"returned 1 arguments. Expected: 2"):
        functional.For(0, 10, 1, [0.0, 0.0], keep)


def test_kernels_are_there_without_the_public_names() -> None:
    program = """
from tensormill.graph.constants import constant
from tensormill.session.session import Session
with Session() as session:
    print(session.run(constant(7)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("7\n", 0), done.stderr


def test_a_condition_is_a_tensor() -> None:
    with pytest.raises(TypeError, match=r"^pred must not be a Python bool$"):
        tf.cond(True, lambda: 1, lambda: 2)


def test_parts_of_branches_and_loops_are_told_apart() -> None:
    from tensormill.tensorflow_modules import control_flow_facts as facts

    x = tf.constant(1.0)
    outside = tf.constant(2.0)
    chosen = tf.cond(x < 2.0, lambda: x + 1.0, lambda: x - 1.0)
    inside: list[Any] = []

    def body(i: Any) -> Any:
        inside.append(i + outside)
        return inside[-1]

    end = tf.while_loop(lambda i: i < 9.0, body, [x])
    operations = tf.get_default_graph().get_operations()
    for op in (op for op in operations if op.type == "Switch"):
        assert facts.IsCondSwitch(op) is op.name.startswith("cond/")
    for op in (op for op in operations if op.type == "Merge"):
        assert facts.IsCondMerge(op) is op.name.startswith("cond/")
    assert facts.IsCondMerge(chosen.op)
    assert not facts.IsCondSwitch(x.op)
    entered = inside[0].op.inputs[1]
    assert facts.GetLoopConstantEnter(entered).inputs[0] is outside
    assert facts.GetLoopConstantEnter(x) is None
    loop = inside[0].op._get_control_flow_context()
    assert facts.TensorInContext(inside[0], loop)
    assert facts.TensorInContext(inside[0], None)
    assert not facts.OpInContext(x.op, loop)
    facts.CheckInputFromValidContext(end.op, x.op)
    with pytest.raises(ValueError, match="is in a while loop"):
        facts.CheckInputFromValidContext(x.op, inside[0].op)


def test_branches_that_differ_say_so() -> None:
    with pytest.raises(ValueError, match="Incompatible return values of true_fn and false_fn"):
        tf.cond(tf.constant(True), lambda: [1, 2], lambda: [1])
