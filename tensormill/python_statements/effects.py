"""Statements whose branches or bodies change something: what runs before, and what runs after them.

Operations on state that nothing reads are kept by letting the results of the statement wait for
them, and the statement is noted in its graph, so that a traced function runs it in its place among
the other operations on the same state (`functional.traced.effects_in_order`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensormill.api as tf
from tensormill.functional.traced import (
    StatementEffect,
    effects_in_order,
    made_since,
    note_statement,
    root_of_state,
    states_of,
)
from tensormill.graph import nest
from tensormill.graph.graph import get_default_graph
from tensormill.graph.operation import Operation
from tensormill.ops.composite_values import components, rebuild

__all__ = ["Effects"]

_ENTERS = ("Enter", "RefEnter")


class Effects:
    """The effects of one statement, over its branches or its body."""

    def __init__(self) -> None:
        self._firsts: list[Operation] = []
        self._states: dict[Any, None] = {}
        self._began = get_default_graph()._last_id

    def within(self, function: Callable[[], tuple[Any, ...]]) -> tuple[Any, ...]:
        """Return what a branch or body gives, which waits for all that has effects in it."""
        graph = get_default_graph()
        context, before = graph._get_control_flow_context(), graph._last_id
        values = function()
        made = made_since(graph, before, context)
        effects = effects_in_order(made)
        if not effects:
            return values
        for op in made:
            for tensor in states_of(op):
                self._states.setdefault(root_of_state(tensor))
        self._firsts += effects
        with tf.control_dependencies(effects):
            return tuple(nest.map_structure(_again, value) for value in values)

    def note(self, results: list[Any]) -> None:
        """Note the condition that gives some tensors in its graph."""
        if self._firsts:
            self._note(results[0].op, self._firsts)

    def note_loop(self, result: Any) -> None:
        """Note the loop that gives a tensor in its graph: it begins where values enter it."""
        if self._firsts:
            frame = _frame_of(result.op)
            starts = [
                op
                for op in result.graph.get_operations()
                if op._id > self._began and op.type in _ENTERS and _frame_of(op) == frame
            ]
            self._note(result.op, starts)

    def _note(self, last: Operation, starts: list[Operation]) -> None:
        note_statement(last, StatementEffect(starts, list(self._states)))


def _frame_of(op: Operation) -> str:
    """Return the name of the loop that a value enters or leaves."""
    while op.type not in _ENTERS:
        op = op.inputs[0].op
    name: str = op.get_attr("frame_name").decode()
    return name


def _again(value: Any) -> Any:
    parts = components(value)
    if parts is not None:
        return rebuild(value, [tf.identity(part) for part in parts])
    return tf.identity(value)
