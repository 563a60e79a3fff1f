"""`OwnWorkerLink`: the way to a worker in this process, without a message in between."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from tensormill.graph import errors
from tensormill.graph.errors import OpError
from tensormill.runtime.any_master import AnyDevice
from tensormill.runtime.devices import Device
from tensormill.runtime.failures import as_reported, named_operations
from tensormill.runtime.passes.partition import Partition
from tensormill.runtime.registered_graph import RegisteredGraph
from tensormill.runtime.rendezvous import Receiver
from tensormill.runtime.resources.containers import ResourceContainers
from tensormill.runtime.worker import Worker, WorkerSession
from tensormill.runtime.worker_link import (
    Cancel,
    Done,
    GraphResult,
    GraphRun,
    PreparedRun,
    RegisteredPartition,
    SessionSpec,
    WorkerLink,
)

__all__ = ["OwnWorkerLink"]


class OwnWorkerLink(WorkerLink):
    """A way to a worker of this process."""

    def __init__(self, worker: Worker) -> None:
        self.task_name = worker.task_name
        self._worker = worker
        self._lock = threading.Lock()
        self._sessions: dict[str, WorkerSession] = {}  # guarded by _lock

    @property
    def devices(self) -> list[Device]:
        """The devices of the task."""
        return list(self._worker.devices.values())

    def list_devices(self, done: Done[Sequence[AnyDevice]], *, waits: bool = True) -> Cancel:
        """Return the devices."""
        done(self.devices, None)
        return _nothing

    def create_session(self, spec: SessionSpec, done: Done[bool]) -> Cancel:
        """Open a session."""
        shared = self._worker.resources
        resources = ResourceContainers(shared.default_container) if spec.isolates_state else None
        session = self._worker.create_session(
            spec.handle, resources, spec.inter_op_threads, spec.cluster_def, spec.task_name
        )
        with self._lock:
            self._sessions.setdefault(spec.handle, session)
        done(True, None)
        return _nothing

    def session(self, handle: str) -> WorkerSession:
        """Return a session.

        Raises:
          AbortedError: there is none.
        """
        found = self._sessions.get(handle)
        if found is None:
            raise errors.aborted(
                f"Session handle is not found: {handle}. Possibly this worker "
                f'("{self.task_name}") just restarted.'
            )
        return found

    def delete_session(self, handle: str, done: Done[bool]) -> Cancel:
        """Let go of a session."""
        with self._lock:
            session = self._sessions.pop(handle, None)
        if session is not None:
            session.close()
        done(session is not None, None)
        return _nothing

    def register_graph(
        self, session_handle: str, partition: Partition, done: Done[RegisteredPartition]
    ) -> Cancel:
        """Compile a partition, on the calling thread."""

        def compiled() -> RegisteredPartition:
            graph = RegisteredGraph(self.session(session_handle), partition.graph)
            program = graph.program
            return RegisteredPartition(
                graph,
                [form for _, form, _, _ in program.feeds],
                [form for _, form, _ in program.fetches],
                program.copied_fetches,
                graph.pushes_to,
                graph.leaves_nothing,
            )

        _answer(done, compiled)
        return _nothing

    def run_graph(
        self,
        session_handle: str,
        graph: RegisteredPartition,
        run: GraphRun,
        done: Done[GraphResult],
    ) -> Cancel:
        """Run a partition, on the calling thread as far as it does not wait or has no loops."""
        registered: RegisteredGraph = graph.handle
        return registered.start(run, done, not registered.program.is_bounded)

    def collects(self, graph: RegisteredPartition, pushed_from: frozenset[str]) -> bool:
        """Return whether a run had better begin when the other parts of its step have ended."""
        registered: RegisteredGraph = graph.handle
        senders = registered.collects_from
        return senders is not None and senders <= pushed_from and registered.program.is_short

    def prepare_graph(
        self, graph: RegisteredPartition, run: GraphRun, done: Done[GraphResult]
    ) -> PreparedRun:
        """Make a run ready, on the calling thread."""
        registered: RegisteredGraph = graph.handle
        return registered.prepare(run, done)

    def receive(self, step_id: int, key: str, receiver: Receiver) -> Cancel:
        """Take a value from the rendezvous."""
        rendezvous = self._worker.rendezvous.find(step_id)
        lock = threading.Lock()
        told = False

        def once(value: object, error: OpError | None) -> None:
            nonlocal told
            with lock:
                if told:
                    return
                told = True
            receiver(value, error)

        def cancel() -> None:
            rendezvous.withdraw(key, once)
            self._worker.rendezvous.drop_if_idle(step_id)
            once(None, errors.cancelled("The receiver gave up."))

        rendezvous.receive(key, once)
        return cancel

    def clean_up_step(self, step_id: int) -> None:
        """Forget a step."""
        self._worker.rendezvous.clean_up(step_id)

    def ask_waiting(self, step_id: int, done: Done[list[str]]) -> Cancel:
        """Return the operations that a step waits for there."""
        runs = list(self._worker.runs.copy().values())
        waiting = [i for run in runs if run.step.step_id == step_id for i in run.waiting_for()]
        done(named_operations(waiting), None)
        return _nothing

    def clear_containers(self, containers: Sequence[str], done: Done[bool]) -> Cancel:
        """Clear containers."""
        self._worker.resources.reset(containers)
        done(True, None)
        return _nothing

    def log_transfers(self, is_on: bool, done: Done[bool]) -> Cancel:
        """Note transfers, or no longer."""
        if is_on:
            self._worker.transfers.enable()
        else:
            self._worker.transfers.disable()
        done(True, None)
        return _nothing

    def take_transfers(self, step_id: int, done: Done[list[Any]]) -> Cancel:
        """Return what was noted."""
        found = self._worker.transfers.take(step_id)
        done([] if found is None else [found], None)
        return _nothing

    def close(self) -> None:
        """End what runs."""
        with self._lock:
            sessions = list(self._sessions.values())
            self._sessions.clear()
        for session in sessions:
            session.close()
        self._worker.rendezvous.abort_all(errors.unavailable(f"Task {self.task_name} has ended"))


def _nothing() -> None:
    """Cancel what is over already."""


def _answer(done: Done[RegisteredPartition], make: Callable[[], RegisteredPartition]) -> None:
    try:
        made = make()
    except Exception as error:  # noqa: BLE001 - belongs to who asked
        done(None, as_reported(error))
    else:
        done(made, None)
