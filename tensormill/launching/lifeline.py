"""Ends a process whose launcher is gone, however that ended.

The launcher keeps the writing end of a pipe and hands the reading end to each task. When it dies,
the system closes its end, and a thread of the task sees that. On Linux the system itself kills the
task as well, so that one that is stuck in a kernel does not stay either.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading

__all__ = ["VARIABLE", "hold_on_to", "value_for"]

# Names the descriptor of the reading end.
VARIABLE = "TENSORMILL_LIFELINE"
_SIGNALLED = " signalled"
_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG


def value_for(descriptor: int) -> str:
    """Return the value of the variable for a task that this thread starts.

    Args:
      descriptor: the reading end of the pipe.
    """
    # Linux sends its signal when the thread ends that started the process: only the main thread
    # stays as long as its process.
    is_main = threading.current_thread() is threading.main_thread()
    return f"{descriptor}{_SIGNALLED}" if is_main and sys.platform == "linux" else str(descriptor)


def hold_on_to(value: str) -> None:
    """End this process, and what it started in its group, when the other end of a pipe closes.

    Args:
      value: the value of the variable; the process keeps the reading end.
    """
    descriptor = int(value.removesuffix(_SIGNALLED))
    os.set_inheritable(descriptor, False)
    if value.endswith(_SIGNALLED):
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    thread = threading.Thread(
        target=_wait, args=(descriptor,), name="tensormill-process-lifeline", daemon=True
    )
    thread.start()


def _wait(descriptor: int) -> None:
    """Wait for the end of the launcher. Runs on a thread of its own."""
    while os.read(descriptor, 1):
        pass
    with contextlib.suppress(OSError):
        if os.getpgid(0) == os.getpid():
            os.killpg(0, signal.SIGKILL)
    os._exit(1)
