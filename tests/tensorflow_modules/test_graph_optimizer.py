"""`tf_optimizer.OptimizeGraph`: what TensorFlow's tests expect, and that the graphs run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.core.protobuf.rewriter_config_pb2 import RewriterConfig
from tensormill.python.grappler import tf_optimizer


def optimized(config: Any = None) -> Any:
    return tf_optimizer.OptimizeGraph(config or tf.ConfigProto(), tf.train.export_meta_graph())


def names(graph_def: Any) -> set[str]:
    return {node.name for node in graph_def.node}


def test_constants_are_folded_into_what_is_fetched() -> None:
    a, b = tf.constant(10, name="a"), tf.constant(20, name="b")
    c = tf.add_n([a, b], name="c")
    tf.add_to_collection("train_op", tf.add_n([b, c], name="d"))
    assert names(optimized()) == {"d"}


def test_what_collections_name_is_kept() -> None:
    tf.Variable(1.0)
    tf.add_to_collection("other", tf.constant(0, shape=[50, 50], name="keep"))
    kept = tf.AttrValue(b=True)
    with tf.get_default_graph()._attr_scope({"_grappler_do_not_remove": kept}):
        tf.constant(0, name="keep2")
    product = tf.matmul(tf.constant(1, shape=[100, 10]), tf.constant(0, shape=[10, 30]))
    tf.add_to_collection("train_op", product)
    assert names(optimized()) == {
        product.op.name, "keep", "keep2", "Variable", "Variable/initial_value", "Variable/Assign",
    }  # fmt: skip


def test_the_graph_gives_the_same_values_under_the_same_names() -> None:
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    twice = [tf.square(tf.identity(x)) for _ in range(2)]
    y = tf.identity(twice[0] + twice[1] * tf.constant(1.0) ** 2, name="y")
    same = tf.identity(y, name="same")
    tf.add_to_collection("train_op", y)
    tf.add_to_collection("train_op", same)
    graph_def = optimized()
    assert sum(node.op == "Square" for node in graph_def.node) == 1
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(graph_def, name="")
        given = session.run(["y:0", "same:0"], {"x:0": [[1.0, 3.0]]})
    assert np.array_equal(given, [[[2.0, 18.0]]] * 2)


def test_outputs_of_signatures_are_fetched() -> None:
    x = tf.placeholder(tf.float32, [], name="x")
    y = tf.add(x, 1.0, name="y")
    tf.multiply(x, 2.0, name="unused")
    info = tf.saved_model.utils.build_tensor_info
    meta_graph = tf.train.export_meta_graph()
    signature = tf.saved_model.signature_def_utils.build_signature_def(
        {"x": info(x)}, {"y": info(y)}, "predict"
    )
    meta_graph.signature_def["serving_default"].CopyFrom(signature)
    graph_def = tf_optimizer.OptimizeGraph(tf.ConfigProto(), meta_graph)
    assert names(graph_def) == {"x", "y", "y/y"}


def test_passes_are_chosen_by_the_configuration() -> None:
    tf.add_to_collection("train_op", tf.add(tf.constant(1), tf.constant(2), name="sum"))
    tf.constant(5, name="unused")
    pruning = RewriterConfig(optimizers=["pruning"])
    assert names(optimized(pruning)) == {"sum", "Const", "Const_1"}
    config = tf.ConfigProto()
    config.graph_options.rewrite_options.constant_folding = RewriterConfig.OFF
    assert names(optimized(config)) == {"sum", "Const", "Const_1"}
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    assert "unused" in names(optimized(config))


def test_a_graph_that_nothing_is_fetched_of_is_refused() -> None:
    tf.constant(1)
    with pytest.raises(tf.errors.InvalidArgumentError):
        optimized()
    with pytest.raises(TypeError, match="Expected config_proto to be a ConfigProto"):
        tf_optimizer.OptimizeGraph(3, tf.train.export_meta_graph())
