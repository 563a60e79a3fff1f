"""`tensorflow.python.tpu.tpu_function`: how many shards a computation for TPUs has.

Programs ask it to learn that they do not run on TPUs.

Source: TensorFlow 1.15, python/tpu/tpu_function.py.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

__all__ = ["TpuContext", "get_tpu_context", "tpu_shard_context"]


class TpuContext(threading.local):
    """What is known of the computation that this thread is making.

    Attributes:
      number_of_shards: None outside of `tpu_shard_context`.
    """

    number_of_shards: int | None = None

    def set_number_of_shards(self, number_of_shards: int | None) -> None:
        """Set the number of shards, None for outside."""
        self.number_of_shards = number_of_shards


_context = TpuContext()


def get_tpu_context() -> TpuContext:
    """Return the context of this thread."""
    return _context


@contextlib.contextmanager
def tpu_shard_context(number_of_shards: int) -> Iterator[None]:
    """Say, inside the with-statement, that a computation has so many shards.

    Raises:
      NotImplementedError: inside of another one.
    """
    if _context.number_of_shards is not None:
        raise NotImplementedError("tpu_shard_context cannot be nested.")
    _context.set_number_of_shards(number_of_shards)
    try:
        yield
    finally:
        _context.set_number_of_shards(None)
