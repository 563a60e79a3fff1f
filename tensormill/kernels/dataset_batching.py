"""Kernels of datasets that put elements together and take them apart."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from tensormill.graph import dtypes, errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.dataset_base import (
    Chunk,
    Dataset,
    Element,
    Failure,
    Iteration,
    component_dims,
    unstacked,
)
from tensormill.kernels.dataset_stacking import groups, regrouped, stack_elements
from tensormill.kernels.dataset_transformations import DerivedDataset
from tensormill.kernels.registry import kernel
from tensormill.kernels.torch_dtypes import to_host, to_tensor

__all__ = ["BatchedDataset", "ListedDataset"]


class BatchedDataset(DerivedDataset):
    """Groups of elements, stacked."""

    def __init__(
        self, source: Dataset, size: int, drops_remainder: bool, dtypes: Any, dims: Any
    ) -> None:
        super().__init__(source, dtypes, dims)
        self._size = size
        self._drops_remainder = drops_remainder

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        if self.source.has_rows:
            found = self.source.rows(iteration)
            if found is not None:
                rows, chunks = found
                return map(rows.take, self._whole(regrouped(chunks, self._size)))
        return self._stacked(iteration)

    def _whole(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        if not self._drops_remainder:
            return chunks
        return (chunk for chunk in chunks if len(chunk) == self._size)

    def _stacked(self, iteration: Iteration) -> Iterator[Any]:
        source = self.source
        if source.is_mapped:
            yield from self._mapped(source, iteration)
            return
        items = source.elements(iteration)
        for group in groups(items, self._size, self._drops_remainder, source.is_mapped):
            yield group if type(group) is Failure else stack_elements(group, source.dtypes)

    def _mapped(self, source: Dataset, iteration: Iteration) -> Iterator[Any]:
        for block in source.blocks(iteration, self._size):
            if type(block) is tuple:
                is_whole = block[0].shape[0] == self._size
                stacked: Any = block
            else:
                is_whole = len(block) == self._size
                failure = next((item for item in block if type(item) is Failure), None)
                stacked = failure or (stack_elements(block, source.dtypes) if block else None)
            if type(stacked) is Failure or (
                stacked is not None and (is_whole or not self._drops_remainder)
            ):
                yield stacked

    def cardinality(self) -> int:
        return _batch_count(self.source, self._size, self._drops_remainder)


def _batch_count(source: Dataset, size: int, drops_remainder: bool) -> int:
    count = source.cardinality()
    if count < 0:
        return count
    return count // size if drops_remainder else -(-count // size)


def _checked_size(batch_size: Any, name: str = "Batch size") -> int:
    size = int(batch_size)
    if size <= 0:
        raise errors.invalid_argument(f"{name} must be greater than zero.")
    return size


@kernel("BatchDataset", "cpu", host_inputs=("batch_size",))
def batch_dataset(
    input_dataset: Any, batch_size: Any, *, output_types: Any, output_shapes: Any
) -> Dataset:
    size = _checked_size(batch_size)
    return BatchedDataset(input_dataset, size, False, output_types, output_shapes)


@kernel("BatchDatasetV2", "cpu", host_inputs=("batch_size", "drop_remainder"))
def batch_dataset_v2(
    input_dataset: Any,
    batch_size: Any,
    drop_remainder: Any,
    *,
    output_types: Any,
    output_shapes: Any,
) -> Dataset:
    size = _checked_size(batch_size)
    return BatchedDataset(input_dataset, size, bool(drop_remainder), output_types, output_shapes)


@kernel(
    "ParallelBatchDataset",
    "cpu",
    host_inputs=("batch_size", "num_parallel_calls", "drop_remainder"),
)
def parallel_batch_dataset(
    input_dataset: Any,
    batch_size: Any,
    num_parallel_calls: Any,
    drop_remainder: Any,
    *,
    output_types: Any,
    output_shapes: Any,
) -> Dataset:
    size = _checked_size(batch_size)
    return BatchedDataset(input_dataset, size, bool(drop_remainder), output_types, output_shapes)


class PaddedDataset(DerivedDataset):
    """Groups of elements, stacked after each component was padded to one size."""

    def __init__(
        self,
        source: Dataset,
        size: int,
        padded_shapes: list[list[int]],
        padding_values: list[Any],
        drops_remainder: bool,
        dtypes: Any,
        dims: Any,
    ) -> None:
        super().__init__(source, dtypes, dims)
        self._size = size
        self._padded_shapes = padded_shapes
        self._padding_values = padding_values
        self._drops_remainder = drops_remainder

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        for group in groups(self.source.elements(iteration), self._size, self._drops_remainder):
            if type(group) is Failure:
                yield group
                continue
            try:
                yield tuple(
                    self._pad(index, column)
                    for index, column in enumerate(zip(*group, strict=True))
                )
            except errors.OpError as error:
                yield Failure(error)

    def _pad(self, index: int, column: tuple[Any, ...]) -> Any:
        wanted = self._padded_shapes[index]
        shapes = [component_dims(value) for value in column]
        for shape in shapes:
            if len(shape) != len(wanted):
                raise errors.invalid_argument(
                    "All elements in a batch must have the same rank as the padded shape for "
                    f"component{index}: expected rank {len(wanted)} but got element with rank "
                    f"{len(shape)}"
                )
        sizes = []
        for axis, size in enumerate(wanted):
            largest = max(shape[axis] for shape in shapes)
            if size >= 0 and largest > size:
                raise errors.data_loss("Attempted to pad to a smaller size than the input element.")
            sizes.append(largest if size < 0 else size)
        dtype = self.dtypes[index]
        value = self._padding_values[index]
        if dtype is dtypes.string:
            fill = value if isinstance(value, bytes) else np.ravel(value)[0]
            result = np.empty((len(column), *sizes), object)
            result[...] = fill
        else:
            fill = to_host(value) if isinstance(value, torch.Tensor) else np.asarray(value)
            result = np.full((len(column), *sizes), fill.ravel()[0], dtype.as_numpy_dtype)
        for row, (item, shape) in enumerate(zip(column, shapes, strict=True)):
            host = to_host(item) if isinstance(item, torch.Tensor) else item
            place: Any = (row, *map(slice, shape))
            result[place] = host
        return result if dtype is dtypes.string else to_tensor(result)

    def cardinality(self) -> int:
        return _batch_count(self.source, self._size, self._drops_remainder)


def _padded(
    source: Dataset,
    batch_size: Any,
    padded_shapes: list[Any],
    padding_values: list[Any],
    drop_remainder: bool,
    types: Any,
    shapes: Any,
) -> Dataset:
    size = _checked_size(batch_size)
    wanted = [[int(n) for n in np.ravel(shape)] for shape in padded_shapes]
    for value in padding_values:
        if component_dims(value):
            raise errors.invalid_argument("All padding values must be scalars")
    return PaddedDataset(source, size, wanted, padding_values, drop_remainder, types, shapes)


@kernel("PaddedBatchDataset", "cpu", host_inputs=("batch_size", "padded_shapes"))
def padded_batch_dataset(
    input_dataset: Any,
    batch_size: Any,
    padded_shapes: list[Any],
    padding_values: list[Any],
    *,
    Toutput_types: Any,
    output_shapes: Any,
) -> Dataset:
    return _padded(
        input_dataset,
        batch_size,
        padded_shapes,
        padding_values,
        False,
        Toutput_types,
        output_shapes,
    )


@kernel(
    "PaddedBatchDatasetV2", "cpu", host_inputs=("batch_size", "padded_shapes", "drop_remainder")
)
def padded_batch_dataset_v2(
    input_dataset: Any,
    batch_size: Any,
    padded_shapes: list[Any],
    padding_values: list[Any],
    drop_remainder: Any,
    *,
    Toutput_types: Any,
    output_shapes: Any,
) -> Dataset:
    return _padded(
        input_dataset,
        batch_size,
        padded_shapes,
        padding_values,
        bool(drop_remainder),
        Toutput_types,
        output_shapes,
    )


class SparseBatches(DerivedDataset):
    """Groups of dense elements as one sparse tensor: its indices, values and shape."""

    def __init__(
        self, source: Dataset, size: int, row_shape: list[int], dtypes: Any, dims: Any
    ) -> None:
        super().__init__(source, dtypes, dims)
        self._size = size
        self._row_shape = row_shape

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        for group in groups(self.source.elements(iteration), self._size, False):
            if type(group) is Failure:
                yield group
                continue
            try:
                yield (self._sparse([element[0] for element in group]),)
            except errors.OpError as error:
                yield Failure(error)

    def _sparse(self, column: list[Any]) -> Any:
        arrays = [
            to_host(item) if isinstance(item, torch.Tensor) else np.asarray(item) for item in column
        ]
        sizes = list(self._row_shape)
        for array in arrays:
            if array.ndim != len(sizes):
                raise errors.invalid_argument(
                    f"Input element had shape ({format_dims(array.shape, 'kernel')}) that is "
                    "incompatible with the row shape"
                )
            for axis, size in enumerate(array.shape):
                if self._row_shape[axis] < 0:
                    sizes[axis] = max(sizes[axis], size)
                elif size > self._row_shape[axis]:
                    raise errors.data_loss("Input element is larger than the row shape")
        indices = [
            np.insert(np.argwhere(np.ones(array.shape, bool)), 0, row, axis=1)
            for row, array in enumerate(arrays)
        ]
        values = np.concatenate([array.ravel() for array in arrays])
        is_text = values.dtype == object
        made = np.empty(3, object)
        made[:] = [
            to_tensor(np.concatenate(indices).astype(np.int64)),
            values if is_text else to_tensor(values),
            to_tensor(np.array([len(arrays), *sizes], np.int64)),
        ]
        return made


@kernel("DenseToSparseBatchDataset", "cpu", host_inputs=("batch_size", "row_shape"))
@kernel("ExperimentalDenseToSparseBatchDataset", "cpu", host_inputs=("batch_size", "row_shape"))
def dense_to_sparse_batch_dataset(
    input_dataset: Any, batch_size: Any, row_shape: Any, *, output_types: Any, output_shapes: Any
) -> Dataset:
    size = _checked_size(batch_size)
    sizes = [int(n) for n in np.ravel(row_shape)]
    return SparseBatches(input_dataset, size, sizes, output_types, output_shapes)


class UnbatchedDataset(DerivedDataset):
    """The rows of the elements."""

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        for element in self.source.elements(iteration):
            if type(element) is Failure:
                yield element
                continue
            sizes = [component_dims(value)[:1] for value in element]
            if () in sizes:
                text = "Input element must have a non-scalar value in each component."
                yield Failure(errors.invalid_argument(text))
            elif len(set(sizes)) > 1:
                index = next(i for i, size in enumerate(sizes) if size != sizes[0])
                text = (
                    "Input element must have the same batch size in each component. Component 0 "
                    f"had size {sizes[0][0]} but component {index} had size, {sizes[index][0]}."
                )
                yield Failure(errors.invalid_argument(text))
            else:
                yield from zip(*map(unstacked, element), strict=True)


@kernel("UnbatchDataset", "cpu")
@kernel("ExperimentalUnbatchDataset", "cpu")
def unbatch_dataset(input_dataset: Any, *, output_types: Any, output_shapes: Any) -> Dataset:
    return UnbatchedDataset(input_dataset, output_types, output_shapes)


class RebatchedDataset(DerivedDataset):
    """The rows of the elements in batches of sizes that come by turns."""

    def __init__(
        self, source: Dataset, sizes: list[int], drops_remainder: bool, dtypes: Any, dims: Any
    ) -> None:
        super().__init__(source, dtypes, dims)
        self._sizes = sizes
        self._drops_remainder = drops_remainder

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        rows = UnbatchedDataset(self.source, self.dtypes, self.dims).elements(iteration)
        for size in itertools.cycle(self._sizes):
            group = next(groups(rows, size, self._drops_remainder), None)
            if group is None:
                return
            yield group if type(group) is Failure else stack_elements(group, self.dtypes)


@kernel("RebatchDatasetV2", "cpu", host_inputs=("batch_sizes", "drop_remainder"))
def rebatch_dataset_v2(
    input_dataset: Any,
    batch_sizes: Any,
    drop_remainder: Any,
    *,
    output_types: Any,
    output_shapes: Any,
) -> Dataset:
    sizes = [_checked_size(size) for size in np.ravel(batch_sizes)]
    if not sizes:
        raise errors.invalid_argument("Expected at least one batch size")
    return RebatchedDataset(input_dataset, sizes, bool(drop_remainder), output_types, output_shapes)


class ListedDataset(Dataset):
    """Elements that are there already."""

    def __init__(self, items: Sequence[Element], dtypes: Any, dims: Any) -> None:
        super().__init__(dtypes, dims)
        self._items = items

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        return iter(self._items)

    def cardinality(self) -> int:
        return len(self._items)


def _windows(
    items: Iterator[Any], size: int, shift: int, stride: int, drops_remainder: bool
) -> Iterator[Any]:
    """Yield lists of elements: `size` of them, `stride` apart, each list `shift` after the last."""
    held: list[Any] = []
    span = (size - 1) * stride + 1
    to_skip = 0
    is_finished = False
    while not is_finished:
        while len(held) < span:
            item = next(items, None)
            if item is None:
                is_finished = True
                break
            if type(item) is Failure:
                yield item
            elif to_skip:
                to_skip -= 1
            else:
                held.append(item)
        while held and (len(held) >= span or (is_finished and not drops_remainder)):
            yield held[:span:stride]
            to_skip += max(0, shift - len(held))
            held = held[shift:]
            if not is_finished:
                break


class _OfWindows(DerivedDataset):
    """What is made of windows of elements."""

    def __init__(
        self,
        source: Dataset,
        window: tuple[int, int, int],
        drops_remainder: bool,
        dtypes: Any,
        dims: Any,
    ) -> None:
        super().__init__(source, dtypes, dims)
        self._window = window
        self._drops_remainder = drops_remainder

    def windows(self, iteration: Iteration) -> Iterator[Any]:
        return _windows(self.source.elements(iteration), *self._window, self._drops_remainder)


class WindowedDataset(_OfWindows):
    """Windows of elements: for each component, a dataset."""

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        source = self.source
        for window in self.windows(iteration):
            if type(window) is Failure:
                yield window
                continue
            yield tuple(
                ListedDataset([(element[i],) for element in window], (dtype,), (dims,))
                for i, (dtype, dims) in enumerate(zip(source.dtypes, source.dims, strict=True))
            )

    def cardinality(self) -> int:
        count = self.source.cardinality()
        if count < 0:
            return count
        size, shift, stride = self._window
        if self._drops_remainder:
            return max(0, (count - ((size - 1) * stride + 1)) // shift + 1)
        return -(-count // shift)


def _checked_window(size: Any, shift: Any, stride: Any) -> tuple[int, int, int]:
    for name, value in (("size", size), ("shift", shift), ("stride", stride)):
        if int(value) <= 0:
            raise errors.invalid_argument(f"Window {name} must be greater than zero.")
    return int(size), int(shift), int(stride)


@kernel("WindowDataset", "cpu", host_inputs=("size", "shift", "stride", "drop_remainder"))
def window_dataset(
    input_dataset: Any,
    size: Any,
    shift: Any,
    stride: Any,
    drop_remainder: Any,
    *,
    output_types: Any,
    output_shapes: Any,
) -> Dataset:
    window = _checked_window(size, shift, stride)
    return WindowedDataset(input_dataset, window, bool(drop_remainder), output_types, output_shapes)


class SlidingDataset(_OfWindows):
    """Windows of elements, stacked."""

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        for window in self.windows(iteration):
            yield window if type(window) is Failure else stack_elements(window, self.dtypes)


def _sliding(
    input_dataset: Any,
    window_size: Any,
    window_shift: Any,
    window_stride: Any,
    *,
    output_types: Any,
    output_shapes: Any,
) -> Dataset:
    window = _checked_window(window_size, window_shift, window_stride)
    return SlidingDataset(input_dataset, window, True, output_types, output_shapes)


for _op_type in ("SlidingWindowDataset", "ExperimentalSlidingWindowDataset"):
    kernel(_op_type, "cpu", host_inputs=("window_size", "window_shift", "window_stride"))(_sliding)
