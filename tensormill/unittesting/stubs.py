"""Attributes that are replaced for the time of a test."""

from __future__ import annotations

import inspect
from typing import Any

__all__ = ["StubOutForTesting"]


class StubOutForTesting:
    """Replaces attributes, and puts the old ones back; as a with-statement, at its end."""

    def __init__(self) -> None:
        self._replaced: list[tuple[Any, str, Any]] = []

    def __enter__(self) -> StubOutForTesting:
        return self

    def __exit__(self, *error: object) -> None:
        self.CleanUp()

    def CleanUp(self) -> None:
        """Put all attributes back."""
        self.UnsetAll()

    def Set(self, parent: Any, child_name: str, new_child: Any) -> None:
        """Replace an attribute of a module, a class or an object."""
        old = inspect.getattr_static(parent, child_name)
        self._replaced.append((parent, child_name, old))
        setattr(parent, child_name, new_child)

    SmartSet = Set

    def UnsetAll(self) -> None:
        """Put back what was replaced, the last first."""
        while self._replaced:
            setattr(*self._replaced.pop())

    SmartUnsetAll = UnsetAll
