"""What can be reached from tensors along the edges of a graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensormill.api as tf

__all__ = ["reachable_from"]


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


def _operation(target: Any) -> Any:
    return target if isinstance(target, tf.Operation) else target.op
