"""Choosing operations and tensors: by pattern, by a test, by where they are in the graph."""

from __future__ import annotations

import re
from typing import Any

from tensormill.graph.graph import Graph
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.graph.walks import (
    concatenate_unique,
    make_list_of_op,
    make_list_of_t,
)

__all__ = [
    "ControlOutputs",
    "can_be_regex",
    "check_cios",
    "compute_boundary_ts",
    "filter_ops",
    "filter_ops_from_regex",
    "filter_ts",
    "filter_ts_from_regex",
    "get_name_scope_ops",
    "get_ops_ios",
    "get_within_boundary_ops",
    "make_regex",
    "select_ops",
    "select_ops_and_ts",
    "select_ts",
]

# What a pattern begins with that is meant for tensors, or for operations.
_FOR_TENSORS = "(?#ts)"
_FOR_OPS = "(?#ops)"


class ControlOutputs:
    """The control outputs of a graph's operations, as they are when they are asked for."""

    def __init__(self, graph: Graph) -> None:
        if not isinstance(graph, Graph):
            raise TypeError(f"Expected a tf.Graph, got: {type(graph)}")
        self._graph = graph

    def update(self) -> ControlOutputs:
        """Return the object itself: it is never out of date."""
        return self

    def get_all(self) -> dict[Operation, list[Operation]]:
        """Return the control outputs of all operations that have some."""
        found = {op: op._control_outputs_list for op in self._graph.get_operations()}
        return {op: outputs for op, outputs in found.items() if outputs}

    def get(self, op: Operation) -> list[Operation]:
        """Return the control outputs of an operation."""
        return op._control_outputs_list

    @property
    def graph(self) -> Graph:
        """The graph."""
        return self._graph


def can_be_regex(obj: Any) -> bool:
    """Return whether something is a pattern: a string or a compiled one."""
    return isinstance(obj, (str, re.Pattern))


def make_regex(obj: Any) -> re.Pattern[str]:
    """Return a pattern in compiled form.

    Raises:
      ValueError: it is no pattern.
    """
    if not can_be_regex(obj):
        raise ValueError(f"Expected a string or a regex, got: {type(obj)}")
    return re.compile(obj)


def filter_ts(ops: Any, positive_filter: Any) -> list[Tensor]:
    """Return the outputs of operations that pass a test; True lets all pass."""
    tensors = [tensor for op in make_list_of_op(ops) for tensor in op.outputs]
    if positive_filter is True:
        return tensors
    return [tensor for tensor in tensors if positive_filter(tensor)]


def filter_ts_from_regex(ops: Any, regex: Any) -> list[Tensor]:
    """Return the outputs of operations whose names hold a pattern."""
    pattern = make_regex(regex)
    return filter_ts(ops, lambda tensor: pattern.search(tensor.name))


def filter_ops(ops: Any, positive_filter: Any) -> list[Operation]:
    """Return the operations that pass a test; True lets all pass."""
    found = make_list_of_op(ops)
    return found if positive_filter is True else [op for op in found if positive_filter(op)]


def filter_ops_from_regex(ops: Any, regex: Any) -> list[Operation]:
    """Return the operations whose names hold a pattern."""
    pattern = make_regex(regex)
    return filter_ops(ops, lambda op: pattern.search(op.name))


def get_name_scope_ops(ops: Any, scope: str) -> list[Operation]:
    """Return the operations in a name scope."""
    return filter_ops_from_regex(ops, f"^{re.escape(scope.removesuffix('/'))}(/.*)?$")


def select_ops(*args: Any, **kwargs: Any) -> list[Operation]:
    """Return the operations that the arguments mean, each once.

    Args:
      *args: patterns (those for tensors are passed over), operations, and lists of these.
      **kwargs: `graph`, which patterns look in; `positive_filter`, a test that operations found by
        a pattern must pass; `restrict_ops_regex`, which takes only patterns that begin with
        "(?#ops)".

    Raises:
      TypeError: an argument is something else.
      ValueError: a pattern stands without a graph.
    """
    graph, test, restrict = _selection_options(kwargs, "restrict_ops_regex")
    found: list[Operation] = []
    for arg in args:
        if not can_be_regex(arg):
            found = concatenate_unique(found, make_list_of_op(arg, ignore_ts=True))
            continue
        text = _pattern_text(arg, graph)
        if text.startswith(_FOR_TENSORS) or (restrict and not text.startswith(_FOR_OPS)):
            continue
        named = filter_ops_from_regex(graph, arg)
        found = concatenate_unique(found, [op for op in named if test is None or test(op)])
    return found


def select_ts(*args: Any, **kwargs: Any) -> list[Tensor]:
    """Return the tensors that the arguments mean, each once.

    Args:
      *args: patterns (those for operations are passed over), tensors, and lists of these.
      **kwargs: `graph`, which patterns look in; `positive_filter`, a test that tensors found by a
        pattern must pass; `restrict_ts_regex`, which takes only patterns that begin with "(?#ts)".

    Raises:
      TypeError: an argument is something else.
      ValueError: a pattern stands without a graph.
    """
    graph, test, restrict = _selection_options(kwargs, "restrict_ts_regex")
    found: list[Tensor] = []
    for arg in args:
        if not can_be_regex(arg):
            found = concatenate_unique(found, make_list_of_t(arg, ignore_ops=True))
            continue
        text = _pattern_text(arg, graph)
        if text.startswith(_FOR_OPS) or (restrict and not text.startswith(_FOR_TENSORS)):
            continue
        named = filter_ts_from_regex(graph, arg)
        found = concatenate_unique(found, [t for t in named if test is None or test(t)])
    return found


def select_ops_and_ts(*args: Any, **kwargs: Any) -> tuple[list[Operation], list[Tensor]]:
    """Return the operations and the tensors that the arguments mean.

    Args:
      *args: as for `select_ops` and `select_ts`; a pattern for tensors begins with "(?#ts)".
      **kwargs: `graph` and `positive_filter`.
    """
    ops = select_ops(*args, restrict_ops_regex=False, **kwargs)
    return ops, select_ts(*args, restrict_ts_regex=True, **kwargs)


def _selection_options(kwargs: dict[str, Any], restriction: str) -> tuple[Any, Any, bool]:
    left = dict(kwargs)
    graph = left.pop("graph", None)
    test = left.pop("positive_filter", None)
    restrict = left.pop(restriction, False)
    if left:
        raise ValueError(f"Invalid keywords arguments: {', '.join(left)}.")
    if graph is not None and not isinstance(graph, Graph):
        raise TypeError(f"Expected a tf.Graph, got: {type(graph)}")
    return graph, test, restrict


def _pattern_text(pattern: Any, graph: Any) -> str:
    if graph is None:
        raise ValueError("Use the keyword argument 'graph' to use regex.")
    return make_regex(pattern).pattern


def check_cios(
    control_inputs: Any = False, control_outputs: Any = None, control_ios: Any = None
) -> tuple[Any, Any]:
    """Return which control inputs and outputs are meant; `control_ios` stands for both.

    Raises:
      TypeError: they are not a bool and a `ControlOutputs`.
      ValueError: both ways of saying it are used.
    """
    if control_ios is not None:
        if not isinstance(control_ios, ControlOutputs):
            raise TypeError(f"Expected a util.ControlOutputs, got: {type(control_ios)}")
        if control_outputs is not None:
            raise ValueError("control_outputs should be None when using control_ios.")
        return True, control_ios
    if control_outputs is not None and not isinstance(control_outputs, ControlOutputs):
        raise TypeError(f"Expected a util.ControlOutputs, got: {type(control_outputs)}")
    return control_inputs, control_outputs


def get_ops_ios(
    ops: Any, control_inputs: Any = False, control_outputs: Any = None, control_ios: Any = None
) -> list[Operation]:
    """Return the operations next to some: those that make their inputs or take their outputs."""
    control_inputs, control_outputs = check_cios(control_inputs, control_outputs, control_ios)
    found: list[Operation] = []
    for op in make_list_of_op(ops):
        found = concatenate_unique(found, [tensor.op for tensor in op.input_tensors])
        if control_inputs:
            found = concatenate_unique(found, op.control_inputs)
        for tensor in op.outputs:
            found = concatenate_unique(found, tensor.consumers())
        if control_outputs is not None:
            found = concatenate_unique(found, control_outputs.get(op))
    return found


def compute_boundary_ts(ops: Any) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    """Return the tensors that come into some operations, that leave them, and that stay inside.

    A tensor that is used both inside and outside leaves and stays.
    """
    ops = make_list_of_op(ops)
    within = {id(op) for op in ops}
    made = [tensor for op in ops for tensor in op.outputs]
    made_ids = {id(tensor) for tensor in made}
    used = concatenate_unique([], (tensor for op in ops for tensor in op.input_tensors))
    inside = [tensor for tensor in used if id(tensor) in made_ids]
    only_inside = {
        id(tensor) for tensor in inside if all(id(op) in within for op in tensor.consumers())
    }
    leaving = [tensor for tensor in made if id(tensor) not in only_inside]
    coming = [tensor for tensor in used if id(tensor) not in made_ids]
    return coming, leaving, inside


def get_within_boundary_ops(
    ops: Any,
    seed_ops: Any,
    boundary_ops: Any = (),
    inclusive: bool = True,
    control_inputs: Any = False,
    control_outputs: Any = None,
    control_ios: Any = None,
) -> list[Operation]:
    """Return the operations that are reached from some without crossing a boundary.

    Args:
      ops: the operations that the walk stays among.
      seed_ops: the operations to begin with.
      boundary_ops: the operations that the walk does not cross.
      inclusive: whether those of the boundary that are reached are among what is returned.
      control_inputs: also walk along control inputs.
      control_outputs: a `ControlOutputs`: also walk along these.
      control_ios: a `ControlOutputs` for both.

    Raises:
      ValueError: an operation to begin with is on the boundary.
    """
    control_inputs, control_outputs = check_cios(control_inputs, control_outputs, control_ios)
    inside = {id(op) for op in make_list_of_op(ops)}
    boundary = {id(op) for op in make_list_of_op(boundary_ops)}
    seeds = make_list_of_op(seed_ops, allow_graph=False)
    if any(id(op) in boundary for op in seeds):
        raise ValueError("Boundary is intersecting with the seeds.")
    found = list(seeds)
    for op in found:
        if id(op) in boundary:
            continue
        near = get_ops_ios([op], control_inputs, control_outputs)
        found = concatenate_unique(found, [other for other in near if id(other) in inside])
    return [op for op in found if inclusive or id(op) not in boundary]
