"""Data of more than two gigabytes is preloaded into a variable, and never held more than twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.testing.server_process import ServerProcess
from tests.processes import child_process_ids

ROWS, COLUMNS = 560_000, 1_000
_SLACK_BYTES = 600 << 20


def _peak_bytes(process: str) -> int:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return 1024 * int(line.split()[1])
    raise AssertionError(f"process {process} has ended")


@contextmanager
def _held_at_most_twice(process: str, data_bytes: int, before: int) -> Iterator[None]:
    """Check that a process never holds more than twice the data, and what it held before.

    Args:
      process: the process.
      data_bytes: how large the data are.
      before: how much of what it holds now is the data.
    """
    Path(f"/proc/{process}/clear_refs").write_text("5")  # the peak begins anew
    base = _peak_bytes(process) - before
    yield
    peak = _peak_bytes(process) - base
    print(f"process {process}: {peak / data_bytes:.2f} times the data at its peak")
    assert peak < 2 * data_bytes + _SLACK_BYTES


def _preload(target: str, data: np.ndarray[Any, Any]) -> None:
    """Keep data in a variable as the chapter does, and look at some of it."""
    given = tf.placeholder(tf.float32, data.shape)
    kept = tf.Variable(given, trainable=False, collections=[])
    rows = tf.gather(kept, [0, ROWS // 2, ROWS - 1])
    sums = tf.reduce_sum(kept)
    with tf.Session(target) as session:
        session.run(kept.initializer, {given: data})
        np.testing.assert_array_equal(session.run(rows), data[[0, ROWS // 2, ROWS - 1]])
        np.testing.assert_allclose(session.run(sums), data.sum(dtype=np.float64), rtol=1e-4)


def _data() -> np.ndarray[Any, Any]:
    data = np.empty((ROWS, COLUMNS), np.float32)
    data[:] = np.arange(ROWS, dtype=np.float32)[:, None] / ROWS
    assert data.nbytes > 2 << 30
    return data


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_large_data_are_preloaded_in_one_process() -> None:
    data = _data()
    with _held_at_most_twice("self", data.nbytes, data.nbytes):
        _preload("", data)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("lane", ["direct", "grpc"])
def test_large_data_are_preloaded_on_a_server(lane: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORMILL_LANE", lane)
    data = _data()
    others = child_process_ids()
    with ServerProcess() as server:
        (process,) = child_process_ids() - others
        with (
            _held_at_most_twice("self", data.nbytes, data.nbytes),
            _held_at_most_twice(str(process), data.nbytes, 0),
        ):
            _preload(server.target, data)
