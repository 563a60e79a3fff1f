"""`Master`: sessions over a graph; places, prunes and rewrites it, and prepares steps."""

from __future__ import annotations

import itertools
import logging
import secrets
import threading
import time
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from tensorboard.compat.proto import config_pb2

from tensormill.graph import errors
from tensormill.graph.endpoint_names import check_signature
from tensormill.graph.graph import Graph
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.runtime import collector
from tensormill.runtime.any_master import AnyDevice
from tensormill.runtime.callable_options import check_devices, connections_of
from tensormill.runtime.cancellation import CancellationScope
from tensormill.runtime.cluster_run import PlacedPartition
from tensormill.runtime.cluster_step import ClusterStep
from tensormill.runtime.cost_model import CostModel
from tensormill.runtime.device_filters import is_wanted
from tensormill.runtime.node import NodeGraph
from tensormill.runtime.own_worker_link import OwnWorkerLink
from tensormill.runtime.partial_run import PartialRun
from tensormill.runtime.passes.function_bodies import FunctionBodies
from tensormill.runtime.passes.inlining import inline_functions
from tensormill.runtime.passes.joins import bypass_joins
from tensormill.runtime.passes.loop_frames import colocate_control_flow
from tensormill.runtime.passes.partial import make_partial, needed_feeds
from tensormill.runtime.passes.partition import partition
from tensormill.runtime.passes.place import Placement
from tensormill.runtime.passes.placement.body_placer import BodyPlacer
from tensormill.runtime.passes.prune import (
    NO_CONNECTIONS,
    Connections,
    needed_operations,
    prune,
)
from tensormill.runtime.passes.record_pipelines import find_record_pipeline
from tensormill.runtime.passes.simplify import simplify
from tensormill.runtime.passes.tensor_watches import TensorWatch, watch
from tensormill.runtime.placement_log import log_devices, log_placement
from tensormill.runtime.plan.folding import fold_node
from tensormill.runtime.plan.program import Program
from tensormill.runtime.prepared_step import PreparedStep, StartableStep
from tensormill.runtime.record_blocks import (
    RecordBlocks,
    RecordRows,
    are_wanted,
    make_blocks,
)
from tensormill.runtime.rendezvous_keys import task_of
from tensormill.runtime.resources.session_tensors import SessionTensors
from tensormill.runtime.running_steps import RunningSteps
from tensormill.runtime.session_tasks import Cluster, Opening, SessionTasks
from tensormill.runtime.step import Step
from tensormill.runtime.step_loops import LoopTurns
from tensormill.runtime.step_options import StepOptions
from tensormill.runtime.waiting import ask_all
from tensormill.runtime.worker import Worker
from tensormill.runtime.worker_link import SessionSpec

__all__ = ["Master", "MasterSession"]

_ANSWERS_AT_ONCE_S = 1.0
_session_numbers = itertools.count(1)
_log = logging.getLogger(__name__)


class Master:
    """Creates sessions that run graphs on a set of workers.

    Attributes:
      worker: the worker of the master's own task.
      own_link: the way to it.
      cluster: the other tasks; None where there are none.
      cancellation: ends whatever waits for other tasks.
    """

    def __init__(
        self,
        worker: Worker,
        own_link: OwnWorkerLink | None = None,
        cluster: Cluster | None = None,
        default_config: Any = None,
    ) -> None:
        self.worker = worker
        self.own_link = own_link or OwnWorkerLink(worker)
        self.cluster = cluster
        self._default_config = default_config
        self.cancellation = CancellationScope()
        self._lock = threading.Lock()
        self._sessions: weakref.WeakSet[MasterSession] = weakref.WeakSet()  # guarded by _lock

    def create_session(
        self,
        graph: Graph,
        config: Any = None,
        handle: str | None = None,
        scope: CancellationScope | None = None,
    ) -> MasterSession:
        """Open a session on `graph`, which may grow afterwards.

        Args:
          graph: the graph.
          config: a ConfigProto, or None.
          handle: names the session; by default a name that no other process takes either, as
            tasks have sessions of the masters of several.
          scope: ends the waiting for tasks that are not there yet; that of the master by default.

        Raises:
          DeadlineExceededError: a task is not there within the timeout of `config`.
          OpError: a task cannot take part.
        """
        name = handle or f"session_{next(_session_numbers)}_{secrets.token_hex(8)}"
        opening = Opening(scope or self.cancellation, _timeout_s(config), self._describe)
        made = MasterSession(self, graph, config, name, opening)
        with self._lock:
            self._sessions.add(made)
        return made

    def with_defaults(self, config: Any) -> Any:
        """Return the ConfigProto of a session: what it asks for, over the defaults of the task."""
        if self._default_config is None:
            return config
        merged = config_pb2.ConfigProto()
        merged.CopyFrom(self._default_config)
        if config is not None:
            merged.MergeFrom(config)
        return merged

    def open_sessions(self) -> list[MasterSession]:
        """Return the sessions that are open."""
        with self._lock:
            sessions = list(self._sessions)
        return [session for session in sessions if not session.running.is_closed]

    def close_sessions(self) -> None:
        """Close all sessions; those who go on to use them are told that they are not found."""
        for session in self.open_sessions():
            session.running.closed_error = session.lost_error
            session.close()

    def list_devices(self) -> Sequence[AnyDevice]:
        """Return the devices of all tasks; waits for those that are not there yet."""
        others = {} if self.cluster is None else self.cluster.links(None)
        found = ask_all(
            {task: link.list_devices for task, link in others.items()},
            self.cancellation,
            "ListDevices",
            describe=self._describe,
        )
        return [*self.own_link.devices, *(d for devices in found.values() for d in devices)]

    def reset(self, containers: Sequence[str], device_filters: Sequence[str]) -> None:
        """Close all sessions, and clear the state of all tasks.

        Args:
          containers: the containers; none for the default one.
          device_filters: the tasks, by devices that they have; none for all.
        """
        self.close_sessions()
        self.worker.resources.reset(containers)
        others = {} if self.cluster is None else self.cluster.links(None)
        ask_all(
            {
                task: partial(link.clear_containers, containers)
                for task, link in others.items()
                if is_wanted(task, device_filters)
            },
            self.cancellation,
            "Reset",
            describe=self._describe,
        )

    def _describe(self, tasks: Sequence[str]) -> Sequence[str]:
        return tasks if self.cluster is None else self.cluster.describe(tasks)


class MasterSession:
    """One session: a graph, its placement, and the steps that were prepared for it.

    Attributes:
      handle: names the session.
      graph: the graph, as the client extends it.
      placement: the device of every operation seen so far.
      running: the steps that run now.
      opened_s: when it was opened, on the clock of `time.monotonic`.
      inter_op_threads: how many threads a step may use for independent operations; 0 for one a
        core.
      resources: the state that the session's kernels see.
    """

    def __init__(
        self, master: Master, graph: Graph, config: Any, handle: str, opening: Opening
    ) -> None:
        self.master = master
        self.graph = graph
        self.config = config
        self.handle = handle
        self.cancellation = CancellationScope()
        self.running = RunningSteps()
        self.opened_s = time.monotonic()
        self.inter_op_threads = _inter_op_threads(config)
        cluster = master.cluster
        spec = replace(
            _session_spec(handle, config, self.inter_op_threads, master.cluster),
            master_task=master.own_link.task_name,
            master_incarnation=master.own_link.devices[0].incarnation,
        )
        self._terms = opening
        self._tasks = SessionTasks(
            master.own_link,
            lambda: {} if cluster is None else cluster.links(config),
            spec,
            self.cancellation,
        )
        self.placement = Placement(self._tasks.devices, config, self._tasks.own_task)
        self.resources = self._tasks.resources
        self._lock = threading.RLock()
        self._step_ids = itertools.count(1)
        # No other session of the cluster is likely to have these; in TensorFlow's range.
        self._cluster_step_ids = itertools.count(secrets.randbits(55) + 1)
        self._placed_version = 0  # guarded by _lock
        self._is_open = False  # the tasks that the graph needs have joined; guarded by _lock
        self._logs_placement = config is not None and config.log_device_placement
        self._bodies = FunctionBodies(graph.functions)
        self._body_placer = BodyPlacer(self.placement.device_set)
        self._rewrites = _wants_rewrites(config)
        self._blocks: dict[Program, RecordBlocks | RecordRows] = {}  # guarded by _lock
        self.turns = LoopTurns()
        self._places_pruned_graph = config is not None and config.graph_options.place_pruned_graph
        # Other tasks tell their devices when they join.
        self._logs_devices_when_open = self._logs_placement and cluster is not None
        if self._logs_placement and cluster is None:
            log_devices(self.list_devices())

    def extend(self) -> None:
        """Place the operations that were added since the last call.

        Raises:
          InvalidArgumentError: an operation cannot be placed.
        """
        with self._lock:
            self.graph.check_inputs()
            version = self.graph.version
            if version != self._placed_version or not self._is_open:
                placed = self.placement.devices
                self._place([op for op in self.graph.get_operations() if op not in placed])
                self._placed_version = version

    def prepare(
        self,
        feeds: Sequence[Tensor],
        fetches: Sequence[Tensor],
        targets: Sequence[Operation],
        connections: Connections = NO_CONNECTIONS,
        watches: Sequence[TensorWatch] = (),
    ) -> StartableStep:
        """Return the step for a signature: pruned, rewritten, cut by task and compiled.

        Args:
          feeds: what is fed.
          fetches: what is fetched.
          targets: what is run.
          connections: tensors that are fed with the values of others.
          watches: tensors that a debugger wants to see.
        """
        with self._lock, collector.paused():
            graph = self._pruned(feeds, fetches, targets, connections)
            if watches:
                graph = watch(graph, watches)
            if self._spans_tasks(graph):
                return self._prepare_over_tasks(graph)
            program = self._tasks.own_session.register_graph(graph)
        return PreparedStep(
            program,
            graph,
            self.running,
            self.new_step,
            self._find_blocks,
            self.turns,
            _cost_model(graph, self.config),
        )

    def prepare_watched(
        self,
        feeds: Sequence[Tensor],
        fetches: Sequence[Tensor],
        targets: Sequence[Operation],
        watches: Sequence[TensorWatch],
    ) -> StartableStep:
        """Return a step that shows tensors to a debugger."""
        return self.prepare(feeds, fetches, targets, watches=watches)

    def _find_blocks(self, step: PreparedStep) -> RecordBlocks | RecordRows | None:
        """Return what runs a step for many records, the same for all who ask; None if nothing."""
        with self._lock:
            found = self._blocks.get(step.program)
            if found is None and self._rewrites and are_wanted():
                found = self._make_blocks(step)
                if found is not None:
                    self._blocks[step.program] = found
            return found

    def _make_blocks(self, step: PreparedStep) -> RecordBlocks | RecordRows | None:
        pipeline = find_record_pipeline(step.graph)
        if pipeline is None:
            return None
        name, device = pipeline.read.name, pipeline.read.device
        batched = self._tasks.own_session.compile_body(name, pipeline.body, device)
        return make_blocks(step.program, pipeline, batched)

    def _spans_tasks(self, graph: NodeGraph) -> bool:
        own = self._tasks.own_task
        return self._tasks.has_others and any(task_of(n.device) != own for n in graph.nodes)

    def _prepare_over_tasks(self, graph: NodeGraph) -> ClusterStep:
        if self._rewrites:
            bypass_joins(graph, lambda node: task_of(node.device))
        return ClusterStep(
            self.handle,
            graph,
            lambda: self._placed_partitions(graph),
            self._tasks,
            self.graph,
            self.running,
            self.cancellation,
            self._cluster_step_ids.__next__,
            costs=_cost_model(graph, self.config),
        )

    def _placed_partitions(self, graph: NodeGraph) -> list[PlacedPartition]:
        """Cut a graph by task and register the parts; the own one, which runs here, comes last."""
        with self._lock:
            return self._place_partitions(graph)

    def _place_partitions(self, graph: NodeGraph) -> list[PlacedPartition]:
        tasks = self._tasks
        colocate_control_flow(graph)
        tasks.renew({task_of(node.device) for node in graph.nodes})
        config = self.config
        is_narrow = config is not None and config.graph_options.enable_bfloat16_sendrecv
        parts = partition(
            graph,
            lambda node: task_of(node.device),
            tasks.incarnation_of,
            tasks.own_task if is_narrow else None,
        )
        registered = tasks.register(parts)
        return [
            PlacedPartition(
                tasks.link(task),
                registered[task],
                part.feed_indices,
                part.fetch_indices,
                frozenset(other for other, made in registered.items() if task in made.pushes_to),
                tasks.own_task if tasks.own_task in parts else "",
            )
            for task, part in sorted(parts.items(), key=lambda item: item[0] == tasks.own_task)
        ]

    def make_callable(
        self,
        feeds: Sequence[Tensor],
        fetches: Sequence[Tensor],
        targets: Sequence[Operation],
        options: Any,
    ) -> StartableStep:
        """Return the step that a CallableOptions message describes.

        Raises:
          OpError: a connection is not sound, a device is not there, or the signature cannot run.
        """
        check_signature(feeds, fetches, targets)
        check_devices(options, (device.name for device in self._tasks.devices))
        connections = connections_of(self.graph, options, feeds, fetches)
        return self.prepare(feeds, fetches, targets, connections)

    def start_partial(
        self, feeds: Sequence[Tensor], fetches: Sequence[Tensor], targets: Sequence[Operation]
    ) -> PartialRun:
        """Start a step that is fed in parts.

        Raises:
          CancelledError: the session is closed.
        """
        with self._lock:
            graph = self._pruned(feeds, fetches, targets)
            needed = needed_feeds(graph)
            names = [tensor.name for tensor in fetches]
            if self._spans_tasks(graph):
                return self._start_partial_over_tasks(graph, needed, names)
            program = self._tasks.own_session.register_graph(make_partial(graph))
        self.running.enter()
        step = self.new_step()
        run = PartialRun(needed, step.cancellation, self.running.leave, names)
        run.start(program, step)
        return run

    def _start_partial_over_tasks(
        self, graph: NodeGraph, needed: list[list[int]], names: list[str]
    ) -> PartialRun:
        scope = CancellationScope(self.cancellation)
        run = PartialRun(needed, scope, lambda: None, names)
        nodes = make_partial(graph, self._client_device())
        step = ClusterStep(
            self.handle,
            nodes,
            lambda: self._placed_partitions(nodes),
            self._tasks,
            self.graph,
            self.running,
            scope,
            self._cluster_step_ids.__next__,
            run.step_resources,
        )
        step.start([], StepOptions(), run.finish)
        return run

    def _client_device(self) -> str:
        """Return the device where what comes from the client arrives: the first of the own task."""
        return self._tasks.devices[0].name

    def _pruned(
        self,
        feeds: Sequence[Tensor],
        fetches: Sequence[Tensor],
        targets: Sequence[Operation],
        connections: Connections = NO_CONNECTIONS,
    ) -> NodeGraph:
        if self._places_pruned_graph:
            tensors = (*feeds, *fetches, *connections.values())
            needed = needed_operations([*(t.op for t in tensors), *targets])
            self._place([op for op in needed if op not in self.placement.devices])
        else:
            self.extend()
        graph = prune(feeds, fetches, targets, self.placement.devices, connections)
        graph = inline_functions(graph, self._bodies, self._body_placer.place)
        return simplify(graph, fold_node) if self._rewrites else graph

    def _place(self, new: Sequence[Operation]) -> None:
        if self._logs_devices_when_open and not self._is_open:
            log_devices(self.list_devices())
        requests = {op._device for op in new}
        for function in self.graph.functions.values():
            requests.update(node.device for node in function.definition.node_def)
        self._join(self._tasks.needed_for(requests))
        placed_before = len(self.placement.devices)
        operations = [*self.placement.devices, *new]
        try:
            self.placement.extend(operations)
        except errors.InvalidArgumentError:
            # Another task may have a place for it, or is to be named among those there are.
            if not self._join_who_is_there():
                raise
            self.placement.extend(operations)
        if self._logs_placement:
            placed = self.placement.devices.items()
            log_placement(itertools.islice(placed, placed_before, None))

    def _join(self, tasks: Iterable[str]) -> bool:
        """Let tasks take part; waits for those that are not there. Return whether one is new."""
        with self._lock:
            what = "ExtendSession" if self._is_open else "CreateSession"
            is_new = self._tasks.join(tasks, what, self._terms)
            if is_new:
                self.placement.use_devices(self._tasks.devices)
                self._body_placer = BodyPlacer(self.placement.device_set)
            if not self._is_open:
                self._is_open = True
                self._terms = replace(self._terms, scope=self.cancellation)
            return is_new

    def _join_who_is_there(self) -> bool:
        """Let all tasks take part that answer at once; return whether one is new."""
        terms = replace(self._terms, timeout_s=_ANSWERS_AT_ONCE_S)
        found = False
        for task in sorted(self._tasks.all_others):
            try:
                found = self._tasks.join([task], "Placement", terms) or found
            except errors.OpError as error:
                _log.info("%s takes no part: %s", task, error.message)
        if found:
            self.placement.use_devices(self._tasks.devices)
            self._body_placer = BodyPlacer(self.placement.device_set)
        return found

    def list_devices(self) -> list[AnyDevice]:
        """Return the devices that steps can use; waits for tasks that are not there yet."""
        self._join(self._tasks.all_others)
        return list(self._tasks.devices)

    def clear_containers(self, containers: Sequence[str]) -> None:
        """Clear the state that the session's kernels see; all of it where none is named."""
        self._tasks.clear_containers(containers)

    def session_tensors(self) -> SessionTensors:
        """Return the tensors that the session keeps."""
        return self.resources.session_tensors(self.handle)

    def lost_error(self) -> errors.AbortedError:
        """Return the error of a step of a session that its master has closed."""
        return errors.aborted(f"Session {self.handle} is not found.")

    def close(self) -> None:
        """Cancel the running steps, wait for them, and let go of everything. Idempotent."""
        self.running.close()
        self.cancellation.cancel("Session was closed.")
        self.running.wait_idle()
        self._tasks.close()

    def new_step(self, deadline_s: float | None = None) -> Step:
        """Return a new step, below the session in the tree of cancellations."""
        scope = CancellationScope(self.cancellation)
        return Step(next(self._step_ids), self.handle, scope, deadline_s)


def _session_spec(
    handle: str, config: Any, inter_op_threads: int, cluster: Cluster | None
) -> SessionSpec:
    if config is None:
        return SessionSpec(handle, inter_op_threads=inter_op_threads)
    cluster_def = config.cluster_def if config.cluster_def.job else None
    isolates = config.isolate_session_state or cluster_def is not None
    has_name = cluster_def is not None and cluster is not None
    task_name = cluster.own_task(cluster_def) if has_name and cluster is not None else None
    return SessionSpec(handle, isolates, inter_op_threads, cluster_def, task_name)


def _inter_op_threads(config: Any) -> int:
    """Return how many threads independent operations may use; negative means the caller's."""
    if config is None:
        return 0
    threads = config.inter_op_parallelism_threads
    if config.session_inter_op_thread_pool:
        threads = config.session_inter_op_thread_pool[0].num_threads or threads
    return 1 if threads < 0 else threads


def _cost_model(graph: NodeGraph, config: Any) -> CostModel | None:
    """Return what gathers the costs of a step's nodes, where the session's config asks for it."""
    options = None if config is None else config.graph_options
    if options is None or options.build_cost_model <= 0:
        return None
    return CostModel(graph, options.build_cost_model, options.build_cost_model_after)


def _timeout_s(config: Any) -> float | None:
    """Return how long anything may take that is done for a session; None for any time."""
    timeout_ms = 0 if config is None else config.operation_timeout_in_ms
    return timeout_ms / 1000 if timeout_ms > 0 else None


def _wants_rewrites(config: Any) -> bool:
    """Return whether the session's config leaves graph rewriting on, as it is by default."""
    if config is None:
        return True
    options = config.graph_options
    return (
        options.optimizer_options.opt_level != -1
        and not options.rewrite_options.disable_meta_optimizer
    )
