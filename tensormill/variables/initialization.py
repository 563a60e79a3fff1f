"""The variables of a graph by collection; initializing them, and finding those without a value."""

from __future__ import annotations

import os
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.collections import GraphKeys
from tensormill.graph.constants import constant
from tensormill.graph.graph import get_default_graph
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import rank_internal
from tensormill.ops.basics import no_op
from tensormill.ops.grids import boolean_mask
from tensormill.ops.grouping import group
from tensormill.ops.joining import stack
from tensormill.variables.assignments import is_variable_initialized

__all__ = [
    "all_variables",
    "assert_variables_initialized",
    "global_variables",
    "global_variables_initializer",
    "initialize_all_variables",
    "initialize_local_variables",
    "initialize_variables",
    "local_variables",
    "local_variables_initializer",
    "model_variables",
    "moving_average_variables",
    "report_uninitialized_variables",
    "trainable_variables",
    "variables_initializer",
]

_REPORTING_DEVICE = "TF_DEVICE_FOR_UNINITIALIZED_VARIABLE_REPORTING"
_REF_VARIABLES = ("Variable", "VariableV2", "AutoReloadVariable")


def global_variables(scope: str | None = None) -> list[Any]:
    """Return the global variables of the default graph (whose names match `scope`)."""
    return get_default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES, scope)


def all_variables() -> list[Any]:
    """Return the global variables of the default graph (the old name)."""
    return global_variables()


def local_variables(scope: str | None = None) -> list[Any]:
    """Return the local variables of the default graph: those that are not saved."""
    return get_default_graph().get_collection(GraphKeys.LOCAL_VARIABLES, scope)


def model_variables(scope: str | None = None) -> list[Any]:
    """Return the model variables of the default graph."""
    return get_default_graph().get_collection(GraphKeys.MODEL_VARIABLES, scope)


def trainable_variables(scope: str | None = None) -> list[Any]:
    """Return the variables of the default graph that optimizers change."""
    return get_default_graph().get_collection(GraphKeys.TRAINABLE_VARIABLES, scope)


def moving_average_variables(scope: str | None = None) -> list[Any]:
    """Return the variables of the default graph that have moving averages."""
    return get_default_graph().get_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, scope)


def variables_initializer(var_list: Any, name: str = "init") -> Operation:
    """Return an operation that initializes the variables of a list, all at once."""
    if var_list:
        return group(*[variable.initializer for variable in var_list], name=name)
    done: Operation = no_op(name=name)
    return done


def initialize_variables(var_list: Any, name: str = "init") -> Operation:
    """Return `variables_initializer(var_list)` (the old name)."""
    return variables_initializer(var_list, name=name)


def global_variables_initializer() -> Operation:
    """Return an operation that initializes all global variables."""
    return variables_initializer(global_variables())


def initialize_all_variables() -> Operation:
    """Return `global_variables_initializer()` (the old name)."""
    return global_variables_initializer()


def local_variables_initializer() -> Operation:
    """Return an operation that initializes all local variables."""
    return variables_initializer(local_variables())


def initialize_local_variables() -> Operation:
    """Return `local_variables_initializer()` (the old name)."""
    return local_variables_initializer()


def _variables_to_check() -> list[Any]:
    found = global_variables() + local_variables()
    if found:
        return found
    operations = get_default_graph().get_operations()
    return [op.outputs[0] for op in operations if op.type in _REF_VARIABLES]


def assert_variables_initialized(var_list: Any = None) -> Tensor | None:
    """Return a tensor that fails with FailedPreconditionError if a variable has no value.

    Args:
      var_list: by default all global and local variables.
    """
    variables = _variables_to_check() if var_list is None else var_list
    if not variables:
        return None
    ranks = []
    for variable in variables:
        with get_default_graph().colocate_with(variable.op):
            ranks.append(rank_internal(variable, optimize=False))
    return ranks[0] if len(ranks) == 1 else stack(ranks)


def report_uninitialized_variables(
    var_list: Any = None, name: str = "report_uninitialized_variables"
) -> Tensor:
    """Return a 1-D string tensor with the names of the variables that have no value.

    Args:
      var_list: by default all global and local variables, in the order of their creation.
      name: the name of the scope of nodes.
    """
    variables = _variables_to_check() if var_list is None else var_list
    graph = get_default_graph()
    with graph.name_scope(name):
        has_value = [is_variable_initialized(variable) for variable in variables]
        with graph.device(os.environ.get(_REPORTING_DEVICE, "/cpu:0")):
            if not variables:
                return constant([], dtype=dtypes.string)
            has_none = OP_DEFS["LogicalNot"].builder(stack(has_value))
            names = constant([variable.op.name for variable in variables])
            return boolean_mask(names, has_none)
