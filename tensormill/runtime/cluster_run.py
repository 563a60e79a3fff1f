"""`ClusterRun`: one run of a step over several tasks.

It starts the parts, and carries out what its `StepGathering` says.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from tensormill.graph import errors
from tensormill.graph.errors import OpError
from tensormill.graph.graph import Graph
from tensormill.kernels.torch_dtypes import to_host, to_tensor
from tensormill.runtime.any_master import FetchForm, StepOutcome
from tensormill.runtime.brief_watch import BriefWatch
from tensormill.runtime.cancellation import CancellationScope
from tensormill.runtime.cost_model import CostModel
from tensormill.runtime.deadlines import DEADLINES
from tensormill.runtime.joint_delivery import joint_delivery
from tensormill.runtime.plan.frames import DEAD
from tensormill.runtime.plan.instructions import Form
from tensormill.runtime.prepared_step import OnStepDone
from tensormill.runtime.rendezvous_keys import task_of
from tensormill.runtime.session_tasks import SessionTasks, Stamp
from tensormill.runtime.step_gathering import StepGathering
from tensormill.runtime.step_options import StepOptions
from tensormill.runtime.trace import add_step_stats
from tensormill.runtime.waiting import ask_all
from tensormill.runtime.worker_link import (
    Cancel,
    Done,
    GraphResult,
    GraphRun,
    PreparedRun,
    RegisteredPartition,
    WorkerLink,
)

__all__ = ["ClusterRun", "PlacedPartition"]

_LOGGING_TIMEOUT_S = 10.0
_ASK_WAITING_S = 0.5
"""How long a step whose time is over asks other tasks what it waits for."""
_STARTED_ANEW = (
    "was started anew while the session was open, and has lost its variables; initialize or "
    "restore them."
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PlacedPartition:
    """A partition where it runs.

    Attributes:
      link: the way to its worker.
      registered: the partition, as the worker knows it.
      feed_indices: which of the step's feeds it takes, in its order.
      fetch_indices: which of the step's fetches it gives, in its order.
      pushed_from: the tasks that push what they send to it.
      caller: the task of the master, where that runs a part of the step; empty otherwise.
    """

    link: WorkerLink
    registered: RegisteredPartition
    feed_indices: Sequence[int]
    fetch_indices: Sequence[int]
    pushed_from: frozenset[str] = frozenset()
    caller: str = ""


class ClusterRun:
    """One run of a step: drives its `StepGathering`."""

    def __init__(
        self,
        step_id: int,
        session_handle: str,
        partitions: Sequence[PlacedPartition],
        fetch_forms: Sequence[FetchForm],
        graph: Graph,
        tasks: SessionTasks,
        stamp: Stamp,
        scope: CancellationScope,
        on_done: OnStepDone,
    ) -> None:
        self._tasks = tasks
        self._stamp = stamp
        self.step_id = step_id
        self.scope = scope
        self._session_handle = session_handle
        self._partitions = partitions
        self._fetch_forms = fetch_forms
        self._graph = graph
        self._on_done = on_done
        self._lock = threading.Lock()
        self._state = StepGathering(set(range(len(partitions))))  # guarded by _lock
        self._cancels: dict[int, Cancel] = {}  # guarded by _lock
        self._is_done = False  # guarded by _lock
        self._is_traced = False
        self._costs: CostModel | None = None
        # The part on the own task, where it is kept back until the others have ended.
        self._holds = False  # guarded by _lock
        self._held: PreparedRun | None = None  # guarded by _lock

    def start(
        self,
        feeds: list[Any],
        options: StepOptions,
        resources: Mapping[str, Any],
        watch: BriefWatch,
    ) -> None:
        """Start all partitions; that of the own task last, as it may run on this thread.

        Args:
          feeds: the fed values.
          options: those of the step.
          resources: what kernels on the own task find in the step.
          watch: whether to look out for the end of the others, where that one only collects.
        """
        self._is_traced, self._costs = options.is_traced, options.costs
        if options.is_traced:
            self._ask_tasks("Logging", lambda link: partial(link.log_transfers, True))
        self.scope.register(lambda reason: self._cancel(errors.cancelled(reason)))
        last = len(self._partitions) - 1
        runs = [self._run_of(part, feeds, options, resources) for part in self._partitions]
        own = self._partitions[last]
        if last and not options.is_traced and own.link.collects(own.registered, own.pushed_from):
            self._holds = True
            held = runs.pop()
        for index, run in enumerate(runs):
            self._start_part(index, run)
        if len(runs) == last:
            self._hold_part(last, held)
            if watch.is_due():
                self._watch_answers(watch)

    def _watch_answers(self, watch: BriefWatch) -> None:
        """Look out on this thread for the end of the other parts, which usually comes soon."""
        read = [
            answers
            for part in self._partitions[:-1]
            if (answers := part.link.answers()) is not None and answers.try_take_turn()
        ]
        if not read:
            return

        def has_come(wait_ms: int) -> bool:
            for answers in read[:]:
                if answers.has_answers():
                    read.remove(answers)
                    answers.read_answers()
            return self._is_done or not read

        try:
            watch.sees(has_come)
        finally:
            for answers in read:
                answers.pass_turn_on()

    def _hold_part(self, index: int, run: GraphRun) -> None:
        """Make a part ready while the others run; whoever sees them end first begins it."""
        part = self._partitions[index]
        held = part.link.prepare_graph(part.registered, run, self._ending(index))
        with self._lock:
            is_late = self._state.error is not None
            self._cancels[index] = held.cancel
            begins = len(self._state.open) == 1
            self._held = None if begins else held
            self._holds = not begins
        if is_late:
            held.cancel()
        if begins:
            held.begin()

    def _run_of(
        self,
        part: PlacedPartition,
        feeds: list[Any],
        options: StepOptions,
        resources: Mapping[str, Any],
    ) -> GraphRun:
        fed: list[Any] = []
        if part.feed_indices:
            forms = part.registered.feed_forms
            fed = [_in_form(feeds[i], f) for i, f in zip(part.feed_indices, forms, strict=True)]
        is_traced = options.is_traced  # traces show who asked for what
        return GraphRun(
            self.step_id,
            fed,
            is_traced,
            options.wants_partition_graphs,
            resources,
            not is_traced,
            frozenset() if is_traced else part.pushed_from,
            "" if is_traced else part.caller,
        )

    def _start_part(self, index: int, run: GraphRun) -> None:
        part = self._partitions[index]
        cancel = part.link.run_graph(
            self._session_handle, part.registered, run, self._ending(index)
        )
        with self._lock:
            is_late = self._state.error is not None and index in self._state.open
            self._cancels[index] = cancel
        if is_late:
            cancel()

    @property
    def is_done(self) -> bool:
        """Whether the run is over."""
        return self._is_done

    def give_up(self, timeout_s: float) -> None:
        """End the run because its time is over."""
        with self._lock:
            links = [self._partitions[i].link for i in sorted(self._state.open)]
        known = [f"its part on {link.task_name}" for link in links]
        lock = threading.Lock()
        unanswered = set(range(len(links)))

        def take(index: int, waiting: list[str] | None, error: OpError | None) -> None:
            with lock:
                if index not in unanswered:
                    return
                unanswered.discard(index)
                known[index] = ", ".join(waiting or ()) or known[index]
                is_last = not unanswered
            if is_last:
                self._cancel(_late_error(timeout_s, known))

        for index, link in enumerate(links):
            link.ask_waiting(self.step_id, partial(take, index))

        def wait_no_longer() -> None:
            for index in list(unanswered):
                take(index, None, None)

        if unanswered:
            DEADLINES.after(_ASK_WAITING_S, wait_no_longer)
        elif not links:
            self._cancel(_late_error(timeout_s, ["nothing"]))

    def _cancel(self, error: OpError) -> None:
        with self._lock:
            cancelled = [self._cancels[i] for i in self._state.fail(error) if i in self._cancels]
        for cancel in cancelled:
            cancel()

    def _ending(self, index: int) -> Callable[[GraphResult | None, OpError | None], None]:
        def end(result: GraphResult | None, error: OpError | None) -> None:
            if error is not None:
                task = self._partitions[index].link.task_name
                self._tasks.note_error(task, error, self._stamp)
                error = self._located(error, task)
            with self._lock:
                state = self._state
                others = state.end(index, result, error)
                cancelled = [self._cancels[i] for i in others if i in self._cancels]
                held = None
                if self._holds and len(state.open) == 1:
                    held, self._held = self._held, None
                is_last = not state.open and not self._is_done
                self._is_done = self._is_done or is_last
            for cancel in cancelled:
                cancel()
            if held is not None:
                held.begin()
            if is_last:
                self._finish()

        return end

    def _finish(self) -> None:
        self.scope.close()
        for part in self._partitions:
            if self._state.error or self._is_traced or not part.registered.leaves_nothing:
                part.link.clean_up_step(self.step_id)
        if self._is_traced:
            for part in self._partitions:
                part.link.log_transfers(False, lambda noted, error: None)
        delivery = joint_delivery(self._state.results.values())
        error = self._state.error
        if error is not None:
            if delivery is not None:
                (delivery.refuse if self.scope.is_abandoned else delivery.confirm)()
            self._on_done(None, error)
            return
        outcome = StepOutcome([None] * len(self._fetch_forms), delivery=delivery)
        graphs: list[Any] = []
        for index, part in enumerate(self._partitions):
            result = self._state.results[index]
            for position, value in zip(part.fetch_indices, result.values, strict=True):
                if value is DEAD:
                    outcome.confirm()
                    self._on_done(None, self._dead_fetch(position))
                    return
                outcome.values[position] = value
            if result.step_stats is not None:
                if outcome.step_stats is None:
                    outcome.step_stats = result.step_stats
                else:
                    add_step_stats(outcome.step_stats, result.step_stats)
            graphs += result.partition_graphs
        for part in self._partitions:
            for position, form in zip(part.fetch_indices, part.registered.fetch_forms, strict=True):
                wanted = self._fetch_forms[position].form
                if form is not wanted:  # the part was made anew, and differently
                    outcome.values[position] = _converted(outcome.values[position], form, wanted)
        outcome.partition_graphs = graphs
        if self._is_traced:
            self._add_transfers(outcome)
            if self._costs is not None and outcome.step_stats is not None:
                outcome.cost_graph = self._costs.note(outcome.step_stats)
        self._on_done(outcome, None)

    def _add_transfers(self, outcome: StepOutcome) -> None:
        """Add what the tasks have noted of the values that they got from each other."""
        for stats in self._ask_tasks(
            "Logging", lambda link: partial(link.take_transfers, self.step_id)
        ):
            for noted in stats:
                add_step_stats(outcome.step_stats, noted)

    def _ask_tasks(
        self, what: str, call: Callable[[WorkerLink], Callable[[Done[Any]], Cancel]]
    ) -> list[Any]:
        """Ask all tasks of a traced step; one that does not know how is left out."""
        found: list[Any] = []
        for part in self._partitions:
            try:
                found += ask_all(
                    {part.link.task_name: call(part.link)}, self.scope, what, _LOGGING_TIMEOUT_S
                ).values()
            except OpError as error:
                _log.info("%s does not note transfers: %s", part.link.task_name, error.message)
        return found

    def _dead_fetch(self, position: int) -> OpError:
        return errors.internal(
            f"Failed to fetch outputs for step {self.step_id}. (Original error message: The tensor "
            f"returned for fetch {position} was not valid.)"
        )

    def _located(self, error: OpError, task: str) -> OpError:
        """Return an error that says on which task it happened, and which operation it was."""
        known = errors.record_of(error)
        prefix = f"From {task_of(known.device) if known.device else task}:\n"
        if known.message.startswith("From /job:") or error.error_code == errors.CANCELLED:
            prefix = ""
        if error.error_code == errors.FAILED_PRECONDITION:
            # Who waited for the value may report the error before the task where it happened does.
            where = [task_of(known.device)] if known.device else [name for name, _ in self._stamp]
            anew = ", ".join(filter(self._tasks.was_started_anew, where))
            if anew:
                known = replace(known, message=f"{known.message}\n  {anew} {_STARTED_ANEW}")
        op = self._graph._operations_by_name.get(known.op_name or "")
        located = errors.error_from_record(replace(known, message=prefix + known.message), op=op)
        if op is not None:
            errors.attach_operation(located, op=op, step_id=self.step_id)
        return located


def _late_error(timeout_s: float, waiting: Sequence[str]) -> OpError:
    return errors.deadline_exceeded(
        "Timed out waiting for notification\n"
        f"  after {timeout_s * 1000:g} ms the step was waiting for: {', '.join(waiting)}"
    )


def _in_form(value: Any, form: Form) -> Any:
    """Return a value in the usual form of its dtype in another one."""
    if form is Form.HOST and hasattr(value, "untyped_storage"):
        array = to_host(value)
        return array if array.ndim else array[()]
    return value


def _converted(value: Any, form: Form, wanted: Form) -> Any:
    """Return a value of one form in another one."""
    if form is Form.HOST and wanted is Form.TENSOR:
        return to_tensor(value)
    return _in_form(value, wanted)
