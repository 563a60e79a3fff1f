"""`cluster_status`: how the tasks of a cluster are, as data, as text and as Prometheus metrics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tensormill.distributed.cluster_client import ask_cluster
from tensormill.distributed.targets import server_address

__all__ = ["ClusterStatus", "cluster_status"]

_TIMEOUT_S = 2.0


class ClusterStatus:
    """What the tasks of a cluster told of themselves; prints as text.

    Attributes:
      reports: a TaskReport message for each task, in the order of the cluster.
    """

    def __init__(self, reports: Sequence[Any]) -> None:
        self.reports = list(reports)

    @property
    def missing(self) -> dict[str, str]:
        """Why tasks have told nothing of themselves, by task."""
        return {r.task: r.problem for r in self.reports if not r.HasField("status")}

    def __str__(self) -> str:
        return "\n".join(line for report in self.reports for line in _task_lines(report))

    __repr__ = __str__

    def metrics(self) -> str:
        """Return the same facts in Prometheus' text format."""
        samples: dict[str, list[str]] = {}
        for report in self.reports:
            for name, labels, value in _samples(report):
                text = ",".join(f'{key}="{_escaped(label)}"' for key, label in labels)
                samples.setdefault(name, []).append(f"{name}{{{text}}} {value:.17g}")
        lines = []
        for name, written in samples.items():
            lines += [f"# HELP {name} {_METRICS[name]}", f"# TYPE {name} gauge", *written]
        return "\n".join(lines) + "\n"


def cluster_status(target: str, timeout_s: float = _TIMEOUT_S) -> ClusterStatus:
    """Ask all tasks of a cluster how they are: sessions, running steps, resources, queues.

    Args:
      target: a server of the cluster, such as "grpc://host:port".
      timeout_s: how long to wait for each task.

    Raises:
      InvalidArgumentError: it is no such target.
      OpError: the server cannot be reached, or is none of tensormill's.
    """
    return ClusterStatus(ask_cluster(server_address(target, "cluster_status() takes"), timeout_s))


def _task_lines(report: Any) -> Iterator[str]:
    status = report.status
    title = f"{report.task.replace('/replica:0', '')} at {report.address}"
    if not report.HasField("status"):
        yield f"{title}: MISSING, {report.problem}"
        return
    facts = [f"tensormill {status.version}".strip()] if status.process_id else []
    if status.process_id:
        facts += [f"process {status.process_id}", f"up {_duration(status.uptime_s)}"]
    if report.problem:
        facts.append(report.problem)
    yield f"{title}: {', '.join(facts)}"
    for device in status.device:
        where = device.physical_device_desc
        yield f"  device {device.name.rpartition('/device:')[2]}" + (f" ({where})" if where else "")
    for session in status.session:
        yield (
            f"  session {session.handle}: open for {_duration(session.age_s)}, "
            f"{session.graph_nodes} operations, {_count(session.running_steps, 'running step')}"
        )
    for step in status.step:
        yield (
            f"  step {step.step_id} of session {step.session_handle}: runs for "
            f"{_duration(step.age_s)}{'' if step.waiting else ', computes'}"
        )
        for waiting in step.waiting:
            what = f" for {waiting.resource}" if waiting.resource else ""
            device = waiting.device.rpartition("/device:")[2]
            yield f"    '{waiting.name}' ({waiting.op_type}) on {device} waits{what}"
    yield from _resource_lines(status.resource)


def _resource_lines(resources: Sequence[Any]) -> Iterator[str]:
    container = None
    for resource in resources:
        if resource.container != container:
            container = resource.container
            yield f"  container {container!r}" if container else "  of single operations"
        line = f"    {resource.kind} '{resource.name}': {resource.description}"
        if resource.size_bytes:
            line += f", {_size(resource.size_bytes)}"
        if resource.HasField("queue"):
            queue = resource.queue
            line += f", {queue.size} of {_capacity(queue.capacity)}"
            line += ", closed" if queue.is_closed else ""
            for count, verb in (
                (queue.waiting_enqueues, "enqueue"),
                (queue.waiting_dequeues, "dequeue"),
            ):
                line += f", {count} waiting to {verb}" if count else ""
        yield line


def _capacity(capacity: int) -> str:
    return "any number" if capacity < 0 or capacity >= (1 << 31) - 1 else str(capacity)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _duration(seconds: float) -> str:
    if seconds < 60.0:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def _size(size_bytes: float) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if size_bytes < 1024:
            return f"{size_bytes:.0f} bytes" if unit == "bytes" else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1024
    return f"{size_bytes:.1f} GiB"


_METRICS = {
    "tensormill_task_up": "Whether the task answers.",
    "tensormill_task_uptime_seconds": "How long the task runs.",
    "tensormill_sessions": "Open sessions of the task's master.",
    "tensormill_waiting_steps": "Steps of the task that may wait and have not ended.",
    "tensormill_oldest_step_seconds": "The age of the oldest of these steps.",
    "tensormill_device_memory_bytes": "The memory that a device can give.",
    "tensormill_resource_bytes": "The memory of the values of a resource.",
    "tensormill_queue_elements": "Elements in a queue.",
    "tensormill_queue_capacity": "How many elements fit into a queue.",
    "tensormill_queue_waiting_enqueues": "How many wait to enqueue.",
    "tensormill_queue_waiting_dequeues": "How many wait to dequeue.",
}

_Labels = tuple[tuple[str, str], ...]


def _samples(report: Any) -> Iterator[tuple[str, _Labels, float]]:
    task: _Labels = (("task", report.task.replace("/replica:0", "")),)
    is_up = report.HasField("status")
    yield "tensormill_task_up", task, float(is_up)
    if not is_up:
        return
    status = report.status
    yield "tensormill_task_uptime_seconds", task, status.uptime_s
    yield "tensormill_sessions", task, len(status.session)
    yield "tensormill_waiting_steps", task, len(status.step)
    oldest_s = max((step.age_s for step in status.step), default=0.0)
    yield "tensormill_oldest_step_seconds", task, oldest_s
    for device in status.device:
        labels = (*task, ("device", device.name.rpartition("/device:")[2]))
        yield "tensormill_device_memory_bytes", labels, device.memory_limit
    for resource in status.resource:
        labels = (
            *task,
            ("container", resource.container),
            ("kind", resource.kind),
            ("name", resource.name),
        )
        yield "tensormill_resource_bytes", labels, resource.size_bytes
        if resource.HasField("queue"):
            queue = resource.queue
            yield "tensormill_queue_elements", labels, queue.size
            yield "tensormill_queue_capacity", labels, queue.capacity
            yield "tensormill_queue_waiting_enqueues", labels, queue.waiting_enqueues
            yield "tensormill_queue_waiting_dequeues", labels, queue.waiting_dequeues


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
