"""Kernels of stateful random ops: a stream for each node and session.

With a seed, uniform, normal and truncated normal numbers, shuffles and samples of categories are
those of TensorFlow's CPU kernels, also on a GPU. Without one they come from torch's own generator.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.philox import SAMPLERS, Philox, int_sampler, seed_stream
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory
from tensormill.kernels.torch_dtypes import torch_dtype

Array = np.ndarray[Any, Any]
FLOATS = ("float16", "bfloat16", "float32", "float64")
_MASK_63 = (1 << 63) - 1
_SQRT_2 = math.sqrt(2)


def sizes_of(shape: Array) -> tuple[int, ...]:
    """Return the shape that a tensor says.

    Raises:
      InvalidArgumentError: it is no vector of sizes.
    """
    if shape.ndim != 1:
        raise errors.invalid_argument(
            "shape must be a vector of {int32,int64}, got shape "
            f"{format_dims(shape.shape, 'kernel')}"
        )
    sizes = tuple(shape.tolist())
    if any(size < 0 for size in sizes):
        raise errors.invalid_argument(f"Dimension {min(sizes)} must be >= 0")
    return sizes


def as_tensor(numbers: Array, sizes: tuple[int, ...], dtype: Any, device: Any) -> torch.Tensor:
    """Return numbers as a tensor of a shape and dtype on a device."""
    return torch.from_numpy(numbers.reshape(sizes)).to(device, torch_dtype(dtype))


def _is_seeded(ctx: KernelContext) -> bool:
    return bool(ctx.attrs["seed"] or ctx.attrs["seed2"])


def _generator(ctx: KernelContext) -> torch.Generator:
    """Return a generator of torch's, seeded as the node says."""
    generator = torch.Generator(ctx.torch_device)
    if _is_seeded(ctx):
        seed = ctx.attrs["seed"] * 0x9E3779B97F4A7C15 + ctx.attrs["seed2"]
    else:
        seed = int.from_bytes(os.urandom(8), "little")
    generator.manual_seed(seed & _MASK_63)
    return generator


def _unseeded_truncated(sizes: tuple[int, ...], dtype: torch.dtype, **options: Any) -> torch.Tensor:
    work = torch.float64 if dtype is torch.float64 else torch.float32
    uniform = torch.rand(sizes, dtype=work, **options)
    edge = math.erf(2 / _SQRT_2)
    normal = uniform.mul_(2 * edge).sub_(edge).erfinv_().mul_(_SQRT_2)
    return normal.clamp_(-2, 2).to(dtype)


def _make_sampler(
    distribution: str, unseeded: Callable[..., torch.Tensor]
) -> Callable[[KernelContext], Any]:
    def make(ctx: KernelContext) -> Any:
        dtype, device = ctx.attrs["dtype"], ctx.torch_device
        if not _is_seeded(ctx):
            numbers = torch_dtype(dtype)
            draw = partial(unseeded, dtype=numbers, device=device, generator=_generator(ctx))
            return lambda shape: draw(sizes_of(shape))
        stream = seed_stream(ctx.attrs["seed"], ctx.attrs["seed2"])
        sampler = SAMPLERS[distribution, dtype.name]

        def sample_seeded(shape: Array) -> torch.Tensor:
            sizes = sizes_of(shape)
            count = math.prod(sizes)
            return as_tensor(sampler(stream.reserve_outputs(count), count), sizes, dtype, device)

        return sample_seeded

    return make


for _op_type, _distribution, _unseeded in (
    ("RandomUniform", "uniform", torch.rand),
    ("RandomStandardNormal", "normal", torch.randn),
    ("TruncatedNormal", "truncated", _unseeded_truncated),
):
    kernel_factory(_op_type, "cpu", "gpu", host_inputs=["shape"])(
        _make_sampler(_distribution, _unseeded)
    )


def check_bounds(low: Any, high: Any) -> None:
    """Raise InvalidArgumentError unless the bounds of integers are scalars in order."""
    for name, bound in (("minval", low), ("maxval", high)):
        if np.ndim(bound):
            raise errors.invalid_argument(
                f"{name} must be 0-D, got shape {format_dims(np.shape(bound), 'kernel')}"
            )
    if low >= high:
        raise errors.invalid_argument(f"Need minval < maxval, got {low} >= {high}")


@kernel_factory("RandomUniformInt", "cpu", "gpu", host_inputs=["shape", "minval", "maxval"])
def make_uniform_int(ctx: KernelContext) -> Any:
    dtype, device = ctx.attrs["Tout"], ctx.torch_device
    generator = None if _is_seeded(ctx) else _generator(ctx)
    stream = seed_stream(ctx.attrs["seed"], ctx.attrs["seed2"])
    is_64_bit = dtype.size == 8

    def uniform_int(shape: Array, minval: Any, maxval: Any) -> torch.Tensor:
        sizes = sizes_of(shape)
        count = math.prod(sizes)
        if count:
            check_bounds(minval, maxval)
        low, high = int(minval), int(maxval)
        if generator is not None and high - low < 1 << 63:
            return torch.randint(
                low,
                max(high, low + 1),
                sizes,
                dtype=torch_dtype(dtype),
                device=device,
                generator=generator,
            )
        place = stream.reserve_outputs(count)
        numbers = int_sampler(low, max(high, low + 1), is_64_bit)(place, count)
        return as_tensor(numbers, sizes, dtype, device)

    return uniform_int


def _check_parameters(sizes: Sequence[int], parameters: Sequence[torch.Tensor]) -> None:
    """Hold the parameters of truncated normals against the shape and one another."""
    if not sizes:
        raise errors.invalid_argument("Shape tensor must not be empty")
    for name, given in zip(("means", "stdevs", "minvals", "maxvals"), parameters, strict=True):
        if given.dim() > 1 or given.numel() not in (1, sizes[0]):
            shape = format_dims(tuple(given.shape), "kernel")
            raise errors.invalid_argument(
                f"Input {name} should have length 1 or shape[0], got shape: {shape}"
            )
    _, stdevs, low, high = parameters
    if stdevs.is_cpu and not bool(((stdevs > 0) & (low < high)).all()):
        raise errors.invalid_argument("Invalid parameters")


@kernel_factory("ParameterizedTruncatedNormal", "cpu", "gpu", host_inputs=["shape"])
def make_parameterized_truncated_normal(ctx: KernelContext) -> Any:
    generator, device = _generator(ctx), ctx.torch_device

    def parameterized_truncated_normal(shape: Array, *parameters: torch.Tensor) -> torch.Tensor:
        sizes = sizes_of(shape)
        _check_parameters(sizes, parameters)
        ones = (1,) * (len(sizes) - 1)
        mean, stddev, low, high = (
            p.double().reshape(-1, *ones) if p.dim() else p.double() for p in parameters
        )
        uniform = torch.rand(sizes, dtype=torch.float64, device=device, generator=generator)
        below, above = (torch.special.ndtr((bound - mean) / stddev) for bound in (low, high))
        normal = mean + stddev * torch.special.ndtri(below + uniform * (above - below))
        return torch.minimum(torch.maximum(normal, low), high).to(parameters[0].dtype)

    return parameterized_truncated_normal


@kernel_factory("RandomGamma", "cpu", host_inputs=["shape"])
def make_gamma(ctx: KernelContext) -> Any:
    generator = _generator(ctx)

    def gamma(shape: Array, alpha: torch.Tensor) -> torch.Tensor:
        spread = alpha.double().expand(*sizes_of(shape), *alpha.shape)
        return torch._standard_gamma(spread, generator=generator).to(alpha.dtype)

    return gamma


@kernel("RandomGammaGrad", "cpu")
def gamma_grad(alpha: torch.Tensor, sample: torch.Tensor) -> torch.Tensor:
    # Adding zeros broadcasts.
    return torch._standard_gamma_grad(
        alpha + torch.zeros_like(sample), sample + torch.zeros_like(alpha)
    )


@kernel_factory("RandomPoissonV2", "cpu", host_inputs=["shape"])
def make_poisson(ctx: KernelContext) -> Any:
    generator, dtype = _generator(ctx), torch_dtype(ctx.attrs["dtype"])

    def poisson(shape: Array, rate: torch.Tensor) -> torch.Tensor:
        spread = rate.double().expand(*sizes_of(shape), *rate.shape)
        return torch.poisson(spread.clamp(min=0), generator=generator).to(dtype)

    return poisson


@kernel_factory("RandomShuffle", "cpu")
def make_shuffle(ctx: KernelContext) -> Any:
    generator = None if _is_seeded(ctx) else _generator(ctx)
    stream = seed_stream(ctx.attrs["seed"], ctx.attrs["seed2"])

    def shuffle(value: Any) -> Any:
        count = value.shape[0] if len(value.shape) else 0
        if count <= 1:
            return value.copy() if type(value) is np.ndarray else value.clone()
        if generator is not None:
            order = torch.randperm(count, generator=generator)
        else:
            order = torch.tensor(_shuffled(count, stream.reserve(count - 1)))
        if type(value) is np.ndarray:
            return value[order.numpy()]
        return value.index_select(0, order.to(value.device))

    return shuffle


def _shuffled(count: int, place: Philox) -> list[int]:
    """Return the numbers below `count`, each swapped with one at or behind its place."""
    order = list(range(count))
    numbers = place.words(count - 1).tolist()
    for at, number in enumerate(numbers):
        other = at + number % (count - at)
        order[at], order[other] = order[other], order[at]
    return order


def categories(logits: torch.Tensor, num_samples: Array, uniform: Any, dtype: Any) -> torch.Tensor:
    """Return samples of categories: [batch, num_samples].

    Args:
      logits: [batch, categories]; infinite ones never occur.
      num_samples: scalar.
      uniform: a function of a count that returns so many numbers in [0, 1), in float64.
      dtype: of the result.

    Raises:
      InvalidArgumentError: a shape is wrong.
    """
    if logits.dim() != 2:
        raise errors.invalid_argument(
            f"logits should be a matrix, got shape {format_dims(tuple(logits.shape), 'kernel')}"
        )
    if np.ndim(num_samples):
        raise errors.invalid_argument(
            f"num_samples should be a scalar, got shape {format_dims(num_samples.shape, 'kernel')}"
        )
    if num_samples < 0:
        raise errors.invalid_argument(f"num_samples should be nonnegative, got {num_samples}")
    batch, count = logits.shape
    if not count:
        raise errors.invalid_argument(f"num_classes should be positive, got {count}")
    shape = (batch, int(num_samples))
    finite = torch.where(logits.isfinite(), logits.double(), -math.inf)
    highest = finite.amax(dim=1, keepdim=True).nan_to_num(neginf=0.0)
    sums = (finite - highest).exp_().cumsum(dim=1)
    wanted = uniform(math.prod(shape)).reshape(shape) * sums[:, -1:]
    found = torch.searchsorted(sums, wanted, right=True)
    return found.clamp_(max=count - 1).to(torch_dtype(dtype))


@kernel_factory("Multinomial", "cpu", host_inputs=["num_samples"])
def make_multinomial(ctx: KernelContext) -> Any:
    dtype = ctx.attrs["output_dtype"]
    if not _is_seeded(ctx):
        generator = _generator(ctx)

        def unseeded(logits: torch.Tensor, num_samples: Array) -> torch.Tensor:
            return categories(
                logits,
                num_samples,
                lambda count: torch.rand(count, dtype=torch.float64, generator=generator),
                dtype,
            )

        return unseeded
    stream = seed_stream(ctx.attrs["seed"], ctx.attrs["seed2"])
    sampler = SAMPLERS["uniform", "float64"]

    def multinomial(logits: torch.Tensor, num_samples: Array) -> torch.Tensor:
        reserved = 2 * (-(-max(0, int(num_samples)) // 4) * 4) * logits.shape[0]
        place = stream.reserve_outputs(reserved)
        return categories(
            logits, num_samples, lambda count: torch.from_numpy(sampler(place, count)), dtype
        )

    return multinomial
