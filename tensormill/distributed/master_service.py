"""`MasterService`: what clients ask of a master, answered with TensorFlow's messages and texts.

Source: TensorFlow 1.15, core/distributed_runtime/master.cc and master_session.cc.
"""

from __future__ import annotations

import itertools
import secrets
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from google.protobuf.message import DecodeError
from tensorboard.compat.proto import config_pb2

from tensormill.distributed.call import Call, Handler, Peer, reads_itself
from tensormill.distributed.device_codec import device_to_proto
from tensormill.distributed.fed_values import WrittenTensor
from tensormill.distributed.limits import ServerLimits
from tensormill.distributed.request_ids import RequestIds
from tensormill.distributed.run_step_request import RunStepRequest, RunStepRequests
from tensormill.distributed.served_callables import ServedCallables
from tensormill.distributed.served_partial_runs import ServedPartialRuns
from tensormill.distributed.served_session import ServedSession, ServedStep
from tensormill.graph import errors, tf_logging
from tensormill.graph.errors import OpError
from tensormill.proto import master_pb2, presence_pb2
from tensormill.runtime.any_master import StepOutcome
from tensormill.runtime.cancellation import CancellationScope
from tensormill.runtime.deadlines import DEADLINES
from tensormill.runtime.master import Master
from tensormill.runtime.step_options import StepOptions

__all__ = ["SLOW_MASTER_METHODS", "MasterService"]

SLOW_MASTER_METHODS = frozenset(
    {
        "CreateSession",
        "ExtendSession",
        "PartialRunSetup",
        "CloseSession",
        "ListDevices",
        "Reset",
        "MakeCallable",
    }
)
"""The methods that may wait for other tasks or take long."""


class _Attendance:
    """A call over gRPC that a client keeps open as long as its session, as a `Peer`.

    Attributes:
      call: the call.
      is_left_alive: see `Peer`; who lives on attends again.
    """

    def __init__(self, call: Call) -> None:
        self.call = call
        self.is_left_alive = False


class _Entry:
    """A session with what belongs to it.

    Attributes:
      peer: the connection of the client who used it last, if that tells when the client has gone.
      attendance: the call that tells it, where no connection does.
    """

    def __init__(self, served: ServedSession, config: Any) -> None:
        self.peer: Peer | None = None
        self.attendance: _Attendance | None = None
        self.served = served
        self.config = config
        self._usual_options = StepOptions.from_proto(None, config)
        self.partial_runs = ServedPartialRuns(served)
        self.callables = ServedCallables(served)

    def close(self) -> None:
        """Close the session; its client need not attend it any more."""
        self.served.close()
        if self.attendance is not None:
            self.attendance.call.reply(presence_pb2.AttendResponse())

    def options(self, asked: Any) -> StepOptions:
        """Return the options of a step.

        Raises:
          InvalidArgumentError: the thread pool asked for does not exist.
        """
        return (
            StepOptions.from_proto(asked, self.config) if asked.ByteSize() else self._usual_options
        )


class MasterService:
    """The sessions of clients on one master. Handlers run on the threads of the server."""

    def __init__(
        self, master: Master, limits: ServerLimits, run_slowly: Callable[[Callable[[], None]], None]
    ) -> None:
        """Serve a master.

        Args:
          master: the master.
          limits: bounds on what clients ask for.
          run_slowly: runs a function on a thread that may wait.
        """
        self._master = master
        self._limits = limits
        self._run_slowly = run_slowly
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}  # guarded by _lock
        self._opening = 0  # guarded by _lock
        self._departures = itertools.count()
        self._calls_off: dict[int, Callable[[], None]] = {}  # of clients that have gone
        self._requests = RunStepRequests()
        self._run_ids = RequestIds("RunStep (Master)", limits.remembered_requests)
        self._callable_ids = RequestIds("RunCallable (Master)", limits.remembered_requests)

    def handlers(self) -> Mapping[str, Handler]:
        """Return the handler of each method."""
        return {
            "CreateSession": self._create_session,
            "ExtendSession": self._extend_session,
            "PartialRunSetup": self._partial_run_setup,
            "RunStep": reads_itself(self._run_step),
            "CloseSession": self._close_session,
            "ListDevices": self._list_devices,
            "Reset": self._reset,
            "MakeCallable": self._make_callable,
            "RunCallable": self._run_callable,
            "ReleaseCallable": self._release_callable,
        }

    def presence_handlers(self) -> Mapping[str, Handler]:
        """Return the handler of the method by which clients attend their sessions."""
        return {"Attend": self._attend}

    @property
    def session_count(self) -> int:
        """How many sessions are open."""
        return len(self._entries)

    def close(self) -> None:
        """Close all sessions for good."""
        for call_off in list(self._calls_off.values()):
            call_off()
        self.close_sessions()

    def close_sessions(self) -> None:
        """Close all sessions."""
        with self._lock:
            entries = list(self._entries.values())
            self._entries.clear()
        for entry in entries:
            entry.close()

    def _create_session(self, request: Any, call: Call) -> None:
        config = request.config
        if config.use_per_session_threads or config.session_inter_op_thread_pool:
            raise errors.invalid_argument(
                "Distributed session does not support session thread pool options."
            )
        with self._lock:
            if len(self._entries) + self._opening >= self._limits.sessions:
                raise errors.resource_exhausted(
                    f"{self._limits.sessions} sessions are open, and no more are allowed",
                    hint="close sessions that are not needed, or reset the master.",
                )
            self._opening += 1
        try:
            own_config = config_pb2.ConfigProto()
            own_config.CopyFrom(self._master.with_defaults(config))
            own_config.graph_options.place_pruned_graph = False  # as TensorFlow's master
            handle = secrets.token_hex(8)
            scope = CancellationScope(self._master.cancellation)
            call.on_cancel(lambda: scope.cancel("The client has given up."))
            try:
                served = ServedSession(
                    lambda graph: self._master.create_session(graph, own_config, handle, scope),
                    request.graph_def,
                    self._limits,
                )
            finally:
                scope.close()
            if scope.is_cancelled:
                served.close()
                raise errors.cancelled("The client has given up.")
            with self._lock:
                self._entries[handle] = _Entry(served, own_config)
        finally:
            with self._lock:
                self._opening -= 1
        call.reply(
            master_pb2.CreateSessionResponse(session_handle=handle, graph_version=served.version)
        )

    def _extend_session(self, request: Any, call: Call) -> None:
        served = self._used(request.session_handle, call).served
        version = served.extend(request.graph_def, request.current_graph_version)
        call.reply(master_pb2.ExtendSessionResponse(new_graph_version=version))

    def _close_session(self, request: Any, call: Call) -> None:
        with self._lock:
            entry = self._entries.pop(request.session_handle, None)
        if entry is None:
            raise _restarted(request.session_handle, errors.aborted)
        entry.close()
        call.reply(master_pb2.CloseSessionResponse())

    def _reset(self, request: Any, call: Call) -> None:
        self.close_sessions()
        self._master.reset(list(request.container), list(request.device_filters))
        call.reply(master_pb2.ResetResponse())

    def _list_devices(self, request: Any, call: Call) -> None:
        response = master_pb2.ListDevicesResponse()
        if request.session_handle:
            with self._lock:
                entry = self._entries.get(request.session_handle)
            if entry is None:
                raise _restarted(request.session_handle, errors.invalid_argument)
            devices = entry.served.session.list_devices()
            response.local_device.extend(map(device_to_proto, devices))
        else:
            own = self._master.worker.devices
            for device in self._master.list_devices():
                target = response.local_device if device.name in own else response.remote_device
                target.append(device_to_proto(device))
        call.reply(response)

    def _attend(self, request: Any, call: Call) -> None:
        entry = self._entry(request.session_handle)
        attendance = _Attendance(call)
        with self._lock:
            earlier, entry.attendance = entry.attendance, attendance
            if entry.peer is None or entry.peer is earlier:
                entry.peer = attendance
            is_open = request.session_handle in self._entries
        if earlier is not None:
            earlier.call.reply(presence_pb2.AttendResponse())
        if is_open:
            call.on_cancel(lambda: self.client_gone(attendance))
        else:  # it was closed meanwhile
            call.reply(presence_pb2.AttendResponse())

    def client_gone(self, peer: Peer) -> None:
        """Close the sessions that a client has left behind, unless it comes back for them soon."""
        if not any(entry.peer is peer for entry in list(self._entries.values())):
            return
        number = next(self._departures)

        def close_left() -> None:
            self._calls_off.pop(number, None)
            self._run_slowly(lambda: self._close_left(peer))

        self._calls_off[number] = DEADLINES.after(self._limits.client_grace_s, close_left)

    def _close_left(self, peer: Peer) -> None:
        if peer.is_left_alive:
            return
        with self._lock:
            left = {h: entry for h, entry in self._entries.items() if entry.peer is peer}
            for handle in left:
                del self._entries[handle]
        for handle, entry in left.items():
            tf_logging.info("session %s is closed, as its client has gone", handle)
            entry.close()

    def find_session(self, handle: str, call: Call) -> ServedSession:
        """Return the session of a handle, which a call uses.

        Raises:
          AbortedError: there is none.
        """
        return self._used(handle, call).served

    def _used(self, handle: str, call: Call) -> _Entry:
        entry = self._entry(handle)
        entry.peer = call.peer or entry.attendance
        return entry

    def _entry(self, handle: str) -> _Entry:
        entry = self._entries.get(handle)
        if entry is None:
            raise errors.aborted(f"Session {handle} is not found.")
        return entry

    def _run_step(self, message: memoryview, call: Call) -> None:
        try:
            request = self._requests.read(message)
        except (DecodeError, ValueError):
            call.fail(errors.invalid_argument("The request of RunStep cannot be parsed"))
            return
        try:
            self._run_ids.admit(request.request_id)
            entry = self._used(request.session_handle, call)
            options = entry.options(request.options)
            if request.has_stored:
                request.fed = entry.served.stored_feeds.resolve(request.fed)
        except OpError as error:
            _fail_step(request, call, error)
            return
        if request.partial_run is not None:
            self._run_slowly(lambda: _answering(request, call, entry.partial_runs.run))
            return
        names = (request.feeds, request.fetches, request.targets)
        served = None if options.watches else entry.served.find_step(*names)
        if served is not None and served.step.is_ready:
            _start_step(served, request, call, options)
            return

        def prepare() -> None:
            try:
                if options.watches:
                    made = entry.served.make_watched_step(*names, options.watches)
                else:
                    made = entry.served.make_step(*names)
                if not made.step.is_ready:
                    made.step.renew()
            except OpError as error:
                _fail_step(request, call, error)
            else:
                _start_step(made, request, call, options)

        self._run_slowly(prepare)

    def _partial_run_setup(self, request: Any, call: Call) -> None:
        runs = self._used(request.session_handle, call).partial_runs
        handle = runs.set_up(request.feed, request.fetch, request.target)
        call.reply(master_pb2.PartialRunSetupResponse(partial_run_handle=handle))

    def _make_callable(self, request: Any, call: Call) -> None:
        callables = self._used(request.session_handle, call).callables
        call.reply(master_pb2.MakeCallableResponse(handle=callables.make(request.options)))

    def _run_callable(self, request: Any, call: Call) -> None:
        self._callable_ids.admit(request.request_id)
        entry = self._used(request.session_handle, call)
        found = entry.callables.find(request.handle)

        def on_done(outcome: StepOutcome | None, error: OpError | None) -> None:
            if outcome is None:
                assert error is not None
                call.fail(error)
                return
            response = master_pb2.RunCallableResponse(fetch=found.step.encode(outcome))
            _fill_metadata(response.metadata, outcome)
            call.reply(response, outcome.delivery)

        values = found.step.decode(list(map(WrittenTensor, request.feed)))
        options = StepOptions.from_proto(found.options)

        def start() -> None:
            found.step.start(values, options, on_done, partial(_cancel_with, call))

        def renew() -> None:
            try:
                found.step.step.renew()
            except OpError as error:
                call.fail(error)
            else:
                start()

        if found.step.step.is_ready:
            start()
        else:
            self._run_slowly(renew)

    def _release_callable(self, request: Any, call: Call) -> None:
        self._entry(request.session_handle).callables.release(request.handle)
        call.reply(master_pb2.ReleaseCallableResponse())


def _restarted(handle: str, kind: Callable[[str], OpError]) -> OpError:
    return kind(f"Session {handle} is not found. Possibly, this master has restarted.")


def _start_step(
    served: ServedStep, request: RunStepRequest, call: Call, options: StepOptions
) -> None:
    def on_done(outcome: StepOutcome | None, error: OpError | None) -> None:
        if outcome is None:
            assert error is not None
            _fail_step(request, call, error)
            return
        try:
            response = served.write(outcome)
            if not options.is_plain or outcome.step_stats is not None:
                head = master_pb2.RunStepResponse()
                _fill_metadata(head.metadata, outcome)
                response.insert(0, head.SerializeToString())
        except OpError as failure:
            _fail_step(request, call, failure)
        else:
            call.reply(response, outcome.delivery)

    try:
        values = served.decode(request.fed)
    except OpError as error:
        _fail_step(request, call, error)
        return
    served.start(values, options, on_done, partial(_cancel_with, call))


def _cancel_with(call: Call, scope: Any) -> None:
    if scope is not None:
        scope.listener = call.warn
        call.on_cancel(lambda: scope.abandon("The client cancelled the step, or has gone."))


def _answering(request: RunStepRequest, call: Call, run: Callable[[Any], Any]) -> None:
    try:
        response = run(request.partial_run)
    except OpError as error:
        _fail_step(request, call, error)
    else:
        call.reply(response)


def _fail_step(request: RunStepRequest, call: Call, error: OpError) -> None:
    """Answer with an error, in the body where the client wants it there."""
    if not request.wants_errors_in_body:
        call.fail(error)
        return
    call.note_error(error)
    call.reply(
        master_pb2.RunStepResponse(status_code=error.error_code, status_error_message=error.message)
    )


def _fill_metadata(metadata: Any, outcome: StepOutcome) -> None:
    if outcome.step_stats is not None:
        metadata.step_stats.CopyFrom(outcome.step_stats)
    if outcome.cost_graph is not None:
        metadata.cost_graph.CopyFrom(outcome.cost_graph)
    metadata.partition_graphs.extend(outcome.partition_graphs)
