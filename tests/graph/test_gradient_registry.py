"""Which gradient function an operation has."""

from __future__ import annotations

from typing import Any

import pytest

import tensormill as tf
from tensormill.graph import gradient_registry
from tensormill.graph.op_table import OP_DEFS


@pytest.fixture(autouse=True)
def own_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradient_registry, "_registered", {})


def test_an_operation_has_the_gradient_of_its_type() -> None:
    op = tf.identity(tf.constant(1.0)).op
    assert gradient_registry.lookup(op) is OP_DEFS["Identity"].gradient_function


def test_an_operation_without_inputs_has_none() -> None:
    assert gradient_registry.lookup(tf.constant(1.0).op) is None


def test_an_op_type_may_have_no_gradient_on_purpose() -> None:
    assert gradient_registry.lookup(tf.shape(tf.placeholder(tf.float32)).op) is None


def test_an_override_is_found_by_its_name() -> None:
    @tf.RegisterGradient("Mine")
    def mine(op: Any, grad: Any) -> Any:
        return grad

    with tf.get_default_graph().gradient_override_map({"Identity": "Mine"}):
        op = tf.identity(tf.constant(1.0)).op
    assert gradient_registry.lookup(op) is mine


def test_a_missing_override_is_an_error() -> None:
    with tf.get_default_graph().gradient_override_map({"Identity": "Nope"}):
        op = tf.identity(tf.constant(1.0)).op
    with pytest.raises(LookupError, match=r"^gradient registry has no entry for: Nope$"):
        gradient_registry.lookup(op)


def test_a_name_is_registered_once() -> None:
    tf.NotDifferentiable("Mine")
    with pytest.raises(KeyError, match="Registering two gradient with name 'Mine'!"):
        tf.RegisterGradient("Mine")(lambda op, grad: grad)
    with pytest.raises(KeyError, match="'Identity'"):
        tf.NoGradient("Identity")
    with pytest.raises(TypeError, match=r"^op_type must be a string$"):
        tf.RegisterGradient(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^op_type must be a string$"):
        tf.NotDifferentiable(3)  # type: ignore[arg-type]
