"""Arithmetic, element by element."""

from __future__ import annotations

from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_builder import graph_of
from tensormill.graph.op_registry import define
from tensormill.graph.operators import operator
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, broadcast_dims
from tensormill.graph.tensor import Tensor, TensorLike

add_v2 = define(
    "AddV2",
    inputs=("x: T", "y: T"),
    outputs=("z: T",),
    attrs=(
        "T: {bfloat16, float16, float32, float64, uint8, uint16, uint32, uint64, int8, int16, int32, int64, complex64, complex128}",
    ),
    commutative=True,
    aggregate=True,
)


@add_v2.shape
def broadcast_shape(ctx: ShapeContext) -> list[Dims]:
    a, b = ctx.op.input_tensors
    if a.dims is b.dims or a.dims == b.dims:
        return [a.dims]
    return [broadcast_dims(a.dims, b.dims)]


@operator("add")
def add_operator(x: Any, y: Any) -> Tensor:
    if type(x) is Tensor and type(y) is Tensor:
        return add_v2(x, y, name="add")
    graph = graph_of((x, y))
    with graph.as_default(), graph.name_scope("add") as scope:
        if isinstance(x, TensorLike):
            x = convert_to_tensor(x)
            y = convert_to_tensor(y, dtype_hint=x.dtype.base_dtype, name="y")
        else:
            y = convert_to_tensor(y)
            x = convert_to_tensor(x, dtype=y.dtype.base_dtype, name="x")
        return add_v2(x, y, name=scope)
