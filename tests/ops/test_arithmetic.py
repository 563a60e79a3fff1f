"""Names, dtype rules and errors of the arithmetic functions and Python operators."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf


def nodes_of(make: Callable[..., Any]) -> list[str]:
    """Return `name:type` of the nodes that `make` adds to a graph of placeholders."""
    with tf.Graph().as_default() as graph:
        given = {
            "x": tf.placeholder(tf.float32, [3], "x"),
            "y": tf.placeholder(tf.float32, [3], "y"),
            "i": tf.placeholder(tf.int32, [3], "i"),
            "j": tf.placeholder(tf.int32, [3], "j"),
            "b": tf.placeholder(tf.bool, [3], "b"),
            "c": tf.placeholder(tf.bool, [3], "c"),
            "m": tf.placeholder(tf.float32, [3, 3], "m"),
            "z": tf.placeholder(tf.complex64, [3], "z"),
            "u": tf.placeholder(tf.float32, None, "u"),
        }
        before = len(graph.get_operations())
        make(
            **{name: given[name] for name in make.__code__.co_varnames[: make.__code__.co_argcount]}
        )
        return [f"{op.name}:{op.type}" for op in graph.get_operations()[before:]]


# What TensorFlow makes of each expression.
_NODES: list[tuple[Callable[..., Any], str]] = [
    (lambda x, y: x + y, "add:AddV2"),
    (lambda x: x + 1.0, "add/y:Const add:AddV2"),
    (lambda x: 1.0 + x, "add/x:Const add:AddV2"),
    (lambda x, y: x - y, "sub:Sub"),
    (lambda x: 2.0 * x, "mul/x:Const mul:Mul"),
    (lambda x: x / 2.0, "truediv/y:Const truediv:RealDiv"),
    (lambda i, j: i / j, "truediv/Cast:Cast truediv/Cast_1:Cast truediv:RealDiv"),
    (lambda i, j: i // j, "floordiv:FloorDiv"),
    (lambda i: i % 2, "mod/y:Const mod:FloorMod"),
    (lambda x: x**2, "pow/y:Const pow:Pow"),
    (lambda x: 2.0**x, "pow/x:Const pow:Pow"),
    (lambda x: -x, "Neg:Neg"),
    (lambda x: abs(x), "Abs:Abs"),
    (lambda b, c: b & c, "and:LogicalAnd"),
    (lambda b, c: b | c, "or:LogicalOr"),
    (
        lambda b, c: b ^ c,
        "xor/LogicalOr:LogicalOr xor/LogicalAnd:LogicalAnd xor/LogicalNot:LogicalNot"
        " xor:LogicalAnd",
    ),
    (lambda b: ~b, "LogicalNot:LogicalNot"),
    (lambda x, y: x < y, "Less:Less"),
    (lambda x: x <= 1.0, "LessEqual/y:Const LessEqual:LessEqual"),
    (lambda x: x > 1.0, "Greater/y:Const Greater:Greater"),
    (lambda m: m @ m, "matmul:MatMul"),
    (lambda x, y: tf.add(x, y), "Add:AddV2"),
    (lambda x: tf.add(x, 1.0), "Add/y:Const Add:AddV2"),
    (lambda x: tf.multiply(x, 2.0), "Mul/y:Const Mul:Mul"),
    (lambda x, y: tf.divide(x, y), "truediv:RealDiv"),
    (lambda i, j: tf.div(i, j), "div:FloorDiv"),
    (lambda x, y: tf.div(x, y), "div:RealDiv"),
    (lambda i, j: tf.mod(i, j), "FloorMod:FloorMod"),
    (lambda x, y: tf.div_no_nan(x, y), "div_no_nan:DivNoNan"),
    (lambda x: tf.pow(x, 2), "Pow/y:Const Pow:Pow"),
    (lambda x: tf.maximum(x, 0.0), "Maximum/y:Const Maximum:Maximum"),
    (lambda z: tf.abs(z), "Abs:ComplexAbs"),
    (lambda i: tf.round(i), ""),
    (lambda x: tf.conj(x), ""),
    (lambda x: tf.cast(x, tf.float32), ""),
    (lambda i: tf.to_float(i), "ToFloat:Cast"),
    (lambda x: tf.reduce_sum(x), "Const:Const Sum:Sum"),
    (lambda m: tf.reduce_mean(m, 1), "Mean/reduction_indices:Const Mean:Mean"),
    (
        lambda u: tf.reduce_max(u),
        "Rank:Rank range/start:Const range/delta:Const range:Range Max:Max",
    ),
    (lambda m: tf.argmax(m, 1), "ArgMax/dimension:Const ArgMax:ArgMax"),
    (
        lambda m: tf.count_nonzero(m, 0),
        "count_nonzero/zeros:Const count_nonzero/NotEqual:NotEqual count_nonzero/Cast:Cast"
        " count_nonzero/Sum/reduction_indices:Const count_nonzero/Sum:Sum",
    ),
]


@pytest.mark.parametrize(("make", "expected"), _NODES)
def test_expressions_make_the_nodes_that_tensorflow_makes(
    make: Callable[..., Any], expected: str
) -> None:
    assert " ".join(nodes_of(make)) == expected


def run(tensor: Any, **feeds: Any) -> Any:
    with tf.Session() as session:
        return session.run(tensor, {f"{name}:0": value for name, value in feeds.items()})


def test_true_division_of_int32_is_float64() -> None:
    quotient = tf.placeholder(tf.int32, [2], "i") / 2
    assert quotient.dtype == tf.float64
    np.testing.assert_array_equal(run(quotient, i=[3, 4]), [1.5, 2.0])


def test_a_python_number_takes_the_dtype_of_the_tensor() -> None:
    assert (tf.placeholder(tf.float16) + 1).dtype == tf.float16
    assert (1 - tf.placeholder(tf.float64)).dtype == tf.float64


def test_a_float_beside_an_integer_tensor_is_refused() -> None:
    with pytest.raises(TypeError):
        tf.constant(1) + 1.5


def test_dtypes_that_differ_are_refused() -> None:
    with pytest.raises(TypeError, match="type float32 that does not match type int32"):
        tf.constant(1) + tf.constant(1.0)
    with pytest.raises(TypeError, match="must have the same dtype"):
        tf.constant(1) / tf.constant(1.0)


def test_old_names_of_the_axis_are_known_and_not_mixed() -> None:
    x = tf.constant([[1.0, 2.0]])
    assert run(tf.reduce_sum(x, reduction_indices=[1], keep_dims=True)).shape == (1, 1)
    with pytest.raises(ValueError, match="Cannot specify both"):
        tf.reduce_sum(x, axis=0, reduction_indices=0)


def test_saturate_cast_keeps_the_limits() -> None:
    values = tf.constant([-1.0, 300.0, 7.9])
    np.testing.assert_array_equal(run(tf.saturate_cast(values, tf.uint8)), [0, 255, 7])
    big = tf.saturate_cast(tf.constant([1e20, -1e20]), tf.int32)
    np.testing.assert_array_equal(run(big), [2147483520, -(2**31)])


def test_reduce_logsumexp_does_not_overflow() -> None:
    x = tf.constant([[1000.0, 1000.0], [-np.inf, -np.inf]])
    np.testing.assert_allclose(
        run(tf.reduce_logsumexp(x, 1)), [1000 + np.log(2), -np.inf], rtol=1e-6
    )


def test_std_and_variance() -> None:
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_allclose(run(tf.math.reduce_std(tf.constant(x), 1)), x.std(1), rtol=1e-6)
    np.testing.assert_allclose(run(tf.math.reduce_variance(tf.constant(x))), x.var(), rtol=1e-6)


@pytest.mark.parametrize("inputs", [[], None, tf.constant, "text"])
def test_a_sum_of_tensors_needs_a_list_of_them(inputs: Any) -> None:
    text = "inputs must be a list of at least one Tensor/IndexedSlices with the same dtype"
    with pytest.raises(ValueError, match=text):
        tf.add_n(inputs)


def test_the_distance_of_sequences_takes_sparse_values() -> None:
    hypothesis = tf.SparseTensorValue([[0, 0], [0, 1]], ["a", "b"], [1, 2])
    truth = tf.SparseTensorValue([[0, 0]], ["a"], [1, 2])
    with tf.Session() as session:
        assert session.run(tf.edit_distance(hypothesis, truth, normalize=False)).tolist() == [1.0]
    with pytest.raises(TypeError, match="Truth must be a SparseTensor"):
        tf.edit_distance(hypothesis, [1])


def test_lists_of_strings_are_added() -> None:
    joined = tf.add(["a", "b"], [["c"], ["d"]])
    assert joined.op.type == "Add"
    assert run(joined).tolist() == [[b"ac", b"bc"], [b"ad", b"bd"]]
