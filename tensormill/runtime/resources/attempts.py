"""`Attempts`: who waits for a state to change, where the first who can go on does, in their order.

The state of a resource without a queue's strict order: each attempt is a function that does what is
wanted if that can be done now.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from tensormill.graph import errors
from tensormill.runtime.resources.waiting import Cancel, Fail, Finish, Instruction

__all__ = ["NOT_YET", "Attempts", "Begin"]

NOT_YET = object()
"""What an attempt returns that can do nothing yet."""


@dataclass(frozen=True, slots=True)
class Begin:
    """Event: somebody wants something.

    Attributes:
      key: of the attempt.
      attempt: does it and returns the result; or returns NOT_YET, or raises an OpError, and has
        changed nothing then.
      name: for the message of a cancellation.
    """

    key: Hashable
    attempt: Callable[[], Any]
    name: str


class Attempts:
    """The attempts that wait, in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[Hashable, Begin] = OrderedDict()

    def handle(self, event: Begin | Cancel) -> list[Instruction]:
        """Take note of an event and return what became of which attempt."""
        made: list[Instruction] = []
        if isinstance(event, Cancel):
            waiting = self._waiting.pop(event.key, None)
            if waiting is not None:
                error = errors.cancelled(f"{waiting.name} operation was cancelled")
                made.append(Fail(event.key, error))
        else:
            self._waiting[event.key] = event
        return made + self.go_on()

    def go_on(self) -> list[Instruction]:
        """Let those go on that can, as the state has changed."""
        made: list[Instruction] = []
        while self._advance(made):
            pass
        return made

    def _advance(self, made: list[Instruction]) -> bool:
        """Let those go on that can; return whether somebody did."""
        ended = len(made)
        for key, waiting in list(self._waiting.items()):
            try:
                result = waiting.attempt()
            except errors.OpError as error:
                made.append(Fail(key, error))
            else:
                if result is NOT_YET:
                    continue
                made.append(Finish(key, result))
            del self._waiting[key]
        return len(made) > ended
