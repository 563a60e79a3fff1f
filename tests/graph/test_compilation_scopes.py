"""Marks of operations that are compiled together."""

from __future__ import annotations

import pytest

import tensormill as tf


def _scope_of(tensor: tf.Tensor) -> bytes:
    return tensor.op.get_attr("_XlaScope")


def test_operations_of_a_scope_are_marked() -> None:
    with tf.xla.experimental.jit_scope():
        first = tf.constant(1.0)
        with tf.xla.experimental.jit_scope(compile_ops=False):
            second = tf.constant(2.0)
    with tf.contrib.compiler.jit.experimental_jit_scope(lambda node: node.op == "Add"):
        third = tf.constant(3.0)
    outside = tf.constant(4.0)
    marks = [tensor.op.get_attr("_XlaCompile") for tensor in (first, second, third)]
    assert marks == [True, False, False]
    scopes = [_scope_of(tensor) for tensor in (first, second, third)]
    assert scopes == [b"jit_scope_0", b"jit_scope_0", b"jit_scope_1"]
    with pytest.raises(ValueError, match="_XlaScope"):
        _scope_of(outside)


def test_gradients_are_marked_as_what_they_are_gradients_of() -> None:
    x = tf.constant([[1.0]])
    for separate, scope in ((False, b"jit_scope_0"), (True, b"jit_scope_1_grad_of_True")):
        with tf.xla.experimental.jit_scope(separate_compiled_gradients=separate):
            y = tf.matmul(x, x, name=f"product_{separate}")
        tf.gradients(y, x, name=f"of_{separate}")
        found = [
            op for op in tf.get_default_graph().get_operations()
            if op.type == "MatMul" and "_grad/" in op.name and str(separate) in op.name
        ]  # fmt: skip
        assert len(found) == 2
        assert {op.get_attr("_XlaScope") for op in found} == {scope}


def test_a_compiled_computation_gives_its_tensors_after_its_operations() -> None:
    counter = tf.get_variable("counter", initializer=0, use_resource=True)
    (found,) = tf.xla.experimental.compile(
        lambda x, y: (x + y, counter.assign_add(1).op), [tf.constant(1.0), 2.0]
    )
    nested = tf.xla.experimental.compile(lambda x: {"a": [x]}, [tf.constant(5.0)])
    only = tf.xla.experimental.compile(lambda: counter.assign_add(1).op)
    with tf.Session() as session:
        session.run(counter.initializer)
        assert session.run([found, nested]) == [3.0, {"a": [5.0]}]
        session.run(only)
        assert session.run(counter) == 2
    with pytest.raises(ValueError, match="followed by zero or more Operations"):
        tf.xla.experimental.compile(lambda: (tf.no_op(), tf.constant(1.0)))
