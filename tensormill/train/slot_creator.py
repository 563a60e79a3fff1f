"""Slots: variables that an optimizer or a moving average keeps beside another variable.

A slot is called after its variable, `w/Adam`, and lives on the variable's device.

Source: TensorFlow 1.15, python/training/slot_creator.py.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from tensormill.graph.default_scopes import colocate_with
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.shapes import TensorShape
from tensormill.ops.array_shapes import shape
from tensormill.ops.filling import zeros
from tensormill.variables.base import VariableBase, is_resource_variable
from tensormill.variables.initializers import Zeros
from tensormill.variables.scope import get_variable_scope, variable_scope
from tensormill.variables.slices import SaveSliceInfo
from tensormill.variables.store import get_variable

__all__ = ["create_slot", "create_slot_with_initializer", "create_zeros_slot"]


def create_slot(primary: Any, val: Any, name: str, colocate_with_primary: bool = True) -> Any:
    """Make a slot with the shape and dtype of an initial value.

    Args:
      primary: the variable (or tensor) that the slot belongs to.
      val: the initial value, a tensor.
      name: the name of the slot below that of `primary`.
      colocate_with_primary: put the slot on the device of `primary`.
    """
    validate_shape = val.get_shape().is_fully_defined()
    return _create(primary, name, colocate_with_primary, val, None, None, validate_shape)


def create_slot_with_initializer(
    primary: Any,
    initializer: Any,
    shape: TensorShape,
    dtype: Any,
    name: str,
    colocate_with_primary: bool = True,
) -> Any:
    """Make a slot from an initializer.

    Args:
      primary: the variable (or tensor) that the slot belongs to.
      initializer: gives the initial value for `shape` and `dtype`.
      shape: the shape of the slot.
      dtype: the dtype of the slot.
      name: the name of the slot below that of `primary`.
      colocate_with_primary: put the slot on the device of `primary`.
    """
    base = as_dtype(dtype).base_dtype
    validate_shape = shape.is_fully_defined()
    return _create(primary, name, colocate_with_primary, initializer, shape, base, validate_shape)


def create_zeros_slot(
    primary: Any, name: str, dtype: Any = None, colocate_with_primary: bool = True
) -> Any:
    """Make a slot of zeros in the shape of `primary`, and in its dtype where `dtype` is None."""
    base = as_dtype(primary.dtype if dtype is None else dtype).base_dtype
    dims = primary.get_shape()
    if dims.is_fully_defined():
        return create_slot_with_initializer(
            primary, Zeros(), dims, base, name, colocate_with_primary
        )
    value: Any = primary
    if isinstance(primary, VariableBase):
        value = primary.initialized_value()  # type: ignore[attr-defined]
    return create_slot(primary, zeros(shape(value), base), name, colocate_with_primary)


def _create(
    primary: Any,
    name: str,
    colocate: bool,
    initializer: Any,
    dims: TensorShape | None,
    dtype: Any,
    validate_shape: bool,
) -> Any:
    prefix = primary._shared_name if isinstance(primary, VariableBase) else primary.op.name
    with (
        variable_scope(None, f"{prefix}/{name}"),
        colocate_with(primary) if colocate else nullcontext(),
    ):
        scope = get_variable_scope()
        partitioner = scope.partitioner
        scope.set_partitioner(None)
        slot = get_variable(
            "",
            initializer=initializer,
            trainable=False,
            use_resource=is_resource_variable(primary)
            if isinstance(primary, VariableBase)
            else None,
            shape=dims if callable(initializer) else None,
            dtype=dtype,
            validate_shape=validate_shape,
        )
        scope.set_partitioner(partitioner)
    if isinstance(primary, VariableBase) and primary._save_slice_info is not None:
        _slice_like(slot, primary)
    return slot


def _slice_like(slot: Any, primary: VariableBase) -> None:
    """Let a checkpoint hold the slots of a partitioned variable as slices of one slot, too."""
    whole: Any = primary._save_slice_info
    rank = slot.shape.ndims
    if rank is None or rank > 0:
        slot_name = slot.name[len(primary.op.name + "/") : -2]
        slot._set_save_slice_info(
            SaveSliceInfo(
                f"{whole.full_name}/{slot_name}",
                whole.full_shape[:rank],
                whole.var_offset[:rank],
                whole.var_shape[:rank],
            )
        )
