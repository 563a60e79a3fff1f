"""Device filters: with which tasks of a cluster a session wants to have to do."""

from __future__ import annotations

from collections.abc import Sequence

from tensormill.graph.device_names import DeviceName, matches, parse_device_name

__all__ = ["can_be_on", "is_wanted"]


def is_wanted(task: str, filters: Sequence[str]) -> bool:
    """Return whether a task has devices that device filters let through; all do where none is."""
    return not filters or any(can_be_on(parse_device_name(text), task) for text in filters)


def can_be_on(asked: DeviceName, task: str) -> bool:
    """Return whether a task may have a device that is asked for."""
    return matches(str(DeviceName(asked.job, asked.replica, asked.task)), task)
