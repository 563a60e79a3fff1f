"""Sessions that are dropped without being closed: they are closed all the same."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from typing import Any

__all__ = ["close_when_dropped"]


def close_when_dropped(owner: Any, close: Callable[[], None]) -> Callable[[], Any]:
    """Call `close` when `owner` is garbage, or the program ends; return what calls that off.

    Args:
      owner: the object; `close` must not hold on to it.
      close: may wait; it is called once, on a thread of its own while the program runs.
    """
    return weakref.finalize(owner, _close_beside, close, os.getpid()).detach


def _close_beside(close: Callable[[], None], process_id: int) -> None:
    if os.getpid() != process_id:  # a copy in a process that was forked
        return
    if not threading.main_thread().is_alive():  # the program ends: no thread is waited for any more
        close()
        return
    # The collector runs on whatever thread needs memory, which must not wait.
    threading.Thread(target=close, name="tensormill closing a dropped session").start()
