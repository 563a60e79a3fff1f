"""What the body of a `Defun` takes from outside, and functions of messages."""

from __future__ import annotations

from typing import Any

import pytest
from tensorboard.compat.proto import function_pb2

import tensormill.api as tf
from tensormill.functional.defun import DefinedFunction, Defun
from tensormill.functional.defun_graph import get_extra_args, get_extra_inputs, get_extra_vars
from tensormill.functional.function_messages import from_library


@Defun(tf.float32, tf.float32)
def scaled(x: Any, dy: Any) -> Any:
    return x * dy


@Defun(tf.float32, grad_func=scaled)
def doubled(x: Any) -> Any:
    return x * 2.0


@Defun(tf.float32)
def tripled(x: Any) -> Any:
    return x * 3.0


def test_two_calls_of_a_random_function_differ_under_a_graph_seed() -> None:
    tf.set_random_seed(1)

    @Defun()
    def drawn() -> Any:
        return tf.random_uniform([20])

    first, second = drawn(), drawn()
    with tf.Session() as session:
        a, b = session.run([first, second])
    assert (a != b).any()


def test_a_gradient_in_python_belongs_to_the_calls_of_its_function() -> None:
    def plain() -> Any:
        @Defun(tf.float32)
        def same(x: Any) -> Any:
            return x * 2.0

        return same

    def with_gradient() -> Any:
        @Defun(tf.float32, python_grad_func=lambda op, dy: op.inputs[0] * dy / 2.0)
        def same(x: Any) -> Any:
            return x * 2.0

        return same

    x = tf.constant(100.0)
    gradients = [tf.gradients(f()(x), x)[0] for f in (plain, with_gradient)]
    with tf.Session() as session:
        assert session.run(gradients) == [2.0, 50.0]


def test_a_body_tells_what_it_took_so_far() -> None:
    seen = []

    @Defun(tf.float32)
    def function(x: Any) -> Any:
        weight = tf.get_variable("weight", [2], use_resource=True)
        y = x + weight + constant
        seen.append((get_extra_inputs()[1:], get_extra_args(), get_extra_vars()))
        return y

    constant = tf.constant(1.0)
    function(tf.constant(2.0))
    ((inputs, arguments, variables),) = seen
    assert inputs == [constant]
    assert [argument.shape for argument in arguments] == [[2], []]
    assert variables == tf.global_variables()
    assert (get_extra_inputs(), get_extra_args(), get_extra_vars()) == ([], [], [])


def test_guaranteed_constants_stay_so_in_a_body() -> None:
    constant = tf.identity(tf.guarantee_const(tf.Variable(1.0)))
    other = constant + tf.placeholder(tf.float32)

    @Defun()
    def function() -> Any:
        total = constant + other
        types = [argument.consumers()[0].type for argument in get_extra_args()]
        assert types == ["GuaranteeConst", "AddV2"]
        return total

    function()


def test_a_body_cannot_wait_for_what_is_outside() -> None:
    outside = tf.constant(1.0)

    @Defun(tf.float32)
    def function(x: Any) -> Any:
        with tf.control_dependencies([outside]):
            return tf.identity(x)

    with pytest.raises(ValueError, match=r"not an element of this graph\."):
        function(2.0)


def test_a_body_is_on_the_device_where_it_was_defined() -> None:
    with tf.device("/cpu:0"):

        @Defun(tf.float32)
        def function(x: Any) -> Any:
            return x + 1.0

    with tf.device("/cpu:1"):
        function(1.0)
    assert {node.device for node in function.definition.node_def} == {"/device:CPU:0"}


def test_functions_of_one_name_must_be_equal() -> None:
    Defun(tf.float32, func_name="Twice")(lambda x: x * 2.0)(1.0)
    function = Defun(tf.float32, func_name="Twice")(lambda x: x * 3.0)
    with pytest.raises(tf.errors.InvalidArgumentError, match="a different function with the same"):
        function(1.0)


def test_names_for_results_are_as_many_as_results() -> None:
    function = Defun(tf.float32, func_name="Same", out_names=["a", "b"])(lambda x: x)
    with pytest.raises(tf.errors.InvalidArgumentError, match="output names size = 2 outputs size"):
        function(1.0)


def test_unknown_options_of_calls_are_refused() -> None:
    with pytest.raises(ValueError, match="Unknown keyword arguments"):
        tripled(1.0, device="/cpu:0")


def test_a_gradient_function_gives_as_many_results_as_there_are_arguments() -> None:
    @Defun(tf.float32, tf.float32, tf.float32)
    def gradient(x: Any, dy: Any, dz: Any) -> Any:
        return x, dy + dz

    function = Defun(tf.float32, grad_func=gradient)(lambda x: (x, x))
    x = tf.constant(1.0)
    dx = tf.gradients(tf.add_n(function(x)), x)
    with (
        tf.Session() as session,
        pytest.raises(tf.errors.InvalidArgumentError, match=r"return 1 tensor.*but get 2"),
    ):
        session.run(dx)


def test_variables_of_a_template_are_made_outside_of_functions() -> None:
    made = []

    def model(x: Any) -> Any:
        made.append(tf.get_variable("w", [2, 2], use_resource=len(made) >= 2))
        return tf.matmul(x, made[-1])

    x = tf.placeholder(tf.float32)
    for scope in ("by_reference", "by_resource"):
        template = tf.make_template(scope, model, create_scope_now_=True)
        Defun()(_calling(template))(x)
        template(x)
    assert made[0] is made[1]
    assert made[2] is made[3]
    assert {variable.graph for variable in made} == {tf.get_default_graph()}


def _calling(function: Any) -> Any:
    def called(x: Any) -> Any:
        return function(x)

    return called


def test_functions_come_back_from_their_messages() -> None:
    c = tf.constant(1.0)
    tf.gradients([doubled(c), tripled(c)], c)
    made = {f.name: f for f in from_library(tf.get_default_graph().as_graph_def().library)}
    for function in (scaled, doubled, tripled):
        copy = made[function.name]
        assert copy.definition == function.definition
        assert copy.grad_func_name == function.grad_func_name
        assert copy.declared_input_types == function.declared_input_types
        assert copy.captured_inputs == []
        assert copy.stateful_ops == []
    with tf.Graph().as_default(), tf.Session() as session:
        assert session.run(made[doubled.name](4.0)) == 8.0
    assert from_library(function_pb2.FunctionDefLibrary()) == []


def test_a_library_without_what_its_gradients_name_is_refused() -> None:
    library = function_pb2.FunctionDefLibrary(function=[tripled.definition])
    library.gradient.add(function_name=tripled.name, gradient_func=scaled.name)
    with pytest.raises(ValueError, match=f"missing '{scaled.name}' FunctionDef"):
        from_library(library)
    library.function[0].CopyFrom(scaled.definition)
    with pytest.raises(ValueError, match=f"missing '{tripled.name}' FunctionDef"):
        from_library(library)


def test_functions_that_are_each_others_gradients_are_refused() -> None:
    library = function_pb2.FunctionDefLibrary(function=[tripled.definition, scaled.definition])
    library.gradient.add(function_name=tripled.name, gradient_func=scaled.name)
    library.gradient.add(function_name=scaled.name, gradient_func=tripled.name)
    with pytest.raises(ValueError, match="cyclic gradient functions"):
        from_library(library)


def test_the_signature_of_a_function_is_its_op_def() -> None:
    assert isinstance(tripled, DefinedFunction)
    assert tripled._signature.name == tripled.name
    assert tripled._signature is tripled._signature


@pytest.mark.parametrize("reads", [False, True])
def test_a_variable_that_a_result_does_not_depend_on_is_no_hindrance_to_gradients(
    reads: bool,
) -> None:
    count = tf.get_variable("count", [2], tf.float64, tf.zeros_initializer(), use_resource=True)

    @Defun(tf.float32, tf.resource)
    def squared(x: Any, handle: Any) -> Any:
        if reads:
            tf.raw_ops.ReadVariableOp(resource=handle, dtype=tf.float64)
        return x * x

    x = tf.constant(3.0)
    gradient, none = tf.gradients(squared(x, count.handle), [x, count.handle])
    with tf.Session() as session:
        session.run(count.initializer)
        assert session.run(gradient) == 6.0
        if reads:
            assert session.run(none).tolist() == [0.0, 0.0]
