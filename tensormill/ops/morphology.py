"""Dilation and erosion of images by structuring functions."""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_registry import define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import one_of_two
from tensormill.ops.elementwise_unary import negative
from tensormill.ops.transposition import reverse
from tensormill.ops.windows import merge_sizes, output_size

dilation2d_op = define(
    "Dilation2D",
    inputs=(
        "input: T",
        "filter: T",
    ),
    outputs=("output: T",),
    attrs=(
        "T: realnumbertype",
        "strides: list(int) >= 4",
        "rates: list(int) >= 4",
        "padding: {'SAME', 'VALID'}",
    ),
)
dilation2d_backprop_input_op = define(
    "Dilation2DBackpropInput",
    inputs=(
        "input: T",
        "filter: T",
        "out_backprop: T",
    ),
    outputs=("in_backprop: T",),
    attrs=(
        "T: realnumbertype",
        "strides: list(int) >= 4",
        "rates: list(int) >= 4",
        "padding: {'SAME', 'VALID'}",
    ),
    differentiable=False,
)
dilation2d_backprop_filter_op = define(
    "Dilation2DBackpropFilter",
    inputs=(
        "input: T",
        "filter: T",
        "out_backprop: T",
    ),
    outputs=("filter_backprop: T",),
    attrs=(
        "T: realnumbertype",
        "strides: list(int) >= 4",
        "rates: list(int) >= 4",
        "padding: {'SAME', 'VALID'}",
    ),
    differentiable=False,
)


@dilation2d_op.shape
def dilation2d_shape(ctx: ShapeContext) -> list[Dims]:
    image, filters = with_rank(ctx.shape(0), 4), with_rank(ctx.shape(1), 3)
    strides, rates = ctx.attrs["strides"], ctx.attrs["rates"]
    if len(strides) != 4:
        raise ValueError(
            f"Dilation2D requires the stride attribute to contain 4 values, but got: {len(strides)}"
        )
    if len(rates) != 4:
        raise ValueError(
            f"Dilation2D requires the rates attribute to contain 4 values, but got: {len(rates)}"
        )
    space = [
        output_size(
            image[axis],
            filters[axis - 1],
            strides[axis],
            ctx.attrs["padding"],
            dilation=rates[axis],
        )
        if filters[axis - 1] is not None
        else None
        for axis in (1, 2)
    ]
    return [(image[0], *space, merge_sizes(image[3], filters[2]))]


@dilation2d_backprop_input_op.shape
def dilation2d_backprop_input_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape(0)]


@dilation2d_backprop_filter_op.shape
def dilation2d_backprop_filter_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape(1)]


@dilation2d_op.gradient
def dilation2d_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    attrs = {key: op.attrs[key] for key in ("strides", "rates", "padding")}
    return [
        dilation2d_backprop_input_op(*op.inputs, grad, **attrs),
        dilation2d_backprop_filter_op(*op.inputs, grad, **attrs),
    ]


def dilation2d(
    input: Any,
    filter: Any = None,
    strides: Any = None,
    rates: Any = None,
    padding: Any = None,
    name: str | None = None,
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """Return the largest sums of pixels and a structuring function: [batch, height, width, depth].

    Args:
      input: [batch, height, width, depth].
      filter: [height, width, depth].
      strides: the steps, [1, height, width, 1].
      rates: the distances between the elements of the function, likewise.
      padding: "SAME" or "VALID".
      name: the name of the node.
      filters: a newer name of `filter`.
      dilations: a newer name of `rates`.
    """
    return dilation2d_op(
        input,
        one_of_two(filters, filter, "filters", "filter"),
        strides=strides,
        rates=one_of_two(dilations, rates, "dilations", "rates"),
        padding=padding,
        name=name,
    )


def erosion2d(
    value: Any, kernel: Any, strides: Any, rates: Any, padding: Any, name: str | None = None
) -> Tensor:
    """Return the smallest differences of pixels and a structuring function; see `dilation2d`."""
    with OpScope(name, "erosion2d", [value, kernel]) as scope:
        return negative(
            dilation2d_op(
                negative(value), reverse(kernel, [0, 1]), strides=strides, rates=rates,
                padding=padding,
            ),
            name=scope,
        )  # fmt: skip
