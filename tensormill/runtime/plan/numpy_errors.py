"""NumPy's floating-point warnings, off while a program computes with host scalars.

`np.errstate` costs more than a small step. It sets a context variable of NumPy's; which one and to
what is found out once, and setting it directly costs a twentieth. Where NumPy keeps the state
elsewhere, `np.errstate` is used.
"""

from __future__ import annotations

import contextvars
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

__all__ = ["quiet_numpy", "restore_numpy", "silence_numpy"]


def _find_setting() -> tuple[contextvars.ContextVar[Any], Any] | None:
    """Return the context variable that `np.errstate` sets, and to what, or None."""
    outside = dict(contextvars.copy_context().items())
    with np.errstate(all="ignore"):
        inside = dict(contextvars.copy_context().items())
    changed = [(var, value) for var, value in inside.items() if outside.get(var) is not value]
    return changed[0] if len(changed) == 1 else None


_setting = _find_setting()


def silence_numpy() -> Any:
    """Turn the warnings off on this thread; return what `restore_numpy` takes."""
    if _setting is not None:
        return _setting[0].set(_setting[1])
    state = np.errstate(all="ignore")
    state.__enter__()
    return state


def restore_numpy(token: Any) -> None:
    """Make the warnings what they were before `silence_numpy`."""
    if _setting is not None:
        _setting[0].reset(token)
    else:
        token.__exit__(None, None, None)


@contextmanager
def quiet_numpy() -> Iterator[None]:
    """Keep NumPy's floating-point warnings off within the block."""
    token = silence_numpy()
    try:
        yield
    finally:
        restore_numpy(token)
