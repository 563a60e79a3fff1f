"""Constants, placeholders, identities and nodes without outputs."""

from __future__ import annotations

from typing import Any

from tensormill.graph.dtypes import as_dtype
from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, as_dims
from tensormill.graph.tensor import Tensor

const = define(
    "Const",
    outputs=("output: dtype",),
    attrs=("value: tensor", "dtype: type"),
    differentiable=False,
)


@const.shape
def const_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.attrs["value"].array.shape]


placeholder_op = define(
    "Placeholder",
    outputs=("output: dtype",),
    attrs=("dtype: type", "shape: shape = {unknown_rank: true}"),
    differentiable=False,
)


placeholder_v2_op = define(
    "PlaceholderV2",
    outputs=("output: dtype",),
    attrs=("dtype: type", "shape: shape"),
    differentiable=False,
)
fake_param_op = define(
    "FakeParam",
    outputs=("output: dtype",),
    attrs=("dtype: type", "shape: shape"),
    differentiable=False,
)


@placeholder_op.shape
@placeholder_v2_op.shape
@fake_param_op.shape
def placeholder_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.attrs["shape"]]


def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Tensor:
    """Make a tensor whose value must be fed.

    Args:
      dtype: the dtype of the values.
      shape: their static shape; None for any.
      name: the name of the node.
    """
    return placeholder_op(dtype=as_dtype(dtype), shape=as_dims(shape), name=name)


immutable_const_op = define(
    "ImmutableConst",
    outputs=("tensor: dtype",),
    attrs=("dtype: type", "shape: shape", "memory_region_name: string"),
    differentiable=False,
)


@immutable_const_op.shape
def immutable_const_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.attrs["shape"]]


identity_op = define("Identity", inputs=("input: T",), outputs=("output: T",), attrs=("T: type",))


@identity_op.shape
def same_shape(ctx: ShapeContext) -> list[Dims]:
    value = ctx.op.input_tensors[0]
    if value._handle_data is not None:
        ctx.op.outputs[0]._handle_data = value._handle_data
    return [value.dims]


@identity_op.gradient
def identity_grad(op: Any, grad: Tensor) -> Tensor:
    return grad


no_op = define("NoOp", differentiable=False)
