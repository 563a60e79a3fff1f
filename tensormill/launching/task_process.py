"""The process of one task: started in a group of its own, its output read, its end noticed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tensormill.launching import lifeline

__all__ = ["TaskProcess"]

_SIGNAL_EXIT = 128


class TaskProcess:
    """A running process of a task.

    Args:
      words: the command line of `tensormill`.
      environment: its variables.
      lifeline_descriptor: the reading end of the pipe that it ends with.
      on_line: called with each line that it prints, on a thread of its own.
      on_end: called on that thread with the exit code, when all its output is read.
      name: of the task.

    Raises:
      OSError: the process cannot be started.
    """

    def __init__(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        lifeline_descriptor: int,
        on_line: Callable[[str], None],
        on_end: Callable[[int], None],
        name: str,
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", "tensormill.cli.launched_task", *words],
            env={**environment, lifeline.VARIABLE: lifeline.value_for(lifeline_descriptor)},
            pass_fds=(lifeline_descriptor,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._on_line = on_line
        self._on_end = on_end
        self._thread = threading.Thread(target=self._read, name=f"output of {name}")
        self._thread.start()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def _read(self) -> None:
        stream: Any = self._process.stdout
        with stream:
            for line in stream:
                self._on_line(line)
        code = self._process.wait()
        self._on_end(code if code >= 0 else _SIGNAL_EXIT - code)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process and those that it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def memory_bytes(self) -> int | None:
        """Return how much memory the process holds; None where the system does not say."""
        try:
            with open(f"/proc/{self.pid}/statm") as file:
                return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, ValueError, IndexError):
            return None

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait until the process has ended and its output is read; return whether it has."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()
