"""Functions of `tensorflow.python.layers.utils`: arguments of layers, lengths that they give.

Source: TensorFlow 1.15, python/layers/utils.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.layers.arguments import op_data_format, window_tuple

__all__ = [
    "conv_input_length",
    "conv_output_length",
    "convert_data_format",
    "deconv_output_length",
    "normalize_tuple",
    "padded_deconv_output_length",
    "static_shape",
]


def normalize_tuple(value: Any, n: int, name: str) -> tuple[int, ...]:
    """Return a number or `n` numbers as a tuple of `n` numbers; `name` is the argument's."""
    return window_tuple(value, n, name)


def convert_data_format(data_format: str, ndim: int) -> str:
    """Return what ops call a layout of layers, for tensors of rank `ndim`.

    Raises:
      ValueError: there is no such layout, or no layer for that rank.
    """
    if data_format not in ("channels_last", "channels_first"):
        raise ValueError("Invalid data_format:", data_format)
    if ndim not in (3, 4, 5):
        raise ValueError("Input rank not supported:", ndim)
    return op_data_format(data_format, ndim - 2)


def _check(padding: str) -> None:
    assert padding in {"same", "valid", "full"}


def conv_output_length(
    input_length: int | None, filter_size: int, padding: str, stride: int, dilation: int = 1
) -> int | None:
    """Return how many windows a convolution has, None where the length is not known."""
    if input_length is None:
        return None
    _check(padding)
    reach = (filter_size - 1) * dilation
    lost = {"same": 0, "valid": -reach, "full": reach}[padding]
    return (input_length + lost + stride - 1) // stride


def conv_input_length(
    output_length: int | None, filter_size: int, padding: str, stride: int
) -> int | None:
    """Return the length that a convolution with so many windows has been given."""
    if output_length is None:
        return None
    _check(padding)
    padded = {"same": filter_size // 2, "valid": 0, "full": filter_size - 1}[padding]
    return (output_length - 1) * stride - 2 * padded + filter_size


def deconv_output_length(
    input_length: int | None, filter_size: int, padding: str, stride: int
) -> int | None:
    """Return the length of what a transposed convolution of `tf.layers` gives."""
    return padded_deconv_output_length(input_length, filter_size, padding, None, stride)


def padded_deconv_output_length(
    input_length: int | None,
    filter_size: int,
    padding: str,
    output_padding: int | None = None,
    stride: int = 0,
    dilation: int = 1,
) -> int | None:
    """Return the length of what a transposed convolution of Keras gives.

    Args:
      input_length: the length of the input, None where it is not known.
      filter_size: the size of the window.
      padding: "same", "valid" or "full".
      output_padding: what is added at the end; None for as much as the input came from.
      stride: the step.
      dilation: the distance between the entries of the window.
    """
    assert padding in ("same", "valid", "full")
    if input_length is None:
        return None
    filter_size += (filter_size - 1) * (dilation - 1)
    if output_padding is not None:
        space = {"same": filter_size // 2, "valid": 0, "full": filter_size - 1}[padding]
        return (input_length - 1) * stride + filter_size - 2 * space + output_padding
    length = input_length * stride
    if padding == "valid":
        return length + max(filter_size - stride, 0)
    return length - (stride + filter_size - 2) if padding == "full" else length


def static_shape(x: Any) -> tuple[int | None, ...] | None:
    """Return the static shape of a tensor, None where its rank is not known."""
    if x is None:
        return None
    try:
        return tuple(x.get_shape().as_list())
    except ValueError:
        return None
