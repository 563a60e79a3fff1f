"""Partition: one subgraph a device (or task), with a Send and a Recv on every edge that is cut.

A loop that spans several places runs in each of them: a place that gets values from inside the loop
gets a *control loop*, which goes through the same iterations, led by the condition that is sent to
it, and starts the receives of each.

Source: TensorFlow 1.15, core/graph/graph_partition.cc.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.control_primitives import SWITCHES
from tensormill.graph.dtypes import DType
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.tensor_value import TensorValue
from tensormill.runtime.node import Edge, Node, NodeGraph
from tensormill.runtime.passes.loop_frames import LoopFrame, LoopFrames, condition_of
from tensormill.runtime.transfers import RECV, SEND

__all__ = ["Partition", "partition"]

_NARROW = dtypes.bfloat16


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
    client_place: str | None = None,
) -> dict[str, Partition]:
    """Cut a graph by the place of its nodes.

    A value that several nodes of one place need is sent there once. Constants and feeds are not
    sent: each place that needs one has its own.

    Args:
      graph: the nodes of a step, in topological order; left as it is.
      place_of: the place of a node: its device, or its task.
      incarnation_of: the incarnation of a device, which becomes part of the rendezvous keys.
      client_place: the place where the client is, if float32 values lose the lower half of their
        bits wherever they leave their place; None where they keep them.
    """
    return _Partitioning(graph, place_of, incarnation_of, client_place).run()


class _Partitioning:
    """The state of one cut."""

    def __init__(
        self,
        graph: NodeGraph,
        place_of: Callable[[Node], str],
        incarnation_of: Callable[[str], int],
        client_place: str | None,
    ) -> None:
        self._graph = graph
        self._client_place = client_place
        self._place_of = place_of
        self._incarnation_of = incarnation_of
        self._frames = LoopFrames(graph)
        self._partitions: dict[str, Partition] = {}
        self._copies: dict[Node, Node] = {}
        self._feeds = {node: index for index, node in enumerate(graph.feeds)}
        self._local_copies: dict[tuple[Node, str], Node] = {}
        self._received: dict[tuple[Edge, str], Node] = {}
        self._signals: dict[tuple[Node, str], Node] = {}
        self._crossing = self._crossing_edges()
        self._loops: dict[tuple[LoopFrame, str], Node] = {}
        self._open_switches: list[tuple[Node, LoopFrame, str]] = []
        self._edge_count = 0

    def run(self) -> dict[str, Partition]:
        back_edges = []
        for node in self._graph.nodes:
            place = self._place_of(node)
            if self._is_anywhere(node):
                continue
            copy = self._copies[node] = _copy(node, node.device)
            for index, edge in enumerate(node.inputs):
                if edge[0] not in self._copies and not self._is_anywhere(edge[0]):
                    back_edges.append((node, index, edge))
                    copy.inputs.append((copy, 0))
                else:
                    copy.inputs.append(self._input(edge, node, place))
            controls = (self._control(source, node, place) for source in node.controls)
            copy.controls = [control for control in controls if control is not None]
            self._partition(place).graph.nodes.append(copy)
        for node, index, edge in back_edges:
            self._copies[node].inputs[index] = self._input(edge, node, self._place_of(node))
        self._close_switches()
        self._distribute_ends()
        return self._partitions

    def _partition(self, place: str) -> Partition:
        found = self._partitions.get(place)
        if found is None:
            found = self._partitions[place] = Partition()
        return found

    def _distribute_ends(self) -> None:
        for index, (node, output) in enumerate(self._graph.fetches):
            place = self._place_of(node)
            part = self._partition(place)
            part.fetch_indices.append(index)
            edge = (self._made(node, place), output)
            dtype = node.output_dtypes[output].base_dtype
            if self._loses_bits(dtype) and place != self._client_place:
                edge = (self._without_lower_half(edge, node.device, place), 0)
            part.graph.fetches.append(edge)
        for node in self._graph.targets:
            place = self._place_of(node)
            self._partition(place).graph.targets.append(self._made(node, place))

    def _is_anywhere(self, node: Node) -> bool:
        """Return whether each place that needs a node has one of its own."""
        return node in self._feeds or (node.op_type == "Const" and not node.controls)

    def _made(self, node: Node, place: str) -> Node:
        if self._is_anywhere(node):
            return self._local_copy(node, node.device, place)
        return self._copies[node]

    def _input(self, edge: Edge, consumer: Node, place: str) -> Edge:
        source, output = edge
        if self._is_anywhere(source):
            return (self._local_copy(source, consumer.device, place), 0)
        if self._place_of(source) == place:
            return (self._copies[source], output)
        return (self._receive(edge, consumer, place), 0)

    def _receive(self, edge: Edge, consumer: Node, place: str) -> Node:
        source, output = edge
        key = (edge, place)
        if key not in self._received:
            name = f"{source.name}_{output}" if output else source.name
            sent = (self._copies[source], output)
            dtype, dims = source.output_dtypes[output].base_dtype, source.output_dims[output]
            if self._loses_bits(dtype):
                home = self._place_of(source)
                narrow = self._cast(sent, _NARROW, f"{name}/_narrow", source.device, home)
                made = self._transfer((narrow, 0), source, name, _NARROW, dims, consumer, place)
                made = self._cast((made, 0), dtype, f"{name}/_wide", consumer.device, place)
            else:
                made = self._transfer(sent, source, name, dtype, dims, consumer, place)
            self._received[key] = made
        return self._received[key]

    def _local_copy(self, source: Node, device: str, place: str) -> Node:
        """Return a node that stands for a feed or a constant in a place."""
        key = (source, place)
        found = self._local_copies.get(key)
        if found is None:
            if self._place_of(source) == place:
                device = source.device
            found = self._local_copies[key] = _copy(source, device)
            part = self._partition(place)
            part.graph.nodes.append(found)
            index = self._feeds.get(source)
            if index is not None:
                part.feed_indices.append(index)
                part.graph.feeds.append(found)
                dtype = source.output_dtypes[0].base_dtype
                if self._loses_bits(dtype) and place != self._client_place:
                    found = self._without_lower_half((found, 0), device, place)
                    self._local_copies[key] = found
        return found

    def _crossing_edges(self) -> dict[tuple[Node, str], tuple[Edge, Node]]:
        """Return by node and other place an edge on which its value comes there, and who reads it.

        Who waits there for the node may wait for the value. Left out are loops, which have a
        receive for each of their borders, and nodes that give some of their outputs.
        """
        found: dict[tuple[Node, str], tuple[Edge, Node]] = {}
        for node in self._graph.nodes:
            if self._frames.input_frame(node) is not None:
                continue
            place = self._place_of(node)
            for edge in node.inputs:
                source = edge[0]
                if (
                    self._place_of(source) != place
                    and source.op_type not in SWITCHES
                    and self._frames.output_frame(source) is None
                    and not self._is_anywhere(source)
                ):
                    found.setdefault((source, place), (edge, node))
        return found

    def _control(self, source: Node, consumer: Node, place: str) -> Node | None:
        if self._is_anywhere(source):
            return None  # it is there from the start
        if self._place_of(source) == place:
            return self._copies[source]
        key = (source, place)
        crossing = self._crossing.get(key)
        if crossing is not None and self._frames.input_frame(consumer) is None:
            return self._receive(*crossing, place)
        if key not in self._signals:
            signal = self._constant(
                f"{source.name}/ctrl/signal/_{self._edge_count}",
                source.device,
                self._place_of(source),
            )
            signal.controls.append(self._copies[source])
            self._signals[key] = self._transfer(
                (signal, 0), source, f"{source.name}/ctrl", dtypes.float32, (0,), consumer, place
            )
        return self._signals[key]

    def _constant(self, name: str, device: str, place: str) -> Node:
        """Add an empty constant, whose value is that it is there."""
        empty = TensorValue(np.zeros(0, np.float32), dtypes.float32)
        made = Node(
            name,
            OP_DEFS["Const"],
            {"value": empty, "dtype": dtypes.float32},
            [],
            [],
            device,
            [dtypes.float32],
            [(0,)],
        )
        self._partition(place).graph.nodes.append(made)
        return made

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
        frame = self._frames.output_frame(source)
        if frame is not None and frame is self._frames.input_frame(consumer):
            receive.controls.append(self._control_loop(frame, consumer.device, place))
        self._partition(place).graph.nodes.append(receive)
        return receive

    def _loses_bits(self, dtype: DType) -> bool:
        return self._client_place is not None and dtype == dtypes.float32

    def _cast(self, edge: Edge, dtype: DType, name: str, device: str, place: str) -> Node:
        """Add a node that gives the value of an edge another dtype."""
        source, output = edge
        attrs = {
            "SrcT": source.output_dtypes[output].base_dtype,
            "DstT": dtype,
            "Truncate": dtype == _NARROW,
        }
        dims = source.output_dims[output]
        nodes = self._partition(place).graph.nodes
        made = Node(
            f"{name}_{len(nodes)}", OP_DEFS["Cast"], attrs, [edge], [], device, [dtype], [dims]
        )
        nodes.append(made)
        return made

    def _without_lower_half(self, edge: Edge, device: str, place: str) -> Node:
        """Add what brings the value of an edge to the client, or from it, with fewer bits."""
        name = edge[0].name
        narrow = self._cast(edge, _NARROW, f"{name}/_narrow", device, place)
        return self._cast((narrow, 0), dtypes.float32, f"{name}/_wide", device, place)

    def _control_loop(self, frame: LoopFrame, device: str, place: str) -> Node:
        """Return the Merge of the control loop of a loop in a place; it is made at first."""
        found = self._loops.get((frame, place))
        if found is not None:
            return found
        name = f"_cloop{frame.name.decode()}/_{len(self._loops)}"
        start = (
            self._constant(f"{name}/start", device, place)
            if frame.parent is None
            else self._control_loop(frame.parent, device, place)
        )
        nodes = self._partition(place).graph.nodes
        attrs = {
            "frame_name": frame.name,
            "is_constant": False,
            "parallel_iterations": frame.parallel_iterations,
        }
        enter = _loop_node("Enter", f"{name}/enter", [(start, 0)], device, attrs)
        merge = _loop_node("Merge", f"{name}/merge", [(enter, 0)], device, {"N": 2})
        switch = _loop_node("Switch", f"{name}/switch", [(merge, 0)], device)
        following = _loop_node("NextIteration", f"{name}/next", [(switch, 1)], device)
        merge.inputs.append((following, 0))
        nodes += [enter, merge, switch, following]
        self._loops[(frame, place)] = merge
        self._open_switches.append((switch, frame, place))
        return merge

    def _close_switches(self) -> None:
        """Give the control loops their conditions, which may make more of them."""
        while self._open_switches:
            switch, frame, place = self._open_switches.pop()
            condition = condition_of(frame)
            if self._place_of(condition) == place:
                switch.inputs.append((self._copies[condition], 0))
                continue
            # The receive is in the loop, as its reader is.
            key = ((condition, 0), place)
            if key not in self._received:
                reader = Node(switch.name, switch.op_def, {}, [], [], switch.device, [], [], None)
                self._frames.put(reader, frame)
                self._received[key] = self._receive(key[0], reader, place)
            switch.inputs.append((self._received[key], 0))


def _copy(node: Node, device: str) -> Node:
    return Node(
        node.name,
        node.op_def,
        node.attrs,
        [],
        [],
        device,
        node.output_dtypes,
        node.output_dims,
        node.operation,
    )


def _loop_node(
    op_type: str, name: str, inputs: list[Edge], device: str, attrs: dict[str, Any] | None = None
) -> Node:
    """Return a node that passes on an empty float."""
    count = 2 if op_type in ("Switch", "Merge") else 1
    outputs = [dtypes.float32] * count
    if op_type == "Merge":
        outputs[1] = dtypes.int32
    return Node(
        name,
        OP_DEFS[op_type],
        {"T": dtypes.float32, **(attrs or {})},
        inputs,
        [],
        device,
        outputs,
        [None] * count,
    )
