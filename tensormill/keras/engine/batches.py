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
from tensormill.keras.utils.sequences import Sequence

__all__ = [
    "ArrayBatches",
    "DatasetBatches",
    "SourceBatches",
    "TensorBatches",
    "as_batches",
    "computed",
    "has_tensors",
    "named_arrays",
]


def named_arrays(data: Any, names: list[str], role: str) -> list[Any]:
    """Return the arrays for the inputs or outputs of a model in their order.

    Args:
      data: an array, a list of them, or a dictionary by name.
      names: the names of the inputs or outputs.
      role: "input" or "target", for messages.

    Raises:
      ValueError: the number is another, or a name is missing.
    """
    if data is None:
        return [None] * len(names)
    if isinstance(data, dict):
        missing = [name for name in names if name not in data]
        if missing:
            raise ValueError(
                f'No data provided for "{missing[0]}". Need data for each key in: {names}'
            )
        arrays = [data[name] for name in names]
    elif isinstance(data, (list, tuple)) and not _is_one_array(data, names):
        arrays = list(data)
    else:
        arrays = [data]
    arrays = [_as_array(each) for each in arrays]
    if len(arrays) != len(names):
        raise ValueError(
            f"Error when checking model {role}: the list of Numpy arrays that you are passing to "
            f"your model is not the size the model expected. Expected to see {len(names)} "
            f"array(s), but instead got the following list of {len(arrays)} arrays: "
            f"{str(arrays)[:200]}..."
        )
    return arrays


def _is_one_array(data: Any, names: list[str]) -> bool:
    """Return whether a list holds the numbers of one array."""
    return (
        len(names) == 1
        and bool(data)
        and not hasattr(data[0], "shape")
        and (len(data) != 1 or not isinstance(data[0], (list, tuple)))
    )


def _as_array(value: Any) -> Any:
    if value is None or isinstance(value, (tf.Tensor, np.ndarray)):
        array = value
    elif hasattr(value, "toarray"):  # a sparse matrix of scipy
        array = value.toarray()
    else:
        array = np.asarray(value)
    return array


def checked_shapes(arrays: list[Any], tensors: list[Any], names: list[str], role: str) -> list[Any]:
    """Return arrays in the ranks and sizes that placeholders have.

    Raises:
      ValueError: a rank or a size is another.
    """
    found = []
    for array, tensor, name in zip(arrays, tensors, names, strict=True):
        if tensor is None or array is None or not isinstance(array, np.ndarray):
            found.append(array)
            continue
        shape = tensor.get_shape()
        if shape.ndims is not None:
            if array.ndim == 1 and shape.ndims == 2:
                array = array[:, None]
            if array.ndim != shape.ndims:
                raise ValueError(
                    f"Error when checking {role}: expected {name} to have {shape.ndims} "
                    f"dimensions, but got array with shape {array.shape}"
                )
            sizes = tuple(shape.as_list()[1:])
            if any(
                size is not None and size != given
                for size, given in zip(sizes, array.shape[1:], strict=True)
            ):
                raise ValueError(
                    f"Error when checking {role}: expected {name} to have shape {sizes} but got "
                    f"array with shape {array.shape[1:]}"
                )
        found.append(array)
    return found


class ArrayBatches:
    """Arrays whose first axis is cut into batches.

    Args:
      arrays: the arrays, None where there is none.
      batch_size: how many elements a batch has.

    Raises:
      ValueError: the first axes have different sizes.
    """

    def __init__(self, arrays: list[Any], batch_size: int | None) -> None:
        self.arrays = arrays
        sizes = {len(array) for array in arrays if array is not None}
        if len(sizes) > 1:
            raise ValueError(
                "Input arrays should have the same number of samples as target arrays. Found "
                f"{' and '.join(str(size) for size in sorted(sizes))} samples."
            )
        self.samples = sizes.pop() if sizes else 0
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
            yield end - start, [None if array is None else array[part] for array in self.arrays]


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
            first = next(each for each in arrays if each is not None)
            yield len(first), arrays
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

    Raises:
      ValueError: `steps` is None.
    """

    def __init__(self, tensors: list[Any], steps: int | None, standardize: Any) -> None:
        if steps is None:
            raise ValueError(
                "If your data is in the form of symbolic tensors, you should specify the "
                "`steps_per_epoch` argument (instead of the `batch_size` argument, because "
                "symbolic tensors are expected to produce batches of input data)."
            )
        self._tensors = tensors
        self._standardize = standardize
        self.samples: int | None = None
        self.batch_size: int | None = None
        self.steps: int | None = steps

    def epoch(self, shuffle: Any = False) -> Iterator[tuple[int, list[Any]]]:
        """Yield the size of each batch and its arrays."""
        for _ in range(self.steps or 0):
            arrays = self._standardize(computed(self._tensors))
            yield len(next(each for each in arrays if each is not None)), arrays


def has_tensors(data: Any) -> bool:
    """Return whether some of the data are tensors of the graph."""
    return any(isinstance(each, tf.Tensor) for each in nest.flatten(data))


def computed(data: Any) -> Any:
    """Return data with values in the place of tensors."""
    tensors = [each for each in nest.flatten(data) if isinstance(each, tf.Tensor)]
    values = dict(zip(map(id, tensors), get_session().run(tensors), strict=True))
    return nest.map_structure(lambda each: values.get(id(each), each), data)


class DatasetBatches:
    """The elements of a data set, or of its iterator.

    Args:
      source: the data set or iterator.
      steps: how many elements an epoch has; None for all.
      standardize: a function of an element that returns the arrays of the model.
    """

    def __init__(self, source: Any, steps: int | None, standardize: Any) -> None:
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
                return
            taken += 1
            yield len(arrays[0]), arrays


def as_batches(source: Any, steps: int | None, standardize: Any) -> Any:
    """Return the batches of a data set, an iterator, a generator or a `Sequence`."""
    if isinstance(source, tf.data.Dataset) or hasattr(source, "get_next"):
        return DatasetBatches(source, steps, standardize)
    return SourceBatches(source, steps, standardize)


def is_source(x: Any) -> bool:
    """Return whether data comes in batches by itself."""
    if isinstance(x, (tf.data.Dataset, Sequence)) or hasattr(x, "get_next"):
        return True
    return hasattr(x, "__next__") and not isinstance(x, (np.ndarray, tf.Tensor))


def check_source_arguments(
    x: Any, y: Any, sample_weight: Any, validation_split: float, batch_size: int | None
) -> None:
    """Refuse arguments that mean nothing for data that come in batches, with their labels.

    Raises:
      ValueError: one was given.
    """
    kind = "a data set, an iterator, a generator or a `Sequence`"
    is_iterator = isinstance(x, tf.data.Iterator)
    if batch_size is not None and not is_iterator:
        raise ValueError(
            "The `batch_size` argument must not be specified for the given input type. Received "
            f"input: {x}, batch_size: {batch_size}"
        )
    if y is not None:
        raise ValueError(
            f"`y` argument is not supported when the input is {kind}: you should not specify a "
            f"target, which the input gives. Received: {y}"
        )
    if sample_weight is not None:
        raise ValueError(
            f"`sample_weight` argument is not supported when the input is {kind}: give the weights "
            "as the third part of its elements."
        )
    if validation_split:
        raise ValueError(
            f"`validation_split` argument is not supported when the input is {kind}: you cannot "
            "use `validation_split` there."
        )
