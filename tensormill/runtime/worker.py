"""`Worker`: the devices, resources and plans of one task, and the running of partitions."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from tensormill.graph import errors
from tensormill.graph.attr_values import FunctionRef
from tensormill.graph.device_names import parse_device_name
from tensormill.graph.function_library import FunctionLibrary
from tensormill.kernels import families as kernel_families
from tensormill.ops import families as op_families
from tensormill.runtime.cancellation import CancellationScope
from tensormill.runtime.devices import Device, renamed
from tensormill.runtime.function_programs import CompiledFunction, FunctionPrograms
from tensormill.runtime.node import Node, NodeGraph
from tensormill.runtime.passes.function_bodies import FunctionBodies, OrderedBody
from tensormill.runtime.passes.placement.body_placer import BodyPlacer
from tensormill.runtime.passes.placement.device_set import DeviceSet
from tensormill.runtime.passes.structure import has_control_flow
from tensormill.runtime.plan.control_flow import lower
from tensormill.runtime.plan.dataflow import lower_dataflow
from tensormill.runtime.plan.lowering import KernelCache
from tensormill.runtime.plan.program import Program
from tensormill.runtime.rendezvous import KeyedValue, Receiver, RendezvousTable
from tensormill.runtime.resources.containers import DEFAULT_CONTAINER, ResourceContainers
from tensormill.runtime.step import Dispatcher
from tensormill.runtime.step_rendezvous import WaysElsewhere
from tensormill.runtime.transfer_log import TransferLog
from tensormill.runtime.transfers import has_transfers

__all__ = ["Worker", "WorkerSession"]

assert kernel_families, op_families  # they fill the registries

_MAX_LANES = 8


class Worker:
    """One task's side of the runtime, as a plain object.

    Attributes:
      task_name: such as "/job:localhost/replica:0/task:0".
      devices: by full name.
      resources: the state of the task.
      runs: the runs of programs that may wait and have not ended, by number.
      rendezvous: where values for other tasks wait.
      transfers: what came from other tasks, for traces.
      dispatcher: the threads on which steps go on that waited for other tasks; None for the thread
        that brings what they waited for.
      ways_elsewhere: returns the ways to the other tasks of a cluster; takes the ClusterDef of a
        session, None for the worker's own.
    """

    def __init__(
        self, task_name: str, devices: list[Device], dispatcher: Dispatcher | None = None
    ) -> None:
        self.task_name = task_name
        self.devices = {device.name: device for device in devices}
        self.resources = ResourceContainers(parse_device_name(task_name).job or DEFAULT_CONTAINER)
        self.runs: dict[int, Any] = {}
        self.rendezvous = RendezvousTable()
        self.transfers = TransferLog()
        self.dispatcher = dispatcher
        self.ways_elsewhere: Callable[[Any], WaysElsewhere] = lambda cluster_def: _NoWays()

    def create_session(
        self,
        session_handle: str,
        resources: ResourceContainers | None = None,
        inter_op_threads: int = 0,
        cluster_def: Any = None,
        task_name: str | None = None,
    ) -> WorkerSession:
        """Return the worker's part of a session.

        Args:
          session_handle: names the session.
          resources: what isolates its state from the task's.
          inter_op_threads: how many threads a step may use for independent operations; 0 for one
            a core.
          cluster_def: the ClusterDef of the session; None for the worker's own.
          task_name: what the task is called in the cluster of the session.
        """
        lanes = inter_op_threads or min(os.cpu_count() or 1, _MAX_LANES)
        return WorkerSession(
            self,
            session_handle,
            self.resources if resources is None else resources,
            lanes,
            self.transfers.noting(self.ways_elsewhere(cluster_def)),
            task_name or self.task_name,
        )


class _NoWays:
    """The ways of a worker that is alone."""

    def receive(self, task: str, step_id: int, key: str, receiver: Receiver) -> Callable[[], None]:
        receiver(None, errors.internal(f"There is no way to task {task}"))
        return lambda: None

    def shares_memory(self, task: str) -> bool:
        return False

    def can_push(self, task: str) -> bool:
        return False

    def push(self, task: str, step_id: int, values: Sequence[KeyedValue]) -> None:
        raise errors.internal(f"There is no way to task {task}")


class WorkerSession:
    """What one session keeps on a worker: the kernels of its stateful nodes.

    Attributes:
      worker: the worker.
      session_handle: names the session.
      task_name: what the task is called in the session.
      devices: the devices of the task, by the names that they have in the session.
      resources: the state that the session's kernels see.
      lanes: how many threads a step may use for independent operations.
      ways: the ways to other tasks.
      cancellation: ends what runs here for the session.
    """

    def __init__(
        self,
        worker: Worker,
        session_handle: str,
        resources: ResourceContainers,
        lanes: int,
        ways: WaysElsewhere,
        task_name: str,
    ) -> None:
        self.worker = worker
        self.task_name = task_name
        self.devices = {
            device.name: device
            for device in (renamed(device, task_name) for device in worker.devices.values())
        }
        self.torch_devices = {name: d.torch_device for name, d in self.devices.items()}
        self.session_handle = session_handle
        self.resources = resources
        self.lanes = lanes
        self.ways = ways
        self.cancellation = CancellationScope()
        self._lock = threading.RLock()
        self._stateful: dict[tuple[str, str], Any] = {}  # guarded by _lock
        self._functions: dict[FunctionLibrary, FunctionPrograms] = {}  # guarded by _lock
        self._no_functions = FunctionLibrary()

    def stateful(self, node: Node, make: Callable[[], Any]) -> Any:
        """Return what `make` made when the session first saw a node of this name on this device."""
        key = (node.name, node.device)
        with self._lock:
            if key not in self._stateful:
                self._stateful[key] = make()
            return self._stateful[key]

    def close(self) -> None:
        """End what runs here for the session, and let go of its kernels."""
        # Nobody gets what its steps make: this may come before the master's word on one of them.
        self.cancellation.abandon(f"Session {self.session_handle} was closed.")
        with self._lock:
            kept = list(self._stateful.values())
            self._stateful.clear()
        for value in kept:
            if hasattr(value, "close_with_session"):
                value.close_with_session()

    def function(self, node: Node, ref: FunctionRef) -> CompiledFunction:
        """Return a function that the kernel of a node calls.

        Raises:
          NotFoundError: there is no such function in the graph of the node.
        """
        library = FunctionLibrary() if node.operation is None else node.operation.graph.functions
        return self.function_of(library, node, ref)

    def function_of(
        self, library: FunctionLibrary, node: Node, ref: FunctionRef
    ) -> CompiledFunction:
        """Return a function of a library that the kernel of a node calls.

        Raises:
          NotFoundError: there is no such function.
        """
        return self._programs(library, node.device).function(ref, node.device)

    def compile_body(self, name: str, body: OrderedBody, device: str) -> Program:
        """Return a program of a body that calls no functions."""
        return self._programs(self._no_functions, device).compile(name, body, device)

    def _programs(self, library: FunctionLibrary, device: str) -> FunctionPrograms:
        with self._lock:
            programs = self._functions.get(library)
            if programs is None:
                task = device.rpartition("/device:")[0]
                place = BodyPlacer(DeviceSet(list(self.devices.values()), task)).place
                programs = self._functions[library] = FunctionPrograms(
                    FunctionBodies(library), place, self._register_function, self.session_handle
                )
            return programs

    def _register_function(self, graph: NodeGraph, instance: str) -> Program:
        devices, cache = self.devices, _InstanceCache(self, instance)
        lowered = lower(graph, devices, cache) or lower_dataflow(graph, devices, cache)
        return Program(lowered, 1, self.worker.runs)

    def register_graph(self, graph: NodeGraph) -> Program:
        """Compile a partition.

        Raises:
          InvalidArgumentError: a node has no kernel on its device.
        """
        devices = self.devices
        cache: KernelCache = self
        if graph.functions is not None:
            cache = _LibraryCache(self, graph.functions)
        # Dead values may come from other tasks, and must be sent to them: the general rule does so.
        is_structured = not (has_transfers(graph) and has_control_flow(graph))
        lowered = lower(graph, devices, cache) if is_structured else None
        if lowered is None:
            lowered = lower_dataflow(graph, devices, cache)
        # Kernels on a GPU run beside those that follow anyway.
        is_on_host = all(devices[n.device].torch_device.type == "cpu" for n in graph.nodes)
        return Program(lowered, self.lanes if is_on_host else 1, self.worker.runs)


class _LibraryCache:
    """The kernels of a session for a graph that came with functions of its own."""

    def __init__(self, session: WorkerSession, library: FunctionLibrary) -> None:
        self.session_handle = session.session_handle
        self.resources = session.resources
        self.stateful = session.stateful
        self.function = partial(session.function_of, library)


class _InstanceCache:
    """The kernels of stateful nodes of one program of a function: they live as long as it does."""

    def __init__(self, session: WorkerSession, instance: str) -> None:
        self.session_handle = session.session_handle
        self.resources = session.resources
        self._session = session
        self._instance = instance
        self._made: dict[tuple[str, str], Any] = {}

    def stateful(self, node: Node, make: Callable[[], Any]) -> Any:
        """Return what `make` made when a node of this name was first seen."""
        key = (node.name, node.device)
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def function(self, node: Node, ref: FunctionRef) -> CompiledFunction:
        """Return a function that the kernel of a node calls."""
        return self._session.function(node, ref)
