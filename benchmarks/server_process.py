"""A server of one of the two libraries in a process of its own, for cases that need one."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.side import load, side_of

ROOT = Path(__file__).resolve().parent.parent


class ServerProcess:
    """A server with one task, until this process ends or it is closed.

    Attributes:
      target: what a session is given.
      process_id: of the server.
    """

    def __init__(self, side: str, environment: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.server_process", side],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
        )
        assert self._process.stdout is not None
        self.target = self._process.stdout.readline().strip()
        self.process_id = self._process.pid
        if not self.target:
            raise RuntimeError(f"the {side} server did not start")
        atexit.register(self.close)

    def close(self) -> None:
        """End the process. Idempotent."""
        self._process.kill()
        self._process.wait()

    def memory_bytes(self) -> int:
        """Return what the server holds in memory."""
        for line in Path(f"/proc/{self.process_id}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return 1024 * int(line.split()[1])
        raise RuntimeError("the server has ended")


_servers: dict[str, ServerProcess] = {}


def shared_server(tf: Any) -> ServerProcess:
    """Return the server of a side that its cases share."""
    side = side_of(tf)
    if side not in _servers:
        _servers[side] = ServerProcess(side)
    return _servers[side]


def server(tf: Any, environment: Mapping[str, str]) -> ServerProcess:
    """Return a server of a side with variables of its own in its environment."""
    return ServerProcess(side_of(tf), environment)


def main() -> None:
    """Serve until the input ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    server = load(sys.argv[1]).train.Server.create_local_server()
    print(server.target, file=answers)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
