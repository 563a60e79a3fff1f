"""`TakenElements`: what a step took out of queues, which goes back where nobody gets the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.runtime.node import Node, NodeGraph
from tensormill.runtime.plan.instructions import Instruction
from tensormill.runtime.resources.queue import Queue

__all__ = ["RelayedElements", "TakenElements", "hands_out_only"]

_QUEUE_KINDS = ("FIFO", "PaddingFIFO", "Priority", "RandomShuffle")
_SINGLE = frozenset({"QueueDequeue", "QueueDequeueV2"})
_DEQUEUES = _SINGLE | {
    f"QueueDequeue{which}{version}" for which in ("Many", "UpTo") for version in ("", "V2")
}
_KEEPS_STATE = _DEQUEUES | {
    *(f"{kind}Queue{version}" for kind in _QUEUE_KINDS for version in ("", "V2")),
    *(f"Queue{what}{version}" for what in ("Size", "IsClosed") for version in ("", "V2")),
    "ReadVariableOp",
    "VarHandleOp",
    "Variable",
    "VariableV2",
}
"""The stateful op types that change no state, but for what they take out of queues."""


def hands_out_only(graph: NodeGraph) -> bool:
    """Return whether a step takes elements out of queues and does nothing with them but return.

    What such a step took can be put back; what another step did with an element cannot be undone.
    """
    return any(node.op_type in _DEQUEUES for node in graph.nodes) and all(
        node.op_type in _KEEPS_STATE or _is_pure(node) for node in graph.nodes
    )


def _is_pure(node: Node) -> bool:
    definition = node.op_def
    return not (
        definition.is_stateful
        or any(arg.is_ref for arg in definition.inputs)
        or node.op_type.startswith("Inplace")
    )


class TakenElements:
    """What one step has taken so far, as a `Delivery`. Any thread, but one at a time."""

    __slots__ = ("_taken",)

    def __init__(self) -> None:
        self._taken: list[tuple[Queue, Sequence[Any], bool]] = []

    def note(self, instruction: Instruction, values: Sequence[Any], outputs: Any) -> None:
        """Take note of what an instruction gave, which may have taken it out of a queue.

        Args:
          instruction: the instruction.
          values: of the slots.
          outputs: what it gave.
        """
        op_type = instruction.node.op_type
        if op_type in _DEQUEUES:
            queue = values[instruction.arguments[0]]
            self._taken.append((queue, outputs, op_type in _SINGLE))

    def confirm(self) -> None:
        """Leave it taken."""
        self._taken = []

    def forsake(self) -> None:
        """Put everything back: who asked is gone."""
        self.refuse()

    def refuse(self) -> None:
        """Put everything back where it was, once."""
        taken, self._taken = self._taken, []
        for queue, outputs, is_single in reversed(taken):
            queue.put_back(outputs, is_single)


class RelayedElements(TakenElements):
    """What a part of a step took for the master of another task, which hands it on.

    It alone knows what has come to who asked: where it is gone, that remains open, and nothing
    comes twice.
    """

    __slots__ = ()

    def forsake(self) -> None:
        """Leave it taken."""
        self.confirm()
