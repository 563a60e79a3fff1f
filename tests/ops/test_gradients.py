"""`tf.gradients`: what it takes, what it refuses, what it builds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tests.ops import gradient_programs

_STEP = 1e-2
# Their values do not depend on the feeds alone, or are not smooth in real numbers.
_NOT_BY_DIFFERENCES = ("complex_numbers", "stops", "perceptron", "sparse_rows", "resources")


def run(fetches: Any, feeds: Any = None) -> Any:
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetches, feeds)


@pytest.mark.parametrize(
    "build",
    [b for b in gradient_programs.NETWORKS if b.__name__ not in _NOT_BY_DIFFERENCES],
    ids=lambda build: build.__name__,
)
def test_gradients_are_those_of_differences(build: Any) -> None:
    y, xs, fed = build(tf, np)
    total = tf.reduce_sum(y)
    gradients = tf.gradients(y, xs)
    with tf.Session() as session:
        values = session.run([tf.convert_to_tensor(g) for g in gradients], fed)
        for x, gradient in zip(xs, values, strict=True):
            direction = np.random.RandomState(5).uniform(-1, 1, np.shape(fed[x]))
            ends = [
                session.run(total, {**fed, x: (fed[x] + sign * _STEP * direction)})
                for sign in (1, -1)
            ]
            slope = (ends[0] - ends[1]) / (2 * _STEP)
            assert slope == pytest.approx(np.sum(gradient * direction), rel=0.02, abs=0.02)


def test_nodes_are_called_as_in_tensorflow() -> None:
    a = tf.placeholder(tf.float32, [2], name="a")
    b = tf.placeholder(tf.float32, [2, 2], name="b")
    y = tf.matmul(b, tf.expand_dims(a, 1), name="product")
    tf.gradients([y, a * a], [a, b])
    names = {op.name: op.type for op in tf.get_default_graph().get_operations()}
    for name, op_type in {
        "gradients/Shape": "Const",
        "gradients/grad_ys_0": "Const",
        "gradients/Fill": "Fill",
        "gradients/Shape_1": "Const",
        "gradients/grad_ys_1": "Const",
        "gradients/Fill_1": "Fill",
        "gradients/product_grad/MatMul": "MatMul",
        "gradients/product_grad/MatMul_1": "MatMul",
        "gradients/ExpandDims_grad/Reshape": "Reshape",
        "gradients/AddN": "AddN",
    }.items():
        assert names.get(name) == op_type, name


def test_a_second_call_opens_a_new_scope() -> None:
    a = tf.placeholder(tf.float32, [], name="a")
    y = tf.sin(a)
    tf.gradients(y, a)
    (second,) = tf.gradients(y, a)
    assert second.name == "gradients_1/Sin_grad/mul:0"


def test_given_gradients_of_ys_are_the_start() -> None:
    a = tf.placeholder(tf.float32, [2])
    (gradient,) = tf.gradients(a * 3.0, a, grad_ys=[tf.constant([1.0, 10.0])])
    assert run(gradient, {a: [0.0, 0.0]}).tolist() == [3.0, 30.0]


def test_gradients_of_several_ys_are_summed() -> None:
    a = tf.placeholder(tf.float32, [])
    assert run(tf.gradients([a * a, 3.0 * a], a), {a: 2.0}) == [7.0]


def test_stopped_tensors_count_as_constants() -> None:
    a = tf.constant(2.0)
    b = a * 3.0
    y = a * b
    assert run(tf.gradients(y, [a, b], stop_gradients=[a, b])) == [6.0, 2.0]
    assert run(tf.gradients(y, [a, b])) == [12.0, 2.0]


def test_an_x_without_a_path_gets_none_or_zeros() -> None:
    a, b = tf.constant([1.0, 2.0]), tf.constant([3.0, 4.0])
    assert tf.gradients(a * 2.0, b) == [None]
    (zeros,) = tf.gradients(a * 2.0, b, unconnected_gradients="zero")
    assert run(zeros).tolist() == [0.0, 0.0]
    with pytest.raises(ValueError, match="Unknown value for unconnected_gradients: 'one'"):
        tf.gradients(a, b, unconnected_gradients="one")


def test_no_gradient_flows_through_integers() -> None:
    a = tf.constant([1.5])
    assert tf.gradients(tf.cast(tf.cast(a, tf.int32), tf.float32), a) == [None]


@pytest.mark.parametrize("method", ["ADD_N", "EXPERIMENTAL_TREE", "EXPERIMENTAL_ACCUMULATE_N"])
def test_every_aggregation_method_gives_the_sum(method: str) -> None:
    a = tf.placeholder(tf.float32, [], name="a")
    y = a * a + a * 2.0 + tf.sin(a)
    (gradient,) = tf.gradients(y, a, aggregation_method=getattr(tf.AggregationMethod, method))
    tree = method != "ADD_N"
    assert gradient.name == ("gradients/a_gradient_sum/AddN_2:0" if tree else "gradients/AddN:0")
    assert run(gradient, {a: 1.0}) == pytest.approx(4 + np.cos(1.0))


def test_an_unknown_aggregation_method_is_refused() -> None:
    a = tf.constant(1.0)
    with pytest.raises(ValueError, match="Invalid `aggregation_method` specified 9"):
        tf.gradients(a * a, a, aggregation_method=9)


def test_rows_and_dense_gradients_sum_to_a_dense_one() -> None:
    table = tf.Variable(np.ones((3, 2), np.float32))
    y = tf.reduce_sum(tf.gather(table, [0, 0])) + tf.reduce_sum(table.value() * 2.0)
    (gradient,) = tf.gradients(y, table.value())
    assert isinstance(gradient, tf.Tensor)
    assert run(gradient).tolist() == [[4, 4], [2, 2], [2, 2]]


def test_rows_stay_rows() -> None:
    table = tf.constant(np.ones((3, 2), np.float32))
    y = tf.reduce_sum(tf.gather(table, [2])) + tf.reduce_sum(tf.gather(table, [0, 2]))
    (gradient,) = tf.gradients(y, table)
    assert isinstance(gradient, tf.IndexedSlices)
    assert gradient.shape.as_list() == [3, 2]
    values, indices, dense = run(
        [gradient.values, gradient.indices, tf.convert_to_tensor(gradient)]
    )
    assert values.tolist() == [[1, 1]] * 3
    assert sorted(indices.tolist()) == [0, 2, 2]
    assert dense.tolist() == [[1, 1], [0, 0], [2, 2]]


def test_the_value_of_rows_is_a_triple() -> None:
    table = tf.constant(np.ones((3, 2), np.float32))
    (gradient,) = tf.gradients(tf.gather(table, [2]), table)
    value = run({"rows": gradient})["rows"]
    assert value.values.tolist() == [[1, 1]]
    assert value.indices.tolist() == [2]
    assert value.dense_shape.tolist() == [3, 2]


def test_an_op_without_a_gradient_is_named() -> None:
    a = tf.constant([1.0, 2.0])
    with tf.get_default_graph().gradient_override_map({"Square": "NotThere"}):
        y = tf.square(a, name="checked")
    with pytest.raises(LookupError, match="No gradient defined for operation'checked'"):
        tf.gradients(y, a)


def test_a_registered_gradient_replaces_that_of_the_op() -> None:
    @tf.RegisterGradient("HundredFold")
    def hundred_fold(op: Any, grad: Any) -> Any:
        return grad * 100.0

    a = tf.constant(3.0)
    with tf.get_default_graph().gradient_override_map({"Square": "HundredFold"}):
        y = tf.square(a)
    assert run(tf.gradients(y, a)) == [100.0]


def test_a_gradient_function_must_return_a_gradient_an_input() -> None:
    tf.RegisterGradient("TooFew")(lambda op, grad: [grad])
    a = tf.constant(3.0)
    with tf.get_default_graph().gradient_override_map({"Mul": "TooFew"}):
        y = a * a
    with pytest.raises(ValueError, match="Num gradients 1 generated for op"):
        tf.gradients(y, a)


def test_a_complex_y_needs_its_gradient() -> None:
    a = tf.constant([1 + 2j], tf.complex64)
    with pytest.raises(TypeError, match=r"Gradients of complex tensors .* must set grad_ys"):
        tf.gradients(a * a, a)


@pytest.mark.parametrize(
    ("y_dtype", "given", "message"),
    [
        ("float32", "complex64", "must be real or integer"),
        ("complex64", "float32", "Gradient type float32 generated for complex-valued tensor"),
    ],
)
def test_a_given_gradient_must_fit_its_y(y_dtype: str, given: str, message: str) -> None:
    y = tf.placeholder(y_dtype, [1])
    with pytest.raises(TypeError, match=message):
        tf.gradients(y, y, grad_ys=[tf.placeholder(given, [1])])


def test_as_many_gradients_of_ys_as_ys() -> None:
    a = tf.constant(1.0)
    with pytest.raises(ValueError, match=r"Length mismatch\. Passed 2 grad_ys for 1 ys"):
        tf.gradients(a * a, a, grad_ys=[a, a])


def test_gated_gradients_wait_for_one_another() -> None:
    a, b = tf.constant(2.0, name="a"), tf.constant(3.0, name="b")
    found = tf.gradients(tf.multiply(a, b, name="product"), [a, b], gate_gradients=True)
    assert [g.name for g in found] == [
        "gradients/product_grad/tuple/control_dependency:0",
        "gradients/product_grad/tuple/control_dependency_1:0",
    ]
    gate = tf.get_default_graph().get_operation_by_name("gradients/product_grad/tuple/group_deps")
    assert all(g.op.control_inputs == [gate] for g in found)
    assert run(found) == [3.0, 2.0]


def test_gradients_may_stand_beside_their_operations() -> None:
    with tf.device("/device:CPU:0"):
        a = tf.constant(2.0, name="a")
        y = tf.square(a, name="y")
    (gradient,) = tf.gradients(y, a, colocate_gradients_with_ops=True)
    assert gradient.op.colocation_groups() == [b"loc:@y"]


def test_a_long_chain_needs_no_recursion() -> None:
    a = tf.placeholder(tf.float32, [], name="a")
    y = a
    for _ in range(5_000):
        y = tf.negative(y)
    (gradient,) = tf.gradients(y, a)
    assert gradient.op.type == "Neg"


def test_custom_gradients_are_used() -> None:
    @tf.custom_gradient
    def log1pexp(x: Any) -> Any:
        e = tf.exp(x)
        return tf.log(1 + e), lambda upstream: upstream * (1 - 1 / (1 + e))

    x = tf.placeholder(tf.float32, [])
    y = log1pexp(x)
    assert run([y, *tf.gradients(y, x)], {x: 100.0}) == [np.inf, 1.0]


def test_custom_gradients_reach_variables() -> None:
    weights = tf.Variable([2.0, 3.0], use_resource=True)

    @tf.custom_gradient
    def scale(x: Any) -> Any:
        def grad(upstream: Any, variables: Any = None) -> Any:
            assert variables == [weights]
            return upstream * 5.0, [upstream * 7.0]

        return x * weights, grad

    x = tf.constant([1.0, 1.0])
    found = run(tf.gradients(scale(x), [x, weights]))
    assert [g.tolist() for g in found] == [[5.0, 5.0], [7.0, 7.0]]


def test_a_custom_gradient_must_take_the_variables() -> None:
    weights = tf.Variable(2.0, use_resource=True)
    scale = tf.custom_gradient(lambda x: (x * weights, lambda upstream: upstream))
    with pytest.raises(TypeError, match="must accept keyword argument 'variables'"):
        scale(tf.constant(1.0))


def test_recomputed_functions_have_the_same_gradient() -> None:
    x = tf.constant([0.5, 1.5])
    wave = tf.recompute_grad(lambda v: tf.sin(v) * v)
    plain, again = run([tf.gradients(tf.sin(x) * x, x), tf.gradients(wave(x), x)])
    np.testing.assert_allclose(again[0], plain[0], rtol=1e-6)


def test_gradients_pass_through() -> None:
    x = tf.constant([0.5, 1.5])
    y = tf.grad_pass_through(tf.round)(x)
    assert run([y, *tf.gradients(y, x)])[1].tolist() == [1.0, 1.0]


def test_hessians_are_second_derivatives() -> None:
    x = tf.placeholder(tf.float32, [2])
    y = x[0] * x[0] * x[1] + tf.sin(x[1])
    (hessian,) = tf.hessians(y, x)
    value = run(hessian, {x: [2.0, 3.0]})
    np.testing.assert_allclose(value, [[6.0, 4.0], [4.0, -np.sin(3.0)]], rtol=1e-5)


def test_hessians_of_matrices_have_four_dimensions() -> None:
    x = tf.placeholder(tf.float32, [2, 2])
    (hessian,) = tf.hessians(tf.reduce_sum(x * x * x), x)
    value = run(hessian, {x: [[1.0, 2.0], [3.0, 4.0]]})
    assert value.shape == (2, 2, 2, 2)
    np.testing.assert_allclose(value.reshape(4, 4), np.diag([6.0, 12.0, 18.0, 24.0]))


@pytest.mark.parametrize(
    ("left", "right", "is_known"),
    [
        ([None, 3], [3], True),
        ([None, 3], [1, 3], True),
        ([None, 1, 3], [4, 3], True),
        ([4, 1], [1, None], True),
        ([None, 1], [4, 3], False),
        ([None, 3], [None, 3], False),
        ([None, 3], [None, 1], False),
        (None, [3], False),
    ],
)
@pytest.mark.parametrize("size", [1, 4])
def test_broadcast_axes_are_found_in_static_shapes_or_else_in_the_step(
    left: Any, right: Any, is_known: bool, size: int
) -> None:
    x, y = tf.placeholder(tf.float32, left), tf.placeholder(tf.float32, right)
    gradients = tf.gradients(x * y, [x, y])
    made = {op.type for op in tf.get_default_graph().get_operations()}
    assert ("BroadcastGradientArgs" not in made) == is_known
    a = np.ones([size if n is None else n for n in left or [size, 3]], np.float32)
    b = np.ones([size if n is None else n for n in right], np.float32)
    found = run(gradients, {x: a, y: b})
    assert [g.shape for g in found] == [a.shape, b.shape]
    assert [g.sum() for g in found] == [np.broadcast(a, b).size] * 2
