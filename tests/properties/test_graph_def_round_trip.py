"""Any graph gives the same values after a round trip through a GraphDef."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import tensormill as tf

BINARY = ("AddV2", "Sub", "Mul", "Maximum", "Minimum")
UNARY = ("Identity", "Neg", "Square", "Abs")

# (op type, how far back its inputs and a control input are, name scope)
nodes = st.lists(
    st.tuples(
        st.sampled_from(BINARY + UNARY),
        st.integers(1, 8),
        st.integers(1, 8),
        st.one_of(st.none(), st.integers(1, 8)),
        st.sampled_from(["", "a", "a", "B"]),
    ),
    min_size=1,
    max_size=30,
)


def build(specification: list[Any]) -> list[tf.Tensor]:
    tensors = [tf.constant([1.0, -2.0], name="x"), tf.constant([[3.0], [0.5]], name="x")]
    for op_type, first, second, control, scope in specification:
        a = tensors[-min(first, len(tensors))]
        b = tensors[-min(second, len(tensors))]
        waited = [] if control is None else [tensors[-min(control, len(tensors))]]
        make = getattr(tf.raw_ops, op_type)
        with tf.name_scope(scope or None), tf.control_dependencies(waited):
            if op_type in BINARY:
                tensors.append(make(x=a, y=b))
            elif op_type == "Identity":
                tensors.append(make(input=a))
            else:
                tensors.append(make(x=a))
    return tensors


@settings(max_examples=25)
@given(nodes, st.randoms(use_true_random=False))
def test_a_graph_has_the_same_values_after_a_round_trip(specification: Any, random: Any) -> None:
    with tf.Graph().as_default() as graph, tf.Session() as session:
        tensors = build(specification)
        expected = session.run(tensors)
        message = graph.as_graph_def(add_shapes=True)
    shuffled = list(message.node)
    random.shuffle(shuffled)
    mixed = tf.GraphDef(node=shuffled, versions=message.versions)
    with tf.Graph().as_default() as graph, tf.Session() as session:
        found = tf.import_graph_def(mixed, name="", return_elements=[t.name for t in tensors])
        assert found is not None
        assert [t.shape.as_list() for t in found] == [t.shape.as_list() for t in tensors]
        for got, wanted in zip(session.run(found), expected, strict=True):
            np.testing.assert_array_equal(got, wanted)
        again = {node.name: node for node in graph.as_graph_def(add_shapes=True).node}
    assert again == {node.name: node for node in message.node}
