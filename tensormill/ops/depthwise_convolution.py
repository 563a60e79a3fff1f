"""Convolutions of every channel on its own, and separable ones, with their gradients."""

from __future__ import annotations

from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.shapes import merge_dims, with_rank
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import one_of_two
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.convolution import conv2d
from tensormill.ops.convolution_gradients import (
    register_convolution_gradients,
    shapes_one_by_one,
)
from tensormill.ops.convolution_shapes import (
    backprop_filter_shape,
    backprop_input_shape,
    depthwise_shape,
)
from tensormill.ops.dilated_convolution import with_space_to_batch

depthwise_conv2d_op = define(
    "DepthwiseConv2dNative",
    inputs=(
        "input: T",
        "filter: T",
    ),
    outputs=("output: T",),
    attrs=(
        "T: {float16, bfloat16, float32, float64}",
        "strides: list(int)",
        "padding: {'SAME', 'VALID', 'EXPLICIT'}",
        "explicit_paddings: list(int) = []",
        "data_format: {'NHWC', 'NCHW'} = 'NHWC'",
        "dilations: list(int) = [1, 1, 1, 1]",
    ),
)
depthwise_conv2d_backprop_input_op = define(
    "DepthwiseConv2dNativeBackpropInput",
    inputs=(
        "input_sizes: int32",
        "filter: T",
        "out_backprop: T",
    ),
    outputs=("output: T",),
    attrs=(
        "T: {float16, bfloat16, float32, float64}",
        "strides: list(int)",
        "padding: {'SAME', 'VALID', 'EXPLICIT'}",
        "explicit_paddings: list(int) = []",
        "data_format: {'NHWC', 'NCHW'} = 'NHWC'",
        "dilations: list(int) = [1, 1, 1, 1]",
    ),
)
depthwise_conv2d_backprop_filter_op = define(
    "DepthwiseConv2dNativeBackpropFilter",
    inputs=(
        "input: T",
        "filter_sizes: int32",
        "out_backprop: T",
    ),
    outputs=("output: T",),
    attrs=(
        "T: {float16, bfloat16, float32, float64}",
        "strides: list(int)",
        "padding: {'SAME', 'VALID', 'EXPLICIT'}",
        "explicit_paddings: list(int) = []",
        "data_format: {'NHWC', 'NCHW'} = 'NHWC'",
        "dilations: list(int) = [1, 1, 1, 1]",
    ),
)

_ATTRS = ("strides", "padding", "explicit_paddings", "data_format", "dilations")

depthwise_conv2d_op.shape(depthwise_shape)
depthwise_conv2d_backprop_input_op.shape(backprop_input_shape)
depthwise_conv2d_backprop_filter_op.shape(backprop_filter_shape)


register_convolution_gradients(
    depthwise_conv2d_op,
    depthwise_conv2d_backprop_input_op,
    depthwise_conv2d_backprop_filter_op,
    _ATTRS,
    shapes_one_by_one,
)


def depthwise_conv2d_native(
    input: Any,
    filter: Any,
    strides: Any,
    padding: str,
    data_format: str | None = None,
    name: str | None = None,
    dilations: Any = None,
) -> Tensor:
    """Convolve every channel with its own filters, without dilation through the batch.

    Args:
      input: [batch, height, width, channels], or as `data_format` says.
      filter: [height, width, channels, multiplier].
      strides: the steps, one entry a dimension.
      padding: "SAME" or "VALID".
      data_format: "NHWC" or "NCHW".
      name: the name of the node.
      dilations: the distance between the elements of the filter, one entry a dimension.
    """
    return depthwise_conv2d_op(
        input,
        filter,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilations=dilations,
        name=name,
    )


def depthwise_conv2d(
    input: Any,
    filter: Any,
    strides: Any,
    padding: str,
    rate: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Any = None,
) -> Tensor:
    """Convolve every channel with its own `multiplier` filters.

    Args:
      input: [batch, height, width, channels], or as `data_format` says.
      filter: [height, width, channels, multiplier].
      strides: the steps, one entry a dimension.
      padding: "SAME" or "VALID".
      rate: the distance between the elements of the filter, [height, width].
      name: the name of the nodes.
      data_format: "NHWC" or "NCHW".
      dilations: a newer name of `rate`.
    """
    rate = one_of_two(dilations, rate, "dilations", "rate")
    with OpScope(name, "depthwise", [input, filter]) as scope:
        input = convert_to_tensor(input, name="tensor_in")
        filter = convert_to_tensor(filter, name="filter_in")

        def convolve(image: Tensor, _: int, op_padding: str) -> Tensor:
            return depthwise_conv2d_native(
                image, filter, strides, op_padding, data_format=data_format, name=scope
            )

        return with_space_to_batch(
            input=input,
            filter_shape=shape_of(filter),
            dilation_rate=[1, 1] if rate is None else rate,
            padding=padding,
            data_format=data_format,
            op=convolve,
        )


def separable_conv2d(
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any,
    padding: str,
    rate: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Any = None,
) -> Tensor:
    """Convolve every channel on its own, then mix the channels point by point.

    Args:
      input: [batch, height, width, channels], or as `data_format` says.
      depthwise_filter: [height, width, channels, multiplier].
      pointwise_filter: [1, 1, channels * multiplier, outputs].
      strides: the steps, one entry a dimension.
      padding: "SAME" or "VALID".
      rate: the distance between the elements of the filter, [height, width].
      name: the name of the nodes.
      data_format: "NHWC" or "NCHW".
      dilations: a newer name of `rate`.

    Raises:
      ValueError: the shapes do not fit.
    """
    rate = one_of_two(dilations, rate, "dilations", "rate")
    with OpScope(name, "separable_conv2d", [input, depthwise_filter, pointwise_filter]) as scope:
        input = convert_to_tensor(input, name="tensor_in")
        depthwise_filter = convert_to_tensor(depthwise_filter, name="depthwise_filter")
        pointwise_filter = convert_to_tensor(pointwise_filter, name="pointwise_filter")
        merge_dims(with_rank(pointwise_filter.dims, 4), (1, 1, None, None))

        def convolve(image: Tensor, _: int, op_padding: str) -> Tensor:
            return depthwise_conv2d_native(
                image,
                depthwise_filter,
                strides,
                op_padding,
                data_format=data_format,
                name="depthwise",
            )

        depthwise = with_space_to_batch(
            input=input,
            filter_shape=shape_of(depthwise_filter),
            dilation_rate=[1, 1] if rate is None else rate,
            padding=padding,
            data_format=data_format,
            op=convolve,
        )
        return conv2d(
            depthwise,
            pointwise_filter,
            [1, 1, 1, 1],
            padding="VALID",
            data_format=data_format,
            name=scope,
        )
