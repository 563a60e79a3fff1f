"""`TransferLog`: the values that a task gave to others, for traces of whole clusters.

TensorFlow 1.15: core/distributed_runtime/worker_cache_logger.cc.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from tensorboard.compat.proto import step_stats_pb2

from tensormill.runtime.rendezvous_keys import RendezvousKey

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

    def note(self, step_id: int, key: RendezvousKey, size_bytes: int, started_ns: int) -> None:
        """Note one transfer of so many bytes, of which the first was asked for then."""
        if not self._users:
            return
        now_ns = time.time_ns()
        rate = size_bytes * 8e3 / max(1, now_ns - started_ns)
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
                all_start_micros=started_ns // 1000,
                op_end_rel_micros=(now_ns - started_ns) // 1000,
                all_end_rel_micros=(now_ns - started_ns) // 1000,
                all_start_nanos=started_ns,
                op_end_rel_nanos=now_ns - started_ns,
                all_end_rel_nanos=now_ns - started_ns,
            )
