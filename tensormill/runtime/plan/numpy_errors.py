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


def _silence_by_errstate() -> Any:
    state = np.errstate(all="ignore")
    state.__enter__()
    return state


def _restore_by_errstate(state: Any) -> None:
    state.__exit__(None, None, None)


_setting = _find_setting()
if _setting is None:
    silence_numpy, restore_numpy = _silence_by_errstate, _restore_by_errstate
else:
    _variable, _value = _setting

    def silence_numpy() -> Any:
        """Turn the warnings off on this thread; return what `restore_numpy` takes."""
        return _variable.set(_value)

    restore_numpy = _variable.reset


@contextmanager
def quiet_numpy() -> Iterator[None]:
    """Keep NumPy's floating-point warnings off within the block."""
    token = silence_numpy()
    try:
        yield
    finally:
        restore_numpy(token)
