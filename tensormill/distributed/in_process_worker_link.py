"""`InProcessWorkerLink`: the way to the worker of another server of this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tensormill.graph import errors
from tensormill.runtime.any_master import AnyDevice
from tensormill.runtime.devices import renamed
from tensormill.runtime.own_worker_link import OwnWorkerLink
from tensormill.runtime.passes.partition import Partition
from tensormill.runtime.rendezvous import Receiver
from tensormill.runtime.worker_link import (
    Cancel,
    Done,
    GraphResult,
    GraphRun,
    RegisteredPartition,
    SessionSpec,
    WorkerLink,
)

__all__ = ["InProcessWorkerLink"]


class InProcessWorkerLink(WorkerLink):
    """A way to a worker of this process that belongs to another server.

    Graphs are compiled from where they are, and tensors handed over as they are. A partition that
    takes longer than a change of threads runs beside the others, a short one on the calling thread.
    """

    def __init__(
        self, task_name: str, far: OwnWorkerLink, is_running: Callable[[], bool], renames: bool
    ) -> None:
        """Make a way.

        Args:
          task_name: what the task is called in the cluster of the sessions.
          far: the way that the other server has to its own worker.
          is_running: returns whether that server runs.
          renames: the task has another name where it is.
        """
        self.task_name = task_name
        self._far = far
        self._is_running = is_running
        self._renames = renames

    @property
    def is_over(self) -> bool:
        """Whether the server was stopped."""
        return not self._is_running()

    def list_devices(self, done: Done[Sequence[AnyDevice]], *, waits: bool = True) -> Cancel:
        """Return the devices."""
        if self._refuses(done):
            return _nothing
        devices = self._far.devices
        done([renamed(d, self.task_name) for d in devices] if self._renames else devices, None)
        return _nothing

    def create_session(self, spec: SessionSpec, done: Done[bool]) -> Cancel:
        """Open the worker's part of a session."""
        if self._refuses(done):
            return _nothing
        name = None if spec.cluster_def is None else self.task_name
        return self._far.create_session(replace(spec, task_name=name), done)

    def delete_session(self, handle: str, done: Done[bool]) -> Cancel:
        """Let go of the worker's part of a session."""
        return self._far.delete_session(handle, done)

    def register_graph(
        self, session_handle: str, partition: Partition, done: Done[RegisteredPartition]
    ) -> Cancel:
        """Let the worker compile a partition, on the calling thread."""
        if self._refuses(done):
            return _nothing
        return self._far.register_graph(session_handle, partition, done)

    def run_graph(
        self,
        session_handle: str,
        graph: RegisteredPartition,
        run: GraphRun,
        done: Done[GraphResult],
    ) -> Cancel:
        """Run a partition."""
        if self._refuses(done):
            return _nothing
        cancel: Cancel = graph.handle.start(run, done, may_take_thread=True)
        return cancel

    def receive(self, step_id: int, key: str, receiver: Receiver) -> Cancel:
        """Take a value from the rendezvous of the task."""
        if self._refuses(receiver):
            return _nothing
        return self._far.receive(step_id, key, receiver)

    def clean_up_step(self, step_id: int) -> None:
        """Forget a step."""
        self._far.clean_up_step(step_id)

    def ask_waiting(self, step_id: int, done: Done[list[str]]) -> Cancel:
        """Return the operations that a step waits for there."""
        return self._far.ask_waiting(step_id, done)

    def clear_containers(self, containers: Sequence[str], done: Done[bool]) -> Cancel:
        """Clear containers."""
        if self._refuses(done):
            return _nothing
        return self._far.clear_containers(containers, done)

    def log_transfers(self, is_on: bool, done: Done[bool]) -> Cancel:
        """Let the task note transfers, or no longer."""
        return self._far.log_transfers(is_on, done)

    def take_transfers(self, step_id: int, done: Done[list[Any]]) -> Cancel:
        """Return what was noted."""
        return self._far.take_transfers(step_id, done)

    def close(self) -> None:
        """Do nothing: the other server has its own end."""

    def _refuses(self, done: Callable[[Any, errors.OpError | None], None]) -> bool:
        if self._is_running():
            return False
        done(None, errors.unavailable(f"Task {self.task_name} has ended"))
        return True


def _nothing() -> None:
    """Cancel what is over already."""
