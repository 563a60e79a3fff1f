"""`DeviceSet`: the devices that a session can use, and which of them satisfy a request."""

from __future__ import annotations

from collections.abc import Sequence

from tensormill.graph.device_names import matches, parse_device_name
from tensormill.runtime.any_master import AnyDevice

__all__ = ["DeviceSet"]

_TYPE_PRIORITIES = {"GPU": 210, "CPU": 70}


class DeviceSet:
    """The devices of all tasks of a session, those preferred first.

    Attributes:
      devices: by type (GPU before CPU), own task first, then by name.
      types: the device types there are, preferred first.
    """

    def __init__(self, devices: Sequence[AnyDevice], own_task: str) -> None:
        """Take the devices of a session.

        Args:
          devices: those of all tasks.
          own_task: the master's own task, "/job:worker/replica:0/task:0".
        """
        self._own = own_task + "/"
        self.devices = sorted(
            devices,
            key=lambda d: (-_priority(d.type), not d.name.startswith(self._own), d.name),
        )
        self.types = tuple(dict.fromkeys(device.type for device in self.devices))
        self._candidates: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}

    def names(self) -> list[str]:
        """Return the names of all devices, in the order of their text."""
        return sorted(device.name for device in self.devices)

    def matching(self, request: str) -> list[str]:
        """Return the names of the devices that satisfy a request, of whatever type."""
        return [d.name for d in self.devices if not request or matches(request, d.name)]

    def candidates(self, request: str, types: tuple[str, ...]) -> tuple[str, ...]:
        """Return the names of the devices of some types that satisfy a request, the best first."""
        key = (request, types)
        found = self._candidates.get(key)
        if found is None:
            found = self._candidates[key] = tuple(
                d.name
                for d in self.devices
                if d.type in types and (not request or matches(request, d.name))
            )
        return found

    def is_foreign(self, request: str) -> bool:
        """Return whether a request names a task other than the master's own."""
        wanted, own = parse_device_name(request), parse_device_name(self._own)
        if wanted.job is None or wanted.task is None:
            return False
        return (wanted.job, wanted.task) != (own.job, own.task)


def _priority(device_type: str) -> int:
    return _TYPE_PRIORITIES.get(device_type, 0)
