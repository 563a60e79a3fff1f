"""Structure: the loops and branches that control-flow primitives spell out, found again.

Every node gets a *guard*: the branches that must have been taken for it to be live. A Switch adds
its predicate to what it passes on, a Merge of both sides takes it away again. The nodes of a frame
(Enter … Exit) become one `Loop` with a condition and a body. What does not fit (a Merge of other
than the two sides of one predicate, an operation that may wait inside a loop …) is left to the
general executor: `find_structure` then returns None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tensormill.graph import errors
from tensormill.graph.control_primitives import (
    ENTERS,
    EXITS,
    MERGES,
    NEXT_ITERATIONS,
    PRIMITIVES,
    SWITCHES,
)
from tensormill.runtime.node import Edge, Node, NodeGraph

__all__ = [
    "Guard",
    "Item",
    "Loop",
    "LoopVariable",
    "Structure",
    "find_structure",
    "has_control_flow",
]

Guard = tuple[tuple[Edge, bool], ...]
"""The predicates that must have had these values, outermost first."""

MERGE_IS_LIVE = -1
"""The index of the predicate that says whether any input of a Merge was live."""


@dataclass(slots=True, eq=False)
class LoopVariable:
    """One value that a loop carries from iteration to iteration.

    Attributes:
      enter: brings the initial value.
      merge: the value at the start of each iteration.
      switch: passes the value on to the body or to the exit; None where neither needs it.
      next_iteration: brings the value for the next iteration.
      exit: the value after the loop, or None.
    """

    enter: Node
    merge: Node
    next_iteration: Node
    switch: Node | None = None
    exit: Node | None = None


@dataclass(slots=True, eq=False)
class Loop:
    """One while loop.

    Attributes:
      frame: the name of its frame.
      invariants: Enter nodes of values that stay the same.
      variables: the values that change.
      predicate: the edge that says whether to go on.
      condition: what runs before each decision.
      body: what runs in each iteration.
    """

    frame: str
    invariants: list[Node] = field(default_factory=list)
    variables: list[LoopVariable] = field(default_factory=list)
    predicate: Edge | None = None
    condition: list[Item] = field(default_factory=list)
    body: list[Item] = field(default_factory=list)


Item = Node | Loop


@dataclass(slots=True)
class Structure:
    """The nodes of a graph as nested items, each with its guard.

    Attributes:
      items: the outermost items, producers first.
      guards: what must hold for an item to be live; relative to the loop that holds it.
      edge_guards: the same for values whose liveness differs from that of their node.
    """

    items: list[Item]
    guards: dict[Item, Guard]
    edge_guards: dict[Edge, Guard]

    def edge_guard(self, edge: Edge) -> Guard:
        """Return what must hold for a value to be live."""
        found = self.edge_guards.get(edge)
        return self.guards.get(edge[0], ()) if found is None else found

    def predicate_edges(self) -> frozenset[Edge]:
        """Return the edges that decide branches."""
        guards = [*self.guards.values(), *self.edge_guards.values()]
        return frozenset(edge for guard in guards for edge, _ in guard)


class _NotStructured(Exception):
    """The graph has control flow that does not spell loops and branches."""


@dataclass(slots=True, eq=False)
class _Frame:
    name: str
    parent: _Frame | None
    nodes: list[Node] = field(default_factory=list)
    exits: list[Node] = field(default_factory=list)
    children: list[_Frame] = field(default_factory=list)


def has_control_flow(graph: NodeGraph) -> bool:
    """Return whether any node is a control-flow primitive."""
    return any(node.op_type in PRIMITIVES for node in graph.nodes)


def find_structure(graph: NodeGraph, may_wait: Callable[[Node], bool]) -> Structure | None:
    """Return the loops and branches of a graph, or None where it is not made of well-formed ones.

    Args:
      graph: the nodes of a step or partition.
      may_wait: whether a node's kernel is asynchronous; such nodes cannot run inside a loop or
        branch here.

    Raises:
      InvalidArgumentError: a node takes inputs from frames that do not enclose one another.
    """
    try:
        return _Analysis(graph, may_wait).run()
    except _NotStructured:
        return None


class _Analysis:
    """The state of one analysis."""

    def __init__(self, graph: NodeGraph, may_wait: Callable[[Node], bool]) -> None:
        self._graph = graph
        self._may_wait = may_wait
        self._root = _Frame("", None)
        self._frame_of: dict[Node, _Frame] = {}
        self._frames: dict[tuple[_Frame, str], _Frame] = {}
        self._guards: dict[Item, Guard] = {}
        self._edge_guards: dict[Edge, Guard] = {}
        self._loop_of: dict[_Frame, Loop] = {}

    def run(self) -> Structure:
        for node in self._graph.nodes:
            self._find_frame(node)
        items = self._items_of(self._root)
        return Structure(items, self._guards, self._edge_guards)

    def _find_frame(self, node: Node) -> None:
        frame = self._root
        for source in self._forward_sources(node):
            of_source = self._output_frame(source)
            if of_source is frame or _encloses(of_source, frame):
                continue
            if not _encloses(frame, of_source):
                raise errors.InvalidArgumentError(
                    None,
                    None,
                    f"The node '{node.name}' has inputs from different frames. The input "
                    f"'{source.name}' "
                    f"is in frame '{of_source.name}'. Another input is in frame '{frame.name}'.",
                )
            frame = of_source
        if node.op_type in ENTERS:
            name = node.attrs["frame_name"].decode()
            child = self._frames.get((frame, name))
            if child is None:
                child = self._frames[(frame, name)] = _Frame(name, frame)
                frame.children.append(child)
            frame = child
        self._frame_of[node] = frame
        if node.op_type in EXITS:
            frame.exits.append(node)
        frame.nodes.append(node)

    def _output_frame(self, node: Node) -> _Frame:
        frame = self._frame_of[node]
        if node.op_type in EXITS:
            if frame.parent is None:
                raise _NotStructured
            return frame.parent
        return frame

    def _forward_sources(self, node: Node) -> Iterable[Node]:
        if node.op_type in MERGES:
            return [s for s, _ in node.inputs if s.op_type not in NEXT_ITERATIONS] + node.controls
        return [s for s, _ in node.inputs] + node.controls

    def _items_of(self, frame: _Frame) -> list[Item]:
        """Return the items of a frame in order, with their guards.

        Inner loops are one item each.
        """
        for child in frame.children:
            self._loop_of[child] = Loop(child.name)
        members: list[Item] = [n for n in frame.nodes if self._is_plain(n, frame)]
        members += [self._loop_of[child] for child in frame.children]
        order = self._ordered(members, frame)
        for item in order:
            self._guards[item] = self._guard_of_item(item)
        for child in frame.children:
            self._fill_loop(child, self._loop_of[child])
        return order

    @staticmethod
    def _is_plain(node: Node, frame: _Frame) -> bool:
        return not (node.op_type in ENTERS or node.op_type in EXITS)

    def _item_for(self, node: Node, frame: _Frame) -> Item | None:
        """Return the item of `frame` that makes the outputs of `node`.

        None for what comes from outside.
        """
        home = self._frame_of[node]
        if home is frame and node.op_type not in EXITS:
            return node if node.op_type not in ENTERS else None
        while home.parent is not None and home.parent is not frame:
            home = home.parent
        return self._loop_of[home] if home.parent is frame else None

    def _sources_of(self, item: Item, frame: _Frame) -> list[Item]:
        if isinstance(item, Loop):
            child = next(c for c in frame.children if self._loop_of[c] is item)
            nodes = list(self._outer_sources(child))
        else:
            nodes = list(self._forward_sources(item))
        found = (self._item_for(node, frame) for node in nodes)
        return [
            source for source in dict.fromkeys(found) if source is not None and source is not item
        ]

    def _outer_sources(self, frame: _Frame) -> Iterable[Node]:
        """Return what the nodes of a loop (inner loops included) take from outside of it."""
        inside: set[_Frame] = set()
        pending = [frame]
        while pending:
            current = pending.pop()
            inside.add(current)
            pending.extend(current.children)
        for member in inside:
            for node in member.nodes:
                for source in self._forward_sources(node):
                    if self._frame_of[source] not in inside:
                        yield source

    def _ordered(self, members: list[Item], frame: _Frame) -> list[Item]:
        order: list[Item] = []
        state: dict[Item, bool] = {}
        for root in members:
            stack = [root]
            while stack:
                item = stack[-1]
                if item not in state:
                    state[item] = False
                    stack.extend(s for s in self._sources_of(item, frame) if s not in state)
                    continue
                stack.pop()
                if not state[item]:
                    state[item] = True
                    order.append(item)
        return order

    def _guard_of_item(self, item: Item) -> Guard:
        if isinstance(item, Loop):
            child = next(c for c, loop in self._loop_of.items() if loop is item)
            guard: Guard = ()
            for node in child.nodes:
                if node.op_type in ENTERS:
                    guard = _joined(guard, self._edge_guard(node.inputs[0]))
                    for control in node.controls:
                        guard = _joined(guard, self._node_guard(control))
            for node in child.exits:
                self._edge_guards[(node, 0)] = guard
            return guard
        if item.op_type in MERGES and not any(s.op_type in NEXT_ITERATIONS for s, _ in item.inputs):
            return self._guard_of_merge(item)
        guard = ()
        for edge in item.inputs:
            if edge[0].op_type not in NEXT_ITERATIONS:
                guard = _joined(guard, self._edge_guard(edge))
        for control in item.controls:
            guard = _joined(guard, self._node_guard(control))
        if item.op_type in SWITCHES and item.inputs[1][0].op_type != "LoopCond":
            predicate = item.inputs[1]
            self._edge_guards[(item, 0)] = _joined(guard, ((predicate, False),))
            self._edge_guards[(item, 1)] = _joined(guard, ((predicate, True),))
        if item.op_type == "ControlTrigger":
            return ()
        if guard and self._may_wait(item):
            raise _NotStructured
        return guard

    def _edge_guard(self, edge: Edge) -> Guard:
        found = self._edge_guards.get(edge)
        return self._node_guard(edge[0]) if found is None else found

    def _node_guard(self, node: Node) -> Guard:
        if node.op_type in ENTERS:
            return ()
        if node.op_type in EXITS or node.op_type in MERGES:
            return self._edge_guards.get((node, 0), self._guards.get(node, ()))
        return self._guards.get(node, ())

    def _guard_of_merge(self, merge: Node) -> Guard:
        """Return the guard under which a Merge runs; that of its outputs may say more."""
        # A Merge waits for its control inputs, but is not dead because one of them is.
        guards = [self._edge_guard(edge) for edge in merge.inputs]
        possible = [guard for guard in guards if not _contradicts_itself(guard)]
        if len(possible) == 1:
            return possible[0]  # a gradient inside the branch: the zeros of the other never come
        common = tuple(part for part in guards[0] if all(part in guard for guard in guards[1:]))
        rests = [[part for part in guard if part not in common] for guard in guards]
        if not _are_both_sides(rests):
            # Live when one of the inputs is, which only the step can tell.
            live = _joined(common, (((merge, MERGE_IS_LIVE), True),))
            self._edge_guards[(merge, 0)] = self._edge_guards[(merge, 1)] = live
        return common

    def _fill_loop(self, frame: _Frame, loop: Loop) -> None:
        if any(self._may_wait(node) for node in frame.nodes):
            raise _NotStructured
        self._find_variables(frame, loop)
        items = self._items_of(frame)
        in_body = self._body_items(items, frame, loop)
        loop.condition = [item for item in items if item not in in_body]
        loop.body = [item for item in items if item in in_body]
        for item in loop.condition:
            if self._guards[item] and loop.predicate is not None and item is loop.predicate[0]:
                raise _NotStructured

    def _find_variables(self, frame: _Frame, loop: Loop) -> None:
        merges = {
            n.inputs[0][0]: n for n in frame.nodes if n.op_type in MERGES and self._is_loop_merge(n)
        }
        conditions = [n for n in frame.nodes if n.op_type == "LoopCond"]
        if len(conditions) != 1:
            raise _NotStructured
        loop.predicate = conditions[0].inputs[0]
        switches = {
            n.inputs[0][0]: n
            for n in frame.nodes
            if n.op_type in SWITCHES and n.inputs[1][0] is conditions[0]
        }
        exits = {n.inputs[0]: n for n in frame.exits}
        for node in frame.nodes:
            if node.op_type not in ENTERS:
                continue
            merge = merges.pop(node, None)
            if merge is None:
                loop.invariants.append(node)
                continue
            variable = LoopVariable(node, merge, merge.inputs[1][0])
            variable.switch = switches.pop(merge, None)
            if variable.switch is not None:
                variable.exit = exits.pop((variable.switch, 0), None)
            loop.variables.append(variable)
        if merges or switches or exits:
            raise _NotStructured

    @staticmethod
    def _is_loop_merge(node: Node) -> bool:
        if not any(source.op_type in NEXT_ITERATIONS for source, _ in node.inputs):
            return False
        if len(node.inputs) != 2 or node.inputs[0][0].op_type not in ENTERS:
            raise _NotStructured
        return True

    def _body_items(self, items: list[Item], frame: _Frame, loop: Loop) -> set[Item]:
        """Return the items that run only in an iteration.

        Those that need the live side of a loop's Switch.
        """
        switches = {v.switch for v in loop.variables if v.switch is not None}
        exits = {(v.switch, 0) for v in loop.variables}
        body: set[Item] = set()
        for item in items:
            edges = self._outer_edges(item, frame)
            for source, output in edges:
                if source in switches:
                    if (source, output) in exits:
                        raise _NotStructured  # something besides the Exit runs when the loop ends
                    body.add(item)
            if any(source in body for source in self._sources_of(item, frame)):
                body.add(item)
        return body

    def _outer_edges(self, item: Item, frame: _Frame) -> list[Edge]:
        if isinstance(item, Loop):
            child = next(c for c in frame.children if self._loop_of[c] is item)
            return [e for n in child.nodes if n.op_type in ENTERS for e in n.inputs]
        return item.inputs


def _contradicts_itself(guard: Guard) -> bool:
    """Return whether a guard wants both values of one predicate."""
    return any((predicate, not value) in guard for predicate, value in guard)


def _are_both_sides(rests: list[list[tuple[Edge, bool]]]) -> bool:
    """Return whether two guards differ in the value of one predicate, so that one of them holds."""
    if len(rests) != 2 or len(rests[0]) != 1 or len(rests[1]) != 1:
        return False
    (first, taken), (second, other) = rests[0][0], rests[1][0]
    return first == second and taken != other


def _encloses(outer: _Frame, inner: _Frame) -> bool:
    frame: _Frame | None = inner
    while frame is not None:
        if frame is outer:
            return True
        frame = frame.parent
    return False


def _joined(first: Guard, second: Guard) -> Guard:
    """Return both guards together; one that contradicts itself never holds."""
    if not second or first == second:
        return first
    return first + tuple(part for part in second if part not in first)
