"""Prune: from the user's graph, only what the fetches and targets need, cut at the feeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tensormill.graph.errors import InvalidArgumentError
from tensormill.graph.op_def import OpDef
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.runtime.node import Node, NodeGraph

ARG = OpDef("_Arg", (), ("output: T",), ("T: type", "index: int >= 0"), is_stateful=True)
_PLACEHOLDERS = ("Placeholder", "PlaceholderV2")
_LOOP_BACK_EDGES = ("NextIteration", "RefNextIteration")


def prune(
    feeds: Sequence[Tensor],
    fetches: Sequence[Tensor],
    targets: Sequence[Operation],
    devices: Mapping[Operation, str],
) -> NodeGraph:
    """Return the nodes that a step needs, in topological order.

    Args:
      feeds: the tensors that are fed; what only they need is cut off.
      fetches: the tensors whose values are wanted.
      targets: the operations that must run.
      devices: the device of each operation.

    Raises:
      InvalidArgumentError: the nodes form a cycle that is not a loop.
    """
    fed = {tensor: _feed_node(tensor, index, devices) for index, tensor in enumerate(feeds)}
    order = _topological_order([t.op for t in fetches if t not in fed] + list(targets), fed)
    made: dict[Operation, Node] = {}
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
            source = made.get(tensor.op)
            if source is None:
                back_edges.append((node, index, tensor))
                inputs.append((node, 0))
            else:
                inputs.append((source, tensor.value_index))
        made[op] = node
    for node, index, tensor in back_edges:
        node.inputs[index] = (made[tensor.op], tensor.value_index)
    return NodeGraph(
        list(fed.values()) + list(made.values()),
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


def _topological_order(roots: list[Operation], fed: Mapping[Tensor, Node]) -> list[Operation]:
    """Return everything the roots need, producers first; no recursion, as chains may be long.

    Who waits for a placeholder that is fed waits for nothing: its value is there from the start.
    """
    fed_placeholders = {tensor.op for tensor in fed if tensor.op.type in _PLACEHOLDERS}
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
                    source = tensor.op
                    if source.type in _LOOP_BACK_EDGES:
                        pending.append(source)
                        continue
                    seen = state.get(source)
                    if seen is None:
                        stack.append(source)
                    elif seen is False:
                        raise _cycle_error(op)
                for source in op.control_input_list:
                    if source in fed_placeholders:
                        continue
                    seen = state.get(source)
                    if seen is None:
                        stack.append(source)
                    elif seen is False:
                        raise _cycle_error(op)
            else:
                stack.pop()
                if known is False:
                    state[op] = True
                    order.append(op)
    return order


def _cycle_error(op: Operation) -> InvalidArgumentError:
    return InvalidArgumentError(
        None, None, f"Graph is invalid, contains a cycle through the node '{op.name}'"
    )
