"""Updates of variables as functions: `tf.assign`, `tf.scatter_add` … for both kinds of variable."""

from __future__ import annotations

from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_builder import OpBuilder, graph_of
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.tensor import Tensor
from tensormill.ops import resource_variable, state, state_scatter
from tensormill.ops.array_shapes import expand_dims, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.filling import ones_like
from tensormill.ops.joining import concat

__all__ = [
    "assign",
    "assign_add",
    "assign_sub",
    "batch_scatter_update",
    "count_up_to",
    "is_variable_initialized",
    "scatter_add",
    "scatter_div",
    "scatter_max",
    "scatter_min",
    "scatter_mul",
    "scatter_nd_add",
    "scatter_nd_sub",
    "scatter_nd_update",
    "scatter_sub",
    "scatter_update",
]


def assign(
    ref: Any,
    value: Any,
    validate_shape: bool | None = None,
    use_locking: bool | None = None,
    name: str | None = None,
) -> Any:
    """Write `value` into a variable when the result runs, and return the variable's new value.

    Args:
      ref: a variable, or the reference of one.
      value: of the same dtype and shape.
      validate_shape: False lets the shape of a ref variable change.
      use_locking: False lets the update race with others (ref variables).
      name: the name of the node.
    """
    if ref.dtype._is_ref_dtype:
        return state.assign_op(
            ref, value, validate_shape=validate_shape, use_locking=use_locking, name=name
        )
    return ref.assign(value, name=name)


def assign_add(
    ref: Any, value: Any, use_locking: bool | None = None, name: str | None = None
) -> Any:
    """Add `value` to a variable when the result runs, and return the variable's new value."""
    if ref.dtype._is_ref_dtype:
        return state.assign_add_op(ref, value, use_locking=use_locking, name=name)
    return ref.assign_add(value, name=name)


def assign_sub(
    ref: Any, value: Any, use_locking: bool | None = None, name: str | None = None
) -> Any:
    """Subtract `value` from a variable when the result runs, and return its new value."""
    if ref.dtype._is_ref_dtype:
        return state.assign_sub_op(ref, value, use_locking=use_locking, name=name)
    return ref.assign_sub(value, name=name)


def count_up_to(ref: Any, limit: int, name: str | None = None) -> Tensor:
    """Return a tensor that gives a scalar variable's value and raises it by one.

    It fails with OutOfRangeError once the value is `limit`.
    """
    if ref.dtype._is_ref_dtype:
        counted: Tensor = state.count_up_to_op(ref, limit=limit, name=name)
    else:
        counted = resource_variable.resource_count_up_to(
            ref.handle, limit=limit, T=ref.dtype, name=name
        )
    return counted


def is_variable_initialized(variable: Any, name: str | None = None) -> Tensor:
    """Return a tensor that says whether a variable has a value."""
    if variable.dtype._is_ref_dtype:
        known: Tensor = state.is_variable_initialized_op(variable, name=name)
        return known
    known = variable.is_initialized(name=name)
    return known


def _scatter(
    by_ref: OpBuilder,
    by_handle: OpBuilder,
    ref: Any,
    indices: Any,
    updates: Any,
    use_locking: bool | None,
    name: str | None,
) -> Any:
    if ref.dtype._is_ref_dtype:
        return by_ref(ref, indices, updates, use_locking=use_locking, name=name)
    updates = convert_to_tensor(updates, ref.dtype)
    return ref._lazy_read(by_handle(ref.handle, indices, updates, name=name))


def scatter_update(
    ref: Any, indices: Any, updates: Any, use_locking: bool = True, name: str | None = None
) -> Any:
    """Replace the slices of a variable at `indices` of its first dimension when the result runs.

    Args:
      ref: a variable, or the reference of one.
      indices: any shape.
      updates: indices.shape + ref.shape[1:], or a scalar.
      use_locking: False lets the update race with others (ref variables).
      name: the name of the node.
    """
    return _scatter(
        state_scatter.scatter_update_op,
        resource_variable.resource_scatter_update,
        ref,
        indices,
        updates,
        use_locking,
        name,
    )


def scatter_add(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Add to slices of a variable (see `scatter_update`); indices may repeat."""
    return _scatter(
        state_scatter.scatter_add_op,
        resource_variable.resource_scatter_add,
        ref,
        indices,
        updates,
        use_locking,
        name,
    )


def scatter_sub(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Subtract from slices of a variable (see `scatter_update`); indices may repeat."""
    return _scatter(
        state_scatter.scatter_sub_op,
        resource_variable.resource_scatter_sub,
        ref,
        indices,
        updates,
        use_locking,
        name,
    )


def scatter_mul(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Multiply slices of a variable (see `scatter_update`); indices may repeat."""
    return _scatter(
        state_scatter.scatter_mul_op,
        resource_variable.resource_scatter_mul,
        ref,
        indices,
        updates,
        use_locking,
        name,
    )


def scatter_div(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Divide slices of a variable (see `scatter_update`); indices may repeat."""
    return _scatter(
        state_scatter.scatter_div_op,
        resource_variable.resource_scatter_div,
        ref,
        indices,
        updates,
        use_locking,
        name,
    )


def scatter_min(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Lower slices of a variable to at most `updates` (see `scatter_update`)."""
    return _scatter(
        state_scatter.scatter_min_op,
        resource_variable.resource_scatter_min,
        ref,
        indices,
        updates,
        use_locking,
        name,
    )


def scatter_max(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Raise slices of a variable to at least `updates` (see `scatter_update`)."""
    return _scatter(
        state_scatter.scatter_max_op,
        resource_variable.resource_scatter_max,
        ref,
        indices,
        updates,
        use_locking,
        name,
    )


def scatter_nd_update(
    ref: Any, indices: Any, updates: Any, use_locking: bool = True, name: str | None = None
) -> Any:
    """Replace the slices of a variable that index vectors name when the result runs.

    Args:
      ref: a variable, or the reference of one.
      indices: [..., k], each vector an index into the first k dimensions.
      updates: indices.shape[:-1] + ref.shape[k:].
      use_locking: False lets the update race with others (ref variables).
      name: the name of the node.
    """
    return _scatter(
        state_scatter.scatter_nd_update_op,
        resource_variable.resource_scatter_nd_update,
        ref,
        indices,
        updates,
        use_locking,
        name,
    )


def scatter_nd_add(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Add to the slices of a variable that index vectors name (see `scatter_nd_update`)."""
    return _scatter(
        state_scatter.scatter_nd_add_op,
        resource_variable.resource_scatter_nd_add,
        ref,
        indices,
        updates,
        use_locking,
        name,
    )


def scatter_nd_sub(
    ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
) -> Any:
    """Subtract from the slices of a variable that index vectors name (see `scatter_nd_update`)."""
    return _scatter(
        state_scatter.scatter_nd_sub_op,
        resource_variable.resource_scatter_nd_sub,
        ref,
        indices,
        updates,
        use_locking,
        name,
    )


def batch_scatter_update(
    ref: Any, indices: Any, updates: Any, use_locking: bool = True, name: str | None = None
) -> Any:
    """Replace slices along the last dimension of `indices`, each batch entry by itself.

    Args:
      ref: a variable of shape [batch..., n, ...].
      indices: [batch..., m].
      updates: indices.shape + the rest of ref.shape.
      use_locking: as in `scatter_nd_update`.
      name: the name of the scope of nodes.

    Raises:
      ValueError: the rank of `indices` is not known.
    """
    with graph_of((ref,)).name_scope(name):
        indices = convert_to_tensor(indices, name="indices")
        if indices.dims is None:
            raise ValueError("batch_gather does not allow indices with unknown shape.")
        rank = len(indices.dims)
        sizes = shape_of(indices)
        own = expand_dims(indices, axis=-1)
        parts = []
        for axis in range(rank - 1):
            size = sizes[axis]
            numbers = OP_DEFS["Range"].builder(0, size, 1)
            spread = reshape(numbers, [size if i == axis else 1 for i in range(rank + 1)])
            if spread.dtype.base_dtype != own.dtype:
                spread = OP_DEFS["Cast"].builder(spread, DstT=own.dtype)
            parts.append(spread * ones_like(own))
        return scatter_nd_update(ref, concat([*parts, own], axis=-1), updates, use_locking)
