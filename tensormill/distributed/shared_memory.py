"""Memory that two processes of one host share: a file without a name, gone when nobody holds it.

The system frees it with the last process that has it open or mapped, whatever these die of.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from collections.abc import Sequence

from tensormill.graph.tensor_wire_codec import Piece

__all__ = ["HAS_SHARED_MEMORY", "map_shared", "shared_file"]

HAS_SHARED_MEMORY = hasattr(os, "memfd_create") and hasattr(fcntl, "F_ADD_SEALS")
"""Whether this system has files of memory whose size can be sealed."""
_SEALS = sum(getattr(fcntl, f"F_SEAL_{name}", 0) for name in ("SHRINK", "GROW", "SEAL"))
_MAX_PIECES = 512  # in one call; the system takes at most 1024


def shared_file(offset: int, pieces: Sequence[Piece]) -> int:
    """Return the descriptor of a file of memory that holds pieces, one after another.

    Args:
      offset: where the first one begins, in bytes.
      pieces: what is written.

    Raises:
      OSError: there is not enough memory.
    """
    file = os.memfd_create("tensormill", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        views = [memoryview(piece).cast("B") for piece in pieces if len(piece)]
        while views:
            written = os.pwritev(file, views[:_MAX_PIECES], offset)
            offset += written
            while written and written >= len(views[0]):
                written -= len(views.pop(0))
            if written:
                views[0] = views[0][written:]
        fcntl.fcntl(file, fcntl.F_ADD_SEALS, _SEALS)
    except BaseException:
        os.close(file)
        raise
    return file


def map_shared(file: int, offset: int, size: int) -> memoryview:
    """Return what a file of memory holds, mapped; it stays as long as the view does.

    Args:
      file: its descriptor, which may be closed afterwards.
      offset: where it begins.
      size: how many bytes.

    Raises:
      ValueError: the file is too small, or its owner could still cut it.
    """
    if fcntl.fcntl(file, fcntl.F_GET_SEALS) & _SEALS != _SEALS:
        raise ValueError("its size is not sealed")
    if os.fstat(file).st_size < offset + size:
        raise ValueError("it is too small")
    flags = mmap.MAP_SHARED | mmap.MAP_POPULATE
    mapped = mmap.mmap(file, offset + size, flags, mmap.PROT_READ | mmap.PROT_WRITE)
    return memoryview(mapped)[offset : offset + size]
