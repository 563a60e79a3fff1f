"""Prune: from the user's graph, only what the fetches and targets need, cut at the feeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tensormill.graph import errors
from tensormill.graph.control_primitives import NEXT_ITERATIONS
from tensormill.graph.errors import InvalidArgumentError
from tensormill.graph.op_def import OpDef
from tensormill.graph.op_def_text import dtype_text
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.runtime.node import Node, NodeGraph

ARG = OpDef("_Arg", (), ("output: T",), ("T: type", "index: int >= 0"), is_stateful=True)
Connections = Mapping[Tensor, Tensor]
"""Tensors that get the values of others, and whose values they get."""

NO_CONNECTIONS: Connections = {}
_PLACEHOLDERS = ("Placeholder", "PlaceholderV2")


def prune(
    feeds: Sequence[Tensor],
    fetches: Sequence[Tensor],
    targets: Sequence[Operation],
    devices: Mapping[Operation, str],
    connections: Connections = NO_CONNECTIONS,
) -> NodeGraph:
    """Return the nodes that a step needs, in topological order.

    Args:
      feeds: the tensors that are fed; what only they need is cut off.
      fetches: the tensors whose values are wanted.
      targets: the operations that must run.
      devices: the device of each operation.
      connections: tensors that are fed with the values of others.

    Raises:
      InvalidArgumentError: the nodes form a cycle that is not a loop, or connect tensors of
        different dtypes.
    """
    fed = {tensor: _feed_node(tensor, index, devices) for index, tensor in enumerate(feeds)}
    roots = [t.op for t in fetches if t not in fed] + list(targets)
    order = _topological_order(roots, fed, connections)
    made: dict[Operation, Node] = {}
    nodes: list[Node] = []
    bridges = _Bridges(connections, fed, made, devices, nodes)
    back_edges: list[tuple[Node, int, Tensor]] = []
    for op in order:
        node = Node(
            op.name,
            op.op_schema,
            op.attrs,
            [],
            [made[c] for c in op.control_input_list if c in made],
            devices[op],
            [t.dtype for t in op.outputs],
            [t.dims for t in op.outputs],
            op,
        )
        inputs = node.inputs
        for index, tensor in enumerate(op.input_tensors):
            if fed and tensor in fed:
                inputs.append((fed[tensor], 0))
                continue
            if tensor in connections:
                inputs.append((bridges.node(tensor, op, index), 0))
                continue
            source = made.get(tensor.op)
            if source is None:
                back_edges.append((node, index, tensor))
                inputs.append((node, 0))
            else:
                inputs.append((source, tensor.value_index))
        made[op] = node
        nodes.append(node)
    for node, index, tensor in back_edges:
        node.inputs[index] = (made[tensor.op], tensor.value_index)
    return NodeGraph(
        list(fed.values()) + nodes,
        list(fed.values()),
        [(fed[t], 0) if t in fed else (made[t.op], t.value_index) for t in fetches],
        [made[op] for op in targets],
    )


def needed_operations(roots: Sequence[Operation]) -> list[Operation]:
    """Return everything that operations need, and they themselves, in the order of creation.

    Raises:
      InvalidArgumentError: the operations form a cycle that is not a loop.
    """
    return sorted(_topological_order(list(roots), {}), key=lambda op: op._id)


def depends_on(
    tensor: Tensor, op: Operation, feeds: Sequence[Tensor], connections: Connections
) -> bool:
    """Return whether an operation takes part in making a tensor.

    Args:
      tensor: the tensor.
      op: the operation.
      feeds: tensors that are not made, but fed.
      connections: tensors that get the values of others.
    """
    fed = {tensor: _feed_node(tensor, index, {}) for index, tensor in enumerate(feeds)}
    return tensor not in fed and op in _topological_order([tensor.op], fed, connections)


def producers_first(roots: Sequence[Operation]) -> list[Operation]:
    """Return everything that operations need, and they themselves, producers before consumers.

    Raises:
      InvalidArgumentError: the operations form a cycle that is not a loop.
    """
    return _topological_order(list(roots), {})


def _feed_node(tensor: Tensor, index: int, devices: Mapping[Operation, str]) -> Node:
    dtype = tensor.dtype.base_dtype
    name = f"_arg_{tensor.op.name}_{tensor.value_index}_{index}"
    device = devices.get(tensor.op, "")
    return Node(
        name, ARG, {"T": dtype, "index": index}, [], [], device, [dtype], [tensor.dims], tensor.op
    )


class _Bridges:
    """The nodes that feed tensors with the values of others, each made when it is first needed."""

    def __init__(
        self,
        connections: Connections,
        fed: Mapping[Tensor, Node],
        made: Mapping[Operation, Node],
        devices: Mapping[Operation, str],
        nodes: list[Node],
    ) -> None:
        """Make none yet; each is added to `nodes` behind what it needs."""
        self._connections = connections
        self._fed = fed
        self._made = made
        self._devices = devices
        self._nodes = nodes
        self._bridges: dict[Tensor, Node] = {}

    def node(self, tensor: Tensor, consumer: Operation, index: int) -> Node:
        """Return the node that stands for a connected tensor as an input of an operation.

        Raises:
          InvalidArgumentError: it gets values of another dtype.
        """
        name = f"_identity_{tensor.op.name}_{tensor.value_index}"
        source = self._connections[tensor]
        dtype = source.dtype.base_dtype
        wanted = tensor.dtype.base_dtype
        if dtype != wanted:
            raise errors.invalid_argument(
                f"Input {index} of node {consumer.name} was passed {dtype_text(dtype)} from "
                f"{name}:0 incompatible with expected {dtype_text(wanted)}."
            )
        found = self._bridges.get(tensor)
        if found is None:
            if source in self._connections:
                edge = (self.node(source, consumer, index), 0)
            elif source in self._fed:
                edge = (self._fed[source], 0)
            else:
                edge = (self._made[source.op], source.value_index)
            device = self._devices.get(source.op, "")
            found = self._bridges[tensor] = Node(
                name, OP_DEFS["Identity"], {"T": dtype}, [edge], [], device, [dtype], [source.dims]
            )
            self._nodes.append(found)
        return found


def _topological_order(
    roots: list[Operation], fed: Mapping[Tensor, Node], connections: Connections = NO_CONNECTIONS
) -> list[Operation]:
    """Return everything the roots need, producers first; no recursion, as chains may be long.

    Who waits for a placeholder that is fed waits for nothing: its value is there from the start.
    """
    fed_placeholders = {t.op for t in (*fed, *connections) if t.op.type in _PLACEHOLDERS}
    order: list[Operation] = []
    state: dict[Operation, bool] = {}  # False: being visited, True: done
    pending = list(reversed(roots))
    while pending:
        root = pending.pop()
        if root in state:
            continue
        stack = [root]
        while stack:
            op = stack[-1]
            known = state.get(op)
            if known is None:
                state[op] = False
                for tensor in op.input_tensors:
                    if fed and tensor in fed:
                        continue
                    while tensor in connections:
                        tensor = connections[tensor]
                    if tensor in fed:
                        continue
                    source = tensor.op
                    if source.type in NEXT_ITERATIONS:
                        pending.append(source)
                        continue
                    seen = state.get(source)
                    if seen is None:
                        stack.append(source)
                    elif seen is False:
                        raise _cycle_error(roots, fed)
                for source in op.control_input_list:
                    if source in fed_placeholders:
                        continue
                    seen = state.get(source)
                    if seen is None:
                        stack.append(source)
                    elif seen is False:
                        raise _cycle_error(roots, fed)
            else:
                stack.pop()
                if known is False:
                    state[op] = True
                    order.append(op)
    return order


def _cycle_error(roots: list[Operation], fed: Mapping[Tensor, Node]) -> InvalidArgumentError:
    """Return the error of a graph with a cycle; as TensorFlow's, it counts who waits for ever."""
    waiting: dict[Operation, int] = {}
    waiters: dict[Operation, list[Operation]] = {}
    pending = list(roots)
    while pending:
        op = pending.pop()
        if op in waiting:
            continue
        sources = [t.op for t in op.input_tensors if t not in fed]
        sources = [s for s in sources if s.type not in NEXT_ITERATIONS]
        sources += op.control_input_list
        waiting[op] = len(sources)
        for source in sources:
            waiters.setdefault(source, []).append(op)
            pending.append(source)
    ready = [op for op, count in waiting.items() if not count]
    done = 0
    while ready:
        op = ready.pop()
        done += 1
        for waiter in waiters.get(op, ()):
            waiting[waiter] -= 1
            if not waiting[waiter]:
                ready.append(waiter)
    names = ", ".join(sorted(op.name for op, count in waiting.items() if count)[:3])
    return InvalidArgumentError(
        None,
        None,
        f"Graph is invalid, contains a cycle with {len(waiting) - done} nodes, including: {names}",
    )
