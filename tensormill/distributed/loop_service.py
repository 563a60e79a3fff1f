"""`LoopService`: steps without feeds that a master runs again and again for a client.

One request starts a loop and is answered when the loop has ended. So a queue is filled without a
message for each element.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from tensormill.distributed.call import Call, Handler
from tensormill.distributed.served_session import ServedSession, ServedStep
from tensormill.graph import errors
from tensormill.graph.errors import OpError
from tensormill.proto import loops_pb2
from tensormill.runtime.any_master import StepOutcome
from tensormill.runtime.cancellation import CancellationScope
from tensormill.runtime.resources.feeders import Feeding
from tensormill.runtime.step_options import StepOptions

__all__ = ["SLOW_LOOP_METHODS", "LoopService", "StepLoop"]

SLOW_LOOP_METHODS = frozenset({"RunLoop"})
"""The methods that may have to prepare a step."""

_TURN_S = 0.02
_OPTIONS = StepOptions()


class StepLoop:
    """One step that is run again and again. It holds a thread only while a step computes."""

    def __init__(
        self,
        step: ServedStep,
        compute: Callable[[Callable[[], None]], None],
        on_end: Callable[[int, OpError | None], None],
    ) -> None:
        """Make a loop.

        Args:
          step: a step without feeds.
          compute: runs a function on a thread that computes.
          on_end: called once, with the number of steps that succeeded and the error that ended the
            loop, if one did.
        """
        self._step = step
        self._compute = compute
        self._on_end = on_end
        self._lock = threading.Lock()
        self._is_stopped = False  # guarded by _lock
        self._is_starting = False  # guarded by _lock
        self._is_over = False  # guarded by _lock
        self._scope: CancellationScope | None = None  # guarded by _lock
        self._reason: str | None = None  # guarded by _lock
        self._steps = 0
        self._feeding = Feeding()

    def start(self) -> None:
        """Let the loop begin; returns at once."""
        self._feeding = self._step.step.begin_feeding()
        self._compute(self._take_turn)

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

    def _take_turn(self) -> None:
        """Run steps until one waits, for a while at most: other loops want a thread, too."""
        until_s = time.monotonic() + _TURN_S
        while self._run_one():
            if time.monotonic() > until_s:
                self._compute(self._take_turn)
                return

    def _run_one(self) -> bool:
        """Start a step; return whether it has ended and another one may follow on this thread."""
        with self._lock:
            is_over = self._is_stopped
            self._is_starting = True
            self._scope = None
        if is_over:
            self._end(None)
            return False
        steps = self._step.step.run_block()
        if steps:
            self._steps += steps
            return True
        scope = self._step.start([], _OPTIONS, self._note_end)
        with self._lock:
            has_ended = not self._is_starting
            self._is_starting = False
            if not has_ended:
                self._scope = scope
            reason, is_over = self._reason, self._is_over
        if reason is not None and not has_ended and scope is not None:
            scope.cancel(reason)
        return has_ended and not is_over

    def _note_end(self, outcome: StepOutcome | None, error: OpError | None) -> None:
        """Take note that a step has ended. Called by whoever ended it."""
        if outcome is not None:
            outcome.confirm()
        if error is not None:
            self._end(error)
        else:
            self._steps += 1
        with self._lock:
            was_starting = self._is_starting
            self._is_starting = False
        if error is None and not was_starting:
            self._compute(self._take_turn)

    def _end(self, error: OpError | None) -> None:
        with self._lock:
            if self._is_over:
                return
            self._is_over = True
        self._feeding.end(error)
        self._on_end(self._steps, error)


class LoopService:
    """The loops of clients on the sessions of one master."""

    def __init__(
        self,
        find_session: Callable[[str, Call], ServedSession],
        compute: Callable[[Callable[[], None]], None],
    ) -> None:
        """Serve the sessions of a master.

        Args:
          find_session: returns the session of a handle, which a call uses.
          compute: runs a function on a thread that computes.
        """
        self._find_session = find_session
        self._compute = compute
        self._lock = threading.Lock()
        self._loops: dict[tuple[str, int], StepLoop] = {}  # guarded by _lock

    def handlers(self) -> Mapping[str, Handler]:
        """Return the handler of each method."""
        return {"RunLoop": self._run_loop, "StopLoop": self._stop_loop}

    @property
    def loop_count(self) -> int:
        """How many loops run."""
        return len(self._loops)

    def _run_loop(self, request: Any, call: Call) -> None:
        served = self._find_session(request.session_handle, call)
        key = (request.session_handle, request.loop_id)

        def on_end(steps: int, error: OpError | None) -> None:
            with self._lock:
                self._loops.pop(key, None)
            response = loops_pb2.RunLoopResponse(steps=steps)
            if error is not None:
                call.note_error(error)
                response.status_code = error.error_code
                response.status_error_message = error.message
            call.reply(response)

        step = served.make_step((), request.fetch, request.target)
        if not step.step.is_ready:
            step.step.renew()
        loop = StepLoop(step, self._compute, on_end)
        with self._lock:
            if key in self._loops:
                raise errors.already_exists(f"There is a loop {request.loop_id} already")
            self._loops[key] = loop
        call.on_cancel(lambda: loop.cancel("The client cancelled the loop, or has gone."))
        loop.start()

    def _stop_loop(self, request: Any, call: Call) -> None:
        loop = self._loops.get((request.session_handle, request.loop_id))
        if loop is not None:  # else it has ended by itself
            loop.stop()
        call.reply(loops_pb2.StopLoopResponse())
