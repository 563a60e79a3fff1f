"""`FuncGraph`: the body of a function while Python code builds it.

What the code takes from graphs outside becomes a further input of the function (or, where it is
captured by value, is copied into the body).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tensormill.graph.dtypes import DType
from tensormill.graph.graph import Graph, function_graphs, get_default_graph
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.shapes import Dims
from tensormill.graph.tensor import Tensor

__all__ = ["FuncGraph"]


class FuncGraph(Graph):
    """The body of a function.

    Attributes:
      name: the name of the function, as far as it is known.
      outer_graph: the graph in which the function is made.
      inputs: the placeholders of the arguments, then those of captured tensors.
      outputs: what the function returns.
      captured: the tensors outside that were captured, in the order of their placeholders.
    """

    def __init__(
        self,
        name: str,
        *,
        capture_by_value: bool = False,
        allowed_stateful_ops: frozenset[Operation] = frozenset(),
        shares_collections: bool = False,
    ) -> None:
        """Open an empty body under the default graph.

        Args:
          name: the name of the function.
          capture_by_value: copy what the body takes from outside, instead of taking it as input.
          allowed_stateful_ops: operations that may be copied although they have state.
          shares_collections: the collections of the outer graph are those of the body too.
        """
        super().__init__()
        outer = get_default_graph()
        self.name = name
        self.outer_graph: Graph = outer
        self.functions = outer.functions
        self._py_functions = outer._py_functions
        self._extra = outer._extra
        self._seed = outer.seed
        self.inputs: list[Tensor] = []
        self.outputs: list[Tensor] = []
        self.captured: list[Tensor] = []
        self._capture_by_value = capture_by_value
        self._allowed_stateful_ops = allowed_stateful_ops
        self._inner: dict[Tensor, Tensor] = {}
        self._copies: dict[Operation, Operation] = {}
        if shares_collections:
            self._collections = outer._collections

    @property
    def building_function(self) -> bool:
        """Whether the graph is the body of a function."""
        return True

    @contextmanager
    def building(self) -> Iterator[FuncGraph]:
        """Make this the default graph, which takes new operations wherever their inputs are."""
        function_graphs.append(None)
        try:
            with self.as_default():
                yield self
        finally:
            function_graphs.pop()

    def add_input(self, dtype: DType, dims: Dims, name: str) -> Tensor:
        """Add an argument and return its placeholder."""
        tensor = self._placeholder(dtype, dims, name)
        self.inputs.append(tensor)
        return tensor

    def _placeholder(self, dtype: DType, dims: Dims, name: str) -> Tensor:
        scopes = self._thread_scopes.open
        old, scopes.control_flow = scopes.control_flow, None
        controls, scopes.controls = scopes.controls, ()
        try:
            op = self.add_operation(
                OP_DEFS["Placeholder"],
                [],
                {"dtype": dtype, "shape": dims},
                self.operation_name(name),
            )
        finally:
            scopes.control_flow, scopes.controls = old, controls
        return op.outputs[0]

    def capture(self, tensor: Tensor, name: str | None = None) -> Tensor:
        """Return what stands for a tensor outside.

        Raises:
          ValueError: it is captured by value, and depends on state or on a placeholder.
        """
        if tensor.op.graph is self:
            return tensor
        found = self._inner.get(tensor)
        if found is not None:
            return found
        if self._capture_by_value:
            found = self._copy(tensor.op).outputs[tensor.value_index]
        else:
            found = self._take_as_input(tensor, name)
        self._inner[tensor] = found
        return found

    def _take_as_input(self, tensor: Tensor, name: str | None) -> Tensor:
        source = tensor
        outer = self.outer_graph
        if isinstance(outer, FuncGraph) and tensor.op.graph is not outer:
            source = outer.capture(tensor)
        found = self._placeholder(tensor.dtype.base_dtype, tensor.dims, name or tensor.op.name)
        found._handle_data = tensor._handle_data
        self.inputs.append(found)
        self.captured.append(source)
        return found

    def _own_inputs(self, inputs: list[Tensor]) -> list[Tensor]:
        return [self.capture(tensor) for tensor in inputs]

    def _copy(self, op: Operation) -> Operation:
        """Return a copy of an operation outside, with what it depends on."""
        pending = [op]
        while pending:
            current = pending[-1]
            missing = [
                t.op
                for t in current.input_tensors
                if t.op.graph is not self and t.op not in self._copies
            ]
            if current in self._copies or not missing:
                pending.pop()
                if current not in self._copies:
                    self._copies[current] = self._copy_one(current)
            else:
                pending.extend(missing)
        return self._copies[op]

    def _copy_one(self, op: Operation) -> Operation:
        if op.op_schema.is_stateful and op not in self._allowed_stateful_ops:
            raise ValueError(
                f"Cannot capture a stateful node (name:{op.name}, type:{op.type}) by value."
            )
        if op.type in ("Placeholder", "PlaceholderV2"):
            raise ValueError(
                f"Cannot capture a placeholder (name:{op.name}, type:{op.type}) by value."
            )
        inputs = [
            t if t.op.graph is self else self._copies[t.op].outputs[t.value_index]
            for t in op.input_tensors
        ]
        attrs = {key: value for key, value in op.attrs.items() if key != "_class"}
        with self.control_dependencies(None), self.name_scope(None):
            copy = self.add_operation(
                op.op_schema, inputs, attrs, self.operation_name(op.name.replace("/", "_"))
            )
        for made, original in zip(copy.outputs, op.outputs, strict=True):
            made._handle_data = original._handle_data
        return copy

    def control_dependencies(self, control_inputs: Any) -> Any:
        """Make operations of the block run after `control_inputs`; those outside ran before."""
        if control_inputs is None:
            return super().control_dependencies(None)
        return super().control_dependencies(
            [item for item in control_inputs if _graph_of_control(item) in (self, None)]
        )


def _graph_of_control(item: Any) -> Graph | None:
    graph = getattr(item, "graph", None)
    return graph if isinstance(graph, Graph) else None
