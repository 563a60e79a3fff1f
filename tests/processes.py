"""Other processes, as /proc tells of them: which there are, and how a test waits for their end."""

from __future__ import annotations

import os
import select
from pathlib import Path

END_WAIT_S = 60.0


def child_process_ids() -> set[int]:
    children: set[int] = set()
    for task in Path("/proc/self/task").glob("*"):
        try:
            children.update(int(word) for word in (task / "children").read_text().split())
        except OSError:
            continue  # the thread has ended, or the kernel does not list children
    return children


def is_running(process_id: int) -> bool:
    """Return whether there is a process that has not ended; one that nobody waited for has."""
    try:
        status = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return status not in "ZX"


def wait_for_end(process_id: int) -> None:
    """Wait until a process that is no child of this one has ended."""
    try:
        descriptor = os.pidfd_open(process_id)
    except ProcessLookupError:
        return
    try:
        select.select([descriptor], [], [], END_WAIT_S)
    finally:
        os.close(descriptor)
