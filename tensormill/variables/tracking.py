"""What a checkpoint by object finds in objects: their dependencies, by local names.

A class says what it depends on by a property `_checkpoint_dependencies`, pairs of a name and an
object, and its state by `_gather_saveables_for_checkpoint`. Variables are state themselves; lists,
tuples and dictionaries depend on the objects in them.

Source: TensorFlow 1.15, python/training/tracking: base.py, tracking.py and data_structures.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tensormill.variables.base import VariableBase

__all__ = ["AutoTrackable", "Trackable", "dependencies_in", "dependencies_of", "is_trackable"]


def is_trackable(value: Any) -> bool:
    """Return whether a checkpoint by object looks at a value."""
    if isinstance(value, type):
        return False
    if isinstance(value, VariableBase):
        return True
    if isinstance(value, (list, tuple)):
        return any(is_trackable(each) for each in value)
    if isinstance(value, Mapping):
        return any(is_trackable(each) for each in value.values())
    return hasattr(type(value), "_checkpoint_dependencies") or hasattr(
        type(value), "_gather_saveables_for_checkpoint"
    )


def dependencies_of(value: Any) -> list[tuple[str, Any]]:
    """Return the objects that an object depends on, with their local names."""
    if isinstance(value, VariableBase):
        return []
    if isinstance(value, (list, tuple)):
        return list(dependencies_in({str(n): each for n, each in enumerate(value)}))
    if isinstance(value, Mapping):
        return list(dependencies_in({str(key): value[key] for key in value}))
    return [(name, other) for name, other in getattr(value, "_checkpoint_dependencies", ())]


def dependencies_in(attributes: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the attributes that a checkpoint by object looks at."""
    for name, value in attributes.items():
        if is_trackable(value):
            yield name, value


class Trackable:
    """The base of classes that say themselves what they depend on."""

    @property
    def _checkpoint_dependencies(self) -> list[tuple[str, Any]]:
        return list(self.__dict__.get("_tracked", {}).items())

    def _track_trackable(self, trackable: Any, name: str, overwrite: bool = False) -> Any:
        """Depend on an object under a local name; return the object.

        Raises:
          TypeError: a checkpoint does not look at such objects.
          ValueError: the name is taken by another object.
        """
        if not is_trackable(trackable):
            raise TypeError(
                f"Trackable._track_trackable() passed type {type(trackable)}, not a Trackable."
            )
        tracked = self.__dict__.setdefault("_tracked", {})
        if tracked.setdefault(name, trackable) is not trackable and not overwrite:
            raise ValueError(
                f"Called Trackable._track_trackable() with name='{name}', but a Trackable with "
                "this name is already declared as a dependency. Names must be unique (or "
                "overwrite=True)."
            )
        tracked[name] = trackable
        return trackable


class AutoTrackable(Trackable):
    """The base of classes that depend on what their attributes are."""

    @property
    def _checkpoint_dependencies(self) -> list[tuple[str, Any]]:
        attributes = {name: each for name, each in vars(self).items() if name != "_tracked"}
        return [*super()._checkpoint_dependencies, *dependencies_in(attributes)]
