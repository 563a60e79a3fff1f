"""`slim.queues`: the runners of the queues of a graph, for a block.

Source: TensorFlow 1.15, contrib/slim/python/slim/queues.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import get_collection
from tensormill.train.coordinator import Coordinator

__all__ = ["NestedQueueRunnerError", "QueueRunners"]


class NestedQueueRunnerError(Exception):
    """The runners of queues run already."""


@contextmanager
def QueueRunners(session: Any) -> Iterator[None]:
    """Run the runners of queues of a session in the block.

    Raises:
      NestedQueueRunnerError: they run already.
    """
    if session.graph.get_collection_ref(GraphKeys.QUEUE_RUNNERS + "_running"):
        raise NestedQueueRunnerError("QueueRunners() can not be nested inside one another.")
    running = session.graph.get_collection_ref(GraphKeys.QUEUE_RUNNERS + "_running")
    running.append(True)
    coordinator = Coordinator()
    threads: list[Any] = []
    try:
        for runner in get_collection(GraphKeys.QUEUE_RUNNERS):
            threads.extend(
                runner.create_threads(session, coord=coordinator, daemon=True, start=True)
            )
        yield
    finally:
        running.clear()
        coordinator.request_stop()
        coordinator.join(threads, stop_grace_period_secs=120)
