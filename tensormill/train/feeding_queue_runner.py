"""`FeedingQueueRunner`: a queue runner whose operations are fed by functions.

Source: TensorFlow Estimator 1.15, python/estimator/inputs/queues/feeding_queue_runner.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensormill.graph import errors
from tensormill.train.queue_runner import Feeder, QueueRunner

__all__ = ["FeedingQueueRunner"]

FeedFn = Callable[[], dict[Any, Any]]


class FeedingQueueRunner(QueueRunner):
    """A queue, and the operations that fill it with what functions return.

    Args:
      queue: the queue.
      enqueue_ops: what the threads run.
      close_op: see `QueueRunner`.
      cancel_op: see `QueueRunner`.
      feed_fns: a function for each operation; returns what to feed, and raises `OutOfRangeError`
        at the end of the input.
      queue_closed_exception_types: the errors that mean the end of the input; by default
        `OutOfRangeError` and `CancelledError`.

    Raises:
      ValueError: the numbers of functions and operations differ.
    """

    def __init__(
        self,
        queue: Any = None,
        enqueue_ops: Sequence[Any] | None = None,
        close_op: Any = None,
        cancel_op: Any = None,
        feed_fns: Sequence[FeedFn] | None = None,
        queue_closed_exception_types: tuple[type[errors.OpError], ...] | None = None,
    ) -> None:
        super().__init__(
            queue,
            enqueue_ops,
            close_op,
            cancel_op,
            queue_closed_exception_types or (errors.OutOfRangeError, errors.CancelledError),
        )
        if feed_fns is not None and len(feed_fns) != len(self.enqueue_ops):
            raise ValueError(
                "If feed_fns is not None, it must have the same length as enqueue_ops."
            )
        self._feed_fns = feed_fns

    def _feeders(self, sess: Any, coord: Any, is_kept: bool) -> list[Feeder]:
        if self._feed_fns is None:
            return super()._feeders(sess, coord, is_kept)
        pairs = zip(self._enqueue_ops, self._feed_fns, strict=True)
        return [_FedFeeder(self, sess, op, coord, is_kept, feed_fn) for op, feed_fn in pairs]

    def to_proto(self, export_scope: str | None = None) -> Any:
        """Refuse: functions are not part of a graph.

        Raises:
          NotImplementedError: always.
        """
        raise NotImplementedError(f"{type(self).__name__} does not support serialization to proto.")

    def _init_from_proto(self, proto: Any, import_scope: str | None) -> None:
        raise NotImplementedError(
            f"{type(self).__name__} does not support initialization from proto."
        )


class _FedFeeder(Feeder):
    """A thread that runs an operation with what a function returns."""

    def __init__(
        self,
        runner: QueueRunner,
        sess: Any,
        operation: Any,
        coord: Any,
        is_kept: bool,
        feed_fn: FeedFn,
    ) -> None:
        super().__init__(runner, sess, operation, coord, is_kept)
        self._feed_fn = feed_fn

    def _run_until_stop(self) -> None:
        while self._coord is None or not self._coord.should_stop():
            self._sess.run(self._operation, feed_dict=self._feed_fn())
