"""`tensorflow.python.framework.subscribe`: run something whenever a tensor of a graph is computed.

A tensor that is subscribed to gets an Identity, which waits for the side effects; everything that
used the tensor uses the Identity instead.

Source: TensorFlow 1.15, python/framework/subscribe.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.graph import get_default_graph
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.identities import identity
from tensormill.variables.base import VariableBase

__all__ = ["subscribe"]

SideEffect = Callable[[Tensor], Sequence[Any]]


def subscribe(tensors: Any, side_effects: Any) -> Any:
    """Return the tensors with side effects: what they make runs whenever a tensor is computed.

    Args:
      tensors: a tensor or variable, or lists, tuples and dictionaries of them.
      side_effects: a function, or a list of functions, of a tensor, that return operations or
        tensors (or a list of them).

    Raises:
      TypeError: `tensors` holds something else.
    """
    functions = list(side_effects) if isinstance(side_effects, (list, tuple)) else [side_effects]
    with ExitStack() as stack:
        # The side effects belong to no branch or loop that is being built.
        graph = get_default_graph()
        stack.callback(graph._set_control_flow_context, graph._get_control_flow_context())
        graph._set_control_flow_context(None)
        return _map(tensors, lambda tensor: _subscribed(tensor, functions))


def _map(tensors: Any, function: Callable[[Tensor], Tensor]) -> Any:
    if isinstance(tensors, Tensor):
        return function(tensors)
    if isinstance(tensors, VariableBase):
        return function(tensors.value())
    if isinstance(tensors, (list, tuple)):
        mapped = [_map(each, function) for each in tensors]
        if type(tensors) in (list, tuple):
            return type(tensors)(mapped)
        return type(tensors)(*mapped)
    if isinstance(tensors, dict):
        return {key: _map(each, function) for key, each in tensors.items()}
    raise TypeError(f"subscribe argument {tensors!r} has invalid type {type(tensors)!r}")


def _subscribed(tensor: Tensor, side_effects: list[SideEffect]) -> Tensor:
    """Return a tensor with more side effects: the one that has some already, or a new one."""
    if _is_subscription(tensor):
        return _extend(tensor, side_effects)
    for consumer in tensor.consumers():
        if consumer.outputs and _is_subscription(consumer.outputs[0]):
            return _extend(consumer.outputs[0], side_effects)
    return _replace(tensor, side_effects)


def _is_subscription(tensor: Tensor) -> bool:
    op = tensor.op
    if op.type != "Identity":
        return False
    return op.name.startswith(f"{op.input_tensors[0].op.name}/subscription/Identity")


def _run_on(tensor: Tensor, side_effects: list[SideEffect]) -> list[Any]:
    made: list[Any] = []
    for side_effect in side_effects:
        result = side_effect(tensor)
        made.extend(result if isinstance(result, (list, tuple)) else [result])
    return made


def _extend(tensor: Tensor, side_effects: list[SideEffect]) -> Tensor:
    source = tensor.op.input_tensors[0]
    with name_scope(f"{source.op.name}/subscription/"):
        made = _run_on(source, side_effects)
    tensor.op._add_control_inputs([each.op if isinstance(each, Tensor) else each for each in made])
    return tensor


def _replace(tensor: Tensor, side_effects: list[SideEffect]) -> Tensor:
    uses = [
        (op, index)
        for op in dict.fromkeys(tensor.consumers())
        for index, used in enumerate(op.input_tensors)
        if used is tensor
    ]
    waiting: list[Operation] = list(tensor.op._control_outputs or ())
    with name_scope(f"{tensor.op.name}/subscription/"):
        made = _run_on(tensor, side_effects)
        with control_dependencies(made):
            replacement: Tensor = identity(tensor)
    for op, index in uses:
        op._update_input(index, replacement)
    for op in waiting:
        others = [each for each in op.control_inputs if each is not tensor.op]
        op._remove_all_control_inputs()
        op._add_control_inputs([*others, replacement.op])
    return replacement
