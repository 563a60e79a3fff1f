"""What a checkpoint by object finds in objects: their dependencies, by local names.

A class says what it depends on by a property `_checkpoint_dependencies`, pairs of a name and an
object, and its state by `_gather_saveables_for_checkpoint`. Variables are state themselves; lists,
tuples and dictionaries depend on the objects in them.

Source: TensorFlow 1.15, python/training/tracking: base.py, tracking.py and data_structures.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tensormill.variables.base import VariableBase

__all__ = [
    "AutoTrackable",
    "NoDependency",
    "Trackable",
    "TrackableReference",
    "dependencies_in",
    "dependencies_of",
    "is_trackable",
]


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


class TrackableReference(NamedTuple):
    """A dependency: the local name, and the object."""

    name: str
    ref: Any


class NoDependency:
    """Holds a value that an object is to have as an attribute without depending on it."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Trackable:
    """The base of classes that say themselves what they depend on."""

    @property
    def _checkpoint_dependencies(self) -> list[TrackableReference]:
        tracked: dict[str, Any] = self.__dict__.get("_tracked", {})
        return [TrackableReference(name, each) for name, each in tracked.items()]

    @property
    def _unconditional_checkpoint_dependencies(self) -> list[TrackableReference]:
        return self._checkpoint_dependencies

    def _lookup_dependency(self, name: str) -> Any:
        return dict(self._checkpoint_dependencies).get(name)

    def _maybe_initialize_trackable(self) -> None:
        """Do nothing: dependencies are looked up when they are asked for."""

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
        known = self._lookup_dependency(name)
        if known is not None and known is not trackable and not overwrite:
            raise ValueError(
                f"Called Trackable._track_trackable() with name='{name}', but a Trackable with "
                "this name is already declared as a dependency. Names must be unique (or "
                "overwrite=True)."
            )
        if known is not trackable:
            self.__dict__.setdefault("_tracked", {})[name] = trackable
        return trackable

    def _no_dependency(self, value: Any) -> Any:
        return value


class AutoTrackable(Trackable):
    """The base of classes that depend on what their attributes are."""

    def __setattr__(self, name: str, value: Any) -> None:
        left_out = self.__dict__.get("_left_out", frozenset())
        if isinstance(value, NoDependency):
            value = value.value
            object.__setattr__(self, "_left_out", left_out | {name})
        elif name in left_out:
            object.__setattr__(self, "_left_out", left_out - {name})
        if is_trackable(value):
            self.__dict__.get("_tracked", {}).pop(name, None)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        self.__dict__.get("_tracked", {}).pop(name, None)
        super().__delattr__(name)

    def _no_dependency(self, value: Any) -> Any:
        return NoDependency(value)

    @property
    def _checkpoint_dependencies(self) -> list[TrackableReference]:
        left_out = {"_tracked", "_left_out", *self.__dict__.get("_left_out", ())}
        attributes = {name: each for name, each in vars(self).items() if name not in left_out}
        own = [TrackableReference(*found) for found in dependencies_in(attributes)]
        return [*super()._checkpoint_dependencies, *own]
