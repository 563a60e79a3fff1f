"""`tf.data.experimental`: further transformations, most of them for `Dataset.apply`.

Source: TensorFlow 1.15, python/data/experimental/ops/.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.data import nest, sources
from tensormill.data.base import as_int64, flat_attrs, seed_tensors
from tensormill.data.components import (
    SparseComponent,
    TensorComponent,
    VariantComponent,
    most_general,
    packed,
    structure_of_specs,
    unpacked,
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
from tensormill.data.iterator_checkpoints import (
    CheckpointInputPipelineHook,
    make_saveable_from_iterator,
)
from tensormill.data.normalizing import normalized_element
from tensormill.data.optional import Optional, get_next_as_optional
from tensormill.data.options import (
    AutoShardPolicy,
    DistributeOptions,
    MapVectorizationOptions,
    OptimizationOptions,
    StatsOptions,
    ThreadingOptions,
)
from tensormill.data.statistics import StatsAggregator, bytes_produced_stats, latency_stats
from tensormill.data.structured_function import StructuredFunction
from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.shapes import as_dims
from tensormill.ops import (
    dataset_batching,
    dataset_buffers,
    dataset_functions,
    dataset_sources,
    dataset_transformations,
    iterators,
)
from tensormill.ops.elementwise_unary import log
from tensormill.ops.gathering import gather
from tensormill.ops.random import random_uniform
from tensormill.ops.reduction import reduce_max
from tensormill.ops.stateless_random import stateless_multinomial

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


def RandomDataset(seed: Any = None) -> Dataset:
    """Return a dataset of random integers without end."""
    first, second = seed_tensors(seed)
    structure = TensorComponent(dtypes.int64, ())
    return Dataset(
        dataset_sources.random_dataset_op(first, second, **flat_attrs(structure)), structure
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

    def apply(dataset: Any) -> Dataset:
        if dataset.output_types not in (dtypes.int32, dtypes.int64, dtypes.string):
            raise TypeError(
                "`tf.data.experimental.unique()` only supports inputs with a single `tf.int32`, "
                "`tf.int64`, or `tf.string` component."
            )
        return dataset._like(dataset_transformations.unique_dataset_op)

    return apply


def shuffle_and_repeat(buffer_size: Any, count: Any = None, seed: Any = None) -> Transformation:
    """Return a transformation that shuffles and repeats.

    Args:
      buffer_size: among how many elements the next one is chosen.
      count: how often; without end for None.
      seed: decides the order, with the seed of the graph.
    """

    def apply(dataset: Any) -> Dataset:
        size = as_int64(buffer_size, "buffer_size")
        times = as_int64(-1 if count is None else count, "count")
        first, second = seed_tensors(seed)
        return dataset._like(
            dataset_buffers.shuffle_and_repeat_dataset_op, size, first, second, times
        )

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

    def apply(dataset: Any) -> Dataset:
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
        return Dataset(variant, structure)

    return apply


map_and_batch_with_legacy_function = map_and_batch


def scan(initial_state: Any, scan_func: Callable[..., Any]) -> Transformation:
    """Return a transformation that hands a state on from element to element.

    Args:
      initial_state: the first state.
      scan_func: returns (next state, element) for a state and an element.

    Raises:
      TypeError: it returns something else.
    """

    def apply(dataset: Any) -> Dataset:
        initial, state = normalized_element(initial_state)
        outputs: list[Any] = []

        def next_state(*arguments: Any) -> Any:
            given = scan_func(*arguments)
            if not isinstance(given, tuple) or len(given) != 2:
                raise TypeError(
                    "The scan function must return a pair comprising the new state and the output "
                    "value."
                )
            outputs.append(given)
            return given[0]

        _, state = sources.state_function(next_state, "scan", state, dataset._structure)
        function = StructuredFunction(scan_func, "scan", (state, dataset._structure))
        structure = function.structure[1]
        variant = dataset_functions.scan_dataset_op(
            dataset._variant_tensor,
            unpacked(state, initial),
            function.captured,
            f=function.ref,
            preserve_cardinality=True,
            **flat_attrs(structure),
        )
        return Dataset(variant, structure)

    return apply


def take_while(predicate: Callable[..., Any]) -> Transformation:
    """Return a transformation that ends before the first element for which a function says False.

    Raises:
      ValueError: the function does not return one bool.
    """

    def apply(dataset: Any) -> Dataset:
        function = StructuredFunction(predicate, "take_while", dataset._structure)
        if function.structure != TensorComponent(dtypes.bool, ()):
            raise ValueError("`predicate` must return a scalar boolean tensor.")
        variant = dataset_functions.take_while_dataset_op(
            dataset._variant_tensor,
            function.captured,
            predicate=function.ref,
            **flat_attrs(dataset._structure),
        )
        return Dataset(variant, dataset._structure)

    return apply


def parallel_interleave(
    map_func: Callable[..., Any],
    cycle_length: Any,
    block_length: Any = 1,
    sloppy: Any = False,
    buffer_output_elements: Any = None,
    prefetch_input_elements: Any = None,
) -> Transformation:
    """Return a transformation into the elements of the datasets of a function, by turns.

    Args:
      map_func: returns a dataset for an element.
      cycle_length: of how many datasets elements are taken at a time.
      block_length: how many elements are taken of one before it is the next one's turn.
      sloppy: whether the order may change for speed.
      buffer_output_elements: how many elements of a dataset are computed ahead.
      prefetch_input_elements: how many datasets are opened ahead.
    """

    def apply(dataset: Any) -> Dataset:
        function = StructuredFunction(map_func, "parallel_interleave", dataset._structure)
        made = function.structure
        if not (isinstance(made, VariantComponent) and made.inner is not None):
            raise TypeError("`map_func` must return a `Dataset` object.")
        block = as_int64(block_length, "block_length")
        ahead = 2 * block_length if buffer_output_elements is None else buffer_output_elements
        opened = 2 * cycle_length if prefetch_input_elements is None else prefetch_input_elements
        variant = dataset_functions.parallel_interleave_dataset_op(
            dataset._variant_tensor,
            function.captured,
            as_int64(cycle_length, "cycle_length"),
            block,
            convert_to_tensor(sloppy, dtypes.bool, name="sloppy"),
            as_int64(ahead, "buffer_output_elements"),
            as_int64(opened, "prefetch_input_elements"),
            f=function.ref,
            **flat_attrs(made.inner),
        )
        return Dataset(variant, made.inner)

    return apply


def dense_to_sparse_batch(batch_size: Any, row_shape: Any) -> Transformation:
    """Return a transformation of dense elements of several sizes into sparse batches.

    Args:
      batch_size: how many elements make a batch.
      row_shape: the shape of the rows of a batch; an unknown size is the largest of the batch.
    """

    def apply(dataset: Any) -> Dataset:
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
        return Dataset(variant, structure)

    return apply


def choose_from_datasets(datasets: Any, choice_dataset: Any) -> Dataset:
    """Return the elements of several datasets, from which another dataset of int64 chooses.

    Raises:
      TypeError: the datasets have elements of other types, or the choices are no numbers.
    """
    _check_alike(datasets)
    if choice_dataset._structure != TensorComponent(dtypes.int64, ()):
        raise TypeError("`choice_dataset` must be a dataset of scalar `tf.int64` tensors.")
    return _directed(choice_dataset, datasets)


def _check_alike(datasets: Any) -> None:
    first = datasets[0]
    for dataset in datasets[1:]:
        if dataset.output_types != first.output_types:
            raise TypeError("All datasets must have the same type and class.")


def _directed(selector: Any, datasets: Any) -> Dataset:
    structure = datasets[0]._structure
    for dataset in datasets[1:]:
        structure = most_general(structure, dataset._structure)
    variant = dataset_transformations.directed_interleave_dataset_op(
        selector._variant_tensor,
        [dataset._variant_tensor for dataset in datasets],
        **flat_attrs(structure),
    )
    return Dataset(variant, structure)


def sample_from_datasets(datasets: Any, weights: Any = None, seed: Any = None) -> Dataset:
    """Return the elements of several datasets, from which random numbers choose.

    Args:
      datasets: a list of datasets.
      weights: how likely each of them is, as a vector or a dataset of vectors; all the same where
        None.
      seed: decides the choices, with the seed of the graph.

    Raises:
      ValueError: the number of weights is not that of the datasets.
      TypeError: the datasets have elements of other types.
    """
    _check_alike(datasets)
    if weights is None:
        weights = [1.0 / len(datasets)] * len(datasets)
    if len(datasets) == 1:
        return datasets[0]
    seeds = Dataset.zip((RandomDataset(seed), RandomDataset(None if seed is None else seed + 1)))
    if isinstance(weights, Dataset):
        selector = Dataset.zip((weights, seeds)).map(
            lambda w, s: stateless_multinomial([log(w)], 1, seed=s)[0, 0]
        )
    else:
        probabilities = convert_to_tensor(weights, name="weights")
        if probabilities.dims is not None and probabilities.dims != (len(datasets),):
            raise ValueError("`weights` must be a vector of length `len(datasets)`.")
        logits = log(probabilities)
        selector = seeds.map(lambda a, b: stateless_multinomial([logits], 1, seed=[a, b])[0, 0])
    return _directed(selector, datasets)


def rejection_resample(
    class_func: Callable[..., Any], target_dist: Any, initial_dist: Any = None, seed: Any = None
) -> Transformation:
    """Return a transformation that draws elements so that classes have a wanted distribution.

    Args:
      class_func: returns an int32 class for an element.
      target_dist: the wanted share of each class.
      initial_dist: the share of each class in the dataset.
      seed: decides the draws, with the seed of the graph.

    Raises:
      NotImplementedError: `initial_dist` is not given.
    """
    if initial_dist is None:
        raise NotImplementedError("rejection_resample needs `initial_dist`")

    def apply(dataset: Any) -> Dataset:
        target = convert_to_tensor(target_dist, dtypes.float32)
        ratio = target / convert_to_tensor(initial_dist, dtypes.float32)
        chances = ratio / reduce_max(ratio)
        with_classes = dataset.map(lambda *e: (class_func(*e), e[0] if len(e) == 1 else e))
        return with_classes.filter(
            lambda kind, _: random_uniform([], seed=seed) < gather(chances, kind)
        )

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
        self._filename = convert_to_tensor(filename, dtypes.string, name="filename")
        self._compression_type = convert_to_tensor(
            "" if compression_type is None else compression_type,
            dtypes.string,
            name="compression_type",
        )

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
