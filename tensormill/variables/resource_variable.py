"""`ResourceVariable`: a variable behind a handle, whose reads are snapshots in a defined order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tensormill.graph.conversion import convert_to_tensor, register_tensor_conversion_function
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.graph import Graph, function_graphs, get_default_graph
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.operation import Operation
from tensormill.graph.scoped_names import prepend_name_scope
from tensormill.graph.shapes import Dims, TensorShape, are_compatible, as_dims, is_fully_defined
from tensormill.graph.tensor import Tensor
from tensormill.ops import resource_variable as ops
from tensormill.ops.basics import identity_op
from tensormill.ops.conditional import cond
from tensormill.variables.base import VariableBase, colocated_nodes, graph_for_variable
from tensormill.variables.policies import checked_policies
from tensormill.variables.safe_initial_value import safe_initial_value

__all__ = ["ResourceVariable", "ResourceVariableBase"]


class ResourceVariableBase(VariableBase):
    """A variable behind a resource handle: reading and updating it."""

    _dtype: DType
    _dims: Dims
    _graph_element: Tensor
    _cached_value: Tensor | None
    _validate_shape: bool

    @property
    def handle(self) -> Tensor:
        """The resource handle."""
        return self._anchor

    @property
    def _handle(self) -> Tensor:
        """The resource handle; a block that depends on the variable depends on its `op` alone."""
        return self._anchor

    @property
    def dtype(self) -> DType:
        """The dtype."""
        return self._dtype

    @property
    def shape(self) -> TensorShape:
        """The static shape."""
        return TensorShape.from_dims(self._dims)

    @property
    def create(self) -> Operation:
        """The operation that initializes the variable."""
        return self._initializer_op

    def _as_graph_element(self) -> Tensor:
        return self._graph_element

    def __deepcopy__(self, memo: Any) -> Any:
        raise NotImplementedError(
            "__deepcopy__() is only available when eager execution is enabled."
        )

    def _snapshot_name(self) -> str:
        read = self._graph_element if self._cached_value is None else self._cached_value
        return read.name

    def value(self) -> Tensor:
        """Return a tensor that reads the variable on its own device, or the cached one."""
        if self._cached_value is not None:
            return self._cached_value
        graph = self.graph
        with (
            graph.colocate_with(None, ignore_existing=True),
            graph.device(self.handle.device),
        ):
            return self._read()

    def read_value(self) -> Tensor:
        """Return a new tensor that reads the variable, when its control dependencies have run."""
        with self.graph.name_scope("Read"):
            read = self._read()
        value: Tensor = identity_op(read)
        return value

    def _read(self) -> Tensor:
        read: Tensor = ops.read_variable_op(self.handle, dtype=self._dtype)
        return read

    def sparse_read(self, indices: Any, name: str | None = None) -> Tensor:
        """Return the slices of the value at `indices` of its first dimension."""
        with self.graph.name_scope("Gather" if name is None else name) as scope:
            read: Tensor = ops.resource_gather(self.handle, indices, dtype=self._dtype, name=scope)
            return read

    def gather_nd(self, indices: Any, name: str | None = None) -> Tensor:
        """Return the slices of the value that index vectors name."""
        with self.graph.name_scope("GatherNd" if name is None else name) as scope:
            read = ops.resource_gather_nd(self.handle, indices, dtype=self._dtype, name=scope)
        value: Tensor = identity_op(read)
        return value

    def is_initialized(self, name: str | None = None) -> Tensor:
        """Return a tensor that says whether the variable has a value."""
        known: Tensor = ops.var_is_initialized_op(self.handle, name=name)
        return known

    def initialized_value(self) -> Tensor:
        """Return the value of the variable, or its initial value while it has none."""
        with self.graph.control_dependencies(None):
            value: Tensor = cond(
                self.is_initialized(), self.read_value, lambda: self._initial_value
            )
            return value

    def assign(
        self,
        value: Any,
        use_locking: bool | None = None,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Write a value when the result runs.

        Returns a variable that reads the new value, or the operation where `read_value` is False.

        Raises:
          ValueError: the static shape of the value does not fit.
        """
        with self._updated_graph.as_default():
            tensor = convert_to_tensor(value, self._dtype)
            if not are_compatible(self._dims, tensor.dims):
                raise ValueError(
                    f"Shapes {self.shape} and {tensor.shape} are incompatible: cannot assign to "
                    f"variable {self.name}"
                )
            op = ops.assign_variable_op(
                self.handle,
                tensor,
                validate_shape=self._validate_shape and is_fully_defined(self._dims),
                name=name,
            )
        return self._lazy_read(op) if read_value else op

    def assign_add(
        self,
        delta: Any,
        use_locking: bool | None = None,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Add to the value when the result runs (see `assign`)."""
        return self._update(ops.assign_add_variable_op, delta, name, read_value)

    def assign_sub(
        self,
        delta: Any,
        use_locking: bool | None = None,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Subtract from the value when the result runs (see `assign`)."""
        return self._update(ops.assign_sub_variable_op, delta, name, read_value)

    def _update(self, builder: OpBuilder, delta: Any, name: str | None, read_value: bool) -> Any:
        with self._updated_graph.as_default(), self._assign_dependencies():
            op = builder(self.handle, convert_to_tensor(delta, self._dtype), name=name)
        return self._lazy_read(op) if read_value else op

    @property
    def _updated_graph(self) -> Graph:
        """The graph that takes updates: the body of a function while one is built, else its own."""
        return get_default_graph() if function_graphs else self.graph

    @contextmanager
    def _assign_dependencies(self) -> Iterator[None]:
        """Let a cached value be read before the variable changes."""
        if self._cached_value is None:
            yield
        else:
            with self._updated_graph.control_dependencies([self._cached_value]):
                yield

    def _lazy_read(self, op: Operation) -> AssignedVariable:
        return AssignedVariable(self, op)

    def count_up_to(self, limit: int) -> Tensor:
        """Return a tensor that gives the value and raises it by one, OutOfRangeError at `limit`."""
        counted: Tensor = ops.resource_count_up_to(self.handle, limit=limit, T=self._dtype)
        return counted

    def scatter_add(
        self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Add slices to the value when the result runs."""
        return self._scatter(ops.resource_scatter_add, sparse_delta, name)

    def scatter_sub(
        self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Subtract slices from the value when the result runs."""
        return self._scatter(ops.resource_scatter_sub, sparse_delta, name)

    def scatter_mul(
        self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Multiply slices of the value when the result runs."""
        return self._scatter(ops.resource_scatter_mul, sparse_delta, name)

    def scatter_div(
        self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Divide slices of the value when the result runs."""
        return self._scatter(ops.resource_scatter_div, sparse_delta, name)

    def scatter_min(
        self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Lower slices of the value to at most the given ones when the result runs."""
        return self._scatter(ops.resource_scatter_min, sparse_delta, name)

    def scatter_max(
        self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Raise slices of the value to at least the given ones when the result runs."""
        return self._scatter(ops.resource_scatter_max, sparse_delta, name)

    def scatter_update(
        self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Replace slices of the value when the result runs."""
        return self._scatter(ops.resource_scatter_update, sparse_delta, name)

    def _scatter(self, builder: OpBuilder, slices: IndexedSlices, name: str | None) -> Any:
        if not isinstance(slices, IndexedSlices):
            raise TypeError(f"sparse_delta is not IndexedSlices: {slices}")
        return self._scattered(builder, slices.indices, slices.values, name)

    def scatter_nd_add(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Add to the slices that index vectors name when the result runs."""
        return self._scattered(ops.resource_scatter_nd_add, indices, updates, name)

    def scatter_nd_sub(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Subtract from the slices that index vectors name when the result runs."""
        return self._scattered(ops.resource_scatter_nd_sub, indices, updates, name)

    def scatter_nd_update(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Replace the slices that index vectors name when the result runs."""
        return self._scattered(ops.resource_scatter_nd_update, indices, updates, name)

    def _scattered(self, builder: OpBuilder, indices: Any, updates: Any, name: str | None) -> Any:
        updates = convert_to_tensor(updates, self._dtype)
        return self._lazy_read(builder(self.handle, indices, updates, name=name))


class ResourceVariable(ResourceVariableBase):
    """A variable held by a VarHandleOp node; made by `tf.Variable(..., use_resource=True)`."""

    @classmethod
    def from_proto(cls, variable_def: Any, import_scope: str | None = None) -> ResourceVariable:
        """Return the variable that a VariableDef message names in the default graph."""
        return cls(variable_def=variable_def, import_scope=import_scope)

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        collections: Any = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        dtype: Any = None,
        variable_def: Any = None,
        import_scope: str | None = None,
        constraint: Any = None,
        synchronization: Any = None,
        aggregation: Any = None,
        shape: Any = None,
    ) -> None:
        """Make the nodes of a variable, or find those that a VariableDef names."""
        if variable_def:
            if initial_value is not None:
                raise ValueError("variable_def and initial_value are mutually exclusive.")
            self._init_from_proto(variable_def, import_scope)
            return
        if initial_value is None:
            raise ValueError("initial_value must be specified.")
        policies = checked_policies(synchronization, aggregation, trainable, name)
        collections = self._take_options(policies, collections, constraint, caching_device)
        self._validate_shape = validate_shape
        with graph_for_variable(initial_value) as graph:
            with graph.name_scope("Variable" if name is None else name) as scope:
                self._make_handle(initial_value, dtype, shape, scope)
                self._make_nodes(scope)
            graph.add_to_collections(collections, self)

    def _make_handle(self, initial_value: Any, dtype: Any, shape: Any, scope: str) -> None:
        graph = get_default_graph()
        with colocated_nodes(graph, scope):
            with graph.name_scope("Initializer"), graph.device(None):
                if callable(initial_value):
                    initial_value = initial_value()
                initial = convert_to_tensor(initial_value, dtype, name="initial_value")
            self._initial_value = initial
            self._dtype = initial.dtype.base_dtype
            self._dims = initial.dims if shape is None else as_dims(shape)
            if not are_compatible(initial.dims, self._dims):
                raise ValueError(
                    f"The initial value's shape ({initial.shape}) is not compatible with the "
                    f"explicitly supplied `shape` argument ({shape})."
                )
            self._anchor = ops.var_handle_op(
                shape=self._dims, dtype=self._dtype, shared_name=scope[:-1], name=scope
            )
        if initial.op._get_control_flow_context() is not None:
            raise ValueError(
                f"Initializer for variable {scope} is from inside a control-flow construct, such "
                "as a loop or conditional. When creating a variable inside a loop or conditional, "
                "use a lambda as the initializer."
            )

    def _make_nodes(self, scope: str) -> None:
        graph = get_default_graph()
        handle = self._anchor
        assert self._initial_value is not None
        with graph.name_scope("IsInitialized"):
            self._is_initialized_op = ops.var_is_initialized_op(handle)
        with (
            graph.name_scope("Assign") as assign_scope,
            graph.colocate_with(None, ignore_existing=True),
            graph.device(handle.device),
        ):
            initial = safe_initial_value(scope, self._initial_value)
            self._initializer_op = ops.assign_variable_op(handle, initial, name=assign_scope)
        with graph.name_scope("Read"):
            with graph.device(handle.device):
                self._graph_element = self._read()
            self._cached_value = None
            if self._caching_device is not None:
                with (
                    graph.colocate_with(None, ignore_existing=True),
                    graph.device(self._caching_device),
                ):
                    self._cached_value = identity_op(self._graph_element)

    def _init_from_proto(self, message: Any, import_scope: str | None) -> None:
        if not message.is_resource:
            raise ValueError("Trying to restore Variable as ResourceVariable.")
        graph = get_default_graph()
        self._read_proto(graph, message, import_scope)
        self._dtype = as_dtype(self.handle.op.attrs["dtype"])
        self._dims = self.handle.op.attrs["shape"]
        self._validate_shape = True
        self._cached_value = None
        if not message.snapshot_name:
            self._graph_element = graph.get_tensor_by_name(
                f"{self.handle.op.name}/Read/ReadVariableOp:0"
            )
            return
        read = graph.as_graph_element(prepend_name_scope(message.snapshot_name, import_scope))
        if read.op.type != "ReadVariableOp":
            self._cached_value = read
        while read.op.type != "ReadVariableOp":
            read = read.op.input_tensors[0]
        self._graph_element = read


class AssignedVariable(ResourceVariableBase):
    """What an update returns: the same variable, read after the update has run."""

    def __init__(self, variable: ResourceVariableBase, op: Operation) -> None:
        self._parent_op = op
        self._anchor = variable.handle
        self._dtype = variable._dtype
        self._dims = variable._dims
        self._validate_shape = variable._validate_shape
        self._initializer_op = variable._initializer_op
        self._initial_value = variable._initial_value
        self._trainable = variable.trainable
        self._synchronization = variable.synchronization
        self._aggregation = variable.aggregation
        self._constraint = variable.constraint
        self._caching_device = None
        self._cached_value = None
        self._save_slice_info = variable._get_save_slice_info()
        with self._updated_graph.control_dependencies([op]):
            self._graph_element = ops.read_variable_op(self.handle, dtype=self._dtype)

    @property
    def name(self) -> str:
        """The name of the update."""
        return self._parent_op.name

    @property
    def op(self) -> Operation:
        """The update."""
        return self._parent_op

    @property
    def _shared_name(self) -> str:
        return self.handle.op.name

    def _read(self) -> Tensor:
        with self._updated_graph.control_dependencies([self._parent_op]):
            return super()._read()

    @contextmanager
    def _assign_dependencies(self) -> Iterator[None]:
        with self._updated_graph.control_dependencies([self._parent_op]):
            yield

    def _lazy_read(self, op: Operation) -> AssignedVariable:
        with self._updated_graph.control_dependencies([self._parent_op]):
            return super()._lazy_read(op)


def _convert(
    variable: ResourceVariableBase,
    dtype: DType | None = None,
    name: str | None = None,
    as_ref: bool = False,
) -> Any:
    if dtype is not None and not dtype.is_compatible_with(variable.dtype):
        raise ValueError(
            f"Incompatible type conversion requested to type '{dtype.name}' for variable of type "
            f"'{variable.dtype.name}'"
        )
    return variable.read_value().op.input_tensors[0] if as_ref else variable.value()


register_tensor_conversion_function(ResourceVariableBase, _convert)
