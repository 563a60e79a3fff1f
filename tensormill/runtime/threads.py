"""How many threads a kernel may use: one, except where more were measured to be faster.

With threads that sleep while they wait, waking them costs more than a small kernel takes; so
kernels run on one thread, and a plan widens those that are long enough to gain (see
`runtime.plan.tuning`).
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

__all__ = ["intra_op_threads", "use_intra_op_threads", "widened"]


class _Setting:
    """The number of threads that a widened kernel uses, one for the whole process."""

    def __init__(self) -> None:
        self.count = len(os.sched_getaffinity(0))


_setting = _Setting()
torch.set_num_threads(1)


def _setter() -> Callable[[int], Any]:
    """Return what says how many threads the kernels of the calling thread use.

    `torch.set_num_threads` also forgets the primitives that oneDNN has made, and to make one again
    takes some 0.1 ms. So OpenMP and MKL are told directly, where they are found and torch heeds it.
    """
    suffix = "dylib" if sys.platform == "darwin" else "so"
    path = Path(torch.__file__).parent / "lib" / f"libtorch_cpu.{suffix}"
    try:
        library = ctypes.PyDLL(str(path))
        setters = [library.omp_set_num_threads]
        if torch.backends.mkl.is_available():
            setters.append(library.MKL_Set_Num_Threads_Local)
    except (OSError, AttributeError):
        return torch.set_num_threads

    def set_all(count: int) -> None:
        torch.get_num_threads()  # the first call in a thread sets the number to torch's own
        for setter in setters:
            setter(count)

    return set_all if _is_heeded(set_all) else torch.set_num_threads


def _is_heeded(setter: Callable[[int], Any]) -> bool:
    found = []
    for count in (2, 1):
        setter(count)
        found.append(torch.get_num_threads())
    return found == [2, 1]


_set_threads = _setter()


def use_intra_op_threads(config: Any) -> None:
    """Let kernels use as many threads as a session's config asks for.

    The setting belongs to the process: the latest session that asks for a number wins, and one that
    asks for none (0) leaves it as it is. TensorFlow shares one intra-op pool between sessions as
    well, sized by the first.
    """
    if config is not None and config.intra_op_parallelism_threads > 0:
        _setting.count = config.intra_op_parallelism_threads


def intra_op_threads() -> int:
    """Return how many threads a widened kernel uses."""
    return _setting.count


def widened(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Return a kernel that uses all intra-op threads."""

    def wide(*arguments: Any, **attrs: Any) -> Any:
        _set_threads(_setting.count)
        try:
            return kernel(*arguments, **attrs)
        finally:
            _set_threads(1)

    return wide
