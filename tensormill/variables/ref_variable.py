"""`RefVariable`: TensorFlow 1's variable, whose output is a reference to its buffer."""

from __future__ import annotations

from typing import Any

from tensormill.graph.conversion import convert_to_tensor, register_tensor_conversion_function
from tensormill.graph.dtypes import DType
from tensormill.graph.graph import get_default_graph
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.operation import Operation
from tensormill.graph.scoped_names import prepend_name_scope
from tensormill.graph.shapes import TensorShape, as_dims, is_fully_defined
from tensormill.graph.tensor import Tensor
from tensormill.ops import state, state_scatter
from tensormill.ops.basics import identity_op
from tensormill.ops.conditional import cond
from tensormill.variables.base import VariableBase, colocated_nodes, graph_for_variable
from tensormill.variables.policies import checked_policies
from tensormill.variables.safe_initial_value import safe_initial_value

__all__ = ["RefVariable"]


class RefVariable(VariableBase):
    """A variable held by a VariableV2 node; made by `tf.Variable(...)`."""

    @classmethod
    def from_proto(cls, variable_def: Any, import_scope: str | None = None) -> RefVariable:
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
        variable_def: Any = None,
        dtype: Any = None,
        expected_shape: Any = None,
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
            graph = get_default_graph()
            self._read_proto(graph, variable_def, import_scope)
            snapshot = prepend_name_scope(variable_def.snapshot_name, import_scope)
            self._snapshot: Tensor = graph.as_graph_element(snapshot)
            return
        if initial_value is None:
            raise ValueError("initial_value must be specified.")
        policies = checked_policies(synchronization, aggregation, trainable, name)
        collections = self._take_options(policies, collections, constraint, caching_device)
        with graph_for_variable(initial_value) as graph:
            with graph.name_scope("Variable" if name is None else name) as scope:
                self._make_nodes(initial_value, dtype, shape, validate_shape, scope)
            graph.add_to_collections(collections, self)

    def _make_nodes(
        self, initial_value: Any, dtype: Any, shape: Any, validate_shape: bool, scope: str
    ) -> None:
        graph = get_default_graph()
        if callable(initial_value):
            with colocated_nodes(graph, scope):
                with graph.name_scope("Initializer"), graph.device(None):
                    self._initial_value = convert_to_tensor(
                        initial_value(), dtype, name="initial_value"
                    )
                self._make_variable(shape, validate_shape, scope)
        else:
            self._initial_value = convert_to_tensor(initial_value, dtype, name="initial_value")
            if self._initial_value.op._get_control_flow_context() is not None:
                raise ValueError(
                    f"Initializer for variable {scope} is from inside a control-flow construct, "
                    "such as a loop or conditional. When creating a variable inside a loop or "
                    "conditional, use a lambda as the initializer."
                )
            self._make_variable(shape, validate_shape, scope)
        initial = self._initial_value
        assert initial is not None
        if validate_shape and not is_fully_defined(initial.dims):
            raise ValueError(f"initial_value must have a shape specified: {initial}")
        self._initializer_op = state.assign_op(
            self._anchor, safe_initial_value(scope, initial), validate_shape=validate_shape
        ).op
        if self._caching_device is not None:
            with graph.device(self._caching_device):
                self._snapshot = identity_op(self._anchor, name="read")
        else:
            with graph.colocate_with(self._anchor.op):
                self._snapshot = identity_op(self._anchor, name="read")

    def _make_variable(self, shape: Any, validate_shape: bool, scope: str) -> None:
        initial = self._initial_value
        assert initial is not None
        if shape is None:
            dims = initial.dims if validate_shape else None
        else:
            dims = as_dims(shape)
        self._anchor = state.variable_v2(shape=dims, dtype=initial.dtype.base_dtype, name=scope)

    @property
    def dtype(self) -> DType:
        """The dtype, which says that the variable is a reference: `float32_ref`."""
        return self._anchor.dtype

    @property
    def shape(self) -> TensorShape:
        """The static shape."""
        return self._anchor.shape

    def set_shape(self, shape: Any) -> None:
        """Merge `shape` into the static shape.

        Raises:
          ValueError: the two are incompatible.
        """
        self._anchor.set_shape(shape)
        self._snapshot.set_shape(shape)

    def _as_graph_element(self) -> Tensor:
        return self._anchor

    def _ref(self) -> Tensor:
        return self._anchor

    def _snapshot_name(self) -> str:
        return self._snapshot.name

    def value(self) -> Tensor:
        """Return the tensor that reads the variable once a step, `variable/read`."""
        return self._snapshot

    def read_value(self) -> Tensor:
        """Return a new tensor that reads the variable, when its control dependencies have run."""
        read: Tensor = identity_op(self._anchor, name="read")
        return read

    def initialized_value(self) -> Tensor:
        """Return the value of the variable, or its initial value while it has none."""
        with self.graph.control_dependencies(None):
            value: Tensor = cond(
                state.is_variable_initialized_op(self._anchor),
                self.read_value,
                lambda: self._initial_value,
            )
            return value

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Write a value when the result runs; returns the reference, or the operation."""
        return self._update(state.assign_op, value, use_locking, name, read_value)

    def assign_add(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Add to the value when the result runs; returns the reference, or the operation."""
        return self._update(state.assign_add_op, delta, use_locking, name, read_value)

    def assign_sub(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Subtract from the value when the result runs; returns the reference, or the operation."""
        return self._update(state.assign_sub_op, delta, use_locking, name, read_value)

    def _update(
        self, builder: OpBuilder, value: Any, use_locking: bool, name: str | None, read_value: bool
    ) -> Tensor | Operation:
        updated: Tensor = builder(self._anchor, value, use_locking=use_locking, name=name)
        return updated if read_value else updated.op

    def count_up_to(self, limit: int) -> Tensor:
        """Return a tensor that gives the value and raises it by one, OutOfRangeError at `limit`."""
        counted: Tensor = state.count_up_to_op(self._anchor, limit=limit)
        return counted

    def scatter_add(
        self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None
    ) -> Tensor:
        """Add slices to the value when the result runs."""
        return self._scatter(state_scatter.scatter_add_op, sparse_delta, use_locking, name)

    def scatter_sub(
        self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None
    ) -> Tensor:
        """Subtract slices from the value when the result runs."""
        return self._scatter(state_scatter.scatter_sub_op, sparse_delta, use_locking, name)

    def scatter_mul(
        self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None
    ) -> Tensor:
        """Multiply slices of the value when the result runs."""
        return self._scatter(state_scatter.scatter_mul_op, sparse_delta, use_locking, name)

    def scatter_div(
        self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None
    ) -> Tensor:
        """Divide slices of the value when the result runs."""
        return self._scatter(state_scatter.scatter_div_op, sparse_delta, use_locking, name)

    def scatter_min(
        self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None
    ) -> Tensor:
        """Lower slices of the value to at most the given ones when the result runs."""
        return self._scatter(state_scatter.scatter_min_op, sparse_delta, use_locking, name)

    def scatter_max(
        self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None
    ) -> Tensor:
        """Raise slices of the value to at least the given ones when the result runs."""
        return self._scatter(state_scatter.scatter_max_op, sparse_delta, use_locking, name)

    def scatter_update(
        self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None
    ) -> Tensor:
        """Replace slices of the value when the result runs."""
        return self._scatter(state_scatter.scatter_update_op, sparse_delta, use_locking, name)

    def _scatter(
        self, builder: OpBuilder, slices: IndexedSlices, use_locking: bool, name: str | None
    ) -> Tensor:
        if not isinstance(slices, IndexedSlices):
            raise TypeError(f"sparse_delta is not IndexedSlices: {slices}")
        updated: Tensor = builder(
            self._anchor, slices.indices, slices.values, use_locking=use_locking, name=name
        )
        return updated

    def scatter_nd_add(self, indices: Any, updates: Any, name: str | None = None) -> Tensor:
        """Add to the slices that index vectors name when the result runs."""
        return self._scatter_nd(state_scatter.scatter_nd_add_op, indices, updates, name)

    def scatter_nd_sub(self, indices: Any, updates: Any, name: str | None = None) -> Tensor:
        """Subtract from the slices that index vectors name when the result runs."""
        return self._scatter_nd(state_scatter.scatter_nd_sub_op, indices, updates, name)

    def scatter_nd_update(self, indices: Any, updates: Any, name: str | None = None) -> Tensor:
        """Replace the slices that index vectors name when the result runs."""
        return self._scatter_nd(state_scatter.scatter_nd_update_op, indices, updates, name)

    def _scatter_nd(
        self, builder: OpBuilder, indices: Any, updates: Any, name: str | None
    ) -> Tensor:
        updated: Tensor = builder(self._anchor, indices, updates, use_locking=True, name=name)
        return updated


def _convert(
    variable: RefVariable, dtype: DType | None = None, name: str | None = None, as_ref: bool = False
) -> Tensor:
    if dtype is not None and not dtype.is_compatible_with(variable.dtype):
        raise ValueError(
            f"Incompatible type conversion requested to type '{dtype.name}' for variable of type "
            f"'{variable.dtype.name}'"
        )
    return variable._ref() if as_ref else variable.value()


register_tensor_conversion_function(RefVariable, _convert)
