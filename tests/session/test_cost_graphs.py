"""`RunMetadata.cost_graph`: what the nodes of a step cost, in the steps that the config names.

The steps, and the facts of the nodes, were recorded from TensorFlow 2.21.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tests.clusters import over_wire, running_cluster


def config(every: int, after: int = 0) -> Any:
    options = tf.GraphOptions(build_cost_model=every, build_cost_model_after=after)
    return tf.ConfigProto(graph_options=options)


def square() -> tuple[Any, Any]:
    x = tf.placeholder(tf.float32, [4, 4], name="x")
    product = tf.reshape(tf.matmul(x, x, name="product"), [16], name="flat")
    return x, tf.reduce_sum(product, name="total")


def cost_graph(session: Any, fetch: Any, feed_dict: Any = None) -> Any:
    metadata = tf.RunMetadata()
    session.run(fetch, feed_dict, run_metadata=metadata)
    assert metadata.HasField("cost_graph") == bool(metadata.step_stats.dev_stats)
    return metadata.cost_graph if metadata.HasField("cost_graph") else None


@pytest.mark.parametrize(
    ("every", "after", "expected"),
    [(1, 0, [0, 1, 2, 3, 5, 6]), (3, 0, [2, 5]), (3, 1, [3, 6]), (2, 3, [6])],
)
def test_the_steps_that_the_config_names_have_one(
    every: int, after: int, expected: list[int]
) -> None:
    x, total = square()
    measured = []
    with tf.Session(config=config(every, after)) as session:
        for number in range(7):
            if number == 4:
                session.run(total, {x: np.ones((4, 4))})  # counts, though nobody wants to know
            elif cost_graph(session, total, {x: np.ones((4, 4))}) is not None:
                measured.append(number)
    assert measured == expected


def test_nodes_name_their_inputs_outputs_and_cost() -> None:
    x, total = square()
    with tf.Session(config=config(1)) as session:
        graphs = [cost_graph(session, total, {x: np.ones((4, 4))}) for _ in range(3)]
    nodes = {node.name: node for node in graphs[-1].node}
    by_id = {node.id: name for name, node in nodes.items()}
    assert len(by_id) == len(graphs[-1].node)
    product, flat = nodes["product"], nodes["flat"]
    assert [by_id[i.preceding_node] for i in product.input_info] == ["_arg_x_0_0"] * 2
    assert by_id[flat.input_info[0].preceding_node] == "product"
    (output,) = product.output_info
    assert (output.size, output.alias_input_port, output.dtype) == (64, -1, 1)
    assert [dim.size for dim in output.shape.dim] == [4, 4]
    assert flat.output_info[0].alias_input_port == 0
    assert by_id[nodes["_retval_total_0_0"].input_info[0].preceding_node] == "total"
    assert nodes["flat/shape"].persistent_memory_size == 4
    costs = [{node.name: node.compute_cost for node in graph.node}["product"] for graph in graphs]
    assert costs == sorted(costs)  # the most that was seen


@pytest.mark.parametrize("uses_wire", [False, True])
def test_a_step_over_several_tasks_has_one_of_all_nodes(uses_wire: bool) -> None:
    with running_cluster(ps=1, worker=1) as cluster:
        with tf.device("/job:ps/task:0"):
            variable = tf.get_variable("v", initializer=[1.0, 2.0])
        with tf.device("/job:worker/task:0"):
            total = tf.reduce_sum(variable * 2.0, name="total")
        wanted = over_wire(config(2)) if uses_wire else config(2)
        with tf.Session(cluster.target("worker", 0), config=wanted) as session:
            session.run(variable.initializer)
            assert cost_graph(session, total) is None
            nodes = {node.name: node for node in cost_graph(session, total).node}
    assert "/job:ps/" in nodes["v"].device
    assert "/job:worker/" in nodes["total"].device
    assert nodes["total"].output_info[0].size == 4
