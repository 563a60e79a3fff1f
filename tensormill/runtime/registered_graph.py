"""`RegisteredGraph`: a partition that is compiled on this task, and its runs as parts of steps."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from tensormill.graph import errors
from tensormill.runtime.cancellation import CancellationScope
from tensormill.runtime.failures import as_reported
from tensormill.runtime.node import NodeGraph
from tensormill.runtime.node_graph_codec import to_graph_def
from tensormill.runtime.passes.partition import partition
from tensormill.runtime.plan.program import Unfinished
from tensormill.runtime.rendezvous import KeyedValue, Rendezvous
from tensormill.runtime.rendezvous_keys import task_of
from tensormill.runtime.step import Dispatcher, ProgramRun, Step
from tensormill.runtime.step_rendezvous import StepRendezvous
from tensormill.runtime.taken_elements import RelayedElements, hands_out_only
from tensormill.runtime.trace import StepTrace
from tensormill.runtime.transfers import RECEIVES, SENDS
from tensormill.runtime.worker import WorkerSession
from tensormill.runtime.worker_link import Cancel, Done, GraphResult, GraphRun, PreparedRun

__all__ = ["RegisteredGraph"]


class RegisteredGraph:
    """A partition of one session.

    Attributes:
      session: the session on this worker.
      graph: the nodes.
      program: what runs them.
      pushes_to: the tasks to which it can push what it sends them.
      leaves_nothing: a run that pushes and succeeds leaves nothing behind.
      collects_from: the tasks whose values it waits for, where it does nothing but take values of
        others and give what it makes of them to the client; else None.
    """

    def __init__(self, session: WorkerSession, graph: NodeGraph) -> None:
        """Compile a partition.

        Raises:
          InvalidArgumentError: a node has no kernel on its device.
        """
        self.session = session
        self.graph = graph
        self.program = session.register_graph(graph)
        all_receivers = _receivers(graph)
        receivers = all_receivers - {session.task_name}
        self.pushes_to = frozenset(task for task in receivers if session.ways.can_push(task))
        self.leaves_nothing = self.pushes_to == receivers
        senders = _senders(graph)
        collects = self.program.waits_for_values and not receivers
        self.collects_from = senders if collects else None
        # A run that neither receives nor keeps what it sends has nothing at the rendezvous here.
        self._only_pushes = self.leaves_nothing and not senders and receivers == all_receivers
        self._nowhere = Rendezvous()
        self._hands_out_only = hands_out_only(graph)

    def start(
        self,
        run: GraphRun,
        done: Done[GraphResult],
        may_take_thread: bool = False,
        on_begin: Callable[[Cancel], None] | None = None,
    ) -> Cancel:
        """Start a run; `done` may be called before this returns.

        Args:
          run: what it is given.
          done: told the result.
          may_take_thread: begin on a thread of the worker where it usually takes long; otherwise on
            the calling thread.
          on_begin: told how to cancel the run before it does anything.
        """
        begin, scope = self._prepare(run, done)

        def cancel() -> None:
            scope.abandon("The step was cancelled.")

        if on_begin is not None:
            on_begin(cancel)
        dispatcher = self.session.worker.dispatcher
        if may_take_thread and dispatcher is not None and not self.program.is_short:
            _begin_once(begin, scope, dispatcher)
        else:
            begin()
        return cancel

    def prepare(self, run: GraphRun, done: Done[GraphResult]) -> PreparedRun:
        """Make a run ready; it ends only after it has begun."""
        begin, scope = self._prepare(run, done)
        return PreparedRun(begin, lambda: scope.abandon("The step was cancelled."))

    def _prepare(
        self, run: GraphRun, done: Done[GraphResult]
    ) -> tuple[Callable[[], None], CancellationScope]:
        """Return what begins a run, and the scope that cancels it."""
        session, worker = self.session, self.session.worker
        scope = CancellationScope(session.cancellation)
        table = None if run.pushes and self._only_pushes else worker.rendezvous
        local = self._nowhere if table is None else table.enter(run.step_id)
        step = Step(run.step_id, session.session_handle, scope)
        step.resources.update(run.step_resources)
        step.dispatcher = worker.dispatcher
        step.rendezvous = StepRendezvous(
            run.step_id,
            session.task_name,
            local,
            session.torch_devices,
            session.ways,
            scope,
            self.pushes_to if run.pushes else frozenset(),
            run.pushed_from,
        )
        rendezvous = step.rendezvous
        observer = StepTrace(step) if run.is_traced else None
        taken = step.taken = RelayedElements() if self._hands_out_only else None

        def finish(values: list[Any] | None, error: BaseException | None) -> None:
            scope.close()
            rendezvous.end()
            pushed: Sequence[KeyedValue] = ()
            if error is None:
                try:
                    pushed = rendezvous.flush_but(run.caller)
                except errors.OpError as failure:
                    error = failure
            if table is not None:
                table.leave(run.step_id)
            if error is not None:
                if taken is not None and scope.is_abandoned:
                    taken.refuse()
                reported = as_reported(error, run.step_id)
                if table is not None:
                    local.abort(reported)
                done(None, reported)
                return
            assert values is not None
            result = GraphResult(values, pushed=pushed, delivery=taken)
            if observer is not None:
                result.step_stats = observer.step_stats(self.graph)
            if run.wants_partition_graphs:
                result.partition_graphs = self.partition_graphs()
            done(result, None)

        def begin() -> None:
            if scope.reason is not None:
                finish(None, errors.cancelled(scope.reason))
            elif self.program.is_blocking:
                self._run_until_waiting(run, step, observer, finish)
            else:
                self._run_at_once(run, step, observer, finish)

        return begin, scope

    def _run_until_waiting(
        self,
        run: GraphRun,
        step: Step,
        observer: StepTrace | None,
        finish: Callable[[list[Any] | None, BaseException | None], None],
    ) -> None:
        program = self.program
        begun = None
        if program.waits_for_values and program.is_short and observer is None:
            started_ns = time.thread_time_ns()
            try:
                made = program.run_at_once(run.feeds, step)
            except Exception as error:  # noqa: BLE001 - belongs to the step
                finish(None, error)
                return
            if not isinstance(made, Unfinished):
                program.note_turn(time.thread_time_ns() - started_ns)
                finish(made, None)
                return
            begun = made
        ProgramRun(program, step, run.feeds, finish, observer, begun).start()

    def _run_at_once(
        self,
        run: GraphRun,
        step: Step,
        observer: StepTrace | None,
        finish: Callable[[list[Any] | None, BaseException | None], None],
    ) -> None:
        started_ns = time.thread_time_ns()
        try:
            values = self.program.run(run.feeds, step, observer)
        except Exception as error:  # noqa: BLE001 - belongs to the step
            finish(None, error)
        else:
            self.program.note_turn(time.thread_time_ns() - started_ns)
            finish(values, None)

    def partition_graphs(self) -> list[Any]:
        """Return the graph as it runs, as a GraphDef message for each device."""
        parts = partition(self.graph, lambda node: node.device)
        return [to_graph_def(part.graph) for _, part in sorted(parts.items())]


def _receivers(graph: NodeGraph) -> set[str]:
    """Return the tasks to which a graph sends."""
    return {
        task_of(node.attrs["recv_device"].decode()) for node in graph.nodes if node.op_type in SENDS
    }


def _senders(graph: NodeGraph) -> frozenset[str]:
    """Return the tasks from which a graph gets values."""
    return frozenset(
        task_of(node.attrs["send_device"].decode())
        for node in graph.nodes
        if node.op_type in RECEIVES
    )


def _begin_once(
    begin: Callable[[], None], scope: CancellationScope, dispatcher: Dispatcher
) -> None:
    """Begin on another thread, or at once on the one that cancels the scope before."""
    lock = threading.Lock()
    has_begun = False

    def once(reason: str = "") -> None:
        nonlocal has_begun
        with lock:
            if has_begun:
                return
            has_begun = True
        begin()

    scope.register(once)
    dispatcher.submit(once)
