"""`Feeders`: the loops of steps that feed a queue, and how the last of them ended.

Who waits for an element of a queue that nothing feeds any more may wait for ever. That is no error,
as another client may come and enqueue; but it is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from tensormill.graph import errors

__all__ = ["Feeders", "Feeding"]


class Feeders:
    """What is known of who feeds one queue. Its queue guards it."""

    __slots__ = ("_ended", "_enqueued", "_last_end", "_running")

    def __init__(self) -> None:
        self._running = 0
        self._ended = 0
        self._last_end = ""
        self._enqueued = 0  # when the last one ended

    def begin(self) -> None:
        """Take note of one more."""
        self._running += 1

    def end(self, how: str, enqueued: int) -> None:
        """Take note of the end of one.

        Args:
          how: it ended.
          enqueued: how many elements have come into the queue so far.
        """
        self._running -= 1
        self._ended += 1
        self._last_end = how
        self._enqueued = enqueued

    def why_none(self, enqueued: int) -> str | None:
        """Return why nothing feeds the queue any more; None where something may, or never did.

        Args:
          enqueued: how many elements have come into the queue so far; those that came since the
            last end came from somebody else.
        """
        if self._running or not self._ended or enqueued > self._enqueued:
            return None
        if self._ended == 1:
            return f"what fed it has ended: {self._last_end}"
        return f"all {self._ended} that fed it have ended, the last one so: {self._last_end}"


class _Fed(Protocol):
    """A queue, as those see it that feed it."""

    def feeding_begins(self) -> None: ...

    def feeding_ends(self, how: str) -> None: ...


class Feeding:
    """One loop of steps that feeds queues, from its begin on."""

    __slots__ = ("_queues", "_what")

    def __init__(self, queues: Sequence[_Fed] = (), what: str = "") -> None:
        """Begin.

        Args:
          queues: what is fed.
          what: the name of the operation that does.
        """
        self._queues = queues
        self._what = what
        for queue in queues:
            queue.feeding_begins()

    def end(self, error: BaseException | None) -> None:
        """Take note of the end, and of the error that was the reason, if one was."""
        if self._queues:
            how = f"'{self._what}' {_how(error)}"
            for queue in self._queues:
                queue.feeding_ends(how)


def _how(error: Any) -> str:
    if error is None:
        return "was stopped"
    message = error.message if isinstance(error, errors.OpError) else str(error)
    return f"failed with {type(error).__name__}: {message.partition(chr(10))[0]}"
