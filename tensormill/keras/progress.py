"""`Progbar`: how far a loop has come, on the terminal.

Source: TensorFlow 1.15, python/keras/utils/generic_utils.py.
"""

from __future__ import annotations

import sys
import time
from typing import Any

__all__ = ["Progbar"]


class Progbar:
    """A bar with the time that is left, and means of reported values.

    Args:
      target: the number of steps, None where it is not known.
      width: of the bar, in characters.
      verbose: 0 for silence, 1 for a bar, 2 for a line at the end.
      interval: how many seconds pass at least between two states of the bar.
      stateful_metrics: values that are shown as they are.
      unit_name: what a step is called.
    """

    def __init__(
        self, target: int | None, width: int = 30, verbose: int = 1, interval: float = 0.05,
        stateful_metrics: Any = None, unit_name: str = "step",
    ) -> None:  # fmt: skip
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.unit_name = unit_name
        self._stateful = set(stateful_metrics or [])
        self._sums: dict[str, list[float]] = {}
        self._seen = 0
        self._start = time.time()
        self._shown = 0.0
        self._length = 0

    def update(self, current: int, values: Any = None) -> None:
        """Show a state.

        Args:
          current: how many steps are done.
          values: pairs (name, value), of the steps since the last state.
        """
        for name, value in values or []:
            if name in self._stateful:
                self._sums[name] = [value, 1]
                continue
            total = self._sums.setdefault(name, [0.0, 0])
            total[0] += value * (current - self._seen)
            total[1] += current - self._seen
        self._seen = current
        now = time.time()
        is_last = self.target is not None and current >= self.target
        if self.verbose == 1 and (is_last or now - self._shown >= self.interval):
            self._show_bar(current, now, is_last)
            self._shown = now
        elif self.verbose == 2 and (self.target is None or is_last):
            sys.stdout.write(f"{self.target}/{self.target} {self._report(now)}\n")
        if self.verbose:
            sys.stdout.flush()

    def _show_bar(self, current: int, now: float, is_last: bool) -> None:
        text = f"{current:7d}/Unknown"
        if self.target is not None:
            digits = len(str(self.target))
            done = int(self.width * current / self.target)
            bar = "=" * done if is_last or not done else "=" * (done - 1) + ">"
            text = f"{current:{digits}d}/{self.target} [{bar:.<{self.width}}]"
        text = f"{text} {self._report(now, current)}"
        sys.stdout.write("\b" * self._length + "\r" + text.ljust(self._length))
        self._length = len(text)
        if is_last:
            sys.stdout.write("\n")

    def _report(self, now: float, current: int = 0) -> str:
        passed = now - self._start
        if self.target is not None and 0 < current < self.target:
            text = f"- ETA: {passed / current * (self.target - current):.0f}s"
        else:
            text = f"- {passed:.0f}s"
        for name, (total, count) in self._sums.items():
            value = total / max(1, count)
            text += f" - {name}: {value:.4f}" if abs(value) > 1e-3 else f" - {name}: {value:.4e}"
        return text

    def add(self, n: int, values: Any = None) -> None:
        """Show a state that is `n` steps further."""
        self.update(self._seen + n, values)
