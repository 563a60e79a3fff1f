"""Cancellation: a tree of session, step and waiter; cancelling a branch reaches all below it."""

from __future__ import annotations

import threading
from collections.abc import Callable

__all__ = ["CancellationScope"]


class CancellationScope:
    """One branch of the tree.

    Attributes:
      reason: why it was cancelled, or None.
      listener: told what whoever waits for the branch should know meanwhile, or None.
      is_abandoned: it was cancelled because nobody gets what it makes any more.
    """

    def __init__(self, parent: CancellationScope | None = None) -> None:
        self._lock = threading.Lock()
        self._callbacks: dict[int, Callable[[str], None]] = {}  # guarded by _lock
        self._next_token = 0
        self.reason: str | None = None
        self.is_abandoned = False
        self.listener: Callable[[str], None] | None = None
        self._parent = parent
        self._parent_token = -1
        if parent is not None:
            token = parent.register(self._follow)
            self._parent_token = -1 if token is None else token

    @property
    def is_cancelled(self) -> bool:
        """Whether the branch was cancelled."""
        return self.reason is not None

    def register(self, callback: Callable[[str], None]) -> int | None:
        """Call `callback(reason)` when the branch is cancelled; at once where it is already.

        Returns:
          A token for `deregister`, or None where the callback was called at once.
        """
        with self._lock:
            if self.reason is None:
                self._next_token += 1
                self._callbacks[self._next_token] = callback
                return self._next_token
        callback(self.reason)
        return None

    def deregister(self, token: int | None) -> bool:
        """Forget a callback; return False where it was called already."""
        if token is None:
            return False
        with self._lock:
            return self._callbacks.pop(token, None) is not None

    def cancel(self, reason: str) -> None:
        """Cancel the branch and everything below it; the first reason stays."""
        with self._lock:
            if self.reason is not None:
                return
            self.reason = reason
            callbacks = list(self._callbacks.values())
            self._callbacks.clear()
        failure: Exception | None = None
        for callback in callbacks:
            try:
                callback(reason)
            except Exception as error:  # noqa: BLE001 - the other callbacks are called all the same
                failure = failure or error
        if failure is not None:
            raise failure

    def _follow(self, reason: str) -> None:
        """Cancel the branch for the same cause as that above it."""
        if self._parent is not None and self._parent.is_abandoned:
            self.is_abandoned = True
        self.cancel(reason)

    def abandon(self, reason: str) -> None:
        """Cancel the branch because nobody gets what it makes any more."""
        self.is_abandoned = True
        self.cancel(reason)

    def close(self) -> None:
        """Leave the parent: the branch is done."""
        if self._parent is not None:
            self._parent.deregister(self._parent_token)
