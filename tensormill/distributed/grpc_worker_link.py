"""`GrpcWorkerLink`: the way to the worker of another task, over TensorFlow's WorkerService."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import grpc

from tensormill.distributed.call import pieces_of
from tensormill.distributed.channels import error_from_outcome, open_channel, receipt_of
from tensormill.distributed.device_codec import device_from_proto
from tensormill.distributed.direct_client import DirectClient, Outcome, Reply
from tensormill.distributed.direct_frames import ConnectionBroken
from tensormill.distributed.part_run_codec import read_part_result, write_part_run
from tensormill.distributed.push_codec import write_push
from tensormill.distributed.recv_tensor_codec import read_value, value_from_message
from tensormill.distributed.run_step_codec import new_request_id, split_named_tensor
from tensormill.distributed.server_threads import ServerThreads
from tensormill.distributed.status_codec import error_from_rpc, error_from_status
from tensormill.distributed.value_codec import named_value_pieces
from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.errors import OpError
from tensormill.graph.tensor_wire_codec import Piece, split_fields
from tensormill.proto import cluster_status_pb2, worker_pb2
from tensormill.proto.services import CLUSTER_SERVICE, TRANSFER_SERVICE, WORKER_SERVICE
from tensormill.runtime.any_master import AnyDevice
from tensormill.runtime.partition_codec import graph_to_message
from tensormill.runtime.passes.partition import Partition
from tensormill.runtime.plan.value_table import value_form
from tensormill.runtime.rendezvous import KeyedValue, Receiver
from tensormill.runtime.worker_link import (
    Answers,
    Cancel,
    Done,
    GraphResult,
    GraphRun,
    RegisteredPartition,
    SessionSpec,
    WorkerLink,
)

__all__ = ["Deliver", "GrpcWorkerLink"]

_log = logging.getLogger(__name__)

_METHODS = {
    **WORKER_SERVICE.methods,
    "TaskStatus": CLUSTER_SERVICE.methods["TaskStatus"],
}
_SEND = 3  # the field of RunGraphRequest
_RECV = 1  # the field of RunGraphResponse
_SMALL_BYTES = 1 << 16
_PUSH_PATH = TRANSFER_SERVICE.methods["Push"].path
_RUN_PATH = TRANSFER_SERVICE.methods["RunPart"].path

Deliver = Callable[[int, Sequence[KeyedValue]], None]
"""Hands values of a step to who waits for them on the own task."""


@dataclass(frozen=True, slots=True)
class _Handle:
    """What a link remembers of a registered partition.

    Attributes:
      name: the handle.
      feed_keys: the rendezvous keys of the feeds.
      feed_dtypes: their dtypes.
      fetch_keys: the rendezvous keys of the fetches.
      fetch_dtypes: their dtypes.
      starts: what all requests of runs of one kind begin with.
    """

    name: str
    feed_keys: list[str]
    feed_dtypes: list[DType]
    fetch_keys: list[str]
    fetch_dtypes: list[DType]
    starts: dict[Any, bytes] = field(default_factory=dict)


class GrpcWorkerLink(WorkerLink):
    """A way to a worker of another process, of whatever make."""

    def __init__(
        self,
        task_name: str,
        address: str,
        server_def: Any,
        threads: ServerThreads,
        renames: bool = False,
        deliver: Deliver | None = None,
    ) -> None:
        """Make a way; it connects when it is first used.

        Args:
          task_name: the task at the other end.
          address: where it listens, "host:port".
          server_def: the ServerDef that is sent with sessions of a cluster of their own.
          threads: where answers are read.
          renames: the task has another name where it is than in the cluster of the session.
          deliver: hands values that came with an answer to the own worker.
        """
        self._renames = renames
        self._deliver = deliver
        self.task_name = task_name
        self._peer = f"{task_name} ({address})"
        self._server_def = server_def
        self._threads = threads
        self._channel = open_channel(address)
        self._stubs = {
            name: self._channel.unary_unary(method.path) for name, method in _METHODS.items()
        }
        self._lock = threading.Lock()
        self._client_device = ""  # guarded by _lock
        self._incarnation = 0  # guarded by _lock

    def list_devices(self, done: Done[Sequence[AnyDevice]], *, waits: bool = True) -> Cancel:
        """Ask with GetStatus."""

        def devices(response: Any, call: Any) -> Sequence[AnyDevice]:
            found = [device_from_proto(device) for device in response.device_attributes]
            if self._renames:
                found = [
                    replace(d, name=self.task_name + d.name[d.name.index("/device:") :])
                    for d in found
                    if "/device:" in d.name
                ]
            own = [device for device in found if device.name.startswith(self.task_name + "/")]
            if not own:
                named = ", ".join(device.name for device in found) or "none"
                raise errors.invalid_argument(
                    f"Task {self._peer} has none of its devices, but: {named}",
                    hint="another task listens there; compare the cluster specs.",
                )
            with self._lock:
                self._client_device = next((d.name for d in own if d.type == "CPU"), own[0].name)
                self._incarnation = _signed(own[0].incarnation)
            return own

        request = worker_pb2.GetStatusRequest()
        return self._call("GetStatus", request, done, devices, wait_for_ready=waits)

    def create_session(self, spec: SessionSpec, done: Done[bool]) -> Cancel:
        """Ask with CreateWorkerSession."""
        request = worker_pb2.CreateWorkerSessionRequest(
            session_handle=spec.handle,
            isolate_session_state=spec.isolates_state,
            master_task=spec.master_task,
            master_incarnation=_signed(spec.master_incarnation),
        )
        request.server_def.job_name = self._server_def.job_name
        request.server_def.task_index = self._server_def.task_index
        request.server_def.protocol = "grpc"
        if spec.cluster_def is not None:
            request.server_def.cluster.CopyFrom(spec.cluster_def)
        return self._call("CreateWorkerSession", request, done, _yes)

    def delete_session(self, handle: str, done: Done[bool]) -> Cancel:
        """Ask with DeleteWorkerSession."""
        request = worker_pb2.DeleteWorkerSessionRequest(session_handle=handle)
        return self._call("DeleteWorkerSession", request, done, _yes)

    def register_graph(
        self, session_handle: str, partition: Partition, done: Done[RegisteredPartition]
    ) -> Cancel:
        """Ask with RegisterGraph."""
        graph = partition.graph
        message, feed_keys, fetch_keys = graph_to_message(
            graph, self._client_device, self._incarnation
        )
        feed_dtypes = [node.output_dtypes[0].base_dtype for node in graph.feeds]
        fetch_dtypes = [node.output_dtypes[i].base_dtype for node, i in graph.fetches]

        def registered(response: Any, call: Any) -> RegisteredPartition:
            handle = _Handle(
                response.graph_handle, feed_keys, feed_dtypes, fetch_keys, fetch_dtypes
            )
            return RegisteredPartition(
                handle,
                list(map(value_form, feed_dtypes)),
                list(map(value_form, fetch_dtypes)),
                pushes_to=frozenset(response.pushes_to),
                leaves_nothing=response.leaves_nothing,
            )

        request = worker_pb2.RegisterGraphRequest(
            session_handle=session_handle, graph_def=message, create_worker_session_called=True
        )
        return self._call("RegisterGraph", request, done, registered)

    def run_graph(
        self,
        session_handle: str,
        graph: RegisteredPartition,
        run: GraphRun,
        done: Done[GraphResult],
    ) -> Cancel:
        """Ask with RunGraph."""
        handle: _Handle = graph.handle
        direct = self._channel.direct()
        # The end of a traced step asks the tasks again; the thread that reads must not wait for it.
        is_plain = not run.is_traced and not run.wants_partition_graphs
        if direct is not None and is_plain and direct.has(_RUN_PATH):
            return self._run_directly(direct, session_handle, handle, run, done)
        try:
            pieces: list[Piece] = [self._run_request(session_handle, handle, run)]
            for key, dtype, value in zip(
                handle.feed_keys, handle.feed_dtypes, run.feeds, strict=True
            ):
                pieces += named_value_pieces(_SEND, key, value, dtype)
        except OpError as error:
            done(None, error)
            return _nothing

        def result(message: memoryview, call: Any) -> GraphResult:
            if not message:
                return GraphResult([])
            response, received = _read_run_response(message)
            if response.status_code != errors.OK:
                raise error_from_status(
                    response.status_code,
                    response.status_error_message,
                    call.trailing_metadata(),
                )
            values = []
            for key in handle.fetch_keys:
                if key not in received:
                    raise errors.internal(f"Task {self._peer} did not return {key}")
                values.append(value_from_message(received[key]))
            stats = response.step_stats if response.HasField("step_stats") else None
            graphs = list(response.partition_graph)
            return GraphResult(values, stats, graphs, delivery=receipt_of(call))

        return self._call("RunGraph", pieces, done, result, raw=True)

    def _run_directly(
        self,
        direct: DirectClient,
        session_handle: str,
        handle: _Handle,
        run: GraphRun,
        done: Done[GraphResult],
    ) -> Cancel:
        """Call RunPart; a small answer is read by the thread that got it."""
        kind = self._run_start(session_handle, handle, run)
        try:
            pieces = write_part_run(
                run.step_id, kind, handle.feed_keys, handle.feed_dtypes, run.feeds
            )
        except OpError as error:
            done(None, error)
            return _nothing
        stop = direct.start(_RUN_PATH, pieces, partial(self._take_result, handle, run, done))

        def cancel() -> None:
            if stop():
                done(None, self._was_cancelled("RunGraph"))

        return cancel

    def _take_result(
        self, handle: _Handle, run: GraphRun, done: Done[GraphResult], outcome: Outcome
    ) -> None:
        read = partial(self._read_result, handle, run, outcome)
        if isinstance(outcome, Reply) and len(outcome.data) >= _SMALL_BYTES:
            self._threads.read(lambda: self._answer("RunGraph", done, read))
            return
        try:
            self._answer("RunGraph", done, read)
        except Exception:  # noqa: BLE001 - the thread goes on
            _log.exception("what follows a run failed")

    def _read_result(self, handle: _Handle, run: GraphRun, outcome: Outcome) -> GraphResult:
        if not isinstance(outcome, Reply):
            raise error_from_outcome(outcome, self._peer)
        values, pushed = read_part_result(outcome.data)
        if len(values) != len(handle.fetch_keys):
            raise errors.internal(
                f"Task {self._peer} returned {len(values)} values and not {len(handle.fetch_keys)}"
            )
        if pushed and self._deliver is not None:
            self._deliver(run.step_id, pushed)
        return GraphResult(values, delivery=outcome.receipt)

    def _run_start(self, session_handle: str, handle: _Handle, run: GraphRun) -> bytes:
        """Return what all requests of runs like this one begin with."""
        what = (run.pushes, run.pushed_from, run.caller, run.is_traced, run.wants_partition_graphs)
        start = handle.starts.get(what)
        if start is None:
            start = worker_pb2.RunGraphRequest(
                session_handle=session_handle,
                graph_handle=handle.name,
                recv_key=handle.fetch_keys,
                store_errors_in_response_body=True,
                create_worker_session_called=True,
                exec_opts=worker_pb2.ExecutorOpts(
                    record_timeline=run.is_traced,
                    record_partition_graphs=run.wants_partition_graphs,
                ),
                pushes=run.pushes,
                pushed_from=run.pushed_from,
                caller=run.caller if self._deliver is not None else "",
            ).SerializeToString()
            handle.starts[what] = start
        return start

    def _run_request(self, session_handle: str, handle: _Handle, run: GraphRun) -> bytes:
        """Return a RunGraphRequest without its feeds."""
        start = self._run_start(session_handle, handle, run)
        numbers = worker_pb2.RunGraphRequest(step_id=run.step_id, request_id=new_request_id())
        return start + numbers.SerializeToString()

    def answers(self) -> Answers | None:
        """Return the direct connection, if there is one."""
        return self._channel.direct()

    def can_push(self) -> bool:
        """Return whether the task takes values that it did not ask for; connects if need be."""
        return self._channel.can_tell(_PUSH_PATH)

    def push(self, step_id: int, values: Sequence[KeyedValue]) -> None:
        """Give the task values that it will need in a step.

        Raises:
          UnavailableError: it cannot be reached.
          UnimplementedError: a value cannot travel.
        """
        try:
            self._channel.tell(_PUSH_PATH, write_push(step_id, values))
        except ConnectionBroken as error:
            raise errors.unavailable(f"Cannot push to task {self._peer}: {error}") from error

    def receive(self, step_id: int, key: str, receiver: Receiver) -> Cancel:
        """Ask with RecvTensor."""
        request = worker_pb2.RecvTensorRequest(
            step_id=step_id, rendezvous_key=key, request_id=new_request_id()
        )
        return self._call(
            "RecvTensor", request, receiver, lambda message, call: read_value(message), raw=True
        )

    def clean_up_step(self, step_id: int) -> None:
        """Tell with CleanupGraph."""
        request = worker_pb2.CleanupGraphRequest(step_id=step_id)
        self._call("CleanupGraph", request, lambda cleaned, error: None, _yes)

    def ask_waiting(self, step_id: int, done: Done[list[str]]) -> Cancel:
        """Ask with TaskStatus, which workers of tensormill know."""

        def waiting(response: Any, call: Any) -> list[str]:
            return [
                f"'{operation.name}' ({operation.op_type}) on {operation.device}"
                for step in response.step
                if step.step_id == step_id
                for operation in step.waiting
            ]

        request = cluster_status_pb2.TaskStatusRequest()
        return self._call("TaskStatus", request, done, waiting)

    def clear_containers(self, containers: Sequence[str], done: Done[bool]) -> Cancel:
        """Ask with CleanupAll."""
        request = worker_pb2.CleanupAllRequest(container=containers)
        return self._call("CleanupAll", request, done, _yes)

    def log_transfers(self, is_on: bool, done: Done[bool]) -> Cancel:
        """Tell with Logging."""
        request = worker_pb2.LoggingRequest(enable_rpc_logging=is_on, disable_rpc_logging=not is_on)
        return self._call("Logging", request, done, _yes)

    def take_transfers(self, step_id: int, done: Done[list[Any]]) -> Cancel:
        """Ask with Logging."""
        request = worker_pb2.LoggingRequest(fetch_step_id=[step_id])
        return self._call(
            "Logging",
            request,
            done,
            lambda response, call: [step.step_stats for step in response.step],
        )

    def close(self) -> None:
        """Close the connection; calls that are under way end with CancelledError."""
        self._channel.close()

    def _call(
        self,
        name: str,
        request: Any,
        done: Callable[[Any, OpError | None], None],
        convert: Callable[[Any, Any], Any],
        wait_for_ready: bool = False,
        raw: bool = False,
    ) -> Cancel:
        parse = memoryview if raw else _METHODS[name].response.FromString

        def read(call: Any) -> None:
            self._answer(name, done, lambda: convert(parse(call.result()), call))

        try:
            call = self._stubs[name].future(
                pieces_of(request), wait_for_ready=wait_for_ready, keeps_receipt=name == "RunGraph"
            )
        except ValueError:  # the channel is closed
            done(None, errors.cancelled(f"The connection to task {self._peer} is closed"))
            return _nothing

        call.add_done_callback(lambda call: self._threads.read(lambda: read(call)))
        return call.cancel

    def _answer(
        self,
        name: str,
        done: Callable[[Any, OpError | None], None],
        read: Callable[[], Any],
    ) -> None:
        """Tell what an answer says, or why there is none."""
        try:
            answer = read()
        except grpc.FutureCancelledError:
            done(None, self._was_cancelled(name))
        except grpc.RpcError as error:
            done(None, error_from_rpc(error, self._peer))
        except OpError as error:
            done(None, error)
        except Exception as error:  # noqa: BLE001 - the answer of another program
            done(None, errors.internal(f"The answer of task {self._peer} to {name}: {error!r}"))
        else:
            done(answer, None)

    def _was_cancelled(self, name: str) -> OpError:
        return errors.cancelled(f"{name} to task {self._peer} was cancelled")


def _read_run_response(
    message: memoryview,
) -> tuple[Any, dict[str, memoryview]]:
    """Return a RunGraphResponse and its fetched values by key.

    The values are TensorProtos, and views of the message where it is large.
    """
    if len(message) < _SMALL_BYTES:
        response = worker_pb2.RunGraphResponse.FromString(message)
        received = {
            item.name: memoryview(item.tensor.SerializeToString()) for item in response.recv
        }
        return response, received
    fields, rest = split_fields(message, _RECV)
    received = dict(map(split_named_tensor, fields))
    return worker_pb2.RunGraphResponse.FromString(rest), received


def _nothing() -> None:
    """Cancel what is over already."""


def _yes(response: Any, call: Any) -> bool:
    return True


def _signed(incarnation: int) -> int:
    return incarnation - (1 << 64) if incarnation >> 63 else incarnation
