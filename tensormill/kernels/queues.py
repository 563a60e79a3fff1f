"""Kernels of queues, under both generations of op names.

The queues themselves are resources of the task (see `runtime.resources.queue`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tensormill.graph import errors
from tensormill.graph.dtypes import DType, int64
from tensormill.kernels.registry import (
    WAITS,
    KernelContext,
    async_kernel,
    kernel,
    resource_kernel,
)

_UNBOUNDED = 2**31 - 1
_SHARED: Mapping[int, bool] = {}
"""What `alone` is where others may read every component."""


def _find_queue(ctx: KernelContext, kind: str, **options: Any) -> Any:
    attrs = ctx.attrs
    dtypes, dims = tuple(attrs["component_types"]), tuple(attrs["shapes"])
    if kind == "PriorityQueue":  # it has its priority in front
        dims = ((), *dims) if dims else ()
        dtypes = (int64, *dtypes)
    for name in ("capacity", "min_after_dequeue"):
        _check_int32(name, attrs.get(name, 0))
    capacity = attrs["capacity"]
    return ctx.resources.queue(
        attrs["container"].decode(),
        attrs["shared_name"].decode(),
        ctx.node_name,
        kind=kind,
        op_type=ctx.op_type,
        capacity=_UNBOUNDED if capacity < 0 else capacity,
        dtypes=dtypes,
        dims=dims,
        **options,
    )


def _check_int32(name: str, value: int) -> None:
    if not -(2**31) <= value < 2**31:
        raise errors.invalid_argument(f"Attr {name} has value {value} out of range for an int32")


def find_fifo_queue(ctx: KernelContext) -> Any:
    return _find_queue(ctx, "FIFOQueue")


def find_random_shuffle_queue(ctx: KernelContext) -> Any:
    return _find_queue(
        ctx,
        "RandomShuffleQueue",
        min_after_dequeue=ctx.attrs["min_after_dequeue"],
        seeds=(ctx.attrs["seed"], ctx.attrs["seed2"]),
    )


def find_padding_fifo_queue(ctx: KernelContext) -> Any:
    return _find_queue(ctx, "PaddingFIFOQueue")


def find_priority_queue(ctx: KernelContext) -> Any:
    return _find_queue(ctx, "PriorityQueue")


def enqueue(
    handle: Any,
    components: list[Any],
    *,
    Tcomponents: tuple[DType, ...],
    timeout_ms: int,
    alone: Mapping[int, bool] = _SHARED,
    done: Any,
) -> None:
    _check_timeout(timeout_ms)
    handle.check_tuple(components, Tcomponents)
    handle.enqueue(components, alone, done)


def enqueue_at_once(
    handle: Any,
    components: list[Any],
    *,
    Tcomponents: tuple[DType, ...],
    timeout_ms: int,
    alone: Mapping[int, bool] = _SHARED,
) -> Any:
    _check_timeout(timeout_ms)
    handle.check_tuple(components, Tcomponents)
    return () if handle.offer(components, alone) else WAITS


def enqueue_many(
    handle: Any,
    components: list[Any],
    *,
    Tcomponents: tuple[DType, ...],
    timeout_ms: int,
    alone: Mapping[int, bool] = _SHARED,
    done: Any,
) -> None:
    _check_timeout(timeout_ms)
    count = handle.check_many(components, Tcomponents)
    if count:
        handle.enqueue_many(components, count, alone, done)
    else:
        done()


def enqueue_many_at_once(
    handle: Any,
    components: list[Any],
    *,
    Tcomponents: tuple[DType, ...],
    timeout_ms: int,
    alone: Mapping[int, bool] = _SHARED,
) -> Any:
    _check_timeout(timeout_ms)
    count = handle.check_many(components, Tcomponents)
    return () if not count or handle.offer_many(components, count, alone) else WAITS


def dequeue(handle: Any, *, component_types: tuple[DType, ...], timeout_ms: int, done: Any) -> None:
    _check_timeout(timeout_ms)
    handle.check_outputs(component_types)
    handle.dequeue(done)


def dequeue_at_once(
    handle: Any, *, component_types: tuple[DType, ...], timeout_ms: int
) -> Sequence[Any] | Any:
    _check_timeout(timeout_ms)
    handle.check_outputs(component_types)
    outputs = handle.poll()
    return WAITS if outputs is None else outputs


def dequeue_many(
    handle: Any, n: Any, *, component_types: tuple[DType, ...], timeout_ms: int, done: Any
) -> None:
    _check_timeout(timeout_ms)
    count = _count(n)
    handle.check_batches(count, component_types, "DequeueManyOp")
    handle.dequeue_many(count, False, done)


def dequeue_many_at_once(
    handle: Any, n: Any, *, component_types: tuple[DType, ...], timeout_ms: int
) -> Sequence[Any] | Any:
    _check_timeout(timeout_ms)
    count = _count(n)
    handle.check_batches(count, component_types, "DequeueManyOp")
    outputs = handle.poll_many(count)
    return WAITS if outputs is None else outputs


def dequeue_up_to(
    handle: Any, n: Any, *, component_types: tuple[DType, ...], timeout_ms: int, done: Any
) -> None:
    _check_timeout(timeout_ms)
    count = _count(n)
    handle.check_batches(count, component_types, "DequeueUpToOp")
    handle.dequeue_many(count, True, done)


def dequeue_up_to_at_once(
    handle: Any, n: Any, *, component_types: tuple[DType, ...], timeout_ms: int
) -> Sequence[Any] | Any:
    _check_timeout(timeout_ms)
    count = _count(n)
    handle.check_batches(count, component_types, "DequeueUpToOp")
    outputs = handle.poll_many(count)
    return WAITS if outputs is None else outputs


def close(handle: Any, *, cancel_pending_enqueues: bool, done: Any) -> None:
    handle.close(cancel_pending_enqueues, done)


def is_closed(handle: Any) -> np.bool_:
    return np.bool_(handle.is_closed())


def size(handle: Any) -> np.int32:
    return np.int32(handle.size())


def _count(n: Any) -> int:
    """Return the number of elements that is asked for: in a tensor of whatever rank."""
    if np.size(n) != 1:
        raise errors.invalid_argument(
            f"The number of elements to dequeue must be one number, but has shape {np.shape(n)}"
        )
    return int(np.asarray(n).item())


def _check_timeout(timeout_ms: int) -> None:
    if timeout_ms != -1:
        raise errors.invalid_argument("Timeout not supported yet.")


for _version in ("", "V2"):
    resource_kernel(f"FIFOQueue{_version}", "cpu")(find_fifo_queue)
    resource_kernel(f"RandomShuffleQueue{_version}", "cpu")(find_random_shuffle_queue)
    resource_kernel(f"PaddingFIFOQueue{_version}", "cpu")(find_padding_fifo_queue)
    resource_kernel(f"PriorityQueue{_version}", "cpu")(find_priority_queue)
    async_kernel(
        f"QueueEnqueue{_version}", "cpu", native_inputs=("components",), at_once=enqueue_at_once
    )(enqueue)
    async_kernel(f"QueueEnqueueMany{_version}", "cpu", at_once=enqueue_many_at_once)(enqueue_many)
    async_kernel(f"QueueDequeue{_version}", "cpu", at_once=dequeue_at_once)(dequeue)
    async_kernel(
        f"QueueDequeueMany{_version}", "cpu", host_inputs=("n",), at_once=dequeue_many_at_once
    )(dequeue_many)
    async_kernel(
        f"QueueDequeueUpTo{_version}", "cpu", host_inputs=("n",), at_once=dequeue_up_to_at_once
    )(dequeue_up_to)
    async_kernel(f"QueueClose{_version}", "cpu")(close)
    kernel(f"QueueIsClosed{_version}", "cpu", host_outputs=("is_closed",))(is_closed)
    kernel(f"QueueSize{_version}", "cpu", host_outputs=("size",))(size)


@kernel("FakeQueue", "cpu", aliases=True)
def fake_queue(resource: Any) -> Any:
    return resource
