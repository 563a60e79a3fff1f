"""Kernels that put elements in another order."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory
from tensormill.kernels.value_types import NUMBER_TYPES, OBJECT_TYPES, STRING_TYPES, as_ints


def _order(value: Any, perm: Any) -> list[int]:
    """Return a permutation after TensorFlow's checks."""
    if perm.ndim != 1:
        raise errors.invalid_argument(
            f"perm must be rank 1, got shape {format_dims(perm.shape, 'kernel')}"
        )
    order = as_ints(perm)
    rank = value.ndim
    if len(order) != rank:
        raise errors.invalid_argument(
            f"transpose expects a vector of size {rank}. But input(1) is a vector of size "
            f"{len(order)}"
        )
    for index, axis in enumerate(order):
        if not -rank <= axis < rank:
            raise errors.invalid_argument(f"{axis} is out of range [0 .. {rank})")
        order[index] = axis % rank
    if len(set(order)) != rank:
        missing = next(axis for axis in range(rank) if axis not in order)
        raise errors.invalid_argument(f"{missing} is missing from {{{','.join(map(str, order))}}}.")
    return order


@kernel_factory("Transpose", "cpu", "gpu", host_inputs=("perm",), aliases=True)
def make_transpose(ctx: KernelContext) -> Any:
    constant = ctx.constant("perm")
    if ctx.input_dtypes[0].name in OBJECT_TYPES:
        return lambda value, perm: np.transpose(value, _order(value, perm))
    if constant is not None and constant.ndim == 1:
        order = tuple(as_ints(constant))

        def transpose_by_constant(value: torch.Tensor, perm: Any) -> torch.Tensor:
            try:
                return value.permute(order)
            except (RuntimeError, IndexError):
                return transpose(value, perm)

        return transpose_by_constant
    return transpose


def transpose(value: torch.Tensor, perm: Any) -> torch.Tensor:
    """Permute the dimensions of a torch tensor in an order that is known now only."""
    return value.permute(_order(value, perm))


@kernel(
    "ConjugateTranspose",
    "cpu",
    "gpu",
    types={"T": NUMBER_TYPES},
    host_inputs=("perm",),
    aliases=True,
)
def conjugate_transpose(value: torch.Tensor, perm: Any) -> torch.Tensor:
    return value.permute(_order(value, perm)).conj_physical()


@kernel(
    "InvertPermutation",
    "cpu",
    "gpu",
    host_inputs=("x",),
    host_outputs=("y",),
)
def invert_permutation(x: Any) -> Any:
    if x.ndim != 1:
        raise errors.invalid_argument("invert_permutation expects a 1D vector.")
    inverse = np.full(x.size, -1, x.dtype)
    for place, index in enumerate(x.tolist()):
        if not 0 <= index < x.size:
            raise errors.invalid_argument(f"{index} is not between 0 and {x.size}")
        if inverse[index] != -1:
            raise errors.invalid_argument(f"{index} is duplicated in the input.")
        inverse[index] = place
    return inverse


@kernel("Reverse", "cpu", "gpu", types={"T": NUMBER_TYPES}, host_inputs=("dims",))
def reverse(value: torch.Tensor, dims: Any) -> torch.Tensor:
    return torch.flip(value, _flagged_axes(value, dims))


@kernel("Reverse", "cpu", types={"T": STRING_TYPES}, host_inputs=("dims",))
def reverse_strings(value: Any, dims: Any) -> Any:
    return np.flip(value, tuple(_flagged_axes(value, dims)))


def _flagged_axes(value: Any, dims: Any) -> list[int]:
    if value.ndim != dims.size:
        raise errors.invalid_argument(
            f"'dims' must have the same number of values as 'input' has dimensions. 'input' has "
            f"{value.ndim}'dims' has {dims.size} values"
        )
    return [axis for axis, flag in enumerate(dims.tolist()) if flag]


@kernel("ReverseV2", "cpu", "gpu", types={"T": NUMBER_TYPES}, host_inputs=("axis",))
def reverse_v2(value: torch.Tensor, axis: Any) -> torch.Tensor:
    return torch.flip(value, _listed_axes(value, axis))


@kernel("ReverseV2", "cpu", types={"T": STRING_TYPES}, host_inputs=("axis",))
def reverse_v2_strings(value: Any, axis: Any) -> Any:
    return np.flip(value, tuple(_listed_axes(value, axis)))


def _listed_axes(value: Any, axis: Any) -> list[int]:
    axes = []
    rank = value.ndim
    for index, given in enumerate(as_ints(axis)):
        if not -rank <= given < rank:
            raise errors.invalid_argument(
                f"'axis'[{index}] = {given} is out of valid range [0, {rank - 1}]"
            )
        if given % rank in axes:
            raise errors.invalid_argument(f"axis {given % rank} specified more than once.")
        axes.append(given % rank)
    return axes


@kernel("ReverseSequence", "cpu", "gpu", types={"T": NUMBER_TYPES})
def reverse_sequence(
    value: torch.Tensor, seq_lengths: torch.Tensor, *, seq_dim: int, batch_dim: int
) -> torch.Tensor:
    places = _reversed_places(value, seq_lengths.cpu().numpy(), seq_dim, batch_dim)
    moved = value.movedim((batch_dim, seq_dim), (0, 1))
    rows = torch.arange(places.shape[0], device=value.device).unsqueeze(1)
    taken = moved[rows, torch.from_numpy(places).to(value.device)]
    return taken.movedim((0, 1), (batch_dim, seq_dim)).contiguous()


@kernel("ReverseSequence", "cpu", types={"T": STRING_TYPES}, host_inputs=("seq_lengths",))
def reverse_string_sequence(value: Any, seq_lengths: Any, *, seq_dim: int, batch_dim: int) -> Any:
    places = _reversed_places(value, seq_lengths, seq_dim, batch_dim)
    moved = np.moveaxis(value, (batch_dim, seq_dim), (0, 1))
    taken = moved[np.arange(places.shape[0])[:, None], places]
    return np.moveaxis(taken, (0, 1), (batch_dim, seq_dim))


def _reversed_places(value: Any, lengths: Any, seq_dim: int, batch_dim: int) -> Any:
    """Return [batch, time]: where each element of the result comes from."""
    for name, axis in (("batch_dim", batch_dim), ("seq_dim", seq_dim)):
        if not 0 <= axis < value.ndim:
            raise errors.invalid_argument(f"Invalid {name} {axis}")
    if seq_dim == batch_dim:
        raise errors.invalid_argument(f"batch_dim == seq_dim == {seq_dim}")
    batch, time = value.shape[batch_dim], value.shape[seq_dim]
    if lengths.size != batch:
        raise errors.invalid_argument(
            f"Length of seq_lengths != input.dims({batch_dim}), ({lengths.size} vs. {batch})"
        )
    for index, length in enumerate(lengths.tolist()):
        if length < 0:
            raise errors.invalid_argument(f"seq_lens({index}) < 0")
        if length > time:
            raise errors.invalid_argument(f"seq_lens({index}) > input.dims({seq_dim})")
    steps = np.arange(time)[None, :]
    wide = lengths.astype(np.int64)[:, None]
    return np.where(steps < wide, wide - 1 - steps, steps)


@kernel("Roll", "cpu", "gpu", types={"T": NUMBER_TYPES}, host_inputs=("shift", "axis"))
def roll(value: torch.Tensor, shift: Any, axis: Any) -> torch.Tensor:
    shifts, axes = _roll_arguments(value, shift, axis)
    return torch.roll(value, shifts, axes) if axes else value


@kernel("Roll", "cpu", types={"T": STRING_TYPES}, host_inputs=("shift", "axis"))
def roll_strings(value: Any, shift: Any, axis: Any) -> Any:
    shifts, axes = _roll_arguments(value, shift, axis)
    return np.roll(value, shifts, axes)


def _roll_arguments(value: Any, shift: Any, axis: Any) -> tuple[list[int], list[int]]:
    if value.ndim < 1:
        raise errors.invalid_argument("input must be 1-D or higher")
    shifts, axes = as_ints(shift), as_ints(axis)
    if len(shifts) != len(axes):
        raise errors.invalid_argument("shift and axis must have the same size")
    for given in axes:
        if not -value.ndim <= given < value.ndim:
            raise errors.invalid_argument(f"axis {given} is out of range")
    return shifts, [given % value.ndim for given in axes]
