"""The writer that summaries of a graph go to by default, and whether and at which step."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tensormill.ops.comparison import logical_and

__all__ = [
    "defaults",
    "get_step",
    "record_if",
    "set_step",
    "should_record_summaries",
    "should_record_unless_told",
]


class _Defaults(threading.local):
    """What holds for summaries that are made from now on, in each thread.

    Attributes:
      writer: the SummaryWriter, or None.
      recording: whether summaries are recorded: a bool, a bool tensor, a function that returns
        one, or None where nobody has said.
      step: an integer or an integer tensor, or None.
    """

    writer: Any = None
    recording: Any = None
    step: Any = None


defaults = _Defaults()


@contextmanager
def record_if(condition: Any) -> Iterator[None]:
    """Record the summaries that are made in a block where a condition holds.

    Args:
      condition: a bool, a scalar bool tensor, or a function that returns one.
    """
    before, defaults.recording = defaults.recording, condition
    try:
        yield
    finally:
        defaults.recording = before


def should_record_summaries() -> Any:
    """Return a bool tensor: whether summaries are recorded, which somebody must have asked for."""
    return _should_record(False)


def should_record_unless_told() -> Any:
    """Return a bool tensor: whether summaries are recorded, unless somebody said no."""
    return _should_record(True)


def _should_record(otherwise: bool) -> Any:
    recording = defaults.recording
    said = recording() if callable(recording) else recording
    return logical_and(True, otherwise if said is None else said)


def get_step() -> Any:
    """Return the step of summaries that say none themselves, or None."""
    return defaults.step


def set_step(step: Any) -> None:
    """Set the step of summaries of this thread that say none themselves.

    Args:
      step: an integer, an integer tensor, or None.
    """
    defaults.step = step
