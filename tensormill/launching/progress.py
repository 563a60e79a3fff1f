"""What the lines that a task prints say of its progress and its errors."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

__all__ = ["Progress", "error_of"]

_NUMBER = r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|nan|inf)"
_STEP = re.compile(
    r"\b(?:global[_ ]?)?step\b\s*[:=]?\s*(\d+)(?:\s*(?:/|of)\s*(\d+))?", re.IGNORECASE
)
_LOSS = re.compile(rf"\b(?:loss|cost)\b\s*[:=]?\s*{_NUMBER}", re.IGNORECASE)
_RATE = re.compile(rf"\bglobal_step/sec\b\s*[:=]?\s*{_NUMBER}", re.IGNORECASE)
# Over how many steps that were printed a rate is measured.
_WINDOW = 8
_MOST_ERROR_LINES = 60
_LAST_LINES = 5
# Between the tracebacks of errors that belong together.
_LINKS = ("The above exception", "During handling")


@dataclass
class Progress:
    """What a task has printed of its training.

    Attributes:
      step: the last step; None where it printed none.
      last_step: how many steps there will be, where it says so.
      loss: the last loss, as it was printed.
      steps_per_s: measured between the steps that it printed, or what it says itself.
    """

    clock: Callable[[], float]
    step: int | None = None
    last_step: int | None = None
    loss: str | None = None
    steps_per_s: float | None = None

    def __post_init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque(maxlen=_WINDOW)

    def read(self, line: str) -> None:
        """Take what a line says."""
        rate = _RATE.search(line)
        if rate is not None:
            self.steps_per_s = float(rate[1])
            return
        loss = _LOSS.search(line)
        if loss is not None:
            self.loss = loss[1]
        step = _STEP.search(line)
        if step is not None:
            self._note_step(int(step[1]))
            if step[2] is not None:
                self.last_step = int(step[2])

    def _note_step(self, step: int) -> None:
        self.step = step
        now = self.clock()
        if self._seen and step < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((now, step))
        (first_time, first_step), (last_time, last_step) = self._seen[0], self._seen[-1]
        if last_time > first_time:
            self.steps_per_s = (last_step - first_step) / (last_time - first_time)


def error_of(lines: Iterable[str]) -> list[str]:
    """Return the traceback that a process ended with, or its last lines where there is none.

    Errors that led to others, or came while they were handled, are part of it.

    Args:
      lines: what the process printed.
    """
    printed = [line.rstrip("\n") for line in lines]
    begin = None
    before = ""
    for number, line in enumerate(printed):
        if line.startswith("Traceback (") and not before.startswith(_LINKS):
            begin = number
        before = line or before
    found = printed[-_LAST_LINES:] if begin is None else printed[begin:]
    while found and not found[-1]:
        found.pop()
    if len(found) > _MOST_ERROR_LINES:
        half = _MOST_ERROR_LINES // 2
        found = [*found[:half], "  …", *found[-half:]]
    return found
