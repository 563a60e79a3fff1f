"""`WorkerService`: what masters and workers of other tasks ask of a worker.

Source: TensorFlow 1.15, core/distributed_runtime/worker.cc and graph_mgr.cc.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from tensormill.distributed.call import Call, Handler, reads_itself
from tensormill.distributed.departed_masters import DepartedMasters, MasterName
from tensormill.distributed.device_codec import device_to_proto
from tensormill.distributed.limits import ServerLimits
from tensormill.distributed.part_run_codec import read_feeds, read_part_run, write_part_result
from tensormill.distributed.recv_tensor_codec import write_dead, write_value
from tensormill.distributed.request_ids import RequestIds
from tensormill.distributed.value_codec import named_value_pieces, value_from_proto
from tensormill.distributed.worker_partial_runs import PartialGraphRuns
from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.errors import OpError
from tensormill.graph.tensor_wire_codec import Piece
from tensormill.kernels.torch_dtypes import dtype_of_value
from tensormill.proto import worker_pb2
from tensormill.runtime.failures import as_reported
from tensormill.runtime.own_worker_link import OwnWorkerLink
from tensormill.runtime.partition_codec import KeyedGraph, graph_from_message, with_transfers
from tensormill.runtime.plan.frames import DEAD
from tensormill.runtime.registered_graph import RegisteredGraph
from tensormill.runtime.rendezvous_keys import parse_key, task_of
from tensormill.runtime.worker import Worker
from tensormill.runtime.worker_link import GraphResult, GraphRun, SessionSpec, WorkerLink

__all__ = ["SLOW_WORKER_METHODS", "WorkerService"]

SLOW_WORKER_METHODS = frozenset({"RegisterGraph", "DeleteWorkerSession"})
_RECV = 1  # the field of RunGraphResponse
_LEGACY_SESSION = ""
"""The handle of the session of masters that open none."""
_NO_GRAPHS: Mapping[str, Any] = {}


class _Graph:
    """A registered graph: compiled, with the keys of its feeds and fetches."""

    def __init__(self, registered: RegisteredGraph, keyed: KeyedGraph) -> None:
        self.registered = registered
        self._keyed = keyed
        self._in_parts: RegisteredGraph | None = None
        self.feed_positions = {key: index for index, key in enumerate(keyed.feed_keys)}
        self.fetch_positions = {key: index for index, key in enumerate(keyed.fetch_keys)}
        program = registered.program
        self.feed_forms = [form for _, form, _, _ in program.feeds]
        self.fetch_dtypes: list[DType] = [dtype for _, _, dtype in program.fetches]

    def fetch_position(self, key: str) -> int:
        """Return which fetch a rendezvous key is.

        Raises:
          InvalidArgumentError: none.
        """
        position = self.fetch_positions.get(key)
        if position is None:
            parse_key(key)
            raise errors.invalid_argument(f"Nothing in the graph sends {key}")
        return position

    def in_parts(self) -> RegisteredGraph:
        """Return the graph as it runs in parts: feeds and fetches are transfers."""
        if self._in_parts is None:
            graph = with_transfers(self._keyed)
            self._in_parts = RegisteredGraph(self.registered.session, graph)
        return self._in_parts


class WorkerService:
    """The sessions and graphs that masters have on one worker."""

    def __init__(
        self,
        worker: Worker,
        own_link: OwnWorkerLink,
        limits: ServerLimits,
        way_to: Callable[[str], tuple[WorkerLink, str] | None],
        run_slowly: Callable[[Callable[[], None]], None],
    ) -> None:
        """Serve a worker.

        Args:
          worker: the worker.
          own_link: the way to it.
          limits: bounds on what others ask for.
          way_to: returns the way to another task and its address, or None.
          run_slowly: runs a function on a thread that may wait.
        """
        self.masters = DepartedMasters(way_to, self._delete, run_slowly, limits)
        self._worker = worker
        self._own = own_link
        self._limits = limits
        self._lock = threading.Lock()
        self._graph_handles = itertools.count(1)
        self._graphs: dict[str, dict[str, _Graph]] = {}  # by session, then handle; guarded by _lock
        self._run_ids = RequestIds("RunGraph", limits.remembered_requests)
        self._receive_ids = RequestIds("RecvTensor", limits.remembered_requests)
        self._parts = PartialGraphRuns(worker.rendezvous)
        self._log = worker.transfers
        own_link.create_session(SessionSpec(_LEGACY_SESSION), lambda made, error: None)
        self._graphs[_LEGACY_SESSION] = {}

    def handlers(self) -> Mapping[str, Handler]:
        """Return the handler of each method."""
        return {
            "GetStatus": self._get_status,
            "CreateWorkerSession": self._create_session,
            "DeleteWorkerSession": self._delete_session,
            "RegisterGraph": self._register_graph,
            "DeregisterGraph": self._deregister_graph,
            "RunGraph": self._run_graph,
            "CleanupGraph": self._clean_up_graph,
            "CleanupAll": self._clean_up_all,
            "RecvTensor": self._receive,
            "Logging": self._logging,
            "MarkRecvFinished": self._mark_receive_finished,
        }

    def transfer_handlers(self) -> Mapping[str, Handler]:
        """Return the handler of the method by which tasks of tensormill run parts."""
        return {"RunPart": reads_itself(self._run_framed)}

    def _get_status(self, request: Any, call: Call) -> None:
        devices = map(device_to_proto, self._own.devices)
        call.reply(worker_pb2.GetStatusResponse(device_attributes=devices))

    def _create_session(self, request: Any, call: Call) -> None:
        handle = request.session_handle
        if not handle:
            raise errors.invalid_argument("Session must be non-empty.")
        given = request.server_def
        cluster_def = given.cluster if given.cluster.job else None
        task_name = None
        if cluster_def is not None:
            task_name = f"/job:{given.job_name}/replica:0/task:{given.task_index}"
        with self._lock:
            if handle not in self._graphs:
                if len(self._graphs) > self._limits.worker_sessions:
                    raise errors.resource_exhausted(
                        f"{self._limits.worker_sessions} worker sessions are open"
                    )
                spec = SessionSpec(
                    handle,
                    request.isolate_session_state,
                    cluster_def=cluster_def,
                    task_name=task_name,
                )
                self._own.create_session(spec, lambda made, error: None)
                self._graphs[handle] = {}
        if request.master_task and cluster_def is None:
            self.masters.note(handle, MasterName(request.master_task, request.master_incarnation))
        call.reply(worker_pb2.CreateWorkerSessionResponse())

    def _delete_session(self, request: Any, call: Call) -> None:
        if request.session_handle != _LEGACY_SESSION:
            self.masters.forget(request.session_handle)
            self._delete(request.session_handle)
        call.reply(worker_pb2.DeleteWorkerSessionResponse())

    def _delete(self, handle: str) -> None:
        with self._lock:
            is_known = self._graphs.pop(handle, None) is not None
        if is_known:
            self._parts.end_session(handle)
            self._own.delete_session(handle, lambda gone, error: None)

    def _graphs_of(self, request: Any) -> tuple[str, dict[str, _Graph]]:
        handle = request.session_handle if request.create_worker_session_called else _LEGACY_SESSION
        return handle, self._check_session(handle)

    def _check_session(self, handle: str) -> dict[str, _Graph]:
        found = self._graphs.get(handle)
        if found is None:
            raise errors.aborted(
                f"Session handle is not found: {handle}. Possibly this worker "
                f'("{self._worker.task_name}") just restarted.'
            )
        return found

    def _register_graph(self, request: Any, call: Call) -> None:
        session_handle, graphs = self._graphs_of(request)
        if len(request.graph_def.node) > self._limits.graph_nodes:
            raise errors.resource_exhausted(f"A graph may have {self._limits.graph_nodes} nodes")
        session = self._own.session(session_handle)
        keyed = graph_from_message(request.graph_def, session.devices)
        registered = RegisteredGraph(session, keyed.graph)
        handle = f"{next(self._graph_handles):016x}"
        graphs[handle] = _Graph(registered, keyed)
        call.reply(
            worker_pb2.RegisterGraphResponse(
                graph_handle=handle,
                pushes_to=registered.pushes_to,
                leaves_nothing=registered.leaves_nothing,
            )
        )

    def _deregister_graph(self, request: Any, call: Call) -> None:
        _, graphs = self._graphs_of(request)
        if graphs.pop(request.graph_handle, None) is None:
            raise errors.aborted(
                f"Graph handle is not found: {request.graph_handle}. Possibly, this worker just "
                "restarted."
            )
        call.reply(worker_pb2.DeregisterGraphResponse())

    def _run_graph(self, request: Any, call: Call) -> None:
        try:
            self._run_ids.admit(request.request_id)
            _, graphs = self._graphs_of(request)
            graph = graphs.get(request.graph_handle)
            if graph is None:
                raise errors.aborted(f"Graph handle is not found: {request.graph_handle}")
            if request.is_partial:
                self._run_part(request, graph, call)
                return
            run = self._run_of(request, graph)
        except OpError as error:
            _fail_run(request, call, error)
            return

        def finish(result: GraphResult | None, error: OpError | None) -> None:
            try:
                if result is None:
                    assert error is not None
                    raise error
                head = worker_pb2.RunGraphResponse()
                if result.step_stats is not None:
                    head.step_stats.CopyFrom(result.step_stats)
                head.partition_graph.extend(result.partition_graphs)
                values = [result.values[graph.fetch_positions[key]] for key in request.recv_key]
                response = _response(head, request, graph, values)
            except OpError as failure:
                _fail_run(request, call, failure)
            else:
                call.reply(response, result.delivery)

        graph.registered.start(run, finish, on_begin=call.on_cancel)

    def _run_framed(self, message: memoryview, call: Call) -> None:
        asked = read_part_run(message)
        kind = asked.kind
        graph = self._graphs.get(kind.session_handle, _NO_GRAPHS).get(kind.graph_handle)
        if graph is None:
            self._check_session(kind.session_handle)
            raise errors.aborted(f"Graph handle is not found: {kind.graph_handle}")
        feeds: list[Any] = []
        if graph.feed_positions:
            feeds = read_feeds(asked, graph.feed_positions, graph.feed_forms)
        keys = kind.fetch_keys
        positions = [graph.fetch_position(key) for key in keys]

        def finish(result: GraphResult | None, error: OpError | None) -> None:
            if result is None:
                assert error is not None
                call.fail(error)
                return
            try:
                values = [result.values[position] for position in positions]
                for key, value in zip(keys, values, strict=True):
                    if value is DEAD:
                        raise _dead_fetch(key)
                dtypes = [graph.fetch_dtypes[position] for position in positions]
                response = write_part_result(keys, dtypes, values, result.pushed)
            except OpError as failure:
                call.fail(failure)
            else:
                call.reply(response, result.delivery)

        run = GraphRun(
            asked.step_id,
            feeds,
            pushes=kind.pushes,
            pushed_from=kind.pushed_from,
            caller=kind.caller,
        )
        graph.registered.start(run, finish, on_begin=call.on_cancel)

    def _run_part(self, request: Any, graph: _Graph, call: Call) -> None:
        sent = self._sent(request, graph)
        _check_wanted(request, graph)

        def finish(values: list[Any], error: OpError | None) -> None:
            try:
                if error is not None:
                    raise error
                response = _response(worker_pb2.RunGraphResponse(), request, graph, values)
            except OpError as failure:
                _fail_run(request, call, failure)
            else:
                call.reply(response)

        run = GraphRun(request.step_id, [])
        is_last = request.is_last_partial_run
        cancel = self._parts.call(graph.in_parts(), run, sent, request.recv_key, is_last, finish)
        call.on_cancel(cancel)

    def _sent(self, request: Any, graph: _Graph) -> dict[str, Any]:
        """Return what is fed by key."""
        sent = {}
        for item in request.send:
            position = graph.feed_positions.get(item.name)
            if position is None:
                parse_key(item.name)
                raise errors.invalid_argument(f"Nothing in the graph receives {item.name}")
            form = graph.feed_forms[position]
            sent[item.name] = value_from_proto(item.tensor, form, self._limits.tensor_bytes)
        return sent

    def _run_of(self, request: Any, graph: _Graph) -> GraphRun:
        sent = self._sent(request, graph)
        missing = [key for key in graph.feed_positions if key not in sent]
        if missing:
            raise errors.invalid_argument(f"Values are missing for {', '.join(sorted(missing))}")
        _check_wanted(request, graph)
        options = request.exec_opts
        return GraphRun(
            request.step_id,
            [sent[key] for key in graph.feed_positions],
            options.record_timeline,
            options.record_partition_graphs,
            pushes=request.pushes,
            pushed_from=frozenset(request.pushed_from),
        )

    def _clean_up_graph(self, request: Any, call: Call) -> None:
        self._parts.end_step(request.step_id)
        self._own.clean_up_step(request.step_id)
        call.reply(worker_pb2.CleanupGraphResponse())

    def _clean_up_all(self, request: Any, call: Call) -> None:
        self._worker.resources.reset(request.container)
        call.reply(worker_pb2.CleanupAllResponse())

    def _receive(self, request: Any, call: Call) -> None:
        self._receive_ids.admit(request.request_id)
        key = parse_key(request.rendezvous_key)
        self._check_sender(key.send_device, key.incarnation)
        started_ns = time.time_ns()

        def deliver(value: Any, error: OpError | None) -> None:
            if error is not None:
                call.fail(error)
                return
            if value is DEAD:
                call.reply(write_dead(started_ns // 1000))
                return
            try:
                response = write_value(value, dtype_of_value(value), started_ns // 1000)
            except (OpError, TypeError) as failure:
                call.fail(as_reported(failure))
                return
            call.reply(response)

        call.on_cancel(self._own.receive(request.step_id, request.rendezvous_key, deliver))

    def _check_sender(self, device_name: str, incarnation: int) -> None:
        # A session may call the task by another name; the device is the same.
        local_name = device_name.partition("/device:")[2]
        device = self._worker.devices.get(f"{self._worker.task_name}/device:{local_name}")
        if device is None:
            raise errors.invalid_argument(f"{device_name} unknown device.")
        expected = device.incarnation & ((1 << 64) - 1)
        if incarnation != expected:
            task = task_of(device_name)
            raise errors.aborted(
                f"RecvTensor expects a different device incarnation: {incarnation} vs. {expected}. "
                f'Your worker job ("{task}") was probably restarted. Check your worker job for the '
                "reason why it was restarted."
            )

    def _mark_receive_finished(self, request: Any, call: Call) -> None:
        call.reply(worker_pb2.MarkRecvFinishedResponse())

    def _logging(self, request: Any, call: Call) -> None:
        if request.enable_rpc_logging:
            self._log.enable()
        if request.disable_rpc_logging:
            self._log.disable()
        response = worker_pb2.LoggingResponse()
        for step_id in request.fetch_step_id:
            stats = self._log.take(step_id)
            if stats is not None:
                response.step.add(step_id=step_id, step_stats=stats)
        if request.clear:
            self._log.clear()
        call.reply(response)


def _check_wanted(request: Any, graph: _Graph) -> None:
    for key in request.recv_key:
        graph.fetch_position(key)


def _dead_fetch(key: str) -> OpError:
    return errors.invalid_argument(f"The tensor returned for {key} was not valid.")


def _response(head: Any, request: Any, graph: _Graph, values: list[Any]) -> list[Piece]:
    pieces: list[Piece] = [head.SerializeToString()]
    for key, value in zip(request.recv_key, values, strict=True):
        if value is DEAD:
            raise _dead_fetch(key)
        dtype = graph.fetch_dtypes[graph.fetch_positions[key]]
        pieces += named_value_pieces(_RECV, key, value, dtype)
    return pieces


def _fail_run(request: Any, call: Call, error: OpError) -> None:
    if not request.store_errors_in_response_body:
        call.fail(error)
        return
    call.note_error(error)
    call.reply(
        worker_pb2.RunGraphResponse(
            status_code=error.error_code, status_error_message=error.message
        )
    )
