"""`TransferLog`: the values that a task got from others, for traces of whole clusters.

Source: TensorFlow 1.15, core/distributed_runtime/worker_cache_logger.cc.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from tensorboard.compat.proto import step_stats_pb2

from tensormill.graph.errors import OpError
from tensormill.runtime.rendezvous import Receiver
from tensormill.runtime.rendezvous_keys import RendezvousKey, parse_key
from tensormill.runtime.step_rendezvous import Cancel, WaysElsewhere

__all__ = ["TransferLog"]

_MAX_STEPS = 1000


class TransferLog:
    """What was transferred by step, while somebody wants to know."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0  # guarded by _lock
        self._steps: dict[int, Any] = {}  # guarded by _lock

    def enable(self) -> None:
        """Note transfers from now on."""
        with self._lock:
            self._users += 1

    def disable(self) -> None:
        """Take one `enable` back."""
        with self._lock:
            self._users = max(0, self._users - 1)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._steps.clear()

    def take(self, step_id: int) -> Any:
        """Return the StepStats of a step and forget them; None where there are none."""
        with self._lock:
            return self._steps.pop(step_id, None)

    def noting(self, ways: WaysElsewhere) -> WaysElsewhere:
        """Return ways to other tasks that note what is received on them."""
        return _NotingWays(self, ways)

    @property
    def is_on(self) -> bool:
        """Whether somebody wants to know."""
        return self._users > 0

    def note(self, step_id: int, key: RendezvousKey, size_bytes: int, asked_ns: int) -> None:
        """Take note of a value that came just now."""
        took_ns = time.time_ns() - asked_ns
        rate = size_bytes * 8e3 / max(1, took_ns)
        with self._lock:
            stats = self._steps.get(step_id)
            if stats is None:
                if len(self._steps) >= _MAX_STEPS:
                    self._steps.pop(next(iter(self._steps)))
                stats = self._steps[step_id] = step_stats_pb2.StepStats()
            device = next((d for d in stats.dev_stats if d.device == key.recv_device), None)
            if device is None:
                device = stats.dev_stats.add(device=key.recv_device)
            device.node_stats.add(
                node_name="RecvTensor",
                timeline_label=(
                    f"[{size_bytes}B] [{rate:.2f}Mb/s] {key.tensor_name} from {key.send_device} "
                    f"to {key.recv_device}"
                ),
                all_start_micros=asked_ns // 1000,
                op_end_rel_micros=took_ns // 1000,
                all_end_rel_micros=took_ns // 1000,
                all_start_nanos=asked_ns,
                op_end_rel_nanos=took_ns,
                all_end_rel_nanos=took_ns,
            )


class _NotingWays:
    """Ways to other tasks whose receives are noted."""

    def __init__(self, log: TransferLog, ways: WaysElsewhere) -> None:
        self._log = log
        self._ways = ways
        self.shares_memory = ways.shares_memory
        self.can_push = ways.can_push
        self.push = ways.push

    def receive(self, task: str, step_id: int, key: str, receiver: Receiver) -> Cancel:
        """Ask a task for a value."""
        if not self._log.is_on:
            return self._ways.receive(task, step_id, key, receiver)
        asked_ns = time.time_ns()

        def take(value: Any, error: OpError | None) -> None:
            if error is None:
                size_bytes = getattr(value, "nbytes", 0)
                self._log.note(step_id, parse_key(key), size_bytes, asked_ns)
            receiver(value, error)

        return self._ways.receive(task, step_id, key, take)
