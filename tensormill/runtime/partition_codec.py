"""Partitions as GraphDefs, as they are registered with workers of other tasks, and back.

What the client feeds and fetches becomes receives and sends that are *client terminated*: the
master hands over and collects their values with the call that runs the partition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tensorboard.compat.proto import graph_pb2

from tensormill.graph import errors
from tensormill.graph.device_names import canonical, is_full
from tensormill.graph.graph import Graph
from tensormill.graph.graph_def_extension import extend_graph
from tensormill.graph.tensor_codec import shape_to_proto
from tensormill.runtime.fused_nodes_codec import with_fused_nodes_apart
from tensormill.runtime.node import Edge, Node, NodeGraph
from tensormill.runtime.node_graph_codec import to_graph_def
from tensormill.runtime.passes.prune import ARG, prune
from tensormill.runtime.rendezvous_keys import ROOT, make_key, parse_key
from tensormill.runtime.transfers import RECEIVES, RECV, SEND, SENDS, TRANSFER_OP_DEFS

__all__ = ["KeyedGraph", "graph_from_message", "graph_to_message", "with_transfers"]


@dataclass(slots=True)
class KeyedGraph:
    """A partition whose feeds and fetches have rendezvous keys.

    Attributes:
      graph: the nodes.
      feed_keys: the key of each feed.
      fetch_keys: the key of each fetch.
    """

    graph: NodeGraph
    feed_keys: list[str]
    fetch_keys: list[str]


def graph_to_message(
    graph: NodeGraph, client_device: str, incarnation: int
) -> tuple[Any, list[str], list[str]]:
    """Return the GraphDef of a partition, and the keys of its feeds and fetches.

    Args:
      graph: the partition.
      client_device: the device of the task where feeds arrive and fetches leave.
      incarnation: that of the device.
    """
    device = client_device.encode()

    def attrs_of(name: str) -> dict[str, Any]:
        return _client_attrs(name.encode(), device, incarnation, device)

    feed_names = [f"{node.name}/feed" for node in graph.feeds]
    receives = {
        node: _receive(node, attrs_of(name), client_device)
        for node, name in zip(graph.feeds, feed_names, strict=True)
    }
    nodes = [receives.get(node, node) for node in graph.nodes]
    fetch_names = []
    for index, (source, output) in enumerate(graph.fetches):
        name = f"{source.name}_{output}/fetch_{index}"
        fetch_names.append(name)
        attrs = {"T": source.output_dtypes[output].base_dtype, **attrs_of(name)}
        edge = (receives.get(source, source), output)
        send = f"_send_{source.name}_{output}_{index}"
        nodes.append(Node(send, SEND, attrs, [edge], [], client_device, [], []))
    whole = NodeGraph(nodes, [], [], [])
    whole.functions = graph.library()
    message = to_graph_def(whole)
    for node, node_def in zip(nodes, message.node, strict=True):
        if any(dims is not None for dims in node.output_dims):
            shapes = node_def.attr["_output_shapes"].list
            shapes.shape.extend(shape_to_proto(dims) for dims in node.output_dims)
    return (
        message,
        [make_key(device, incarnation, device, n.encode()) + ROOT for n in feed_names],
        [make_key(device, incarnation, device, n.encode()) + ROOT for n in fetch_names],
    )


def _receive(node: Node, attrs: dict[str, Any], device: str) -> Node:
    """Return what takes the place of a fed node: a receive of the value from the client."""
    attrs = {"tensor_type": node.output_dtypes[0].base_dtype, **attrs}
    return Node(
        node.name, RECV, attrs, [], node.controls, device, node.output_dtypes, node.output_dims
    )


def graph_from_message(message: Any, devices: Mapping[str, Any]) -> KeyedGraph:
    """Return the partition of a GraphDef; all of its nodes run.

    Args:
      message: the GraphDef, from a master of any make.
      devices: the devices of this task, by name.

    Raises:
      NotFoundError: an op type is not known.
      InvalidArgumentError: the graph is not sound, or a node is for no device of this task.
    """
    graph = Graph()
    if not isinstance(message, graph_pb2.GraphDef):
        raise errors.invalid_argument("a partition must be a GraphDef")
    message = with_fused_nodes_apart(message)
    operations = extend_graph(graph, message, TRANSFER_OP_DEFS)
    # An operation that is colocated with one of another partition is where the message says.
    given = {node.name: node.device for node in message.node}
    placed = {op: _checked_device(op.name, given[op.name], devices) for op in operations}
    nodes = prune((), (), operations, placed)
    keyed = KeyedGraph(NodeGraph([], [], [], []), [], [])
    keyed.graph.functions = graph.functions
    for node in nodes.nodes:
        node.operation = None  # it is not the user's
        if node.op_type in RECEIVES and node.attrs["client_terminated"]:
            keyed.feed_keys.append(_key_of(node))
            keyed.graph.feeds.append(node)
            node.op_def, node.op_type = ARG, ARG.name
            node.attrs = {"T": node.output_dtypes[0], "index": len(keyed.feed_keys) - 1}
        elif node.op_type in SENDS and node.attrs["client_terminated"]:
            keyed.fetch_keys.append(_key_of(node))
            keyed.graph.fetches.append(node.inputs[0])
            continue
        keyed.graph.nodes.append(node)
    keyed.graph.targets = _ends(keyed.graph.nodes, keyed.graph.fetches)
    return keyed


def with_transfers(keyed: KeyedGraph) -> NodeGraph:
    """Return a copy of a partition that gets its feeds and gives its fetches by transfers."""
    graph = keyed.graph
    feeds = dict(zip(graph.feeds, keyed.feed_keys, strict=True))
    copies: dict[Node, Node] = {}
    for node in graph.nodes:
        copies[node] = copy = Node(
            node.name,
            RECV if node in feeds else node.op_def,
            node.attrs,
            [],
            [],
            node.device,
            node.output_dtypes,
            node.output_dims,
            node.operation,
        )
        if node in feeds:
            dtype = node.output_dtypes[0].base_dtype
            copy.attrs = {"tensor_type": dtype, **_transfer_attrs(feeds[node])}
    for node, copy in copies.items():
        copy.inputs = [(copies[source], output) for source, output in node.inputs]
        copy.controls = [copies[source] for source in node.controls]
    sends = []
    for index, ((source, output), key) in enumerate(
        zip(graph.fetches, keyed.fetch_keys, strict=True)
    ):
        dtype = source.output_dtypes[output].base_dtype
        attrs = {"T": dtype, **_transfer_attrs(key)}
        edge = (copies[source], output)
        name = f"_send_{source.name}_{output}_{index}"
        sends.append(Node(name, SEND, attrs, [edge], [], source.device, [], []))
    targets = [copies[node] for node in graph.targets]
    made = NodeGraph([*copies.values(), *sends], [], [], targets + sends)
    made.functions = graph.functions
    return made


def _transfer_attrs(key: str) -> dict[str, Any]:
    parts = parse_key(key)
    return _client_attrs(
        parts.tensor_name.encode(),
        parts.send_device.encode(),
        parts.incarnation,
        parts.recv_device.encode(),
    )


def _client_attrs(
    name: bytes, send_device: bytes, incarnation: int, recv_device: bytes
) -> dict[str, Any]:
    """Return the attributes of a transfer from or to the client."""
    return {
        "tensor_name": name,
        "send_device": send_device,
        "send_device_incarnation": incarnation,
        "recv_device": recv_device,
        "client_terminated": True,
    }


def _checked_device(name: str, device: str, devices: Mapping[str, Any]) -> str:
    if not device:
        raise errors.invalid_argument(f"Node '{name}' is missing a device specification")
    device = canonical(device)
    if device not in devices:
        what = "unknown device." if is_full(device) else "does not name one device."
        raise errors.invalid_argument(f"{device} {what}")
    return device


def _key_of(node: Node) -> str:
    attrs = node.attrs
    incarnation = attrs["send_device_incarnation"]
    key = make_key(attrs["send_device"], incarnation, attrs["recv_device"], attrs["tensor_name"])
    return key + ROOT


def _ends(nodes: Sequence[Node], fetches: Sequence[Edge]) -> list[Node]:
    """Return the nodes that nothing else needs."""
    needed = {source for source, _ in fetches}
    for node in nodes:
        needed.update(source for source, _ in node.inputs)
        needed.update(node.controls)
    return [node for node in nodes if node not in needed and node.op_type != ARG.name]
