"""The formatter of `tensorflow.python.client.timeline`, whose methods each add one kind of event.

Source: TensorFlow 1.15, python/client/timeline.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tensormill.session.timeline import ChromeTrace

__all__ = ["TraceEvents"]


class TraceEvents(ChromeTrace):
    """The events of a trace, times in microseconds.

    Args:
      show_memory: not used, as in TensorFlow.
    """

    def __init__(self, show_memory: bool = False) -> None:
        super().__init__()

    def emit_pid(self, name: str, pid: int) -> None:
        """Name a process."""
        self.add_process(name, pid)

    def emit_tid(self, name: str, pid: int, tid: int) -> None:
        """Name a thread of a process."""
        self.add_thread(name, (pid, tid))

    def emit_region(
        self,
        timestamp: int,
        duration: int,
        pid: int,
        tid: int,
        category: str,
        name: str,
        args: Mapping[str, Any],
    ) -> None:
        """Add what lasted for a while."""
        self.add("X", category, name, (pid, tid), timestamp, dur=duration, args=args)

    def emit_obj_create(
        self, category: str, name: str, timestamp: int, pid: int, tid: int, object_id: int
    ) -> None:
        """Add that an object came to be."""
        self.add("N", category, name, (pid, tid), timestamp, id=object_id)

    def emit_obj_delete(
        self, category: str, name: str, timestamp: int, pid: int, tid: int, object_id: int
    ) -> None:
        """Add that an object is gone."""
        self.add("D", category, name, (pid, tid), timestamp, id=object_id)

    def emit_obj_snapshot(
        self,
        category: str,
        name: str,
        timestamp: int,
        pid: int,
        tid: int,
        object_id: int,
        snapshot: Any,
    ) -> None:
        """Add what an object was at a moment."""
        shown = {"snapshot": snapshot}
        self.add("O", category, name, (pid, tid), timestamp, id=object_id, args=shown)

    def emit_flow_start(self, name: str, timestamp: int, pid: int, tid: int, flow_id: int) -> None:
        """Add the beginning of an arrow."""
        self.add("s", "DataFlow", name, (pid, tid), timestamp, id=flow_id)

    def emit_flow_end(self, name: str, timestamp: int, pid: int, tid: int, flow_id: int) -> None:
        """Add the end of the arrow that began with the same `flow_id`."""
        self.add("t", "DataFlow", name, (pid, tid), timestamp, id=flow_id)

    def emit_counter(
        self, category: str, name: str, pid: int, timestamp: int, counter: str, value: float
    ) -> None:
        """Add the value of a counter at a moment."""
        self.emit_counters(category, name, pid, timestamp, {counter: value})

    def emit_counters(
        self, category: str, name: str, pid: int, timestamp: int, counters: Mapping[str, float]
    ) -> None:
        """Add the values of several counters at a moment."""
        self.add("C", category, name, (pid, 0), timestamp, args=dict(counters))
