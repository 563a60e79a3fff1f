"""Python's cyclic garbage collector, kept out of the way of graphs.

A full collection walks every container object of the process: about 0.1 s for the modules of torch
alone. Graphs are made of many long-lived objects, so building and preparing them sets off full
collections that find nothing.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["exempt_imported_objects", "paused"]

_lock = threading.Lock()
_pauses = 0  # guarded by _lock


def exempt_imported_objects() -> None:
    """Leave the objects that exist now out of all later collections.

    They are modules and what modules hold.
    """
    gc.freeze()


@contextmanager
def paused() -> Iterator[None]:
    """Collect nothing within the block, on any thread; blocks may overlap.

    A collector that the program has turned off stays off.
    """
    global _pauses
    with _lock:
        counted = _pauses > 0 or gc.isenabled()
        if counted:
            _pauses += 1
            gc.disable()
    try:
        yield
    finally:
        if counted:
            with _lock:
                _pauses -= 1
                if _pauses == 0:
                    gc.enable()
