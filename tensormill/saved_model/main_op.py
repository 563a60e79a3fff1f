"""`tf.saved_model.main_op`: what an exported model runs when it is loaded."""

from __future__ import annotations

from tensormill.graph.operation import Operation
from tensormill.lookup.initialization import tables_initializer
from tensormill.ops.grouping import group
from tensormill.variables.initialization import (
    global_variables_initializer,
    local_variables_initializer,
)

__all__ = ["main_op", "main_op_with_restore"]


def main_op() -> Operation:
    """Return an operation that initializes all variables and tables."""
    return group(
        global_variables_initializer(), local_variables_initializer(), tables_initializer()
    )


def main_op_with_restore(restore_op_name: str) -> Operation:
    """Return an operation that does so and restores after it."""
    initialize = main_op()
    with initialize.graph.control_dependencies([initialize]):
        return group(initialize.graph.get_operation_by_name(restore_op_name))
