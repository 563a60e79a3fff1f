"""`tensor[...]`: index expressions as StridedSlice nodes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import OP_DEFS
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operators import operator
from tensormill.graph.shapes import Dimension
from tensormill.graph.tensor import Tensor
from tensormill.ops.grids import boolean_mask
from tensormill.ops.joining import stack
from tensormill.ops.slicing import (
    resource_strided_slice_assign_op,
    strided_slice_assign_op,
    strided_slice_op,
)

newaxis = None

_INDEX_DTYPES = (dtypes.int32, dtypes.int64, dtypes.int16)
BAD_INDEX = (
    "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar "
    "tf.int32/tf.int64 tensors are valid indices"
)


def _check_index(index: Any) -> None:
    if isinstance(index, (int, Dimension)):
        return
    dtype = getattr(index, "dtype", None)
    if dtype is not None:
        try:
            known = dtypes.as_dtype(dtype).base_dtype
        except TypeError:
            known = None
        if known in _INDEX_DTYPES and not (index.shape and len(index.shape) == 1):
            return
    raise TypeError(f"{BAD_INDEX}, got {index!r}")


class _Indices:
    """The indices of `tensor[...]` as begin, end, strides and masks."""

    def __init__(self, key: Any) -> None:
        self.begin: list[Any] = []
        self.end: list[Any] = []
        self.strides: list[Any] = []
        self.masks = dict.fromkeys(
            ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"), 0
        )
        for index, item in enumerate(key if isinstance(key, (list, tuple)) else [key]):
            self._add(item, 1 << index)

    def _add(self, item: Any, bit: int) -> None:
        if isinstance(item, slice):
            self.begin.append(self._bound(item.start, "begin_mask", bit))
            self.end.append(self._bound(item.stop, "end_mask", bit))
            if item.step is not None:
                _check_index(item.step)
            self.strides.append(1 if item.step is None else item.step)
            return
        begin, end = 0, 0
        if item is Ellipsis:
            self.masks["ellipsis_mask"] |= bit
        elif item is newaxis:
            self.masks["new_axis_mask"] |= bit
        else:
            _check_index(item)
            begin, end = item, item + 1
            self.masks["shrink_axis_mask"] |= bit
        self.begin.append(begin)
        self.end.append(end)
        self.strides.append(1)

    def _bound(self, bound: Any, mask: str, bit: int) -> Any:
        if bound is None or (not isinstance(bound, Tensor) and bound == sys.maxsize):
            self.masks[mask] |= bit
            return 0
        _check_index(bound)
        return bound


@operator("getitem")
def getitem(tensor: Any, key: Any, var: Any = None) -> Tensor:
    """Return the part of a tensor (or of a variable's value) that an index expression names.

    Args:
      tensor: the tensor.
      key: integers, slices, `...`, None and scalar integer tensors; or a mask, for `boolean_mask`.
      var: the variable whose value `tensor` is.

    Raises:
      TypeError: an index is none of these.
      ValueError: an index does not fit the static shape.
    """
    if _is_mask(key):
        return boolean_mask(tensor, key)
    indices = _Indices(key)
    values = [tensor, indices.begin, indices.end, indices.strides]
    with OpScope(None, "strided_slice", values) as scope:
        if indices.begin:
            bounds = [_stacked(b) for b in (indices.begin, indices.end, indices.strides)]
            if any(b.dtype.base_dtype is dtypes.int64 for b in bounds):
                bounds = [_as_int64(b) for b in bounds]
        else:
            empty = constant([], dtypes.int32)
            bounds = [empty, empty, empty]
        made: Tensor = strided_slice_op(tensor, *bounds, name=scope, **indices.masks)
    made.assign = _slice_assignment(var, bounds, indices.masks, scope)
    return made


def _slice_assignment(
    var: Any, bounds: list[Tensor], masks: dict[str, int], scope: str
) -> Callable[..., Tensor]:
    """Return what `variable[...].assign` does."""

    def assign(value: Any, name: str | None = None) -> Tensor:
        """Write `value` into the slice; return the variable's new value."""
        if var is None:
            raise ValueError("Sliced assignment is only supported for variables")
        name = scope + "_assign" if name is None else name
        handle = getattr(var, "handle", None)
        if handle is None:
            return strided_slice_assign_op(var._ref(), *bounds, value, name=name, **masks)
        value = convert_to_tensor(value, var.dtype.base_dtype)
        op = resource_strided_slice_assign_op(handle, *bounds, value, name=name, **masks)
        with op.graph.control_dependencies([op]):
            return var.read_value()

    return assign


def _stacked(bounds: list[Any]) -> Tensor:
    if all(type(b) is int for b in bounds):
        return constant(bounds, name="stack")
    return stack([b.value if isinstance(b, Dimension) else b for b in bounds])


def _as_int64(bounds: Tensor) -> Tensor:
    if bounds.dtype.base_dtype is dtypes.int64:
        return bounds
    return OP_DEFS["Cast"].builder(bounds, DstT=dtypes.int64, name="Cast")


def _is_mask(key: Any) -> bool:
    if isinstance(key, bool):
        return True
    if isinstance(key, Tensor):
        return key.dtype.base_dtype is dtypes.bool
    return isinstance(key, np.ndarray) and key.dtype == bool
