"""`MasterClient`: calls the master service of one server."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from typing import Any

import grpc

from tensormill.distributed.channels import open_channel, receipt_of
from tensormill.distributed.cluster_client import missing_tasks
from tensormill.distributed.reachability import why_unreachable
from tensormill.distributed.run_step_codec import RunStepReplies, RunStepReply
from tensormill.distributed.status_codec import error_from_rpc, error_from_status
from tensormill.distributed.targets import address_of
from tensormill.distributed.waiting import wait_for
from tensormill.graph import errors
from tensormill.graph.tensor_wire_codec import Piece
from tensormill.proto import presence_pb2
from tensormill.proto.services import (
    FEED_SERVICE,
    LOOP_SERVICE,
    MASTER_SERVICE,
    PRESENCE_SERVICE,
    Service,
)
from tensormill.runtime.deadlines import DEADLINES

__all__ = ["MasterClient"]

_ASK_TASKS_S = 1.0
_ATTEND_AGAIN_S = 1.0
"""How soon a session is attended again when the connection was lost."""
_GRACE_S = 2.0
"""How much longer than a step may take its master may need to say what it waited for."""


class MasterClient:
    """The connection of one session, or of one call, to a master. Any thread may use it.

    Attributes:
      target: such as "grpc://host:port".
    """

    def __init__(self, target: str, filters: Sequence[str] = ()) -> None:
        """Connect when there is something to call.

        Args:
          target: such as "grpc://host:port".
          filters: the device filters of the session, which say for what tasks it may wait.
        """
        self.target = target
        self._filters = list(filters)
        self._address = address_of(target)
        self._channel = open_channel(self._address)
        self._lock = threading.Lock()
        self._calls: dict[str, Any] = {}  # guarded by _lock
        self._replies = RunStepReplies()
        self._run_step = self._raw("RunStep")
        self._run_callable = self._raw("RunCallable")

    def call(
        self,
        method: str,
        request: Any,
        timeout_s: float | None = None,
        *,
        waits: bool = False,
        reports: bool = False,
    ) -> Any:
        """Call a method and return its response.

        Args:
          method: its name.
          request: its request message.
          timeout_s: how long it may take; None for as long as it likes.
          waits: wait for a server that is not there yet, and say so.
          reports: the server may wait for other tasks; say so.

        Raises:
          OpError: the master said no, or cannot be reached, or took too long.
        """
        try:
            if not waits and not reports:
                return self._method(method)(request, timeout=timeout_s)
            future = self._method(method).future(request, timeout=timeout_s, wait_for_ready=waits)
            response = wait_for(future, lambda: f"{method} waits for {self._state_of_cluster()}")
        except grpc.RpcError as error:
            raise self._error(error, method, timeout_s, asks_cluster=waits or reports) from None
        self._channel.ask()  # before the first step: its time must not depend on it
        return response

    def run_step(self, request: Sequence[Piece], timeout_s: float | None = None) -> RunStepReply:
        """Run a step and return the answer; who asked confirms it.

        Args:
          request: a RunStepRequest, in pieces, that asks for errors in the response.
          timeout_s: how long it may take.

        Raises:
          OpError: the step failed, or the master cannot be reached.
        """
        limit_s = timeout_s
        if timeout_s is not None and self._channel.is_tensormill:
            limit_s = timeout_s + _GRACE_S
        try:
            response, call = self._run_step.with_call(request, timeout=limit_s)
        except grpc.RpcError as error:
            raise self._error(error, "RunStep", timeout_s) from None
        try:
            reply = self._replies.read(memoryview(response))
        except (TypeError, ValueError) as error:
            raise errors.internal(f"The answer of {self.target} cannot be read: {error}") from error
        if reply.status_code:
            metadata = call.trailing_metadata()
            raise error_from_status(reply.status_code, reply.status_message, metadata)
        reply.receipt = receipt_of(call)
        return reply

    def put_feed(self, request: Any) -> None:
        """Send a part of a value that is going to be fed.

        Args:
          request: a PutFeedRequest.

        Raises:
          InvalidArgumentError: the master is none of tensormill.
          OpError: it does not take the part, or cannot be reached.
        """
        try:
            self._method("PutFeed", FEED_SERVICE)(request)
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.UNIMPLEMENTED:
                raise errors.invalid_argument(
                    "More than two gigabytes are fed to a step, which a server of TensorFlow "
                    "cannot take",
                    hint="feed the data in parts, and let a step assign each of them.",
                ) from None
            raise self._error(error, "PutFeed", None) from None

    def run_callable(self, request: Sequence[Piece], timeout_s: float | None = None) -> bytes:
        """Run a callable and return the RunCallableResponse.

        Raises:
          OpError: the step failed, or the master cannot be reached.
        """
        try:
            response: bytes = self._run_callable(request, timeout=timeout_s)
        except grpc.RpcError as error:
            raise self._error(error, "RunCallable", timeout_s) from None
        return response

    def run_loop(self, request: Any, on_start: Callable[[Callable[[str], object]], None]) -> bool:
        """Let the master run a step again and again until it is stopped or fails.

        Args:
          request: a RunLoopRequest.
          on_start: told what cancels the loop.

        Returns:
          Whether the master can do that; one of TensorFlow cannot.

        Raises:
          OpError: a step failed, or the master cannot be reached.
        """
        try:
            call = self._method("RunLoop", LOOP_SERVICE).future(request)
            on_start(lambda reason: call.cancel())
            response = call.result()
        except grpc.FutureCancelledError:
            raise errors.cancelled("The loop was cancelled.") from None
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.UNIMPLEMENTED:
                return False
            raise self._error(error, "RunLoop", None) from None
        if response.status_code:
            raise error_from_status(
                response.status_code, response.status_error_message, call.trailing_metadata()
            )
        return True

    def stop_loop(self, request: Any, timeout_s: float) -> None:
        """Let the step of a loop that runs now be the last; does not wait for the answer.

        Args:
          request: a StopLoopRequest.
          timeout_s: how long it may take.
        """
        with contextlib.suppress(ValueError):  # the connection is closed, and with it the loop
            self._method("StopLoop", LOOP_SERVICE).future(request, timeout=timeout_s)

    def send(self, method: str, request: Any, timeout_s: float) -> None:
        """Call a method without waiting for what it answers."""
        self._method(method).future(request, timeout=timeout_s)

    def attend(self, session_handle: str) -> None:
        """See to it that a master of tensormill learns when this process is gone.

        Where there is a direct connection, that tells it.
        """
        if not self._channel.is_tensormill or self._channel.direct() is not None:
            return
        attend = self._method("Attend", PRESENCE_SERVICE)
        request = presence_pb2.AttendRequest(session_handle=session_handle)

        def begin() -> None:
            with contextlib.suppress(ValueError):  # the connection is closed
                attend.future(request, wait_for_ready=True).add_done_callback(end)

        def end(call: Any) -> None:
            if call.code() is grpc.StatusCode.UNAVAILABLE:  # the connection was lost
                DEADLINES.after(_ATTEND_AGAIN_S, begin)

        begin()

    def close(self) -> None:
        """Close the connection; calls that are under way end."""
        self._channel.close()

    def _raw(self, method: str) -> Any:
        """Return a method that takes and returns bytes."""
        return self._channel.unary_unary(MASTER_SERVICE.methods[method].path)

    def _method(self, name: str, service: Service = MASTER_SERVICE) -> Any:
        with self._lock:
            if name not in self._calls:
                method = service.methods[name]
                self._calls[name] = self._channel.unary_unary(
                    method.path, method.request.SerializeToString, method.response.FromString
                )
            return self._calls[name]

    def _error(
        self, error: Any, method: str, timeout_s: float | None, *, asks_cluster: bool = False
    ) -> errors.OpError:
        if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED and timeout_s is not None:
            awaited = self._state_of_cluster() if asks_cluster else self._state_of_server()
            return errors.deadline_exceeded(
                f"Deadline Exceeded\n  after {timeout_s * 1000:g} ms {method} was waiting for "
                f"{awaited}"
            )
        return error_from_rpc(error, self.target)

    def _state_of_server(self) -> str:
        """Return what is known about why the server does not answer."""
        reason = why_unreachable(self._address)
        return self.target if reason is None else f"{self.target}: {reason}"

    def _state_of_cluster(self) -> str:
        """Return the same, and the tasks that the server itself may be waiting for."""
        state = self._state_of_server()
        if state != self.target:
            return state
        missing = missing_tasks(self._address, self._filters, _ASK_TASKS_S)
        if not missing:
            return f"{state}: it listens, but has not answered"
        return f"{state}, which waits for {', '.join(missing)}"
