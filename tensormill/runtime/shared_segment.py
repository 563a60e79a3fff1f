"""`Segment`: memory that other processes of the host can map, written again and again.

It is a file without a name. The system frees it with the last process that has it open or mapped,
whatever these die of.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from tensormill.graph.tensor_wire_codec import Piece

__all__ = ["HAS_SHARED_MEMORY", "SEALS", "Segment"]

HAS_SHARED_MEMORY = hasattr(os, "memfd_create") and hasattr(fcntl, "F_ADD_SEALS")
"""Whether this system has files of memory whose size can be sealed."""
SEALS = sum(getattr(fcntl, f"F_SEAL_{name}", 0) for name in ("SHRINK", "GROW", "SEAL"))
"""What keeps the size of such a file as it is."""


class Segment:
    """A file of memory that its owner writes again and again.

    Attributes:
      number: what both sides call it.
      size_bytes: its size.
      file: its descriptor.
      content: its bytes, mapped.
    """

    def __init__(self, number: int, size_bytes: int) -> None:
        """Take the memory.

        Raises:
          OSError: there is not enough.
        """
        self.number = number
        self.size_bytes = size_bytes
        self.file = os.memfd_create("tensormill", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.posix_fallocate(self.file, 0, size_bytes)
            fcntl.fcntl(self.file, fcntl.F_ADD_SEALS, SEALS)
            mapped = mmap.mmap(self.file, size_bytes, mmap.MAP_SHARED | mmap.MAP_POPULATE)
        except BaseException:
            os.close(self.file)
            raise
        self.content: np.ndarray[Any, Any] = np.frombuffer(mapped, np.uint8)

    def write(self, offset: int, pieces: Sequence[Piece]) -> None:
        """Write pieces, one after another."""
        for piece in pieces:
            if len(piece):
                end = offset + len(piece)
                self.content[offset:end] = np.frombuffer(piece, np.uint8)
                offset = end

    def close_file(self) -> None:
        """Let go of the descriptor: the other side has its own, and this one has it mapped."""
        os.close(self.file)
