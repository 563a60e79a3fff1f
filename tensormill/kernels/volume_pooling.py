"""Kernels of max and average pooling of volumes and their gradients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from tensormill.kernels.pooling_geometry import (
    Pool,
    pool_avg,
    pool_avg_grad,
    pool_max,
    pool_max_grad,
    pool_max_grad_grad,
)
from tensormill.kernels.registry import kernel

Tensor = torch.Tensor
Sizes = Sequence[int]

_FLOATS = ("float16", "bfloat16", "float32", "float64")


@kernel("MaxPool3D", "cpu", "gpu")
def max_pool3d(
    image: Tensor, *, ksize: Sizes, strides: Sizes, padding: bytes, data_format: bytes
) -> Tensor:
    return pool_max(image, Pool.of(image.shape, ksize, strides, padding, data_format))


@kernel("MaxPool3DGrad", "cpu", "gpu")
def max_pool3d_grad(
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
    return pool_max_grad(orig_input, grad, pool)


@kernel("MaxPool3DGradGrad", "cpu", "gpu", types={"T": _FLOATS})
def max_pool3d_grad_grad(
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


@kernel("AvgPool3D", "cpu", "gpu")
def avg_pool3d(
    image: Tensor, *, ksize: Sizes, strides: Sizes, padding: bytes, data_format: bytes
) -> Tensor:
    return pool_avg(image, Pool.of(image.shape, ksize, strides, padding, data_format))


@kernel("AvgPool3DGrad", "cpu", "gpu", host_inputs=("orig_input_shape",))
def avg_pool3d_grad(
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
