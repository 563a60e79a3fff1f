"""A graph that several threads build and write at the same time."""

from concurrent.futures import ThreadPoolExecutor

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
