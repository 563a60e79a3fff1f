"""Products, convolutions and pooling of quantized numbers."""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank
from tensormill.ops.quantized_ranges import QUANTIZED
from tensormill.ops.windows import output_size, pool_dims

__all__: list[str] = []

quantized_matmul_op = define(
    "QuantizedMatMul",
    inputs=(
        "a: T1",
        "b: T2",
        "min_a: float32",
        "max_a: float32",
        "min_b: float32",
        "max_b: float32",
    ),
    outputs=("out: Toutput", "min_out: float32", "max_out: float32"),
    attrs=(
        f"T1: {QUANTIZED}",
        f"T2: {QUANTIZED}",
        f"Toutput: {QUANTIZED} = DT_QINT32",
        "transpose_a: bool = false",
        "transpose_b: bool = false",
        f"Tactivation: {QUANTIZED} = DT_QUINT8",
    ),
    differentiable=False,
)
quantized_conv2d_op = define(
    "QuantizedConv2D",
    inputs=(
        "input: Tinput",
        "filter: Tfilter",
        "min_input: float32",
        "max_input: float32",
        "min_filter: float32",
        "max_filter: float32",
    ),
    outputs=("output: out_type", "min_output: float32", "max_output: float32"),
    attrs=(
        f"Tinput: {QUANTIZED}",
        f"Tfilter: {QUANTIZED}",
        f"out_type: {QUANTIZED} = DT_QINT32",
        "strides: list(int)",
        "padding: {'SAME', 'VALID'}",
        "dilations: list(int) = [1, 1, 1, 1]",
    ),
    differentiable=False,
)
quantized_max_pool_op = define(
    "QuantizedMaxPool",
    inputs=("input: T", "min_input: float32", "max_input: float32"),
    outputs=("output: T", "min_output: float32", "max_output: float32"),
    attrs=(
        f"T: {QUANTIZED}",
        "ksize: list(int)",
        "strides: list(int)",
        "padding: {'SAME', 'VALID'}",
    ),
    differentiable=False,
)
quantized_avg_pool_op = define(
    "QuantizedAvgPool",
    inputs=("input: T", "min_input: float32", "max_input: float32"),
    outputs=("output: T", "min_output: float32", "max_output: float32"),
    attrs=(
        f"T: {QUANTIZED}",
        "ksize: list(int)",
        "strides: list(int)",
        "padding: {'SAME', 'VALID'}",
    ),
    differentiable=False,
)


def _require_scalars(ctx: ShapeContext, first: int) -> None:
    for dims in ctx.shapes()[first:]:
        with_rank(dims, 0)


@quantized_matmul_op.shape
def quantized_matmul_shape(ctx: ShapeContext) -> list[Dims]:
    a, b = with_rank(ctx.shape("a"), 2), with_rank(ctx.shape("b"), 2)
    _require_scalars(ctx, 2)
    if ctx.attrs["transpose_a"]:
        a = a[::-1]
    if ctx.attrs["transpose_b"]:
        b = b[::-1]
    if a[1] is not None and b[0] is not None and a[1] != b[0]:
        raise ValueError(f"Dimensions must be equal, but are {a[1]} and {b[0]}")
    return [(a[0], b[1]), (), ()]


@quantized_max_pool_op.shape
@quantized_avg_pool_op.shape
def quantized_pool_shape(ctx: ShapeContext) -> list[Dims]:
    _require_scalars(ctx, 1)
    attrs = ctx.attrs
    image: Any = ctx.shape("input")
    dims = pool_dims(image, attrs["ksize"], attrs["strides"], attrs["padding"], b"NHWC")
    return [dims, (), ()]


@quantized_conv2d_op.shape
def quantized_conv2d_shape(ctx: ShapeContext) -> list[Dims]:
    image, filters = with_rank(ctx.shape("input"), 4), with_rank(ctx.shape("filter"), 4)
    _require_scalars(ctx, 2)
    if image[3] is not None and filters[2] is not None and image[3] != filters[2]:
        raise ValueError(f"Dimensions must be equal, but are {image[3]} and {filters[2]}")
    attrs = ctx.attrs
    sizes = [
        output_size(
            image[axis],
            filters[axis - 1],
            attrs["strides"][axis],
            attrs["padding"],
            (0, 0),
            attrs["dilations"][axis],
        )
        for axis in (1, 2)
    ]
    return [(image[0], *sizes, filters[3]), (), ()]
