"""Kernels of staging areas (the resources: `runtime.resources.staging`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.kernels.registry import KernelContext, async_kernel, kernel_factory
from tensormill.kernels.value_types import as_ints, owned_copy

Area = Callable[[KernelContext], Any]


def _list_area(ctx: KernelContext) -> Any:
    attrs = ctx.attrs
    return ctx.resources.staging_area(
        attrs["container"].decode(),
        attrs["shared_name"].decode(),
        ctx.node_name,
        attrs["capacity"],
        attrs["memory_limit"],
    )


def _map_area(ctx: KernelContext, is_ordered: bool) -> Any:
    attrs = ctx.attrs
    return ctx.resources.staging_area(
        attrs["container"].decode(),
        attrs["shared_name"].decode(),
        ctx.node_name,
        attrs["capacity"],
        attrs["memory_limit"],
        is_ordered,
    )


def _plain_area(ctx: KernelContext) -> Any:
    return _map_area(ctx, is_ordered=False)


def _ordered_area(ctx: KernelContext) -> Any:
    return _map_area(ctx, is_ordered=True)


@async_kernel("Stage", "cpu", "gpu", is_factory=True)
def make_stage(ctx: KernelContext) -> Any:
    area = _list_area(ctx)

    def stage(values: list[Any], *, done: Any) -> None:
        area.put(list(map(owned_copy, values)), done)

    return stage


@async_kernel("Unstage", "cpu", "gpu", is_factory=True)
def make_unstage(ctx: KernelContext) -> Any:
    area = _list_area(ctx)

    def unstage(*, done: Any) -> None:
        area.get(done)

    return unstage


@async_kernel("StagePeek", "cpu", "gpu", host_inputs=("index",), is_factory=True)
def make_peek(ctx: KernelContext) -> Any:
    area = _list_area(ctx)

    def peek(index: Any, *, done: Any) -> None:
        area.peek(int(index), done)

    return peek


def _make_clear(find: Area) -> Callable[[KernelContext], Any]:
    def make(ctx: KernelContext) -> Any:
        area = find(ctx)

        def clear(*, done: Any) -> None:
            area.clear(done)

        return clear

    return make


def _make_size(find: Area, is_incomplete: bool = False) -> Callable[[KernelContext], Any]:
    def make(ctx: KernelContext) -> Any:
        area = find(ctx)
        count = area.incomplete_size if is_incomplete else area.size

        def size() -> np.int32:
            return np.int32(count())

        return size

    return make


async_kernel("StageClear", "cpu", "gpu", is_factory=True)(_make_clear(_list_area))
kernel_factory("StageSize", "cpu", "gpu", host_outputs=("size",))(_make_size(_list_area))


def _make_put(find: Area) -> Callable[[KernelContext], Any]:
    def make(ctx: KernelContext) -> Any:
        area, width = find(ctx), len(ctx.attrs["dtypes"])

        def put(key: Any, indices: Any, values: list[Any], *, done: Any) -> None:
            area.put(int(key), as_ints(indices), list(map(owned_copy, values)), width, done)

        return put

    return make


def _make_get(find: Area) -> Callable[[KernelContext], Any]:
    def make(ctx: KernelContext) -> Any:
        area = find(ctx)

        def get(key: Any, indices: Any, *, done: Any) -> None:
            area.get(int(key), as_ints(indices), done)

        return get

    return make


def _make_get_any(find: Area) -> Callable[[KernelContext], Any]:
    def make(ctx: KernelContext) -> Any:
        area = find(ctx)

        def get_any(indices: Any, *, done: Any) -> None:
            area.get_any(as_ints(indices), _WithKey(done))

        return get_any

    return make


def _make_peek(find: Area) -> Callable[[KernelContext], Any]:
    def make(ctx: KernelContext) -> Any:
        area = find(ctx)

        def peek(key: Any, indices: Any, *, done: Any) -> None:
            area.peek(int(key), as_ints(indices), done)

        return peek

    return make


class _WithKey:
    """Reports key and values as the outputs of one node."""

    __slots__ = ("_done", "step")

    def __init__(self, done: Any) -> None:
        self._done = done
        self.step = done.step

    def __call__(self, made: tuple[int, list[Any]]) -> None:
        key, values = made
        self._done([np.int64(key), *values])

    def fail(self, error: BaseException) -> None:
        self._done.fail(error)


for _prefix, _find in (("", _plain_area), ("Ordered", _ordered_area)):
    _by_key = ("key", "indices")
    async_kernel(f"{_prefix}MapStage", "cpu", "gpu", host_inputs=_by_key, is_factory=True)(
        _make_put(_find)
    )
    async_kernel(f"{_prefix}MapUnstage", "cpu", "gpu", host_inputs=_by_key, is_factory=True)(
        _make_get(_find)
    )
    async_kernel(f"{_prefix}MapPeek", "cpu", "gpu", host_inputs=_by_key, is_factory=True)(
        _make_peek(_find)
    )
    async_kernel(
        f"{_prefix}MapUnstageNoKey",
        "cpu",
        "gpu",
        host_inputs=("indices",),
        host_outputs=("key",),
        is_factory=True,
    )(_make_get_any(_find))
    async_kernel(f"{_prefix}MapClear", "cpu", "gpu", is_factory=True)(_make_clear(_find))
    kernel_factory(f"{_prefix}MapSize", "cpu", "gpu", host_outputs=("size",))(_make_size(_find))
    kernel_factory(f"{_prefix}MapIncompleteSize", "cpu", "gpu", host_outputs=("size",))(
        _make_size(_find, is_incomplete=True)
    )
