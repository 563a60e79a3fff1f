"""Transformations that gather elements by keys: windows, reducers, buckets of about one length.

Source: TensorFlow 1.15, python/data/experimental/ops/grouping.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensormill.data import nest, sources
from tensormill.data.base import flat_attrs
from tensormill.data.components import TensorComponent, VariantComponent
from tensormill.data.dataset import Dataset
from tensormill.data.structured_function import StructuredFunction
from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies
from tensormill.graph.shapes import TensorShape
from tensormill.ops import dataset_groups
from tensormill.ops.assertions import assert_less
from tensormill.ops.comparison import less, less_equal, logical_and
from tensormill.ops.gathering import gather, where
from tensormill.ops.reduction import reduce_min

__all__ = [
    "Reducer",
    "Transformation",
    "bucket_by_sequence_length",
    "group_by_reducer",
    "group_by_window",
]

Transformation = Callable[[Any], Dataset]


def group_by_window(
    key_func: Callable[..., Any],
    reduce_func: Callable[..., Any],
    window_size: Any = None,
    window_size_func: Callable[..., Any] | None = None,
) -> Transformation:
    """Return a transformation of windows of elements with one key.

    Args:
      key_func: returns an int64 key for an element.
      reduce_func: returns a dataset for a key and the dataset of a window.
      window_size: how many elements make a window.
      window_size_func: returns that number for a key.

    Raises:
      ValueError: not exactly one of `window_size` and `window_size_func` is given.
    """
    if (window_size is None) == (window_size_func is None):
        raise ValueError("Must pass either window_size or window_size_func, but not both.")

    def size_of(key: Any) -> Any:
        size = window_size if window_size_func is None else window_size_func(key)
        return convert_to_tensor(size, dtypes.int64)

    def apply(dataset: Dataset) -> Dataset:
        key_component = TensorComponent(dtypes.int64, ())
        key = StructuredFunction(_int64_key(key_func), "group_by_window_key", dataset._structure)
        window = VariantComponent(Dataset, dataset._structure, Dataset)
        reduce = StructuredFunction(reduce_func, "group_by_window_reduce", (key_component, window))
        made = reduce.structure
        if not (isinstance(made, VariantComponent) and made.inner is not None):
            raise TypeError("`reduce_func` must return a `Dataset` object.")
        size = StructuredFunction(size_of, "group_by_window_size", key_component)
        variant = dataset_groups.group_by_window_dataset_op(
            dataset._variant_tensor,
            key.captured,
            reduce.captured,
            size.captured,
            key_func=key.ref,
            reduce_func=reduce.ref,
            window_size_func=size.ref,
            **flat_attrs(made.inner),
        )
        return dataset._derived(variant, made.inner)

    return apply


def _int64_key(function: Callable[..., Any]) -> Callable[..., Any]:
    def key_of(*arguments: Any) -> Any:
        return convert_to_tensor(function(*arguments), dtypes.int64)

    return key_of


class Reducer:
    """How the elements with one key are made into one.

    Attributes:
      init_func: returns the first state for a key.
      reduce_func: returns the next state for a state and an element.
      finalize_func: returns an element for the last state.
    """

    def __init__(
        self,
        init_func: Callable[..., Any],
        reduce_func: Callable[..., Any],
        finalize_func: Callable[..., Any],
    ) -> None:
        self.init_func = init_func
        self.reduce_func = reduce_func
        self.finalize_func = finalize_func


def group_by_reducer(key_func: Callable[..., Any], reducer: Reducer) -> Transformation:
    """Return a transformation into one element for each key.

    Args:
      key_func: returns an int64 key for an element.
      reducer: makes one element of those with one key.
    """

    def apply(dataset: Dataset) -> Dataset:
        key = StructuredFunction(_int64_key(key_func), "group_by_reducer_key", dataset._structure)
        begin = StructuredFunction(
            reducer.init_func, "group_by_reducer_init", TensorComponent(dtypes.int64, ())
        )
        reduce, state = sources.state_function(
            reducer.reduce_func, "group_by_reducer_reduce", begin.structure, dataset._structure
        )
        finish = StructuredFunction(reducer.finalize_func, "group_by_reducer_finalize", state)
        variant = dataset_groups.group_by_reducer_dataset_op(
            dataset._variant_tensor,
            key.captured,
            begin.captured,
            reduce.captured,
            finish.captured,
            key_func=key.ref,
            init_func=begin.ref,
            reduce_func=reduce.ref,
            finalize_func=finish.ref,
            **flat_attrs(finish.structure),
        )
        return dataset._derived(variant, finish.structure)

    return apply


def bucket_by_sequence_length(
    element_length_func: Callable[..., Any],
    bucket_boundaries: Sequence[int],
    bucket_batch_sizes: Sequence[int],
    padded_shapes: Any = None,
    padding_values: Any = None,
    pad_to_bucket_boundary: bool = False,
    no_padding: bool = False,
    drop_remainder: bool = False,
) -> Transformation:
    """Return a transformation into batches of elements of about one length.

    Args:
      element_length_func: returns the int32 length of an element.
      bucket_boundaries: the lengths at which the buckets end, the last one of which has no end.
      bucket_batch_sizes: how many elements make a batch, for each bucket.
      padded_shapes: as in `Dataset.padded_batch`; the shapes of the elements where None.
      padding_values: as in `Dataset.padded_batch`.
      pad_to_bucket_boundary: pad to one less than the end of the bucket, instead of the longest
        element of the batch.
      no_padding: the elements of a batch have one size already.
      drop_remainder: leave out the last batches where they are smaller.

    Raises:
      ValueError: the numbers of boundaries and sizes do not fit.
    """
    if len(bucket_batch_sizes) != len(bucket_boundaries) + 1:
        raise ValueError("len(bucket_batch_sizes) must equal len(bucket_boundaries) + 1")
    boundaries = list(bucket_boundaries)
    sizes = constant(list(bucket_batch_sizes), dtypes.int64)

    def bucket_of(*element: Any) -> Any:
        length = element_length_func(*element)
        least = [np.iinfo(np.int32).min, *boundaries]
        most = [*boundaries, np.iinfo(np.int32).max]
        inside = logical_and(less_equal(least, length), less(length, most))
        return reduce_min(where(inside))

    def size_of(bucket: Any) -> Any:
        return gather(sizes, bucket)

    def padded_shapes_of(dataset: Any) -> Any:
        return dataset.output_shapes if padded_shapes is None else padded_shapes

    def batched(bucket: Any, grouped: Any) -> Any:
        size = size_of(bucket)
        if no_padding:
            return grouped.batch(size, drop_remainder=drop_remainder)
        shapes = padded_shapes_of(grouped)
        if pad_to_bucket_boundary:
            message = (
                "When pad_to_bucket_boundary=True, elements must have length < "
                "max(bucket_boundaries)."
            )
            check = assert_less(
                bucket, constant(len(bucket_batch_sizes) - 1, dtypes.int64), message=message
            )
            with control_dependencies([check]):
                ends = constant(boundaries, dtypes.int64)
                end = gather(ends, bucket) - 1
            shapes = nest.map_structure_up_to(
                grouped.output_types,
                lambda _, shape: _filled(shape, end),
                grouped.output_types,
                shapes,
            )
        return grouped.padded_batch(size, shapes, padding_values, drop_remainder=drop_remainder)

    return group_by_window(bucket_of, batched, window_size_func=size_of)


def _filled(shape: Any, size: Any) -> Any:
    """Return a shape as a tensor, with a size in the place of those that are not known."""
    sizes = TensorShape(shape).as_list()
    return convert_to_tensor(
        [size if item is None else constant(item, dtypes.int64) for item in sizes], dtypes.int64
    )
