"""Kernels of datasets that gather elements by keys that a function gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tensormill.graph import errors
from tensormill.kernels.dataset_base import Dataset, DatasetFunction, Failure, Iteration
from tensormill.kernels.dataset_batching import ListedDataset
from tensormill.kernels.dataset_transformations import DerivedDataset
from tensormill.kernels.registry import KernelContext, kernel_factory

__all__: list[str] = []

Bound = tuple[DatasetFunction, list[Any]]


class WindowsByKey(DerivedDataset):
    """The elements of the datasets that a function makes of windows of elements with one key."""

    def __init__(
        self, source: Dataset, key: Bound, reduce: Bound, size: Bound, dtypes: Any, dims: Any
    ) -> None:
        super().__init__(source, dtypes, dims)
        self._functions = (key, reduce, size)

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        key_of, reduce, size_of = (f.bind(c, iteration) for f, c in self._functions)
        windows: dict[int, list[Any]] = {}
        sizes: dict[int, int] = {}
        source = self.source

        def reduced(key: Any, window: list[Any]) -> Iterator[Any]:
            try:
                made = reduce(key, ListedDataset(window, source.dtypes, source.dims))[0]
            except Exception as error:  # noqa: BLE001 - whoever asked for the element gets it
                yield Failure(error)
                return
            yield from made.elements(iteration)

        keys: dict[int, Any] = {}
        for element in source.elements(iteration):
            if type(element) is Failure:
                yield element
                continue
            try:
                key = key_of(*element)[0]
                number = int(key)
                if number not in sizes:
                    sizes[number] = _checked_size(size_of(key)[0])
            except Exception as error:  # noqa: BLE001 - whoever asked for the element gets it
                yield Failure(error)
                continue
            keys[number] = key
            window = windows.setdefault(number, [])
            window.append(element)
            if len(window) == sizes[number]:
                del windows[number], sizes[number]
                yield from reduced(key, window)
        for number in sorted(windows):
            yield from reduced(keys[number], windows[number])


def _checked_size(value: Any) -> int:
    size = int(value)
    if size <= 0:
        raise errors.invalid_argument(f"Window size must be greater than zero, but got {size}.")
    return size


@kernel_factory("GroupByWindowDataset", "cpu")
@kernel_factory("ExperimentalGroupByWindowDataset", "cpu")
def group_by_window_dataset(ctx: KernelContext) -> Any:
    key, reduce, size = (
        ctx.function(ctx.attrs[name]) for name in ("key_func", "reduce_func", "window_size_func")
    )
    dtypes, dims = ctx.attrs["output_types"], ctx.attrs["output_shapes"]

    def make(
        input_dataset: Any, key_args: list[Any], reduce_args: list[Any], size_args: list[Any]
    ) -> Dataset:
        return WindowsByKey(
            input_dataset, (key, key_args), (reduce, reduce_args), (size, size_args), dtypes, dims
        )

    return make


class ReducedByKey(DerivedDataset):
    """One element a key: what functions make of all elements with it."""

    def __init__(self, source: Dataset, functions: list[Bound], dtypes: Any, dims: Any) -> None:
        super().__init__(source, dtypes, dims)
        self._functions = functions

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        key_of, begin, reduce, finish = (f.bind(c, iteration) for f, c in self._functions)
        states: dict[int, Any] = {}
        for element in self.source.elements(iteration):
            if type(element) is Failure:
                yield element
                continue
            try:
                key = key_of(*element)[0]
                number = int(key)
                if number not in states:
                    states[number] = begin(key)
                states[number] = reduce(*states[number], *element)
            except Exception as error:  # noqa: BLE001 - whoever asked for the element gets it
                yield Failure(error)
        for number in sorted(states):
            try:
                yield finish(*states[number])
            except Exception as error:  # noqa: BLE001 - whoever asked for the element gets it
                yield Failure(error)


@kernel_factory("GroupByReducerDataset", "cpu")
@kernel_factory("ExperimentalGroupByReducerDataset", "cpu")
def group_by_reducer_dataset(ctx: KernelContext) -> Any:
    functions = [
        ctx.function(ctx.attrs[f"{name}_func"]) for name in ("key", "init", "reduce", "finalize")
    ]
    dtypes, dims = ctx.attrs["output_types"], ctx.attrs["output_shapes"]

    def make(input_dataset: Any, *captured: list[Any]) -> Dataset:
        bound = list(zip(functions, captured, strict=True))
        return ReducedByKey(input_dataset, bound, dtypes, dims)

    return make
