"""Python functions that nodes of a graph call, by token.

A graph keeps the functions of its nodes alive; the table holds them weakly. A token means something
in the process that made it only.
"""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tensormill.graph.graph import Graph

__all__ = ["PyFunction", "find_py_function", "register_py_function", "registry"]


@dataclass(eq=False)
class PyFunction:
    """A function with the token under which nodes name it.

    Attributes:
      function: takes and returns NumPy values.
      token: such as "pyfunc_0".
    """

    function: Callable[..., Any]
    token: str


class _Registry:
    """The functions of this process by token."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._functions: weakref.WeakValueDictionary[str, PyFunction] = (
            weakref.WeakValueDictionary()
        )  # guarded by _lock

    def insert(self, function: Callable[..., Any]) -> PyFunction:
        """Return a function with a new token; the table holds it weakly."""
        with self._lock:
            made = PyFunction(function, f"pyfunc_{next(self._numbers)}")
            self._functions[made.token] = made
        return made

    def find(self, token: str) -> PyFunction | None:
        """Return the function with a token, or None."""
        with self._lock:
            return self._functions.get(token)

    def size(self) -> int:
        """Return how many functions are alive."""
        with self._lock:
            return len(self._functions)


registry = _Registry()


def register_py_function(graph: Graph, function: Callable[..., Any]) -> str:
    """Return a new token for a function, which lives as long as the graph."""
    made = registry.insert(function)
    graph._py_functions.append(made)
    return made.token


def find_py_function(token: str) -> PyFunction | None:
    """Return the function with a token, or None where this process has none."""
    return registry.find(token)
