"""Placement: the device of every operation of a session's graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.graph.operation import Operation
from tensormill.runtime.devices import Device


class Placement:
    """The devices of a session's operations, extended as its graph grows.

    Attributes:
      devices: operation to the full name of its device.
    """

    def __init__(self, devices: list[Device], config: Any = None) -> None:
        self._available = devices
        self._config = config
        self.devices: dict[Operation, str] = {}

    def extend(self, operations: Sequence[Operation]) -> None:
        """Place the operations that are new; those placed before stay where they are."""
        first = self._available[0].name
        for op in operations:
            if op not in self.devices:
                self.devices[op] = first
