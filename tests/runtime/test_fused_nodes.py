"""Fused nodes of a real master give what the operations that they were made of give."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf
from tensormill.graph.graph_def_extension import extend_graph
from tensormill.runtime.fused_nodes_codec import with_fused_nodes_apart


def run_apart(node: tf.NodeDef, **feeds: np.ndarray) -> np.ndarray:
    """Run a fused node on placeholders of the names of its inputs."""
    with tf.Graph().as_default() as graph:
        for name in feeds:
            tf.placeholder(tf.float32, name=name)
        message = tf.GraphDef(node=[node])
        apart = with_fused_nodes_apart(message)
        assert all(not part.op.startswith("_") for part in apart.node)
        extend_graph(graph, apart)
        with tf.Session() as session:
            return session.run(f"{node.name}:0", {f"{n}:0": v for n, v in feeds.items()})


@pytest.mark.parametrize("activation", ["Relu", "LeakyRelu", None])
def test_a_product_with_bias_and_activation(activation: str | None) -> None:
    node = tf.NodeDef(name="f", op="_FusedMatMul", input=["a", "b", "c"])
    node.attr["T"].type = tf.float32.as_datatype_enum
    node.attr["num_args"].i = 1
    node.attr["transpose_b"].b = True
    node.attr["fused_ops"].list.s.append(b"BiasAdd")
    if activation is not None:
        node.attr["fused_ops"].list.s.append(activation.encode())
    node.attr["leakyrelu_alpha"].f = 0.5
    a, b, c = np.float32([[1, -2]]), np.float32([[1, 1], [2, 0]]), np.float32([0.25, 1])
    expected = a @ b.T + c
    if activation == "Relu":
        expected = np.maximum(expected, 0)
    elif activation == "LeakyRelu":
        expected = np.where(expected > 0, expected, 0.5 * expected)
    np.testing.assert_allclose(run_apart(node, a=a, b=b, c=c), expected)


def test_a_chain_of_unary_operations() -> None:
    node = tf.NodeDef(name="f", op="_UnaryOpsComposition", input=["a"])
    node.attr["T"].type = tf.float32.as_datatype_enum
    node.attr["op_names"].list.s.extend([b"Tanh", b"Neg", b"Tanh"])
    a = np.float32([0.5, -1])
    np.testing.assert_allclose(run_apart(node, a=a), np.tanh(-np.tanh(a)), rtol=1e-6)


def test_what_is_not_known_is_refused() -> None:
    node = tf.NodeDef(name="f", op="_FusedMatMul", input=["a", "b", "c"])
    node.attr["fused_ops"].list.s.extend([b"BiasAdd", b"Mystery"])
    with pytest.raises(tf.errors.UnimplementedError, match="fuses BiasAdd, Mystery"):
        with_fused_nodes_apart(tf.GraphDef(node=[node]))
