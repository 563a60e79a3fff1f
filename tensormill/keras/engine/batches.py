"""What a model is given, as batches: arrays, data sets, generators.

Source: TensorFlow 1.15, python/keras/engine/training_utils.py, training_arrays.py and
training_generator.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import tensormill.api as tf
from tensormill.graph import nest
from tensormill.keras.backend.state import get_session
from tensormill.keras.engine.data_checks import is_tensor
from tensormill.keras.utils.sequences import Sequence

__all__ = [
    "ArrayBatches",
    "DatasetBatches",
    "SourceBatches",
    "TensorBatches",
    "as_batches",
    "computed",
    "fed",
    "first_batch",
    "is_dataset",
    "is_source",
    "parts_of",
]


def fed(array: Any) -> Any:
    """Return an array as it is fed: a sparse matrix of scipy as the value of a sparse tensor."""
    if not hasattr(array, "tocoo"):
        return array
    found = array.tocoo()
    order = np.lexsort((found.col, found.row))
    where = np.stack([found.row[order], found.col[order]], axis=1).astype(np.int64)
    return tf.SparseTensorValue(where, found.data[order], found.shape)


def _count(array: Any) -> int:
    """Return how many elements a batch has."""
    return int(array.dense_shape[0] if hasattr(array, "dense_shape") else array.shape[0])


def _size(arrays: list[Any]) -> int:
    """Return how many elements a batch has; 1 where nothing is fed."""
    return next((_count(each) for each in arrays if each is not None), 1)


class ArrayBatches:
    """Arrays whose first axis is cut into batches.

    Args:
      arrays: the arrays, None where there is none.
      batch_size: how many elements a batch has.

    """

    def __init__(self, arrays: list[Any], batch_size: int | None) -> None:
        self.arrays = arrays
        self.samples = next((_count(array) for array in arrays if array is not None), 0)
        self.batch_size = batch_size or 32
        self.steps: int | None = -(-self.samples // self.batch_size)

    def epoch(self, shuffle: Any = False) -> Iterator[tuple[int, list[Any]]]:
        """Yield the size of each batch and its arrays."""
        order: Any = None
        if shuffle == "batch":
            starts = np.arange(self.samples // self.batch_size)
            np.random.shuffle(starts)
            order = (starts[:, None] * self.batch_size + np.arange(self.batch_size)).ravel()
            order = np.append(order, np.arange(order.size, self.samples))
        elif shuffle:
            order = np.arange(self.samples)
            np.random.shuffle(order)
        for start in range(0, self.samples, self.batch_size):
            end = min(start + self.batch_size, self.samples)
            part: Any = slice(start, end) if order is None else order[start:end]
            yield (
                end - start,
                [None if array is None else fed(array[part]) for array in self.arrays],
            )


class SourceBatches:
    """What a generator or a `Sequence` gives, batch by batch.

    Args:
      source: the generator or `Sequence`.
      steps: how many batches an epoch has; None for all of a `Sequence`.
      standardize: a function of what the source gives that returns the arrays of the model.
    """

    def __init__(self, source: Any, steps: int | None, standardize: Any) -> None:
        self._source = source
        self._standardize = standardize
        self.samples: int | None = None
        self.batch_size: int | None = None
        is_sequence = isinstance(source, Sequence)
        self.steps = len(source) if steps is None and is_sequence else steps
        self._iterator = None if is_sequence else iter(source)

    def epoch(self, shuffle: Any = False) -> Iterator[tuple[int, list[Any]]]:
        """Yield the size of each batch and its arrays."""
        if self._iterator is None:
            order = np.arange(len(self._source))
            if shuffle:
                np.random.shuffle(order)
            batches: Iterator[Any] = (self._source[at] for at in order[: self.steps])
        else:
            batches = self._iterator
        for taken, batch in enumerate(batches, 1):
            arrays = self._standardize(batch)
            yield _size(arrays), arrays
            if self.steps is not None and taken >= self.steps:
                return
        if self._iterator is None:
            self._source.on_epoch_end()


class TensorBatches:
    """Tensors of the graph, each of whose values is a batch.

    Args:
      tensors: a list of tensors, arrays and None.
      steps: how many batches an epoch has.
      standardize: a function of the values that returns the arrays of the model.

    """

    def __init__(self, tensors: list[Any], steps: int | None, standardize: Any) -> None:
        self._tensors = tensors
        self._standardize = standardize
        self.samples: int | None = None
        self.batch_size: int | None = None
        self.steps: int | None = steps

    def epoch(self, shuffle: Any = False) -> Iterator[tuple[int, list[Any]]]:
        """Yield the size of each batch and its arrays."""
        for _ in range(self.steps or 0):
            arrays = self._standardize(computed(self._tensors))
            yield _size(arrays), arrays


def computed(data: Any) -> Any:
    """Return data with values in the place of tensors."""
    tensors = [each for each in nest.flatten(data) if is_tensor(each)]
    if not tensors:
        return data
    values = dict(zip(map(id, tensors), get_session(tensors).run(tensors), strict=True))
    return nest.map_structure(lambda each: values.get(id(each), each), data)


class DatasetBatches:
    """The elements of a data set, or of its iterator.

    Args:
      source: the data set or iterator.
      steps: how many elements an epoch has; None for all.
      standardize: a function of an element that returns the arrays of the model.
      starts_anew: whether each epoch begins with the first element, not where the last ended.

    Attributes:
      ran_out: whether there were fewer elements than an epoch should have.
    """

    def __init__(
        self, source: Any, steps: int | None, standardize: Any, starts_anew: bool = False
    ) -> None:
        self._starts_anew = starts_anew
        self._standardize = standardize
        self.samples: int | None = None
        self.batch_size: int | None = None
        self.steps = steps
        self._initializer: Any = None
        if isinstance(source, tf.data.Dataset):
            iterator = tf.data.make_initializable_iterator(source)
            self._initializer = iterator.initializer
        else:
            iterator = source
        self._next = iterator.get_next()
        self._is_ready = self._initializer is None
        self.ran_out = False

    def epoch(self, shuffle: Any = False) -> Iterator[tuple[int, list[Any]]]:
        """Yield the size of each batch and its arrays; starts anew where all were taken."""
        session = get_session()
        if not self._is_ready:
            session.run(self._initializer)
            self._is_ready = True
        taken = 0
        while self.steps is None or taken < self.steps:
            try:
                arrays = self._standardize(session.run(self._next))
            except tf.errors.OutOfRangeError:
                self._is_ready = self._initializer is None
                self.ran_out = self.steps is not None or self._initializer is None
                return
            taken += 1
            yield _size(arrays), arrays
        if self._starts_anew:
            self._is_ready = False


def first_batch(source: Any) -> Any:
    """Return the first element of a data set, or the next one of its iterator."""
    session = get_session()
    if not isinstance(source, tf.data.Dataset):
        return session.run(source.get_next())
    iterator = tf.data.make_initializable_iterator(source)
    session.run(iterator.initializer)
    return session.run(iterator.get_next())


def as_batches(source: Any, steps: int | None, standardize: Any, starts_anew: bool = False) -> Any:
    """Return the batches of a data set, an iterator, a generator or a `Sequence`."""
    if is_dataset(source):
        return DatasetBatches(source, steps, standardize, starts_anew)
    return SourceBatches(source, steps, standardize)


def is_dataset(x: Any) -> bool:
    """Return whether something is a data set or an iterator of one."""
    return isinstance(x, tf.data.Dataset) or hasattr(x, "get_next")


def is_source(x: Any) -> bool:
    """Return whether data comes in batches by itself."""
    if is_dataset(x) or isinstance(x, Sequence):
        return True
    return hasattr(x, "__next__") and not isinstance(x, (np.ndarray, tf.Tensor))


def parts_of(batch: Any) -> tuple[Any, Any, Any]:
    """Return the inputs, labels and weights of what a generator or a data set gives.

    Raises:
      ValueError: it is no tuple of one to three of these.
    """
    if isinstance(batch, tuple):
        if not 1 <= len(batch) <= 3:
            raise ValueError(
                "Output of generator should be a tuple of 1 or 2 or 3 elements: (input,) or "
                f"(input, target) or (input, target, sample_weights). Received {batch}"
            )
        x, y, weights = (*batch, None, None)[:3]
        return x, y, weights
    if isinstance(batch, (int, float, str)):
        raise ValueError(
            "Output of generator should be a tuple of 1 or 2 or 3 elements: (input,) or (input, "
            f"target) or (input, target, sample_weights). Received {batch}"
        )
    return batch, None, None
