"""Kernels of datasets that begin a pipeline."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from tensormill.graph import dtypes, errors
from tensormill.graph.dtypes import DType
from tensormill.graph.shapes import Dims
from tensormill.kernels.dataset_base import (
    INFINITE,
    Chunk,
    Dataset,
    DatasetFunction,
    Failure,
    Iteration,
    Rows,
    Seeds,
    component_dims,
)
from tensormill.kernels.philox import PhiloxWords
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory

__all__ = ["SlicesDataset"]

_RANGE_BLOCK = 4096


class TensorsDataset(Dataset):
    """One element: the given tensors."""

    def __init__(self, components: list[Any], dtypes: list[DType], dims: list[Dims]) -> None:
        super().__init__(dtypes, dims)
        self._element = tuple(map(_component, components))

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        return iter((self._element,))

    def cardinality(self) -> int:
        return 1


def _component(value: Any) -> Any:
    if type(value) is np.ndarray and value.ndim == 0 and value.dtype == object:
        return value[()]
    return value


@kernel("TensorDataset", "cpu")
def tensor_dataset(components: list[Any], *, Toutput_types: Any, output_shapes: Any) -> Dataset:
    return TensorsDataset(components, Toutput_types, output_shapes)


class SlicesDataset(Dataset):
    """The rows of arrays."""

    def __init__(self, components: list[Any], dtypes: Any, dims: Any) -> None:
        super().__init__(dtypes, dims)
        self._rows = Rows(components)

    def rows(self, iteration: Iteration) -> tuple[Rows, Iterator[Chunk]]:
        return self._rows, iter((range(self._rows.count),))

    @property
    def has_rows(self) -> bool:
        return True

    def cardinality(self) -> int:
        return self._rows.count


@kernel("TensorSliceDataset", "cpu")
def tensor_slice_dataset(
    components: list[Any], *, Toutput_types: Any, output_shapes: Any
) -> Dataset:
    count = component_dims(components[0])[:1]
    for index, component in enumerate(components):
        shape = component_dims(component)
        if not shape:
            raise errors.invalid_argument(
                f"All components must be at least 1-dimensional; component {index} is a scalar"
            )
        if shape[:1] != count:
            raise errors.invalid_argument(
                "All components must have the same size in the 0th dimension"
            )
    return SlicesDataset(components, Toutput_types, output_shapes)


class SparseSlicesDataset(Dataset):
    """The rows of a sparse tensor: indices, values and shape of each."""

    def __init__(self, indices: Any, values: Any, dense_shape: Any, dtype: DType) -> None:
        self._indices = np.asarray(indices)
        self._values = values
        self._shape = np.asarray(dense_shape)
        rank = len(self._shape)
        super().__init__(
            (dtypes.int64, dtype, dtypes.int64), ((None, rank - 1), (None,), (rank - 1,))
        )

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        rows = self._indices[:, 0]
        row_shape = self._shape[1:].copy()
        at = 0
        for row in range(int(self._shape[0])):
            end = int(np.searchsorted(rows, row, side="right"))
            yield self._indices[at:end, 1:], self._values[at:end], row_shape
            at = end

    def cardinality(self) -> int:
        return int(self._shape[0])


@kernel("SparseTensorSliceDataset", "cpu", host_inputs=("indices", "dense_shape"))
def sparse_tensor_slice_dataset(
    indices: Any, values: Any, dense_shape: Any, *, Tvalues: DType
) -> Dataset:
    rows = np.asarray(indices)[:, 0] if np.ndim(indices) == 2 else np.zeros(0)
    if np.any(np.diff(rows) < 0):
        raise errors.unimplemented(
            "The SparseTensor must be ordered in the batch dimension; handling arbitrarily ordered "
            "input is not currently supported."
        )
    return SparseSlicesDataset(indices, values, dense_shape, Tvalues)


class RangeDataset(Dataset):
    """Numbers from start to stop."""

    def __init__(self, start: int, stop: int, step: int, dtypes: Any, dims: Any) -> None:
        super().__init__(dtypes, dims)
        self._range = range(start, stop, step)
        self._numpy_type = self.dtypes[0].as_numpy_dtype

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        if self._numpy_type is np.int64:
            return zip(map(np.int64, self._range), strict=False)
        return ((self._numpy_type(number),) for number in self._range)

    def rows(self, iteration: Iteration) -> tuple[Rows, Iterator[Chunk]] | None:
        if not self.has_rows:
            return None
        numbers = np.arange(self._range.start, self._range.stop, self._range.step)
        array = torch.from_numpy(numbers.astype(self._numpy_type))
        return Rows([array]), iter((range(len(self._range)),))

    @property
    def has_rows(self) -> bool:
        return len(self._range) <= 1 << 20 and self._numpy_type in _RANGE_TYPES

    def cardinality(self) -> int:
        return len(self._range)


_RANGE_TYPES = (np.int64, np.int32, np.float32, np.float64)


@kernel("RangeDataset", "cpu", host_inputs=("start", "stop", "step"))
def range_dataset(
    start: Any, stop: Any, step: Any, *, output_types: Any, output_shapes: Any
) -> Dataset:
    if int(step) == 0:
        raise errors.invalid_argument("step must be a non-zero integer.")
    return RangeDataset(int(start), int(stop), int(step), output_types, output_shapes)


_RANDOM_BLOCK = 64


class RandomNumbers(Dataset):
    """Random integers below 2**32, without end."""

    def __init__(self, seed: Any, seed2: Any, dtypes: Any, dims: Any) -> None:
        super().__init__(dtypes, dims)
        self._seeds = Seeds((seed, seed2), is_fixed=True)

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        words = PhiloxWords(*iteration.drawn(self._seeds))
        while True:
            for number in words.take(_RANDOM_BLOCK).astype(np.int64):
                yield (number,)

    def cardinality(self) -> int:
        return INFINITE


@kernel("RandomDataset", "cpu", host_inputs=("seed", "seed2"))
@kernel("ExperimentalRandomDataset", "cpu", host_inputs=("seed", "seed2"))
def random_dataset(seed: Any, seed2: Any, *, output_types: Any, output_shapes: Any) -> Dataset:
    return RandomNumbers(seed, seed2, output_types, output_shapes)


class GeneratorDataset(Dataset):
    """What a function returns call after call, until it is out of range."""

    def __init__(
        self, functions: list[tuple[DatasetFunction, list[Any]]], dtypes: Any, dims: Any
    ) -> None:
        super().__init__(dtypes, dims)
        self._functions = functions

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        begin, following, finish = (f.bind(c, iteration) for f, c in self._functions)
        try:
            state = begin()
        except errors.OpError as error:
            yield Failure(error)
            return
        try:
            while True:
                try:
                    element = following(*state)
                except errors.OutOfRangeError:
                    return
                except errors.OpError as error:
                    # The next call may go well: the function knows where it stands.
                    yield Failure(error)
                else:
                    yield element
        finally:
            finish(*state)


@kernel_factory("GeneratorDataset", "cpu")
def generator_dataset(ctx: KernelContext) -> Any:
    functions = [ctx.function(ctx.attrs[f"{name}_func"]) for name in ("init", "next", "finalize")]
    dtypes, dims = ctx.attrs["output_types"], ctx.attrs["output_shapes"]

    def make(init: list[Any], following: list[Any], finalize: list[Any]) -> Dataset:
        captured = (init, following, finalize)
        return GeneratorDataset(list(zip(functions, captured, strict=True)), dtypes, dims)

    return make


class NamesDataset(Dataset):
    """The names of files that match patterns."""

    def __init__(self, patterns: list[bytes]) -> None:
        super().__init__([dtypes.string], [()])
        self._patterns = patterns

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        names = {name for pattern in self._patterns for name in glob.glob(pattern)}
        return iter([(name,) for name in sorted(names)])


@kernel("MatchingFilesDataset", "cpu")
@kernel("ExperimentalMatchingFilesDataset", "cpu")
def matching_files_dataset(patterns: Any) -> Dataset:
    return NamesDataset([bytes(p) for p in np.ravel(patterns)])
