"""The scopes that are open while operations are made: devices and control dependencies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tensormill.graph.device_names import canonical, merge_device_scopes

if TYPE_CHECKING:
    from tensormill.graph.operation import Operation


@dataclass(frozen=True, slots=True)
class DeviceScope:
    """One `with tf.device(...)`: a canonical name, a function of the operation, or None (ignore outer scopes)."""

    name: str | None
    function: Callable[[Any], Any] | None

    @classmethod
    def make(cls, value: Any) -> DeviceScope:
        """Return the scope for what the user gave to `tf.device`."""
        if value is None:
            return cls(None, None)
        if isinstance(value, str):
            return cls(canonical(value), None)
        if hasattr(value, "to_string"):
            return cls(canonical(value.to_string()), None)
        if callable(value):
            return cls(None, value)
        raise TypeError(
            f"tf.device takes a device name, a function, a DeviceSpec or None, not {value!r}"
        )


def apply_device_scopes(op: Operation, scopes: tuple[DeviceScope, ...]) -> None:
    """Set the device that the open scopes, innermost first, ask for `op`."""
    named = _named_scopes(scopes)
    if named is not None:
        if named:
            op._device = named
        return
    for scope in reversed(scopes):
        if scope.function is not None:
            wanted = scope.function(op)
            if wanted is None:
                wanted = ""
            op._set_device(wanted)
        elif scope.name is None:
            break
        elif scope.name:
            op._device = merge_device_scopes(op._device, scope.name)


@lru_cache(maxsize=1024)
def _named_scopes(scopes: tuple[DeviceScope, ...]) -> str | None:
    """Return what scopes without functions ask for; None where there is a function among them."""
    if any(scope.function is not None for scope in scopes):
        return None
    device = ""
    for scope in reversed(scopes):
        if scope.name is None:
            break
        if scope.name:
            device = merge_device_scopes(device, scope.name)
    return device


class ControlDependencies:
    """One `with tf.control_dependencies(...)`: what must run first, and which operations were made in it."""

    __slots__ = ("_seen", "control_inputs")

    def __init__(self, control_inputs: list[Operation]) -> None:
        self.control_inputs = control_inputs
        self._seen: set[Operation] = set()

    def note_seen(self, op: Operation) -> None:
        """Record that `op` was made inside the scope, and so waits for its control inputs."""
        self._seen.add(op)

    def has_seen(self, op: Operation) -> bool:
        """Return whether `op` was made inside the scope."""
        return op in self._seen
