"""`tf.data.Dataset`: the sources of pipelines and their transformations.

Source: TensorFlow 1.15, python/data/ops/dataset_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.data import nest, sources
from tensormill.data.base import (
    NESTED_MAKERS,
    DatasetBase,
    as_int64,
    as_string,
    flat_attrs,
    seed_tensors,
)
from tensormill.data.components import (
    TensorComponent,
    VariantComponent,
    most_general,
    packed,
    unpacked,
)
from tensormill.data.generators import generator_dataset
from tensormill.data.iterator import Iterator
from tensormill.data.normalizing import normalized_element
from tensormill.data.padding import padded_arguments
from tensormill.data.structured_function import StructuredFunction
from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.tensor import Tensor
from tensormill.ops import (
    dataset_batching,
    dataset_buffers,
    dataset_functions,
    dataset_sources,
    dataset_transformations,
    iterators,
)

__all__ = ["Dataset"]

_AUTOTUNE = -1


class Dataset(DatasetBase):
    """A possibly very large set of elements, each of which is made of one or more tensors."""

    AUTOTUNE = _AUTOTUNE

    @staticmethod
    def from_tensors(tensors: Any) -> Dataset:
        """Return a dataset with one element.

        Args:
          tensors: the element.
        """
        element, structure = normalized_element(tensors)
        flat = unpacked(structure, element)
        variant = dataset_sources.tensor_dataset_op(
            flat, output_shapes=flat_attrs(structure)["output_shapes"]
        )
        return Dataset(variant, structure)

    @staticmethod
    def from_tensor_slices(tensors: Any) -> Dataset:
        """Return a dataset whose elements are the rows of tensors.

        Args:
          tensors: tensors with the same size in their first dimension.

        Raises:
          ValueError: a tensor has no dimension, or sizes differ.
        """
        element, structure = normalized_element(tensors)
        flat = sources.sliceable_tensors(structure, element)
        rows = nest.map_structure(lambda c: c.unbatched(), structure)
        variant = dataset_sources.tensor_slice_dataset_op(
            flat, output_shapes=flat_attrs(rows)["output_shapes"]
        )
        return Dataset(variant, rows)

    @staticmethod
    def from_sparse_tensor_slices(sparse_tensor: Any) -> Dataset:
        """Return a dataset whose elements are the rows of a sparse tensor.

        Raises:
          TypeError: it is not a sparse tensor.
        """
        variant, structure = sources.sparse_slices(sparse_tensor)
        return Dataset(variant, structure)

    @staticmethod
    def from_generator(
        generator: Callable[..., Any],
        output_types: Any,
        output_shapes: Any = None,
        args: Any = None,
    ) -> Dataset:
        """Return a dataset of what a Python generator yields, in the process that has the node.

        Args:
          generator: returns an object that can be iterated over; called for each iteration.
          output_types: the dtypes of an element.
          output_shapes: the static shapes of an element; not known where None.
          args: tensors whose values `generator` is called with.

        Raises:
          TypeError: `generator` cannot be called, or `args` is no tuple.
        """
        if not callable(generator):
            raise TypeError("`generator` must be callable.")
        if args is None:
            arguments: tuple[Any, ...] = ()
        else:
            arguments = tuple(convert_to_tensor(a) for a in args)

        def generated(*values: Any) -> Dataset:
            return Dataset(*generator_dataset(generator, output_types, output_shapes, values))

        if not arguments:
            return Dataset.from_tensors(0).flat_map(lambda _: generated())
        return Dataset.from_tensors(arguments).flat_map(generated)

    @staticmethod
    def range(*args: Any) -> Dataset:
        """Return a dataset of int64 numbers: `range(stop)`, `range(start, stop[, step])`.

        Raises:
          ValueError: the number of arguments is wrong.
        """
        bounds = {1: (0, *args, 1), 2: (*args, 1), 3: args}.get(len(args))
        if bounds is None:
            raise ValueError(f"Invalid arguments to RangeDataset: {args}")
        start, stop, step = (
            as_int64(bound, name)
            for bound, name in zip(bounds, ("start", "stop", "step"), strict=True)
        )
        structure = TensorComponent(dtypes.int64, ())
        variant = dataset_sources.range_dataset_op(start, stop, step, **flat_attrs(structure))
        return Dataset(variant, structure)

    @staticmethod
    def zip(datasets: Any) -> Dataset:
        """Return a dataset of the elements of several datasets side by side.

        Args:
          datasets: a structure of datasets.

        Raises:
          TypeError: something in it is no dataset.
        """
        if isinstance(datasets, list):
            raise TypeError(
                "The argument to `Dataset.zip()` must be a nested structure of `Dataset` objects. "
                "Nested structures do not support Python lists; please use a tuple instead."
            )
        flat = nest.flatten(datasets)
        for dataset in flat:
            if not isinstance(dataset, DatasetBase):
                raise TypeError(
                    "The argument to `Dataset.zip()` must be a nested structure of `Dataset` "
                    f"objects. Got {type(dataset)}."
                )
        structure = nest.pack(datasets, [dataset._structure for dataset in flat])
        variant = dataset_transformations.zip_dataset_op(
            [dataset._variant_tensor for dataset in flat], **flat_attrs(structure)
        )
        return Dataset(variant, structure)._with_options_of(*flat)

    @staticmethod
    def list_files(
        file_pattern: Any, shuffle: bool | None = None, seed: int | None = None
    ) -> Dataset:
        """Return a dataset of the names of files that match a pattern, or one of several.

        Args:
          file_pattern: a pattern or a list of them.
          shuffle: whether the order is random, as it is by default.
          seed: of the random order.
        """
        names = sources.matched_files(file_pattern)
        dataset = Dataset.from_tensor_slices(names)
        if shuffle is None or shuffle:
            dataset = dataset.shuffle(sources.size_of(names), seed=seed)
        return dataset

    def _like(self, builder: Any, *inputs: Any, **attrs: Any) -> Dataset:
        """Return a dataset with elements of the same structure."""
        variant = builder(self._variant_tensor, *inputs, **attrs, **flat_attrs(self._structure))
        return self._derived(variant, self._structure)

    def _derived(self, variant: Tensor, structure: Any) -> Dataset:
        """Return a dataset that is made of this one, with its options."""
        made: Dataset = Dataset(variant, structure)._with_options_of(self)
        return made

    def _with_options_of(self, *others: Any) -> Any:
        """Return this dataset as one that is made of others, with their options."""
        self._sources = others
        for other in others:
            self._options = self._options.merge(other._options)
        return self

    def concatenate(self, dataset: DatasetBase) -> Dataset:
        """Return a dataset of these elements, then those of another dataset.

        Raises:
          TypeError: the elements are of other types.
        """
        if self.output_types != dataset.output_types:
            raise TypeError(
                "Two datasets to concatenate have different types "
                f"{self.output_types} and {dataset.output_types}"
            )
        if self.output_classes != dataset.output_classes:
            raise TypeError(
                "Two datasets to concatenate have different classes "
                f"{self.output_classes} and {dataset.output_classes}"
            )
        structure = most_general(self._structure, dataset._structure)
        variant = dataset_transformations.concatenate_dataset_op(
            self._variant_tensor, dataset._variant_tensor, **flat_attrs(structure)
        )
        return Dataset(variant, structure)._with_options_of(self, dataset)

    def prefetch(self, buffer_size: Any) -> Dataset:
        """Return a dataset that computes elements ahead.

        Args:
          buffer_size: how many; `AUTOTUNE` leaves that open.
        """
        size = _AUTOTUNE if buffer_size is None else buffer_size
        return self._like(dataset_buffers.prefetch_dataset_op, as_int64(size, "buffer_size"))

    def repeat(self, count: Any = None) -> Dataset:
        """Return a dataset of these elements again and again; without end for None or -1."""
        return self._like(
            dataset_transformations.repeat_dataset_op,
            as_int64(-1 if count is None else count, "count"),
        )

    def shuffle(
        self, buffer_size: Any, seed: Any = None, reshuffle_each_iteration: bool | None = None
    ) -> Dataset:
        """Return a dataset of these elements in random order.

        Args:
          buffer_size: among how many elements the next one is chosen.
          seed: decides the order, with the seed of the graph.
          reshuffle_each_iteration: whether each iteration has an order of its own, as by default.
        """
        size = as_int64(buffer_size, "buffer_size")
        first, second = seed_tensors(seed)
        reshuffles = True if reshuffle_each_iteration is None else reshuffle_each_iteration
        return self._like(
            dataset_buffers.shuffle_dataset_op,
            size,
            first,
            second,
            reshuffle_each_iteration=reshuffles,
        )

    def cache(self, filename: Any = "") -> Dataset:
        """Return a dataset that keeps the elements: in memory, or in files of a name."""
        return self._like(
            dataset_buffers.cache_dataset_op,
            as_string(filename, "filename"),
        )

    def take(self, count: Any) -> Dataset:
        """Return a dataset of the first elements, of all for -1."""
        return self._like(dataset_transformations.take_dataset_op, as_int64(count, "count"))

    def skip(self, count: Any) -> Dataset:
        """Return a dataset without the first elements, without any for -1."""
        return self._like(dataset_transformations.skip_dataset_op, as_int64(count, "count"))

    def shard(self, num_shards: Any, index: Any) -> Dataset:
        """Return a dataset of every `num_shards`-th element, the first of them at `index`.

        Raises:
          InvalidArgumentError: the index is not below the number of shards.
        """
        return self._like(
            dataset_transformations.shard_dataset_op,
            as_int64(num_shards, "num_shards"),
            as_int64(index, "index"),
        )

    def batch(self, batch_size: Any, drop_remainder: Any = False) -> Dataset:
        """Return a dataset of groups of elements, stacked.

        Args:
          batch_size: how many elements make a group.
          drop_remainder: leave out the last elements where they are fewer.
        """
        size = as_int64(batch_size, "batch_size")
        drops = convert_to_tensor(drop_remainder, dtypes.bool, name="drop_remainder")
        known = sources.known_batch_size(size, drops)
        structure = nest.map_structure(lambda c: c.batched(known), self._structure)
        variant = dataset_batching.batch_dataset_v2_op(
            self._variant_tensor, size, drops, **flat_attrs(structure)
        )
        return self._derived(variant, structure)

    def padded_batch(
        self,
        batch_size: Any,
        padded_shapes: Any,
        padding_values: Any = None,
        drop_remainder: Any = False,
    ) -> Dataset:
        """Return a dataset of groups of elements, padded to one size and stacked.

        Args:
          batch_size: how many elements make a group.
          padded_shapes: the shape of each component; an unknown size is the largest of the group.
          padding_values: what is filled in: zeros and empty strings by default.
          drop_remainder: leave out the last elements where they are fewer.

        Raises:
          TypeError: components cannot be padded.
          ValueError: shapes do not fit.
        """
        size = as_int64(batch_size, "batch_size")
        shapes, values, made = padded_arguments(self._structure, padded_shapes, padding_values)
        drops = convert_to_tensor(drop_remainder, dtypes.bool, name="drop_remainder")
        known = sources.known_batch_size(size, drops)
        structure = nest.map_structure(lambda c: c.batched(known), made)
        variant = dataset_batching.padded_batch_dataset_v2_op(
            self._variant_tensor,
            size,
            shapes,
            values,
            drops,
            output_shapes=flat_attrs(structure)["output_shapes"],
        )
        return self._derived(variant, structure)

    def unbatch(self) -> Dataset:
        """Return a dataset of the rows of the elements."""
        structure = nest.map_structure(lambda c: c.unbatched(), self._structure)
        variant = dataset_batching.unbatch_dataset_op(
            sources.with_sliceable_variants(self)._variant_tensor, **flat_attrs(structure)
        )
        return self._derived(variant, structure)

    def window(
        self, size: Any, shift: Any = None, stride: Any = 1, drop_remainder: Any = False
    ) -> Dataset:
        """Return a dataset of windows of elements: for each component, a dataset.

        Args:
          size: how many elements a window has.
          shift: how far the next window begins; `size` where None.
          stride: how far the elements of a window are apart.
          drop_remainder: leave out the last windows where they have fewer.
        """
        shift = size if shift is None else shift
        structure = nest.pack(
            self._structure,
            [VariantComponent(Dataset, c, Dataset) for c in nest.flatten(self._structure)],
        )
        variant = dataset_batching.window_dataset_op(
            self._variant_tensor,
            as_int64(size, "size"),
            as_int64(shift, "shift"),
            as_int64(stride, "stride"),
            convert_to_tensor(drop_remainder, dtypes.bool, name="drop_remainder"),
            **flat_attrs(structure),
        )
        return self._derived(variant, structure)

    def enumerate(self, start: Any = 0) -> Dataset:
        """Return a dataset of (number, element)."""
        most = np.iinfo(np.int64).max
        return Dataset.zip((Dataset.range(start, most), self))

    def with_options(self, options: Any) -> Dataset:
        """Return the dataset with options for how it is run."""
        made = type(self)._of(self._variant_tensor, self._structure)
        made._sources = (self,)
        made._options = self._options.merge(options)
        return made

    @classmethod
    def _of(cls, variant: Tensor, structure: Any) -> Dataset:
        return Dataset(variant, structure)

    def apply(self, transformation_func: Callable[[Any], Any]) -> Dataset:
        """Return what a function makes of the dataset.

        Raises:
          TypeError: it makes no dataset of it.
        """
        dataset = transformation_func(self)
        if not isinstance(dataset, DatasetBase):
            raise TypeError(f"`transformation_func` must return a Dataset. Got {type(dataset)}.")
        return dataset  # type: ignore[return-value]

    def _function(self, function: Callable[..., Any], name: str) -> StructuredFunction:
        return StructuredFunction(function, name, self._structure)

    def map(self, map_func: Callable[..., Any], num_parallel_calls: Any = None) -> Dataset:
        """Return a dataset of what a function returns for each element.

        Args:
          map_func: takes and returns elements.
          num_parallel_calls: how many calls may run at once.
        """
        function = self._function(map_func, "map")
        attrs = flat_attrs(function.structure)
        if num_parallel_calls is None:
            variant = dataset_functions.map_dataset_op(
                self._variant_tensor,
                function.captured,
                f=function.ref,
                **attrs,
            )
        else:
            calls = convert_to_tensor(num_parallel_calls, dtypes.int32, name="num_parallel_calls")
            variant = dataset_functions.parallel_map_dataset_op(
                self._variant_tensor,
                function.captured,
                calls,
                f=function.ref,
                **attrs,
            )
        return self._derived(variant, function.structure)

    map_with_legacy_function = map

    def flat_map(self, map_func: Callable[..., Any]) -> Dataset:
        """Return a dataset of the elements of the datasets that a function returns.

        Raises:
          TypeError: it returns no dataset.
        """
        function = self._function(map_func, "flat_map")
        structure = _inner_structure(function, "map_func")
        variant = dataset_functions.flat_map_dataset_op(
            self._variant_tensor, function.captured, f=function.ref, **flat_attrs(structure)
        )
        return self._derived(variant, structure)

    def interleave(
        self,
        map_func: Callable[..., Any],
        cycle_length: Any = _AUTOTUNE,
        block_length: Any = 1,
        num_parallel_calls: Any = None,
    ) -> Dataset:
        """Return a dataset of the elements of the datasets that a function returns, by turns.

        Args:
          map_func: returns a dataset for an element.
          cycle_length: of how many datasets elements are taken at a time.
          block_length: how many elements are taken of one before it is the next one's turn.
          num_parallel_calls: how many datasets may be read at once.

        Raises:
          TypeError: it returns no dataset.
        """
        function = self._function(map_func, "interleave")
        structure = _inner_structure(function, "map_func")
        inputs = [
            self._variant_tensor,
            function.captured,
            as_int64(cycle_length, "cycle_length"),
            as_int64(block_length, "block_length"),
        ]
        if num_parallel_calls is None:
            variant = dataset_functions.interleave_dataset_op(
                *inputs, f=function.ref, **flat_attrs(structure)
            )
        else:
            calls = as_int64(num_parallel_calls, "num_parallel_calls")
            variant = dataset_functions.parallel_interleave_dataset_v2_op(
                *inputs, calls, f=function.ref, **flat_attrs(structure)
            )
        return self._derived(variant, structure)

    def filter(self, predicate: Callable[..., Any]) -> Dataset:
        """Return a dataset of the elements for which a function says True.

        Raises:
          ValueError: it does not return one bool.
        """
        function = self._function(predicate, "filter")
        _check_predicate(function)
        variant = dataset_functions.filter_dataset_op(
            self._variant_tensor,
            function.captured,
            predicate=function.ref,
            **flat_attrs(self._structure),
        )
        return self._derived(variant, self._structure)

    filter_with_legacy_function = filter

    def reduce(self, initial_state: Any, reduce_func: Callable[..., Any]) -> Any:
        """Return what a function makes of a state and all elements, one after the other.

        Args:
          initial_state: the first state.
          reduce_func: returns the next state for a state and an element.

        Raises:
          TypeError: the next state is not like the first.
        """
        initial, structure = normalized_element(initial_state)
        function, structure = sources.state_function(
            reduce_func, "reduce", structure, self._structure
        )
        tensors = iterators.reduce_dataset_op(
            self._variant_tensor,
            unpacked(structure, initial),
            function.captured,
            f=function.ref,
            **flat_attrs(structure),
        )
        return packed(structure, tensors)

    def make_one_shot_iterator(self) -> Iterator:
        """Return an iterator that needs no initialization, and runs through once.

        Raises:
          ValueError: the dataset depends on state, such as a variable.
        """
        return sources.make_one_shot_iterator(self)

    def make_initializable_iterator(self, shared_name: str | None = None) -> Iterator:
        """Return an iterator that begins whenever its `initializer` runs.

        Args:
          shared_name: sessions on the same task share the iterator under this name.
        """
        return sources.make_initializable_iterator(self, shared_name)

    def __iter__(self) -> Any:
        raise RuntimeError(
            "__iter__() is only supported inside of tf.function or when eager execution is enabled."
        )


NESTED_MAKERS.append(Dataset)


def _inner_structure(function: StructuredFunction, name: str) -> Any:
    made = function.structure
    if not (isinstance(made, VariantComponent) and made.inner is not None):
        raise TypeError(f"`{name}` must return a `Dataset` object. Got {type(made)}")
    return made.inner


def _check_predicate(function: StructuredFunction) -> None:
    made = function.structure
    if made != TensorComponent(dtypes.bool, ()) and not (
        isinstance(made, TensorComponent) and made.dtype is dtypes.bool and made.dims is None
    ):
        raise ValueError(
            f"`predicate` must return a scalar boolean tensor. Its return value is {made}."
        )
