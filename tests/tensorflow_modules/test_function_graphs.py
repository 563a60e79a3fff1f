"""Bodies of FunctionDef messages as graphs; structures as messages; functional control flow."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import pytest

import tensormill as tf
from tensormill.functional.defun import Defun
from tensormill.graph.tensor_specs import IndexedSlicesSpec
from tensormill.python.framework import function_def_to_graph
from tensormill.python.ops import cond_v2, while_v2
from tensormill.python.saved_model import nested_structure_coder

Pair = namedtuple("Pair", ["a", "b"])


@Defun(tf.float32, func_name="tripled")
def tripled(x: Any) -> Any:
    return x * 3.0


@Defun(tf.float32, tf.float32, func_name="sums")
def sums(x: Any, y: Any) -> Any:
    parts = tf.split(tripled(x), 2)
    return parts[0] + y, parts[1]


def test_a_body_is_a_graph_that_runs() -> None:
    tripled.add_to_graph(tf.get_default_graph())
    graph = function_def_to_graph.function_def_to_graph(sums.definition, [[2], None])
    assert graph.name == "sums"
    assert [tensor.shape.ndims for tensor in graph.inputs] == [1, None]
    with tf.Session(graph=graph) as session:
        results = session.run(graph.outputs, {graph.inputs[0]: [1.0, 2.0], graph.inputs[1]: 1.0})
    assert [result.tolist() for result in results] == [[4.0], [6.0]]


@pytest.mark.parametrize("copies", [True, False])
def test_a_body_is_a_graph_def_with_other_names(copies: bool) -> None:
    sums.add_to_graph(tf.get_default_graph())
    message, names = function_def_to_graph.function_def_to_graph_def(
        sums.definition, copy_functions=copies
    )
    assert names["x"] == "x:0"
    assert names["split:output:1"] == "split:1"
    assert names["^split"] == "^split"
    assert [list(node.input) for node in message.node if node.op == "Split"] == [
        ["split/split_dim:0", "tripled:0"]
    ]
    functions = {function.signature.name for function in message.library.function}
    assert functions == ({"tripled", "sums"} if copies else {"tripled"})
    assert function_def_to_graph.is_function("sums")
    assert not function_def_to_graph.is_function("others")


def test_shapes_are_as_many_as_arguments() -> None:
    with pytest.raises(ValueError, match="Length of input_shapes must match"):
        function_def_to_graph.function_def_to_graph_def(tripled.definition, [[1], [2]])


def test_functions_that_attributes_name_must_be_there() -> None:
    definition = tripled.definition.__class__()
    definition.CopyFrom(tripled.definition)
    definition.node_def.add(name="call", op="PartitionedCall").attr["f"].func.name = "lost"
    with pytest.raises(ValueError, match="lost function not found"):
        function_def_to_graph.function_def_to_graph_def(definition)


@pytest.mark.parametrize(
    "structure",
    [
        [1.5, 2, "text", None, True, [], (), {}],
        ("a", [3, (2, {"b": False})]),
        [tf.TensorShape([1, None]), tf.TensorShape(None), tf.int64],
        [tf.TensorSpec([1, 2], tf.int64, "name"), tf.TensorSpec([], tf.string)],
        {"sparse": tf.SparseTensorSpec([10]), "ragged": tf.RaggedTensorSpec([1, None], tf.int8)},
        (IndexedSlicesSpec([2, 3], tf.float64),),
    ],
)  # fmt: skip
def test_structures_come_back_from_their_messages(structure: Any) -> None:
    coder = nested_structure_coder.StructureCoder()
    made = coder.decode_proto(coder.encode_structure(structure))
    assert made == structure
    assert type(made) is type(structure)


def test_named_tuples_come_back_with_their_names() -> None:
    coder = nested_structure_coder.StructureCoder()
    (made,) = coder.decode_proto(coder.encode_structure([Pair(1, "x")]))
    assert (type(made).__name__, made._asdict()) == ("Pair", {"a": 1, "b": "x"})


def test_other_objects_cannot_be_written() -> None:
    coder = nested_structure_coder.StructureCoder()
    assert not coder.can_encode([object()])
    with pytest.raises(nested_structure_coder.NotEncodableError, match="No encoder for object"):
        coder.encode_structure({"a": object()})
    message = coder.encode_structure(tf.SparseTensorSpec([1]))
    message.type_spec_value.type_spec_class = 0
    message.type_spec_value.type_spec_class_name = "NewSpec"
    with pytest.raises(ValueError, match="The type 'NewSpec' is not supported"):
        coder.decode_proto(message)


def test_functional_branches_and_loops_give_what_others_give() -> None:
    x, y = tf.constant(2.0), tf.constant(5.0)
    choice = tf.placeholder(tf.bool)
    chosen = cond_v2.cond_v2(choice, lambda: x * y, lambda: x + y)
    gradients = tf.gradients(chosen, [x, y])
    looped = while_v2.while_loop(lambda v: v < 8.0, lambda v: v * v, [x])
    case = cond_v2.indexed_case(tf.constant(1), [lambda: x, lambda: y])
    with tf.Session() as session:
        assert session.run([chosen, *gradients], {choice: [[True]]}) == [10.0, 5.0, 2.0]
        assert session.run([chosen, *gradients], {choice: False}) == [7.0, 1.0, 1.0]
        assert session.run(looped) == [16.0]
        assert session.run(tf.gradients(looped, x)) == [32.0]
        assert session.run(case) == 5.0
