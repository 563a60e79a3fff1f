"""A file of two gigabytes goes through a pipeline, and memory does not grow with it."""

from __future__ import annotations

import resource
from pathlib import Path

import numpy as np
import pytest

import tensormill.api as tf

COLUMNS = 20
BATCH = 4096
_WARM_BATCHES = 200
_FILE_BYTES = 2 << 30
_MOST_GROWTH_BYTES = 64 << 20


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def _write(path: Path) -> int:
    """Write rows of numbers, as many as the file needs to be large; return how many."""
    numbers = np.random.RandomState(0).uniform(-1000, 1000, (50_000, COLUMNS))
    block = "".join(",".join(f"{x:.4f}" for x in row) + "\n" for row in numbers).encode()
    blocks = -(-_FILE_BYTES // len(block))
    with path.open("wb") as file:
        for _ in range(blocks):
            file.write(block)
    return blocks * len(numbers)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_gigabytes_of_csv_run_through_with_flat_memory(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    try:
        rows = _write(path)
        _read(path, rows)
    finally:
        path.unlink(missing_ok=True)


def _read(path: Path, rows: int) -> None:
    names = tf.train.string_input_producer([str(path)], num_epochs=1, shuffle=False)
    _, line = tf.TextLineReader().read(names)
    columns = tf.decode_csv(line, record_defaults=[[0.0]] * COLUMNS)
    queue = tf.FIFOQueue(2 * BATCH, [tf.float32], shapes=[[COLUMNS]])
    runner = tf.train.QueueRunner(queue, [queue.enqueue([tf.stack(columns)])] * 2)
    tf.train.add_queue_runner(runner)
    batch = queue.dequeue_up_to(BATCH)
    seen, sizes = 0, []
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        take = session.make_callable(batch)
        try:
            while True:
                seen += len(take())
                sizes.append(_resident_bytes())
        except tf.errors.OutOfRangeError:
            coordinator.request_stop()
        coordinator.join(threads)
    assert seen == rows
    marks = sizes[_WARM_BATCHES :: len(sizes) // 10]
    print("MiB resident:", [size >> 20 for size in marks])
    assert max(marks) - marks[0] < _MOST_GROWTH_BYTES
