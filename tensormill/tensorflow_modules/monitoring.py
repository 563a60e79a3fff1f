"""`tensorflow.python.eager.monitoring`: numbers about the process, by labels.

Source: TensorFlow 1.15, python/eager/monitoring.py.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any, ClassVar

__all__ = [
    "BoolGauge",
    "Buckets",
    "Counter",
    "ExponentialBuckets",
    "IntGauge",
    "Metric",
    "StringGauge",
]


class _Cell:
    """One value of a metric."""

    def __init__(self, value: Any) -> None:
        self._value = value  # guarded by _lock
        self._lock = threading.Lock()

    def value(self) -> Any:
        """Return the value."""
        with self._lock:
            return self._value

    def set(self, value: Any) -> None:
        """Set the value."""
        with self._lock:
            self._value = value

    def increase_by(self, value: int) -> None:
        """Add to the value."""
        with self._lock:
            self._value += value


class Metric:
    """Values by label.

    Args:
      name: the name of the metric.
      description: what it says.
      *labels: the names of its labels.

    Raises:
      ValueError: there is a metric of that name.
    """

    _living: ClassVar[weakref.WeakValueDictionary[str, Metric]] = weakref.WeakValueDictionary()
    _first: Callable[[], Any] = int

    def __init__(self, name: str, description: str, *labels: str) -> None:
        if name in Metric._living:
            raise ValueError(f"Another metric with the same name already exists: {name}")
        Metric._living[name] = self
        self._labels = labels
        self._cells: dict[tuple[str, ...], Any] = {}

    def get_cell(self, *labels: str) -> Any:
        """Return the value of some labels.

        Raises:
          ValueError: there are not as many labels as the metric has.
        """
        if len(labels) != len(self._labels):
            raise ValueError(f"The {type(self).__name__} expects taking {len(self._labels)} labels")
        return self._cells.setdefault(labels, self._new_cell())

    def _new_cell(self) -> Any:
        return _Cell(type(self)._first())


class Counter(Metric):
    """Counts."""


class IntGauge(Metric):
    """Numbers that are set."""


class StringGauge(Metric):
    """Strings that are set."""

    _first = str


class BoolGauge(Metric):
    """Truths that are set."""

    _first = bool


class Buckets:
    """Where the values of a histogram are divided."""

    def __init__(self, limits: list[float]) -> None:
        self.limits = limits


class ExponentialBuckets(Buckets):
    """Limits that grow by a factor: `scale`, `scale * growth_factor` and so on."""

    def __init__(self, scale: float, growth_factor: float, bucket_count: int) -> None:
        super().__init__([scale * growth_factor**power for power in range(bucket_count)])
