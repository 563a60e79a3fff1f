"""Waiting for answers of several tasks at once, naming those that are missing meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from tensormill.graph import errors, tf_logging
from tensormill.graph.errors import OpError
from tensormill.runtime.cancellation import CancellationScope
from tensormill.runtime.interrupts import wait_interruptibly
from tensormill.runtime.worker_link import Cancel, Done

__all__ = ["ask_all"]

Result = TypeVar("Result")

FIRST_REPORT_S = 2.0
REPORT_EVERY_S = 10.0


def ask_all(
    calls: Mapping[str, Callable[[Done[Result]], Cancel]],
    scope: CancellationScope,
    what: str,
    timeout_s: float | None = None,
    describe: Callable[[Sequence[str]], Sequence[str]] = list,
) -> dict[str, Result]:
    """Ask several tasks, and wait for all answers.

    After 2 s, and then every 10 s, one line of the log says which tasks are missing.

    Args:
      calls: by task what asks it.
      scope: ends the waiting when it is cancelled.
      what: what is waited for; a log names it and the tasks that have not answered.
      timeout_s: how long to wait; None for as long as it takes.
      describe: returns for missing tasks where they are, and why they do not answer.

    Returns:
      The answers by task.

    Raises:
      OpError: the first error of a task.
      CancelledError: the scope was cancelled.
      DeadlineExceededError: it took too long.
    """
    gathered = _Answers(calls)
    cancels = [call(gathered.taker(task)) for task, call in calls.items()]
    token = scope.register(lambda reason: gathered.fail(errors.cancelled(reason)))
    started_s = time.monotonic()
    report_s = started_s + FIRST_REPORT_S
    end_s = None if timeout_s is None else started_s + timeout_s
    try:
        while not wait_interruptibly(gathered.finished, _left_s(report_s, end_s)):
            missing = ", ".join(describe(gathered.missing()))
            if end_s is not None and time.monotonic() >= end_s:
                raise errors.deadline_exceeded(
                    f"Deadline Exceeded\n  after {timeout_s:g} s {what} was waiting for {missing}"
                )
            if missing:
                tf_logging.warning("%s waits for %s", what, missing)
            report_s += REPORT_EVERY_S
        if gathered.error is not None:
            raise gathered.error
        return gathered.answers
    finally:
        scope.deregister(token)
        if len(gathered.answers) < len(cancels):
            for cancel in cancels:
                cancel()


def _left_s(report_s: float, end_s: float | None) -> float:
    next_s = report_s if end_s is None else min(report_s, end_s)
    return max(0.0, next_s - time.monotonic())


class _Answers:
    """What has been answered so far."""

    def __init__(self, calls: Mapping[str, Any]) -> None:
        self._lock = threading.Lock()
        self._expected = set(calls)
        self.answers: dict[str, Any] = {}  # guarded by _lock
        self.error: OpError | None = None  # guarded by _lock
        self.finished = threading.Event()
        if not calls:
            self.finished.set()

    def taker(self, task: str) -> Done[Any]:
        """Return what takes the answer of a task."""

        def take(answer: Any, error: OpError | None) -> None:
            if error is not None:
                self.fail(error)
                return
            with self._lock:
                self.answers[task] = answer
                is_last = len(self.answers) == len(self._expected)
            if is_last:
                self.finished.set()

        return take

    def fail(self, error: OpError) -> None:
        """Take an error; the first one stays."""
        with self._lock:
            if self.error is None:
                self.error = error
        self.finished.set()

    def missing(self) -> list[str]:
        """Return the tasks that have not answered."""
        with self._lock:
            return sorted(self._expected - set(self.answers))
