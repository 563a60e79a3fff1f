"""A step on one worker: its identity, its cancellation, the driver of programs that may wait."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from tensormill.graph import errors, tf_logging
from tensormill.runtime.cancellation import CancellationScope
from tensormill.runtime.interrupts import DeferredInterrupts, interruptible
from tensormill.runtime.plan.frames import DEAD
from tensormill.runtime.plan.instructions import Instruction
from tensormill.runtime.plan.numpy_errors import restore_numpy, silence_numpy
from tensormill.runtime.plan.program import Program, Segment, Unfinished
from tensormill.runtime.plan.straight_line import InstructionFailed, Observer
from tensormill.runtime.rendezvous_keys import ROOT
from tensormill.runtime.step_rendezvous import StepRendezvous
from tensormill.runtime.taken_elements import TakenElements
from tensormill.runtime.transfers import HANDS_OVER, RECEIVES

__all__ = ["Completion", "Dispatcher", "LastWait", "ProgramRun", "Step", "in_turns"]


class Dispatcher(Protocol):
    """Threads that compute."""

    def submit(self, function: Callable[[], None], /) -> None:
        """Run a function on one of them."""

    def is_here(self) -> bool:
        """Return whether the calling thread is one of them."""


class Step:
    """What kernels see of the step that runs them.

    Attributes:
      step_id: unique on the master.
      cancellation: cancelled when the step fails, times out, or its session closes.
      resources: what lives as long as the step, by name: TensorArrays, stacks.
      session_handle: the session of the step.
      deadline_s: when the step's time is over, on the clock of `time.monotonic`; None for never.
      rendezvous: where values from and for other tasks meet; None for a step that has none.
      dispatcher: the threads on which the step goes on after a report; None for the thread that
        reports.
      taken: what it took out of queues, where that may have to go back; else None.
    """

    __slots__ = (
        "cancellation",
        "deadline_s",
        "dispatcher",
        "rendezvous",
        "resources",
        "session_handle",
        "step_id",
        "taken",
    )

    def __init__(
        self,
        step_id: int,
        session_handle: str,
        cancellation: CancellationScope,
        deadline_s: float | None = None,
    ) -> None:
        self.step_id = step_id
        self.session_handle = session_handle
        self.cancellation = cancellation
        self.deadline_s = deadline_s
        self.resources: dict[str, Any] = {}
        self.rendezvous: StepRendezvous | None = None
        self.dispatcher: Dispatcher | None = None
        self.taken: TakenElements | None = None

    def flush(self) -> None:
        """Let what was sent go to the tasks that need it.

        Raises:
          OpError: one of them cannot be reached, or a value cannot travel.
        """
        if self.rendezvous is not None:
            self.rendezvous.flush()

    def warn(self, text: str) -> None:
        """Tell who waits for the step something; where nobody listens, it is logged."""
        listener = self.cancellation.listener
        if listener is None:
            tf_logging.warning("%s", text)
        else:
            listener(text)

    def remaining_s(self) -> float | None:
        """Return the time that is left; None for a step without a deadline."""
        return None if self.deadline_s is None else max(0.0, self.deadline_s - time.monotonic())

    def check(self) -> None:
        """Let a long computation end where nobody wants it any more; loops call this at each turn.

        Raises:
          CancelledError: the step was cancelled.
          DeadlineExceededError: its time is over.
        """
        if self.cancellation.reason is not None:
            raise errors.CancelledError(None, None, self.cancellation.reason)
        if self.deadline_s is not None and time.monotonic() > self.deadline_s:
            raise errors.DeadlineExceededError(None, None, "Timed out waiting for notification")


class Completion:
    """What an asynchronous kernel calls once when done: `done(outputs)` or `done.fail(error)`.

    Attributes:
      step: the running step; `step.cancellation` tells when waiting is over.
      instruction: the waiting instruction.
      frame: frame and iteration of the loop in which it waits, as rendezvous keys write them.
    """

    frame = ROOT

    __slots__ = ("_bit", "_run", "instruction", "step")

    def __init__(self, run: ProgramRun, bit: int, instruction: Instruction) -> None:
        self._run = run
        self._bit = bit
        self.instruction = instruction
        self.step = run.step

    def __call__(self, outputs: Any = None) -> None:
        """Report the outputs, in the form that the kernel's instruction declares. Any thread."""
        self._run.post(self._bit, self.instruction, outputs, None)

    def fail(self, error: BaseException) -> None:
        """Report that the kernel failed. Any thread."""
        self._run.post(self._bit, self.instruction, None, error)


def _check_live(values: list[Any]) -> None:
    for index, value in enumerate(values):
        if value is DEAD:
            raise errors.invalid_argument(f"Retval[{index}] does not have value")


class _Turns(threading.local):
    """The runs that wait for their turn on this thread; None where the thread drives no run."""

    runs: deque[ProgramRun | LastWait] | None = None
    is_driving = False
    interrupt: BaseException | None = None


_turns = _Turns()


def _take_turns(first: Callable[[], None], drives: bool = True) -> None:
    """Call `first`, then drive the runs that became ready on this thread meanwhile.

    One run after the other: a kernel that completes the kernel of another run is not interrupted
    by it, and a long chain of runs that wake each other does not pile up on the stack.

    Args:
      first: what is called.
      drives: it drives a run itself.

    Raises:
      KeyboardInterrupt: the thread was interrupted; the run that it drove then has been ended.
    """
    outer, was_driving = _turns.runs, _turns.is_driving
    runs = _turns.runs = deque()
    _turns.is_driving = drives
    try:
        first()
        _turns.is_driving = True
        while runs:
            runs.popleft().drive()
    finally:
        _turns.runs, _turns.is_driving = outer, was_driving
    interrupt = _turns.interrupt
    if interrupt is not None and outer is None:
        _turns.interrupt = None
        raise interrupt


def in_turns(action: Callable[[], None]) -> None:
    """Act; runs that go on for it on this thread do so when it is done, one after the other."""
    if _turns.runs is None:
        _take_turns(action, drives=False)
    else:
        action()


class ProgramRun:
    """One run of a program that may wait. No thread is held while it waits.

    Completions post events from any thread; whichever thread finds the run idle drives it, so
    segments run one at a time. The first error ends the run once every started kernel has reported.

    Attributes:
      started_s: when it was started, on the clock of `time.monotonic`.
    """

    def __init__(
        self,
        program: Program,
        step: Step,
        feeds: list[Any],
        on_done: Callable[[list[Any] | None, BaseException | None], None],
        observer: Observer | None = None,
        begun: Unfinished | None = None,
    ) -> None:
        """Make a run.

        Args:
          program: the program.
          step: the running step.
          feeds: values in the forms of the program's feeds.
          on_done: called with the fetched values or the error, on any thread.
          observer: sees each instruction.
          begun: a run of `Program.run_at_once`, which this one goes on with; `feeds` is not used
            then.
        """
        self.program = program
        self.step = step
        self._pending = [] if begun is None else begun.pending
        self._values = program.new_values(feeds) if begun is None else begun.values
        self._on_done = on_done
        self._observer = observer
        self._lock = threading.Lock()
        # guarded by _lock
        self._events: list[tuple[int, Instruction, Any, BaseException | None]] = []
        self._is_driven = False  # guarded by _lock
        self._done_mask = 0 if begun is None else begun.done_mask
        self._dead_mask = 0
        self._started: dict[int, Instruction] = {}  # by bit: started, not reported yet
        self._waiting: list[Segment] = list(program.segments if begun is None else begun.segments)
        self._error: BaseException | None = None
        self._finished = False
        self.started_s = 0.0

    def start(self) -> None:
        """Run what can run, on the calling thread; the rest follows as kernels complete."""
        self._is_driven = True
        self.started_s = time.monotonic()
        self.program.runs[id(self)] = self
        _take_turns(self._begin)

    def waiting_for(self) -> list[Instruction]:
        """Return the started kernels that have not reported yet, for diagnosis."""
        return list(self._started.copy().values())

    def post(
        self, bit: int, instruction: Instruction, outputs: Any, error: BaseException | None
    ) -> None:
        """Take the report of a kernel. Called on any thread."""
        with self._lock:
            self._events.append((bit, instruction, outputs, error))
            if self._is_driven:
                return
            self._is_driven = True
        dispatcher = self.step.dispatcher
        if dispatcher is not None and self._wants_thread(dispatcher):
            dispatcher.submit(self._take_turns)
        elif _turns.runs is None:
            _take_turns(self.drive)
        else:
            _turns.runs.append(self)

    def _wants_thread(self, dispatcher: Dispatcher) -> bool:
        """Return whether to go on elsewhere: on a thread that computes, and not behind other runs.

        A short run goes on where it was woken: a change of threads takes as long.
        """
        if self.program.is_short:
            return False
        runs = _turns.runs
        return not dispatcher.is_here() or (runs is not None and (_turns.is_driving or bool(runs)))

    def _take_turns(self) -> None:
        _take_turns(self.drive)

    def _begin(self) -> None:
        for bit, instruction in self._pending:
            self._start(bit, instruction)
        self._guarded(self._advance)
        self.drive()

    def drive(self) -> None:
        """Handle what was reported, until nothing is left. Only by who made the run driven."""
        started_ns = time.thread_time_ns()
        while True:
            if self._started and not self._events:  # it is going to wait
                self._flush()
            with self._lock:
                events, self._events = self._events, []
                if not events:
                    self._is_driven = False
                    finished = not self._started and not self._finished
                    if finished:
                        self._finished = True
                    break
            for event in events:
                self._take(*event)
            if self._error is None:
                self._guarded(self._advance)
        self.program.note_turn(time.thread_time_ns() - started_ns)
        if finished:
            self._finish()

    def _take(
        self, bit: int, instruction: Instruction, outputs: Any, error: BaseException | None
    ) -> None:
        """Take note of one report."""
        if self._started.pop(bit, None) is None:
            return  # a kernel that raised after its report
        self._done_mask |= bit
        taken = self.step.taken
        if taken is not None and outputs is not None and outputs is not DEAD:
            taken.note(instruction, self._values, outputs)
        if error is not None:
            self._fail(instruction, error)
        elif self._error is None:
            if outputs is DEAD:
                self._dead_mask |= bit
                self._kill(instruction)
            else:
                self._guarded(self._store, instruction, outputs)

    def _finish(self) -> None:
        self.program.runs.pop(id(self), None)
        results = None
        if self._error is None:
            try:
                results = self.program.results(self._values)
                if self._dead_mask:
                    _check_live(results)
            except errors.OpError as error:
                self._error = error
        self._values = []
        self._on_done(results, self._error)

    def _guarded(self, action: Callable[..., None], *arguments: Any) -> None:
        """Act; what is raised ends the run, and what is no Exception also interrupts the thread."""
        try:
            action(*arguments)
        except Exception as error:  # noqa: BLE001 - belongs to the step
            self._end(error)
        except BaseException as interrupt:  # noqa: BLE001 - goes on when the run is in order
            _turns.interrupt = interrupt
            self._end(errors.CancelledError(None, None, "The step was interrupted."))

    def _store(self, instruction: Instruction, outputs: Any) -> None:
        if instruction.is_tuple:
            for slot, value in zip(instruction.outputs, outputs or (), strict=True):
                self._values[slot] = value
        else:
            self._values[instruction.outputs[0]] = outputs
        if self._observer is not None:
            self._observer.after(instruction, [self._values[s] for s in instruction.outputs])

    def _advance(self) -> None:
        """Run every segment whose dependencies are done, smaller sets first."""
        progress = True
        while progress and self._error is None:
            progress = False
            for segment in list(self._waiting):
                if segment.mask & ~self._done_mask:
                    continue
                if self.step.cancellation.reason is not None:
                    self._end(errors.CancelledError(None, None, self.step.cancellation.reason))
                    return
                self._waiting.remove(segment)
                progress = True
                if segment.mask & self._dead_mask:
                    self._skip_segment(segment)
                else:
                    self._run_segment(segment)
                    # What the last segment sent may go with the answer.
                    if not self.program.is_short and (self._waiting or self._started):
                        self._flush()
                if self._error is not None:
                    break

    def _flush(self) -> None:
        rendezvous = self.step.rendezvous
        if rendezvous is not None and rendezvous.has_unsent:
            self._guarded(rendezvous.flush)

    def _run_segment(self, segment: Segment) -> None:
        if not segment.is_empty:
            token = silence_numpy()
            try:
                if DeferredInterrupts.current is None and self._observer is None:
                    segment.block.run(self._values, self.step)
                else:
                    with interruptible():
                        self._run_block(segment)
            except InstructionFailed as failure:
                self._end(failure)
                return
            finally:
                restore_numpy(token)
        for bit, instruction in segment.starts:
            self._start(bit, instruction)

    def _run_block(self, segment: Segment) -> None:
        if self._observer is None:
            segment.block.run(self._values, self.step)
        else:
            segment.block.walk(self._values, self.step, self._observer)

    def _skip_segment(self, segment: Segment) -> None:
        """Give everything in a segment that depends on a dead value dead outputs.

        A node is dead if anything that it depends on is: without a Merge (graphs with one run by
        the general rule) that is the same for a whole segment. Transfers run all the same.
        """
        for instruction in segment.block.block.instructions:
            if instruction.node.op_type in HANDS_OVER and not instruction.is_conversion:
                instruction.function(DEAD, step=self.step)
            self._kill(instruction)
        for bit, instruction in segment.starts:
            if instruction.node.op_type in RECEIVES:
                self._start(bit, instruction)
            else:
                self._kill(instruction)
                self._done_mask |= bit
                self._dead_mask |= bit

    def _kill(self, instruction: Instruction) -> None:
        for slot in instruction.outputs:
            self._values[slot] = DEAD

    def _start(self, bit: int, instruction: Instruction) -> None:
        if self._observer is not None:
            self._observer.before(instruction)
        values = self._values
        arguments = [
            [values[s] for s in a] if type(a) is list else values[a] for a in instruction.arguments
        ]
        self._started[bit] = instruction
        done = Completion(self, bit, instruction)
        try:
            instruction.function(*arguments, done=done)
        except Exception as error:  # noqa: BLE001 - a kernel's error belongs to the step
            done.fail(error)

    def _fail(self, instruction: Instruction, error: BaseException) -> None:
        if isinstance(error, InstructionFailed):  # it says itself where
            self._end(error)
            return
        failure = InstructionFailed(instruction)
        failure.__cause__ = error
        self._end(failure)

    def _end(self, error: BaseException) -> None:
        """Note the error that ends the run, unless one did already, and wake what waits."""
        if self._error is None:
            self._error = error
            self.step.cancellation.cancel(str(error.__cause__ or error))


class LastWait:
    """The end of a run of which one asynchronous kernel is left, whose outputs nobody wants.

    It is what the kernel reports to. What a run of a loop waits for again and again costs less so.

    Attributes:
      step: the running step.
      instruction: the waiting instruction.
      started_s: when it began to wait, on the clock of `time.monotonic`.
    """

    frame = ROOT

    __slots__ = ("_error", "_on_done", "_program", "instruction", "started_s", "step")

    def __init__(
        self,
        program: Program,
        step: Step,
        instruction: Instruction,
        on_done: Callable[[BaseException | None], None],
    ) -> None:
        """Prepare to wait.

        Args:
          program: the program.
          step: the running step.
          instruction: the asynchronous instruction.
          on_done: called with the error, or None, on any thread.
        """
        self.step = step
        self.instruction = instruction
        self.started_s = 0.0
        self._program = program
        self._on_done = on_done
        self._error: BaseException | None = None

    def start(self, values: list[Any]) -> None:
        """Start the kernel, on the calling thread; it may report before this returns.

        Args:
          values: of the slots of the program.
        """
        self.started_s = time.monotonic()
        self._program.runs[id(self)] = self
        arguments = [
            [values[s] for s in a] if type(a) is list else values[a]
            for a in self.instruction.arguments
        ]
        try:
            self.instruction.function(*arguments, done=self)
        except Exception as error:  # noqa: BLE001 - a kernel's error belongs to the step
            self.fail(error)

    def waiting_for(self) -> list[Instruction]:
        """Return the instruction that has not reported yet, for diagnosis."""
        return [self.instruction]

    def __call__(self, outputs: Any = None) -> None:
        """Take note that the kernel is done. Any thread."""
        if _turns.runs is None:
            _take_turns(self.drive)
        else:
            _turns.runs.append(self)

    def fail(self, error: BaseException) -> None:
        """Take note that the kernel failed. Any thread."""
        if isinstance(error, InstructionFailed):  # it says itself where
            self._error = error
        else:
            self._error = InstructionFailed(self.instruction)
            self._error.__cause__ = error
        self()

    def drive(self) -> None:
        """Tell how it ended. Called once."""
        self._program.runs.pop(id(self), None)
        self._on_done(self._error)
