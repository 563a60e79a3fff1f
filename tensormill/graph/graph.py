"""`Graph`: the operations of a program, and how new ones are added; and the default graphs.

The graph is a GraphDef in memory: names, input order and attributes are TensorFlow's. It runs
nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from tensormill.graph import errors, op_def_codec
from tensormill.graph.collections import GraphCollections
from tensormill.graph.creation_site import capture_frames
from tensormill.graph.function_library import FunctionLibrary, GraphFunction
from tensormill.graph.graph_def_writer import GRAPH_DEF_VERSIONS, write_graph_def
from tensormill.graph.op_def import OpDef
from tensormill.graph.op_def_text import dtype_text
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.scopes import GraphScopes
from tensormill.graph.shape_inference import infer_shapes
from tensormill.graph.stacks import DefaultStack
from tensormill.graph.tensor import Tensor


class Graph(GraphScopes, GraphCollections):
    """A graph of operations and the tensors between them. Several threads may add to it.

    Attributes:
      functions: the functions that nodes of the graph may call.
      outer_graph: the graph in which a function is made whose body this graph is; else None.
    """

    tensor_type: type[Tensor] = Tensor
    """The class of the outputs of its operations."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()
        self._next_id = 0
        self._change_count = 0
        self._finalized = False
        self._seed: int | None = None
        self.functions = FunctionLibrary()
        self.outer_graph: Graph | None = None
        self._building_function = False
        # Operations made apart that are to join the graph; see `_create_op_from_tf_operation`.
        self._apart: list[Operation] = []
        self._misfits: dict[tuple[Operation, int], str] = {}
        self._py_functions: list[Any] = []
        self._versions = GRAPH_DEF_VERSIONS
        self._extra: dict[Any, Any] = {}

    def add_operation(
        self,
        op_def: OpDef,
        inputs: list[Tensor],
        attrs: dict[str, Any],
        name: str,
        *,
        control_inputs: Iterable[Operation] = (),
        apply_scopes: bool = True,
    ) -> Operation:
        """Add a node under all scopes that are open, as a call of an op in the program does.

        Args:
          op_def: the op type.
          inputs: the input tensors, all of this graph; the graph keeps the list.
          attrs: every attribute of the signature, in the form of `attr_values`; the graph keeps it.
          name: the final name (see `operation_name`).
          control_inputs: operations that must run first, besides those of the open scopes.
          apply_scopes: False adds the node bare, as an import does.

        Raises:
          ValueError: an input belongs to another graph, the name is taken, or the static shapes do
            not fit. The graph is then as it was.
          RuntimeError: the graph is finalized.
        """
        if self._finalized:
            raise RuntimeError("Graph is finalized and cannot be modified.")
        for tensor in inputs:
            if tensor.op.graph is not self:
                inputs = self._own_inputs(inputs)
                break
        controls = tuple(control_inputs)
        if apply_scopes:
            scopes = self._thread_scopes.open
            if scopes.controls:
                controls = scopes.controls_for(inputs, controls)
        op = Operation(self, op_def, name, inputs, controls, attrs, capture_frames())
        if op_def.shape_function is not None:
            infer_shapes(op)
        if self._operations_by_name.setdefault(name, op) is not op:
            raise ValueError(f"Duplicate node name in graph: '{name}'")
        op._connect()
        with self._lock:
            op._id = self._next_id = self._next_id + 1
            self._operations.append(op)
        if apply_scopes:
            try:
                scopes.apply(op)
            except BaseException:
                del self._operations_by_name[name]
                self._operations.remove(op)
                op._disconnect()
                raise
        return op

    def _own_inputs(self, inputs: list[Tensor]) -> list[Tensor]:
        """Return tensors of this graph in the place of inputs of which some belong to another."""
        raise _foreign_input(self, next(t for t in inputs if t.op.graph is not self), inputs[0])

    def _adopt(self, ops: list[Operation]) -> None:
        """Add operations that were made apart from the graph, with sound and unused names.

        The open scopes apply, as to new ones; an operation that is colocated with another takes
        its device from there and not from the device scopes.
        """
        scopes = self._thread_scopes.open
        with self._lock:
            self._check_not_finalized()
            for op in ops:
                self._operations_by_name[op.name] = op
            for op in ops:
                op._connect()
                if scopes.controls:
                    op._add_control_inputs(scopes.controls_for([], ()))
                self.mark_name_used(op.name)
                scopes.apply_to_import(op)
                op._id = self._next_id = self._next_id + 1
                self._operations.append(op)
        for op in ops:
            if not op._device and "_class" in op.attrs:
                self._follow_colocation(op)

    def _follow_colocation(self, op: Operation) -> None:
        for group in op.colocation_groups():
            other = self._operations_by_name.get(group[5:].decode())
            if other is not None and other is not op and other.device:
                op._device = other.device
                return

    def create_op(
        self,
        op_type: str,
        inputs: Iterable[Tensor],
        dtypes: Any = None,
        input_types: Any = None,
        name: str | None = None,
        attrs: dict[str, Any] | None = None,
        op_def: Any = None,
        compute_shapes: bool = True,
        compute_device: bool = True,
    ) -> Operation:
        """Create an operation from its type and inputs, as TensorFlow's `Graph.create_op`.

        Attributes that the signature infers from the inputs may be left out; AttrValue messages
        are accepted. The dtypes of the outputs follow from the attributes.

        Raises:
          RuntimeError: the op type is not registered, or the graph is finalized.
          TypeError: an input is not a tensor.
          ValueError: an attribute is missing, or the inputs do not fit.
        """
        self._check_not_finalized()
        given = list(inputs)
        for index, tensor in enumerate(given):
            if not isinstance(tensor, Tensor):
                raise TypeError(f"Input #{index} is not a tensor: {tensor}")
        made: Operation = self._schema(op_type).builder.create(self, given, attrs or {}, name)
        return made

    def _schema(self, op_type: str) -> OpDef:
        schema = OP_DEFS.get(op_type)
        if schema is None and op_type in self.functions:
            schema = self.functions[op_type].schema
        if schema is None:
            raise RuntimeError(f"Op type not registered '{op_type}'.")
        return schema

    def op_def_for_type(self, type: str) -> Any:
        """Return the OpDef message of an op type.

        Raises:
          RuntimeError: the op type is not registered.
        """
        return op_def_codec.to_op_def(self._schema(type))

    def _is_function(self, name: str) -> bool:
        return name in self.functions

    def _get_function(self, name: str) -> GraphFunction | None:
        return self.functions.get(name)

    def note_change(self) -> None:
        """Record that existing nodes were changed."""
        self._change_count += 1

    def note_new_input(self, op: Operation, index: int, tensor: Tensor) -> None:
        """Record that an input of a node is replaced, and whether its dtype fits."""
        self._change_count += 1
        self._misfits.pop((op, index), None)
        wanted = op.op_schema.input_dtypes(op.attrs)[index].base_dtype
        if tensor.dtype.base_dtype is not wanted:
            self._misfits[op, index] = (
                f"Input {index} of node {op.name} was passed {dtype_text(tensor.dtype)} from "
                f"{tensor.name} incompatible with expected {dtype_text(wanted)}."
            )

    def check_inputs(self) -> None:
        """Raise `InvalidArgumentError` where an input was replaced by one of another dtype."""
        for text in self._misfits.values():
            raise errors.invalid_argument(text)

    def _create_op_from_tf_operation(
        self, c_op: Operation, compute_device: bool = True
    ) -> Operation:
        """Take an operation that was made apart into the graph."""
        self._apart.remove(c_op)
        self._adopt([c_op])
        return c_op

    def _add_new_tf_operations(self, compute_devices: bool = True) -> list[Operation]:
        """Take all operations that were made apart into the graph."""
        made, self._apart = self._apart, []
        self._adopt(made)
        return made

    @property
    def version(self) -> int:
        """The number of operations ever added, which a session compares to find new ones."""
        return self._next_id

    @property
    def _last_id(self) -> int:
        return self._next_id

    @property
    def graph_def_versions(self) -> Any:
        """The VersionDef: that of an imported graph, or of new graphs."""
        return self._versions

    @property
    def seed(self) -> int | None:
        """The graph-level random seed."""
        return self._seed

    @seed.setter
    def seed(self, seed: int | None) -> None:
        self._seed = seed

    @property
    def finalized(self) -> bool:
        """Whether the graph is read-only."""
        return self._finalized

    def finalize(self) -> None:
        """Make the graph read-only."""
        self._finalized = True

    def _unsafe_unfinalize(self) -> None:
        self._finalized = False

    def _check_not_finalized(self) -> None:
        if self._finalized:
            raise RuntimeError("Graph is finalized and cannot be modified.")

    @property
    def building_function(self) -> bool:
        """Whether the graph is the body of a function."""
        return self._building_function

    def switch_to_thread_local(self) -> None:
        """Keep the open scopes a thread apart, which they always are here."""

    def as_default(self) -> Any:
        """Return a context manager that makes this graph the default one."""
        return default_graphs.pushed(self)

    def as_graph_def(self, from_version: int | None = None, add_shapes: bool = False) -> Any:
        """Return the graph as a GraphDef message.

        Args:
          from_version: only nodes added after this version.
          add_shapes: write the static shapes into `_output_shapes`.
        """
        return write_graph_def(self, from_version, add_shapes)


def _foreign_input(graph: Graph, tensor: Tensor, first: Tensor) -> ValueError:
    if tensor is first:
        return ValueError(f"{tensor} is not from the passed-in graph.")
    return ValueError(
        f"{tensor} must be from the same graph as {first} (graphs are {tensor.op.graph} and "
        f"{graph})."
    )


class DefaultGraphs(DefaultStack[Graph]):
    """The default graph: that of the innermost `as_default` block, or one for the whole process."""

    process_graph: Graph | None = None

    def current(self) -> Graph:
        """Return the default graph of this thread, making one where there is none."""
        items = self.items
        return items[-1] if items else self.of_process()

    def of_process(self) -> Graph:
        """Return the default graph where no block is open, making one where there is none."""
        graph = DefaultGraphs.process_graph
        if graph is None:
            graph = DefaultGraphs.process_graph = Graph()
        return graph

    def reset(self) -> None:
        """Replace the default graph by an empty one.

        Raises:
          AssertionError: an `as_default` block is open.
        """
        if self.items:
            raise AssertionError(
                "Do not use tf.reset_default_graph() to clear nested graphs. If you need a "
                "cleared graph, exit the "
                "nesting and create a new graph."
            )
        DefaultGraphs.process_graph = Graph()


default_graphs = DefaultGraphs()

function_graphs: list[None] = []
"""One item a body of a function that is being built, on whatever thread: mostly there is none.

Where there is, the default graph takes all new operations, wherever their inputs are.
"""


def get_default_graph() -> Graph:
    """Return the default graph of this thread."""
    return default_graphs.current()


def reset_default_graph() -> None:
    """Replace the default graph by an empty one, to which no tensor made so far belongs."""
    default_graphs.reset()
