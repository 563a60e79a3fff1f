"""Resources that objects make when they are first asked for, and who keeps count of them.

Source: TensorFlow 1.15, python/training/tracking/tracking.py.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import device, init_scope
from tensormill.variables.tracking import Trackable

__all__ = [
    "CapturableResource",
    "NotTrackable",
    "ResourceTracker",
    "TrackableAsset",
    "TrackableResource",
    "cached_per_instance",
    "resource_tracker_scope",
]


class NotTrackable:
    """A base of classes whose objects no checkpoint by object can save."""


class ResourceTracker:
    """Keeps a list of resources."""

    def __init__(self) -> None:
        self._resources: list[Any] = []

    @property
    def resources(self) -> list[Any]:
        """The resources, in the order in which they were made."""
        return self._resources

    def add_resource(self, resource: Any) -> None:
        """Add a resource."""
        self._resources.append(resource)


_open_trackers: list[ResourceTracker] = []


@contextmanager
def resource_tracker_scope(resource_tracker: ResourceTracker) -> Iterator[None]:
    """Let a tracker note the resources that are made in the block."""
    _open_trackers.append(resource_tracker)
    try:
        yield
    finally:
        _open_trackers.remove(resource_tracker)


class CapturableResource(Trackable):
    """An object with a resource, which `_create_resource` makes at the first use."""

    def __init__(self, device: str = "", deleter: Any = None) -> None:
        """Say where the resource is to be.

        Args:
          device: the device.
          deleter: what gives the resource up; kept.
        """
        self._resource_handle: Any = None
        self._resource_device = device
        self._resource_deleter = deleter

    def _create_resource(self) -> Any:
        raise NotImplementedError("TrackableResource._create_resource not implemented.")

    def _initialize(self) -> Any:
        """Do nothing; classes whose resources need it make operations here."""

    @property
    def resource_handle(self) -> Any:
        """The handle of the resource."""
        if self._resource_handle is None:
            with device(self._resource_device):
                self._resource_handle = self._create_resource()
        return self._resource_handle


class TrackableResource(CapturableResource):
    """One that the open trackers note."""

    def __init__(self, device: str = "", deleter: Any = None) -> None:
        for tracker in _open_trackers:
            tracker.add_resource(self)
        super().__init__(device, deleter)


class TrackableAsset(Trackable):
    """A file that belongs to a model."""

    def __init__(self, path: Any) -> None:
        with init_scope(), device("CPU"):
            self._path = convert_to_tensor(path, dtypes.string, name="asset_path")

    @property
    def asset_path(self) -> Any:
        """The path, as a tensor."""
        return self._path


def cached_per_instance(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function of an object that is computed once for each object."""
    cache: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()

    @functools.wraps(f)
    def wrapped(item: Any) -> Any:
        output = cache.get(item)
        if output is None:
            cache[item] = output = f(item)
        return output

    wrapped.cache = cache  # type: ignore[attr-defined]
    return wrapped
