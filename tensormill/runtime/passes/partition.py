"""Partition: one subgraph a device (or task), with a Send and a Recv on every edge that is cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.attr_values import TensorValue
from tensormill.graph.op_def import OpDef
from tensormill.graph.op_table import OP_DEFS
from tensormill.runtime.node import Edge, Node, NodeGraph

__all__ = ["RECV", "SEND", "Partition", "partition"]

_TRANSFER_ATTRS = (
    "tensor_name: string",
    "send_device: string",
    "send_device_incarnation: int",
    "recv_device: string",
    "client_terminated: bool = false",
)
SEND = OpDef("_Send", ("tensor: T",), (), ("T: type", *_TRANSFER_ATTRS), is_stateful=True)
RECV = OpDef(
    "_Recv", (), ("tensor: tensor_type",), ("tensor_type: type", *_TRANSFER_ATTRS), is_stateful=True
)


@dataclass(slots=True)
class Partition:
    """The part of a step that runs in one place.

    Attributes:
      graph: the nodes, with sends and receives.
      feed_indices: which of the step's feeds arrive here, in the order of `graph.feeds`.
      fetch_indices: which of the step's fetches are made here, in the order of `graph.fetches`.
    """

    graph: NodeGraph = field(default_factory=lambda: NodeGraph([], [], [], []))
    feed_indices: list[int] = field(default_factory=list)
    fetch_indices: list[int] = field(default_factory=list)


def partition(
    graph: NodeGraph,
    place_of: Callable[[Node], str],
    incarnation_of: Callable[[str], int] = lambda device: 0,
) -> dict[str, Partition]:
    """Cut a graph by the place of its nodes.

    A value that several nodes of one place need is sent there once.

    Args:
      graph: the nodes of a step, in topological order; left as it is.
      place_of: the place of a node: its device, or its task.
      incarnation_of: the incarnation of a device, which becomes part of the rendezvous keys.
    """
    return _Partitioning(graph, place_of, incarnation_of).run()


class _Partitioning:
    """The state of one cut."""

    def __init__(
        self,
        graph: NodeGraph,
        place_of: Callable[[Node], str],
        incarnation_of: Callable[[str], int],
    ) -> None:
        self._graph = graph
        self._place_of = place_of
        self._incarnation_of = incarnation_of
        self._partitions: dict[str, Partition] = {}
        self._copies: dict[Node, Node] = {}
        self._received: dict[tuple[Edge, str], Node] = {}
        self._signals: dict[tuple[Node, str], Node] = {}
        self._edge_count = 0

    def run(self) -> dict[str, Partition]:
        back_edges = []
        for node in self._graph.nodes:
            copy = Node(
                node.name,
                node.op_def,
                node.attrs,
                [],
                [],
                node.device,
                node.output_dtypes,
                node.output_dims,
                node.operation,
            )
            self._copies[node] = copy
            place = self._place_of(node)
            for index, edge in enumerate(node.inputs):
                if edge[0] not in self._copies:
                    back_edges.append((node, index, edge))
                    copy.inputs.append((copy, 0))
                else:
                    copy.inputs.append(self._input(edge, node, place))
            copy.controls = [self._control(source, node, place) for source in node.controls]
            self._partition(place).graph.nodes.append(copy)
        for node, index, (source, output) in back_edges:
            self._copies[node].inputs[index] = (self._copies[source], output)
        self._distribute_ends()
        return self._partitions

    def _partition(self, place: str) -> Partition:
        found = self._partitions.get(place)
        if found is None:
            found = self._partitions[place] = Partition()
        return found

    def _distribute_ends(self) -> None:
        for index, node in enumerate(self._graph.feeds):
            part = self._partition(self._place_of(node))
            part.feed_indices.append(index)
            part.graph.feeds.append(self._copies[node])
        for index, (node, output) in enumerate(self._graph.fetches):
            part = self._partition(self._place_of(node))
            part.fetch_indices.append(index)
            part.graph.fetches.append((self._copies[node], output))
        for node in self._graph.targets:
            self._partition(self._place_of(node)).graph.targets.append(self._copies[node])

    def _input(self, edge: Edge, consumer: Node, place: str) -> Edge:
        source, output = edge
        copy = self._copies[source]
        if self._place_of(source) == place:
            return (copy, output)
        key = (edge, place)
        if key not in self._received:
            dtype = source.output_dtypes[output].base_dtype
            name = f"{source.name}_{output}" if output else source.name
            self._received[key] = self._transfer(
                (copy, output), source, name, dtype, source.output_dims[output], consumer, place
            )
        return (self._received[key], 0)

    def _control(self, source: Node, consumer: Node, place: str) -> Node:
        copy = self._copies[source]
        if self._place_of(source) == place:
            return copy
        key = (source, place)
        if key not in self._signals:
            empty = TensorValue(np.zeros(0, np.float32), dtypes.float32)
            signal = Node(
                f"{source.name}/ctrl/_{self._edge_count}",
                OP_DEFS["Const"],
                {"value": empty, "dtype": dtypes.float32},
                [],
                [copy],
                source.device,
                [dtypes.float32],
                [(0,)],
            )
            self._partition(self._place_of(source)).graph.nodes.append(signal)
            self._signals[key] = self._transfer(
                (signal, 0), source, f"{source.name}/ctrl", dtypes.float32, (0,), consumer, place
            )
        return self._signals[key]

    def _transfer(
        self, edge: Edge, source: Node, name: str, dtype: Any, dims: Any, consumer: Node, place: str
    ) -> Node:
        """Add a send beside `source` and a receive beside `consumer`; return the receive."""
        number = self._edge_count
        self._edge_count += 1
        attrs = {
            "tensor_name": f"edge_{number}_{name}".encode(),
            "send_device": source.device.encode(),
            "send_device_incarnation": self._incarnation_of(source.device),
            "recv_device": consumer.device.encode(),
            "client_terminated": False,
        }
        send = Node(
            f"{name}/_{2 * number}", SEND, {"T": dtype, **attrs}, [edge], [], source.device, [], []
        )
        home = self._partition(self._place_of(source)).graph
        home.nodes.append(send)
        home.targets.append(send)
        receive = Node(
            f"{name}/_{2 * number + 1}",
            RECV,
            {"tensor_type": dtype, **attrs},
            [],
            [],
            consumer.device,
            [dtype],
            [dims],
        )
        self._partition(place).graph.nodes.append(receive)
        return receive
