"""A task of a cluster, served by tensormill in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import tensormill
from tensormill.testing.child_processes import end_with_input

__all__ = ["ServerProcess"]

_SERVE = """
import json, os, sys, threading
import tensormill as tf
options = json.loads(sys.argv[1])
server = tf.train.Server(
    options["cluster"], job_name=options["job"], task_index=options["task"], protocol="grpc"
)
print(server.target, flush=True)
def stop_with_the_input():
    while os.read(0, 4096):
        pass
    server.stop()
threading.Thread(target=stop_with_the_input, daemon=True).start()
server.join()
server.stop()
"""
_STOP_TIMEOUT_S = 20.0


class ServerProcess:
    """One task, until the with-block ends.

    Attributes:
      target: of its master, such as "grpc://127.0.0.1:43211".
    """

    def __init__(
        self,
        cluster: Mapping[str, Iterable[str]] | None = None,
        job: str = "localhost",
        task: int = 0,
    ) -> None:
        """Say which task; a cluster of its own where none is given."""
        own: Any = {"localhost": ["127.0.0.1:0"]} if cluster is None else cluster
        self._options = {
            "cluster": {name: list(addresses) for name, addresses in own.items()},
            "job": job,
            "task": task,
        }
        self._process: subprocess.Popen[str] | None = None
        self.target = ""

    def __enter__(self) -> Self:
        """Start the process and wait until it listens."""
        root = str(Path(tensormill.__file__).parents[1])
        path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        self._process = process = subprocess.Popen(
            [sys.executable, "-c", _SERVE, json.dumps(self._options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        )
        assert process.stdout is not None
        self.target = process.stdout.readline().strip()
        if not self.target:
            self._end()
            raise RuntimeError("the server did not start; see its standard error")
        return self

    def __exit__(
        self,
        error_class: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the server and wait for its process."""
        self._end()

    @property
    def process_id(self) -> int | None:
        """The process of the server, or None before it is started and after it has ended."""
        return None if self._process is None else self._process.pid

    def kill(self) -> None:
        """End the process at once, without any notice."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def wait(self, timeout_s: float) -> int:
        """Wait until the process has ended by itself; return its exit status."""
        assert self._process is not None
        return self._process.wait(timeout_s)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        end_with_input(process, _STOP_TIMEOUT_S)
