"""Kernels of barriers (the resource: `runtime.resources.barrier`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.kernels.registry import KernelContext, async_kernel, kernel, resource_kernel


@resource_kernel("Barrier", "cpu")
def find_barrier(ctx: KernelContext) -> Any:
    attrs = ctx.attrs
    return ctx.resources.barrier(
        attrs["container"].decode(),
        attrs["shared_name"].decode(),
        ctx.node_name,
        attrs["component_types"],
        attrs["shapes"],
    )


@async_kernel("BarrierInsertMany", "cpu")
def insert_many(handle: Any, keys: Any, values: Any, *, component_index: int, done: Any) -> None:
    handle.insert(keys, values, component_index, done)


@async_kernel("BarrierTakeMany", "cpu", host_inputs=("num_elements",))
def take_many(handle: Any, num_elements: Any, *, allow_small_batch: bool, done: Any) -> None:
    handle.take(int(num_elements), allow_small_batch, done)


@async_kernel("BarrierClose", "cpu")
def close(handle: Any, *, cancel_pending_enqueues: bool, done: Any) -> None:
    handle.close(cancel_pending_enqueues, done)


@kernel("BarrierReadySize", "cpu", host_outputs=("size",))
def ready_size(handle: Any) -> np.int32:
    return np.int32(handle.ready_size())


@kernel("BarrierIncompleteSize", "cpu", host_outputs=("size",))
def incomplete_size(handle: Any) -> np.int32:
    return np.int32(handle.incomplete_size())
