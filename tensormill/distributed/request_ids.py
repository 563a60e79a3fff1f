"""Request ids: a request that arrives a second time is refused."""

from __future__ import annotations

import threading
from collections import deque

from tensormill.graph import errors

__all__ = ["RequestIds"]


class RequestIds:
    """The ids of the latest requests of one kind."""

    def __init__(self, kind: str, remembered: int) -> None:
        """Remember nothing yet.

        Args:
          kind: what the requests are called in the error.
          remembered: how many ids are kept.
        """
        self._kind = kind
        self._lock = threading.Lock()
        self._known: set[int] = set()  # guarded by _lock
        self._order: deque[int] = deque()  # guarded by _lock
        self._remembered = remembered

    def admit(self, request_id: int) -> None:
        """Take note of a request; 0 is not tracked.

        Raises:
          AbortedError: it came before.
        """
        if request_id == 0:
            return
        with self._lock:
            if request_id in self._known:
                raise errors.aborted(
                    f"The same {self._kind} request was received twice. request_id: {request_id}"
                )
            self._known.add(request_id)
            self._order.append(request_id)
            if len(self._order) > self._remembered:
                self._known.discard(self._order.popleft())
