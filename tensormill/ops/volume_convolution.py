"""Convolutions of volumes, with their gradients."""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_registry import define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import one_of_two
from tensormill.ops.convolution_gradients import register_convolution_gradients
from tensormill.ops.convolution_shapes import (
    backprop_filter_shape,
    backprop_input_shape,
    convolution_shape,
)
from tensormill.ops.windows import list_for_each

conv3d_op = define(
    "Conv3D",
    inputs=(
        "input: T",
        "filter: T",
    ),
    outputs=("output: T",),
    attrs=(
        "T: {float16, bfloat16, float32, float64}",
        "strides: list(int) >= 5",
        "padding: {'SAME', 'VALID'}",
        "data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'",
        "dilations: list(int) = [1, 1, 1, 1, 1]",
    ),
)
conv3d_backprop_input_v2_op = define(
    "Conv3DBackpropInputV2",
    inputs=(
        "input_sizes: Tshape",
        "filter: T",
        "out_backprop: T",
    ),
    outputs=("output: T",),
    attrs=(
        "T: {float16, bfloat16, float32, float64}",
        "strides: list(int) >= 5",
        "padding: {'SAME', 'VALID'}",
        "data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'",
        "dilations: list(int) = [1, 1, 1, 1, 1]",
        "Tshape: {int32, int64} = DT_INT32",
    ),
)
conv3d_backprop_filter_v2_op = define(
    "Conv3DBackpropFilterV2",
    inputs=(
        "input: T",
        "filter_sizes: int32",
        "out_backprop: T",
    ),
    outputs=("output: T",),
    attrs=(
        "T: {float16, bfloat16, float32, float64}",
        "strides: list(int) >= 5",
        "padding: {'SAME', 'VALID'}",
        "data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'",
        "dilations: list(int) = [1, 1, 1, 1, 1]",
    ),
)

_ATTRS = ("strides", "padding", "data_format", "dilations")

conv3d_op.shape(convolution_shape)
conv3d_backprop_input_v2_op.shape(backprop_input_shape)
conv3d_backprop_filter_v2_op.shape(backprop_filter_shape)


register_convolution_gradients(
    conv3d_op, conv3d_backprop_input_v2_op, conv3d_backprop_filter_v2_op, _ATTRS
)


def conv3d(
    input: Any,
    filter: Any = None,
    strides: Any = None,
    padding: Any = None,
    data_format: str = "NDHWC",
    dilations: Any = (1, 1, 1, 1, 1),
    name: str | None = None,
    filters: Any = None,
) -> Tensor:
    """Convolve volumes with filters.

    Args:
      input: [batch, depth, height, width, channels], or as `data_format` says.
      filter: [depth, height, width, channels, outputs].
      strides: the steps, one entry a dimension.
      padding: "SAME" or "VALID".
      data_format: "NDHWC" or "NCDHW".
      dilations: the distance between the elements of the filter, one entry a dimension.
      name: the name of the node.
      filters: a newer name of `filter`.

    Raises:
      ValueError: the shapes do not fit.
    """
    return conv3d_op(
        input,
        one_of_two(filters, filter, "filters", "filter"),
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilations=dilations,
        name=name,
    )


def conv3d_transpose(
    value: Any = None,
    filter: Any = None,
    output_shape: Any = None,
    strides: Any = None,
    padding: Any = "SAME",
    data_format: str | None = "NDHWC",
    name: str | None = None,
    input: Any = None,
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """Return the transpose (the gradient) of a convolution of volumes.

    Args:
      value: [batch, depth, height, width, channels], or as `data_format` says.
      filter: [depth, height, width, outputs, channels].
      output_shape: the shape of the result.
      strides: the steps of the convolution that this is the transpose of.
      padding: "SAME" or "VALID".
      data_format: "NDHWC" or "NCDHW".
      name: the name of the node.
      input: a newer name of `value`.
      filters: a newer name of `filter`.
      dilations: the distance between the elements of the filter.
    """
    value = one_of_two(input, value, "input", "value")
    filter = one_of_two(filters, filter, "filters", "filter")
    with OpScope(name, "conv3d_transpose", [value, filter, output_shape]) as scope:
        data_format = data_format or "NDHWC"
        axis = 1 if data_format.startswith("NC") else 4
        return conv3d_backprop_input_v2_op(
            output_shape,
            filter,
            value,
            strides=list_for_each(strides, 3, axis, "strides"),
            padding=padding,
            data_format=data_format,
            dilations=list_for_each(dilations, 3, axis, "dilations"),
            name=scope,
        )
