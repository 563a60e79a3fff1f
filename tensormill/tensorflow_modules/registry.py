"""`tensorflow.python.framework.registry`: objects by name, each registered once."""

from __future__ import annotations

from typing import Any

from tensormill.graph.creation_site import capture_frames

__all__ = ["Registry"]


class Registry:
    """Objects of one kind by name."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._entries: dict[str, tuple[Any, str]] = {}

    def register(self, candidate: Any, name: str | None = None) -> None:
        """Register an object.

        Args:
          candidate: the object.
          name: its name; by default the `__name__` of the object.

        Raises:
          KeyError: the name is taken.
        """
        key = name or candidate.__name__
        if key in self._entries:
            raise KeyError(
                f"Registering two {self._name} with name '{key}'! "
                f"(Previous registration was in {self._entries[key][1]})"
            )
        self._entries[key] = (candidate, str(capture_frames().site()))

    def list(self) -> list[str]:
        """Return the names."""
        return list(self._entries)

    def lookup(self, name: str | bytes) -> Any:
        """Return the object of a name.

        Raises:
          LookupError: there is none.
        """
        key = name.decode() if isinstance(name, bytes) else name
        if key not in self._entries:
            raise LookupError(f"{self._name} registry has no entry for: {key}")
        return self._entries[key][0]
