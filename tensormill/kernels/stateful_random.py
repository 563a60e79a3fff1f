"""Kernels of random numbers whose state is in a resource variable: TensorFlow's own numbers.

Source: TensorFlow 1.15, core/kernels/stateful_random_ops.cc, random_binomial_op.cc.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.philox import SAMPLERS, Philox, int_sampler, whole_range_sampler
from tensormill.kernels.random import FLOATS, as_tensor, check_bounds, sizes_of
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory

Array = np.ndarray[Any, Any]
_PHILOX = 1
_STATE_SIZE = 3
_MASK = (1 << 64) - 1
_INTEGERS = ("int32", "int64", "uint32", "uint64")


def _check_algorithm(algorithm: Any) -> None:
    if np.ndim(algorithm):
        raise errors.invalid_argument(
            f"algorithm must be of shape [], not {format_dims(np.shape(algorithm), 'kernel')}"
        )
    if int(algorithm) != _PHILOX:
        raise errors.invalid_argument(f"Unsupported algorithm id: {int(algorithm)}")


def _reserve(resource: Any, algorithm: Any, count: int) -> Philox:
    """Return the place that the state names, and move the state behind `count` elements.

    Args:
      resource: the variable: counter (two numbers) and key; behind the algorithm if that is None.
      algorithm: scalar, or None.
      count: how many elements are drawn.

    Raises:
      InvalidArgumentError: the variable holds no such state, or that of another algorithm.
    """
    first = 0
    if algorithm is None:
        first = 1
    else:
        _check_algorithm(algorithm)
    least = first + _STATE_SIZE
    buffer = resource.initialized()
    with buffer.lock:
        state = buffer.writable()
        if state.dtype is not torch.int64:
            raise errors.invalid_argument(
                f"dtype of RNG state variable must be int64, not {str(state.dtype)[6:]}"
            )
        if state.dim() != 1:
            raise errors.invalid_argument(
                f"RNG state must have one and only one dimension, not {state.dim()}"
            )
        if state.shape[0] < least:
            raise errors.invalid_argument(
                f"For the Philox algorithm, the size of state must be at least {least}; got "
                f"{state.shape[0]}"
            )
        if algorithm is None:
            _check_algorithm(int(state[0]))
        low, high, key = (number & _MASK for number in state[first:least].tolist())
        place = Philox(key, low | high << 64)
        after = place.after_outputs(count).counter
        words = np.array([after & _MASK, after >> 64], np.uint64).view(np.int64)
        state[first : first + 2] = torch.from_numpy(words).to(state.device)
    return place


def _make_sampler(distribution: str) -> Callable[[KernelContext], Any]:
    def make(ctx: KernelContext) -> Any:
        dtype, device = ctx.attrs["dtype"], ctx.torch_device
        sampler = SAMPLERS[distribution, dtype.name]

        def sample(resource: Any, algorithm: Any, shape: Array) -> torch.Tensor:
            sizes = sizes_of(shape)
            count = math.prod(sizes)
            place = _reserve(resource, algorithm, count)
            return as_tensor(sampler(place, count), sizes, dtype, device)

        return sample

    return make


for _op_type, _distribution in (
    ("StatefulUniform", "uniform"),
    ("StatefulStandardNormalV2", "normal"),
    ("StatefulTruncatedNormal", "truncated"),
):
    kernel_factory(
        _op_type, "cpu", "gpu", types={"dtype": FLOATS}, host_inputs=("algorithm", "shape")
    )(_make_sampler(_distribution))


@kernel_factory(
    "StatefulStandardNormal", "cpu", "gpu", types={"dtype": FLOATS}, host_inputs=("shape",)
)
def make_standard_normal(ctx: KernelContext) -> Any:
    sample = _make_sampler("normal")(ctx)
    return lambda resource, shape: sample(resource, None, shape)


@kernel_factory(
    "StatefulUniformInt",
    "cpu",
    "gpu",
    types={"dtype": ("int32", "int64")},
    host_inputs=("algorithm", "shape", "minval", "maxval"),
)
def make_uniform_int(ctx: KernelContext) -> Any:
    dtype, device = ctx.attrs["dtype"], ctx.torch_device

    def uniform_int(
        resource: Any, algorithm: Any, shape: Array, minval: Any, maxval: Any
    ) -> torch.Tensor:
        sizes = sizes_of(shape)
        count = math.prod(sizes)
        check_bounds(minval, maxval)
        place = _reserve(resource, algorithm, count)
        sampler = int_sampler(int(minval), int(maxval), dtype.size == 8)
        return as_tensor(sampler(place, count), sizes, dtype, device)

    return uniform_int


@kernel_factory(
    "StatefulUniformFullInt",
    "cpu",
    "gpu",
    types={"dtype": _INTEGERS},
    host_inputs=("algorithm", "shape"),
)
def make_uniform_full_int(ctx: KernelContext) -> Any:
    dtype, device = ctx.attrs["dtype"], ctx.torch_device
    sampler = whole_range_sampler(dtype.as_numpy_dtype)

    def uniform_full_int(resource: Any, algorithm: Any, shape: Array) -> torch.Tensor:
        sizes = sizes_of(shape)
        count = math.prod(sizes)
        place = _reserve(resource, algorithm, count)
        return as_tensor(sampler(place, count), sizes, dtype, device)

    return uniform_full_int


@kernel_factory(
    "NonDeterministicInts", "cpu", "gpu", types={"dtype": _INTEGERS}, host_inputs=("shape",)
)
def make_non_deterministic_ints(ctx: KernelContext) -> Any:
    dtype, device = ctx.attrs["dtype"], ctx.torch_device

    def non_deterministic_ints(shape: Array) -> torch.Tensor:
        sizes = sizes_of(shape)
        numbers = np.frombuffer(
            bytearray(os.urandom(math.prod(sizes) * dtype.size)), dtype.as_numpy_dtype
        )
        return as_tensor(numbers, sizes, dtype, device)

    return non_deterministic_ints


@kernel("RngSkip", "cpu", "gpu", host_inputs=("algorithm", "delta"))
def rng_skip(resource: Any, algorithm: Any, delta: Any) -> None:
    _reserve(resource, algorithm, int(delta))


def _uniforms(place: Philox) -> Iterator[float]:
    """Yield numbers in [0, 1): the second of a block of the stream before the first."""
    sampler, counter = SAMPLERS["uniform", "float64"], place.counter
    while True:
        first, second = sampler(Philox(place.key, counter), 2).tolist()
        yield second
        yield first
        counter += 1


_FEW_SUCCESSES = 10


def _binomial(count: float, probability: float, uniforms: Iterator[float]) -> float:
    """Return how many of `count` trials succeed."""
    if not (math.isfinite(count) and 0 <= probability <= 1):
        return math.nan
    if probability > 0.5:
        rest = _binomial(count, 1 - probability, uniforms)
        return count - rest
    if not count or not probability:
        return 0.0
    if count * probability < _FEW_SUCCESSES:
        return _by_inversion(count, probability, uniforms)
    return _by_rejection(count, probability, uniforms)


def _by_inversion(count: float, probability: float, uniforms: Iterator[float]) -> float:
    """Add up how many trials each success takes, until there are no more of them."""
    total, successes = 0.0, 0
    for number in uniforms:
        total += math.ceil(math.log(number) / math.log1p(-probability)) if number else math.inf
        if total > count:
            break
        successes += 1
    return float(successes)


def _stirling_tail(k: float) -> float:
    """Return the error of Stirling's approximation of log(k!)."""
    return math.lgamma(k + 1) - (
        0.5 * math.log(2 * math.pi) + (k + 0.5) * math.log(k + 1) - (k + 1)
    )


def _by_rejection(count: float, probability: float, uniforms: Iterator[float]) -> float:
    """Draw by transformed rejection (Hormann, 1993)."""
    deviation = math.sqrt(count * probability * (1 - probability))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * probability
    c = count * probability + 0.5
    certain = 0.92 - 4.2 / b
    odds = probability / (1 - probability)
    alpha = (2.83 + 5.1 / b) * deviation
    mode = math.floor((count + 1) * probability)
    while True:
        u, v = next(uniforms) - 0.5, next(uniforms)
        distance = 0.5 - abs(u)
        k = float(math.floor((2 * a / distance + b) * u + c)) if distance else -1.0
        if distance >= 0.07 and v <= certain:
            return k
        if k < 0 or k > count:
            continue
        bound = (
            (mode + 0.5) * math.log((mode + 1) / (odds * (count - mode + 1)))
            + (count + 1) * math.log((count - mode + 1) / (count - k + 1))
            + (k + 0.5) * math.log(odds * (count - k + 1) / (k + 1))
            + _stirling_tail(mode)
            + _stirling_tail(count - mode)
            - _stirling_tail(k)
            - _stirling_tail(count - k)
        )
        if not v or math.log(v * alpha / (a / (distance * distance) + b)) <= bound:
            return k


@kernel_factory(
    "StatefulRandomBinomial", "cpu", host_inputs=("algorithm", "shape", "counts", "probs")
)
def make_random_binomial(ctx: KernelContext) -> Any:
    dtype, device = ctx.attrs["dtype"], ctx.torch_device

    def random_binomial(
        resource: Any, algorithm: Any, shape: Array, counts: Any, probs: Any
    ) -> torch.Tensor:
        sizes = sizes_of(shape)
        total = math.prod(sizes)
        rows = sizes[0] if sizes else 1
        parameters = []
        for name, value in (("counts", counts), ("probs", probs)):
            if np.ndim(value) > 1:
                raise errors.invalid_argument(
                    f"Input {name} should be a scalar or vector, got shape: "
                    f"{format_dims(np.shape(value), 'kernel')}"
                )
            if np.size(value) not in (1, rows):
                raise errors.invalid_argument(
                    f"{name} should have length 1 or {rows}, got shape: "
                    f"{format_dims(np.shape(value), 'kernel')}"
                )
            flat = np.broadcast_to(np.asarray(value, np.float64).ravel(), (rows,))
            parameters.append(np.repeat(flat, total // max(rows, 1)).tolist())
        place = _reserve(resource, algorithm, total)
        drawn = [
            _binomial(count, probability, _uniforms(place.after_outputs(index)))
            for index, (count, probability) in enumerate(zip(*parameters, strict=True))
        ]
        numbers = np.array(drawn, np.float64)
        if dtype.is_integer:
            numbers = np.nan_to_num(numbers, nan=0.0)
        return as_tensor(numbers, sizes, dtype, device)

    return random_binomial
