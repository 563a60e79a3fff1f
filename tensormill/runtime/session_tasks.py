"""`SessionTasks`: the tasks that take part in one session: ways to them, and their devices."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from tensormill.graph.device_names import DeviceName, matches, parse_device_name
from tensormill.graph.errors import OpError
from tensormill.runtime.any_master import AnyDevice
from tensormill.runtime.cancellation import CancellationScope
from tensormill.runtime.own_worker_link import OwnWorkerLink
from tensormill.runtime.passes.partition import Partition
from tensormill.runtime.resources.containers import ResourceContainers
from tensormill.runtime.waiting import ask_all
from tensormill.runtime.worker import WorkerSession
from tensormill.runtime.worker_link import RegisteredPartition, SessionSpec, WorkerLink

__all__ = ["Cluster", "Opening", "SessionTasks", "is_wanted"]

CLOSE_TIMEOUT_S = 10.0
_log = logging.getLogger(__name__)


class Cluster(Protocol):
    """The other tasks of a cluster."""

    def links(self, config: Any) -> Mapping[str, WorkerLink]:
        """Return the ways to the other tasks that a session with this ConfigProto may use."""

    def own_task(self, cluster_def: Any) -> str:
        """Return what the master's own task is called in the cluster of a session."""

    def describe(self, tasks: Sequence[str], /) -> Sequence[str]:
        """Return for tasks where they are, and why they do not answer."""


def is_wanted(task: str, filters: Sequence[str]) -> bool:
    """Return whether a task has devices that device filters let through; all do where none is."""
    if not filters:
        return True
    for text in filters:
        name = parse_device_name(text)
        if matches(str(DeviceName(name.job, name.replica, name.task)), task):
            return True
    return False


@dataclass(frozen=True, slots=True)
class Opening:
    """On what terms a session waits for its tasks while it is opened.

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

    Attributes:
      devices: those of all tasks.
      own_session: the session's part on the master's own task.
    """

    def __init__(
        self,
        own: OwnWorkerLink,
        others: Mapping[str, WorkerLink],
        spec: SessionSpec,
        scope: CancellationScope,
        opening: Opening | None = None,
    ) -> None:
        """Open the session on all tasks; waits for those that are not there yet.

        Args:
          own: the way to the master's own worker.
          others: the ways to the other tasks.
          spec: what the workers are told.
          scope: ends the waiting for tasks, as long as the session lives.
          opening: on what terms to wait for tasks now.

        Raises:
          OpError: a task cannot take part.
        """
        terms = opening or Opening(scope)
        self._own = own
        self._others = dict(others)
        self._spec = spec
        self._scope = scope
        own.create_session(spec, lambda made, error: None)
        self.own_session: WorkerSession = own.session(spec.handle)
        try:
            found = ask_all(
                {task: link.list_devices for task, link in self._others.items()},
                terms.scope,
                "CreateSession",
                terms.timeout_s,
                terms.describe,
            )
            ask_all(
                {task: partial(link.create_session, spec) for task, link in self._others.items()},
                terms.scope,
                "CreateWorkerSession",
                terms.timeout_s,
                terms.describe,
            )
        except BaseException:
            own.delete_session(spec.handle, lambda made, error: None)
            raise
        self.devices: list[AnyDevice] = list(self.own_session.devices.values())
        for devices in found.values():
            self.devices += devices
        self._incarnations = {device.name: device.incarnation for device in self.devices}

    @property
    def has_others(self) -> bool:
        """Whether there are tasks besides the master's own."""
        return bool(self._others)

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
        return self._own if task == self.own_task else self._others[task]

    def register(self, parts: Mapping[str, Partition]) -> dict[str, RegisteredPartition]:
        """Let each task compile its partition.

        Raises:
          OpError: one of them cannot.
        """
        return ask_all(
            {
                task: partial(self.link(task).register_graph, self._spec.handle, part)
                for task, part in parts.items()
            },
            self._scope,
            "RegisterGraph",
        )

    def clear_containers(self, containers: Sequence[str]) -> None:
        """Clear containers on all tasks."""
        self.resources.clear(containers)
        ask_all(
            {
                task: partial(link.clear_containers, containers)
                for task, link in self._others.items()
            },
            self._scope,
            "Reset",
        )

    def close(self) -> None:
        """Let all tasks go of the session; one that does not answer is left alone."""
        try:
            ask_all(
                {
                    task: partial(link.delete_session, self._spec.handle)
                    for task, link in self._others.items()
                },
                CancellationScope(),
                "CloseSession",
                CLOSE_TIMEOUT_S,
            )
        except OpError as error:
            _log.info("a task did not close session %s: %s", self._spec.handle, error.message)
        self._own.delete_session(self._spec.handle, lambda gone, error: None)
