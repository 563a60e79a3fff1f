"""Blocks and parameters that TensorFlow's tests use."""

import tensormill as tf
from tensormill.unittesting import test_decorators as decorators
from tensormill.unittesting.graph_inspection import set_producer_version


def test_devices_are_blocks_and_decorators() -> None:
    with decorators.force_cpu():
        assert tf.constant(1).device == "/device:CPU:0"
    with decorators.force_gpu():
        assert tf.constant(1).device == "/device:GPU:0"
    with decorators.use_gpu():
        assert tf.constant(1).device in ("/device:CPU:0", "/device:GPU:0")

    @decorators.force_cpu()
    def make() -> tf.Tensor:
        return tf.constant(1)

    assert make().device == "/device:CPU:0"


def test_combinations_have_names() -> None:
    made = decorators.generate_combinations_with_testcase_name(b=[1, 2], a="x y")
    assert [dict(each) for each in made] == [
        {"a": "x y", "b": 1, "testcase_name": "_test_a_xy_b_1"},
        {"a": "x y", "b": 2, "testcase_name": "_test_a_xy_b_2"},
    ]


def test_a_graph_says_which_version_made_it() -> None:
    graph = tf.Graph()
    set_producer_version(graph, 17)
    assert graph.graph_def_versions.producer == 17


def test_gradients_come_from_their_operations() -> None:
    x = tf.constant([[1.0]])
    product = tf.matmul(x, x)
    gradient = tf.gradients(product, x)[0]
    assert product.op in {t.op._original_op for t in gradient.op.inputs}
