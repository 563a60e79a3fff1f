"""What datasets of the records of files have in common: which files, in which order, how often.

Source: TensorFlow 1.15, python/data/experimental/ops/readers.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.data.dataset import Dataset
from tensormill.data.interleaving import parallel_interleave
from tensormill.data.options import Options
from tensormill.data.shuffling import shuffle_and_repeat

__all__ = ["read_in_turn", "shuffled_and_repeated"]


def read_in_turn(
    files: Dataset, read: Callable[[Any], Dataset], parallel_reads: Any, is_sloppy: bool
) -> Dataset:
    """Return the records of files, of several files by turns.

    Args:
      files: the names.
      read: makes a dataset of the records of a file.
      parallel_reads: of how many files at a time, one where None; `AUTOTUNE` leaves that open.
      is_sloppy: the order may change for speed.
    """
    if parallel_reads != Dataset.AUTOTUNE:
        return files.apply(
            parallel_interleave(read, cycle_length=parallel_reads or 1, sloppy=is_sloppy)
        )
    options = Options()
    options.experimental_deterministic = not is_sloppy
    return files.interleave(read, num_parallel_calls=parallel_reads).with_options(options)


def shuffled_and_repeated(
    dataset: Dataset, num_epochs: int | None, shuffle: bool, buffer_size: int, seed: int | None
) -> Dataset:
    """Return a dataset of so many epochs, each of them in random order if that is asked for."""
    if num_epochs == 1:
        return dataset.shuffle(buffer_size, seed) if shuffle else dataset
    if shuffle:
        return dataset.apply(shuffle_and_repeat(buffer_size, num_epochs, seed))
    return dataset.repeat(num_epochs)
