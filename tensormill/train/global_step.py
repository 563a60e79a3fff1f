"""The global step: the variable that counts the training steps of a graph."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.collections import GraphKeys
from tensormill.graph.graph import Graph, get_default_graph
from tensormill.graph.stacks import get_default_session
from tensormill.graph.tensor import Tensor
from tensormill.ops.conditional import cond
from tensormill.variables.assignments import assign_add, is_variable_initialized
from tensormill.variables.base import VariableBase
from tensormill.variables.initializers import Zeros
from tensormill.variables.store import get_variable

__all__ = [
    "assert_global_step",
    "create_global_step",
    "get_global_step",
    "get_or_create_global_step",
    "get_or_create_global_step_read",
    "global_step",
    "increment_global_step",
]

_READ_KEY = "global_step_read_op_cache"


def get_global_step(graph: Graph | None = None) -> Any:
    """Return the global step of a graph (by default the default one); None if it has none.

    Raises:
      TypeError: what is called the global step is no scalar integer variable.
    """
    graph = graph or get_default_graph()
    steps = graph.get_collection(GraphKeys.GLOBAL_STEP)
    if len(steps) == 1:
        step = steps[0]
    elif steps:
        return None
    elif "global_step" in graph._operations_by_name:
        step = graph.get_tensor_by_name("global_step:0")
    else:
        return None
    assert_global_step(step)
    return step


def create_global_step(graph: Graph | None = None) -> Any:
    """Make the global step of a graph (by default the default one).

    Raises:
      ValueError: the graph has one already.
    """
    graph = graph or get_default_graph()
    if get_global_step(graph) is not None:
        raise ValueError('"global_step" already exists.')
    with graph.as_default(), graph.name_scope(None):
        return get_variable(
            GraphKeys.GLOBAL_STEP,
            shape=[],
            dtype=dtypes.int64,
            initializer=Zeros(),
            trainable=False,
            collections=[GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP],
        )


def get_or_create_global_step(graph: Graph | None = None) -> Any:
    """Return the global step of a graph (by default the default one), made if it has none."""
    graph = graph or get_default_graph()
    step = get_global_step(graph)
    return create_global_step(graph) if step is None else step


def get_or_create_global_step_read(graph: Graph | None = None) -> Any:
    """Return a tensor that reads the global step of a graph; None if it has none.

    Raises:
      RuntimeError: the graph has several such tensors.
    """
    graph = graph or get_default_graph()
    reads = graph.get_collection(_READ_KEY)
    if len(reads) > 1:
        raise RuntimeError(
            f"There are multiple items in collection {_READ_KEY}. There should be only one."
        )
    if reads:
        return reads[0]
    step = get_global_step(graph)
    if step is None:
        return None
    with graph.as_default(), graph.name_scope(None), graph.name_scope(f"{step.op.name}/"):
        # Hooks read it before and after the step itself.
        value = step
        if isinstance(step, VariableBase):
            value = cond(is_variable_initialized(step), step.read_value, lambda: step.initial_value)
        read = value + 0
        graph.add_to_collection(_READ_KEY, read)
    return read


def increment_global_step(increment: Any = 1, graph: Graph | None = None) -> Any:
    """Return what raises the global step of a graph, after hooks have read it.

    Raises:
      ValueError: the graph has none.
    """
    graph = graph or get_default_graph()
    step = get_global_step(graph)
    if step is None:
        raise ValueError(
            "Global step tensor should be created by tf.train.get_or_create_global_step before "
            "calling increment."
        )
    read = get_or_create_global_step_read(graph)
    with (
        graph.as_default(),
        graph.name_scope(None),
        graph.name_scope(f"{step.op.name}/"),
        graph.control_dependencies([read]),
    ):
        return assign_add(step, increment)


def assert_global_step(global_step_tensor: Any) -> None:
    """Check that something can count steps.

    Raises:
      TypeError: it is no scalar integer variable or tensor.
    """
    if not isinstance(global_step_tensor, (VariableBase, Tensor)):
        raise TypeError(
            'Existing "global_step" must be a Variable or Tensor: '
            f"{type(global_step_tensor).__name__}."
        )
    if not global_step_tensor.dtype.base_dtype.is_integer:
        raise TypeError(
            f'Existing "global_step" does not have integer type: {global_step_tensor.dtype}'
        )
    shape = global_step_tensor.shape
    if len(shape) != 0 and shape.is_fully_defined():
        raise TypeError(f'Existing "global_step" is not scalar: {shape}')


def global_step(sess: Any, global_step_tensor: Any) -> int:
    """Return the number of training steps in a session."""
    return int((sess or get_default_session()).run(global_step_tensor))
