"""What a debugger is told of each step that shows tensors to it, beside the tensors.

Source: TensorFlow 1.15, core/debug/debug_io_utils.cc (PublishDebugMetadata).
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Sequence
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event

from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor

__all__ = ["WatchedSteps"]

_FILE = "file://"


class WatchedSteps:
    """Counts the steps of a session that show tensors, and writes which each is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0  # guarded by _lock
        self._counts: dict[Any, int] = {}  # guarded by _lock

    def begin(
        self,
        options: Any,
        feeds: Sequence[Tensor],
        fetches: Sequence[Tensor],
        targets: Sequence[Operation],
    ) -> None:
        """Write into the folders of the watches which step is going to run.

        Args:
          options: the RunOptions of the step.
          feeds: what it is fed.
          fetches: what it fetches.
          targets: what it runs besides.
        """
        names = (
            [tensor.name for tensor in feeds],
            [tensor.name for tensor in fetches],
            [op.name for op in targets],
        )
        key = json.dumps(names)
        with self._lock:
            number, repetition = self._count, self._counts.get(key, 0)
            self._count += 1
            self._counts[key] = repetition + 1
        metadata = {
            "global_step": options.debug_options.global_step,
            "session_run_index": number,
            "executor_step_index": repetition,
            **dict(zip(("input_names", "output_names", "target_nodes"), names, strict=True)),
        }
        event = Event(wall_time=time.time_ns() // 1000)
        event.log_message.message = json.dumps(metadata)
        urls = {
            url
            for each in options.debug_options.debug_tensor_watch_opts
            for url in each.debug_urls
            if url.startswith(_FILE)
        }
        for folder in sorted(url.removeprefix(_FILE) for url in urls):
            os.makedirs(folder, exist_ok=True)
            name = f"_tfdbg_core_metadata_sessionrun{number:014d}"
            with open(os.path.join(folder, name), "wb") as file:
                file.write(event.SerializeToString())
