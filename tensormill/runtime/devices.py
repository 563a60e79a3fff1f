"""Devices: what a task can run kernels on, and what they are called.

GPUs are those that torch sees, so `CUDA_VISIBLE_DEVICES` counts. Where the environment variable
`TENSORMILL_EMULATED_GPUS` gives a number, so many emulated GPUs in host memory take their place:
with the kernels of GPUs, so that placement can be learned and tested anywhere.
"""

from __future__ import annotations

import os
import secrets
import threading
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import torch

from tensormill.graph.errors import invalid_argument

__all__ = [
    "Device", "is_built_with_cuda", "is_built_with_rocm", "local_devices", "make_ready", "renamed",
]  # fmt: skip

EMULATED_GPUS = "TENSORMILL_EMULATED_GPUS"
_REPORTED_CPU_BYTES = 256 << 20
"""What TensorFlow reports for every CPU device."""
_CPU = torch.device("cpu")


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
      compute_capability: of a CUDA device, (major, minor).
      incarnation: changes when the device is made anew.
    """

    name: str
    type: str
    torch_device: torch.device
    memory_bytes: int
    physical_desc: str = ""
    is_emulated: bool = False
    compute_capability: tuple[int, int] | None = None
    incarnation: int = field(default_factory=lambda: secrets.randbits(63) or 1)


def is_built_with_cuda() -> bool:
    """Return whether torch was built with CUDA; it may find no GPU all the same."""
    return torch.version.cuda is not None


def is_built_with_rocm() -> bool:
    """Return whether torch was built with ROCm."""
    return torch.version.hip is not None


def local_devices(
    task_name: str = "/job:localhost/replica:0/task:0", config: Any = None
) -> list[Device]:
    """Return the devices of a task on this machine: its CPUs, then its GPUs.

    Args:
      task_name: such as "/job:worker/replica:0/task:1".
      config: a ConfigProto. `device_count` gives the number of CPUs and bounds that of GPUs;
        `gpu_options.visible_device_list` picks GPUs and orders them;
        `gpu_options.per_process_gpu_memory_fraction` bounds the memory that this process takes on
        each GPU. Memory is taken as it is needed, which `allow_growth` asks for in TensorFlow.

    Raises:
      InvalidArgumentError: the number of emulated GPUs or the list of visible GPUs cannot be read.
    """
    count: Mapping[str, int] = config.device_count if config is not None else {}
    devices = [
        Device(f"{task_name}/device:CPU:{index}", "CPU", _CPU, _REPORTED_CPU_BYTES)
        for index in range(max(1, count.get("CPU", 1)))
    ]
    wanted = count.get("GPU")
    if wanted == 0:
        return devices
    emulated = _emulated_gpu_count()
    present = emulated or (torch.cuda.device_count() if torch.cuda.is_available() else 0)
    options = config.gpu_options if config is not None else None
    visible = _visible_gpus(options.visible_device_list if options is not None else "", present)
    fraction = options.per_process_gpu_memory_fraction if options is not None else 0.0
    for index, physical in enumerate(visible[:wanted]):
        name = f"{task_name}/device:GPU:{index}"
        devices.append(
            _emulated_gpu(name, physical) if emulated else _cuda_gpu(name, physical, fraction)
        )
    return devices


def renamed(device: Device, task_name: str) -> Device:
    """Return a device under the name that it has where its task is called so."""
    name = task_name + device.name[device.name.index("/device:") :]
    return device if name == device.name else replace(device, name=name)


@cache
def make_ready(torch_device: torch.device) -> None:
    """Prepare a device for kernels, once, when the first plan that uses it is made.

    Convolutions in float32 keep all bits, as in TensorFlow 1.15, where cuDNN would round them.
    """
    if torch_device.type != "cuda":
        return
    torch.backends.cudnn.allow_tf32 = False
    one = torch.ones(1, 1, device=torch_device)

    def multiply() -> None:
        with warnings.catch_warnings():
            # A thread that calls cuBLAS first is given a context, about which torch warns once.
            warnings.simplefilter("ignore")
            torch.mm(one, one, out=torch.empty_like(one))

    thread = threading.Thread(target=multiply)
    thread.start()
    thread.join()


def _emulated_gpu_count() -> int:
    text = os.environ.get(EMULATED_GPUS, "").strip() or "0"
    if not text.isdecimal():
        raise invalid_argument(
            f"{EMULATED_GPUS} must be the number of GPUs to emulate, but is {text!r}",
            hint=f"set {EMULATED_GPUS}=2 for two of them, or unset it.",
        )
    return int(text)


def _visible_gpus(text: str, present: int) -> list[int]:
    """Return the numbers of the GPUs to use, in the order in which they are numbered anew."""
    if not text:
        return list(range(present))
    visible: list[int] = []
    for part in text.split(","):
        entry = part.strip()
        if not entry.isdecimal():
            raise invalid_argument(
                f"Could not parse entry in 'visible_device_list': '{entry}'. "
                f"visible_device_list = {text}"
            )
        if int(entry) >= present:
            raise invalid_argument(
                f"'visible_device_list' listed an invalid GPU id '{entry}' but visible device "
                f"count is {present}"
            )
        if int(entry) in visible:
            raise invalid_argument(f"visible_device_list contained a duplicate entry: {text}")
        visible.append(int(entry))
    return visible


def _emulated_gpu(name: str, number: int) -> Device:
    desc = f"device: {number}, name: emulated GPU in host memory ({EMULATED_GPUS})"
    return Device(name, "GPU", _CPU, _REPORTED_CPU_BYTES, desc, is_emulated=True)


def _cuda_gpu(name: str, number: int, fraction: float) -> Device:
    properties = torch.cuda.get_device_properties(number)
    memory_bytes = properties.total_memory
    if fraction > 0.0:
        fraction = min(fraction, 1.0)
        torch.cuda.set_per_process_memory_fraction(fraction, number)
        memory_bytes = int(memory_bytes * fraction)
    desc = (
        f"device: {number}, name: {properties.name}, "
        f"compute capability: {properties.major}.{properties.minor}"
    )
    return Device(
        name,
        "GPU",
        torch.device("cuda", number),
        memory_bytes,
        desc,
        compute_capability=(properties.major, properties.minor),
    )
