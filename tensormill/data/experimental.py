"""`tf.data.experimental`: further transformations, most of them for `Dataset.apply`.

Source: TensorFlow 1.15, python/data/experimental/ops/.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.data import nest, sources
from tensormill.data.base import as_int64, as_string, flat_attrs
from tensormill.data.components import (
    SparseComponent,
    TensorComponent,
    packed,
    structure_of_specs,
)
from tensormill.data.csv import CsvDataset, make_csv_dataset
from tensormill.data.dataset import Dataset
from tensormill.data.example_datasets import (
    make_batched_features_dataset,
    parse_example_dataset,
)
from tensormill.data.files import SqlDataset
from tensormill.data.grouping import (
    Reducer,
    Transformation,
    bucket_by_sequence_length,
    group_by_reducer,
    group_by_window,
)
from tensormill.data.interleaving import (
    RandomDataset,
    choose_from_datasets,
    parallel_interleave,
    sample_from_datasets,
)
from tensormill.data.iterator_checkpoints import (
    CheckpointInputPipelineHook,
    make_saveable_from_iterator,
)
from tensormill.data.optional import Optional, get_next_as_optional
from tensormill.data.options import (
    AutoShardPolicy,
    DistributeOptions,
    MapVectorizationOptions,
    OptimizationOptions,
    StatsOptions,
    ThreadingOptions,
)
from tensormill.data.resampling import rejection_resample
from tensormill.data.scanning import scan, take_while
from tensormill.data.shuffling import shuffle_and_repeat
from tensormill.data.statistics import StatsAggregator, bytes_produced_stats, latency_stats
from tensormill.data.structured_function import StructuredFunction
from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.shapes import as_dims
from tensormill.ops import (
    dataset_batching,
    dataset_functions,
    dataset_transformations,
    iterators,
)

__all__ = [
    "AUTOTUNE",
    "INFINITE_CARDINALITY",
    "UNKNOWN_CARDINALITY",
    "AutoShardPolicy",
    "CheckpointInputPipelineHook",
    "Counter",
    "CsvDataset",
    "DistributeOptions",
    "MapVectorizationOptions",
    "OptimizationOptions",
    "Optional",
    "RandomDataset",
    "Reducer",
    "SqlDataset",
    "StatsAggregator",
    "StatsOptions",
    "TFRecordWriter",
    "ThreadingOptions",
    "bucket_by_sequence_length",
    "bytes_produced_stats",
    "cardinality",
    "choose_from_datasets",
    "copy_to_device",
    "dense_to_sparse_batch",
    "enumerate_dataset",
    "from_variant",
    "get_next_as_optional",
    "get_single_element",
    "get_structure",
    "group_by_reducer",
    "group_by_window",
    "ignore_errors",
    "latency_stats",
    "make_batched_features_dataset",
    "make_csv_dataset",
    "make_saveable_from_iterator",
    "map_and_batch",
    "map_and_batch_with_legacy_function",
    "parallel_interleave",
    "parse_example_dataset",
    "prefetch_to_device",
    "rejection_resample",
    "sample_from_datasets",
    "scan",
    "shuffle_and_repeat",
    "take_while",
    "to_variant",
    "unbatch",
    "unique",
]

AUTOTUNE = -1
INFINITE_CARDINALITY = -1
UNKNOWN_CARDINALITY = -2


def Counter(start: Any = 0, step: Any = 1, dtype: Any = dtypes.int64) -> Dataset:
    """Return a dataset that counts without end."""
    first = convert_to_tensor(start, dtype, name="start")
    by = convert_to_tensor(step, dtype, name="step")
    return (
        Dataset.from_tensors(0)
        .repeat(None)
        .apply(scan(first, lambda state, _: (state + by, state)))
    )


def enumerate_dataset(start: Any = 0) -> Transformation:
    """Return a transformation into (number, element)."""
    return lambda dataset: dataset.enumerate(start)


def ignore_errors() -> Transformation:
    """Return a transformation that leaves out the elements that cannot be computed."""
    return lambda dataset: dataset._like(dataset_transformations.ignore_errors_dataset_op)


def unbatch() -> Transformation:
    """Return a transformation into the rows of the elements."""
    return lambda dataset: dataset.unbatch()


def unique() -> Transformation:
    """Return a transformation that leaves out the elements that came before.

    Raises:
      TypeError: the elements are no integers or strings.
    """

    def apply(dataset: Dataset) -> Dataset:
        if dataset.output_types not in (dtypes.int32, dtypes.int64, dtypes.string):
            raise TypeError(
                "`tf.data.experimental.unique()` only supports inputs with a single `tf.int32`, "
                "`tf.int64`, or `tf.string` component."
            )
        return dataset._like(dataset_transformations.unique_dataset_op)

    return apply


def map_and_batch(
    map_func: Callable[..., Any],
    batch_size: Any,
    num_parallel_batches: Any = None,
    drop_remainder: Any = False,
    num_parallel_calls: Any = None,
) -> Transformation:
    """Return a transformation that maps and batches.

    Args:
      map_func: takes and returns elements.
      batch_size: how many elements make a batch.
      num_parallel_batches: for how many batches calls may run at once.
      drop_remainder: leave out the last elements where they are fewer.
      num_parallel_calls: how many calls may run at once.

    Raises:
      ValueError: both numbers are given.
    """
    if num_parallel_batches is not None and num_parallel_calls is not None:
        raise ValueError(
            "The `num_parallel_batches` and `num_parallel_calls` arguments are mutually exclusive."
        )

    def apply(dataset: Dataset) -> Dataset:
        size = as_int64(batch_size, "batch_size")
        if num_parallel_calls is not None:
            calls = as_int64(num_parallel_calls, "num_parallel_calls")
        elif num_parallel_batches is not None:
            calls = as_int64(num_parallel_batches, "num_parallel_batches") * size
        else:
            calls = size
        drops = convert_to_tensor(drop_remainder, dtypes.bool, name="drop_remainder")
        function = StructuredFunction(map_func, "map_and_batch", dataset._structure)
        known = sources.known_batch_size(size, drops)
        structure = nest.map_structure(lambda c: c.batched(known), function.structure)
        variant = dataset_functions.map_and_batch_dataset_op(
            dataset._variant_tensor,
            function.captured,
            size,
            calls,
            drops,
            f=function.ref,
            **flat_attrs(structure),
        )
        return dataset._derived(variant, structure)

    return apply


map_and_batch_with_legacy_function = map_and_batch


def dense_to_sparse_batch(batch_size: Any, row_shape: Any) -> Transformation:
    """Return a transformation of dense elements of several sizes into sparse batches.

    Args:
      batch_size: how many elements make a batch.
      row_shape: the shape of the rows of a batch; an unknown size is the largest of the batch.
    """

    def apply(dataset: Dataset) -> Dataset:
        component = dataset._structure
        if not isinstance(component, TensorComponent):
            raise TypeError(
                "`dense_to_sparse_batch` requires an input dataset whose elements have a single "
                f"component, whereas the input has {dataset.output_types}."
            )
        dims = as_dims(row_shape)
        sizes = [-1 if size is None else size for size in dims or ()]
        structure = SparseComponent(component.dtype, (None, *(dims or ())))
        variant = dataset_batching.dense_to_sparse_batch_dataset_op(
            dataset._variant_tensor,
            as_int64(batch_size, "batch_size"),
            convert_to_tensor(sizes, dtypes.int64, name="row_shape"),
            **flat_attrs(structure),
        )
        return dataset._derived(variant, structure)

    return apply


def from_variant(variant: Any, structure: Any) -> Dataset:
    """Return the dataset for which a variant tensor stands.

    Args:
      variant: a tensor of `to_variant`.
      structure: what the elements are, from `get_structure`.
    """
    return Dataset(variant, structure_of_specs(structure))


def to_variant(dataset: Any) -> Any:
    """Return the variant tensor that stands for a dataset."""
    return dataset._variant_tensor


def get_structure(dataset_or_iterator: Any) -> Any:
    """Return the `tf.TypeSpec` of each component of the elements."""
    return dataset_or_iterator.element_spec


def cardinality(dataset: Any) -> Any:
    """Return the number of elements as a tensor, or a negative number where it is not known."""
    return iterators.dataset_cardinality_op(dataset._variant_tensor)


def get_single_element(dataset: Any) -> Any:
    """Return the only element of a dataset.

    Raises:
      TypeError: it is no dataset.
    """
    if not isinstance(dataset, Dataset):
        raise TypeError("`dataset` must be a `tf.data.Dataset` object.")
    op = iterators.dataset_to_single_element_op.make(
        dataset._variant_tensor, **flat_attrs(dataset._structure)
    )
    return packed(dataset._structure, list(op.outputs))


def copy_to_device(target_device: str, source_device: str = "/cpu:0") -> Transformation:
    """Return a transformation for elements that are used on a device; they are copied there."""
    return lambda dataset: dataset


def prefetch_to_device(device: str, buffer_size: Any = None) -> Transformation:
    """Return a transformation that computes elements ahead for use on a device."""
    return lambda dataset: dataset.prefetch(AUTOTUNE if buffer_size is None else buffer_size)


class TFRecordWriter:
    """Writes the elements of a dataset of strings into a TFRecord file."""

    def __init__(self, filename: Any, compression_type: Any = None) -> None:
        self._filename = as_string(filename, "filename")
        self._compression_type = as_string(compression_type, "compression_type")

    def write(self, dataset: Any) -> Any:
        """Return an operation that writes a dataset.

        Raises:
          TypeError: it is no dataset of strings.
        """
        if not isinstance(dataset, Dataset):
            raise TypeError("`dataset` must be a `tf.data.Dataset` object.")
        if dataset._structure != TensorComponent(dtypes.string, ()):
            raise TypeError(
                "`dataset` must produce scalar `DT_STRING` tensors whereas it produces shape "
                f"{dataset.output_shapes} and types {dataset.output_types}"
            )
        return iterators.dataset_to_tf_record_op(
            dataset._variant_tensor, self._filename, self._compression_type
        )
