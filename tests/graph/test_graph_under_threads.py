"""A graph that several threads build and write at the same time."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import tensormill as tf


def _build(graph: tf.Graph, times: int) -> None:
    for _ in range(times):
        with graph.as_default():
            x = tf.placeholder(tf.float32)
            total = tf.while_loop(lambda x: x < 10, lambda x: x + 1, [x])
            tf.gradients(total, [x])


def _write(graph: tf.Graph, times: int) -> int:
    return max(len(graph.as_graph_def().node) for _ in range(times))


def test_a_graph_can_be_written_while_others_add_to_it() -> None:
    graph = tf.Graph()
    with ThreadPoolExecutor(4) as pool:
        building = [pool.submit(_build, graph, 6) for _ in range(2)]
        writing = [pool.submit(_write, graph, 6) for _ in range(2)]
        for each in (*building, *writing):
            each.result()
    assert len(graph.as_graph_def().node) == len(graph.get_operations())


def test_graphs_can_be_imported_while_others_add_to_it() -> None:
    with tf.Graph().as_default() as small:
        tf.constant(1.0, name="scope/c")
    graph = tf.Graph()

    def bring() -> None:
        for _ in range(20):
            with graph.as_default():
                tf.import_graph_def(small.as_graph_def(), name="copy")

    with ThreadPoolExecutor(4) as pool:
        for each in [pool.submit(bring) for _ in range(2)] + [pool.submit(_build, graph, 4)]:
            each.result()
    names = [op.name for op in graph.get_operations()]
    assert len(names) == len(set(names))
    assert sum(name.startswith("copy") for name in names) == 40


def _names_in(graph_def: Any) -> tuple[set[str], set[str]]:
    """Return the names of the nodes of a message, and those that the nodes take inputs from."""
    names = {node.name for node in graph_def.node}
    inputs = (name for node in graph_def.node for name in node.input)
    return names, {name.removeprefix("^").partition(":")[0] for name in inputs}


def test_what_is_written_in_the_middle_of_imports_and_loops_can_be_imported() -> None:
    graph = tf.Graph()
    _build(graph, 1)
    loop = graph.as_graph_def()

    def bring(times: int) -> None:
        for _ in range(times):
            with graph.as_default():
                tf.import_graph_def(loop, name="copy")

    def write(times: int) -> None:
        for _ in range(times):
            names, inputs = _names_in(graph.as_graph_def())
            assert inputs <= names

    with ThreadPoolExecutor(4) as pool:
        work = [pool.submit(bring, 10), pool.submit(_build, graph, 5)]
        for each in [*work, pool.submit(write, 10), pool.submit(write, 10)]:
            each.result()
    names, inputs = _names_in(graph.as_graph_def())
    assert inputs <= names
