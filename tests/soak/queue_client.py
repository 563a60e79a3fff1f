"""One client process of the soak of queues: threads that produce, or threads that consume.

Run as `python -m tests.soak.queue_client TARGET ROLE FIRST LOG`. Each thread writes into LOG what
was confirmed to it: elements that are in the queue, or that came out of it. The log is mapped
memory, so that a thread which has got an element notes it at once, and before any other one runs.
"""

from __future__ import annotations

import itertools
import mmap
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import tensormill as tf

__all__ = ["CAPACITY", "THREADS", "Log", "make_queue"]

CAPACITY = 50
THREADS = 8
_IDS = 1 << 32
_LOG_BYTES = 8 << 23


class Log:
    """Numbers other than 0 in a file, which outlive the process in whatever way it ends."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            file.truncate(_LOG_BYTES)
            self._numbers = memoryview(mmap.mmap(file.fileno(), _LOG_BYTES)).cast("Q")
        self._places = itertools.count()

    def add(self, number: int) -> None:
        """Add a number. Any thread."""
        self._numbers[next(self._places)] = number

    @staticmethod
    def read(path: Path) -> list[int]:
        """Return the numbers in a file."""
        numbers = np.fromfile(path, np.uint64)
        found: list[int] = numbers[numbers != 0].tolist()
        return found


def make_queue() -> Any:
    """Return the queue that all clients share."""
    return tf.FIFOQueue(CAPACITY, [tf.int64], [[]], name="soaked", shared_name="soaked")


def produce(session: Any, enqueue: Any, element: Any, first: int, confirm: Any) -> None:
    """Put numbers from `first` on into the queue until it is closed."""
    for number in range(first * _IDS, (first + 1) * _IDS):
        try:
            session.run(enqueue, {element: number})
        except tf.errors.CancelledError:
            return
        confirm(number)


def consume(session: Any, dequeue: Any, confirm: Callable[[int], None]) -> None:
    """Take numbers out of the queue until it is closed and empty."""
    while True:
        try:
            number = session.run(dequeue)
        except tf.errors.OutOfRangeError:
            return
        confirm(int(number))


def main(target: str, role: str, first: int, log: str) -> None:
    """Run the threads of this process to their end."""
    queue = make_queue()
    element = tf.placeholder(tf.int64, [])
    enqueue, dequeue = queue.enqueue([element]), queue.dequeue()
    confirm = Log(Path(log)).add

    with tf.Session(target) as session:
        threads = []
        for index in range(THREADS):
            if role == "produce":
                arguments: Any = (session, enqueue, element, first + index, confirm)
                threads.append(threading.Thread(target=produce, args=arguments))
            else:
                threads.append(threading.Thread(target=consume, args=(session, dequeue, confirm)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    left = [t.name for t in threading.enumerate() if t is not threading.main_thread()]
    left = [name for name in left if not name.startswith("tensormill-process-")]
    if left:
        raise SystemExit(f"threads are left: {left}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
