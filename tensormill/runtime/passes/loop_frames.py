"""The frames of loops in a graph of nodes, and where their nodes go when a graph is cut.

Source: TensorFlow 1.15, core/graph/control_flow.cc and core/graph/graph_partition.cc.
"""

from __future__ import annotations

from dataclasses import dataclass

from tensormill.graph.control_primitives import ENTERS, EXITS, NEXT_ITERATIONS, SWITCHES
from tensormill.graph.errors import invalid_argument
from tensormill.runtime.node import Node, NodeGraph

__all__ = ["LoopFrame", "LoopFrames", "colocate_control_flow", "condition_of"]

_DOWNSTREAM = NEXT_ITERATIONS | {"Enter"}


@dataclass(slots=True, eq=False)
class LoopFrame:
    """One loop.

    Attributes:
      name: its frame name.
      parent: the loop around it, or None.
      parallel_iterations: how many of its iterations may run at the same time.
      condition: its LoopCond.
    """

    name: bytes
    parent: LoopFrame | None
    parallel_iterations: int
    condition: Node | None = None


class LoopFrames:
    """Which node is in which loop."""

    def __init__(self, graph: NodeGraph) -> None:
        self._frames: dict[Node, LoopFrame] = {}
        self._by_name: dict[bytes, LoopFrame] = {}
        for node in graph.nodes:
            self._visit(node)

    def _visit(self, node: Node) -> None:
        around = None
        for source in (*(source for source, _ in node.inputs), *node.controls):
            around = self.output_frame(source)
            if around is not None:
                break
        if node.op_type in ENTERS:
            name = node.attrs["frame_name"]
            frame = self._by_name.get(name)
            if frame is None:
                frame = LoopFrame(name, around, node.attrs["parallel_iterations"])
                self._by_name[name] = frame
            self._frames[node] = frame
        elif around is not None:
            self._frames[node] = around
            if node.op_type == "LoopCond":
                around.condition = node

    def output_frame(self, node: Node) -> LoopFrame | None:
        """Return the loop in which the outputs of a node are."""
        frame = self._frames.get(node)
        return frame.parent if frame is not None and node.op_type in EXITS else frame

    def put(self, node: Node, frame: LoopFrame) -> None:
        """Say that a node that is new is in a loop."""
        self._frames[node] = frame

    def input_frame(self, node: Node) -> LoopFrame | None:
        """Return the loop in which the inputs of a node are."""
        frame = self._frames.get(node)
        return frame.parent if frame is not None and node.op_type in ENTERS else frame


def condition_of(frame: LoopFrame) -> Node:
    """Return the LoopCond of a loop.

    Raises:
      InvalidArgumentError: it has none.
    """
    if frame.condition is None:
        raise invalid_argument(
            f"A cross-device loop must have a pivot predicate: {frame.name.decode()}"
        )
    return frame.condition


def colocate_control_flow(graph: NodeGraph) -> None:
    """Move nodes of loops and branches to where their values are, so that fewer values travel.

    A Switch goes to its data, an Exit to what it brings out, Enter and NextIteration to who reads
    them first. The nodes change in place.
    """
    first_readers: dict[Node, Node] = {}
    for node in graph.nodes:
        for source, _ in node.inputs:
            if source.op_type in _DOWNSTREAM:
                first_readers.setdefault(source, node)
        if node.op_type in SWITCHES or node.op_type in EXITS:
            node.device = node.inputs[0][0].device
    for node in graph.nodes:
        if node.op_type in _DOWNSTREAM and node in first_readers:
            node.device = first_readers[node].device
