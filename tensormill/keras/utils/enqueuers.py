"""Enqueuers: batches that threads compute ahead, in their order.

Source: TensorFlow 1.15, python/keras/utils/data_utils.py.
"""

from __future__ import annotations

import queue
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

__all__ = ["GeneratorEnqueuer", "OrderedEnqueuer", "SequenceEnqueuer"]

_POLL_S = 0.1


class SequenceEnqueuer:
    """The base of enqueuers: `start`, then `get`, then `stop`.

    Args:
      sequence: what the batches come from.
      use_multiprocessing: makes no difference: threads compute them in any case.
    """

    def __init__(self, sequence: Any, use_multiprocessing: bool = False) -> None:
        self.sequence = sequence
        self.use_multiprocessing = use_multiprocessing
        self.queue: queue.Queue[Any] | None = None
        self.run_thread: threading.Thread | None = None
        self.stop_signal: threading.Event | None = None
        self.workers = 0

    def is_running(self) -> bool:
        """Return whether it was started and not stopped."""
        return self.stop_signal is not None and not self.stop_signal.is_set()

    def start(self, workers: int = 1, max_queue_size: int = 10) -> None:
        """Begin to compute.

        Args:
          workers: the number of threads.
          max_queue_size: how many batches wait at most.
        """
        self.workers = max(workers, 1)
        self.queue = queue.Queue(max_queue_size)
        self.stop_signal = threading.Event()
        self.run_thread = threading.Thread(target=self._run, name="keras-enqueuer")
        self.run_thread.start()

    def stop(self, timeout: float | None = None) -> None:
        """Stop computing, and forget what waits.

        Args:
          timeout: how long to wait for the threads, in seconds.
        """
        if self.stop_signal is None or self.run_thread is None:
            return
        self.stop_signal.set()
        if self.run_thread is not threading.current_thread():
            self.run_thread.join(timeout)

    def _put(self, item: Any) -> bool:
        """Put something into the queue; return whether it is there, and not stopped before."""
        assert self.queue is not None
        while self.is_running():
            try:
                self.queue.put(item, timeout=_POLL_S)
            except queue.Full:
                continue
            return True
        return False

    def _run(self) -> None:
        """Put the future of each batch into the queue."""
        raise NotImplementedError

    def get(self) -> Iterator[Any]:
        """Yield the batches; None is left out.

        Raises:
          Exception: that of the sequence.
        """
        assert self.queue is not None
        while self.is_running():
            try:
                future = self.queue.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            if future is None:
                self.stop()
                return
            try:
                batch = future.result()
            except BaseException:
                self.stop()
                raise
            if batch is not None:
                yield batch


class OrderedEnqueuer(SequenceEnqueuer):
    """Computes the batches of a `Sequence` again and again.

    Args:
      sequence: the sequence.
      use_multiprocessing: makes no difference.
      shuffle: whether each round has an order of its own.
    """

    def __init__(
        self, sequence: Any, use_multiprocessing: bool = False, shuffle: bool = False
    ) -> None:
        super().__init__(sequence, use_multiprocessing)
        self.shuffle = shuffle

    def _run(self) -> None:
        order = list(range(len(self.sequence)))
        with ThreadPoolExecutor(self.workers, "keras-worker") as pool:
            while self.is_running():
                if self.shuffle:
                    random.shuffle(order)
                made: list[Future[Any]] = []
                for index in order:
                    made.append(pool.submit(self.sequence.__getitem__, index))
                    if not self._put(made[-1]):
                        pool.shutdown(cancel_futures=True)
                        return
                for future in made:  # the round is over when all of it is computed
                    future.exception()
                if self.is_running():
                    self.sequence.on_epoch_end()


class GeneratorEnqueuer(SequenceEnqueuer):
    """Takes the batches of a generator, until it ends.

    Args:
      sequence: the generator.
      use_multiprocessing: makes no difference.
      random_seed: makes no difference.
    """

    def __init__(
        self, sequence: Any, use_multiprocessing: bool = False, random_seed: Any = None
    ) -> None:
        super().__init__(sequence, use_multiprocessing)
        self.random_seed = random_seed

    def _run(self) -> None:
        # A generator is in one thread at a time, so that one takes what there is.
        with ThreadPoolExecutor(1, "keras-worker") as pool:
            while self.is_running():
                future = pool.submit(_next_of(self.sequence))
                if isinstance(future.exception(), StopIteration):
                    self._put(None)
                    return
                if not self._put(future):
                    return


def _next_of(generator: Any) -> Callable[[], Any]:
    return lambda: next(generator)
