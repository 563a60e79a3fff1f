"""`LoopService`: steps without feeds that a master runs again and again for a client.

One request starts a loop and is answered when the loop has ended. So a queue is filled without a
message for each element.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from tensormill.distributed.call import Call, Handler
from tensormill.distributed.served_session import ServedSession
from tensormill.graph import errors
from tensormill.graph.errors import OpError
from tensormill.proto import loops_pb2
from tensormill.runtime.step_loops import StepLoop

__all__ = ["SLOW_LOOP_METHODS", "LoopService"]

SLOW_LOOP_METHODS = frozenset({"RunLoop"})
"""The methods that may have to prepare a step."""


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
        loop = StepLoop(step.step, served.session.turns, self._compute, on_end)
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
