"""Kernels of random ops that take a key and a counter: TensorFlow's own numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.kernels.philox import (
    SAMPLERS,
    Philox,
    int_sampler,
    stateless_stream,
    whole_range_sampler,
)
from tensormill.kernels.random import as_tensor, check_bounds, sizes_of
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory

Array = np.ndarray[Any, Any]
_PHILOX = 1
_ANY = 3
_INPUTS = ("shape", "key", "counter", "alg")


def _place(key: Array, counter: Array, alg: Any) -> Philox:
    if int(alg) not in (_PHILOX, _ANY):
        raise errors.invalid_argument(f"Unsupported algorithm id: {int(alg)}")
    if key.shape != (1,) or counter.shape != (2,):
        raise errors.invalid_argument(
            f"key must have shape [1] and counter shape [2], not {key.shape} and {counter.shape}"
        )
    return Philox(int(key[0]), int(counter[0]) | int(counter[1]) << 64)


def _split(seed: Array) -> tuple[Array, Array]:
    place = stateless_stream(seed)
    counter = [place.counter & (1 << 64) - 1, place.counter >> 64]
    return np.array([place.key], np.uint64), np.array(counter, np.uint64)


@kernel(
    "StatelessRandomGetKeyCounter",
    "cpu",
    "gpu",
    host_inputs=["seed"],
    host_outputs=["key", "counter"],
)
def get_key_counter(seed: Array) -> tuple[Array, Array]:
    return _split(seed)


@kernel(
    "StatelessRandomGetKeyCounterAlg",
    "cpu",
    "gpu",
    host_inputs=["seed"],
    host_outputs=["key", "counter", "alg"],
)
def get_key_counter_alg(seed: Array) -> tuple[Array, Array, np.int32]:
    return *_split(seed), np.int32(_PHILOX)


@kernel("StatelessRandomGetAlg", "cpu", "gpu", host_outputs=["alg"])
def get_alg() -> np.int32:
    return np.int32(_PHILOX)


def _make_sampler(distribution: str) -> Callable[[KernelContext], Any]:
    def make(ctx: KernelContext) -> Any:
        dtype, device = ctx.attrs["dtype"], ctx.torch_device
        sampler = SAMPLERS[distribution, dtype.name]

        def sample(shape: Array, key: Array, counter: Array, alg: Any) -> torch.Tensor:
            sizes = sizes_of(shape)
            numbers = sampler(_place(key, counter, alg), math.prod(sizes))
            return as_tensor(numbers, sizes, dtype, device)

        return sample

    return make


for _op_type, _distribution in (
    ("StatelessRandomUniformV2", "uniform"),
    ("StatelessRandomNormalV2", "normal"),
    ("StatelessTruncatedNormalV2", "truncated"),
):
    kernel_factory(_op_type, "cpu", "gpu", host_inputs=_INPUTS)(_make_sampler(_distribution))


@kernel_factory(
    "StatelessRandomUniformIntV2",
    "cpu",
    "gpu",
    types={"dtype": ("int32", "int64")},
    host_inputs=(*_INPUTS, "minval", "maxval"),
)
def make_uniform_int(ctx: KernelContext) -> Any:
    dtype, device = ctx.attrs["dtype"], ctx.torch_device

    def uniform_int(
        shape: Array, key: Array, counter: Array, alg: Any, minval: Any, maxval: Any
    ) -> torch.Tensor:
        sizes = sizes_of(shape)
        if math.prod(sizes):
            check_bounds(minval, maxval)
        sampler = int_sampler(int(minval), int(maxval), dtype.size == 8)
        numbers = sampler(_place(key, counter, alg), math.prod(sizes))
        return as_tensor(numbers, sizes, dtype, device)

    return uniform_int


@kernel_factory("StatelessRandomUniformFullIntV2", "cpu", "gpu", host_inputs=_INPUTS)
def make_full_int(ctx: KernelContext) -> Any:
    dtype, device = ctx.attrs["dtype"], ctx.torch_device
    sampler = whole_range_sampler(dtype.as_numpy_dtype)

    def full_int(shape: Array, key: Array, counter: Array, alg: Any) -> torch.Tensor:
        sizes = sizes_of(shape)
        numbers = sampler(_place(key, counter, alg), math.prod(sizes))
        return as_tensor(numbers, sizes, dtype, device)

    return full_int
