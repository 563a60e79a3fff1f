"""Kernels of conditional accumulators (the resources: `runtime.resources.accumulator`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.kernels.registry import (
    WAITS,
    KernelContext,
    async_kernel,
    kernel,
    resource_kernel,
)

_TYPES = {"dtype": ("float16", "float32", "float64")}


def _find(ctx: KernelContext, is_sparse: bool) -> Any:
    attrs = ctx.attrs
    return ctx.resources.accumulator(
        attrs["container"].decode(),
        attrs["shared_name"].decode(),
        ctx.node_name,
        dtype=attrs["dtype"],
        dims=attrs["shape"],
        is_sparse=is_sparse,
        is_mean=attrs["reduction_type"] == b"MEAN",
    )


@resource_kernel("ConditionalAccumulator", "cpu", types=_TYPES)
@resource_kernel("ResourceConditionalAccumulator", "cpu", types=_TYPES)
def find_accumulator(ctx: KernelContext) -> Any:
    return _find(ctx, is_sparse=False)


@resource_kernel("SparseConditionalAccumulator", "cpu", types=_TYPES)
def find_sparse_accumulator(ctx: KernelContext) -> Any:
    return _find(ctx, is_sparse=True)


@kernel("AccumulatorApplyGradient", "cpu", types=_TYPES, host_inputs=("local_step",))
@kernel("ResourceAccumulatorApplyGradient", "cpu", types=_TYPES, host_inputs=("local_step",))
def apply_gradient(handle: Any, local_step: Any, gradient: torch.Tensor, *, dtype: DType) -> None:
    handle.check(dtype, is_sparse=False)
    handle.apply(gradient, int(local_step))


@kernel("SparseAccumulatorApplyGradient", "cpu", types=_TYPES, host_inputs=("local_step",))
def apply_sparse_gradient(
    handle: Any,
    local_step: Any,
    gradient_indices: torch.Tensor,
    gradient_values: torch.Tensor,
    gradient_shape: torch.Tensor,
    *,
    dtype: DType,
    has_known_shape: bool,
) -> None:
    handle.check(dtype, is_sparse=True)
    shape = gradient_shape if has_known_shape else None
    handle.apply((gradient_indices, gradient_values, shape), int(local_step))


def _required(handle: Any, num_required: Any, dtype: DType, is_sparse: bool) -> int:
    handle.check(dtype, is_sparse)
    required = int(num_required)
    if required <= 0:
        raise errors.invalid_argument(f"Argument num_required must be positive, but was {required}")
    return required


def take_gradient(handle: Any, num_required: Any, *, dtype: DType, done: Any) -> None:
    required = _required(handle, num_required, dtype, is_sparse=False)
    handle.take(required, _Single(done))


def take_gradient_at_once(handle: Any, num_required: Any, *, dtype: DType) -> Any:
    made = handle.poll(_required(handle, num_required, dtype, is_sparse=False))
    return WAITS if made is None else made[0]


def take_sparse_gradient(handle: Any, num_required: Any, *, dtype: DType, done: Any) -> None:
    handle.take(_required(handle, num_required, dtype, is_sparse=True), done)


def take_sparse_gradient_at_once(
    handle: Any, num_required: Any, *, dtype: DType
) -> Sequence[Any] | Any:
    made = handle.poll(_required(handle, num_required, dtype, is_sparse=True))
    return WAITS if made is None else made


class _Single:
    """Reports the one output of an operation bare, as kernels with one output do."""

    __slots__ = ("_done", "instruction", "step")

    def __init__(self, done: Any) -> None:
        self._done = done
        self.step = done.step
        self.instruction = done.instruction

    def __call__(self, outputs: list[Any]) -> None:
        self._done(outputs[0])

    def fail(self, error: BaseException) -> None:
        self._done.fail(error)


for _prefix in ("", "Resource"):
    async_kernel(
        f"{_prefix}AccumulatorTakeGradient",
        "cpu",
        types=_TYPES,
        host_inputs=("num_required",),
        at_once=take_gradient_at_once,
    )(take_gradient)
async_kernel(
    "SparseAccumulatorTakeGradient",
    "cpu",
    types=_TYPES,
    host_inputs=("num_required",),
    at_once=take_sparse_gradient_at_once,
)(take_sparse_gradient)


@kernel("AccumulatorNumAccumulated", "cpu", host_outputs=("num_accumulated",))
@kernel("ResourceAccumulatorNumAccumulated", "cpu", host_outputs=("num_accumulated",))
def num_accumulated(handle: Any) -> np.int32:
    return np.int32(handle.count())


@kernel("AccumulatorSetGlobalStep", "cpu", host_inputs=("new_global_step",))
@kernel("ResourceAccumulatorSetGlobalStep", "cpu", host_inputs=("new_global_step",))
def set_global_step(handle: Any, new_global_step: Any) -> None:
    handle.set_global_step(int(new_global_step))
