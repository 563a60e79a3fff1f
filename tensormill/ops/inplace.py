"""Rows that are overwritten, and values without content: `inplace_ops`.

The ops return what they changed; here the input keeps its value.

Source: TensorFlow 1.15, core/ops/array_ops.cc, python/ops/inplace_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import expand_dims, reshape, shape
from tensormill.ops.casting import cast

__all__ = [
    "alias_inplace_add",
    "alias_inplace_sub",
    "alias_inplace_update",
    "empty",
    "empty_like",
    "inplace_add",
    "inplace_sub",
    "inplace_update",
]


def _define(op_type: str) -> OpBuilder:
    builder = define(
        op_type,
        inputs=("x: T", "i: int32", "v: T"),
        outputs=("y: T",),
        attrs=("T: type",),
        differentiable=False,
    )
    builder.shape(same_shape)
    return builder


def same_shape(ctx: ShapeContext) -> list[Dims]:
    """Return the shape of the first input."""
    return [ctx.shape(0)]


inplace_update_op = _define("InplaceUpdate")
inplace_add_op = _define("InplaceAdd")
inplace_sub_op = _define("InplaceSub")
deep_copy = define(
    "DeepCopy",
    inputs=("x: T",),
    outputs=("y: T",),
    attrs=("T: type",),
    stateful=True,
    differentiable=False,
)
deep_copy.shape(same_shape)
empty_op = define(
    "Empty",
    inputs=("shape: int32",),
    outputs=("output: dtype",),
    attrs=("dtype: type", "init: bool = false"),
    stateful=True,
    differentiable=False,
)


@empty_op.shape
def empty_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.value_as_shape(0)]


def empty(shape: Any, dtype: Any, init: bool = False, name: str | None = None) -> Tensor:
    """Return a tensor of a shape; of zeros or empty strings with `init`, else of anything."""
    return empty_op(shape, dtype=dtypes.as_dtype(dtype), init=init, name=name)


def empty_like(x: Any, init: bool | None = None) -> Tensor:
    """Return a tensor of the shape and dtype of another; see `empty`."""
    x = convert_to_tensor(x)
    return empty(shape(x), x.dtype, init=bool(init))


def _changed(op: OpBuilder, x: Any, i: Any, v: Any) -> Tensor:
    """Apply an op to all of `x`, to one row, or to rows."""
    x = convert_to_tensor(x)
    v = convert_to_tensor(v, x.dtype)
    if i is None:
        row, value = reshape(x, [1, -1]), reshape(v, [1, -1])
        return reshape(op(row, [0], value), shape(x))
    i = cast(i, dtypes.int32)
    if i.dims == ():
        i, v = reshape(i, [1]), expand_dims(v, 0)
    made: Tensor = op(x, i, v)
    return made


def alias_inplace_update(x: Any, i: Any, v: Any) -> Tensor:
    """Return `x` with `v` in place of its rows `i`: of all, of one, or of several.

    Args:
      x: values.
      i: None, the number of a row, or the numbers of several.
      v: the new values: of the shape of `x`, of a row, or of so many rows.
    """
    return _changed(inplace_update_op, x, i, v)


def alias_inplace_add(x: Any, i: Any, v: Any) -> Tensor:
    """Return `x` with `v` added to its rows `i`; see `alias_inplace_update`."""
    return _changed(inplace_add_op, x, i, v)


def alias_inplace_sub(x: Any, i: Any, v: Any) -> Tensor:
    """Return `x` with `v` taken from its rows `i`; see `alias_inplace_update`."""
    return _changed(inplace_sub_op, x, i, v)


def inplace_update(x: Any, i: Any, v: Any) -> Tensor:
    """Return a copy of `x` with `v` in place of its rows `i`; see `alias_inplace_update`."""
    return alias_inplace_update(deep_copy(x), i, v)


def inplace_add(x: Any, i: Any, v: Any) -> Tensor:
    """Return a copy of `x` with `v` added to its rows `i`; see `alias_inplace_update`."""
    return alias_inplace_add(deep_copy(x), i, v)


def inplace_sub(x: Any, i: Any, v: Any) -> Tensor:
    """Return a copy of `x` with `v` taken from its rows `i`; see `alias_inplace_update`."""
    return alias_inplace_sub(deep_copy(x), i, v)
