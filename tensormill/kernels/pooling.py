"""Kernels of max and average pooling of images and their gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.pooling_geometry import (
    Pool,
    pool_avg,
    pool_avg_grad,
    pool_max,
    pool_max_grad,
    pool_max_grad_at,
    pool_max_grad_grad,
    pool_max_with_indices,
)
from tensormill.kernels.registry import kernel, share_work

Tensor = torch.Tensor
Sizes = Sequence[int]
_Kept = Tensor | tuple[Tensor, Pool]

_FLOATS = ("float16", "bfloat16", "float32", "float64")
_REALS = (*_FLOATS, "int8", "int16", "int32", "int64", "uint8")


def _pools_depth(ksize: Sizes, data_format: bytes) -> bool:
    return data_format == b"NHWC" and ksize[3] != 1


def _depth_groups(image: Tensor, ksize: Sizes, strides: Sizes) -> Tensor:
    """Return the image as [batch, height, width, groups, ksize], for a window of channels."""
    if ksize[1] != 1 or ksize[2] != 1:
        raise errors.unimplemented(
            "MaxPooling supports exactly one of pooling across depth or pooling across "
            "width/height."
        )
    if image.shape[3] % ksize[3]:
        raise errors.unimplemented(
            "Depthwise max pooling requires the depth window to evenly divide the input depth"
        )
    if strides[3] != ksize[3]:
        raise errors.unimplemented(
            "Depthwise max pooling requires the depth window to equal the depth stride"
        )
    return image.unflatten(3, (-1, ksize[3]))


@kernel("MaxPool", "cpu", types={"T": _REALS})
@kernel("MaxPool", "gpu", types={"T": _FLOATS})
def max_pool(
    image: Tensor,
    *,
    ksize: Sizes,
    strides: Sizes,
    padding: bytes,
    explicit_paddings: Sizes,
    data_format: bytes,
) -> Tensor:
    if _pools_depth(ksize, data_format):
        return _depth_groups(image, ksize, strides).amax(4)
    return pool_max(
        image, Pool.of(image.shape, ksize, strides, padding, data_format, explicit_paddings)
    )


@kernel("MaxPoolV2", "cpu", types={"T": _REALS}, host_inputs=("ksize", "strides"))
@kernel("MaxPoolV2", "gpu", types={"T": _FLOATS}, host_inputs=("ksize", "strides"))
def max_pool_v2(
    image: Tensor, ksize: np.ndarray, strides: np.ndarray, *, padding: bytes, data_format: bytes
) -> Tensor:
    window, steps = ksize.ravel().tolist(), strides.ravel().tolist()
    if len(window) == len(data_format) and _pools_depth(window, data_format):
        return _depth_groups(image, window, steps).amax(4)
    return pool_max(image, Pool.of(image.shape, window, steps, padding, data_format))


@kernel("MaxPoolGrad", "cpu", types={"T": _REALS})
@kernel("MaxPoolGrad", "gpu", types={"T": _FLOATS})
def max_pool_grad(
    orig_input: Tensor,
    orig_output: Tensor,
    grad: Tensor,
    *,
    ksize: Sizes,
    strides: Sizes,
    padding: bytes,
    explicit_paddings: Sizes,
    data_format: bytes,
) -> Tensor:
    if _pools_depth(ksize, data_format):
        return _depth_grad(orig_input, grad, ksize, strides)
    pool = Pool.of(orig_input.shape, ksize, strides, padding, data_format, explicit_paddings)
    _check_shapes(orig_input, pool, orig_output=orig_output, grad=grad)
    return pool_max_grad(orig_input, grad, pool)


def _check_shapes(image: Tensor, pool: Pool, **tensors: Tensor) -> None:
    """Complain where tensors have not the shape of what comes out of a pooling."""
    layout = pool.layout
    expected = layout.image_sizes(image.shape[0], pool.outputs, layout.channel(image.shape))
    for name, tensor in tensors.items():
        if tuple(tensor.shape) != tuple(expected):
            raise errors.invalid_argument(
                f"Expected {name} shape to be {format_dims(tuple(expected), 'kernel')}, but got "
                f"{format_dims(tuple(tensor.shape), 'kernel')}"
            )


def _max_pool_keeping_places(image: Tensor, **attrs: Any) -> tuple[Tensor, _Kept]:
    """Return what `max_pool` does, and where in the image each value comes from.

    Where that is not known, the image itself is kept.
    """
    if not image.dtype.is_floating_point or _pools_depth(attrs["ksize"], attrs["data_format"]):
        return max_pool(image, **attrs), image
    pool = Pool.of(image.shape, **attrs)
    if not image.numel() or 0 in pool.outputs:
        return pool.empty(image), image
    _, pooled, places = pool_max_with_indices(image, pool)
    return pool.layout.from_channels_first(pooled), (places, pool)


def _max_pool_grad_by_places(kept: _Kept, grad: Tensor, **attrs: Any) -> Tensor:
    if isinstance(kept, Tensor):
        return max_pool_grad(kept, kept, grad, **attrs)
    places, pool = kept
    return pool_max_grad_at(places, grad, pool)


share_work("MaxPool", _max_pool_keeping_places, "MaxPoolGrad", _max_pool_grad_by_places)


def _depth_grad(image: Tensor, grad: Tensor, ksize: Sizes, strides: Sizes) -> Tensor:
    groups = _depth_groups(image, ksize, strides)
    where = groups.argmax(4, keepdim=True)
    return torch.zeros_like(groups).scatter_(4, where, grad.unsqueeze(4)).flatten(3)


@kernel("MaxPoolGradV2", "cpu", types={"T": _REALS}, host_inputs=("ksize", "strides"))
@kernel("MaxPoolGradV2", "gpu", types={"T": _FLOATS}, host_inputs=("ksize", "strides"))
def max_pool_grad_v2(
    orig_input: Tensor,
    orig_output: Tensor,
    grad: Tensor,
    ksize: np.ndarray,
    strides: np.ndarray,
    *,
    padding: bytes,
    data_format: bytes,
) -> Tensor:
    pool = Pool.of(orig_input.shape, ksize.tolist(), strides.tolist(), padding, data_format)
    _check_shapes(orig_input, pool, orig_output=orig_output, grad=grad)
    return pool_max_grad(orig_input, grad, pool)


@kernel("MaxPoolGradGrad", "cpu", types={"T": _REALS})
@kernel("MaxPoolGradGrad", "gpu", types={"T": _FLOATS})
def max_pool_grad_grad(
    orig_input: Tensor,
    orig_output: Tensor,
    grad: Tensor,
    *,
    ksize: Sizes,
    strides: Sizes,
    padding: bytes,
    data_format: bytes,
) -> Tensor:
    pool = Pool.of(orig_input.shape, ksize, strides, padding, data_format)
    return pool_max_grad_grad(orig_input, grad, pool)


@kernel("MaxPoolGradGradV2", "cpu", types={"T": _REALS}, host_inputs=("ksize", "strides"))
@kernel("MaxPoolGradGradV2", "gpu", types={"T": _FLOATS}, host_inputs=("ksize", "strides"))
def max_pool_grad_grad_v2(
    orig_input: Tensor,
    orig_output: Tensor,
    grad: Tensor,
    ksize: np.ndarray,
    strides: np.ndarray,
    *,
    padding: bytes,
    data_format: bytes,
) -> Tensor:
    pool = Pool.of(orig_input.shape, ksize.tolist(), strides.tolist(), padding, data_format)
    return pool_max_grad_grad(orig_input, grad, pool)


@kernel("MaxPoolWithArgmax", "cpu", types={"T": _REALS})
@kernel("MaxPoolWithArgmax", "gpu", types={"T": _FLOATS})
def max_pool_with_argmax(
    image: Tensor,
    *,
    ksize: Sizes,
    strides: Sizes,
    padding: bytes,
    include_batch_in_index: bool,
    Targmax: object,
) -> tuple[Tensor, Tensor]:
    pool = Pool.of(image.shape, ksize, strides, padding, b"NHWC")
    dtype = torch.int32 if getattr(Targmax, "name", "int64") == "int32" else torch.int64
    if not image.numel():
        raise errors.invalid_argument("tensor_in must not be empty (2)")
    if 0 in pool.outputs:
        return pool.empty(image), pool.empty(image).to(dtype)
    padded, pooled, indices = pool_max_with_indices(image, pool)
    batch, height, width, channels = image.shape
    if pool.outer:
        row = indices // padded.shape[3] - pool.outer[0][0]
        indices = row * width + indices % padded.shape[3] - pool.outer[1][0]
    flat = pool.layout.from_channels_first(indices) * channels
    flat = flat + torch.arange(channels, device=image.device)
    if include_batch_in_index:
        plane = height * width * channels
        flat = flat + torch.arange(batch, device=image.device).view(-1, 1, 1, 1) * plane
    return pool.layout.from_channels_first(pooled), flat.to(dtype)


@kernel("MaxPoolGradWithArgmax", "cpu", types={"T": _REALS})
@kernel("MaxPoolGradWithArgmax", "gpu", types={"T": _FLOATS})
def max_pool_grad_with_argmax(
    image: Tensor,
    grad: Tensor,
    argmax: Tensor,
    *,
    ksize: Sizes,
    strides: Sizes,
    padding: bytes,
    include_batch_in_index: bool,
) -> Tensor:
    pool = Pool.of(image.shape, ksize, strides, padding, b"NHWC")
    _check_shapes(image, pool, grad=grad, argmax=argmax)
    index = argmax.to(torch.int64)
    if include_batch_in_index:
        made = image.new_zeros(image.numel()).scatter_add_(0, index.flatten(), grad.flatten())
        return made.view(image.shape)
    flat = image.new_zeros(image.shape).flatten(1)
    return flat.scatter_add_(1, index.flatten(1), grad.flatten(1)).view(image.shape)


@kernel("MaxPoolGradGradWithArgmax", "cpu", types={"T": _REALS})
@kernel("MaxPoolGradGradWithArgmax", "gpu", types={"T": _FLOATS})
def max_pool_grad_grad_with_argmax(
    image: Tensor, grad: Tensor, argmax: Tensor, *, include_batch_in_index: bool
) -> Tensor:
    index = argmax.to(torch.int64)
    if include_batch_in_index:
        return grad.flatten()[index]
    return grad.flatten(1).gather(1, index.flatten(1)).view(argmax.shape)


@kernel("AvgPool", "cpu", "gpu")
def avg_pool(
    value: Tensor, *, ksize: Sizes, strides: Sizes, padding: bytes, data_format: bytes
) -> Tensor:
    return pool_avg(value, Pool.of(value.shape, ksize, strides, padding, data_format))


@kernel("AvgPoolGrad", "cpu", "gpu", host_inputs=("orig_input_shape",))
def avg_pool_grad(
    orig_input_shape: np.ndarray,
    grad: Tensor,
    *,
    ksize: Sizes,
    strides: Sizes,
    padding: bytes,
    data_format: bytes,
) -> Tensor:
    shape = orig_input_shape.tolist()
    return pool_avg_grad(shape, grad, Pool.of(shape, ksize, strides, padding, data_format))
