"""Host memory: what a step frees is kept for the next one.

Steps allocate and free the same tensors again and again. By default glibc gives memory of that size
back to the system each time, so that every step pays for fresh pages.
"""

from __future__ import annotations

import ctypes
import os

__all__ = ["keep_freed_memory"]

_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_KEPT_BYTES = 512 << 20
_MAX_MMAP_THRESHOLD_BYTES = 32 << 20  # glibc refuses more


def keep_freed_memory() -> None:
    """Let the allocator keep up to 512 MiB that was freed.

    Does nothing where the C library is not glibc, or the environment sets these limits itself.
    """
    if any(name in os.environ for name in ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_")):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _MAX_MMAP_THRESHOLD_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
