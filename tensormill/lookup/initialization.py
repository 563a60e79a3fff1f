"""`tf.tables_initializer`: the operation that initializes all tables of a graph."""

from __future__ import annotations

from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import get_collection
from tensormill.graph.operation import Operation
from tensormill.ops.basics import no_op
from tensormill.ops.grouping import group

__all__ = ["initialize_all_tables", "tables_initializer"]


def tables_initializer(name: str = "init_all_tables") -> Operation:
    """Return an operation that initializes all tables of the default graph."""
    initializers = get_collection(GraphKeys.TABLE_INITIALIZERS)
    if initializers:
        return group(*initializers, name=name)
    nothing: Operation = no_op(name=name)
    return nothing


def initialize_all_tables(name: str = "init_all_tables") -> Operation:
    """Return `tables_initializer(name)`, under its old name."""
    return tables_initializer(name)
