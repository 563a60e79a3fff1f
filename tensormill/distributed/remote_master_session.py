"""`RemoteMasterSession`: a session on the master of another process, over TensorFlow's wire."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from tensormill.distributed.device_codec import device_from_proto
from tensormill.distributed.dropped import close_when_dropped
from tensormill.distributed.master_client import MasterClient
from tensormill.distributed.remote_errors import with_operation
from tensormill.distributed.remote_steps import RemoteCallable, RemotePartialRun, RemoteStep
from tensormill.distributed.run_step_codec import (
    RunStepReply,
    RunStepWriter,
    StoredFeed,
    new_request_id,
)
from tensormill.graph import errors
from tensormill.graph.graph import Graph
from tensormill.graph.graph_def_writer import write_graph_def
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.graph.tensor_wire_codec import Piece
from tensormill.proto import feeds_pb2, loops_pb2, master_pb2
from tensormill.runtime.any_master import StopSignal, WaitObserver
from tensormill.runtime.passes.tensor_watches import TensorWatch
from tensormill.runtime.remote_device import RemoteDevice

__all__ = ["RemoteMasterSession", "reset_master"]

_CLOSE_TIMEOUT_S = 10.0
_PART_BYTES = 64 << 20
_GONE = (errors.AbortedError, errors.UnavailableError, errors.DeadlineExceededError)
"""What closing a session meets where the master, or its memory of the session, is gone."""


class _OpenSession:
    """A session as its master knows it, apart from the object that the user holds.

    Attributes:
      handle: empty until the master has the session.
      is_closed: it is closed, or will be at once.
    """

    def __init__(self, client: MasterClient, timeout_s: float) -> None:
        self._client = client
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self.handle = ""
        self.is_closed = False  # guarded by _lock

    def close(self) -> None:
        """Close the session and the connection. Idempotent."""
        with self._lock:
            if self.is_closed:
                return
            self.is_closed = True
        try:
            if self.handle:
                request = master_pb2.CloseSessionRequest(session_handle=self.handle)
                self._client.call("CloseSession", request, self._timeout_s)
        except _GONE:
            pass
        finally:
            self._client.close()


class RemoteMasterSession:
    """One session on a remote master.

    Nothing is sent before the first step, or the first question for devices. From then on each
    step first sends the operations that the graph has gained; where the master refuses them, they
    are sent again, together with any newer ones, at the next step.

    Attributes:
      graph: the graph, which may grow.
      config: a ConfigProto, or None.
    """

    def __init__(self, target: str, graph: Graph, config: Any) -> None:
        self.graph = graph
        self.config = config
        self._client = MasterClient(target, config.device_filters if config is not None else ())
        self._lock = threading.RLock()
        self._graph_version = 0  # guarded by _lock; as the master counts
        self._sent_version = 0  # guarded by _lock; of the graph
        timeout_ms = config.operation_timeout_in_ms if config is not None else 0
        self._timeout_s = timeout_ms / 1000 if timeout_ms > 0 else None
        self._open = _OpenSession(self._client, self._timeout_s or _CLOSE_TIMEOUT_S)
        self._forget_drop = close_when_dropped(self, self._open.close)

    def extend(self) -> str:
        """Send the master what it does not know of the graph; return the session's handle.

        Raises:
          CancelledError: the session is closed.
          OpError: the master refuses the graph.
        """
        if self.graph.version == self._sent_version and self._open.handle:
            return self._open.handle
        with self._lock:
            version = self.graph.version
            if not self._open.handle:
                self._create(version)
            elif version != self._sent_version:
                graph_def = write_graph_def(self.graph, self._sent_version, to_version=version)
                request = master_pb2.ExtendSessionRequest(
                    session_handle=self._open.handle,
                    graph_def=graph_def,
                    current_graph_version=self._graph_version,
                )
                response = self._call("ExtendSession", request, reports=True)
                self._graph_version = response.new_graph_version
                self._sent_version = version
            return self._open.handle

    def _create(self, version: int) -> None:
        """Create the session with the graph up to a version."""
        if self._open.is_closed:
            raise errors.CancelledError(None, None, "Session has been closed.")
        request = master_pb2.CreateSessionRequest(
            graph_def=write_graph_def(self.graph, to_version=version),
            config=self.config,
            target=self._client.target,
        )
        response = self._call("CreateSession", request, waits=True)
        self._open.handle = response.session_handle
        self._graph_version = response.graph_version
        self._sent_version = version
        self._client.attend(self._open.handle)

    def _call(
        self, method: str, request: Any, *, waits: bool = False, reports: bool = False
    ) -> Any:
        try:
            return self._client.call(method, request, self._timeout_s, waits=waits, reports=reports)
        except errors.OpError as error:
            if self._open.is_closed and isinstance(error, errors.UnavailableError):
                raise errors.CancelledError(None, None, "Session has been closed.") from None
            raise with_operation(error, self.graph) from None

    def run_step(self, request: Sequence[Piece], timeout_s: float | None = None) -> RunStepReply:
        """Run a step; what the graph has gained is sent before.

        Raises:
          OpError: the step failed.
        """
        self.extend()
        try:
            return self._client.run_step(request, timeout_s)
        except errors.OpError as error:
            raise with_operation(error, self.graph) from None

    def store_feed(self, value: Any) -> StoredFeed:
        """Send a value in parts, for a step that is to be fed it.

        Raises:
          InvalidArgumentError: the master is none of tensormill.
          OpError: it does not take the value.
        """
        content = np.ascontiguousarray(value).reshape(-1).view(np.uint8).data
        handle, feed_id = self.extend(), new_request_id()
        for start in range(0, len(content), _PART_BYTES):
            request = feeds_pb2.PutFeedRequest(
                session_handle=handle,
                feed_id=feed_id,
                size_bytes=len(content),
                offset_bytes=start,
                content=bytes(content[start : start + _PART_BYTES]),
            )
            self._client.put_feed(request)
        return StoredFeed(feed_id, np.shape(value))

    def run_loop(
        self,
        fetches: Sequence[str],
        targets: Sequence[str],
        stop: StopSignal,
        waits: WaitObserver,
    ) -> bool:
        """Let the master run a step again and again, until it is to stop or fails.

        Args:
          fetches: names of tensors.
          targets: names of operations.
          stop: says when to stop.
          waits: told what cancels the loop.

        Returns:
          Whether the master can do that.

        Raises:
          OpError: a step failed.
        """
        handle, loop_id = self.extend(), new_request_id()
        request = loops_pb2.RunLoopRequest(
            session_handle=handle, loop_id=loop_id, fetch=fetches, target=targets
        )
        stop_request = loops_pb2.StopLoopRequest(session_handle=handle, loop_id=loop_id)
        stop.call_on_stop(lambda: self._client.stop_loop(stop_request, _CLOSE_TIMEOUT_S))
        try:
            return self._client.run_loop(request, waits.wait_begins)
        except errors.OpError as error:
            raise with_operation(error, self.graph) from None

    def prepare(
        self, feeds: Sequence[Tensor], fetches: Sequence[Tensor], targets: Sequence[Operation]
    ) -> RemoteStep:
        """Return the step for a signature."""
        names = [tensor.name for tensor in fetches]
        target_names = [op.name for op in targets]
        writer = RunStepWriter(self.extend(), feeds, names, target_names)
        return RemoteStep(self, writer, len(feeds), fetches, target_names)

    def prepare_watched(
        self,
        feeds: Sequence[Tensor],
        fetches: Sequence[Tensor],
        targets: Sequence[Operation],
        watches: Sequence[TensorWatch],
    ) -> RemoteStep:
        """Return the step for a signature: what to watch stands in the options of its runs."""
        return self.prepare(feeds, fetches, targets)

    def start_partial(
        self, feeds: Sequence[Tensor], fetches: Sequence[Tensor], targets: Sequence[Operation]
    ) -> RemotePartialRun:
        """Start a step that is fed in parts."""
        handle = self.extend()
        request = master_pb2.PartialRunSetupRequest(
            session_handle=handle,
            feed=[tensor.name for tensor in feeds],
            fetch=[tensor.name for tensor in fetches],
            target=[op.name for op in targets],
            request_id=new_request_id(),
        )
        response = self._call("PartialRunSetup", request)
        return RemotePartialRun(self, handle, response.partial_run_handle, feeds, fetches)

    def make_callable(
        self,
        feeds: Sequence[Tensor],
        fetches: Sequence[Tensor],
        targets: Sequence[Operation],
        options: Any,
    ) -> RemoteCallable:
        """Return a step that the master keeps under a handle."""
        session_handle = self.extend()
        request = master_pb2.MakeCallableRequest(
            session_handle=session_handle, options=options, request_id=new_request_id()
        )
        response = self._call("MakeCallable", request)
        return RemoteCallable(self, session_handle, response.handle, feeds, fetches)

    def run_callable(self, request: Sequence[Piece], timeout_s: float | None) -> bytes:
        """Run a step that the master keeps under a handle, and return its response.

        Raises:
          OpError: the step failed.
        """
        self.extend()
        try:
            return self._client.run_callable(request, timeout_s or self._timeout_s)
        except errors.OpError as error:
            raise with_operation(error, self.graph) from None

    def release_callable(self, handle: int) -> None:
        """Let the master forget a handle; does not wait for its answer."""
        with self._lock:
            if not self._open.is_closed:
                request = master_pb2.ReleaseCallableRequest(
                    session_handle=self._open.handle, handle=handle
                )
                self._client.send("ReleaseCallable", request, _CLOSE_TIMEOUT_S)

    def list_devices(self) -> list[RemoteDevice]:
        """Return the devices that steps can use."""
        with self._lock:
            if not self._open.handle:
                self._create(0)
        request = master_pb2.ListDevicesRequest(session_handle=self._open.handle)
        response = self._call("ListDevices", request, reports=True)
        return list(map(device_from_proto, (*response.local_device, *response.remote_device)))

    def clear_containers(self, containers: Sequence[str]) -> None:
        """Clear state of the master's tasks."""
        self._call("Reset", master_pb2.ResetRequest(container=containers))

    def session_tensors(self) -> None:
        """Return None: what a master keeps stays there."""

    def close(self) -> None:
        """Let the master cancel the running steps and forget the session. Idempotent."""
        self._forget_drop()
        self._open.close()


def reset_master(target: str, containers: Sequence[str], config: Any = None) -> None:
    """Clear containers on all tasks of a master, and close all its sessions.

    Args:
      target: such as "grpc://host:port".
      containers: their names; the default container alone where none is named.
      config: a ConfigProto, of which the timeout and the device filters count.

    Raises:
      OpError: the master cannot be reached in time.
    """
    timeout_ms = config.operation_timeout_in_ms if config is not None else 0
    request = master_pb2.ResetRequest(
        container=containers, device_filters=config.device_filters if config is not None else ()
    )
    client = MasterClient(target)
    try:
        client.call("Reset", request, timeout_ms / 1000 if timeout_ms > 0 else None, waits=True)
    finally:
        client.close()
