"""Kernels that say how much memory a device has and uses.

Source: TensorFlow 1.15, contrib/memory_stats/kernels/memory_stats_ops.cc: the memory of a CPU is
not counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from tensormill.kernels.registry import KernelContext, kernel_factory


def _limit(device: Any) -> int:
    return int(torch.cuda.get_device_properties(device).total_memory)


def _maker(count: Callable[[Any], int]) -> Callable[[KernelContext], Any]:
    def make(ctx: KernelContext) -> Any:
        device = ctx.torch_device
        if device.type != "cuda":
            return lambda: np.int64(0)
        return lambda: np.int64(count(device))

    return make


for _op_type, _count in (
    ("BytesInUse", torch.cuda.memory_allocated),
    ("MaxBytesInUse", torch.cuda.max_memory_allocated),
    ("BytesLimit", _limit),
):
    kernel_factory(_op_type, "cpu", "gpu", host_outputs=("out",))(_maker(_count))
