"""Graphs that arrive from other tasks: the nodes of a GraphDef added to a graph under their names.

Nothing in such a graph is trusted, and it may come from another version of TensorFlow. Python
functions are not called: their tokens mean something in the process that made them only.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from tensormill.graph.creation_site import NO_FRAMES
from tensormill.graph.errors import InvalidArgumentError, OpError
from tensormill.graph.graph import Graph
from tensormill.graph.graph_def_import import GraphDefImport
from tensormill.graph.node_def_reader import CONTROL, NodeReader
from tensormill.graph.op_def import OpDef
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation

__all__ = ["extend_graph", "withdraw_nodes"]

_MOST_ELEMENTS = (1 << 31) - 1
_PYTHON_OPS = frozenset({"PyFunc", "PyFuncStateless", "EagerPyFunc"})


def extend_graph(
    graph: Graph, graph_def: Any, runtime_op_defs: Mapping[str, OpDef] | None = None
) -> list[Operation]:
    """Add the nodes of a GraphDef, which may name nodes that the graph has already.

    Args:
      graph: the graph; it stays as it was where this fails. Nobody else changes it meanwhile.
      graph_def: a GraphDef message with the new nodes.
      runtime_op_defs: op types that only runtimes use, allowed here besides the known ones.

    Returns:
      The new operations.

    Raises:
      NotFoundError: an op type is not known.
      InvalidArgumentError: the nodes are not sound, or there are nodes of those names.
    """
    _disown_python_functions(graph_def)
    _check_constants(graph_def)
    work = _Extension(graph, graph_def, runtime_op_defs)
    try:
        with graph.as_default():
            work.build()
            work.commit()
    except OpError:
        raise
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        raise InvalidArgumentError(None, None, str(error)) from error
    return work.order


def _disown_python_functions(graph_def: Any) -> None:
    """Let calls of Python functions name none of this process, in nodes and in functions."""
    bodies = (function.node_def for function in graph_def.library.function)
    for node in itertools.chain(graph_def.node, *bodies):
        if node.op in _PYTHON_OPS:
            node.attr["token"].s += b" of another process"


def _check_constants(graph_def: Any) -> None:
    """Refuse constants that say that they are larger than any message is.

    A tensor that repeats one value may have any shape, which costs the sender nothing.
    """
    for node in graph_def.node:
        if node.op == "Const":
            shape = node.attr["value"].tensor.tensor_shape
            if math.prod(dim.size for dim in shape.dim) > _MOST_ELEMENTS:
                raise InvalidArgumentError(
                    None,
                    None,
                    f"Node '{node.name}': a constant of shape {[dim.size for dim in shape.dim]} "
                    "is too large",
                )


def withdraw_nodes(graph: Graph, operations: Sequence[Operation]) -> None:
    """Take the operations that were added last out of a graph again."""
    if not operations:
        return
    for op in operations:
        op._disconnect()
        del graph._operations_by_name[op.name]
    del graph._operations[-len(operations) :]


class _Extension(GraphDefImport):
    """One extension; nodes of the graph take the place of inputs that the message lacks."""

    is_from_runtime = True

    def __init__(
        self, graph: Graph, message: Any, runtime_op_defs: Mapping[str, OpDef] | None
    ) -> None:
        super().__init__(graph, message, "", {})
        self.op_defs = {**OP_DEFS, **runtime_op_defs} if runtime_op_defs else OP_DEFS
        self.frames = NO_FRAMES

    def _choose_names(self) -> None:
        existing = self.graph._operations_by_name
        for name in self.index_of:
            if name in existing:
                raise InvalidArgumentError(
                    None,
                    None,
                    f"GraphDef argument to Extend includes node '{name}', which was created by a "
                    "previous call to Create or Extend in this session.",
                )
            self.final_names[name] = name
        for reader in self.readers:
            self._map_existing(reader, existing)

    def _map_existing(self, reader: NodeReader, existing: dict[str, Operation]) -> None:
        for name, index in reader.inputs:
            op = existing.get(name)
            if op is None:
                continue
            if index >= len(op.outputs):
                raise InvalidArgumentError(
                    None,
                    None,
                    f"Node '{reader.node.name}': Connecting to invalid output {index} of source "
                    f"node {name} which has {len(op.outputs)} outputs.",
                )
            self.mapped[(name, index)] = op.outputs[index]
        for name in reader.controls:
            if name in existing:
                self.mapped[(name, CONTROL)] = existing[name]

    def _colocation(self, node_name: str, groups: tuple[bytes, ...]) -> tuple[bytes, ...]:
        return groups  # a group need not have a node of its name
