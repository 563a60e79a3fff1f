"""Datasets of `tf.train.Example` messages, parsed.

Source: TensorFlow 1.15, python/data/experimental/ops/readers.py, parsing_ops.py.
"""

from __future__ import annotations

import glob
from collections.abc import Callable, Mapping
from typing import Any

from tensormill.data.dataset import Dataset
from tensormill.data.files import TFRecordDataset
from tensormill.data.grouping import Transformation
from tensormill.io.example_parsing import parse_example

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
    reader: Callable[..., Any] = TFRecordDataset,
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
      sloppy_ordering: not used: the order never depends on speed.
      drop_final_batch: leave out the last examples where they are fewer.

    Raises:
      ValueError: no file matches, or `label_key` is no feature.
    """
    patterns = [file_pattern] if isinstance(file_pattern, str) else list(file_pattern)
    filenames = sorted(name for pattern in patterns for name in glob.glob(pattern))
    if not filenames:
        raise ValueError(f"No files match {file_pattern}.")
    if label_key is not None and label_key not in features:
        raise ValueError(
            f"The `label_key` provided ({label_key!r}) must be one of the `features` keys."
        )
    files = Dataset.from_tensor_slices(filenames)
    if shuffle:
        files = files.shuffle(len(filenames), shuffle_seed)
    dataset = files.interleave(
        lambda name: reader(name, *(reader_args or ())), cycle_length=reader_num_threads or 1
    )
    if shuffle:
        dataset = dataset.shuffle(shuffle_buffer_size, shuffle_seed)
    if num_epochs != 1:
        dataset = dataset.repeat(num_epochs)
    dataset = dataset.batch(batch_size, drop_remainder=drop_final_batch or num_epochs is None)
    dataset = dataset.apply(parse_example_dataset(features, parser_num_threads or 2))
    if label_key is not None:
        dataset = dataset.map(lambda parsed: (parsed, parsed.pop(label_key)))
    return dataset.prefetch(1 if prefetch_buffer_size is None else prefetch_buffer_size)
