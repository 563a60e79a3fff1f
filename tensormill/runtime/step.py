"""A step on one worker: its identity, its cancellation, and the driver of programs that may wait."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.runtime.cancellation import CancellationScope
from tensormill.runtime.plan.instructions import Instruction
from tensormill.runtime.plan.program import Program, Segment
from tensormill.runtime.plan.straight_line import InstructionFailed, Observer

__all__ = ["Completion", "ProgramRun", "Step"]


class Step:
    """What kernels see of the step that runs them.

    Attributes:
      step_id: unique on the master.
      cancellation: cancelled when the step fails, times out, or its session closes.
      resources: what lives as long as the step, by name: TensorArrays, stacks.
      session_handle: the session of the step.
    """

    __slots__ = ("cancellation", "resources", "session_handle", "step_id")

    def __init__(self, step_id: int, session_handle: str, cancellation: CancellationScope) -> None:
        self.step_id = step_id
        self.session_handle = session_handle
        self.cancellation = cancellation
        self.resources: dict[str, Any] = {}


class Completion:
    """What an asynchronous kernel calls when it is done: `done(outputs)` or `done.fail(error)`, once.

    Attributes:
      step: the running step; `step.cancellation` tells when waiting is over.
      instruction: the waiting instruction.
    """

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


class ProgramRun:
    """One run of a program that may wait. No thread is held while it waits.

    Completions post events from any thread; whichever thread finds the run idle drives it, so segments run one
    at a time. The first error ends the run once every started kernel has reported.
    """

    def __init__(
        self,
        program: Program,
        step: Step,
        feeds: list[Any],
        on_done: Callable[[list[Any] | None, BaseException | None], None],
        observer: Observer | None = None,
    ) -> None:
        self.program = program
        self.step = step
        self._values = program.new_values(feeds)
        self._on_done = on_done
        self._observer = observer
        self._lock = threading.Lock()
        self._events: deque[tuple[int, Instruction, Any, BaseException | None]] = (
            deque()
        )  # guarded by _lock
        self._is_driven = False  # guarded by _lock
        self._done_mask = 0
        self._outstanding = 0
        self._waiting: list[Segment] = list(program.segments)
        self._error: BaseException | None = None
        self._finished = False

    def start(self) -> None:
        """Run what can run, on the calling thread; the rest follows as kernels complete."""
        with self._lock:
            self._is_driven = True
        self._advance()
        self._drive()

    def waiting_for(self) -> list[Instruction]:
        """Return the started kernels that have not reported yet, for diagnosis."""
        return [
            instruction
            for segment in self.program.segments
            if segment not in self._waiting
            for bit, instruction in segment.starts
            if not self._done_mask & bit
        ]

    def post(
        self, bit: int, instruction: Instruction, outputs: Any, error: BaseException | None
    ) -> None:
        """Take the report of a kernel. Called on any thread."""
        with self._lock:
            self._events.append((bit, instruction, outputs, error))
            if self._is_driven:
                return
            self._is_driven = True
        self._drive()

    def _drive(self) -> None:
        while True:
            with self._lock:
                if not self._events:
                    self._is_driven = False
                    finished = self._outstanding == 0 and not self._finished
                    if finished:
                        self._finished = True
                    break
                bit, instruction, outputs, error = self._events.popleft()
            self._outstanding -= 1
            self._done_mask |= bit
            if error is not None:
                self._fail(instruction, error)
            elif self._error is None:
                self._store(instruction, outputs)
                self._advance()
        if finished:
            if self._error is None:
                self._on_done(self.program.results(self._values), None)
            else:
                self._on_done(None, self._error)

    def _store(self, instruction: Instruction, outputs: Any) -> None:
        if instruction.is_tuple:
            for slot, value in zip(instruction.outputs, outputs or (), strict=True):
                self._values[slot] = value
        else:
            self._values[instruction.outputs[0]] = outputs

    def _advance(self) -> None:
        """Run every segment whose dependencies are done, smaller sets first."""
        progress = True
        while progress and self._error is None:
            progress = False
            for segment in list(self._waiting):
                if segment.mask & ~self._done_mask:
                    continue
                self._waiting.remove(segment)
                progress = True
                self._run_segment(segment)
                if self._error is not None:
                    break

    def _run_segment(self, segment: Segment) -> None:
        try:
            with np.errstate(all="ignore"):
                self.program.run_block(segment.block, self._values, self.step, self._observer)
        except InstructionFailed as failure:
            self._fail(failure.instruction, failure.__cause__ or failure)
            return
        except Exception as error:  # noqa: BLE001 - an observer ended the step
            self._error = self._error or error
            self.step.cancellation.cancel(str(error))
            return
        for bit, instruction in segment.starts:
            self._start(bit, instruction)

    def _start(self, bit: int, instruction: Instruction) -> None:
        values = self._values
        arguments = [
            [values[s] for s in a] if type(a) is list else values[a] for a in instruction.arguments
        ]
        self._outstanding += 1
        done = Completion(self, bit, instruction)
        try:
            instruction.function(*arguments, done=done)
        except Exception as error:  # noqa: BLE001 - a kernel's error belongs to the step
            done.fail(error)

    def _fail(self, instruction: Instruction, error: BaseException) -> None:
        if self._error is not None:
            return
        failure = InstructionFailed(instruction)
        failure.__cause__ = error
        self._error = failure
        self.step.cancellation.cancel(str(error))
