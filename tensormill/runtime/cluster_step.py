"""`ClusterStep`: one signature of feeds, fetches and targets whose nodes run on several tasks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from tensormill.graph import errors
from tensormill.graph.errors import OpError
from tensormill.graph.graph import Graph
from tensormill.runtime.any_master import FetchForm, StepOutcome, StopSignal, WaitObserver
from tensormill.runtime.brief_watch import BriefWatch
from tensormill.runtime.cancellation import CancellationScope
from tensormill.runtime.cluster_run import ClusterRun, PlacedPartition
from tensormill.runtime.cost_model import CostModel
from tensormill.runtime.deadlines import DEADLINES
from tensormill.runtime.interrupts import DeferredInterrupts, wait_interruptibly
from tensormill.runtime.node import NodeGraph
from tensormill.runtime.plan.value_table import value_form
from tensormill.runtime.prepared_step import (
    CLOSED_BY_CLIENT,
    OnStepBegin,
    OnStepDone,
    once,
    tell_nobody,
)
from tensormill.runtime.resources.feeders import Feeding
from tensormill.runtime.running_steps import RunningSteps
from tensormill.runtime.session_tasks import SessionTasks
from tensormill.runtime.step_options import StepOptions

__all__ = ["ClusterStep"]


class ClusterStep:
    """A step over several tasks that can run any number of times, from any thread."""

    def __init__(
        self,
        session_handle: str,
        nodes: NodeGraph,
        place: Callable[[], Sequence[PlacedPartition]],
        tasks: SessionTasks,
        graph: Graph,
        running: RunningSteps,
        cancellation: CancellationScope,
        new_step_id: Callable[[], int],
        step_resources: Mapping[str, Any] | None = None,
        costs: CostModel | None = None,
    ) -> None:
        """Make a step of registered partitions.

        Args:
          session_handle: the session.
          nodes: the graph that is cut.
          place: cuts it and returns its parts, where they run; those of other tasks first.
          tasks: those of the session.
          graph: the user's graph.
          running: the steps that the session runs now.
          cancellation: that of the session.
          new_step_id: returns ids of steps.
          step_resources: what kernels on the own task find in each step.
          costs: what the costs of its nodes are added to, if anything.
        """
        self._costs = costs
        self._session_handle = session_handle
        self._place = place
        self._tasks = tasks
        self._renewing = threading.Lock()
        partitions = self._partitions = place()
        self._stamp = tasks.stamp(part.link.task_name for part in partitions)
        self._graph = graph
        self._running = running
        self._cancellation = cancellation
        self._new_step_id = new_step_id
        self._step_resources = step_resources or {}
        self._watch = BriefWatch()
        self.feed_forms = [value_form(node.output_dtypes[0]) for node in nodes.feeds]
        dtypes = [node.output_dtypes[output].base_dtype for node, output in nodes.fetches]
        shared = {
            part.fetch_indices[position]
            for part in partitions
            for position in part.registered.shared_fetches
        }
        forms = {
            index: form
            for part in partitions
            for index, form in zip(part.fetch_indices, part.registered.fetch_forms, strict=True)
        }
        self.fetch_forms = [
            FetchForm(forms.get(index, value_form(dtype)), dtype, index in shared)
            for index, dtype in enumerate(dtypes)
        ]

    @property
    def is_ready(self) -> bool:
        """Whether the parts are still registered with their tasks, as far as is known."""
        return self._tasks.is_current(self._stamp)

    def renew(self) -> None:
        """Register the parts again where a task was lost; waits for it.

        Raises:
          OpError: a task is not there, or cannot take part.
        """
        with self._renewing:
            self._tasks.renew([task for task, _ in self._stamp])
            if not self._tasks.is_current(self._stamp):
                self._partitions = self._place()
                self._stamp = self._tasks.stamp(task for task, _ in self._stamp)

    def run(self, feeds: list[Any]) -> list[Any]:
        """Run one step and return the fetched values.

        Raises:
          OpError: the step failed.
        """
        return self.run_with(feeds, StepOptions()).values

    def run_with(self, feeds: list[Any], options: StepOptions) -> StepOutcome:
        """Run one step with options.

        Raises:
          DeadlineExceededError: it took longer than allowed.
          OpError: the step failed.
        """
        finished = threading.Event()
        ended: list[Any] = []

        def on_done(outcome: StepOutcome | None, error: OpError | None) -> None:
            ended.extend((outcome, error))
            finished.set()

        started = time.monotonic()
        if not self.is_ready:
            self.renew()
        timeout_s = options.timeout_s
        run = None
        try:
            with DeferredInterrupts():
                run = self._start(feeds, options, on_done)
            left_s = None if timeout_s is None else timeout_s - (time.monotonic() - started)
            if not wait_interruptibly(finished, left_s) and run is not None:
                assert timeout_s is not None
                run.give_up(timeout_s)
                finished.wait()
        except BaseException:  # interrupted: the step ends, the session stays usable
            if run is not None:
                run.scope.cancel("The step was interrupted.")
                finished.wait()
            raise
        outcome, error = ended
        if error is not None:
            raise error
        outcome.confirm()
        return outcome

    def repeat(self, stop: StopSignal, waits: WaitObserver) -> None:
        """Run steps without feeds until they are to stop, which is asked before each.

        Args:
          stop: says when to stop.
          waits: told when a step begins to wait, which it does while other tasks compute, and when
            it goes on.

        Raises:
          OpError: a step failed.
        """
        options = StepOptions()
        while not stop.should_stop():
            if not self.is_ready:
                self.renew()
            finished = threading.Event()
            failures: list[OpError | None] = []

            def on_done(
                outcome: StepOutcome | None,
                error: OpError | None,
                finished: threading.Event = finished,
                failures: list[OpError | None] = failures,
            ) -> None:
                if outcome is not None:
                    outcome.confirm()
                failures.append(error)
                finished.set()

            run = self._start([], options, on_done)
            if run is not None and not finished.is_set():
                waits.wait_begins(run.scope.cancel)
                try:
                    finished.wait()
                finally:
                    waits.wait_ends()
            if failures[0] is not None:
                raise failures[0]

    def run_block(self) -> int:
        """Run no steps at once: the parts of one are on several tasks."""
        return 0

    def begin_feeding(self) -> Feeding:
        """Tell no queue: which ones a step over several tasks feeds is not known here."""
        return Feeding()

    @property
    def may_share_thread(self) -> bool:
        """Steps over several tasks mostly wait for messages: each loop goes on as they come."""
        return False

    def repeat_once(
        self, on_done: OnStepDone, may_repeat: Callable[[], bool] = once
    ) -> CancellationScope | None:
        """Start a step without feeds and options; see `StartableStep`."""
        return self.start([], StepOptions(), on_done)

    def start(
        self,
        feeds: list[Any],
        options: StepOptions,
        on_done: OnStepDone,
        on_begin: OnStepBegin = tell_nobody,
    ) -> CancellationScope | None:
        """Start one step; see `StartableStep`."""
        timeout_s = options.timeout_s
        if timeout_s is None:
            run = self._start(feeds, options, on_done, on_begin)
            return None if run is None else run.scope
        calls_off: list[Callable[[], None]] = []

        def finish(outcome: StepOutcome | None, error: OpError | None) -> None:
            for call_off in calls_off:
                call_off()
            on_done(outcome, error)

        run = self._start(feeds, options, finish, on_begin)
        if run is None:
            return None
        calls_off.append(DEADLINES.after(timeout_s, partial(run.give_up, timeout_s)))
        if run.is_done:
            calls_off[0]()
        return run.scope

    def _start(
        self,
        feeds: list[Any],
        options: StepOptions,
        on_done: OnStepDone,
        on_begin: OnStepBegin = tell_nobody,
    ) -> ClusterRun | None:
        options = options.counted_by(self._costs)
        try:
            self._running.enter()
        except OpError as error:
            on_done(None, error)
            return None

        def finish(outcome: StepOutcome | None, error: OpError | None) -> None:
            self._running.leave()
            if self._running.is_closed and isinstance(error, errors.CancelledError):
                error = errors.cancelled(CLOSED_BY_CLIENT)
            on_done(outcome, error)

        run = ClusterRun(
            self._new_step_id(),
            self._session_handle,
            self._partitions,
            self.fetch_forms,
            self._graph,
            self._tasks,
            self._stamp,
            CancellationScope(self._cancellation),
            finish,
        )
        on_begin(run.scope)
        run.start(feeds, options, self._step_resources, self._watch)
        return run
