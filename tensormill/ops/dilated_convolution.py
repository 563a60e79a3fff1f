"""Convolutions and pooling of any rank, with dilations through SpaceToBatchND.

TensorFlow 1.15 writes a dilated convolution as a plain one between SpaceToBatchND and
BatchToSpaceND; the same nodes are made here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_scope import OpScope
from tensormill.graph.shapes import Dims, TensorShape, as_dims, with_rank
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import one_of_two
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.convolution import conv1d, conv2d
from tensormill.ops.joining import concat, stack
from tensormill.ops.pooling import avg_pool, avg_pool1d, max_pool, max_pool1d
from tensormill.ops.space_to_batch import (
    batch_to_space_nd,
    required_space_to_batch_paddings,
    space_to_batch_nd,
)
from tensormill.ops.volume_convolution import conv3d
from tensormill.ops.volume_pooling import avg_pool3d, max_pool3d


def with_space_to_batch(
    input: Any,
    dilation_rate: Any,
    padding: str,
    op: Callable[[Tensor, int, str], Tensor],
    filter_shape: Any = None,
    spatial_dims: Any = None,
    data_format: str | None = None,
) -> Tensor:
    """Apply a windowed op with dilations, by moving the dilated positions into the batch.

    Args:
      input: the images.
      dilation_rate: the distance between the elements of the window, one a spatial dimension.
      padding: "SAME" or "VALID".
      op: called with the images, the number of spatial dimensions and the padding.
      filter_shape: the shape of the window, needed for "SAME".
      spatial_dims: the axes of `dilation_rate`; by default those that `data_format` says.
      data_format: None, "N...C" or "NC...".

    Raises:
      ValueError: the rates, axes or padding are not valid.
    """
    input = convert_to_tensor(input, name="input")
    plan = SpaceToBatch(input.dims, dilation_rate, padding, filter_shape, spatial_dims, data_format)
    return plan(input, op)


class SpaceToBatch:
    """How images are cut into a batch for one dilated op.

    Attributes:
      is_plain: whether there is no dilation.
      padding: the padding to give to the op.
      count: the number of spatial dimensions.
    """

    def __init__(
        self,
        input_dims: Dims,
        dilation_rate: Any,
        padding: str,
        filter_shape: Any = None,
        spatial_dims: Any = None,
        data_format: str | None = None,
    ) -> None:
        rate = convert_to_tensor(dilation_rate, dtypes.int32, name="dilation_rate")
        if rate.dims is None or len(rate.dims) != 1 or rate.dims[0] is None:
            raise ValueError("rate must be rank 1 with a known length")
        self.count = rate.dims[0]
        self.input_dims = input_dims
        self.spatial_dims = _check_spatial_dims(spatial_dims, self.count, data_format, input_dims)
        self.rate = rate
        self.padding = padding
        known_rate = constant_value(rate)
        if known_rate is not None and np.any(known_rate < 1):
            raise ValueError("dilation_rate must be positive")
        self.is_plain = known_rate is not None and bool(np.all(known_rate == 1))
        if self.is_plain:
            return
        self.base_paddings = self._base_paddings(
            padding, filter_shape, rate if known_rate is None else known_rate
        )
        self.padding = "VALID"

    def _base_paddings(self, padding: str, filter_shape: Any, rate: Any) -> Any:
        if padding == "VALID":
            return np.zeros([self.count, 2], np.int32)
        if padding != "SAME":
            raise ValueError(f"Invalid padding method {padding!r}")
        if filter_shape is None:
            raise ValueError("filter_shape must be specified for SAME padding")
        window = convert_to_tensor(filter_shape, name="filter_shape")
        known = constant_value(window)
        sizes = (window if known is None else known)[: self.count]
        extra = (sizes - 1) * rate
        start = extra // 2
        end = extra - start
        if isinstance(extra, np.ndarray):
            return stack([[int(start[i]), int(end[i])] for i in range(self.count)])
        return stack([[start[i], end[i]] for i in range(self.count)])

    def __call__(self, image: Tensor, op: Callable[[Tensor, int, str], Tensor]) -> Tensor:
        """Apply the op to `image`, dilated."""
        if self.is_plain:
            return op(image, self.count, self.padding)
        sizes: Any = None
        if self.input_dims is not None:
            sizes = [self.input_dims[axis] for axis in self.spatial_dims]
        if sizes is None or None in sizes:
            whole = shape_of(image)
            sizes = stack([whole[axis] for axis in self.spatial_dims])
        paddings, crops = required_space_to_batch_paddings(
            input_shape=sizes, base_paddings=self.base_paddings, block_shape=self.rate
        )
        block = _fill_between(self.rate, 1, self.spatial_dims)
        made = space_to_batch_nd(
            input=image,
            block_shape=block,
            paddings=_fill_between(paddings, 0, self.spatial_dims),
        )
        made = op(made, self.count, self.padding)
        return batch_to_space_nd(
            input=made,
            block_shape=block,
            crops=_fill_between(crops, 0, self.spatial_dims),
        )


def _check_spatial_dims(
    spatial_dims: Any, count: int, data_format: str | None, input_dims: Dims
) -> list[int]:
    is_first = data_format is not None and data_format.startswith("NC")
    start = 2 if is_first else 1
    given = list(range(start, count + start) if spatial_dims is None else spatial_dims)
    if sorted({int(axis) for axis in given}) != given or any(axis < 1 for axis in given):
        raise ValueError(
            "spatial_dims must be a monotonically increasing sequence of positive integers"
        )
    least = given[-1] if is_first else given[-1] + 1
    if input_dims is not None and len(input_dims) < least:
        raise ValueError(f"input tensor must have rank {least} at least")
    return given


def _fill_between(values: Tensor, fill: int, spatial_dims: list[int]) -> Any:
    """Return the values of the spatial dimensions, with `fill` before and between them."""
    known = constant_value(values)
    whole = values if known is None else known
    tail: list[Any] = list((values.dims or ())[1:])
    parts = []
    before = 0
    at = 0
    while at < len(spatial_dims):
        first = at
        if spatial_dims[first] > 1:
            size = [spatial_dims[first] - 1 - before, *tail]
            parts.append(np.full(size, fill, dtype=values.dtype.as_numpy_dtype))
        while at + 1 < len(spatial_dims) and spatial_dims[at + 1] == spatial_dims[at] + 1:
            at += 1
        parts.append(whole[first : at + 1])
        before = spatial_dims[at]
        at += 1
    return concat(parts, 0) if known is None else np.concatenate(parts)


def _steps_and_rates(count: int, strides: Any, dilation_rate: Any) -> tuple[Any, Any]:
    rates = [1] * count if dilation_rate is None else dilation_rate
    if len(rates) != count:
        raise ValueError(f"len(dilation_rate)={len(rates)} but should be {count}")
    rates = np.array(rates, dtype=np.int32)
    if np.any(rates < 1):
        raise ValueError("all values of dilation_rate must be positive")
    steps = [1] * count if strides is None else strides
    if len(steps) != count:
        raise ValueError(f"len(strides)={len(steps)} but should be {count}")
    steps = np.array(steps, dtype=np.int32)
    if np.any(steps < 1):
        raise ValueError("all values of strides must be positive")
    if np.any(steps > 1) and np.any(rates > 1):
        raise ValueError("strides > 1 not supported in conjunction with dilation_rate > 1")
    return steps, rates


class Convolution:
    """A convolution of one to three spatial dimensions, ready to be applied to images and filters.

    Made once by a layer; it adds the node `dilation_rate`, as TensorFlow's does.
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
        input_dims, filter_dims = as_dims(input_shape), as_dims(filter_shape)
        self.count = _spatial_count(input_dims, filter_dims)
        is_first = data_format is not None and data_format.startswith("NC")
        if input_dims is not None and filter_dims is not None:
            channels, expected = input_dims[1 if is_first else -1], filter_dims[self.count]
            if channels is not None and expected is not None and channels != expected:
                raise ValueError(
                    "number of input channels does not match corresponding dimension of filter, "
                    f"{channels} != {expected}"
                )
        self.strides, rates = _steps_and_rates(self.count, strides, dilation_rate)
        self.name = name
        self.data_format = data_format
        self._plan = SpaceToBatch(
            input_dims,
            rates,
            padding,
            filter_shape=TensorShape.from_dims(filter_dims) if filter_dims else None,
            spatial_dims=range(2, self.count + 2) if is_first else range(1, self.count + 1),
            data_format=data_format,
        )

    def __call__(self, image: Tensor, filters: Any) -> Tensor:
        """Convolve `image` with `filters`."""
        return self._plan(image, lambda part, _, padding: self._convolve(part, filters, padding))

    def _convolve(self, image: Tensor, filters: Any, padding: str) -> Tensor:
        steps = self.strides.tolist()
        if self.count == 1:
            return conv1d(
                image,
                filters,
                stride=steps[0],
                padding=padding,
                data_format=self.data_format or "NWC",
                name=self.name,
            )
        is_first = self.data_format is not None and self.data_format.startswith("NC")
        steps = [1, 1, *steps] if is_first else [1, *steps, 1]
        if self.count == 2:
            return conv2d(
                image,
                filters,
                steps,
                padding,
                data_format=self.data_format or "NHWC",
                name=self.name,
            )
        return conv3d(
            image, filters, steps, padding, data_format=self.data_format or "NDHWC", name=self.name
        )


def _spatial_count(input_dims: Dims, filter_dims: Dims) -> int:
    ranks = {len(dims) for dims in (input_dims, filter_dims) if dims is not None}
    if not ranks:
        raise ValueError("rank of input or filter must be known")
    if len(ranks) > 1:
        raise ValueError(f"input tensor must have rank {len(filter_dims or ())}")
    count = ranks.pop() - 2
    if not 1 <= count <= 3:
        raise ValueError(f"Input tensor must be of rank 3, 4 or 5 but was {count + 2}.")
    return count


def convolution(
    input: Any,
    filter: Any = None,
    padding: Any = None,
    strides: Any = None,
    dilation_rate: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """Convolve images of one to three spatial dimensions with filters, dilated or with steps.

    Args:
      input: [batch, *space, channels], or as `data_format` says.
      filter: [*window, channels, outputs].
      padding: "SAME" or "VALID".
      strides: the steps, one a spatial dimension.
      dilation_rate: the distance between the elements of the window, one a spatial dimension.
      name: the name of the nodes.
      data_format: None, "N...C" or "NC...".
      filters: a newer name of `filter`.
      dilations: a newer name of `dilation_rate`.

    Raises:
      ValueError: the shapes do not fit, or there are both steps and dilations.
    """
    filter = one_of_two(filters, filter, "filters", "filter")
    dilation_rate = one_of_two(dilations, dilation_rate, "dilations", "dilation_rate")
    with OpScope(name, "convolution", [input, filter]) as scope:
        input = convert_to_tensor(input, name="input")
        filter = convert_to_tensor(filter, name="filter")
        made = Convolution(
            input.dims,
            filter.dims,
            padding,
            strides=strides,
            dilation_rate=dilation_rate,
            name=scope,
            data_format=data_format,
        )
        return made(input, filter)


def atrous_conv2d(
    value: Any, filters: Any, rate: int, padding: str, name: str | None = None
) -> Tensor:
    """Convolve images with filters whose elements stand `rate` apart.

    Args:
      value: [batch, height, width, channels].
      filters: [height, width, channels, outputs].
      rate: the distance between the elements of the filter.
      padding: "SAME" or "VALID".
      name: the name of the nodes.
    """
    return convolution(
        input=value,
        filter=filters,
        padding=padding,
        dilation_rate=np.broadcast_to(rate, (2,)),
        name=name,
    )


def pool(
    input: Any,
    window_shape: Any,
    pooling_type: str,
    padding: str,
    dilation_rate: Any = None,
    strides: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Any = None,
) -> Tensor:
    """Pool images of one to three spatial dimensions, dilated or with steps.

    Args:
      input: [batch, *space, channels], or as `data_format` says.
      window_shape: the window, one entry a spatial dimension.
      pooling_type: "AVG" or "MAX".
      padding: "SAME" or "VALID".
      dilation_rate: the distance between the elements of the window, one a spatial dimension.
      strides: the steps, one a spatial dimension.
      name: the name of the nodes.
      data_format: None, "N...C" or "NC...".
      dilations: a newer name of `dilation_rate`.

    Raises:
      ValueError: the shapes do not fit, or the combination is not supported.
    """
    dilation_rate = one_of_two(dilations, dilation_rate, "dilations", "dilation_rate")
    with OpScope(name, f"{pooling_type.lower()}_pool", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        count = len(window_shape)
        if not 1 <= count <= 3:
            raise ValueError("It is required that 1 <= num_spatial_dims <= 3")
        with_rank(input.dims, count + 2)
        steps, rates = _steps_and_rates(count, strides, dilation_rate)
        if padding == "SAME" and np.any(rates > 1):
            raise ValueError("pooling with SAME padding is not implemented for dilation_rate > 1")
        if np.any(steps > window_shape):
            raise ValueError(
                "strides > window_shape not supported due to inconsistency between CPU and GPU "
                "implementations"
            )
        functions: dict[str, tuple[Callable[..., Tensor], ...]] = {
            "MAX": (max_pool1d, max_pool, max_pool3d),
            "AVG": (avg_pool1d, avg_pool, avg_pool3d),
        }
        if pooling_type not in functions:
            raise ValueError(f"{count}-D {pooling_type} pooling is not supported.")
        function = functions[pooling_type][count - 1]

        def apply(image: Tensor, _: int, op_padding: str) -> Tensor:
            return function(
                image,
                [int(size) for size in window_shape],
                steps.tolist(),
                op_padding,
                data_format=data_format,
                name=scope,
            )

        return with_space_to_batch(
            input=input,
            dilation_rate=rates,
            padding=padding,
            op=apply,
            filter_shape=window_shape,
            data_format=data_format,
        )
