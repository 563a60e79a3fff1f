"""Devices: what a task can run kernels on, and what they are called."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from typing import Any

import torch

__all__ = ["Device", "local_devices"]

_EMULATED_GPUS = "TENSORMILL_EMULATED_GPUS"


@dataclass(frozen=True, slots=True)
class Device:
    """One device of a task.

    Attributes:
      name: full, such as "/job:localhost/replica:0/task:0/device:CPU:0".
      type: "CPU" or "GPU"; decides which kernels run there.
      torch_device: where its tensors live.
      memory_bytes: the memory that TensorFlow would report.
      physical_desc: what stands behind it.
      is_emulated: a GPU in host memory.
      incarnation: changes when the device is made anew.
    """

    name: str
    type: str
    torch_device: torch.device
    memory_bytes: int
    physical_desc: str = ""
    is_emulated: bool = False
    incarnation: int = field(default_factory=lambda: random.getrandbits(63))


def local_devices(
    task_name: str = "/job:localhost/replica:0/task:0", config: Any = None
) -> list[Device]:
    """Return the devices of a task on this machine: the CPUs that the config asks for, then the GPUs."""
    count = dict(config.device_count) if config is not None else {}
    devices = [
        Device(f"{task_name}/device:CPU:{i}", "CPU", torch.device("cpu"), 256 << 20)
        for i in range(max(1, count.get("CPU", 1)))
    ]
    emulated = int(os.environ.get(_EMULATED_GPUS, "0") or 0)
    devices += [
        Device(
            f"{task_name}/device:GPU:{i}",
            "GPU",
            torch.device("cpu"),
            256 << 20,
            "emulated in host memory",
            True,
        )
        for i in range(min(emulated, count.get("GPU", emulated)))
    ]
    return devices
