"""Finds cycles of references in what the garbage collector had to free."""

from __future__ import annotations

import gc
import inspect
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from tensormill.graph import tf_logging

__all__ = ["find_reference_cycle"]


def find_reference_cycle(objects: Sequence[Any], idx: int) -> bool:
    """Return whether an object stands in a cycle of references; the cycle is logged.

    Args:
      objects: what was found.
      idx: which of them.
    """
    start = objects[idx]
    reached_from: dict[int, Any] = {}
    waiting = [start]
    while waiting:
        referrer = waiting.pop()
        for referred in gc.get_referents(referrer):
            if referred is start:
                _log([start, *_way_back(reached_from, referrer, start)][::-1])
                return True
            if id(referred) not in reached_from and not _is_of_module(referred):
                reached_from[id(referred)] = referrer
                waiting.append(referred)
    return False


def _is_of_module(found: Any) -> bool:
    """Return whether something is a module or its names, from where everything is reached."""
    return isinstance(found, ModuleType) or (isinstance(found, dict) and "__builtins__" in found)


def _way_back(reached_from: dict[int, Any], last: Any, start: Any) -> list[Any]:
    """Return what leads from an object back to the one where the search began."""
    path = [last]
    while path[-1] is not start:
        path.append(reached_from[id(path[-1])])
    return path


def _log(path: Sequence[Any]) -> None:
    tf_logging.error("Reference cycle sample:")
    for each in path:
        tf_logging.error("%s", _description(each))


def _description(found: Any) -> str:
    if inspect.isfunction(found):
        return f"function {found.__qualname__} ({id(found)})"
    if isinstance(found, (list, tuple, dict, set)):
        return f"{type(found).__name__} of {len(found)} ({id(found)})"
    return f"{type(found)} ({id(found)})"
