"""Figures of nodes, such as how many floating-point operations they take, by op type.

Source: TensorFlow 1.15, python/framework/ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["OpStats", "RegisterStatistics", "get_stats_for_node_def"]

_statistics: dict[tuple[str, str], Callable[..., Any]] = {}


class OpStats:
    """A figure of a node, with the kind of figure that it is."""

    def __init__(self, statistic_type: str, value: Any = None) -> None:
        self.statistic_type = statistic_type
        self.value = value

    def __iadd__(self, other: OpStats) -> OpStats:
        if other.statistic_type != self.statistic_type:
            raise ValueError(
                f"Can't add an OpStat of type {self.statistic_type} to one of "
                f"{other.statistic_type}."
            )
        if self.value is None:
            self.value = other.value
        elif other.value is not None:
            self.value += other.value
        return self


class RegisterStatistics:
    """Registers, as a decorator, what computes a figure of the nodes of an op type."""

    def __init__(self, op_type: str, statistic_type: str) -> None:
        if not isinstance(op_type, str):
            raise TypeError("op_type must be a string.")
        if "," in op_type:
            raise TypeError("op_type must not contain a comma.")
        if not isinstance(statistic_type, str):
            raise TypeError("statistic_type must be a string.")
        if "," in statistic_type:
            raise TypeError("statistic_type must not contain a comma.")
        self._key = (op_type, statistic_type)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Register the function and return it."""
        if self._key in _statistics:
            raise KeyError(f"Registering two statistics for {','.join(self._key)}!")
        _statistics[self._key] = function
        return function


def get_stats_for_node_def(graph: Any, node: Any, statistic_type: str) -> OpStats:
    """Return a figure of a node, without a value where nothing computes it."""
    function = _statistics.get((node.op, statistic_type))
    if function is None:
        return OpStats(statistic_type)
    found: OpStats = function(graph, node)
    return found
