"""Functions of `tensorflow.python.ops.nn_ops` that `tf.nn` of TensorFlow 1 has not.

Source: TensorFlow 1.15, python/ops/nn_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.dilated_convolution import Convolution
from tensormill.ops.morphology import dilation2d, erosion2d
from tensormill.ops.pooling import avg_pool, avg_pool1d, max_pool, max_pool1d
from tensormill.ops.volume_pooling import avg_pool3d, max_pool3d
from tensormill.ops.windows import list_for_each

__all__ = ["Convolution", "avg_pool_v2", "dilation2d_v2", "erosion2d_v2", "max_pool_v2"]

_AVERAGE: dict[int, Callable[..., Any]] = {1: avg_pool1d, 2: avg_pool, 3: avg_pool3d}
_GREATEST: dict[int, Callable[..., Any]] = {1: max_pool1d, 2: max_pool, 3: max_pool3d}
_FORMATS = {1: "NWC", 2: "NHWC", 3: "NDHWC"}


def avg_pool_v2(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str | None = None,
    name: str | None = None,
) -> Tensor:
    """Return the averages of windows over one, two or three dimensions of space.

    Args:
      input: [batch, …space, channels], or as `data_format` says.
      ksize: the size of a window: one number, one for each dimension of space, or one for each.
      strides: how far windows are apart, likewise.
      padding: "SAME" or "VALID".
      data_format: where the channels are.
      name: the name of the node.

    Raises:
      ValueError: there are not one to three dimensions of space.
    """
    return _pool(_AVERAGE, input, ksize, strides, padding, data_format, name)


def max_pool_v2(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str | None = None,
    name: str | None = None,
) -> Tensor:
    """Return the greatest of windows over one, two or three dimensions; see `avg_pool_v2`."""
    return _pool(_GREATEST, input, ksize, strides, padding, data_format, name)


def _pool(
    functions: dict[int, Callable[..., Any]],
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str | None,
    name: str | None,
) -> Tensor:
    value = convert_to_tensor(input)
    if value.dims is None and data_format is None:
        raise ValueError("The input must have a rank or a data format must be given.")
    space = len(data_format if value.dims is None else value.dims) - 2  # type: ignore[arg-type]
    if not 1 <= space <= 3:
        raise ValueError(f"Input tensor must be of rank 3, 4 or 5 but was {space + 2}.")
    data_format = data_format or _FORMATS[space]
    channel_axis = 1 if data_format.startswith("NC") else space + 1
    made: Tensor = functions[space](
        value,
        ksize=list_for_each(ksize, space, channel_axis, "ksize"),
        strides=list_for_each(strides, space, channel_axis, "strides"),
        padding=padding,
        data_format=data_format,
        name=name,
    )
    return made


def _check_format(data_format: str) -> None:
    if data_format != "NHWC":
        raise ValueError("Data formats other than NHWC are not yet supported")


def dilation2d_v2(
    input: Any,
    filters: Any,
    strides: Any,
    padding: str,
    data_format: str,
    dilations: Any,
    name: str | None = None,
) -> Tensor:
    """Return the greyscale dilation of images; `data_format` must be "NHWC"."""
    _check_format(data_format)
    return dilation2d(input, filters, strides, rates=dilations, padding=padding, name=name)


def erosion2d_v2(
    value: Any,
    filters: Any,
    strides: Any,
    padding: str,
    data_format: str,
    dilations: Any,
    name: str | None = None,
) -> Tensor:
    """Return the greyscale erosion of images; `data_format` must be "NHWC"."""
    _check_format(data_format)
    return erosion2d(value, filters, strides, dilations, padding, name)
