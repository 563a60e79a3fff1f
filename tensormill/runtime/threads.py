"""How many threads a kernel may use: one, except where more were measured to be faster.

With threads that sleep while they wait, waking them costs more than a small kernel takes; so
kernels run on one thread, and a plan widens those that are long enough to gain (see
`runtime.plan.tuning`).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import torch

__all__ = ["intra_op_threads", "use_intra_op_threads", "widened"]


class _Setting:
    """The number of threads that a widened kernel uses, one for the whole process."""

    def __init__(self) -> None:
        self.count = len(os.sched_getaffinity(0))


_setting = _Setting()
torch.set_num_threads(1)


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
        torch.set_num_threads(_setting.count)
        try:
            return kernel(*arguments, **attrs)
        finally:
            torch.set_num_threads(1)

    return wide
