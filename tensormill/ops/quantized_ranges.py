"""Floats as quantized numbers with a range, and back; other ranges; what keeps the numbers."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank
from tensormill.graph.tensor import Tensor

__all__ = ["QUANTIZED", "dequantize", "quantize", "quantize_v2", "quantized_concat", "relu_x"]

QUANTIZED = "{qint8, quint8, qint32, qint16, quint16}"
_MODES = "{'MIN_COMBINED', 'MIN_FIRST', 'SCALED'} = 'MIN_COMBINED'"

quantize_v2_op = define(
    "QuantizeV2",
    inputs=("input: float32", "min_range: float32", "max_range: float32"),
    outputs=("output: T", "output_min: float32", "output_max: float32"),
    attrs=(
        f"T: {QUANTIZED}",
        f"mode: {_MODES}",
        "round_mode: {'HALF_AWAY_FROM_ZERO', 'HALF_TO_EVEN'} = 'HALF_AWAY_FROM_ZERO'",
        "narrow_range: bool = false",
        "axis: int = -1",
        "ensure_minimum_range: float = 0.009999999776482582",
    ),
    differentiable=False,
)
dequantize_op = define(
    "Dequantize",
    inputs=("input: T", "min_range: float32", "max_range: float32"),
    outputs=("output: dtype",),
    attrs=(
        f"T: {QUANTIZED}",
        f"mode: {_MODES}",
        "narrow_range: bool = false",
        "axis: int = -1",
        "dtype: {bfloat16, float32} = DT_FLOAT",
    ),
    differentiable=False,
)
quantized_concat_op = define(
    "QuantizedConcat",
    inputs=(
        "concat_dim: int32",
        "values: N * T",
        "input_mins: N * float32",
        "input_maxes: N * float32",
    ),
    outputs=("output: T", "output_min: float32", "output_max: float32"),
    attrs=("N: int >= 2", "T: type"),
    differentiable=False,
)
requantize_op = define(
    "Requantize",
    inputs=(
        "input: Tinput",
        "input_min: float32",
        "input_max: float32",
        "requested_output_min: float32",
        "requested_output_max: float32",
    ),
    outputs=("output: out_type", "output_min: float32", "output_max: float32"),
    attrs=(f"Tinput: {QUANTIZED}", f"out_type: {QUANTIZED}"),
    differentiable=False,
)
requantization_range_op = define(
    "RequantizationRange",
    inputs=("input: Tinput", "input_min: float32", "input_max: float32"),
    outputs=("output_min: float32", "output_max: float32"),
    attrs=(f"Tinput: {QUANTIZED}",),
    differentiable=False,
)
quantize_down_op = define(
    "QuantizeDownAndShrinkRange",
    inputs=("input: Tinput", "input_min: float32", "input_max: float32"),
    outputs=("output: out_type", "output_min: float32", "output_max: float32"),
    attrs=(f"Tinput: {QUANTIZED}", f"out_type: {QUANTIZED}"),
    differentiable=False,
)


def _relu(name: str, *more: str) -> OpBuilder:
    return define(
        name,
        inputs=("features: Tinput", *more, "min_features: float32", "max_features: float32"),
        outputs=("activations: out_type", "min_activations: float32", "max_activations: float32"),
        attrs=(f"Tinput: {QUANTIZED}", f"out_type: {QUANTIZED} = DT_QUINT8"),
        differentiable=False,
        module=__name__,
    )


quantized_relu_op = _relu("QuantizedRelu")
quantized_relu6_op = _relu("QuantizedRelu6")
quantized_relu_x_op = _relu("QuantizedReluX", "max_value: float32")


@quantize_v2_op.shape
@requantize_op.shape
@quantize_down_op.shape
@quantized_relu_op.shape
@quantized_relu6_op.shape
@quantized_relu_x_op.shape
def same_shape_with_range(ctx: ShapeContext) -> list[Dims]:
    for dims in ctx.shapes()[1:]:
        with_rank(dims, 0)
    return [ctx.op.input_tensors[0].dims, (), ()]


@dequantize_op.shape
def dequantize_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape("input")]


@requantization_range_op.shape
def range_shape(ctx: ShapeContext) -> list[Dims]:
    for dims in ctx.shapes()[1:]:
        with_rank(dims, 0)
    return [(), ()]


@quantized_concat_op.shape
def quantized_concat_shape(ctx: ShapeContext) -> list[Dims]:
    shapes = ctx.shapes("values")
    axis = ctx.value("concat_dim")
    known = [dims for dims in shapes if dims is not None]
    if not known:
        return [None, (), ()]
    rank = len(known[0])
    sizes: list[int | None] = [None] * rank
    if axis is not None and len(known) == len(shapes):
        for place in range(rank):
            found = {dims[place] for dims in known}
            if place == int(axis) % rank:
                total = [dims[place] for dims in known]
                sizes[place] = None if None in total else sum(total)  # type: ignore[arg-type]
            elif len(found) == 1:
                sizes[place] = found.pop()
    return [tuple(sizes), (), ()]


def quantize_v2(
    input: Any,
    min_range: Any,
    max_range: Any,
    T: Any,
    mode: str = "MIN_COMBINED",
    name: str | None = None,
    round_mode: str = "HALF_AWAY_FROM_ZERO",
) -> Any:
    """Return floats as quantized numbers, and the range that those stand for.

    Args:
      input: floats.
      min_range: what the least number stands for.
      max_range: what the greatest number stands for.
      T: the quantized dtype.
      mode: "MIN_COMBINED", "MIN_FIRST" or "SCALED".
      name: the name of the node.
      round_mode: "HALF_AWAY_FROM_ZERO" or "HALF_TO_EVEN", which "SCALED" takes.
    """
    return quantize_v2_op(
        input, min_range, max_range, T=T, mode=mode, round_mode=round_mode, name=name
    )


def quantize(
    input: Any,
    min_range: Any,
    max_range: Any,
    T: Any,
    mode: str = "MIN_COMBINED",
    round_mode: str = "HALF_AWAY_FROM_ZERO",
    name: str | None = None,
) -> Any:
    """Return floats as quantized numbers; see `quantize_v2`."""
    return quantize_v2(input, min_range, max_range, T, mode, name, round_mode)


def dequantize(
    input: Any,
    min_range: Any,
    max_range: Any,
    mode: str = "MIN_COMBINED",
    name: str | None = None,
) -> Tensor:
    """Return the floats that quantized numbers stand for."""
    return dequantize_op(input, min_range, max_range, mode=mode, name=name)


def quantized_concat(
    concat_dim: Any, values: Any, input_mins: Any, input_maxes: Any, name: str | None = None
) -> Any:
    """Return quantized tensors joined, in a range that holds all of them."""
    return quantized_concat_op(concat_dim, values, input_mins, input_maxes, name=name)


def relu_x(
    features: Any,
    max_value: Any,
    min_features: Any,
    max_features: Any,
    out_type: Any = dtypes.quint8,
    name: str | None = None,
) -> Any:
    """Return quantized numbers cut at 0 and at a greatest value."""
    return quantized_relu_x_op(
        features, max_value, min_features, max_features, out_type=out_type, name=name
    )
