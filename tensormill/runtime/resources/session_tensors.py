"""Tensors that a session keeps between its steps, by handle."""

from __future__ import annotations

import itertools
import threading
from typing import Any

from tensormill.graph import errors

__all__ = ["SessionTensors"]


class SessionTensors:
    """The kept tensors of one session."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a handle may end within any call of this thread
        self._numbers = itertools.count()
        self._values: dict[str, Any] = {}  # guarded by _lock

    def add(self, node_name: str, device: str, value: Any) -> str:
        """Keep a value, which nobody else changes from now on; return its handle."""
        with self._lock:
            handle = f"{node_name};{next(self._numbers)};{device}"
            self._values[handle] = value
            return handle

    def get(self, handle: str) -> Any:
        """Return a kept value.

        Raises:
          InvalidArgumentError: there is none.
        """
        value = self._values.get(handle)
        if value is None:
            raise errors.invalid_argument(
                f"The tensor with handle '{handle}' is not in the session store."
            )
        return value

    def discard(self, handle: str) -> bool:
        """Forget a value; return whether it was there."""
        with self._lock:
            return self._values.pop(handle, None) is not None
