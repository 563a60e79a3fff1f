"""`SessionTasks`: the tasks that take part in one session: ways to them, and their devices."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from tensormill.graph import errors
from tensormill.graph.device_names import matches, parse_device_name
from tensormill.graph.errors import OpError
from tensormill.runtime.any_master import AnyDevice
from tensormill.runtime.cancellation import CancellationScope
from tensormill.runtime.device_filters import can_be_on
from tensormill.runtime.own_worker_link import OwnWorkerLink
from tensormill.runtime.passes.partition import Partition
from tensormill.runtime.resources.containers import ResourceContainers
from tensormill.runtime.waiting import ask_all
from tensormill.runtime.worker import WorkerSession
from tensormill.runtime.worker_link import (
    Cancel,
    Done,
    RegisteredPartition,
    SessionSpec,
    WorkerLink,
)

__all__ = ["Cluster", "Opening", "SessionTasks", "Stamp"]

CLOSE_TIMEOUT_S = 10.0
RENEW_TIMEOUT_S = 5.0

Stamp = tuple[tuple[str, int], ...]
"""Tasks with their generations."""

_log = logging.getLogger(__name__)


class Cluster(Protocol):
    """The other tasks of a cluster."""

    def links(self, config: Any) -> Mapping[str, WorkerLink]:
        """Return the ways to the other tasks that a session with this ConfigProto may use."""

    def own_task(self, cluster_def: Any) -> str:
        """Return what the master's own task is called in the cluster of a session."""

    def describe(self, tasks: Sequence[str], /) -> Sequence[str]:
        """Return for tasks where they are, and why they do not answer."""


@dataclass(frozen=True, slots=True)
class Opening:
    """On what terms a session waits for tasks that join it.

    Attributes:
      scope: ends the waiting.
      timeout_s: how long to wait; None for as long as it takes.
      describe: returns for missing tasks where they are, and why they do not answer.
    """

    scope: CancellationScope
    timeout_s: float | None = None
    describe: Callable[[Sequence[str]], Sequence[str]] = list


class SessionTasks:
    """The tasks of one session; the master's own is among them.

    A task joins the session when something is to be there. One that does not answer, or has
    forgotten the session, is *lost* until `renew` finds it again; if it was started anew, all that
    was registered there is gone, which the generation of the task tells.

    Attributes:
      devices: those of all tasks that have joined, the own ones first.
      own_session: the session's part on the master's own task.
    """

    def __init__(
        self,
        own: OwnWorkerLink,
        find_links: Callable[[], Mapping[str, WorkerLink]],
        spec: SessionSpec,
        cancellation: CancellationScope,
    ) -> None:
        """Open the session on the own task.

        Args:
          own: the way to the master's own worker.
          find_links: returns the ways to the other tasks that may take part.
          spec: what the workers are told.
          cancellation: that of the session.
        """
        self._own = own
        self._find_links = find_links
        self._links = dict(find_links())
        self._spec = spec
        self._cancellation = cancellation
        own.create_session(spec, lambda made, error: None)
        self.own_session: WorkerSession = own.session(spec.handle)
        self._lock = threading.RLock()
        self.devices: list[AnyDevice] = list(self.own_session.devices.values())
        self._incarnations = {device.name: device.incarnation for device in self.devices}
        self._generations: dict[str, int] = {}  # of the tasks that have joined; guarded by _lock
        self._lost: dict[str, bool] = {}  # to whether it said that it has forgotten the session

    @property
    def has_others(self) -> bool:
        """Whether there are tasks besides the master's own."""
        return bool(self._links)

    @property
    def own_task(self) -> str:
        """The master's own task."""
        return self.own_session.task_name

    @property
    def resources(self) -> ResourceContainers:
        """The state that the session's kernels see on the master's own task."""
        return self.own_session.resources

    def incarnation_of(self, device: str) -> int:
        """Return the incarnation of a device, as a signed number."""
        value = self._incarnations.get(device, 0)
        return value - (1 << 64) if value >> 63 else value

    def link(self, task: str) -> WorkerLink:
        """Return the way to a task."""
        return self._own if task == self.own_task else self._links[task]

    def needed_for(self, requests: Iterable[str]) -> set[str]:
        """Return the other tasks without whose devices it cannot be said where something goes.

        Args:
          requests: device names as users write them.
        """
        needed: set[str] = set()
        for request in requests:
            if not request or any(matches(request, name) for name in self.own_session.devices):
                continue
            asked = parse_device_name(request)
            needed.update(task for task in self._links if can_be_on(asked, task))
        return needed

    @property
    def all_others(self) -> set[str]:
        """All other tasks that may take part."""
        return set(self._links)

    def join(self, tasks: Iterable[str], what: str, terms: Opening) -> bool:
        """Let tasks take part; waits for those that are not there yet.

        Args:
          tasks: the tasks.
          what: what waits for them, for the log.
          terms: how long to wait, and what ends it.

        Returns:
          Whether a task was not there before.

        Raises:
          OpError: a task cannot take part.
        """
        with self._lock:
            new = sorted(task for task in tasks if task not in self._generations)
            if not new:
                return False
            scope = CancellationScope(terms.scope)
            token = self._cancellation.register(scope.cancel)
            try:
                self._open(new, what, scope, terms)
            finally:
                self._cancellation.deregister(token)
                scope.close()
            return True

    def _open(
        self, tasks: Sequence[str], what: str, scope: CancellationScope, terms: Opening
    ) -> None:
        found = ask_all(
            {task: self._links[task].list_devices for task in tasks},
            scope,
            what,
            terms.timeout_s,
            terms.describe,
        )
        ask_all(
            {task: partial(self._links[task].create_session, self._spec) for task in tasks},
            scope,
            "CreateWorkerSession",
            terms.timeout_s,
            terms.describe,
        )
        for task in tasks:
            self._note_devices(task, found[task])
            self._generations[task] = 0

    def _note_devices(self, task: str, devices: Sequence[AnyDevice]) -> None:
        kept = [d for d in self.devices if not d.name.startswith(f"{task}/")]
        self.devices = [*kept, *devices]
        self._incarnations.update({device.name: device.incarnation for device in devices})

    def note_error(self, task: str, error: OpError, stamp: Stamp) -> None:
        """Take note of how a task failed: it may be gone, or have forgotten the session.

        Args:
          task: the task.
          error: what it failed with.
          stamp: of what failed; it tells nothing where it is not current.
        """
        if error.error_code not in (errors.UNAVAILABLE, errors.ABORTED):
            return
        if any(self._generations.get(t, 0) != generation for t, generation in stamp):
            return
        if error.error_code == errors.ABORTED and errors.record_of(error).op_name is None:
            if task in self._generations:
                self._lost[task] = True
            return
        # An operation may have failed of what it wanted from another task.
        for name, _ in stamp:
            if name in self._generations:
                self._lost.setdefault(name, False)

    def was_started_anew(self, task: str) -> bool:
        """Return whether a task has lost what it held since the session was opened."""
        return self._generations.get(task, 0) > 0

    def stamp(self, tasks: Iterable[str]) -> Stamp:
        """Return what tells whether something is still registered with tasks."""
        return tuple((task, self._generations.get(task, 0)) for task in tasks)

    def is_current(self, stamp: Stamp) -> bool:
        """Return whether no task has been lost since a stamp was taken."""
        generations, lost = self._generations, self._lost
        for task, generation in stamp:  # not `any`: this is asked before every step
            if task in lost or generations.get(task, 0) != generation:
                return False
        return True

    def renew(self, tasks: Iterable[str]) -> None:
        """Open the session again on those of some tasks that were lost.

        Raises:
          UnavailableError: one is not there.
          OpError: one cannot take part.
        """
        if not self._lost:
            return
        with self._lock:
            for task in sorted(set(tasks).intersection(self._lost)):
                self._renew(task)

    def _renew(self, task: str) -> None:
        self._links.update(self._find_links())
        link = self._links[task]
        scope = self._cancellation
        asking = {task: partial(link.list_devices, waits=False)}
        opening = {task: partial(link.create_session, self._spec)}
        try:
            found = ask_all(asking, scope, "GetStatus", RENEW_TIMEOUT_S)
            ask_all(opening, scope, "CreateWorkerSession", RENEW_TIMEOUT_S)
        except errors.DeadlineExceededError as error:
            raise errors.unavailable(f"Task {task} does not answer: {error.message}") from None
        is_new = any(self._incarnations.get(d.name) != d.incarnation for d in found[task])
        has_forgotten = self._lost.pop(task, False)
        if is_new or has_forgotten:
            _log.info("session %s was opened again on %s", self._spec.handle, task)
            self._note_devices(task, found[task])
            self._generations[task] += 1

    def register(self, parts: Mapping[str, Partition]) -> dict[str, RegisteredPartition]:
        """Let each task compile its partition.

        Raises:
          OpError: one of them cannot.
        """

        def asking(task: str, part: Partition) -> Callable[[Done[RegisteredPartition]], Cancel]:
            def ask(done: Done[RegisteredPartition]) -> Cancel:
                def note(made: RegisteredPartition | None, error: OpError | None) -> None:
                    if error is not None:
                        self.note_error(task, error, self.stamp([task]))
                    done(made, error)

                return self.link(task).register_graph(self._spec.handle, part, note)

            return ask

        return ask_all(
            {task: asking(task, part) for task, part in parts.items()},
            self._cancellation,
            "RegisterGraph",
        )

    def clear_containers(self, containers: Sequence[str]) -> None:
        """Clear containers on all tasks."""
        self.resources.clear(containers)
        ask_all(
            {
                task: partial(link.clear_containers, containers)
                for task, link in self._links.items()
            },
            self._cancellation,
            "Reset",
        )

    def close(self) -> None:
        """Let all tasks go of the session; one that does not answer is left alone."""
        try:
            ask_all(
                {
                    task: partial(self._links[task].delete_session, self._spec.handle)
                    for task in self._generations
                },
                CancellationScope(),
                "CloseSession",
                CLOSE_TIMEOUT_S,
            )
        except OpError as error:
            _log.info("a task did not close session %s: %s", self._spec.handle, error.message)
        self._own.delete_session(self._spec.handle, lambda gone, error: None)
