"""`SubGraphView`: some operations of a graph, with their inputs and outputs as those of one."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from tensormill.graph.graph import Graph, get_default_graph
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.graph.walks import (
    concatenate_unique,
    get_backward_walk_ops,
    get_unique_graph,
    is_iterable,
    make_list_of_op,
    make_list_of_t,
)
from tensormill.graph_editor.selection import (
    compute_boundary_ts,
    get_name_scope_ops,
    select_ops_and_ts,
)

__all__ = ["SubGraphView", "make_view", "make_view_from_scope"]


class SubGraphView:
    """Some operations of a graph, seen as one.

    A view can be remapped: its inputs and outputs put in another order, left out or repeated. The
    methods that do so return a new view. A tensor that only passes through is input and output.

    Args:
      inside_ops: the operations.
      passthrough_ts: tensors that pass through; those that touch the operations are passed over.
    """

    def __init__(self, inside_ops: Any = (), passthrough_ts: Any = ()) -> None:
        self._ops = make_list_of_op(inside_ops)
        passing = make_list_of_t(passthrough_ts)
        self._graph: Graph | None = get_unique_graph([*self._ops, *passing], none_if_empty=True)
        coming, leaving, inside = compute_boundary_ts(self._ops)
        touching = {id(tensor) for tensor in [*coming, *leaving, *inside]}
        self._passthrough_ts = [tensor for tensor in passing if id(tensor) not in touching]
        self._input_ts = coming + self._passthrough_ts
        self._output_ts = leaving + self._passthrough_ts

    def __copy__(self) -> SubGraphView:
        other = type(self)()
        other._graph = self._graph
        other._ops = list(self._ops)
        other._passthrough_ts = list(self._passthrough_ts)
        other._input_ts = list(self._input_ts)
        other._output_ts = list(self._output_ts)
        return other

    def copy(self) -> SubGraphView:
        """Return a view of the same operations."""
        return copy.copy(self)

    @property
    def graph(self) -> Graph:
        """The graph; the default one for a view of nothing."""
        return self._graph or get_default_graph()

    @property
    def ops(self) -> list[Operation]:
        """The operations."""
        return self._ops

    @property
    def inputs(self) -> list[Tensor]:
        """The tensors that come in."""
        return list(self._input_ts)

    @property
    def outputs(self) -> list[Tensor]:
        """The tensors that leave."""
        return list(self._output_ts)

    @property
    def connected_inputs(self) -> list[Tensor]:
        """The inputs that do not only pass through."""
        return [tensor for tensor in self._input_ts if not self.is_passthrough(tensor)]

    @property
    def connected_outputs(self) -> list[Tensor]:
        """The outputs that do not only pass through."""
        return [tensor for tensor in self._output_ts if not self.is_passthrough(tensor)]

    @property
    def passthroughs(self) -> list[Tensor]:
        """The tensors that only pass through."""
        return list(self._passthrough_ts)

    def __bool__(self) -> bool:
        return self._graph is not None

    def __str__(self) -> str:
        if not self:
            return "SubGraphView: empty"
        names = {
            "** ops": [op.name for op in self._ops],
            "** inputs": [tensor.name for tensor in self._input_ts],
            "** outputs": [tensor.name for tensor in self._output_ts],
        }
        lines = [f"SubGraphView (graph {id(self._graph)}):"]
        for title, entries in names.items():
            lines += [title, *(f"  {entry}" for entry in entries)]
        return "\n".join(lines)

    def op(self, op_id: int) -> Operation:
        """Return an operation by its position."""
        return self._ops[op_id]

    def is_passthrough(self, t: Tensor) -> bool:
        """Return whether a tensor only passes through."""
        return any(t is tensor for tensor in self._passthrough_ts)

    def find_op_by_name(self, op_name: str) -> Operation:
        """Return the operation of a name.

        Raises:
          ValueError: there is none.
        """
        for op in self._ops:
            if op.name == op_name:
                return op
        raise ValueError(f"{op_name} not found in subgraph.")

    def consumers(self) -> list[Operation]:
        """Return the operations outside that take an output."""
        within = {id(op) for op in self._ops}
        found = (op for tensor in self._output_ts for op in tensor.consumers())
        return concatenate_unique([], (op for op in found if id(op) not in within))

    def input_index(self, t: Tensor) -> int:
        """Return the position of an input.

        Raises:
          ValueError: the tensor is none.
        """
        return _position(t, self._input_ts, "input")

    def output_index(self, t: Tensor) -> int:
        """Return the position of an output.

        Raises:
          ValueError: the tensor is none.
        """
        return _position(t, self._output_ts, "output")

    def remap_inputs(self, new_input_indices: Sequence[int]) -> SubGraphView:
        """Return a view with these of the inputs, in this order, each at most once."""
        return self.remap(new_input_indices=new_input_indices)

    def remap_outputs(self, new_output_indices: Sequence[int]) -> SubGraphView:
        """Return a view with these of the outputs, in this order."""
        return self.remap(new_output_indices=new_output_indices)

    def remap(
        self,
        new_input_indices: Sequence[int] | None = None,
        new_output_indices: Sequence[int] | None = None,
    ) -> SubGraphView:
        """Return a view with these of the inputs and outputs, in this order.

        Raises:
          ValueError: there is no such input or output, or an input stands twice.
        """
        other = self.copy()
        if new_input_indices is not None:
            if len(set(new_input_indices)) != len(new_input_indices):
                raise ValueError("Duplicate input indices.")
            other._input_ts = _picked(self._input_ts, new_input_indices)
        if new_output_indices is not None:
            other._output_ts = _picked(self._output_ts, new_output_indices)
        return other

    def remap_outputs_make_unique(self) -> SubGraphView:
        """Return a view whose outputs stand once each."""
        other = self.copy()
        other._output_ts = concatenate_unique([], self._output_ts)
        return other

    def remap_outputs_to_consumers(self) -> SubGraphView:
        """Return a view with an output for each operation that takes it."""
        other = self.remap_outputs_make_unique()
        other._output_ts = [tensor for tensor in other._output_ts for _ in tensor.consumers()]
        return other

    def remap_default(
        self, remove_input_map: bool = True, remove_output_map: bool = True
    ) -> SubGraphView:
        """Return a view whose inputs, or outputs, are as they were before they were remapped."""
        whole, other = type(self)(self._ops, self._passthrough_ts), self.copy()
        if remove_input_map:
            other._input_ts = whole._input_ts
        if remove_output_map:
            other._output_ts = whole._output_ts
        return other

    def remove_unused_ops(self, control_inputs: bool = True) -> SubGraphView:
        """Return a view without the operations that no output needs."""
        needed = get_backward_walk_ops(
            self.connected_outputs, within_ops=self._ops, control_inputs=control_inputs
        )
        kept = {id(op) for op in needed}
        other = self.copy()
        other._ops = [op for op in self._ops if id(op) in kept]
        return other

    def _set_inputs(self, tensors: list[Tensor]) -> None:
        """Note that the operations have been given other inputs."""
        others = {id(old): new for old, new in zip(self._input_ts, tensors, strict=True)}
        self._passthrough_ts = [others.get(id(each), each) for each in self._passthrough_ts]
        self._input_ts = tensors


def make_view(*args: Any, **kwargs: Any) -> SubGraphView:
    """Return a view of what the arguments mean.

    Args:
      *args: one view, which is returned itself, or what `select_ops_and_ts` takes.
      **kwargs: the keywords of that.
    """
    if len(args) == 1 and isinstance(args[0], SubGraphView):
        return args[0]
    plain = [list(arg) if _is_collection(arg) else arg for arg in args]
    return SubGraphView(*select_ops_and_ts(*plain, **kwargs))


def make_view_from_scope(scope: str, graph: Graph) -> SubGraphView:
    """Return a view of the operations in a name scope."""
    return SubGraphView(get_name_scope_ops(graph, scope))


def _is_collection(arg: Any) -> bool:
    return is_iterable(arg) and not isinstance(arg, (str, Graph))


def _position(tensor: Tensor, tensors: list[Tensor], kind: str) -> int:
    for index, each in enumerate(tensors):
        if each is tensor:
            return index
    raise ValueError(f"Can't find {tensor.name} in the {kind}s of the subgraph.")


def _picked(tensors: list[Tensor], indices: Sequence[int]) -> list[Tensor]:
    for index in indices:
        if not 0 <= index < len(tensors):
            raise ValueError(f"{index} is out of bounds: there are {len(tensors)}")
    return [tensors[index] for index in indices]
