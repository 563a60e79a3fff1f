"""Kernels of mutexes (the resource: `runtime.resources.mutex`)."""

from __future__ import annotations

from typing import Any

from tensormill.kernels.registry import KernelContext, async_kernel, kernel, resource_kernel


@resource_kernel("MutexV2", "cpu", "gpu")
def find_mutex(ctx: KernelContext) -> Any:
    attrs = ctx.attrs
    return ctx.resources.mutex(
        attrs["container"].decode(), attrs["shared_name"].decode(), ctx.node_name
    )


@async_kernel("MutexLock", "cpu", "gpu")
def lock(mutex: Any, *, done: Any) -> None:
    mutex.lock(done)


@kernel("ConsumeMutexLock", "cpu", "gpu")
def consume_lock(mutex_lock: Any) -> None:
    mutex_lock.release()
