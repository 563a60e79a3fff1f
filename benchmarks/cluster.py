"""Clusters of either library: as processes, or in the process that measures."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.case import expect
from benchmarks.side import side_of

ROOT = Path(__file__).resolve().parent.parent
TASKS = {"ps": 2, "worker": 2}


class Cluster:
    """Two parameter servers and two workers; processes end with this object."""

    def __init__(self, tf: Any, in_process: bool) -> None:
        self.spec = _free_addresses()
        self._tf = tf
        self._sessions: list[Any] = []
        self._servers: list[Any] = []
        self._processes: list[subprocess.Popen[str]] = []
        tasks = [(job, index) for job, count in TASKS.items() for index in range(count)]
        if in_process:
            self._servers = [tf.train.Server(self.spec, job_name=j, task_index=i) for j, i in tasks]
            return
        library = side_of(tf)
        python = ROOT / ".oracle/bin/python" if library == "tensorflow" else Path(sys.executable)
        spec = json.dumps(self.spec)
        self._processes = [
            subprocess.Popen(
                [python, "-m", "benchmarks.cluster_process", library, spec, j, str(i)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"},
            )
            for j, i in tasks
        ]  # fmt: skip
        self.close = weakref.finalize(self, _end, self._sessions, self._processes)
        for process in self._processes:
            assert process.stdout is not None
            expect(process.stdout.readline().strip() == "ready", "a started server")

    def session(self, job: str, index: int) -> Any:
        """Return a session on a task; it ends before the cluster does."""
        session = self._tf.Session(f"grpc://{self.spec[job][index]}")
        self._sessions.append(session)
        return session

    def measure(self, sample: Callable[[], float]) -> float:
        """Take a sample; whoever holds this method holds the cluster."""
        return sample()


def _free_addresses() -> dict[str, list[str]]:
    spec: dict[str, list[str]] = {}
    held = []
    for job, count in TASKS.items():
        for _ in range(count):
            listening = socket.create_server(("127.0.0.1", 0))
            held.append(listening)
            spec.setdefault(job, []).append(f"127.0.0.1:{listening.getsockname()[1]}")
    for listening in held:
        listening.close()
    return spec


def _end(sessions: list[Any], processes: list[subprocess.Popen[str]]) -> None:
    for session in sessions:  # one of TensorFlow whose server is gone never closes
        session.close()
    for process in processes:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.wait()
        process.stdout.close()
