"""Nodes of variables, as `tensorflow.python.ops.state_ops` makes them.

Source: TensorFlow 1.15, python/ops/state_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.collections import GraphKeys
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.graph import get_default_graph
from tensormill.graph.shapes import as_shape
from tensormill.graph.tensor import Tensor
from tensormill.ops.state import variable, variable_v2
from tensormill.variables.assignments import assign
from tensormill.variables.initializers import Ones
from tensormill.variables.scope import AUTO_REUSE, variable_scope
from tensormill.variables.store import get_variable

__all__ = ["init_variable", "name_or_message", "steps_per_run", "variable_op", "variable_op_v2"]


def variable_op(
    shape: Any,
    dtype: Any,
    name: str = "Variable",
    set_shape: bool = True,
    container: str = "",
    shared_name: str = "",
) -> Tensor:
    """Make a node of type Variable, of unknown shape without `set_shape`."""
    made: Tensor = variable(
        shape=as_shape(shape if set_shape else None),
        dtype=dtype,
        name=name,
        container=container,
        shared_name=shared_name,
    )
    return made


def variable_op_v2(
    shape: Any, dtype: Any, name: str = "Variable", container: str = "", shared_name: str = ""
) -> Tensor:
    """Make a node of type VariableV2."""
    made: Tensor = variable_v2(
        shape=as_shape(shape),
        dtype=dtype,
        name=name,
        container=container,
        shared_name=shared_name,
    )
    return made


def init_variable(v: Any, init: Any, name: str = "init") -> Any:
    """Assign a first value to a variable, or what a function makes of its shape and dtype."""
    with name_scope(None, f"{v.op.name}/", [v, init]), name_scope(name) as scope, _colocated(v):
        if callable(init):
            assert v.get_shape().is_fully_defined(), "Variable shape unknown."
            value = convert_to_tensor(init(v.get_shape().as_list(), v.dtype.base_dtype))
            return assign(v, value, name=scope)
        return assign(v, init, name=scope)


def _colocated(v: Any) -> Any:
    return v.graph.colocate_with(v.op)


def steps_per_run() -> Any:
    """Return the variable that says how many steps a run makes; it is made at first.

    Raises:
      RuntimeError: there are several.
    """
    collection = "hooks_steps_per_run"
    found = get_default_graph().get_collection(collection)
    if len(found) > 1:
        raise RuntimeError("Multiple steps_per_run_var in collection.")
    if found:
        return found[0]
    with variable_scope("hooks", reuse=AUTO_REUSE):
        return get_variable(
            "steps_per_run",
            initializer=Ones(),
            shape=[],
            dtype=dtypes.int32,
            trainable=False,
            collections=[collection, GraphKeys.LOCAL_VARIABLES],
            use_resource=True,
        )


def name_or_message(obj: Any) -> Any:
    """Return the name of an object for a message: what to say where it has none."""
    if obj is None:
        return "None"
    return getattr(obj, "name", f"<no name for {type(obj)}>")
