"""Kernels of products, convolutions and pooling of quantized numbers.

Source: TensorFlow 1.15, core/kernels/quantized_matmul_op.cc, quantized_conv_ops.cc,
quantized_pooling_ops.cc, quantization_utils.h.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.kernels.pooling_geometry import Pool, pool_avg, pool_max
from tensormill.kernels.quantized_ranges import limits, unclamped
from tensormill.kernels.registry import kernel
from tensormill.kernels.torch_dtypes import torch_dtype
from tensormill.kernels.windows import window_pads

_POOL_INPUTS = ("min_input", "max_input")
_OUTPUT_RANGE = ("min_output", "max_output")


def _centred(value: torch.Tensor, low: Any, high: Any) -> torch.Tensor:
    """Return numbers counted from the one that stands for 0."""
    zero = unclamped(0.0, float(low), float(high), value.dtype)
    return value.to(torch.float64) - zero


def _step(low: Any, high: Any, kind: torch.dtype) -> float:
    first, last = limits(kind)
    return (float(high) - float(low)) / (last - first)


def _product_range(
    a: tuple[torch.Tensor, Any, Any], b: tuple[torch.Tensor, Any, Any], kind: torch.dtype
) -> tuple[Any, Any]:
    """Return what the limits of a dtype stand for in a product."""
    one = _step(a[1], a[2], a[0].dtype) * _step(b[1], b[2], b[0].dtype)
    first, last = limits(kind)
    return np.float32(one * first), np.float32(one * last)


def _fitted(value: torch.Tensor, kind: torch.dtype) -> torch.Tensor:
    first, last = limits(kind)
    return value.clamp(first, last).to(kind)


@kernel(
    "QuantizedMatMul",
    "cpu",
    host_inputs=("min_a", "max_a", "min_b", "max_b"),
    host_outputs=("min_out", "max_out"),
)
def quantized_matmul(
    a: torch.Tensor,
    b: torch.Tensor,
    min_a: Any,
    max_a: Any,
    min_b: Any,
    max_b: Any,
    *,
    Toutput: DType,
    transpose_a: bool,
    transpose_b: bool,
) -> tuple[Any, Any, Any]:
    left, right = _centred(a, min_a, max_a), _centred(b, min_b, max_b)
    left = left.T if transpose_a else left
    right = right.T if transpose_b else right
    if left.shape[1] != right.shape[0]:
        raise errors.invalid_argument(
            f"Matrix size-incompatible: In[0]: {list(a.shape)}, In[1]: {list(b.shape)}"
        )
    kind = torch_dtype(Toutput)
    low, high = _product_range((a, min_a, max_a), (b, min_b, max_b), kind)
    return _fitted(left @ right, kind), low, high


@kernel(
    "QuantizedConv2D",
    "cpu",
    host_inputs=("min_input", "max_input", "min_filter", "max_filter"),
    host_outputs=_OUTPUT_RANGE,
)
def quantized_conv2d(
    input: torch.Tensor,
    filter: torch.Tensor,
    min_input: Any,
    max_input: Any,
    min_filter: Any,
    max_filter: Any,
    *,
    out_type: DType,
    strides: tuple[int, ...],
    padding: bytes,
    dilations: tuple[int, ...],
) -> tuple[Any, Any, Any]:
    image = _centred(input, min_input, max_input).movedim(-1, 1)
    filters = _centred(filter, min_filter, max_filter).permute(3, 2, 0, 1)
    steps, apart = list(strides[1:3]), list(dilations[1:3])
    pads = window_pads(list(image.shape[2:]), list(filters.shape[2:]), steps, padding, (), apart)
    (top, bottom), (left, right) = pads
    image = torch.constant_pad_nd(image, (left, right, top, bottom), 0)
    made = torch.nn.functional.conv2d(image, filters, stride=steps, dilation=apart)
    kind = torch_dtype(out_type)
    ranges = (input, min_input, max_input), (filter, min_filter, max_filter)
    low, high = _product_range(*ranges, kind)
    return _fitted(made, kind).movedim(1, -1).contiguous(), low, high


def _pool(input: torch.Tensor, ksize: Any, strides: Any, padding: bytes) -> Pool:
    return Pool.of(list(input.shape), list(ksize), list(strides), padding, b"NHWC")


@kernel("QuantizedMaxPool", "cpu", host_inputs=_POOL_INPUTS, host_outputs=_OUTPUT_RANGE)
def quantized_max_pool(
    input: torch.Tensor,
    min_input: Any,
    max_input: Any,
    *,
    ksize: tuple[int, ...],
    strides: tuple[int, ...],
    padding: bytes,
) -> tuple[Any, Any, Any]:
    made = pool_max(input.to(torch.float64), _pool(input, ksize, strides, padding))
    return made.to(input.dtype), np.float32(min_input), np.float32(max_input)


@kernel("QuantizedAvgPool", "cpu", host_inputs=_POOL_INPUTS, host_outputs=_OUTPUT_RANGE)
def quantized_avg_pool(
    input: torch.Tensor,
    min_input: Any,
    max_input: Any,
    *,
    ksize: tuple[int, ...],
    strides: tuple[int, ...],
    padding: bytes,
) -> tuple[Any, Any, Any]:
    mean = pool_avg(input.to(torch.float64), _pool(input, ksize, strides, padding))
    # Sums of whole numbers are divided as such; a mean just below one is that one.
    whole = torch.trunc(mean + torch.sign(mean) * 1e-9)
    return whole.to(input.dtype), np.float32(min_input), np.float32(max_input)
