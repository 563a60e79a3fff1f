"""Functions of `tensorflow.python.ops.nn_ops` that `tf.nn` of TensorFlow 1 has not.

Source: TensorFlow 1.15, python/ops/nn_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.ops.dilated_convolution import convolution
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


class Convolution:
    """A convolution whose shapes, steps and padding are settled before it is applied.

    Attributes:
      input_shape: the static shape of images.
      filter_shape: the static shape of filters.
      padding: "VALID" or "SAME".
      strides: the step along each dimension of space.
      dilation_rate: the distance of a filter's elements along each of them.
      name: the name of the nodes.
      data_format: where the channels are.
    """

    def __init__(
        self,
        input_shape: Any,
        filter_shape: Any,
        padding: str,
        strides: Any = None,
        dilation_rate: Any = None,
        name: str | None = None,
        data_format: str | None = None,
    ) -> None:
        """Settle a convolution.

        Raises:
          ValueError: ranks are not known or differ, or channels do not fit.
        """
        input_shape, filter_shape = TensorShape(input_shape), TensorShape(filter_shape)
        rank = filter_shape.ndims if filter_shape.ndims is not None else input_shape.ndims
        if rank is None:
            raise ValueError("rank of input or filter must be known")
        for what, shape in (("input", input_shape), ("filter", filter_shape)):
            if shape.ndims not in (None, rank):
                raise ValueError(f"{what} tensor must have rank {rank}")
        is_first = data_format is not None and data_format.startswith("NC")
        if input_shape.dims is not None and filter_shape.dims is not None:
            channels = input_shape.dims[1 if is_first else -1]
            if not channels.is_compatible_with(filter_shape.dims[-2]):
                raise ValueError(
                    "number of input channels does not match corresponding dimension of filter, "
                    f"{channels} != {filter_shape.dims[-2]}"
                )
        self.input_shape, self.filter_shape = input_shape, filter_shape
        self.padding, self.data_format, self.name = padding, data_format, name
        self.strides, self.dilation_rate = strides, dilation_rate

    def __call__(self, inp: Any, filter: Any) -> Tensor:
        """Return images convolved with filters."""
        return convolution(
            inp,
            filter,
            self.padding,
            strides=self.strides,
            dilation_rate=self.dilation_rate,
            name=self.name,
            data_format=self.data_format,
        )
