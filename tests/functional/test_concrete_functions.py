"""`tf.function(...).get_concrete_function`: one trace, which can be looked at and called."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf

VECTOR = tf.TensorSpec([None], tf.float32)


@tf.function
def scaled(x: Any, factor: float = 2.0, *, unused: Any = None) -> Any:
    return {"product": x * factor, "given": (x, None)}


def run(fetch: Any) -> Any:
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetch)


def test_it_tells_what_it_takes_and_returns() -> None:
    concrete = scaled.get_concrete_function(VECTOR)
    (x, factor), keywords = concrete.structured_input_signature
    assert (x.name, x.dtype, x.shape.as_list()) == ("x", tf.float32, [None])
    assert (factor, keywords) == (2.0, {"unused": None})
    assert [tensor.dtype for tensor in concrete.inputs] == [tf.float32]
    assert [tensor.shape.as_list() for tensor in concrete.outputs] == [[None], [None]]
    assert concrete.output_dtypes == {"product": tf.float32, "given": (tf.float32, None)}
    assert concrete.structured_outputs["product"].graph is concrete.graph
    assert [arg.name for arg in concrete.function_def.signature.input_arg] == ["x"]


def test_a_call_is_one_node_and_returns_the_structure() -> None:
    concrete = scaled.get_concrete_function(VECTOR, 3.0)
    for called in (concrete(tf.constant([1.0, 2.0])), concrete(x=[1.0, 2.0])):
        assert called["given"][1] is None
        assert called["product"].op.type == concrete.name
        assert run(called["product"]).tolist() == [3.0, 6.0]


def test_equal_arguments_share_a_trace_and_others_do_not() -> None:
    concrete = scaled.get_concrete_function(VECTOR)
    assert scaled.get_concrete_function(VECTOR) is concrete
    assert scaled.get_concrete_function(VECTOR, 5.0) is not concrete
    with tf.Graph().as_default():
        assert scaled.get_concrete_function(VECTOR) is not concrete


def test_effects_happen_in_each_call_and_gradients_pass() -> None:
    count = tf.get_variable("count", initializer=0.0, use_resource=True)

    @tf.function(input_signature=[VECTOR, {"power": tf.TensorSpec([], tf.float32)}])
    def counted(x: Any, options: Any) -> Any:
        count.assign_add(1.0)
        return x ** options["power"]

    concrete = counted.get_concrete_function()
    x = tf.constant([2.0, 3.0])
    y = concrete(x, 2.0)
    (gradient,) = tf.gradients(y, x)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for number in (1.0, 2.0):
            assert session.run(y).tolist() == [4.0, 9.0]
            assert session.run(count) == number
        np.testing.assert_allclose(session.run(gradient), [4.0, 6.0])
    assert len(concrete.captured_inputs) == 1


def test_a_function_without_results_is_an_operation() -> None:
    variable = tf.get_variable("v", initializer=0.0, use_resource=True)

    @tf.function
    def assign(x: Any) -> None:
        variable.assign(x)

    concrete = assign.get_concrete_function(tf.TensorSpec([], tf.float32))
    assert concrete.structured_outputs is None
    operation = concrete(7.0)
    with tf.Session() as session:
        session.run(variable.initializer)
        session.run(operation)
        assert session.run(variable) == 7.0


def test_sparse_results_stay_sparse() -> None:
    @tf.function
    def corner(x: Any) -> Any:
        return tf.SparseTensor(tf.constant([[0, 0]], tf.int64), x, [2, 2])

    result = corner.get_concrete_function(tf.TensorSpec([1], tf.float32))(tf.constant([5.0]))
    assert isinstance(result, tf.SparseTensor)
    assert run(tf.sparse.to_dense(result)).tolist() == [[5.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize(
    ("args", "kwargs"), [((), {}), (([1.0], [2.0]), {}), (([1.0],), {"y": [1.0]})]
)
def test_other_tensors_than_those_of_the_signature_are_refused(args: Any, kwargs: Any) -> None:
    concrete = scaled.get_concrete_function(VECTOR)
    with pytest.raises(TypeError, match=r"takes the tensors \(x\), but got"):
        concrete(*map(tf.constant, args), **kwargs)


def test_arguments_that_the_function_does_not_take_are_refused() -> None:
    with pytest.raises(TypeError, match="argument"):
        scaled.get_concrete_function(VECTOR, missing=1)
