"""`Worker`: the devices, resources and plans of one task, and the running of partitions."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

from tensormill.runtime.devices import Device
from tensormill.runtime.node import Node, NodeGraph
from tensormill.runtime.plan.control_flow import lower
from tensormill.runtime.plan.dataflow import lower_dataflow
from tensormill.runtime.plan.program import Program
from tensormill.runtime.resources.containers import ResourceContainers

__all__ = ["Worker", "WorkerSession"]

_MAX_LANES = 8


class Worker:
    """One task's side of the runtime, as a plain object.

    Attributes:
      task_name: such as "/job:localhost/replica:0/task:0".
      devices: by full name.
      resources: the state of the task.
      runs: the runs of programs that may wait and have not ended, by number.
    """

    def __init__(self, task_name: str, devices: list[Device]) -> None:
        self.task_name = task_name
        self.devices = {device.name: device for device in devices}
        self.resources = ResourceContainers()
        self.runs: dict[int, Any] = {}

    def create_session(
        self,
        session_handle: str,
        resources: ResourceContainers | None = None,
        inter_op_threads: int = 0,
    ) -> WorkerSession:
        """Return the worker's part of a session.

        Args:
          session_handle: names the session.
          resources: what isolates its state from the task's.
          inter_op_threads: how many threads a step may use for independent operations; 0 for one
            a core.
        """
        lanes = inter_op_threads or min(os.cpu_count() or 1, _MAX_LANES)
        return WorkerSession(
            self, session_handle, self.resources if resources is None else resources, lanes
        )


class WorkerSession:
    """What one session keeps on a worker: the kernels of its stateful nodes.

    Attributes:
      worker: the worker.
      session_handle: names the session.
      resources: the state that the session's kernels see.
      lanes: how many threads a step may use for independent operations.
    """

    def __init__(
        self, worker: Worker, session_handle: str, resources: ResourceContainers, lanes: int
    ) -> None:
        self.worker = worker
        self.session_handle = session_handle
        self.resources = resources
        self.lanes = lanes
        self._lock = threading.RLock()
        self._stateful: dict[tuple[str, str], Any] = {}  # guarded by _lock

    def stateful(self, node: Node, make: Callable[[], Any]) -> Any:
        """Return what `make` made when the session first saw a node of this name on this device."""
        key = (node.name, node.device)
        with self._lock:
            if key not in self._stateful:
                self._stateful[key] = make()
            return self._stateful[key]

    def register_graph(self, graph: NodeGraph) -> Program:
        """Compile a partition.

        Raises:
          InvalidArgumentError: a node has no kernel on its device.
        """
        devices = self.worker.devices
        lowered = lower(graph, devices, self) or lower_dataflow(graph, devices, self)
        return Program(lowered, self.lanes, self.worker.runs)
