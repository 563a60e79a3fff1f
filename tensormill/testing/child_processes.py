"""Processes that end when their standard input does."""

import subprocess
from typing import Any

__all__ = ["end_with_input"]


def end_with_input(process: subprocess.Popen[Any], timeout_s: float) -> None:
    """Close the pipes of a process and wait until it has ended.

    Args:
      process: was started with pipes for its input and output, and ends when the input does.
      timeout_s: after this it is killed.
    """
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
