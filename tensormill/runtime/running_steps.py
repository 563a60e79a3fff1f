"""`RunningSteps`: how many steps a session runs now, and that a closed one starts none."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tensormill.graph import errors

__all__ = ["RunningSteps"]


class RunningSteps:
    """The steps that a session runs now, counted without a lock, so that closing can wait for them.

    A step enters before it looks whether the session is closed, and closing marks the session
    closed before it looks whether a step is inside: so one of the two sees the other.

    Attributes:
      is_closed: no more steps may start.
      entries: one item a running step; `append` and `pop` are atomic.
      closed_error: returns the error of a step that comes too late.
    """

    __slots__ = ("_idle", "closed_error", "entries", "is_closed")

    def __init__(self) -> None:
        self.is_closed = False
        self.entries: list[None] = []
        self.closed_error: Callable[[], errors.OpError] = closed_error
        self._idle = threading.Condition()

    def enter(self) -> None:
        """Count a step in.

        Raises:
          CancelledError: the session is closed.
        """
        self.entries.append(None)
        if self.is_closed:
            self.leave()
            raise self.closed_error()

    def leave(self) -> None:
        """Count a step out."""
        self.entries.pop()
        if self.is_closed:
            with self._idle:
                self._idle.notify_all()

    def close(self) -> None:
        """Let no more steps start."""
        self.is_closed = True

    def wait_idle(self) -> None:
        """Wait until no step is running."""
        with self._idle:
            self._idle.wait_for(lambda: not self.entries)


def closed_error() -> errors.CancelledError:
    """Return the error of a step that a closed session is asked for."""
    return errors.CancelledError(None, None, "Session has been closed.")
