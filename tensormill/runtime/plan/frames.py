"""Frames and iterations: which nodes become ready, live or dead, when a node has run.

No threads and no kernels here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tensormill.graph.control_primitives import ENTERS, EXITS, MERGES, NEXT_ITERATIONS
from tensormill.runtime.node import Node, NodeGraph
from tensormill.runtime.rendezvous_keys import frame_id

__all__ = ["DEAD", "FrameTable", "Ready"]


class _Dead:
    """The value of a tensor on a branch that is not taken."""

    def __repr__(self) -> str:
        return "<dead>"


DEAD = _Dead()


@dataclass(slots=True, eq=False)
class _Iteration:
    """What has arrived in one iteration of a frame, by node."""

    pending: dict[Node, int] = field(default_factory=dict)
    dead: dict[Node, int] = field(default_factory=dict)
    inputs: dict[Node, list[Any]] = field(default_factory=dict)
    outstanding: int = 0  # nodes ready or running
    outstanding_frames: int = 0


@dataclass(slots=True, eq=False)
class _Frame:
    """One run of a loop, or the whole graph."""

    parent: _Frame | None
    parent_iteration: int
    pending_enters: int
    max_parallel: int
    key: Any = None
    iterations: dict[int, _Iteration] = field(default_factory=dict)
    count: int = 0  # the number of the latest iteration
    invariants: list[tuple[Node, Any]] = field(default_factory=list)
    next_roots: list[tuple[Node, Any]] = field(default_factory=list)
    number: int = 0  # as other tasks compute it
    dead_exits: list[Node] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Ready:
    """A node that can run.

    Attributes:
      node: the node.
      frame, iteration: where it runs.
      is_dead: it does not run, and all its outputs are dead.
      inputs: its input values; DEAD where a Merge has none.
    """

    node: Node
    frame: _Frame
    iteration: int
    is_dead: bool
    inputs: list[Any]

    @property
    def is_at_root(self) -> bool:
        """Whether the outputs belong to no loop."""
        return self.frame.parent is None and self.node.op_type not in ENTERS

    @property
    def frame_text(self) -> str:
        """Frame and iteration as rendezvous keys write them."""
        return f"{self.frame.number}:{self.iteration}"

    @property
    def leaves_to_root(self) -> bool:
        """Whether the node brings a value out of an outermost loop."""
        parent = self.frame.parent
        return self.node.op_type in EXITS and parent is not None and parent.parent is None


class FrameTable:
    """The state of one run of a graph."""

    def __init__(self, graph: NodeGraph) -> None:
        self._graph = graph
        self._readers: dict[tuple[Node, int], list[tuple[Node, int]]] = {}
        self._waiters: dict[Node, list[Node]] = {}
        self._enters: dict[bytes, int] = {}
        for node in graph.nodes:
            for index, edge in enumerate(node.inputs):
                self._readers.setdefault(edge, []).append((node, index))
            for control in node.controls:
                self._waiters.setdefault(control, []).append(node)
            if node.op_type in ENTERS:
                name = node.attrs["frame_name"]
                self._enters[name] = self._enters.get(name, 0) + 1
        self._root = _Frame(None, -1, 0, 1)
        self._root.iterations[0] = _Iteration()
        self._children: dict[tuple[_Frame, int, bytes], _Frame] = {}
        self._ready: list[Ready] = []

    def start(self) -> list[Ready]:
        """Return the nodes that wait for nothing."""
        for node in self._graph.nodes:
            if not node.inputs and not node.controls:
                self._push(node, self._root, 0, False)
        return self._taken()

    def propagate(self, item: Ready, outputs: list[Any]) -> list[Ready]:
        """Take what a node gave; return the nodes that became ready."""
        node, frame, iteration = item.node, item.frame, item.iteration
        if node.op_type in ENTERS:
            self._enter(node, frame, iteration, outputs[0])
        elif node.op_type in EXITS:
            if not item.is_dead:
                assert frame.parent is not None
                self._deliver(node, outputs, False, frame.parent, frame.parent_iteration)
            elif iteration == frame.count:
                frame.dead_exits.append(node)
        elif node.op_type in NEXT_ITERATIONS:
            if not item.is_dead:
                self._next(node, frame, iteration, outputs[0])
        else:
            self._deliver(node, outputs, item.is_dead, frame, iteration)
        frame.iterations[iteration].outstanding -= 1
        self._clean_up(frame, iteration)
        return self._taken()

    def _taken(self) -> list[Ready]:
        ready, self._ready = self._ready, []
        return ready

    def _enter(self, node: Node, frame: _Frame, iteration: int, value: Any) -> None:
        name = node.attrs["frame_name"]
        key = (frame, iteration, name)
        child = self._children.get(key)
        if child is None:
            child = _Frame(
                frame, iteration, self._enters[name], node.attrs["parallel_iterations"], key
            )
            child.number = frame_id(frame.number, iteration, name)
            child.iterations[0] = _Iteration()
            self._children[key] = child
            frame.iterations[iteration].outstanding_frames += 1
        if node.attrs["is_constant"]:
            child.invariants.append((node, value))
            for number in list(child.iterations):
                self._deliver(node, [value], value is DEAD, child, number)
        else:
            self._deliver(node, [value], value is DEAD, child, 0)
        child.pending_enters -= 1
        self._clean_up(child, 0)

    def _next(self, node: Node, frame: _Frame, iteration: int, value: Any) -> None:
        if iteration == frame.count:
            if len(frame.iterations) >= frame.max_parallel:
                frame.next_roots.append((node, value))
                return
            self._begin_iteration(frame)
        self._deliver(node, [value], False, frame, iteration + 1)

    def _begin_iteration(self, frame: _Frame) -> None:
        frame.count += 1
        frame.iterations[frame.count] = _Iteration()
        roots, frame.next_roots = frame.next_roots, []
        for node, value in roots:
            self._deliver(node, [value], False, frame, frame.count)
        for node, value in frame.invariants:
            self._deliver(node, [value], value is DEAD, frame, frame.count)

    def _deliver(
        self, node: Node, outputs: list[Any], is_dead: bool, frame: _Frame, iteration: int
    ) -> None:
        from_enter = node.op_type in ENTERS
        for index, value in enumerate(outputs):
            for reader, position in self._readers.get((node, index), ()):
                self._arrive(reader, position, value, from_enter, frame, iteration)
        for waiter in self._waiters.get(node, ()):
            self._arrive_control(waiter, is_dead, frame, iteration)

    def _arrive(
        self, node: Node, position: int, value: Any, from_enter: bool, frame: _Frame, number: int
    ) -> None:
        state = frame.iterations[number]
        if node.op_type in MERGES:
            pending = state.pending.get(node, 1 + 2 * len(node.controls))
            if value is not DEAD:
                if pending & 1:  # the first live input
                    state.inputs[node] = [DEAD] * len(node.inputs)
                    state.inputs[node][position] = value
                    state.pending[node] = pending - 1
                    if pending == 1:
                        self._push(node, frame, number, False)
                return
            state.pending.setdefault(node, pending)
            dead = state.dead[node] = state.dead.get(node, 0) + 1
            if pending == 1 and (dead == len(node.inputs) or from_enter):
                self._push(node, frame, number, True)
            return
        inputs = state.inputs.get(node)
        if inputs is None:
            inputs = state.inputs[node] = [DEAD] * len(node.inputs)
        inputs[position] = value
        self._count_down(node, value is DEAD, frame, number)

    def _arrive_control(self, node: Node, is_dead: bool, frame: _Frame, number: int) -> None:
        if node.op_type not in MERGES:
            self._count_down(node, is_dead, frame, number)
            return
        state = frame.iterations[number]
        pending = state.pending.get(node, 1 + 2 * len(node.controls)) - 2
        state.pending[node] = pending
        all_dead = state.dead.get(node, 0) == len(node.inputs)
        if pending == 0 or (pending == 1 and all_dead):
            self._push(node, frame, number, pending == 1)

    def _count_down(self, node: Node, is_dead: bool, frame: _Frame, number: int) -> None:
        state = frame.iterations[number]
        pending = state.pending.get(node, len(node.inputs) + len(node.controls)) - 1
        state.pending[node] = pending
        if is_dead:
            state.dead[node] = state.dead.get(node, 0) + 1
        if pending == 0:
            dead = state.dead.get(node, 0) > 0 and node.op_type != "ControlTrigger"
            self._push(node, frame, number, dead)

    def _push(self, node: Node, frame: _Frame, number: int, is_dead: bool) -> None:
        state = frame.iterations[number]
        state.outstanding += 1
        self._ready.append(Ready(node, frame, number, is_dead, state.inputs.pop(node, [])))

    def _clean_up(self, frame: _Frame, number: int) -> None:
        """Drop iterations that have nothing left to do, and the frame after its last one."""
        while number in frame.iterations:
            state = frame.iterations[number]
            if state.outstanding or state.outstanding_frames:
                return
            if frame.parent is None:
                return
            first_is_open = number == 0 and frame.pending_enters > 0
            if first_is_open or (number > 0 and number - 1 in frame.iterations):
                return
            del frame.iterations[number]
            if frame.next_roots:
                self._begin_iteration(frame)
            number += 1
        if frame.parent is not None and frame.pending_enters == 0 and not frame.iterations:
            self._close(frame)

    def _close(self, frame: _Frame) -> None:
        parent, number = frame.parent, frame.parent_iteration
        assert parent is not None
        if self._children.pop(frame.key, None) is None:
            return
        for node in frame.dead_exits:
            self._deliver(node, [DEAD], True, parent, number)
        parent.iterations[number].outstanding_frames -= 1
        self._clean_up(parent, number)
