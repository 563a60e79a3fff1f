"""`StepLoop`: a step without feeds that is run again and again; `LoopTurns`: who runs when.

Loops that feed queues with short steps take turns on one thread: Python runs one of them at a time
in any case, and threads that hand over to each other after each kernel lose more than they win.
Loops of long steps run side by side.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import Final, Protocol

from tensormill.graph import errors
from tensormill.graph.errors import OpError
from tensormill.runtime.any_master import StepOutcome, WaitObserver
from tensormill.runtime.cancellation import CancellationScope
from tensormill.runtime.resources.feeders import Feeding

__all__ = ["Call", "LoopTurns", "RepeatedStep", "StepLoop", "repeat_here"]

_TURN_S: Final = 0.02
"""How long a loop that does not wait keeps a thread: other loops want it, too."""
_LONG_STEP_NS: Final = 2_000_000
"""A short step that runs now and then, with nothing of it in the caches, takes up to 1 ms."""
_STEPS_UNMEASURED: Final = 63
_ROW_NS: Final = 1_000_000
"""How long steps may follow each other before other loops are looked at."""

Call = Callable[[Callable[[], None]], None]
"""Runs a function on a thread that computes."""


class RepeatedStep(Protocol):
    """What a loop needs of its step."""

    @property
    def may_share_thread(self) -> bool:
        """Whether loops of it may take turns on one thread, as far as their steps are short."""

    def run_block(self) -> int:
        """Run as many steps as can run at once, and return how many."""

    def begin_feeding(self) -> Feeding:
        """Tell the queues that the step feeds that it is repeated."""

    def repeat_once(
        self,
        on_done: Callable[[StepOutcome | None, OpError | None], None],
        may_repeat: Callable[[], bool],
        /,
    ) -> CancellationScope | None:
        """Start a step without feeds and options; return what cancels it, None where it ended.

        Args:
          on_done: called with how it ended.
          may_repeat: may be called instead where the step succeeded without waiting; if it returns
            True, the next step follows at once.
        """


class _NobodyLooks:
    def wait_begins(self, cancel: Callable[[str], object]) -> None:
        pass

    def wait_ends(self) -> None:
        pass


def _never() -> bool:
    return False


class StepLoop:
    """One step that is run again and again. It holds a thread only while a step computes."""

    def __init__(
        self,
        step: RepeatedStep,
        turns: LoopTurns,
        call: Call,
        on_end: Callable[[int, OpError | None], None],
        should_stop: Callable[[], bool] = _never,
        waits: WaitObserver | None = None,
    ) -> None:
        """Make a loop.

        Args:
          step: a step without feeds.
          turns: says when and where it runs.
          call: runs a function on a thread of this loop.
          on_end: called once, with the number of steps that succeeded and the error that ended the
            loop, if one did.
          should_stop: asked before each step.
          waits: told when a step begins to wait, and when it goes on.
        """
        self.call = call
        self.is_long = False
        self.may_share_thread = step.may_share_thread
        self._step = step
        self._turns = turns
        self._on_end = on_end
        self._should_stop = should_stop
        self._waits: WaitObserver = _NobodyLooks() if waits is None else waits
        self._lock = threading.Lock()
        self._is_stopped = False  # guarded by _lock; once True, it stays so
        self._is_starting = False  # guarded by _lock
        self._is_over = False  # guarded by _lock
        self._scope: CancellationScope | None = None  # guarded by _lock
        self._reason: str | None = None  # guarded by _lock
        self._steps = 0
        self._unmeasured = 0
        self._step_ns = 0
        self._row = 0
        self._following = 0
        self._feeding = Feeding()

    def start(self) -> None:
        """Let the loop begin."""
        self._feeding = self._step.begin_feeding()
        self._turns.add(self)

    def stop(self) -> None:
        """Let the step that runs be the last one."""
        with self._lock:
            self._is_stopped = True

    def cancel(self, reason: str) -> None:
        """Cancel the step that runs, and end."""
        with self._lock:
            self._is_stopped = True
            self._reason = reason
            scope = self._scope
        if scope is not None:
            scope.cancel(reason)

    def run_one(self) -> bool:
        """Start a step; return whether it has ended and another one may follow. Only in turns."""
        try:
            return self._run_one()
        except BaseException:
            self._end(errors.cancelled("The thread that ran the step was interrupted."))
            raise

    def _run_one(self) -> bool:
        is_over = self._should_stop()
        with self._lock:
            is_over = is_over or self._is_stopped
            self._is_starting = True
            self._scope = None
        if is_over:
            self._end(None)
            return False
        steps = self._step.run_block()
        if steps:
            self._steps += steps
            return True
        is_measured = self._unmeasured <= 0
        self._following = 0 if is_measured else self._row
        steps_before = self._steps
        started_ns = time.thread_time_ns() if is_measured else 0
        scope = self._step.repeat_once(self._note_end, self._may_repeat)
        if is_measured:
            self._measure(time.thread_time_ns() - started_ns)
        else:
            self._unmeasured -= 1 + self._steps - steps_before
        with self._lock:
            has_ended = not self._is_starting
            self._is_starting = False
            if not has_ended and scope is not None:
                self._scope = scope
                self._waits.wait_begins(scope.cancel)
            reason, is_over = self._reason, self._is_over
        if reason is not None and not has_ended and scope is not None:
            scope.cancel(reason)
        return has_ended and not is_over

    def _measure(self, took_ns: int) -> None:
        """Take note of the processor time of a step; the next ones are as long as the last few."""
        self._step_ns += (took_ns - self._step_ns) // 4
        self.is_long = self._step_ns > _LONG_STEP_NS
        self._unmeasured = 0 if self.is_long else _STEPS_UNMEASURED
        self._row = min(_STEPS_UNMEASURED, _ROW_NS // max(self._step_ns, 1))

    def _may_repeat(self) -> bool:
        """Take note of a step that succeeded at once, if another one may follow it right away."""
        if self._following <= 0 or self._is_stopped or self._should_stop():
            return False
        self._following -= 1
        self._steps += 1
        return True

    def _note_end(self, outcome: StepOutcome | None, error: OpError | None) -> None:
        """Take note that a step has ended. Called by whoever ended it."""
        if outcome is not None:
            outcome.confirm()
        with self._lock:
            has_waited = not self._is_starting
            self._is_starting = False
            if has_waited:
                self._waits.wait_ends()
        if error is not None:
            self._end(error)
            return
        self._steps += 1
        if has_waited:
            self._turns.add(self)

    def _end(self, error: OpError | None) -> None:
        with self._lock:
            if self._is_over:
                return
            self._is_over = True
        self._feeding.end(error)
        self._on_end(self._steps, error)


class LoopTurns:
    """Decides which loops of a session run on which threads. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ready: deque[StepLoop] = deque()  # guarded by _lock: share a thread
        self._is_taken = False  # guarded by _lock: a thread runs them, or was called

    def add(self, loop: StepLoop) -> None:
        """Let a loop run its next step when it is its turn."""
        if not loop.may_share_thread or loop.is_long:
            loop.call(partial(self._run_alone, loop))
            return
        with self._lock:
            self._ready.append(loop)
            if self._is_taken:
                return
            self._is_taken = True
        loop.call(self._run_shared)

    def _run_alone(self, loop: StepLoop) -> None:
        until_s = time.monotonic() + _TURN_S
        while loop.run_one():
            if time.monotonic() > until_s:
                self.add(loop)
                return

    def _run_shared(self) -> None:
        """Run the loops that are ready until all wait; now and then, go on on another thread."""
        until_s = time.monotonic() + _TURN_S
        loop: StepLoop | None = None
        try:
            loop = self._next(None)
            while loop is not None:
                if not loop.run_one():
                    loop = self._next(None)
                elif loop.is_long:
                    self.add(loop)
                    loop = self._next(None)
                elif time.monotonic() > until_s:
                    loop = self._next(loop)
                    assert loop is not None
                    with self._lock:
                        self._ready.appendleft(loop)
                    loop.call(self._run_shared)
                    return
        except BaseException:  # the thread is to end: the other loops go on
            loop = self._next(None)
            if loop is not None:
                with self._lock:
                    self._ready.appendleft(loop)
                loop.call(self._run_shared)
            raise

    def _next(self, last: StepLoop | None) -> StepLoop | None:
        """Return the loop whose turn it is, after putting the last one behind the others."""
        with self._lock:
            if last is not None:
                self._ready.append(last)
            if self._ready:
                return self._ready.popleft()
            self._is_taken = False
            return None


def repeat_here(
    step: RepeatedStep,
    turns: LoopTurns,
    should_stop: Callable[[], bool],
    waits: WaitObserver,
) -> None:
    """Run a loop on the calling thread until it ends.

    Args:
      step: a step without feeds.
      turns: of its session.
      should_stop: asked before each step.
      waits: told when a step begins to wait, and when it goes on.

    Raises:
      OpError: a step failed.
    """
    wanted: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
    failures: list[OpError] = []

    def on_end(steps: int, error: OpError | None) -> None:
        if error is not None:
            failures.append(error)
        wanted.put(None)

    StepLoop(step, turns, wanted.put, on_end, should_stop, waits).start()
    while True:
        function = wanted.get()
        if function is None:
            break
        function()
    if failures:
        raise failures[0]
