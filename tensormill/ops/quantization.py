"""Floats rounded as if they had been quantized: fake_quant and quantize_and_dequantize."""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_registry import define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import (
    Dims,
    merge_dims,
    with_rank,
    with_rank_at_least,
    with_rank_at_most,
)
from tensormill.graph.tensor import Tensor
from tensormill.ops.windows import merge_sizes

fake_quant_args_op = define(
    "FakeQuantWithMinMaxArgs",
    inputs=("inputs: float32",),
    outputs=("outputs: float32",),
    attrs=(
        "min: float = -6.0",
        "max: float = 6.0",
        "num_bits: int = 8",
        "narrow_range: bool = false",
    ),
)
fake_quant_args_gradient_op = define(
    "FakeQuantWithMinMaxArgsGradient",
    inputs=("gradients: float32", "inputs: float32"),
    outputs=("backprops: float32",),
    attrs=(
        "min: float = -6.0",
        "max: float = 6.0",
        "num_bits: int = 8",
        "narrow_range: bool = false",
    ),
    differentiable=False,
)
fake_quant_vars_op = define(
    "FakeQuantWithMinMaxVars",
    inputs=("inputs: float32", "min: float32", "max: float32"),
    outputs=("outputs: float32",),
    attrs=("num_bits: int = 8", "narrow_range: bool = false"),
)
fake_quant_vars_gradient_op = define(
    "FakeQuantWithMinMaxVarsGradient",
    inputs=("gradients: float32", "inputs: float32", "min: float32", "max: float32"),
    outputs=(
        "backprops_wrt_input: float32",
        "backprop_wrt_min: float32",
        "backprop_wrt_max: float32",
    ),
    attrs=("num_bits: int = 8", "narrow_range: bool = false"),
    differentiable=False,
)
fake_quant_per_channel_op = define(
    "FakeQuantWithMinMaxVarsPerChannel",
    inputs=("inputs: float32", "min: float32", "max: float32"),
    outputs=("outputs: float32",),
    attrs=("num_bits: int = 8", "narrow_range: bool = false"),
)
fake_quant_per_channel_gradient_op = define(
    "FakeQuantWithMinMaxVarsPerChannelGradient",
    inputs=("gradients: float32", "inputs: float32", "min: float32", "max: float32"),
    outputs=(
        "backprops_wrt_input: float32",
        "backprop_wrt_min: float32",
        "backprop_wrt_max: float32",
    ),
    attrs=("num_bits: int = 8", "narrow_range: bool = false"),
    differentiable=False,
)
quantize_and_dequantize_op = define(
    "QuantizeAndDequantize",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=(
        "signed_input: bool = true",
        "num_bits: int = 8",
        "range_given: bool = false",
        "input_min: float = 0.0",
        "input_max: float = 0.0",
        "T: {bfloat16, float16, float32, float64}",
    ),
)
quantize_and_dequantize_v2_op = define(
    "QuantizeAndDequantizeV2",
    inputs=("input: T", "input_min: T", "input_max: T"),
    outputs=("output: T",),
    attrs=(
        "signed_input: bool = true",
        "num_bits: int = 8",
        "range_given: bool = false",
        "T: {bfloat16, float16, float32, float64}",
        "round_mode: {'HALF_TO_EVEN', 'HALF_UP'} = 'HALF_TO_EVEN'",
        "narrow_range: bool = false",
        "axis: int = -1",
    ),
)
quantize_and_dequantize_v3_op = define(
    "QuantizeAndDequantizeV3",
    inputs=("input: T", "input_min: T", "input_max: T", "num_bits: int32"),
    outputs=("output: T",),
    attrs=(
        "signed_input: bool = true",
        "range_given: bool = true",
        "T: {bfloat16, float16, float32, float64}",
        "narrow_range: bool = false",
        "axis: int = -1",
    ),
)


@fake_quant_vars_op.shape
def fake_quant_vars_shape(ctx: ShapeContext) -> list[Dims]:
    for index in (1, 2):
        with_rank(ctx.shape(index), 0)
    return [ctx.shape(0)]


@fake_quant_per_channel_op.shape
def fake_quant_per_channel_shape(ctx: ShapeContext) -> list[Dims]:
    dims = with_rank_at_least(ctx.shape(0), 1)
    channels = None if dims is None else dims[-1]
    for index in (1, 2):
        channels = merge_sizes(channels, with_rank(ctx.shape(index), 1)[0])
    return [None if dims is None else (*dims[:-1], channels)]


@fake_quant_args_op.shape
@fake_quant_args_gradient_op.shape
@quantize_and_dequantize_op.shape
def same_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.op.input_tensors[0].dims]


@quantize_and_dequantize_v2_op.shape
@quantize_and_dequantize_v3_op.shape
def quantize_and_dequantize_shape(ctx: ShapeContext) -> list[Dims]:
    axis = ctx.attrs["axis"]
    limits = [with_rank(ctx.shape(name), int(axis != -1)) for name in ("input_min", "input_max")]
    if axis < -1:
        raise ValueError(f"axis should be at least -1, got {axis}")
    dims = ctx.shape("input")
    if axis >= 0 and dims is not None:
        size = with_rank_at_least(dims, axis + 1)[axis]  # type: ignore[index]
        for limit in limits:
            size = merge_sizes(size, limit[0])
    return same_shape(ctx)


@fake_quant_vars_gradient_op.shape
def fake_quant_vars_gradient_shape(ctx: ShapeContext) -> list[Dims]:
    inputs = merge_dims(ctx.shape(0), ctx.shape(1))
    for index in (2, 3):
        with_rank(ctx.shape(index), 0)
    return [inputs, (), ()]


@fake_quant_per_channel_gradient_op.shape
def fake_quant_per_channel_gradient_shape(ctx: ShapeContext) -> list[Dims]:
    dims = with_rank_at_most(with_rank_at_least(ctx.shape(0), 1), 4)
    dims = merge_dims(dims, ctx.shape(1))
    limits: Dims = None if dims is None else (dims[-1],)
    for index in (2, 3):
        limits = merge_dims(limits, with_rank(ctx.shape(index), 1))
    return [dims, limits, limits]


def _bits(op: Operation) -> dict[str, Any]:
    return {name: op.attrs[name] for name in ("num_bits", "narrow_range")}


@fake_quant_args_op.gradient
def fake_quant_args_grad(op: Operation, grad: Tensor) -> Tensor:
    limits = {name: op.attrs[name] for name in ("min", "max")}
    return fake_quant_args_gradient_op(grad, op.input_tensors[0], **limits, **_bits(op))


@fake_quant_vars_op.gradient
def fake_quant_vars_grad(op: Operation, grad: Tensor) -> list[Tensor]:
    return fake_quant_vars_gradient_op(grad, *op.input_tensors, **_bits(op))


@fake_quant_per_channel_op.gradient
def fake_quant_per_channel_grad(op: Operation, grad: Tensor) -> list[Tensor]:
    return fake_quant_per_channel_gradient_op(grad, *op.input_tensors, **_bits(op))


@quantize_and_dequantize_op.gradient
def quantize_and_dequantize_grad(op: Operation, grad: Tensor) -> Tensor:
    return grad


@quantize_and_dequantize_v2_op.gradient
def quantize_and_dequantize_v2_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [grad, None, None]


@quantize_and_dequantize_v3_op.gradient
def quantize_and_dequantize_v3_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [grad, None, None, None]


def fake_quant_with_min_max_args(
    inputs: Any,
    min: float = -6,
    max: float = 6,
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> Tensor:
    """Round floats to what `num_bits` bits can say within a range that is fixed."""
    return fake_quant_args_op(
        inputs, min=min, max=max, num_bits=num_bits, narrow_range=narrow_range, name=name
    )


def fake_quant_with_min_max_vars(
    inputs: Any,
    min: Any,
    max: Any,
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> Tensor:
    """Round floats to what `num_bits` bits can say within a range that is computed."""
    return fake_quant_vars_op(
        inputs, min, max, num_bits=num_bits, narrow_range=narrow_range, name=name
    )


def fake_quant_with_min_max_vars_per_channel(
    inputs: Any,
    min: Any,
    max: Any,
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> Tensor:
    """Round floats within a range of its own for each element of the last dimension."""
    return fake_quant_per_channel_op(
        inputs, min, max, num_bits=num_bits, narrow_range=narrow_range, name=name
    )


def quantize_and_dequantize(
    input: Any,
    input_min: Any,
    input_max: Any,
    signed_input: bool = True,
    num_bits: int = 8,
    range_given: bool = False,
    round_mode: str = "HALF_TO_EVEN",
    name: str | None = None,
    narrow_range: bool = False,
    axis: int | None = None,
) -> Tensor:
    """Round floats to what integers of `num_bits` bits, scaled, can say.

    Args:
      input: the floats.
      input_min: the smallest value that counts, where `range_given`.
      input_max: the largest.
      signed_input: the integers have a sign.
      num_bits: their width.
      range_given: use the range given instead of that of `input`.
      round_mode: "HALF_TO_EVEN" or "HALF_UP".
      name: the name of the node.
      narrow_range: leave out the smallest integer.
      axis: a dimension with a scale of its own for each element.
    """
    return quantize_and_dequantize_v2_op(
        input,
        input_min,
        input_max,
        signed_input=signed_input,
        num_bits=num_bits,
        range_given=range_given,
        round_mode=round_mode,
        narrow_range=narrow_range,
        axis=-1 if axis is None else axis,
        name=name,
    )
