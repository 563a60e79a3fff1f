"""Kernels of reductions over axes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.elementwise_unary import (
    COMPLEX,
    FLOATS,
    HALVES,
    HOST_FLOATS,
    SIGNED_INTEGERS,
    WIDE_UNSIGNED,
)
from tensormill.kernels.registry import KernelContext, kernel_factory
from tensormill.kernels.torch_dtypes import to_host, to_tensor, torch_dtype

Tensor = torch.Tensor
Axes = tuple[int, ...]
Reduction = Callable[[Tensor, Axes, bool], Tensor]

_INTEGERS = (*SIGNED_INTEGERS, "uint8")


def reduced_axes(rank: int, indices: Any) -> Axes:
    """Return the axes to reduce, none of them negative.

    Raises:
      InvalidArgumentError: an axis does not exist, or stands there twice.
    """
    axes = []
    for axis in np.asarray(indices).ravel().tolist():
        if not -rank <= axis < rank:
            raise errors.invalid_argument(
                f"Invalid reduction dimension ({axis} for input with {rank} dimension(s)"
            )
        axes.append(axis % rank)
    if len(set(axes)) != len(axes):
        twice = next(axis for axis in axes if axes.count(axis) > 1)
        raise errors.invalid_argument(
            f"Invalid reduction arguments: Axes contains duplicate dimension: {twice}"
        )
    return tuple(axes)


def register_reduction(op_type: str, compute: Reduction, types: tuple[str, ...] | None) -> None:
    """Register `compute(x, axes, keep_dims)` as the kernel of a reduction; `axes` is not empty."""

    def make(ctx: KernelContext) -> Any:
        keep = ctx.attrs["keep_dims"]
        indices, dims = ctx.constant("reduction_indices"), ctx.input_dims[0]
        if indices is not None and dims is not None and indices.size:
            axes = reduced_axes(len(dims), indices)

            def reduce_known_axes(x: Tensor, _: Any) -> Tensor:
                return compute(x, axes, keep)

            return reduce_known_axes

        def reduce(x: Tensor, indices: Any) -> Tensor:
            axes = reduced_axes(x.dim(), indices)
            return compute(x, axes, keep) if axes else without_axes(op_type, x)

        reduce.aliases = True  # type: ignore[attr-defined]
        return reduce

    kernel_factory(
        op_type,
        "cpu",
        "gpu",
        types=None if types is None else {"T": types},
        host_inputs=("reduction_indices",),
    )(make)


def without_axes(op_type: str, x: Tensor) -> Tensor:
    """Return what a reduction over no axis gives."""
    if op_type == "EuclideanNorm":
        return x.abs().to(x.dtype)
    return x


def in_runs(reduce: Reduction) -> Reduction:
    """Return a reduction that takes axes which lie apart one run of neighbours after the other.

    Where the last axis stays, torch goes through all of them at once number by number, and through
    neighbours by the vector.
    """

    def reduce_in_runs(x: Tensor, axes: Axes, keep: bool) -> Tensor:
        if len(axes) == 1 or max(axes) == x.dim() - 1 or max(axes) - min(axes) < len(axes):
            return reduce(x, axes, keep)
        for run in _runs(axes):
            x = reduce(x, run, True)
        return x if keep else x.squeeze(axes)

    return reduce_in_runs


def _runs(axes: Axes) -> list[Axes]:
    runs: list[Axes] = []
    for axis in sorted(axes):
        if runs and runs[-1][-1] == axis - 1:
            runs[-1] = (*runs[-1], axis)
        else:
            runs.append((axis,))
    return runs


def sum_floats(x: Tensor, axes: Axes, keep: bool) -> Tensor:
    return torch.sum(x, axes, keep)


def sum_integers(x: Tensor, axes: Axes, keep: bool) -> Tensor:
    return torch.sum(x, axes, keep, dtype=x.dtype)


def mean_floats(x: Tensor, axes: Axes, keep: bool) -> Tensor:
    return torch.mean(x, axes, keep)


def mean_integers(x: Tensor, axes: Axes, keep: bool) -> Tensor:
    total = torch.sum(x, axes, keep, dtype=x.dtype)
    count = max(x.numel() // max(total.numel(), 1), 1)
    return torch.div(total, count, rounding_mode="trunc").to(x.dtype)


def prod(x: Tensor, axes: Axes, keep: bool) -> Tensor:
    for axis in sorted(axes, reverse=True):
        x = torch.prod(x, axis, keep, dtype=x.dtype)
    return x


def extreme(function: Callable[..., Tensor], greatest: bool) -> Reduction:
    """Return the reduction by `torch.amax` or `torch.amin`.

    Of nothing it is what TensorFlow says.
    """

    def reduce_extreme(x: Tensor, axes: Axes, keep: bool) -> Tensor:
        if x.numel():
            return function(x, axes, keep)
        shape = torch.sum(x, axes, keep).shape
        return x.new_full(shape, empty_extreme(x.dtype, greatest))

    return reduce_extreme


def empty_extreme(dtype: torch.dtype, greatest: bool) -> Any:
    """Return the greatest (or least) of no values: the limit at the other end."""
    if dtype.is_floating_point:
        return float("-inf") if greatest else float("inf")
    limits = torch.iinfo(dtype)
    return limits.min if greatest else limits.max


def truth(of_nothing: Callable[..., Tensor], of_bytes: Callable[..., Tensor]) -> Reduction:
    """Return the reduction of bools as bytes, which torch goes through by the vector."""

    def reduce_truth(x: Tensor, axes: Axes, keep: bool) -> Tensor:
        if not x.numel():
            return of_nothing(x, axes, keep)
        return of_bytes(x.view(torch.uint8), axes, keep).view(torch.bool)

    return reduce_truth


def euclidean_norm_floats(x: Tensor, axes: Axes, keep: bool) -> Tensor:
    return torch.linalg.vector_norm(x, 2, axes, keep).to(x.dtype)


def euclidean_norm_integers(x: Tensor, axes: Axes, keep: bool) -> Tensor:
    total = torch.sum(x * x, axes, keep, dtype=x.dtype)
    return torch.sqrt(total.double()).to(x.dtype)


def _through_numpy(function: Callable[..., Any]) -> Reduction:
    def reduce_through_numpy(x: Tensor, axes: Axes, keep: bool) -> Tensor:
        array = to_host(x)
        reduced = function(array, axis=axes, keepdims=keep)
        return to_tensor(np.asarray(reduced).astype(array.dtype)).to(x.device)

    return reduce_through_numpy


def _sum_numpy(array: Any, **options: Any) -> Any:
    return np.sum(array, dtype=array.dtype, **options)


def _mean_numpy(array: Any, **options: Any) -> Any:
    total = np.asarray(_sum_numpy(array, **options))
    count = array.dtype.type(max(array.size // max(total.size, 1), 1))
    return total // count


def _prod_numpy(array: Any, **options: Any) -> Any:
    return np.prod(array, dtype=array.dtype, **options)


def _max_numpy(array: Any, **options: Any) -> Any:
    return np.max(array, initial=0, **options)


def _min_numpy(array: Any, **options: Any) -> Any:
    return np.min(array, initial=np.iinfo(array.dtype).max, **options)


def _norm_numpy(array: Any, **options: Any) -> Any:
    return np.sqrt(_sum_numpy(array * array, **options).astype(np.float64))


register_reduction("Sum", sum_floats, HALVES)
register_reduction("Sum", in_runs(sum_floats), (*HOST_FLOATS, *COMPLEX))
register_reduction("Sum", sum_integers, _INTEGERS)
register_reduction("Sum", _through_numpy(_sum_numpy), WIDE_UNSIGNED)
register_reduction("Mean", mean_floats, HALVES)
register_reduction("Mean", in_runs(mean_floats), (*HOST_FLOATS, *COMPLEX))
register_reduction("Mean", mean_integers, _INTEGERS)
register_reduction("Mean", _through_numpy(_mean_numpy), WIDE_UNSIGNED)
register_reduction("Prod", prod, (*FLOATS, *COMPLEX, *_INTEGERS))
register_reduction("Prod", _through_numpy(_prod_numpy), WIDE_UNSIGNED)
register_reduction("Max", in_runs(extreme(torch.amax, True)), (*FLOATS, *_INTEGERS))
register_reduction("Max", _through_numpy(_max_numpy), WIDE_UNSIGNED)
register_reduction("Min", in_runs(extreme(torch.amin, False)), (*FLOATS, *_INTEGERS))
register_reduction("Min", _through_numpy(_min_numpy), WIDE_UNSIGNED)
register_reduction("EuclideanNorm", euclidean_norm_floats, (*FLOATS, *COMPLEX))
register_reduction("EuclideanNorm", euclidean_norm_integers, _INTEGERS)
register_reduction("EuclideanNorm", _through_numpy(_norm_numpy), WIDE_UNSIGNED)
register_reduction("All", truth(torch.all, torch.amin), None)
register_reduction("Any", truth(torch.any, torch.amax), None)


def _position(find: Callable[[Tensor, int], Tensor], weakest: float) -> Any:
    """Return what makes kernels that find an extreme; NaNs count as the weakest number."""

    def make(ctx: KernelContext) -> Any:
        wanted = torch_dtype(ctx.attrs["output_type"])

        def position(x: Tensor, dimension: Any) -> Tensor:
            rank = x.dim()
            if dimension.ndim:
                raise errors.invalid_argument(
                    "dim must be a scalar, but received tensor of shape: "
                    f"{format_dims(dimension.shape, 'kernel')}"
                )
            axis = int(dimension)
            if not -rank <= axis < rank:
                raise errors.invalid_argument(
                    f"Expected dimension in the range [{-rank}, {rank}), but got {axis}"
                )
            if not x.shape[axis]:
                raise errors.invalid_argument(
                    f"Reduction axis {axis} is empty in shape {list(x.shape)}"
                )
            found = find(x, axis)
            if x.is_floating_point() and x.gather(axis, found.unsqueeze(axis)).isnan().any():
                found = find(x.masked_fill(x.isnan(), weakest), axis)
            return found.to(wanted)

        return position

    return make


def _with_numpy(function: Callable[..., Any]) -> Callable[[Tensor, int], Tensor]:
    def find(x: Tensor, axis: int) -> Tensor:
        return to_tensor(np.asarray(function(to_host(x), axis))).to(x.device)

    return find


# Torch has no kernels for the wide unsigned types; in host memory NumPy's are the faster ones.
_POSITION_BY_NUMPY = ("bool", *WIDE_UNSIGNED)
_POSITION_BY_TORCH = (*HALVES, "qint8", "quint8", "qint16", "qint32")
_POSITION_BY_EITHER = (*HOST_FLOATS, *_INTEGERS)

for _op_type, _weakest, _by_torch, _by_numpy in (
    ("ArgMax", -math.inf, torch.argmax, _with_numpy(np.argmax)),
    ("ArgMin", math.inf, torch.argmin, _with_numpy(np.argmin)),
):
    for _find, _devices, _types in (
        (_by_numpy, ("cpu", "gpu"), _POSITION_BY_NUMPY),
        (_by_torch, ("cpu", "gpu"), _POSITION_BY_TORCH),
        (_by_numpy, ("cpu",), _POSITION_BY_EITHER),
        (_by_torch, ("gpu",), _POSITION_BY_EITHER),
    ):
        kernel_factory(_op_type, *_devices, types={"T": _types}, host_inputs=("dimension",))(
            _position(_find, _weakest)
        )
