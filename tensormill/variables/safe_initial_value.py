"""Initial values that read other variables, made safe: they read the others' initialized values.

Where an initial value is computed from another variable, both initializers may run in one step in
any order. The part of the graph between the two is copied, with the other variable replaced by "its
value if it has one, else its own initial value".
"""

from __future__ import annotations

from tensormill.graph.collections import GraphKeys
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor

__all__ = ["safe_initial_value"]

_LEFT_ALONE = frozenset(["IsVariableInitialized", "VarIsInitializedOp", "ReadVariableOp", "If"])
_VARIABLES = frozenset(["Variable", "VariableV2", "VarHandleOp"])


def safe_initial_value(name: str, initial_value: Tensor) -> Tensor:
    """Return what computes `initial_value` without touching an uninitialized variable.

    Args:
      name: of the variable that is initialized; the copied nodes are called after it.
      initial_value: the tensor as the user gave it.
    """
    if _has_cycle(initial_value.op):
        return initial_value
    return _safe_tensor(name, initial_value, {})


def _has_cycle(start: Operation) -> bool:
    """Return whether a loop feeds the operation; nothing is copied then."""
    finished: set[Operation] = set()
    open_ops: dict[Operation, None] = {}
    stack: list[tuple[Operation, bool]] = [(start, False)]
    while stack:
        op, is_left = stack.pop()
        if is_left:
            del open_ops[op]
            finished.add(op)
            continue
        if op in finished:
            continue
        if op in open_ops:
            return True
        open_ops[op] = None
        stack.append((op, True))
        for source in [*(t.op for t in op.input_tensors), *op.control_input_list]:
            if source in open_ops:
                return True
            stack.append((source, False))
    return False


def _safe_tensor(name: str, tensor: Tensor, copies: dict[Operation, Operation]) -> Tensor:
    op = tensor.op
    if op not in copies:
        copies[op] = _safe_op(name, op, copies)
    return copies[op].outputs[tensor.value_index]


def _safe_op(name: str, op: Operation, copies: dict[Operation, Operation]) -> Operation:
    if op.type in _LEFT_ALONE:
        return op
    if op.type in _VARIABLES:
        found = _initialized_value_of(op)
        return op if found is None else found.op
    inputs = [_safe_tensor(name, tensor, copies) for tensor in op.input_tensors]
    if inputs == op.input_tensors:
        return op
    op_type = "Switch" if op.type == "RefSwitch" else op.type
    copy_name = f"{op.name}_{name}".replace(":", "_")
    return op.graph.create_op(op_type, inputs, name=copy_name, attrs=op.node_def.attr)


def _initialized_value_of(variable_op: Operation) -> Tensor | None:
    graph = variable_op.graph
    for collection in (GraphKeys.GLOBAL_VARIABLES, GraphKeys.LOCAL_VARIABLES):
        for variable in graph.get_collection(collection):
            if getattr(variable, "op", None) is variable_op and hasattr(
                variable, "initialized_value"
            ):
                value: Tensor = variable.initialized_value()
                return value
    return None
