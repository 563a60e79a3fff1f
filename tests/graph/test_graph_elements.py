"""Finding operations and tensors; the answers are those of real TensorFlow."""

from __future__ import annotations

import re
from typing import Any

import pytest

import tensormill as tf

MALFORMED = (
    "The name {!r} looks a like a Tensor name, but is not a valid one. Tensor names must be of the "
    'form "<op_name>:<output_index>".'
)
NO_TENSOR = (
    "The name {!r} refers to a Tensor which does not exist. The operation, {!r}, does not exist in "
    "the graph."
)
NOT_A_TENSOR = (
    'The name {!r} {}, not a Tensor. Tensor names must be of the form "<op_name>:<output_index>".'
)


@pytest.mark.parametrize(
    ("name", "error", "text"),
    [
        ("y", KeyError, "The name 'y' refers to an Operation not in the graph."),
        ("y:0", KeyError, NO_TENSOR.format("y:0", "y")),
        ("x:a", ValueError, MALFORMED.format("x:a")),
        ("a:b:c", ValueError, MALFORMED.format("a:b:c")),
        (
            "x:1",
            KeyError,
            "The name 'x:1' refers to a Tensor which does not exist. The operation, 'x', exists "
            "but "
            "only has 1 outputs.",
        ),
        (3, TypeError, "Can not convert a int into a Tensor or Operation."),
        (None, TypeError, "Can not convert a NoneType into a Tensor or Operation."),
    ],
)
def test_what_is_not_in_the_graph_is_refused(name: Any, error: Any, text: str) -> None:
    tf.constant(1.0, name="x")
    with pytest.raises(error, match=re.escape(text)):
        tf.get_default_graph().as_graph_element(name)


@pytest.mark.parametrize(
    ("name", "error", "text"),
    [
        ("x", ValueError, NOT_A_TENSOR.format("x", "refers to an Operation")),
        ("y", ValueError, NOT_A_TENSOR.format("y", "looks like an (invalid) Operation name")),
        (b"x:0", TypeError, "Tensor names are strings (or similar), not bytes."),
        (3, TypeError, "Tensor names are strings (or similar), not int."),
    ],
)
def test_a_tensor_has_to_be_named_by_its_output(name: Any, error: Any, text: str) -> None:
    tf.constant(1.0, name="x")
    with pytest.raises(error, match=re.escape(text)):
        tf.get_default_graph().get_tensor_by_name(name)


def test_an_operation_has_to_be_named_without_output() -> None:
    tf.constant(1.0, name="x")
    with pytest.raises(
        ValueError, match=r"^Name 'x:0' appears to refer to a Tensor, not a Operation.$"
    ):
        tf.get_default_graph().get_operation_by_name("x:0")
    with pytest.raises(TypeError, match="Operation names are strings"):
        tf.get_default_graph().get_operation_by_name(b"x")  # type: ignore[arg-type]


def test_names_and_objects_give_the_same_element() -> None:
    graph = tf.get_default_graph()
    x = tf.constant(1.0, name="x")
    assert graph.as_graph_element("x:0") is x
    assert graph.as_graph_element(b"x:0") is x
    assert graph.as_graph_element("x") is x.op
    assert graph.as_graph_element(x) is x
    assert graph.as_graph_element(x.op) is x.op
    assert graph.get_tensor_by_name("x:0") is x
    assert graph.get_tensor_by_name("x:-1") is x
    assert graph.get_operation_by_name("x") is x.op


def test_an_object_may_stand_for_an_element() -> None:
    x = tf.constant(1.0)

    class Wrapper:
        def _as_graph_element(self) -> Any:
            return x

    assert tf.get_default_graph().as_graph_element(Wrapper()) is x


def test_elements_of_other_graphs_are_refused() -> None:
    with tf.Graph().as_default():
        x = tf.constant(1.0, name="x")
    graph = tf.get_default_graph()
    with pytest.raises(
        ValueError, match=r"^Tensor Tensor\(\"x:0\", shape=\(\), dtype=float32\) is not an element"
    ):
        graph.as_graph_element(x)
    with pytest.raises(ValueError, match="is not an element of this graph"):
        graph.as_graph_element(x.op)
    with pytest.raises(ValueError, match="must be from the same graph as"):
        tf.raw_ops.AddV2(x=tf.constant(1.0), y=x)


def test_something_has_to_be_allowed() -> None:
    with pytest.raises(
        ValueError, match=r"^allow_tensor and allow_operation can't both be False.$"
    ):
        tf.get_default_graph().as_graph_element("x", False, False)


def test_feeding_and_fetching_may_be_prevented() -> None:
    graph = tf.get_default_graph()
    x = tf.constant(1.0)
    assert graph.is_feedable(x)
    assert graph.is_fetchable(x)
    graph.prevent_feeding(x)
    graph.prevent_fetching(x.op)
    assert not graph.is_feedable(x)
    assert not graph.is_fetchable(x)
    assert not graph.is_fetchable(x.op)


def test_a_finalized_graph_takes_nothing_more() -> None:
    graph = tf.get_default_graph()
    x = tf.constant(1.0)
    graph.finalize()
    assert graph.finalized
    message = "^Graph is finalized and cannot be modified.$"
    with pytest.raises(RuntimeError, match=message):
        tf.constant(1.0)
    with pytest.raises(RuntimeError, match=message):
        tf.identity(x)
    with pytest.raises(RuntimeError, match=message):
        graph.add_to_collection("a", 1)
    with pytest.raises(RuntimeError, match=message):
        graph.create_op("NoOp", [], [])
    with pytest.raises(RuntimeError, match=message):
        tf.import_graph_def(tf.GraphDef())
    assert graph.get_collection("a") == []


def test_versions_count_operations() -> None:
    graph = tf.get_default_graph()
    assert graph.version == 0
    tf.constant(1.0)
    assert graph.version == 1
    assert [op._id for op in graph.get_operations()] == [1]


def test_reset_gives_a_new_default_graph() -> None:
    old = tf.get_default_graph()
    tf.reset_default_graph()
    assert tf.get_default_graph() is not old
    with tf.Graph().as_default(), pytest.raises(AssertionError, match="nested graphs"):
        tf.reset_default_graph()


def test_default_graphs_nest() -> None:
    a, b = tf.Graph(), tf.Graph()
    with a.as_default():
        with b.as_default():
            assert tf.get_default_graph() is b
        assert tf.get_default_graph() is a
