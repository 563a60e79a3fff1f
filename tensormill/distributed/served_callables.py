"""Callables: signatures that a client names once and then runs by number."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass
from typing import Any

from tensormill.distributed.served_session import ServedSession, ServedStep
from tensormill.graph import errors

__all__ = ["ServedCallable", "ServedCallables"]


@dataclass(frozen=True, slots=True)
class ServedCallable:
    """One callable.

    Attributes:
      step: what it runs.
      options: its RunOptions.
    """

    step: ServedStep
    options: Any


class ServedCallables:
    """The callables of one session, by handle."""

    def __init__(self, served: ServedSession) -> None:
        self._served = served
        self._lock = threading.Lock()
        self._handles = itertools.count()  # guarded by _lock
        self._last = -1  # guarded by _lock
        self._callables: dict[int, ServedCallable] = {}  # guarded by _lock

    def make(self, options: Any) -> int:
        """Prepare the callable of a CallableOptions message; return its handle.

        Raises:
          OpError: a name is unknown, or the signature cannot run.
        """
        step = self._served.make_callable(options)
        with self._lock:
            self._last = next(self._handles)
            self._callables[self._last] = ServedCallable(step, options.run_options)
            return self._last

    def find(self, handle: int) -> ServedCallable:
        """Return a callable.

        Raises:
          InvalidArgumentError: there is none of that handle.
        """
        found = self._callables.get(handle)
        if found is None:
            raise self._missing(handle)
        return found

    def release(self, handle: int) -> None:
        """Forget a callable.

        Raises:
          InvalidArgumentError: there is none of that handle.
        """
        with self._lock:
            if self._callables.pop(handle, None) is None:
                raise self._missing(handle)

    def _missing(self, handle: int) -> errors.OpError:
        if 0 <= handle <= self._last:
            return errors.invalid_argument(
                f"Attempted to run callable after handle was released: {handle}"
            )
        return errors.invalid_argument(f"No such callable handle: {handle}")
