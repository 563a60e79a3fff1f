"""A graph of constants is one constant when it is rewritten."""

import tensormill as tf
from tensormill.unittesting.rewritten_graphs import grappler_optimize


def test_constants_are_folded() -> None:
    graph = tf.Graph()
    with graph.as_default():
        window = tf.signal.hann_window(9)
    assert len(graph.as_graph_def().node) > 5
    (node,) = grappler_optimize(graph, [window]).node
    assert node.op == "Const"


def test_the_collection_says_what_is_wanted() -> None:
    graph = tf.Graph()
    with graph.as_default():
        x = tf.placeholder(tf.float32, name="x")
        tf.negative(x, name="unused")
        graph.add_to_collection("train_op", tf.square(x, name="wanted"))
    names = {node.name for node in grappler_optimize(graph).node}
    assert names == {"x", "wanted"}
