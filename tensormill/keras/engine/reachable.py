"""What can be reached from tensors along the edges of a graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensormill.api as tf
from tensormill.graph import nest
from tensormill.graph.object_identity import ObjectIdentitySet

__all__ = ["get_reachable_from_inputs", "reachable_from"]


def reachable_from(inputs: Sequence[Any], targets: Sequence[Any]) -> list[Any]:
    """Return the targets, tensors or operations, that depend on some of the inputs."""
    wanted = {id(_operation(target)) for target in targets}
    seen: set[int] = set()
    found: set[int] = set()
    stack = [tensor for tensor in inputs if isinstance(tensor, tf.Tensor)]
    while stack and found != wanted:
        tensor = stack.pop()
        for op in tensor.consumers():
            if id(op) in seen:
                continue
            seen.add(id(op))
            if id(op) in wanted:
                found.add(id(op))
            stack.extend(op.outputs)
    direct = {id(tensor) for tensor in inputs}
    return [target for target in targets if id(_operation(target)) in found or id(target) in direct]


def get_reachable_from_inputs(inputs: Any, targets: Any = None) -> ObjectIdentitySet:
    """Return the tensors and operations that depend on some, with these themselves.

    Args:
      inputs: tensors, variables and operations.
      targets: where all of these are found, the rest is not looked for; None looks for all.

    Raises:
      TypeError: something else is among the inputs.

    Source: TensorFlow 1.15, python/keras/utils/tf_utils.py.
    """
    waiting = nest.flatten(inputs)
    reachable = ObjectIdentitySet(waiting)
    wanted = ObjectIdentitySet([] if targets is None else nest.flatten(targets))
    for element in waiting:
        for following in _following(element):
            if following not in reachable:
                reachable.add(following)
                waiting.append(following)
        if targets is not None and all(target in reachable for target in wanted):
            break
    return reachable


def _following(element: Any) -> list[Any]:
    """Return what stands next to an element of a graph in the direction of the data."""
    if isinstance(element, tf.Operation):
        return [*element.outputs, *element._control_outputs_list]
    if isinstance(element, tf.Variable):
        return [element.op]
    if isinstance(element, tf.Tensor):
        return list(element.consumers())
    raise TypeError(f"Expected Operation, Variable, or Tensor, got {element}")


def _operation(target: Any) -> Any:
    return target if isinstance(target, tf.Operation) else target.op
