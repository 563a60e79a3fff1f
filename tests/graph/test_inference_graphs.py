"""Graphs for inference give the values that they gave."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.python.tools import optimize_for_inference_lib, strip_unused_lib


def _values(graph_def: Any, images: np.ndarray) -> np.ndarray:
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(graph_def, name="")
        return session.run("out:0", {"images:0": images})


@pytest.mark.parametrize("depthwise", [False, True])
@pytest.mark.parametrize("kind", ["fused", "global"])
def test_batch_normalisation_goes_into_the_filters(depthwise: bool, kind: str) -> None:
    draws = np.random.RandomState(1)
    images = draws.rand(2, 5, 5, 3).astype(np.float32)
    convolve = tf.nn.depthwise_conv2d_native if depthwise else tf.nn.conv2d
    gamma, beta, mean, variance = draws.rand(4, 6).astype(np.float32)
    with tf.Graph().as_default() as graph:
        fed = tf.placeholder(tf.float32, [None, 5, 5, 3], name="images")
        filters = draws.rand(3, 3, 3, 2 if depthwise else 6).astype(np.float32)
        x = convolve(tf.identity(fed), filters, strides=[1, 1, 1, 1], padding="SAME")
        if kind == "fused":
            x, _, _ = tf.nn.fused_batch_norm(x, gamma, beta, mean, variance, is_training=False)
        else:
            x = tf.nn.batch_norm_with_global_normalization(
                x, mean, variance, beta, gamma, 1e-3, True
            )
        tf.nn.relu(x, name="out")
        tf.identity(fed, name="unused")
    given = graph.as_graph_def()
    made = optimize_for_inference_lib.optimize_for_inference(
        given, ["images"], ["out"], tf.float32.as_datatype_enum
    )
    types = {node.op for node in made.node}
    if kind == "fused":
        assert types == {"Placeholder", "Const", "BiasAdd", "Relu"} | {
            "DepthwiseConv2dNative" if depthwise else "Conv2D"
        }
    assert "unused" not in {node.name for node in made.node}
    np.testing.assert_allclose(_values(made, images), _values(given, images), rtol=2e-4, atol=1e-5)


def test_what_is_not_used_is_left_out_and_inputs_are_placeholders() -> None:
    with tf.Graph().as_default() as graph:
        start = tf.constant(1.0, name="start")
        middle = tf.add(start, 1.0, name="middle")
        tf.multiply(middle, 3.0, name="end")
    given = graph.as_graph_def()
    made = strip_unused_lib.strip_unused(given, ["middle"], ["end"], [tf.float32.as_datatype_enum])
    assert {node.name: node.op for node in made.node} == {
        "middle": "Placeholder",
        "end/y": "Const",
        "end": "Mul",
    }
    with pytest.raises(ValueError, match="Name 'middle:0' appears to refer to a Tensor"):
        strip_unused_lib.strip_unused(given, ["middle:0"], ["end"], 1)
    with pytest.raises(KeyError, match=r"The following input nodes were not found: .'other'"):
        strip_unused_lib.strip_unused(given, ["other"], ["end"], 1)


def test_a_graph_with_a_name_twice_or_an_unknown_input_is_no_graph() -> None:
    graph_def = tf.GraphDef()
    graph_def.node.add(name="a", op="NoOp", input=["b:1"])
    with pytest.raises(ValueError, match="not found"):
        optimize_for_inference_lib.ensure_graph_is_valid(graph_def)
    graph_def.node.add(name="a", op="NoOp")
    with pytest.raises(ValueError, match="Duplicate node names detected"):
        optimize_for_inference_lib.ensure_graph_is_valid(graph_def)
