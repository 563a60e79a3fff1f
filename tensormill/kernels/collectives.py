"""Kernels of reductions and the like over the devices of a step (`runtime.resources.collective`).

Source: TensorFlow 1.15, core/kernels/collective_ops.cc.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import KernelContext, async_kernel

Tensor = torch.Tensor

_MERGES: dict[bytes, Callable[[Tensor, Tensor], Tensor]] = {
    b"Add": torch.add,
    b"Mul": torch.mul,
    b"Min": torch.minimum,
    b"Max": torch.maximum,
}


def _join(ctx: KernelContext, combine: Callable[[dict[str, Any]], Any]) -> Any:
    attrs = ctx.attrs
    collectives = ctx.resources.collectives()
    keys = attrs["group_key"], attrs["instance_key"], attrs["group_size"], ctx.device_name

    def join(*given: Tensor, done: Any) -> None:
        collectives.join(*keys, given[0] if given else None, combine, done)

    return join


def _here(ctx: KernelContext, values: dict[str, Any]) -> list[Tensor]:
    """Return the values, in the order of the devices, on the device of this node."""
    return [value.to(ctx.torch_device) for value in values.values() if value is not None]


def _check_equal(values: list[Tensor], begin: int) -> None:
    first = values[0].shape
    for value in values:
        if value.ndim != len(first) or value.shape[begin:] != first[begin:]:
            raise errors.invalid_argument(
                "Shape mismatch in the collective instance: expected shape "
                f"{format_dims(tuple(first), 'kernel')}, got shape "
                f"{format_dims(tuple(value.shape), 'kernel')}"
            )


@async_kernel("CollectiveReduce", "cpu", "gpu", is_factory=True)
def make_reduce(ctx: KernelContext) -> Any:
    merge, divides = _MERGES[ctx.attrs["merge_op"]], ctx.attrs["final_op"] == b"Div"

    def combine(values: dict[str, Any]) -> Tensor:
        parts = _here(ctx, values)
        _check_equal(parts, 0)
        merged = reduce(merge, parts)
        if not divides:
            return merged
        if merged.is_floating_point():
            return merged / len(parts)
        return torch.div(merged, len(parts), rounding_mode="trunc")

    return _join(ctx, combine)


@async_kernel("CollectiveGather", "cpu", "gpu", is_factory=True)
def make_gather(ctx: KernelContext) -> Any:
    def combine(values: dict[str, Any]) -> Tensor:
        parts = _here(ctx, values)
        _check_equal(parts, 1)
        return torch.cat(parts)

    return _join(ctx, combine)


@async_kernel("CollectiveBcastSend", "cpu", "gpu", is_factory=True)
@async_kernel("CollectiveBcastRecv", "cpu", "gpu", is_factory=True)
def make_broadcast(ctx: KernelContext) -> Any:
    wanted = ctx.attrs["shape"]

    def combine(values: dict[str, Any]) -> Tensor:
        sent = _here(ctx, values)
        if len(sent) != 1:
            raise errors.internal(f"A broadcast needs one sender, got {len(sent)}")
        if tuple(sent[0].shape) != wanted:
            raise errors.internal(
                f"Declared shape of op {ctx.node_name} does not match shape of input"
            )
        return sent[0].clone()

    return _join(ctx, combine)
