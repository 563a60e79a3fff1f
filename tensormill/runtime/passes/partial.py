"""The pass behind partial runs: feeds become nodes that wait, fetches nodes that hand over."""

from __future__ import annotations

from tensormill.graph.device_names import host_beside
from tensormill.graph.op_def import OpDef
from tensormill.runtime.node import Node, NodeGraph
from tensormill.runtime.transfers import PARTIAL_FETCH

__all__ = ["make_partial", "needed_feeds"]

FEED = OpDef("_PartialRunFeed", (), ("tensor: T",), ("T: type", "index: int"), is_stateful=True)
FETCH = OpDef(PARTIAL_FETCH, ("tensor: T",), (), ("T: type", "index: int"), is_stateful=True)


def needed_feeds(graph: NodeGraph) -> list[list[int]]:
    """Return for each fetch of the graph the positions of the feeds that it needs."""
    masks: dict[Node, int] = {node: 1 << index for index, node in enumerate(graph.feeds)}
    for node in graph.nodes:
        mask = masks.get(node, 0)
        for source, _ in node.inputs:
            mask |= masks.get(source, 0)
        for source in node.controls:
            mask |= masks.get(source, 0)
        masks[node] = mask
    count = len(graph.feeds)
    return [[i for i in range(count) if masks[node] >> i & 1] for node, _ in graph.fetches]


def make_partial(graph: NodeGraph, client_device: str | None = None) -> NodeGraph:
    """Return the graph with feeds and fetches as nodes; those of the feeds change in place.

    Args:
      graph: the graph.
      client_device: where feeds and fetches are; None for where their values are used and made,
        feeds in the host memory there.
    """
    for index, node in enumerate(graph.feeds):
        node.op_def, node.op_type = FEED, FEED.name
        node.attrs = {"T": node.output_dtypes[0], "index": index}
        node.device = client_device or host_beside(node.device)
    fetches = []
    for index, (node, output) in enumerate(graph.fetches):
        dtype = node.output_dtypes[output].base_dtype
        name = f"_partial_fetch_{node.name}_{output}_{index}"
        fetches.append(
            Node(
                name,
                FETCH,
                {"T": dtype, "index": index},
                [(node, output)],
                [],
                client_device or node.device,
                [],
                [],
                node.operation,
            )
        )
    return NodeGraph(graph.nodes + fetches, [], [], graph.targets + fetches)
