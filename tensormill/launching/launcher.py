"""Runs a job of processes on this machine, as `job` decides, until it is over."""

from __future__ import annotations

import os
import queue
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tensormill.launching.job import (
    Instruction,
    Job,
    JobEnds,
    StartTask,
    StopTasks,
    TaskName,
    TaskState,
)
from tensormill.launching.progress import Progress, error_of
from tensormill.launching.task_process import TaskProcess
from tensormill.launching.view import TaskLine, View

__all__ = ["CannotLogError", "Launcher", "TaskCommand"]

_REDRAW_S = 0.5
# How long a task may take to end when it is asked to.
_GRACE_S = 2.0
_KEPT_LINES = 400
_SIGNAL_EXIT = 128
_STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_FAILED = 1


class CannotLogError(Exception):
    """The log of a task cannot be written."""


@dataclass(frozen=True)
class TaskCommand:
    """What a task runs: the words after `tensormill`, and its variables."""

    words: Sequence[str]
    environment: Mapping[str, str]


@dataclass
class _RunningTask:
    """What the launcher has of a task.

    Attributes:
      log: its open log file, shared by all attempts.
      process: its last process.
      lines: the last lines of the last attempt.
    """

    log: IO[str]
    progress: Progress
    process: TaskProcess | None = None
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=_KEPT_LINES))


class Launcher:
    """Runs one job.

    Args:
      job: decides.
      commands: what each task runs.
      log_directory: gets a file a task.
      view: shows it.
    """

    def __init__(
        self,
        job: Job,
        commands: Mapping[TaskName, TaskCommand],
        log_directory: Path,
        view: View,
    ) -> None:
        self._job = job
        self._commands = commands
        self._log_directory = log_directory
        self._view = view
        # Calls to make on this thread; put there by the readers of the tasks and signal handlers.
        self._events: queue.SimpleQueue[Callable[[], list[Instruction]]] = queue.SimpleQueue()
        self._tasks: dict[TaskName, _RunningTask] = {}
        self._kill_at: float | None = None
        self._error: list[str] = []
        self._end: JobEnds | None = None

    def run(self) -> int:
        """Run the job to its end, and return its exit code.

        Raises:
          CannotLogError: the folder of the logs cannot be used; nothing was started.
        """
        reading, writing = os.pipe()
        self._lifeline = reading
        try:
            self._open_logs()
            with _signals_as(self._interrupted):
                self._carry_out(self._job.begin())
                while self._end is None:
                    self._step()
        finally:
            for task in self._tasks.values():
                if task.process is not None:
                    task.process.send(signal.SIGKILL)
                    task.process.join()
                task.log.close()
            os.close(reading)
            os.close(writing)
            self._view.close()
        self._report(self._end)
        return self._end.exit_code

    def log_path(self, task: TaskName) -> Path:
        """Return where the log of a task is."""
        return self._log_directory / f"{task.job}-{task.index}.log"

    def _step(self) -> None:
        """Take one event, or draw."""
        wait_s = _REDRAW_S
        if self._kill_at is not None:
            wait_s = max(0.0, min(wait_s, self._kill_at - time.monotonic()))
        try:
            event = self._events.get(timeout=wait_s)
        except queue.Empty:
            self._kill_what_stays()
            self._view.update(self._lines())
            return
        self._carry_out(event())
        self._kill_what_stays()

    def _carry_out(self, instructions: list[Instruction]) -> None:
        for instruction in instructions:
            if isinstance(instruction, StartTask):
                self._start(instruction)
            elif isinstance(instruction, StopTasks):
                self._stop(instruction.tasks, signal.SIGTERM)
                self._kill_at = time.monotonic() + _GRACE_S
            else:
                self._end = instruction
        self._view.update(self._lines())

    def _start(self, instruction: StartTask) -> None:
        name = instruction.task
        task = self._tasks[name]
        command = self._commands[name]
        if instruction.attempt > 1:
            task.lines.clear()
            self._view.say(f"{name} is started again (attempt {instruction.attempt})")
            self._write(name, f"--- attempt {instruction.attempt} ---\n")
        try:
            task.process = TaskProcess(
                command.words,
                command.environment,
                self._lifeline,
                on_line=lambda line: self._events.put(lambda: self._printed(name, line)),
                on_end=lambda code: self._events.put(lambda: self._ended(name, code)),
                name=str(name),
            )
        except OSError as error:
            reason = f"the process of {name} cannot be started: {error.strerror}"
            task.lines.append(reason)
            self._events.put(lambda: self._ended(name, _FAILED))
            return
        self._job.started(name)

    def _stop(self, names: Sequence[TaskName], number: signal.Signals) -> None:
        for name in names:
            process = self._tasks[name].process
            if process is not None:
                process.send(number)

    def _kill_what_stays(self) -> None:
        if self._kill_at is not None and time.monotonic() >= self._kill_at:
            self._kill_at = None
            self._stop(self._job.tasks, signal.SIGKILL)

    def _printed(self, name: TaskName, line: str) -> list[Instruction]:
        task = self._tasks[name]
        task.lines.append(line)
        task.progress.read(line)
        self._view.printed(name, line)
        return self._write(name, line)

    def _ended(self, name: TaskName, exit_code: int) -> list[Instruction]:
        before = self._job.failed
        instructions = self._job.ended(name, exit_code)
        if before is None and self._job.failed == name:
            self._error = error_of(self._tasks[name].lines)
            self._view.say(f"{name} failed with exit code {exit_code}")
        return instructions

    def _interrupted(self, number: int) -> None:
        """Called by signal handlers."""
        self._events.put(lambda: self._job.interrupted(_SIGNAL_EXIT + number))

    def _write(self, name: TaskName, text: str) -> list[Instruction]:
        try:
            self._tasks[name].log.write(text)
            self._tasks[name].log.flush()
        except OSError as error:
            if self._job.exit_code is None:
                self._view.say(f"{self.log_path(name)} cannot be written: {error.strerror}")
            return self._job.interrupted(_FAILED)
        return []

    def _open_logs(self) -> None:
        try:
            self._log_directory.mkdir(parents=True, exist_ok=True)
            for name in self._job.tasks:
                log = open(self.log_path(name), "w", encoding="utf-8")  # noqa: SIM115
                self._tasks[name] = _RunningTask(log, Progress(time.monotonic))
        except OSError as error:
            raise CannotLogError(
                f"the logs cannot be written to {self._log_directory}: {error.strerror}"
            ) from error

    def _lines(self) -> list[TaskLine]:
        lines = []
        for name, task in self._tasks.items():
            state = self._job.states[name]
            is_alive = state in (TaskState.STARTING, TaskState.RUNNING)
            progress = task.progress
            lines.append(
                TaskLine(
                    task=name,
                    state=state,
                    step=progress.step,
                    last_step=progress.last_step,
                    steps_per_s=progress.steps_per_s,
                    loss=progress.loss,
                    memory_bytes=task.process.memory_bytes() if is_alive and task.process else None,
                )
            )
        return lines

    def _report(self, end: JobEnds) -> None:
        if end.failed is not None:
            is_error = self._error[:1] and self._error[0].startswith("Traceback")
            what = "the first error, of" if is_error else "no error was printed; the last lines of"
            self._view.say(f"\n{what} {end.failed}:")
            for line in self._error:
                self._view.say(f"  {line}")
            self._view.say(f"its log: {self.log_path(end.failed)}")


@contextmanager
def _signals_as(handle: Callable[[int], None]) -> Iterator[None]:
    """Let the signals that end a process call a function, within a block."""

    def handler(number: int, frame: Any) -> None:
        handle(number)

    before = {number: signal.signal(number, handler) for number in _STOPPING_SIGNALS}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
