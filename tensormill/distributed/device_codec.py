"""Devices as DeviceAttributes messages, and back."""

from __future__ import annotations

from typing import Any

from tensormill.proto import device_attributes_pb2
from tensormill.runtime.any_master import AnyDevice
from tensormill.runtime.remote_device import RemoteDevice

__all__ = ["device_from_proto", "device_to_proto"]

_UNSIGNED = (1 << 64) - 1


def device_to_proto(device: AnyDevice) -> Any:
    """Return the message that tells of a device."""
    return device_attributes_pb2.DeviceAttributes(
        name=device.name,
        device_type=device.type,
        memory_limit=device.memory_bytes,
        locality=device_attributes_pb2.DeviceLocality(),
        incarnation=device.incarnation & _UNSIGNED,
        physical_device_desc=device.physical_desc,
        xla_global_id=-1,
    )


def device_from_proto(message: Any) -> RemoteDevice:
    """Return the device that a message tells of."""
    return RemoteDevice(
        message.name,
        message.device_type,
        message.memory_limit,
        message.physical_device_desc,
        message.incarnation,
    )
