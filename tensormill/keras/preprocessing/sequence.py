"""`tf.keras.preprocessing.sequence`: sequences of numbers.

Source: TensorFlow 1.15, python/keras/preprocessing/sequence.py.
"""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np

from tensormill.keras.utils.sequences import Sequence

__all__ = ["TimeseriesGenerator", "make_sampling_table", "pad_sequences", "skipgrams"]


def pad_sequences(
    sequences: Any,
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> Any:
    """Return sequences as the rows of one array.

    Args:
      sequences: a list of sequences.
      maxlen: the length of the rows; by default that of the longest sequence.
      dtype: of the array.
      padding: whether the `value` stands before ("pre") or after ("post") short sequences.
      truncating: whether long sequences lose their beginning ("pre") or their end ("post").
      value: what short sequences are filled up with.

    Raises:
      ValueError: a sequence is none, or has another shape, or a word is not known.
    """
    if not hasattr(sequences, "__len__"):
        raise ValueError("`sequences` must be iterable.")
    for each in sequences:
        if not hasattr(each, "__len__"):
            raise ValueError(f"`sequences` must be a list of iterables. Found non-iterable: {each}")
    if truncating not in ("pre", "post"):
        raise ValueError(f'Truncating type "{truncating}" not understood')
    if padding not in ("pre", "post"):
        raise ValueError(f'Padding type "{padding}" not understood')
    if maxlen is None:
        maxlen = max((len(each) for each in sequences), default=0)
    shape = next((np.asarray(each).shape[1:] for each in sequences if len(each)), ())
    is_text = np.issubdtype(dtype, np.str_)
    if isinstance(value, str) and dtype is not object and not is_text:
        raise ValueError(
            f"`dtype` {dtype} is not compatible with `value`'s type: {type(value)}\n"
            "You should set `dtype=object` for variable length strings."
        )
    rows = np.full((len(sequences), maxlen, *shape), value, dtype=dtype)
    for row, each in zip(rows, sequences, strict=True):
        if not len(each) or not maxlen:
            continue
        kept = np.asarray(each[-maxlen:] if truncating == "pre" else each[:maxlen], dtype=dtype)
        if kept.shape[1:] != shape:
            raise ValueError(
                f"Shape of sample {kept.shape[1:]} of sequence is different from expected shape "
                f"{shape}"
            )
        if padding == "post":
            row[: len(kept)] = kept
        else:
            row[-len(kept) :] = kept
    return rows


def make_sampling_table(size: int, sampling_factor: float = 1e-5) -> Any:
    """Return the probabilities with which words are kept, by their rank in frequency."""
    gamma = 0.577
    rank = np.arange(size)
    rank[0] = 1
    frequency = sampling_factor * (rank * (np.log(rank) + gamma) + 0.5 - 1.0 / (12.0 * rank))
    return np.minimum(1.0, frequency / np.sqrt(frequency))


def skipgrams(
    sequence: Any,
    vocabulary_size: int,
    window_size: int = 4,
    negative_samples: float = 1.0,
    shuffle: bool = True,
    categorical: bool = False,
    sampling_table: Any = None,
    seed: int | None = None,
) -> tuple[list[Any], list[Any]]:
    """Return pairs of words that stand near each other or do not, and which of the two."""
    couples: list[Any] = []
    labels: list[Any] = []
    for at, word in enumerate(sequence):
        if not word or (sampling_table is not None and sampling_table[word] < random.random()):
            continue
        start, end = max(0, at - window_size), min(len(sequence), at + window_size + 1)
        for other_at in range(start, end):
            if other_at != at and sequence[other_at]:
                couples.append([word, sequence[other_at]])
                labels.append([0, 1] if categorical else 1)
    if negative_samples > 0:
        count = int(len(labels) * negative_samples)
        words = [pair[0] for pair in couples]
        random.shuffle(words)
        couples += [
            [words[at % len(words)], random.randint(1, vocabulary_size - 1)] for at in range(count)
        ]
        labels += [[1, 0] if categorical else 0] * count
    if shuffle:
        seed = random.randint(0, 10**7) if seed is None else seed
        random.Random(seed).shuffle(couples)
        random.Random(seed).shuffle(labels)
    return couples, labels


def remove_long_seq(maxlen: int, seq: Any, label: Any) -> tuple[list[Any], list[Any]]:
    """Return the sequences that are shorter than `maxlen`, and their labels."""
    kept = [(each, own) for each, own in zip(seq, label, strict=True) if len(each) < maxlen]
    return [each for each, _ in kept], [own for _, own in kept]


class TimeseriesGenerator(Sequence):
    """Batches of windows of a series, and what comes after each.

    Args:
      data: the series; its first axis is time.
      targets: what to predict, along the same axis.
      length: the length of a window.
      sampling_rate: the distance of the entries of a window.
      stride: the distance of windows.
      start_index: where the first window begins.
      end_index: where the last one ends.
      shuffle: whether windows are drawn at random.
      reverse: whether the entries of a window are in reverse order.
      batch_size: how many windows a batch has.
    """

    def __init__(
        self, data: Any, targets: Any, length: int, sampling_rate: int = 1, stride: int = 1,
        start_index: int = 0, end_index: int | None = None, shuffle: bool = False,
        reverse: bool = False, batch_size: int = 128,
    ) -> None:  # fmt: skip
        if len(data) != len(targets):
            raise ValueError(
                "Data and targets have to be of same length. Data length is "
                f"{len(data)} while target length is {len(targets)}"
            )
        self.data, self.targets = data, targets
        self.length, self.sampling_rate, self.stride = length, sampling_rate, stride
        self.start_index = start_index + length
        self.end_index = len(data) - 1 if end_index is None else end_index
        self.shuffle, self.reverse, self.batch_size = shuffle, reverse, batch_size
        if self.start_index > self.end_index:
            raise ValueError("`start_index+length` is after `end_index`: no window fits")

    def get_config(self) -> dict[str, Any]:
        """Return the settings, the series as texts of JSON, as plain data."""

        def text(values: Any) -> str:
            plain = values.tolist() if isinstance(values, np.ndarray) else values
            try:
                return json.dumps(plain)
            except TypeError as error:
                raise TypeError("Data not JSON Serializable:", plain) from error

        names = (
            "length", "sampling_rate", "stride", "start_index", "end_index", "shuffle", "reverse",
            "batch_size",
        )  # fmt: skip
        own = {name: getattr(self, name) for name in names}
        return {"data": text(self.data), "targets": text(self.targets), **own}

    def to_json(self, **kwargs: Any) -> str:
        """Return the class and the settings as JSON."""
        config = {"class_name": type(self).__name__, "config": self.get_config()}
        return json.dumps(config, **kwargs)

    def __len__(self) -> int:
        """Return the number of batches."""
        span = self.end_index - self.start_index + self.batch_size * self.stride
        return span // (self.batch_size * self.stride)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        """Return a batch of windows and targets."""
        if self.shuffle:
            rows = np.random.randint(self.start_index, self.end_index + 1, size=self.batch_size)
        else:
            first = self.start_index + self.batch_size * self.stride * index
            last = min(first + self.batch_size * self.stride, self.end_index + 1)
            rows = np.arange(first, last, self.stride)
        windows = np.array(
            [self.data[row - self.length : row : self.sampling_rate] for row in rows]
        )
        targets = np.array([self.targets[row] for row in rows])
        return (windows[:, ::-1, ...] if self.reverse else windows), targets
