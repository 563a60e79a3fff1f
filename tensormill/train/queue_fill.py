"""Summaries of how full the queues of input pipelines are."""

from __future__ import annotations

from tensormill.graph.dtypes import float32
from tensormill.ops.arithmetic import maximum
from tensormill.ops.casting import cast
from tensormill.ops.queue_base import QueueBase
from tensormill.ops.summaries import scalar

__all__ = ["summarize_fill"]


def summarize_fill(queue: QueueBase, capacity: int, name: str, least: int | None = None) -> None:
    """Add a summary of the part of a queue's room that is used.

    Args:
      queue: the queue.
      capacity: how many elements fit.
      name: of the summary.
      least: how many elements stay in it, and do not count; None where that is no matter.
    """
    size = queue.size()
    if least is not None:
        size = maximum(0, size - least)
    scalar(name, cast(size, float32) * (1.0 / (capacity - (least or 0))))
