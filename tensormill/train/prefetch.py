"""`slim.prefetch_queue`: a queue that is filled with batches beside the training loop.

Source: TensorFlow 1.15, contrib/slim/python/slim/data/prefetch_queue.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.default_scopes import name_scope
from tensormill.ops.casting import cast
from tensormill.ops.queue_kinds import FIFOQueue, PaddingFIFOQueue
from tensormill.ops.summaries import scalar
from tensormill.train.queue_runner import QueueRunner, add_queue_runner

__all__ = ["prefetch_queue"]


def prefetch_queue(
    tensors: Any,
    capacity: int = 8,
    num_threads: int = 1,
    dynamic_pad: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Return a queue that a `QueueRunner` fills with tensors.

    Args:
      tensors: a list of tensors, or a dict; of a dict the queue gives dicts.
      capacity: how many entries are kept.
      num_threads: how many threads fill the queue.
      dynamic_pad: whether shapes may differ from entry to entry.
      shared_name: the name under which sessions share the queue.
      name: the name of the nodes.
    """
    names = sorted(tensors) if isinstance(tensors, dict) else None
    listed = [tensors[key] for key in names] if names is not None else list(tensors)
    with name_scope(name, "prefetch_queue", listed) as scope:
        kind: Any = PaddingFIFOQueue if dynamic_pad else FIFOQueue
        queue = kind(
            capacity=capacity,
            dtypes=[tensor.dtype for tensor in listed],
            shapes=[tensor.get_shape() for tensor in listed],
            names=names,
            shared_name=shared_name,
            name=scope,
        )
        enqueue = queue.enqueue(tensors)
        add_queue_runner(QueueRunner(queue, [enqueue] * num_threads))
        share = cast(queue.size(), dtypes.float32) * (1.0 / capacity)
        scalar(f"fraction_of_{capacity}_full", share)
        return queue
