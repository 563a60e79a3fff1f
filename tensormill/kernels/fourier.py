"""Kernels of Fourier transforms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from tensormill.graph import errors
from tensormill.kernels.registry import kernel

Tensor = torch.Tensor

_TRANSFORMS: tuple[tuple[str, int, Callable[..., Tensor]], ...] = (
    ("FFT", 1, torch.fft.fftn),
    ("FFT2D", 2, torch.fft.fftn),
    ("FFT3D", 3, torch.fft.fftn),
    ("IFFT", 1, torch.fft.ifftn),
    ("IFFT2D", 2, torch.fft.ifftn),
    ("IFFT3D", 3, torch.fft.ifftn),
)


def _register_complex(op_type: str, rank: int, transform: Callable[..., Tensor]) -> None:
    axes = tuple(range(-rank, 0))

    def compute(input: Tensor) -> Tensor:
        if input.dim() < rank:
            raise errors.invalid_argument(
                f"Input must have rank of at least {rank} but got: {list(input.shape)}"
            )
        return transform(input, dim=axes) if input.numel() else input.clone()

    compute.__module__ = __name__
    kernel(op_type, "cpu", "gpu")(compute)


def _register_real(op_type: str, rank: int, is_forward: bool) -> None:
    axes = tuple(range(-rank, 0))
    transform = torch.fft.rfftn if is_forward else torch.fft.irfftn

    def compute(input: Tensor, fft_length: Any) -> Tensor:
        if input.dim() < rank:
            raise errors.invalid_argument(
                f"Input must have rank of at least {rank} but got: {list(input.shape)}"
            )
        if fft_length.shape != (rank,):
            raise errors.invalid_argument(f"fft_length must have shape [{rank}]")
        sizes = fft_length.tolist()
        for place, (axis, size) in enumerate(zip(axes, sizes, strict=True)):
            if size < 0:
                raise errors.invalid_argument(f"fft_length[{place}] must >= 0, but got: {size}")
            needed = size // 2 + 1 if axis == -1 and not is_forward else size
            if size and input.shape[axis] < needed:
                raise errors.invalid_argument(
                    f"Input dimension {input.dim() + axis} must have length of at least {needed} "
                    f"but got: {input.shape[axis]}"
                )
        if 0 in sizes or not input.numel():
            return _nothing(input, sizes, is_forward)
        return transform(input, s=sizes, dim=axes)

    compute.__module__ = __name__
    kernel(op_type, "cpu", "gpu", host_inputs=("fft_length",))(compute)


def _nothing(input: Tensor, sizes: list[int], is_forward: bool) -> Tensor:
    """Return the empty result of a transform of nothing."""
    last = sizes[-1] // 2 + 1 if is_forward and sizes[-1] else sizes[-1]
    shape = (*input.shape[: input.dim() - len(sizes)], *sizes[:-1], last)
    dtype = input.dtype.to_complex() if is_forward else input.dtype.to_real()
    return torch.zeros(shape, dtype=dtype, device=input.device)


for _name, _rank, _transform in _TRANSFORMS:
    _register_complex(_name, _rank, _transform)
for _rank, _suffix in ((1, ""), (2, "2D"), (3, "3D")):
    _register_real(f"RFFT{_suffix}", _rank, True)
    _register_real(f"IRFFT{_suffix}", _rank, False)
