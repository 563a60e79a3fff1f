"""Datasets of `tf.train.Example` messages, parsed.

Source: TensorFlow 1.15, python/data/experimental/ops/readers.py, parsing_ops.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tensormill.data.dataset import Dataset
from tensormill.data.file_reading import read_in_turn, shuffled_and_repeated
from tensormill.data.files import TFRecordDataset
from tensormill.data.grouping import Transformation
from tensormill.graph import dtypes
from tensormill.io.example_parsing import parse_example
from tensormill.io.readers import ReaderBase

__all__ = ["make_batched_features_dataset", "parse_example_dataset"]


def parse_example_dataset(
    features: Mapping[str, Any], num_parallel_calls: Any = 1
) -> Transformation:
    """Return a transformation of batches of serialized examples into dictionaries of features.

    Args:
      features: what is wanted, by key.
      num_parallel_calls: how many batches may be parsed at once.

    Raises:
      ValueError: nothing is wanted.
    """
    if features is None:
        raise ValueError("Missing: features was None.")
    return lambda dataset: dataset.map(
        lambda serialized: parse_example(serialized, features), num_parallel_calls
    )


def make_batched_features_dataset(
    file_pattern: Any,
    batch_size: int,
    features: Mapping[str, Any],
    reader: Any = TFRecordDataset,
    label_key: str | None = None,
    reader_args: Any = None,
    num_epochs: int | None = None,
    shuffle: bool = True,
    shuffle_buffer_size: int = 10000,
    shuffle_seed: int | None = None,
    prefetch_buffer_size: int | None = None,
    reader_num_threads: int | None = None,
    parser_num_threads: int | None = None,
    sloppy_ordering: bool = False,
    drop_final_batch: bool = False,
) -> Dataset:
    """Return a dataset of batches of features of the examples of files.

    Args:
      file_pattern: a pattern of file names, or a list of them.
      batch_size: how many examples make a batch.
      features: what is wanted, by key.
      reader: makes a dataset of serialized examples for the name of a file.
      label_key: the feature that is returned apart.
      reader_args: further arguments of `reader`.
      num_epochs: how often the examples are read; without end where None.
      shuffle: whether the order is random.
      shuffle_buffer_size: among how many examples the next one is chosen.
      shuffle_seed: decides the order.
      prefetch_buffer_size: how many batches are computed ahead.
      reader_num_threads: of how many files examples are read by turns.
      parser_num_threads: how many batches may be parsed at once.
      sloppy_ordering: the order may change for speed.
      drop_final_batch: leave out the last examples where they are fewer.

    Raises:
      TypeError: `reader` is a class of readers, not of datasets.
      ValueError: `label_key` is no feature.
    """
    if isinstance(reader, type) and issubclass(reader, ReaderBase):
        raise TypeError(
            "The `reader` argument must return a `Dataset` object. `tf.ReaderBase` subclasses are "
            "not supported. For example, pass `tf.data.TFRecordDataset` instead of "
            "`tf.TFRecordReader`."
        )
    if label_key is not None and label_key not in features:
        raise ValueError(
            f"The `label_key` provided ({label_key!r}) must be one of the `features` keys."
        )
    dataset = read_in_turn(
        Dataset.list_files(file_pattern, shuffle=shuffle, seed=shuffle_seed),
        lambda name: reader(name, *(reader_args or ())),
        reader_num_threads,
        sloppy_ordering,
    )
    if dataset.output_types == (dtypes.string, dtypes.string):
        dataset = dataset.map(lambda _, value: value)
    dataset = shuffled_and_repeated(dataset, num_epochs, shuffle, shuffle_buffer_size, shuffle_seed)
    dataset = dataset.batch(batch_size, drop_remainder=drop_final_batch or num_epochs is None)
    dataset = dataset.apply(parse_example_dataset(features, parser_num_threads or 2))
    if label_key is not None:
        dataset = dataset.map(lambda parsed: (parsed, parsed.pop(label_key)))
    return dataset.prefetch(prefetch_buffer_size)
