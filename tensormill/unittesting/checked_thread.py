"""Threads of tests whose failures are failures of the test."""

from __future__ import annotations

import threading
import unittest
from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = ["CheckedThread"]


class CheckedThread:
    """A thread that a test starts and must join; what it raises fails the test."""

    def __init__(
        self,
        test_case: unittest.TestCase,
        target: Callable[..., Any],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        self._test_case = test_case
        self._target = target
        self._args = args
        self._kwargs = dict(kwargs or {})
        self._thread = threading.Thread(target=self._run)
        self._error: Exception | None = None
        self._is_joined = False

    def _run(self) -> None:
        try:
            self._target(*self._args, **self._kwargs)
        except Exception as error:
            self._error = error

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def join(self) -> None:
        """Wait for the end of the thread, and fail the test if it ended with an error."""
        self._is_joined = True
        self._thread.join()
        if self._error is not None:
            self._test_case.fail(f"Error in checkedThread: {self._error}")

    def is_alive(self) -> bool:
        """Return whether the thread runs."""
        return self._thread.is_alive()

    def check_termination(self) -> None:
        """Fail the test unless the thread was joined.

        Raises:
          RuntimeError: it was joined and still runs.
        """
        if not self._is_joined:
            self._test_case.fail("A checked thread was not joined.")
        if self.is_alive():
            raise RuntimeError(
                "Thread was not joined with main thread, and is still running when the test "
                "finished."
            )
