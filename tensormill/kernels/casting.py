"""Kernels of changes of dtype."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import KernelContext, host_kernel, kernel_factory
from tensormill.kernels.torch_dtypes import is_number, torch_dtype

Tensor = torch.Tensor


@kernel_factory("Cast", "cpu", "gpu")
def make_cast(ctx: KernelContext) -> Any:
    given, wanted = ctx.attrs["SrcT"], ctx.attrs["DstT"]
    if given is not wanted and not (is_number(given) and is_number(wanted)):
        return _cannot_cast(given, wanted)
    source, target = torch_dtype(ctx.attrs["SrcT"]), torch_dtype(ctx.attrs["DstT"])
    if source.is_complex and not target.is_complex:

        def cast_real_part(x: Tensor) -> Tensor:
            return x.real.to(target)

        return cast_real_part
    if source.is_floating_point and target is torch.bool:
        return torch.Tensor.bool

    mask = _KEPT_BITS.get((source, target)) if ctx.attrs["Truncate"] else None
    if mask is not None:
        bits, kept = mask

        def cast_truncated(x: Tensor) -> Tensor:
            rounded = (x.view(bits) & kept).view(source).to(target)
            return torch.where(x.isnan(), x.to(target), rounded)

        return cast_truncated

    def cast(x: Tensor) -> Tensor:
        return x.to(target, copy=True)

    return cast


_KEPT_BITS = {
    (torch.float32, torch.bfloat16): (torch.int32, -1 << 16),
    (torch.float32, torch.float16): (torch.int32, -1 << 13),
    (torch.float64, torch.float32): (torch.int64, -1 << 29),
    (torch.float64, torch.float16): (torch.int64, -1 << 42),
}
"""By source and target: the integers of the source's size, and the bits that truncating keeps."""


def _cannot_cast(given: DType, wanted: DType) -> Any:
    def refuse(x: Any) -> Any:
        raise errors.unimplemented(f"Cast {given.name} to {wanted.name} is not supported")

    return refuse


@kernel_factory("Bitcast", "cpu", "gpu", aliases=True)
def make_bitcast(ctx: KernelContext) -> Any:
    source, target = ctx.attrs["T"], ctx.attrs["type"]
    dtype = torch_dtype(target)
    if source.size == target.size:

        def bitcast(value: Tensor) -> Tensor:
            return value.view(dtype)

        return bitcast
    if source.size > target.size:
        ratio = source.size // target.size

        def bitcast_narrower(value: Tensor) -> Tensor:
            return value.contiguous().unsqueeze(-1).view(dtype).reshape(*value.shape, ratio)

        return bitcast_narrower
    ratio = target.size // source.size

    def bitcast_wider(value: Tensor) -> Tensor:
        if not value.dim() or value.shape[-1] != ratio:
            raise errors.invalid_argument(
                f"Cannot bitcast from {source.name} to {target.name}: shape "
                f"{format_dims(tuple(value.shape), 'kernel')}"
            )
        return value.contiguous().view(dtype).squeeze(-1)

    return bitcast_wider


def _cast_scalar(x: Any, *, DstT: DType) -> Any:
    return np.asarray(x).astype(DstT.as_numpy_dtype)[()]


host_kernel("Cast", _cast_scalar, ("float32", "float64", "int32", "int64", "bool"))
