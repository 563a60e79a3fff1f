"""Convolutions of images, as a plain op, with their gradients."""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_registry import define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import expand_dims, one_of_two, squeeze
from tensormill.ops.convolution_gradients import register_convolution_gradients
from tensormill.ops.convolution_shapes import (
    backprop_filter_shape,
    backprop_input_shape,
    convolution_shape,
)
from tensormill.ops.windows import list_for_each, split_padding

conv2d_op = define(
    "Conv2D",
    inputs=(
        "input: T",
        "filter: T",
    ),
    outputs=("output: T",),
    attrs=(
        "T: {float16, bfloat16, float32, float64, int32}",
        "strides: list(int)",
        "use_cudnn_on_gpu: bool = true",
        "padding: {'SAME', 'VALID', 'EXPLICIT'}",
        "explicit_paddings: list(int) = []",
        "data_format: {'NHWC', 'NCHW'} = 'NHWC'",
        "dilations: list(int) = [1, 1, 1, 1]",
    ),
)
conv2d_backprop_input_op = define(
    "Conv2DBackpropInput",
    inputs=(
        "input_sizes: int32",
        "filter: T",
        "out_backprop: T",
    ),
    outputs=("output: T",),
    attrs=(
        "T: {float16, bfloat16, float32, float64, int32}",
        "strides: list(int)",
        "use_cudnn_on_gpu: bool = true",
        "padding: {'SAME', 'VALID', 'EXPLICIT'}",
        "explicit_paddings: list(int) = []",
        "data_format: {'NHWC', 'NCHW'} = 'NHWC'",
        "dilations: list(int) = [1, 1, 1, 1]",
    ),
)
conv2d_backprop_filter_op = define(
    "Conv2DBackpropFilter",
    inputs=(
        "input: T",
        "filter_sizes: int32",
        "out_backprop: T",
    ),
    outputs=("output: T",),
    attrs=(
        "T: {float16, bfloat16, float32, float64}",
        "strides: list(int)",
        "use_cudnn_on_gpu: bool = true",
        "padding: {'SAME', 'VALID', 'EXPLICIT'}",
        "explicit_paddings: list(int) = []",
        "data_format: {'NHWC', 'NCHW'} = 'NHWC'",
        "dilations: list(int) = [1, 1, 1, 1]",
    ),
)

_ATTRS = (
    "strides", "padding", "explicit_paddings", "use_cudnn_on_gpu", "data_format", "dilations",
)  # fmt: skip

conv2d_op.shape(convolution_shape)
conv2d_backprop_input_op.shape(backprop_input_shape)
conv2d_backprop_filter_op.shape(backprop_filter_shape)


register_convolution_gradients(
    conv2d_op, conv2d_backprop_input_op, conv2d_backprop_filter_op, _ATTRS
)


def conv2d(
    input: Any,
    filter: Any = None,
    strides: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool = True,
    data_format: str | None = "NHWC",
    dilations: Any = (1, 1, 1, 1),
    name: str | None = None,
    filters: Any = None,
) -> Tensor:
    """Convolve images with filters (a cross-correlation, as usual in networks).

    Args:
      input: [batch, height, width, channels], or as `data_format` says.
      filter: [height, width, channels, outputs].
      strides: the steps: one entry a dimension, one a spatial dimension, or an int.
      padding: "SAME", "VALID", or a list of paddings before and after, one pair a dimension.
      use_cudnn_on_gpu: kept in the node.
      data_format: "NHWC" or "NCHW".
      dilations: the distance between the elements of the filter, in the form of `strides`.
      name: the name of the node.
      filters: a newer name of `filter`.

    Raises:
      ValueError: the shapes do not fit.
    """
    data_format = data_format or "NHWC"
    axis = 1 if data_format.startswith("NC") else 3
    padding, explicit_paddings = split_padding(padding)
    return conv2d_op(
        input,
        one_of_two(filters, filter, "filters", "filter"),
        strides=list_for_each(strides, 2, axis, "strides"),
        padding=padding,
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        explicit_paddings=explicit_paddings,
        data_format=data_format,
        dilations=list_for_each(dilations, 2, axis, "dilations"),
        name=name,
    )


def conv2d_backprop_input(
    input_sizes: Any,
    filter: Any = None,
    out_backprop: Any = None,
    strides: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool = True,
    data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1),
    name: str | None = None,
    filters: Any = None,
) -> Tensor:
    """Return the gradient of a convolution with respect to its images.

    Args:
      input_sizes: the shape of the images.
      filter: as given to the convolution.
      out_backprop: the gradient of its result.
      strides: as given to the convolution.
      padding: as given to the convolution.
      use_cudnn_on_gpu: kept in the node.
      data_format: "NHWC" or "NCHW".
      dilations: as given to the convolution.
      name: the name of the node.
      filters: a newer name of `filter`.
    """
    padding, explicit_paddings = split_padding(padding)
    return conv2d_backprop_input_op(
        input_sizes,
        one_of_two(filters, filter, "filters", "filter"),
        out_backprop,
        strides=strides,
        padding=padding,
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        explicit_paddings=explicit_paddings,
        data_format=data_format,
        dilations=dilations,
        name=name,
    )


def conv2d_backprop_filter(
    input: Any,
    filter_sizes: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    use_cudnn_on_gpu: bool = True,
    data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1),
    name: str | None = None,
) -> Tensor:
    """Return the gradient of a convolution with respect to its filters.

    Args:
      input: as given to the convolution.
      filter_sizes: the shape of the filters.
      out_backprop: the gradient of its result.
      strides: as given to the convolution.
      padding: as given to the convolution.
      use_cudnn_on_gpu: kept in the node.
      data_format: "NHWC" or "NCHW".
      dilations: as given to the convolution.
      name: the name of the node.
    """
    padding, explicit_paddings = split_padding(padding)
    return conv2d_backprop_filter_op(
        input,
        filter_sizes,
        out_backprop,
        strides=strides,
        padding=padding,
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        explicit_paddings=explicit_paddings,
        data_format=data_format,
        dilations=dilations,
        name=name,
    )


def conv2d_transpose(
    value: Any = None,
    filter: Any = None,
    output_shape: Any = None,
    strides: Any = None,
    padding: Any = "SAME",
    data_format: str | None = "NHWC",
    name: str | None = None,
    input: Any = None,
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """Return the transpose (the gradient) of a convolution, which makes images larger.

    Args:
      value: [batch, height, width, channels], or as `data_format` says.
      filter: [height, width, outputs, channels].
      output_shape: the shape of the result.
      strides: the steps of the convolution that this is the transpose of.
      padding: "SAME" or "VALID".
      data_format: "NHWC" or "NCHW".
      name: the name of the node.
      input: a newer name of `value`.
      filters: a newer name of `filter`.
      dilations: the distance between the elements of the filter.

    Raises:
      ValueError: the shapes do not fit.
    """
    value = one_of_two(input, value, "input", "value")
    filter = one_of_two(filters, filter, "filters", "filter")
    with OpScope(name, "conv2d_transpose", [value, filter, output_shape]) as scope:
        data_format = data_format or "NHWC"
        axis = 1 if data_format.startswith("NC") else 3
        padding, explicit_paddings = split_padding(padding)
        return conv2d_backprop_input_op(
            output_shape,
            filter,
            value,
            strides=list_for_each(strides, 2, axis, "strides"),
            padding=padding,
            explicit_paddings=explicit_paddings,
            data_format=data_format,
            dilations=list_for_each(dilations, 2, axis, "dilations"),
            name=scope,
        )


def conv1d(
    value: Any = None,
    filters: Any = None,
    stride: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool | None = None,
    data_format: str | None = None,
    name: str | None = None,
    input: Any = None,
    dilations: Any = None,
) -> Tensor:
    """Convolve signals with filters, as a two-dimensional convolution of images one row high.

    Args:
      value: [batch, width, channels], or [batch, channels, width] for "NCW".
      filters: [width, channels, outputs].
      stride: the step.
      padding: "SAME" or "VALID".
      use_cudnn_on_gpu: kept in the node.
      data_format: "NWC" or "NCW".
      name: the name of the nodes.
      input: a newer name of `value`.
      dilations: the distance between the elements of the filter.

    Raises:
      ValueError: an unknown data format, or the shapes do not fit.
    """
    value = one_of_two(input, value, "input", "value")
    with OpScope(name, "conv1d", [value, filters]) as scope:
        if data_format in (None, "NHWC", "NWC"):
            data_format, spatial_start, channel_index = "NHWC", 1, 2
        elif data_format in ("NCHW", "NCW"):
            data_format, spatial_start, channel_index = "NCHW", 2, 1
        else:
            raise ValueError("data_format must be 'NWC' or 'NCW'.")
        made = conv2d_op(
            expand_dims(value, spatial_start),
            expand_dims(filters, 0),
            strides=[1, *list_for_each(stride, 1, channel_index, "stride")],
            padding=padding,
            use_cudnn_on_gpu=True if use_cudnn_on_gpu is None else use_cudnn_on_gpu,
            data_format=data_format,
            dilations=[1, *list_for_each(dilations, 1, channel_index, "dilations")],
            name=scope,
        )
        return squeeze(made, [spatial_start])
