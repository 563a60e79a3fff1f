"""Transformations that only `tf.contrib.data` has.

Source: TensorFlow 1.15, contrib/data/python/ops/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tensormill.data import nest
from tensormill.data.base import as_int64, as_string, flat_attrs
from tensormill.data.components import TensorComponent
from tensormill.data.dataset import Dataset
from tensormill.data.example_datasets import make_batched_features_dataset
from tensormill.data.files import TFRecordDataset
from tensormill.data.grouping import Reducer, Transformation
from tensormill.data.interleaving import parallel_interleave
from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.shapes import TensorShape
from tensormill.ops import dataset_batching, dataset_queries

__all__ = [
    "LMDBDataset",
    "assert_element_shape",
    "batch_and_drop_remainder",
    "padded_batch_and_drop_remainder",
    "read_batch_features",
    "reduce_dataset",
    "sliding_window_batch",
    "sloppy_interleave",
]


def LMDBDataset(filenames: Any) -> Dataset:
    """Return a dataset of the keys and values of LMDB databases, by ascending keys.

    Args:
      filenames: the database, or several.
    """
    names = as_string(filenames, "filenames")
    text = TensorComponent(dtypes.string, ())
    structure = (text, text)
    variant = dataset_queries.lmdb_dataset_op(names, **flat_attrs(structure))
    return Dataset(variant, structure)


def batch_and_drop_remainder(batch_size: Any) -> Transformation:
    """Return a transformation into batches of one size."""
    return lambda dataset: dataset.batch(batch_size, drop_remainder=True)


def padded_batch_and_drop_remainder(
    batch_size: Any, padded_shapes: Any, padding_values: Any = None
) -> Transformation:
    """Return a transformation into padded batches of one size."""
    return lambda dataset: dataset.padded_batch(
        batch_size, padded_shapes, padding_values, drop_remainder=True
    )


def read_batch_features(
    file_pattern: Any,
    batch_size: Any,
    features: Mapping[str, Any],
    reader: Callable[..., Any] = TFRecordDataset,
    reader_args: Sequence[Any] | None = None,
    randomize_input: bool = True,
    num_epochs: int | None = None,
    capacity: int = 10000,
) -> Any:
    """Return the next batch of parsed examples of some files, by the names of the features.

    Args:
      file_pattern: a pattern, or several.
      batch_size: how many examples a batch has.
      features: what to parse, as `tf.io.parse_example` takes it.
      reader: makes a dataset of serialized examples of a tensor of file names.
      reader_args: further arguments of `reader`.
      randomize_input: whether files and examples come in random order.
      num_epochs: how often all are read; None for ever.
      capacity: how many examples are shuffled at a time.
    """
    dataset = make_batched_features_dataset(
        file_pattern,
        batch_size,
        features,
        reader=reader,
        reader_args=reader_args,
        num_epochs=num_epochs,
        shuffle=randomize_input,
        shuffle_buffer_size=capacity,
    )
    return dataset.make_one_shot_iterator().get_next()


def sloppy_interleave(
    map_func: Callable[..., Any], cycle_length: Any, block_length: Any = 1
) -> Transformation:
    """Return a transformation into the elements of the datasets of a function, in any order."""
    return parallel_interleave(map_func, cycle_length, block_length, sloppy=True)


def sliding_window_batch(
    window_size: Any, stride: Any = None, window_shift: Any = None, window_stride: Any = 1
) -> Transformation:
    """Return a transformation into stacked windows of elements.

    Args:
      window_size: how many elements a window has.
      stride: the older name of `window_shift`.
      window_shift: how far the next window begins.
      window_stride: how far the elements of a window are apart.

    Raises:
      ValueError: both names are given.
    """
    if stride is not None and window_shift is not None:
        raise ValueError("Cannot specify both `stride` and `window_shift`")
    shift = window_shift if stride is None else stride

    def apply(dataset: Dataset) -> Dataset:
        structure = nest.map_structure(lambda c: c.batched(None), dataset._structure)
        variant = dataset_batching.sliding_window_dataset_op(
            dataset._variant_tensor,
            as_int64(window_size, "window_size"),
            as_int64(1 if shift is None else shift, "window_shift"),
            as_int64(window_stride, "window_stride"),
            **flat_attrs(structure),
        )
        return dataset._derived(variant, structure)

    return apply


def reduce_dataset(dataset: Any, reducer: Reducer) -> Any:
    """Return what a reducer makes of all elements."""
    first = reducer.init_func(convert_to_tensor(0, dtypes.int64))
    return reducer.finalize_func(dataset.reduce(first, reducer.reduce_func))


def assert_element_shape(expected_shapes: Any) -> Transformation:
    """Return a transformation that fails for elements of other static shapes."""

    def apply(dataset: Dataset) -> Dataset:
        def check(*parts: Any) -> Any:
            element = parts[0] if len(parts) == 1 else parts
            for value, shape in zip(
                nest.flatten(element), nest.flatten(expected_shapes), strict=True
            ):
                value.set_shape(TensorShape(shape))
            return element

        made: Dataset = dataset.map(check)
        return made

    return apply
