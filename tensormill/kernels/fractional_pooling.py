"""Kernels of pooling over regions of random sizes.

Source: TensorFlow 1.15, core/kernels/fractional_pool_common.cc, fractional_max_pool_op.cc and
fractional_avg_pool_op.cc.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.kernels.philox import Philox, PhiloxStream, seed_stream
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory

Array = np.ndarray[Any, Any]
Tensor = torch.Tensor


def _below(place: Iterator[int], limit: int) -> int:
    """Return a number in [0, limit) from 32-bit numbers."""
    if limit & (limit - 1) == 0:
        return next(place) & (limit - 1)
    rest = 0xFFFFFFFF % limit + 1
    word = next(place)
    while word < rest:
        word = next(place)
    return word % limit


def _words(place: Philox, count: int) -> Iterator[int]:
    return iter(place.words(count).tolist())


def _random_cuts(size: int, count: int, stream: PhiloxStream) -> list[int]:
    small, larger = divmod(size, count)
    widths = [small + 1] * larger + [small] * (count - larger)
    words = _words(stream.reserve(count), 4 * count + 64)
    for at in range(count - 1):
        other = at + _below(words, count - at)
        widths[at], widths[other] = widths[other], widths[at]
    return widths


def _pseudo_random_cuts(size: int, count: int, stream: PhiloxStream) -> list[int]:
    alpha, small = size / count, size // count
    limit = min((small + 2) / alpha - 1, (size + 1 - small) / alpha - (count - 1))
    low, high = (next(words) for words in [_words(stream.reserve(2), 4)] for _ in range(2))
    bits = np.uint64((1023 << 52) | ((low & 0xFFFFF) << 32) | high)
    start = float(bits.view(np.float64)) - 1.0
    start *= limit
    cuts = [1, *(math.ceil(alpha * (i + start)) for i in range(1, count)), size + 1]
    return [b - a for a, b in pairwise(cuts)]


def _cuts(size: int, count: int, stream: PhiloxStream, pseudo_random: bool) -> Array:
    """Return where the regions of an axis begin, and its end."""
    draw = _pseudo_random_cuts if pseudo_random else _random_cuts
    widths = draw(size, count, stream)
    return np.cumsum([0, *widths], dtype=np.int64)


def _regions(cuts: Array, size: int, overlapping: bool) -> list[tuple[int, int]]:
    edges = cuts.tolist()
    return [(low, min(high + 1, size) if overlapping else high) for low, high in pairwise(edges)]


def _make_pool(ctx: KernelContext, is_max: bool) -> Any:
    attrs = ctx.attrs
    ratios = attrs["pooling_ratio"]
    if not attrs["deterministic"] and (attrs["seed"] or attrs["seed2"]):
        raise errors.invalid_argument("Both seed and seed2 should be 0 if deterministic is false.")
    stream = seed_stream(attrs["seed"], attrs["seed2"])
    kept: list[tuple[Array, Array]] = []

    def pool(value: Tensor) -> tuple[Tensor, Array, Array]:
        if value.dim() != 4:
            raise errors.invalid_argument("tensor_in must be 4-dimensional")
        sizes = [math.floor(size / ratio) for size, ratio in zip(value.shape, ratios, strict=True)]
        if any(size <= 0 for size in sizes):
            raise errors.invalid_argument("Output size must be positive")
        if attrs["deterministic"] and kept:
            rows, columns = kept[0]
        else:
            rows, columns = (
                _cuts(value.shape[axis], sizes[axis], stream, attrs["pseudo_random"])
                for axis in (1, 2)
            )
            kept[:] = [(rows, columns)]
        made = _reduce(value, rows, 1, attrs["overlapping"], is_max)
        made = _reduce(made, columns, 2, attrs["overlapping"], is_max)
        if not is_max:
            counts = _counts(rows, value.shape[1], attrs["overlapping"])[:, None] * _counts(
                columns, value.shape[2], attrs["overlapping"]
            )
            shape = torch.from_numpy(counts)[None, :, :, None]
            made = made / shape.to(made.dtype) if made.is_floating_point() else made // shape
            made = made.to(value.dtype)
        return made, rows, columns

    return pool


def _counts(cuts: Array, size: int, overlapping: bool) -> Array:
    return np.array([high - low for low, high in _regions(cuts, size, overlapping)])


def _reduce(value: Tensor, cuts: Array, axis: int, overlapping: bool, is_max: bool) -> Tensor:
    parts = []
    for low, high in _regions(cuts, value.shape[axis], overlapping):
        part = value.narrow(axis, low, high - low)
        parts.append(part.amax(axis) if is_max else part.sum(axis, dtype=value.dtype))
    return torch.stack(parts, axis)


_OUTPUTS = ("row_pooling_sequence", "col_pooling_sequence")


@kernel_factory("FractionalMaxPool", "cpu", host_outputs=_OUTPUTS)
def make_fractional_max_pool(ctx: KernelContext) -> Any:
    return _make_pool(ctx, True)


@kernel_factory("FractionalAvgPool", "cpu", host_outputs=_OUTPUTS)
def make_fractional_avg_pool(ctx: KernelContext) -> Any:
    return _make_pool(ctx, False)


@kernel("FractionalMaxPoolGrad", "cpu", host_inputs=_OUTPUTS)
def fractional_max_pool_grad(
    orig_input: Tensor,
    orig_output: Tensor,
    out_backprop: Tensor,
    row_pooling_sequence: Array,
    col_pooling_sequence: Array,
    *,
    overlapping: bool,
) -> Tensor:
    batch, height, width, depth = orig_input.shape
    result = torch.zeros_like(orig_input)
    for row, (top, bottom) in enumerate(_regions(row_pooling_sequence, height, overlapping)):
        for column, (left, right) in enumerate(_regions(col_pooling_sequence, width, overlapping)):
            region = orig_input[:, top:bottom, left:right].reshape(batch, -1, depth)
            place = region.argmax(1, keepdim=True)
            routed = torch.zeros_like(region).scatter_(
                1, place, out_backprop[:, row, column][:, None]
            )
            result[:, top:bottom, left:right] += routed.reshape(
                batch, bottom - top, right - left, depth
            )
    return result


@kernel("FractionalAvgPoolGrad", "cpu", host_inputs=("orig_input_tensor_shape", *_OUTPUTS))
def fractional_avg_pool_grad(
    orig_input_tensor_shape: Array,
    out_backprop: Tensor,
    row_pooling_sequence: Array,
    col_pooling_sequence: Array,
    *,
    overlapping: bool,
) -> Tensor:
    shape = orig_input_tensor_shape.tolist()
    wide = torch.float64 if out_backprop.is_floating_point() else out_backprop.dtype
    result = torch.zeros(shape, dtype=wide)
    for row, (top, bottom) in enumerate(_regions(row_pooling_sequence, shape[1], overlapping)):
        for column, (left, right) in enumerate(
            _regions(col_pooling_sequence, shape[2], overlapping)
        ):
            share = out_backprop[:, row, column].to(wide) / ((bottom - top) * (right - left))
            result[:, top:bottom, left:right] += share.to(wide)[:, None, None]
    return result.to(out_backprop.dtype)
