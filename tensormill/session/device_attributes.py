"""The devices as users see them, in lists, in `device_lib` and in `tf.test`."""

from __future__ import annotations

from typing import Any

from tensormill.graph.device_names import canonical
from tensormill.proto import device_attributes_pb2
from tensormill.runtime.any_master import AnyDevice
from tensormill.runtime.devices import (
    Device,
    is_built_with_cuda,
    is_built_with_rocm,
    local_devices,
)

__all__ = [
    "DeviceAttributes",
    "gpu_device_name",
    "is_built_with_cuda",
    "is_built_with_gpu_support",
    "is_built_with_rocm",
    "is_gpu_available",
    "list_devices",
    "list_local_devices",
]


class DeviceAttributes:
    """One device of a session.

    Attributes:
      name: the full name.
      device_type: "CPU" or "GPU".
      memory_limit_bytes: the memory that the device can give.
      incarnation: changes when the device is made anew.
      physical_device_desc: what stands behind it; it says so where a GPU is emulated.
    """

    __slots__ = (
        "device_type",
        "incarnation",
        "memory_limit_bytes",
        "name",
        "physical_device_desc",
    )

    def __init__(
        self,
        name: str,
        device_type: str,
        memory_limit_bytes: int,
        incarnation: int,
        physical_device_desc: str = "",
    ) -> None:
        self.name = canonical(name)
        self.device_type = device_type
        self.memory_limit_bytes = memory_limit_bytes
        self.incarnation = incarnation
        self.physical_device_desc = physical_device_desc

    @classmethod
    def of(cls, device: AnyDevice) -> DeviceAttributes:
        """Return what a user sees of a device of the runtime."""
        return cls(
            device.name, device.type, device.memory_bytes, device.incarnation, device.physical_desc
        )

    @property
    def memory_bytes(self) -> int:
        """The memory that the device can give."""
        return self.memory_limit_bytes

    def __repr__(self) -> str:
        return (
            f"_DeviceAttributes({self.name}, {self.device_type}, {self.memory_limit_bytes}, "
            f"{self.incarnation})"
        )


def list_devices() -> list[DeviceAttributes]:
    """Return the devices that a local session has on this machine."""
    return [DeviceAttributes.of(device) for device in local_devices()]


def list_local_devices(session_config: Any = None) -> list[Any]:
    """Return the devices of this machine as DeviceAttributes messages.

    Args:
      session_config: a ConfigProto whose device settings count.
    """
    return [
        device_attributes_pb2.DeviceAttributes(
            name=_short_name(device),
            device_type=device.type,
            memory_limit=device.memory_bytes,
            locality=device_attributes_pb2.DeviceLocality(),
            incarnation=device.incarnation,
            physical_device_desc=device.physical_desc,
            xla_global_id=-1,
        )
        for device in local_devices(config=session_config)
    ]


def gpu_device_name() -> str:
    """Return the name of the first GPU, emulated or not; "" where there is none."""
    return next((_short_name(d) for d in local_devices() if d.type == "GPU"), "")


def is_built_with_gpu_support() -> bool:
    """Return whether torch was built for GPUs of any make."""
    return is_built_with_cuda() or is_built_with_rocm()


def is_gpu_available(
    cuda_only: bool = False, min_cuda_compute_capability: tuple[int, int] | None = None
) -> bool:
    """Return whether there is a GPU.

    Args:
      cuda_only: emulated GPUs do not count.
      min_cuda_compute_capability: only GPUs of at least this (major, minor) count.
    """
    least = min_cuda_compute_capability
    if least is None and cuda_only:
        least = (0, 0)
    return any(
        device.type == "GPU" and (least is None or (device.compute_capability or (-1, 0)) >= least)
        for device in local_devices()
    )


def _short_name(device: Device) -> str:
    return device.name[device.name.index("/device:") :]
