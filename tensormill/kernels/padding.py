"""Kernels of borders."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory
from tensormill.kernels.value_types import NUMBER_TYPES, STRING_TYPES

_HOST = ("paddings",)


def _pairs(value: Any, paddings: Any) -> list[list[int]]:
    if paddings.ndim != 2 or paddings.shape[1] != 2:
        raise errors.invalid_argument(
            f"paddings must be a matrix with 2 columns: {format_dims(paddings.shape, 'kernel')}"
        )
    if paddings.shape[0] != value.ndim:
        raise errors.invalid_argument(
            f"The first dimension of paddings must be the rank of inputs"
            f"{format_dims(paddings.shape, 'kernel')} {format_dims(tuple(value.shape), 'kernel')}"
        )
    pairs: list[list[int]] = paddings.tolist()
    for before, after in pairs:
        if before < 0 or after < 0:
            raise errors.invalid_argument(f"Paddings must be non-negative: {before} {after}")
    return pairs


def _inside(value: Any, pairs: list[list[int]]) -> tuple[slice, ...]:
    return tuple(
        slice(before, before + size) for size, (before, _) in zip(value.shape, pairs, strict=True)
    )


def _torch_pads(pairs: list[list[int]]) -> list[int]:
    """Return the paddings as torch wants them: the last dimension first."""
    return [size for pair in reversed(pairs) for size in pair]


def _check_constant(value: Any) -> None:
    if np.ndim(value):
        raise errors.invalid_argument(
            f"constant_values must be a scalar. Found: {format_dims(value.shape, 'kernel')}"
        )


@kernel("Pad", "cpu", "gpu", types={"T": NUMBER_TYPES}, host_inputs=_HOST)
def pad(value: torch.Tensor, paddings: Any) -> torch.Tensor:
    return torch.constant_pad_nd(value, _torch_pads(_pairs(value, paddings)), 0)


@kernel(
    "PadV2",
    "cpu",
    "gpu",
    types={"T": NUMBER_TYPES},
    host_inputs=("paddings", "constant_values"),
)
def pad_v2(value: torch.Tensor, paddings: Any, constant_values: Any) -> torch.Tensor:
    _check_constant(constant_values)
    pads = _torch_pads(_pairs(value, paddings))
    return torch.constant_pad_nd(value, pads, constant_values.item())


@kernel("Pad", "cpu", types={"T": STRING_TYPES}, host_inputs=_HOST)
def pad_strings(value: Any, paddings: Any) -> Any:
    return pad_v2_strings(value, paddings, b"")


@kernel("PadV2", "cpu", types={"T": STRING_TYPES}, host_inputs=_HOST)
def pad_v2_strings(value: Any, paddings: Any, constant_values: Any) -> Any:
    _check_constant(constant_values)
    pairs = _pairs(value, paddings)
    sizes = [size + sum(pair) for size, pair in zip(value.shape, pairs, strict=True)]
    made = np.full(sizes, constant_values, dtype=object)
    made[_inside(value, pairs)] = value
    return made


def _mirror_places(size: int, before: int, after: int, is_symmetric: bool) -> list[int]:
    """Return for each place along the padded dimension the element that stands there."""
    limit = size if is_symmetric else size - 1
    if before > limit or after > limit:
        how = "no greater" if is_symmetric else "less"
        raise errors.invalid_argument(
            f"paddings must be {how} than the dimension size: {before}, {after} "
            + (f"greater than {size}" if is_symmetric else f"not less than {size}")
        )
    inner = list(range(size))
    skip = 0 if is_symmetric else 1
    left = inner[skip : skip + before][::-1]
    right = inner[::-1][skip : skip + after]
    return left + inner + right


@kernel_factory(
    "MirrorPad", "cpu", "gpu", types={"T": NUMBER_TYPES}, host_inputs=_HOST, aliases=True
)
def make_mirror_pad(ctx: KernelContext) -> Any:
    is_symmetric = ctx.attrs["mode"] == b"SYMMETRIC"

    def mirror_pad(value: torch.Tensor, paddings: Any) -> torch.Tensor:
        return mirrored(value, paddings, is_symmetric)

    return mirror_pad


def mirrored(value: torch.Tensor, paddings: Any, is_symmetric: bool) -> torch.Tensor:
    """Return a tensor with borders that mirror it, with the element at its edge or without."""
    for axis, (before, after) in enumerate(_pairs(value, paddings)):
        places = _mirror_places(value.shape[axis], before, after, is_symmetric)
        if before or after:
            value = value.index_select(axis, torch.tensor(places, device=value.device))
    return value


@kernel_factory("MirrorPad", "cpu", types={"T": STRING_TYPES}, host_inputs=_HOST, aliases=True)
def make_mirror_pad_strings(ctx: KernelContext) -> Any:
    is_symmetric = ctx.attrs["mode"] == b"SYMMETRIC"

    def mirror_pad(value: Any, paddings: Any) -> Any:
        for axis, (before, after) in enumerate(_pairs(value, paddings)):
            places = _mirror_places(value.shape[axis], before, after, is_symmetric)
            value = np.take(value, places, axis)
        return value

    return mirror_pad


@kernel_factory("MirrorPadGrad", "cpu", "gpu", host_inputs=_HOST, aliases=True)
def make_mirror_pad_grad(ctx: KernelContext) -> Any:
    is_symmetric = ctx.attrs["mode"] == b"SYMMETRIC"

    def mirror_pad_grad(grad: torch.Tensor, paddings: Any) -> torch.Tensor:
        for axis, (before, after) in enumerate(_pairs(grad, paddings)):
            size = grad.shape[axis] - before - after
            if size < 0 or not grad.shape[axis]:
                raise errors.invalid_argument(
                    "Total paddings must be less than the input dimension size: "
                    f"{before + after} was not less than {grad.shape[axis]}"
                )
            if before or after:
                places = _mirror_places(size, before, after, is_symmetric)
                sizes = [*grad.shape[:axis], size, *grad.shape[axis + 1 :]]
                index = torch.tensor(places, device=grad.device)
                grad = grad.new_zeros(sizes).index_add_(axis, index, grad)
        return grad

    return mirror_pad_grad
