"""What a launched job looks like: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TextIO

from tensormill.launching.job import TaskName, TaskState

__all__ = ["LiveView", "PlainView", "TaskLine", "View", "view_for"]

_BAR_WIDTH = 24
_COLORS = {
    TaskState.STARTING: "33",
    TaskState.RUNNING: "32",
    TaskState.DONE: "36",
    TaskState.FAILED: "31",
    TaskState.STOPPED: "90",
}


@dataclass(frozen=True)
class TaskLine:
    """What the view says of one task.

    Attributes:
      task: its name.
      state: how it is.
      step: the last step that it printed.
      last_step: how many steps there will be.
      steps_per_s: how fast it is.
      loss: the last loss that it printed.
      memory_bytes: how much memory it holds.
    """

    task: TaskName
    state: TaskState
    step: int | None = None
    last_step: int | None = None
    steps_per_s: float | None = None
    loss: str | None = None
    memory_bytes: int | None = None


class View(Protocol):
    """Shows a job; all methods are called on the thread of the launcher."""

    def say(self, text: str) -> None:
        """Show a line that stays."""

    def printed(self, task: TaskName, line: str) -> None:
        """Show a line that a task printed."""

    def update(self, lines: Sequence[TaskLine]) -> None:
        """Show how the tasks are."""

    def close(self) -> None:
        """Leave the last state on the screen."""


def format_line(line: TaskLine) -> str:
    """Return what the table says of a task."""
    parts = [f"{line.task!s:12}", f"{line.state.value:9}"]
    parts.append(f"{line.steps_per_s:8.1f} steps/s" if line.steps_per_s is not None else " " * 16)
    parts.append(f"loss {line.loss:<10.10}" if line.loss is not None else " " * 15)
    if line.memory_bytes is not None:
        parts.append(f"{line.memory_bytes / 2**20:7.0f} MiB")
    return "  ".join(parts).rstrip()


def format_bar(lines: Sequence[TaskLine]) -> str | None:
    """Return a bar for the task that is furthest, None where no end is known."""
    known = [line for line in lines if line.step is not None and line.last_step]
    if not known:
        return None
    furthest = max(known, key=lambda line: (line.step or 0) / (line.last_step or 1))
    step, last_step = furthest.step or 0, furthest.last_step or 1
    share = min(step / last_step, 1.0)
    full = round(share * _BAR_WIDTH)
    return f"[{'█' * full}{'░' * (_BAR_WIDTH - full)}] {share:4.0%}  step {step} of {last_step}"


class PlainView:
    """Prints lines: what the tasks print, with their names, and what happens to them."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._states: dict[TaskName, TaskState] = {}

    def say(self, text: str) -> None:
        """Print a line."""
        print(text, file=self._stream, flush=True)

    def printed(self, task: TaskName, line: str) -> None:
        """Print a line of a task, after its name."""
        print(f"[{task}] {line.rstrip()}", file=self._stream, flush=True)

    def update(self, lines: Sequence[TaskLine]) -> None:
        """Print a line for each task whose state is another one."""
        for line in lines:
            if self._states.get(line.task) is not line.state:
                self._states[line.task] = line.state
                self.say(f"{line.task} is {line.state.value}")

    def close(self) -> None:
        """Do nothing: the lines stay."""


class LiveView:
    """Draws the table again and again below what the chief prints."""

    def __init__(self, stream: TextIO, chief: TaskName | None) -> None:
        self._stream = stream
        self._chief = chief
        self._drawn: list[str] = []

    def say(self, text: str) -> None:
        """Print a line above the table."""
        table = self._drawn
        self._erase()
        self._stream.write(f"{text}\n")
        self._draw(table)

    def printed(self, task: TaskName, line: str) -> None:
        """Print what the chief prints; the others have their logs."""
        if task == self._chief:
            self.say(line.rstrip())

    def update(self, lines: Sequence[TaskLine]) -> None:
        """Draw the table."""
        width = shutil.get_terminal_size().columns
        table = []
        for line in lines:
            text = format_line(line)[:width]
            state = line.state.value
            table.append(text.replace(state, f"\x1b[{_COLORS[line.state]}m{state}\x1b[0m", 1))
        bar = format_bar(lines)
        if bar is not None:
            table.append(bar[:width])
        self._erase()
        self._draw(table)

    def _erase(self) -> None:
        if self._drawn:
            self._stream.write(f"\x1b[{len(self._drawn)}F\x1b[0J")
            self._drawn = []

    def _draw(self, table: list[str]) -> None:
        self._stream.write("".join(f"{line}\n" for line in table))
        self._stream.flush()
        self._drawn = table

    def close(self) -> None:
        """Leave the table where it is."""
        self._drawn = []


def view_for(stream: TextIO, chief: TaskName | None, terminal: str | None) -> View:
    """Return the view for a stream: live on a terminal that can move its cursor."""
    if stream.isatty() and terminal not in (None, "", "dumb"):
        return LiveView(stream, chief)
    return PlainView(stream)
