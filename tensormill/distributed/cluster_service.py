"""`ClusterService`: how a task and its cluster are, and that the job is over."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from tensormill.distributed.call import Call, Handler
from tensormill.distributed.cluster_client import ask_tasks
from tensormill.distributed.device_codec import device_to_proto
from tensormill.proto import cluster_status_pb2
from tensormill.runtime.master import Master
from tensormill.runtime.task_facts import ResourceFacts, StepFacts, resource_facts, step_facts

__all__ = ["SLOW_CLUSTER_METHODS", "ClusterService"]

SLOW_CLUSTER_METHODS = frozenset({"ClusterStatus", "Finish"})
"""The methods that ask other tasks."""
_MAX_TIMEOUT_S = 30.0
_FINISH_TIMEOUT_S = 5.0


class ClusterService:
    """Answers for one task. Handlers run on the threads of the server."""

    def __init__(
        self,
        task: str,
        addresses: Mapping[str, str],
        master: Master,
        on_finish: Callable[[], None],
    ) -> None:
        """Answer for a task.

        Args:
          task: its name.
          addresses: "host:port" of every task of the cluster, by name.
          master: its master.
          on_finish: called once the job is over.
        """
        self._task = task
        self._addresses = dict(addresses)
        self._master = master
        self._on_finish = on_finish
        self._started_s = time.monotonic()
        self._is_finished = False

    def note_address(self, address: str) -> None:
        """Take note of where the task listens: the cluster may leave the port open."""
        self._addresses[self._task] = address

    def handlers(self) -> Mapping[str, Handler]:
        """Return the handler of each method."""
        return {
            "TaskStatus": lambda request, call: call.reply(self.status()),
            "ClusterStatus": self._cluster_status,
            "Finish": self._finish,
        }

    def status(self) -> Any:
        """Return the TaskStatusResponse of the task."""
        worker = self._master.worker
        sessions = self._master.open_sessions()
        now_s = time.monotonic()  # read last: no session was opened later
        response = cluster_status_pb2.TaskStatusResponse(
            task=self._task,
            address=self._addresses.get(self._task, ""),
            version=_version(),
            process_id=os.getpid(),
            uptime_s=now_s - self._started_s,
            is_finished=self._is_finished,
            device=map(device_to_proto, worker.devices.values()),
            step=map(_step_to_proto, step_facts(worker)),
            resource=map(_resource_to_proto, resource_facts(worker.resources)),
        )
        for session in sessions:
            response.session.add(
                handle=session.handle,
                age_s=now_s - session.opened_s,
                graph_nodes=session.graph.version,
                running_steps=len(session.running.entries),
            )
        return response

    def _others(self) -> dict[str, str]:
        return {task: where for task, where in self._addresses.items() if task != self._task}

    def _cluster_status(self, request: Any, call: Call) -> None:
        timeout_s = min(request.timeout_s, _MAX_TIMEOUT_S) if request.timeout_s > 0 else 1.0
        reports = {report.task: report for report in ask_tasks(self._others(), timeout_s)}
        own = cluster_status_pb2.TaskReport(task=self._task, status=self.status())
        own.address = own.status.address
        own.problem = "already finished" if self._is_finished else ""
        reports[self._task] = own
        call.reply(
            cluster_status_pb2.ClusterStatusResponse(
                report=[reports[task] for task in self._addresses]
            )
        )

    def _finish(self, request: Any, call: Call) -> None:
        response = cluster_status_pb2.FinishResponse()
        if not request.is_for_one_task:
            told = cluster_status_pb2.FinishRequest(is_for_one_task=True)
            reports = ask_tasks(self._others(), _FINISH_TIMEOUT_S, "Finish", told)
            response.untold.extend(report for report in reports if report.problem)
        self._is_finished = True
        call.reply(response)
        self._on_finish()


def _step_to_proto(facts: StepFacts) -> Any:
    message = cluster_status_pb2.StepStatus(
        step_id=facts.step_id, session_handle=facts.session_handle, age_s=facts.age_s
    )
    for wait in facts.waiting:
        message.waiting.add(
            name=wait.name, op_type=wait.op_type, device=wait.device, resource=wait.resource
        )
    return message


def _resource_to_proto(facts: ResourceFacts) -> Any:
    message = cluster_status_pb2.ResourceStatus(
        container=facts.container,
        kind=facts.kind,
        name=facts.name,
        size_bytes=facts.size_bytes,
        description=facts.description,
    )
    if facts.queue is not None:
        message.queue.size = facts.queue.size
        message.queue.capacity = facts.queue.capacity
        message.queue.is_closed = facts.queue.is_closed
        message.queue.waiting_enqueues = facts.queue.waiting_enqueues
        message.queue.waiting_dequeues = facts.queue.waiting_dequeues
    return message


def _version() -> str:
    try:
        return version("tensormill")
    except PackageNotFoundError:
        return ""
