"""Transposed convolutions of signals, with holes, and of any rank.

Source: TensorFlow 1.15, python/ops/nn_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_scope import OpScope
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import expand_dims, squeeze
from tensormill.ops.convolution import (
    conv2d_backprop_input_op,
    conv2d_transpose,
)
from tensormill.ops.joining import concat
from tensormill.ops.space_to_batch import batch_to_space, space_to_batch
from tensormill.ops.volume_convolution import conv3d_transpose
from tensormill.ops.windows import list_for_each

__all__ = ["atrous_conv2d_transpose", "conv1d_transpose", "conv_transpose"]


def conv1d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: str = "SAME",
    data_format: str = "NWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Return the transpose (the gradient) of a convolution of signals.

    Args:
      input: [batch, width, channels], or [batch, channels, width] for "NCW".
      filters: [width, outputs, channels].
      output_shape: the shape of the result.
      strides: the step of the convolution that this is the transpose of.
      padding: "SAME" or "VALID".
      data_format: "NWC" or "NCW".
      dilations: the distance between the elements of the filter.
      name: the name of the nodes.

    Raises:
      ValueError: an unknown data format.
    """
    with OpScope(name, "conv1d_transpose", [input, filters, output_shape]) as scope:
        if data_format not in ("NWC", "NCW"):
            raise ValueError("data_format must be 'NWC' or 'NCW'.")
        is_last = data_format == "NWC"
        start, axis = (1, 2) if is_last else (2, 1)
        shape: Any = output_shape
        if isinstance(shape, (list, tuple)):
            shape = [*shape[:start], 1, *shape[start:]]
        else:
            shape = concat([shape[:start], [1], shape[start:]], 0)
        steps = [1, *list_for_each(strides, 1, axis, "strides")]
        rates = [1, *list_for_each(dilations, 1, axis, "dilations")]
        made = conv2d_backprop_input_op(
            shape,
            expand_dims(filters, 0),
            expand_dims(input, start),
            strides=steps,
            padding=padding,
            data_format="NHWC" if is_last else "NCHW",
            dilations=rates,
            name=scope,
        )
        return squeeze(made, [start])


def conv_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: str = "SAME",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Return the transpose of a convolution of signals, images or volumes, by `output_shape`.

    Args:
      input: [batch, *space, channels], or with the channels second.
      filters: [*window, outputs, channels].
      output_shape: the shape of the result.
      strides: the steps.
      padding: "SAME" or "VALID".
      data_format: as the rank wants it.
      dilations: the distance between the elements of the filter.
      name: the name of the nodes.

    Raises:
      ValueError: the rank is not known, or not 3, 4 or 5.
    """
    with OpScope(name, "conv_transpose", [input, filters, output_shape]) as scope:
        if isinstance(output_shape, (list, tuple)):
            rank: Any = len(output_shape)
        else:
            rank = convert_to_tensor(output_shape).get_shape()[0].value
        if rank is None:
            raise ValueError("output_shape must have a known length")
        options: dict[str, Any] = {
            "strides": strides, "padding": padding, "dilations": dilations, "name": scope,
        }  # fmt: skip
        if rank == 3:
            return conv1d_transpose(
                input, filters, output_shape, data_format=data_format or "NWC", **options
            )
        if rank == 4:
            return conv2d_transpose(
                input, filters, output_shape, data_format=data_format or "NHWC", **options
            )
        if rank == 5:
            return conv3d_transpose(
                input, filters, output_shape, data_format=data_format or "NDHWC", **options
            )
        raise ValueError(f"output_shape must be of length 3, 4 or 5 but was {rank}.")


def atrous_conv2d_transpose(
    value: Any,
    filters: Any,
    output_shape: Any,
    rate: int,
    padding: str,
    name: str | None = None,
) -> Tensor:
    """Return the transpose of `atrous_conv2d`.

    Args:
      value: [batch, height, width, channels].
      filters: [height, width, outputs, channels].
      output_shape: the shape of the result.
      rate: the distance between the elements of the filter.
      padding: "SAME" or "VALID".
      name: the name of the nodes.

    Raises:
      ValueError: the channels do not fit, or an unknown padding.
    """
    with OpScope(name, "atrous_conv2d_transpose", [value, filters, output_shape]) as scope:
        value = convert_to_tensor(value, name="value")
        filters = convert_to_tensor(filters, name="filters")
        channels = value.get_shape()[3]
        if not channels.is_compatible_with(filters.get_shape()[3]):
            raise ValueError(
                "value's input channels does not match filters' input channels, "
                f"{channels} != {filters.get_shape()[3]}"
            )
        if rate < 1:
            raise ValueError(f"rate {rate} cannot be less than one")
        if rate == 1:
            return conv2d_transpose(
                value, filters, output_shape, strides=[1, 1, 1, 1], padding=padding, name=scope
            )
        if padding not in ("SAME", "VALID"):
            raise ValueError(f"padding must be either VALID or SAME: {padding}")
        windows = filters.get_shape().as_list()[:2]
        pads, sizes = [], []
        for axis, window in enumerate(windows):
            border = (window + (window - 1) * (rate - 1) - 1) if padding == "SAME" else 0
            before, after = border // 2, border - border // 2
            size = output_shape[1 + axis] + before + after
            extra = (rate - size % rate) % rate
            pads.append((before, after, extra))
            sizes.append((size + extra) // rate)
        value = space_to_batch(value, [[0, extra] for _, _, extra in pads], block_size=rate)
        value = conv2d_backprop_input_op(
            [rate * rate * output_shape[0], *sizes, output_shape[3]],
            filters,
            value,
            strides=[1, 1, 1, 1],
            padding="VALID",
        )
        crops = [[before, after + extra] for before, after, extra in pads]
        return batch_to_space(value, crops, block_size=rate)
