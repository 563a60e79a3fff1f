"""`PreparedStep`: one signature of feeds, fetches and targets, ready to run as often as wanted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from tensormill.graph import errors
from tensormill.runtime.any_master import (
    AnyPreparedStep,
    FetchForm,
    StepOutcome,
    StopSignal,
    WaitObserver,
)
from tensormill.runtime.cancellation import CancellationScope
from tensormill.runtime.cost_model import CostModel
from tensormill.runtime.deadlines import DEADLINES
from tensormill.runtime.failures import as_op_error, as_reported, deadline_error
from tensormill.runtime.interrupts import DeferredInterrupts, wait_interruptibly
from tensormill.runtime.node import NodeGraph
from tensormill.runtime.node_graph_codec import to_graph_def
from tensormill.runtime.passes.partition import partition
from tensormill.runtime.plan.instructions import Form
from tensormill.runtime.plan.program import Program, Unfinished
from tensormill.runtime.plan.straight_line import InstructionFailed
from tensormill.runtime.record_blocks import RecordBlocks, RecordRows
from tensormill.runtime.resources.feeders import Feeding
from tensormill.runtime.running_steps import RunningSteps
from tensormill.runtime.step import LastWait, ProgramRun, Step
from tensormill.runtime.step_loops import LoopTurns, repeat_here
from tensormill.runtime.step_options import StepOptions
from tensormill.runtime.taken_elements import TakenElements, hands_out_only
from tensormill.runtime.trace import StepGuard, StepTrace

__all__ = [
    "OnStepBegin",
    "OnStepDone",
    "PreparedStep",
    "StartableStep",
    "once",
    "tell_nobody",
]


OnStepDone = Callable[[StepOutcome | None, errors.OpError | None], None]
"""What is told how a step ended: with its outcome or with an error."""


OnStepBegin = Callable[[CancellationScope], None]
"""What is told how to cancel a step, before that does anything that may take long."""


def tell_nobody(scope: CancellationScope) -> None:
    """Let a step begin that nobody will cancel before `start` returns."""


def once() -> bool:
    """Let no step follow another one."""
    return False


class StartableStep(AnyPreparedStep, Protocol):
    """A step of a master in this process, which can also be started without waiting for its end."""

    @property
    def is_ready(self) -> bool:
        """Whether it can be started at once; else `renew` it first."""

    def renew(self) -> None:
        """Make it ready; waits for other tasks."""

    def start(
        self,
        feeds: list[Any],
        options: StepOptions,
        on_done: OnStepDone,
        on_begin: OnStepBegin = ...,
        /,
    ) -> CancellationScope | None:
        """Start one step; it may end before this returns.

        Args:
          feeds: values in the forms of `feed_forms`.
          options: how it runs; it ends in time.
          on_done: called once, with the outcome or the error, on the thread that ends the step.
          on_begin: told how to cancel the step, unless that is over at once.

        Returns:
          What cancels the step; None where it has ended.
        """

    def run_block(self) -> int:
        """Run as many steps without feeds as can run at once, and return how many.

        It waits for nothing and does not fail; 0 means that a step has to be started.
        """

    def begin_feeding(self) -> Feeding:
        """Tell the queues that the step feeds, as far as they are here, that it is repeated."""

    @property
    def may_share_thread(self) -> bool:
        """Whether loops of it may take turns on one thread, as far as its steps are short."""

    def repeat_once(
        self, on_done: OnStepDone, may_repeat: Callable[[], bool] = ..., /
    ) -> CancellationScope | None:
        """Start a step without feeds and options, as `start`; nobody wants its values.

        Args:
          on_done: told how it ended.
          may_repeat: may be asked instead where the step succeeded without waiting; if it returns
            True, the next step follows at once.
        """


CLOSED_BY_CLIENT = "Step was cancelled by an explicit call to `Session::Close()`."


def _observer(step: Step, options: StepOptions) -> StepGuard | None:
    """Return what watches a step that is traced, or may have to end between two instructions."""
    if options.is_traced:
        return StepTrace(step)
    if options.timeout_s is not None or options.runs_inline:
        return StepGuard(step)
    return None


def _late_error(
    error: BaseException, timeout_s: float | None, observer: StepGuard | None
) -> errors.DeadlineExceededError | None:
    """Return the error of a step that saw itself that its time is over, or None."""
    if timeout_s is None:
        return None
    if isinstance(error, InstructionFailed):
        is_late = isinstance(error.__cause__, errors.DeadlineExceededError)
        return deadline_error(timeout_s, [error.instruction]) if is_late else None
    if not isinstance(error, errors.DeadlineExceededError):
        return None
    if observer is None or observer.instruction is None:
        return None
    return deadline_error(timeout_s, [observer.instruction])


class _Deadline:
    """Ends a step that waits when its time is over.

    Attributes:
      error: what the step then ended with.
    """

    def __init__(self, timeout_s: float | None, step: Step) -> None:
        self._timeout_s = timeout_s
        self._step = step
        self._call_off: Callable[[], None] | None = None
        self.error: errors.DeadlineExceededError | None = None

    def watch(self, run: ProgramRun) -> None:
        """Begin; the run has not been started yet."""
        timeout_s, left_s = self._timeout_s, self._step.remaining_s()
        if timeout_s is None or left_s is None:
            return

        def give_up() -> None:
            self.error = deadline_error(timeout_s, run.waiting_for())
            self._step.cancellation.cancel(self.error.message)

        self._call_off = DEADLINES.after(left_s, give_up)

    def call_off(self) -> None:
        """Forget it: the step has ended."""
        if self._call_off is not None:
            self._call_off()


_NO_OPTIONS: Final = StepOptions()
_NOTHING: Final = StepOutcome([])
_HOLD_THREADS: Final = ("Dataset", "Iterator", "ReadFile", "RecordInput", "WholeFileReader")
"""Parts of the op types of which a kernel may wait, for a disk or for other threads."""
_STEPS_BEFORE_AHEAD: Final = 16
"""How many steps run by themselves before elements are made ahead."""


def _no_blocks(step: PreparedStep) -> None:
    """Find that a step cannot be run by the block."""


class PreparedStep:
    """A step that can run any number of times, from any thread.

    Attributes:
      program: the program.
      graph: the nodes that it runs.
    """

    __slots__ = (
        "_blocks",
        "_costs",
        "_find_blocks",
        "_gives_back",
        "_is_plain",
        "_new_step",
        "_running",
        "_turns",
        "graph",
        "program",
    )

    def __init__(
        self,
        program: Program,
        graph: NodeGraph,
        running: RunningSteps,
        new_step: Callable[..., Step],
        find_blocks: Callable[[PreparedStep], RecordBlocks | RecordRows | None] = _no_blocks,
        turns: LoopTurns | None = None,
        costs: CostModel | None = None,
    ) -> None:
        self.program = program
        self._costs = costs
        self._turns = LoopTurns() if turns is None else turns
        self.graph = graph
        self._running = running
        self._new_step = new_step
        self._find_blocks = find_blocks
        # Until it was looked for what makes many elements at once, how many more steps to wait.
        self._blocks: RecordBlocks | RecordRows | int | None = _STEPS_BEFORE_AHEAD
        self._is_plain = not program.is_blocking and not program.takes_step
        self._gives_back: bool | None = None  # until it is first wanted

    @property
    def is_ready(self) -> bool:
        """Whether it can be started at once: it needs no other task."""
        return True

    def renew(self) -> None:
        """Do nothing: it is always ready."""

    @property
    def feed_forms(self) -> list[Form]:
        """The forms in which fed values are taken."""
        return [form for _, form, _, _ in self.program.feeds]

    @property
    def fetch_forms(self) -> list[FetchForm]:
        """The forms in which fetched values are returned."""
        return [
            FetchForm(form, dtype, index in self.program.copied_fetches)
            for index, (_, form, dtype) in enumerate(self.program.fetches)
        ]

    def run(self, feeds: list[Any]) -> list[Any]:
        """Run one step without options and return the fetched values, or `ReadyValues`.

        Raises:
          OpError: the step failed.
        """
        running = self._running
        running.entries.append(None)
        try:
            if running.is_closed:
                raise running.closed_error()
            if self._is_plain:
                return self.program.run(feeds)
            if self.program.takes_step:
                return self._run_step(feeds, self._new_step(), None, None)
            if self._blocks is not None:
                rows = self._rows_ahead()
                row = None if rows is None else rows.take()
                if row is not None:
                    return row
            made = self.program.run_at_once(feeds, None)
            if isinstance(made, Unfinished):
                return self._run_step([], self._new_step(), None, None, made)
            return made
        except InstructionFailed as failure:
            step = self._new_step()  # a plain step gets its number when there is something to tell
            step.cancellation.close()
            raise as_op_error(failure, step.step_id) from failure.__cause__
        finally:
            running.leave()

    def _rows_ahead(self) -> RecordRows | None:
        """Return what gives steps elements that were made ahead; None where nothing does.

        Steps that run a few times only are not looked at.
        """
        blocks = self._blocks
        if type(blocks) is RecordRows:
            return blocks
        if type(blocks) is int:
            if blocks:
                self._blocks = blocks - 1
            else:
                self._blocks = self._find_blocks(self)
        return None

    def start(
        self,
        feeds: list[Any],
        options: StepOptions,
        on_done: OnStepDone,
        on_begin: OnStepBegin = tell_nobody,
    ) -> CancellationScope | None:
        """Start one step; see `StartableStep`."""
        options = options.counted_by(self._costs)
        if self._is_plain and options.is_plain:
            self._run_plain(feeds, on_done)
            return None
        try:
            self._running.enter()
        except errors.OpError as error:
            on_done(None, error)
            return None
        timeout_s = options.timeout_s
        step = self._new_step(None if timeout_s is None else time.monotonic() + timeout_s)
        observer = _observer(step, options)
        deadline = _Deadline(timeout_s, step)
        taken = step.taken = TakenElements() if self._can_give_back() else None

        def finish(values: list[Any] | None, error: BaseException | None) -> None:
            deadline.call_off()
            step.cancellation.close()
            self._running.leave()
            if error is not None:
                if taken is not None and step.cancellation.is_abandoned:
                    taken.refuse()
                late = deadline.error or _late_error(error, timeout_s, observer)
                if late is not None:
                    on_done(None, late)
                    return
                on_done(None, self._reported(error, step))
                return
            assert values is not None
            outcome = self._outcome(values, observer, options)
            if taken is not None:
                outcome.delivery = taken
            on_done(outcome, None)

        if observer is None and self._blocks is not None:
            rows = self._rows_ahead()
            row = None if rows is None else rows.take_in_forms()
            if row is not None:
                finish(row, None)
                return None
        on_begin(step.cancellation)
        program = self.program
        begun = None
        try:
            if not program.is_blocking:
                values = program.run(feeds, step, observer)
            elif observer is None:
                made = program.run_at_once(feeds, step)
                if isinstance(made, Unfinished):
                    begun = made
                else:
                    values = made
            else:
                begun = program.begin(feeds)
        except Exception as error:  # noqa: BLE001 - belongs to the step
            finish(None, error)
            return None
        if begun is None:
            finish(values, None)
            return None
        run = ProgramRun(program, step, [], finish, observer, begun)
        deadline.watch(run)
        run.start()
        return step.cancellation

    def _run_plain(self, feeds: list[Any], on_done: OnStepDone) -> None:
        """Run a step that nothing can end before it is done."""
        try:
            values = self.run(feeds)
        except Exception as error:  # noqa: BLE001 - belongs to the step
            on_done(None, as_reported(error))
        else:
            on_done(StepOutcome(values), None)

    def _outcome(
        self, values: list[Any], observer: StepGuard | None, options: StepOptions
    ) -> StepOutcome:
        outcome = StepOutcome(values)
        if isinstance(observer, StepTrace):
            outcome.step_stats = observer.step_stats(self.graph)
            if options.costs is not None:
                outcome.cost_graph = options.costs.note(outcome.step_stats)
        if options.wants_partition_graphs:
            outcome.partition_graphs = self._partition_graphs()
        return outcome

    def run_block(self) -> int:
        """Run as many steps without feeds as can run at once; see `StartableStep`."""
        blocks = self._blocks
        if isinstance(blocks, int):
            blocks = self._blocks = self._find_blocks(self)
        if not isinstance(blocks, RecordBlocks):
            return 0
        self._running.entries.append(None)
        try:
            return 0 if self._running.is_closed else blocks.run()
        finally:
            self._running.leave()

    def repeat(self, stop: StopSignal, waits: WaitObserver) -> None:
        """Run steps without feeds until they are to stop, which is asked before each.

        Steps of other loops of the session may run on the calling thread meanwhile, and those of
        this one on theirs.

        Args:
          stop: says when to stop.
          waits: told when a step begins to wait, and when it goes on.

        Raises:
          OpError: a step failed.
        """
        repeat_here(self, self._turns, stop.should_stop, waits)

    def begin_feeding(self) -> Feeding:
        """Tell the queues that the step feeds that it is repeated from now on."""
        return Feeding(*self.program.fed_queues())

    @property
    def may_share_thread(self) -> bool:
        """Whether repeated steps may take turns; see `StartableStep`."""
        program = self.program
        return (
            program.is_bounded
            and bool(program.fed_queues()[0])
            and not any(part in n.op_type for n in self.graph.nodes for part in _HOLD_THREADS)
        )

    def repeat_once(
        self, on_done: OnStepDone, may_repeat: Callable[[], bool] = once
    ) -> CancellationScope | None:
        """Start a step without feeds and options; see `StartableStep`."""
        program, running = self.program, self._running
        if self._is_plain or program.takes_step or self._can_give_back():
            return self.start([], _NO_OPTIONS, on_done)
        try:
            running.enter()
        except errors.OpError as error:
            on_done(None, error)
            return None
        begun: Unfinished | None = None
        try:
            if isinstance(self._blocks, RecordBlocks):
                begun = self._blocks.begin()
            while begun is None:
                made = program.run_at_once([], None)
                if type(made) is Unfinished:
                    begun = made
                elif running.is_closed or not may_repeat():
                    break
        except Exception as error:  # noqa: BLE001 - belongs to the step
            running.leave()
            step = self._new_step()
            step.cancellation.close()
            on_done(None, as_reported(error, step.step_id))
            return None
        if begun is None:
            running.leave()
            on_done(_NOTHING, None)
            return None
        return self._wait_on(begun, on_done)

    def _wait_on(self, begun: Unfinished, on_done: OnStepDone) -> CancellationScope:
        """Go on with a step of a loop that must wait."""
        step = self._new_step()

        def finish(error: BaseException | None) -> None:
            step.cancellation.close()
            self._running.leave()
            if error is None:
                on_done(_NOTHING, None)
            else:
                on_done(None, self._reported(error, step))

        program = self.program
        if len(begun.pending) == 1 and not begun.segments:
            LastWait(program, step, begun.pending[0][1], finish).start(begun.values)
        else:
            ProgramRun(program, step, [], lambda _, error: finish(error), None, begun).start()
        return step.cancellation

    def _reported(self, error: BaseException, step: Step) -> errors.OpError:
        reported = as_reported(error, step.step_id)
        if self._running.is_closed and isinstance(reported, errors.CancelledError):
            reported = errors.cancelled(CLOSED_BY_CLIENT)
        return reported

    def _can_give_back(self) -> bool:
        """Return whether what a step takes out of queues can go back."""
        if self._gives_back is None:
            self._gives_back = hands_out_only(self.graph)
        return self._gives_back

    def run_with(self, feeds: list[Any], options: StepOptions) -> StepOutcome:
        """Run one step with options.

        Raises:
          DeadlineExceededError: it took longer than allowed.
          OpError: the step failed.
        """
        options = options.counted_by(self._costs)
        self._running.enter()
        try:
            timeout_s = options.timeout_s
            step = self._new_step(None if timeout_s is None else time.monotonic() + timeout_s)
            observer = _observer(step, options)
            values = self._run_step(feeds, step, observer, timeout_s)
            return self._outcome(values, observer, options)
        finally:
            self._running.leave()

    def _run_step(
        self,
        feeds: list[Any],
        step: Step,
        observer: StepGuard | None,
        timeout_s: float | None,
        begun: Unfinished | None = None,
    ) -> list[Any]:
        try:
            if self.program.is_blocking:
                return self._run_blocking(feeds, step, observer, timeout_s, begun)
            return self.program.run(feeds, step, observer)
        except InstructionFailed as failure:
            late = _late_error(failure, timeout_s, observer)
            if late is not None:
                raise late from failure.__cause__
            raise as_op_error(failure, step.step_id) from failure.__cause__
        except errors.DeadlineExceededError as error:
            late = _late_error(error, timeout_s, observer)
            if late is None:
                raise
            raise late from error
        finally:
            step.cancellation.close()

    def _run_blocking(
        self,
        feeds: list[Any],
        step: Step,
        observer: StepGuard | None,
        timeout_s: float | None,
        begun: Unfinished | None,
    ) -> list[Any]:
        finished = threading.Event()
        outcome: list[Any] = []

        def on_done(values: list[Any] | None, error: BaseException | None) -> None:
            outcome.extend((values, error))
            finished.set()

        run = ProgramRun(self.program, step, feeds, on_done, observer, begun)
        timed_out = None
        try:
            with DeferredInterrupts():
                run.start()
            if not wait_interruptibly(finished, step.remaining_s()):
                assert timeout_s is not None
                timed_out = deadline_error(timeout_s, run.waiting_for())
                step.cancellation.cancel(timed_out.message)
                finished.wait()
        except BaseException:  # interrupted: the step ends, the session stays usable
            step.cancellation.cancel("The step was interrupted.")
            finished.wait()
            raise
        values, error = outcome
        if error is None:
            return values
        raise error if timed_out is None else timed_out

    def _partition_graphs(self) -> tuple[Any, ...]:
        parts = partition(self.graph, lambda node: node.device)
        return tuple(to_graph_def(part.graph) for _, part in sorted(parts.items()))
