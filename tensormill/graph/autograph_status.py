"""Whether code that runs says that AutoGraph converts it: messages about tensors speak of it.

Source: TensorFlow 1.15, python/autograph/core/ag_ctx.py.
"""

from __future__ import annotations

import enum
import threading
from typing import Any

__all__ = ["ControlStatusCtx", "NullCtx", "Status", "control_status_ctx", "refusal"]


class Status(enum.Enum):
    """What is known of the code that runs."""

    UNSPECIFIED = 0
    ENABLED = 1
    DISABLED = 2


class _Stack(threading.local):
    def __init__(self) -> None:
        super().__init__()
        self.items: list[ControlStatusCtx] = []


_stack = _Stack()


class ControlStatusCtx:
    """A with-block whose code has a status.

    Attributes:
      status: the status.
      options: those of the conversion.
    """

    def __init__(self, status: Status, options: Any = None) -> None:
        self.status = status
        self.options = options

    def __enter__(self) -> ControlStatusCtx:
        _stack.items.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        _stack.items.pop()


class NullCtx:
    """A with-block that says nothing."""

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, *error: object) -> None:
        """Do nothing."""


def control_status_ctx() -> ControlStatusCtx:
    """Return the innermost open block, or one that says nothing."""
    items = _stack.items
    return items[-1] if items else ControlStatusCtx(Status.UNSPECIFIED)


def refusal(task: str, advice: str) -> str:
    """Return why something cannot be done with a tensor while a graph is built.

    Args:
      task: what cannot be done.
      advice: what to do instead.
    """
    status = control_status_ctx().status
    if status is Status.ENABLED:
        return f"{task} is not allowed: AutoGraph did not convert this function. {advice}"
    if status is Status.DISABLED:
        return f"{task} is not allowed: AutoGraph is disabled in this function. {advice}"
    return f"{task} is not allowed in Graph execution. {advice}"
