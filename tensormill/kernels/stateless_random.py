"""Kernels of random ops whose numbers follow from a seed tensor: TensorFlow's own numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.philox import (
    SAMPLERS,
    Philox,
    int_sampler,
    stateless_stream,
    whole_range_sampler,
)
from tensormill.kernels.random import as_tensor, categories, check_bounds, sizes_of
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory

Array = np.ndarray[Any, Any]


def _stream(seed: Array) -> Philox:
    if seed.shape != (2,):
        raise errors.invalid_argument(
            f"seed must have shape [2], not {format_dims(seed.shape, 'kernel')}"
        )
    return stateless_stream(seed)


def _make_sampler(distribution: str) -> Callable[[KernelContext], Any]:
    def make(ctx: KernelContext) -> Any:
        dtype, device = ctx.attrs["dtype"], ctx.torch_device
        sampler = SAMPLERS[distribution, dtype.name]

        def sample(shape: Array, seed: Array) -> torch.Tensor:
            sizes = sizes_of(shape)
            return as_tensor(sampler(_stream(seed), math.prod(sizes)), sizes, dtype, device)

        return sample

    return make


for _op_type, _distribution in (
    ("StatelessRandomUniform", "uniform"),
    ("StatelessRandomNormal", "normal"),
    ("StatelessTruncatedNormal", "truncated"),
):
    kernel_factory(_op_type, "cpu", "gpu", host_inputs=["shape", "seed"])(
        _make_sampler(_distribution)
    )


@kernel_factory(
    "StatelessRandomUniformInt", "cpu", "gpu", host_inputs=["shape", "seed", "minval", "maxval"]
)
def make_uniform_int(ctx: KernelContext) -> Any:
    dtype, device = ctx.attrs["dtype"], ctx.torch_device

    def uniform_int(shape: Array, seed: Array, minval: Any, maxval: Any) -> torch.Tensor:
        sizes = sizes_of(shape)
        if math.prod(sizes):
            check_bounds(minval, maxval)
        sampler = int_sampler(int(minval), int(maxval), dtype.size == 8)
        return as_tensor(sampler(_stream(seed), math.prod(sizes)), sizes, dtype, device)

    return uniform_int


@kernel_factory("StatelessRandomUniformFullInt", "cpu", "gpu", host_inputs=["shape", "seed"])
def make_full_int(ctx: KernelContext) -> Any:
    dtype, device = ctx.attrs["dtype"], ctx.torch_device
    sampler = whole_range_sampler(dtype.as_numpy_dtype)

    def full_int(shape: Array, seed: Array) -> torch.Tensor:
        sizes = sizes_of(shape)
        return as_tensor(sampler(_stream(seed), math.prod(sizes)), sizes, dtype, device)

    return full_int


@kernel("StatelessMultinomial", "cpu", host_inputs=["num_samples", "seed"])
def stateless_multinomial(
    logits: torch.Tensor, num_samples: Array, seed: Array, *, output_dtype: Any
) -> torch.Tensor:
    place = _stream(seed)
    sampler = SAMPLERS["uniform", "float64"]
    return categories(
        logits, num_samples, lambda count: torch.from_numpy(sampler(place, count)), output_dtype
    )
