"""What a model is given, in the form that it takes: arrays in order, of shapes that go together.

Source: TensorFlow 1.15, python/keras/engine/training_utils.py.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import numpy as np

import tensormill.api as tf
from tensormill.graph import nest
from tensormill.keras.backend.values import get_value

__all__ = [
    "check_array_lengths",
    "check_generator_arguments",
    "check_steps_argument",
    "has_symbolic_tensors",
    "has_tensors",
    "infer_steps_for_dataset",
    "is_tensor",
    "should_run_validation",
    "standardize_input_data",
    "standardize_single_array",
    "validate_dataset_input",
]

_ITERATOR = "a Dataset iterator"
_INFINITE = -1


def is_tensor(x: Any) -> bool:
    """Return whether something is a tensor of the graph, dense or not, or a variable."""
    return isinstance(x, (tf.Tensor, tf.Variable, tf.SparseTensor, tf.RaggedTensor))


def has_tensors(data: Any) -> bool:
    """Return whether some of the data are tensors of the graph."""
    return any(map(is_tensor, nest.flatten(data)))


has_symbolic_tensors = has_tensors


def _is_sparse_value(x: Any) -> bool:
    return isinstance(x, (tf.SparseTensorValue, tf.ragged.RaggedTensorValue))


def standardize_single_array(x: Any, expected_shape: Any = None) -> Any:
    """Return an array with a last axis of size 1 where it has one axis and more are expected.

    Raises:
      ValueError: the entry of a batch is a number, and one has no axes.
    """
    if x is None or _is_sparse_value(x):
        return x
    if isinstance(x, (int, float)):
        raise ValueError(f"Expected an array data type but received an integer: {x}")
    shape = getattr(x, "shape", None)
    is_flat = shape is not None and not hasattr(x, "tocoo") and len(shape) == 1
    if is_flat and (expected_shape is None or len(expected_shape) != 1):
        return tf.expand_dims(x, 1) if is_tensor(x) else np.expand_dims(x, 1)
    return x


def _listed(data: Any, names: list[str]) -> list[Any]:
    """Return data as a list of arrays, those of a dictionary by name."""
    if isinstance(data, dict):
        missing = [name for name in names if name not in data]
        if missing:
            raise ValueError(
                f'No data provided for "{missing[0]}". Need data for each key in: {names}'
            )
        return [_without_frame(data[name]) for name in names]
    if not isinstance(data, (list, tuple)) or _is_sparse_value(data):
        return [_without_frame(data)]
    if data and isinstance(data[0], (list, tuple)) and not _is_sparse_value(data[0]):
        is_one = len(names) == 1 and len(data) != 1
        return [np.asarray(data)] if is_one else [np.asarray(each) for each in data]
    if len(names) == 1 and data and isinstance(data[0], (float, int)):
        return [np.asarray(data)]
    return [_without_frame(each) for each in data]


def _without_frame(data: Any) -> Any:
    """Return the array of a `pandas.DataFrame`, else the data."""
    return data.values if type(data).__name__ == "DataFrame" else data


def standardize_input_data(
    data: Any,
    names: list[str],
    shapes: Any = None,
    check_batch_axis: bool = True,
    exception_prefix: str = "",
) -> list[Any]:
    """Return the arrays for the inputs or outputs of a model in their order.

    Args:
      data: an array, a list of them, or a dictionary by name.
      names: the names of the inputs or outputs.
      shapes: the shape of each, None for any.
      check_batch_axis: whether the first size counts as well.
      exception_prefix: "input" or "target", for messages.

    Raises:
      ValueError: the number or a shape is another, or a name is missing.
    """
    prefix = exception_prefix
    if not names:
        if not isinstance(data, dict) and hasattr(data, "__len__") and len(data):
            raise ValueError(
                f"Error when checking model {prefix}: expected no data, but got:", data
            )
        return []
    if data is None:
        return [None] * len(names)
    listed = _listed(data, names)
    if shapes is None:
        found = [standardize_single_array(each) for each in listed]
    else:
        # What is left over is refused below.
        wanted = [*shapes, *[None] * (len(listed) - len(shapes))]
        found = [
            standardize_single_array(each, shape)
            for each, shape in zip(listed, wanted, strict=False)
        ]
    found = _as_many(found, names, prefix)
    for array, name, shape in zip(found, names, shapes or [None] * len(names), strict=True):
        if shape is not None and array is not None:
            _check_shape(array, name, tuple(shape), check_batch_axis, prefix)
    return found


def _as_many(found: list[Any], names: list[str], prefix: str) -> list[Any]:
    """Return as many arrays as there are names.

    Raises:
      ValueError: there are more or fewer.
    """
    if len(found) == len(names):
        return found
    if found and hasattr(found[0], "shape"):
        raise ValueError(
            f"Error when checking model {prefix}: the list of Numpy arrays that you are passing to "
            f"your model is not the size the model expected. Expected to see {len(names)} "
            f"array(s), but instead got the following list of {len(found)} arrays: "
            f"{str(found)[:200]}..."
        )
    if len(names) > 1:
        raise ValueError(
            f"Error when checking model {prefix}: you are passing a list as input to your model, "
            f"but the model expects a list of {len(names)} Numpy arrays instead. The list you "
            f"passed was: {str(found)[:200]}"
        )
    return [np.asarray(found)]


def _check_shape(array: Any, name: str, shape: Any, with_batch: bool, prefix: str) -> None:
    if is_tensor(array):
        dims = array.shape if isinstance(array, tf.RaggedTensor) else array.get_shape()
        if not dims.ndims:
            return
        given = tuple(dims.as_list())
    else:
        given = _static_shape(array)
    if len(given) != len(shape):
        raise ValueError(
            f"Error when checking {prefix}: expected {name} to have {len(shape)} dimensions, but "
            f"got array with shape {given}"
        )
    if not with_batch:
        given, shape = given[1:], shape[1:]
    for size, wanted in zip(given, shape, strict=True):
        if size != wanted and size is not None and wanted is not None:
            raise ValueError(
                f"Error when checking {prefix}: expected {name} to have shape {shape} but got "
                f"array with shape {given}"
            )


def _static_shape(array: Any) -> tuple[Any, ...]:
    if isinstance(array, tf.SparseTensorValue):
        return tuple(int(size) for size in array.dense_shape)
    return tuple(np.shape(array) if not hasattr(array, "shape") else array.shape)


def check_array_lengths(inputs: Any, targets: Any, weights: Any = None) -> None:
    """Refuse arrays that have not as many elements as the others.

    Raises:
      ValueError: they have not.
    """
    lengths = []
    for arrays, what in (
        (inputs, "input arrays (x)"), (targets, "target arrays (y)"),
        (weights, "sample_weight arrays"),
    ):  # fmt: skip
        known = [
            each
            for each in arrays or []
            if each is not None and not is_tensor(each) and not _is_sparse_value(each)
        ]
        sizes = {each.shape[0] for each in known}
        if len(sizes) > 1:
            raise ValueError(
                f"All {what} should have the same number of samples. Got array shapes: "
                f"{[each.shape for each in known]}"
            )
        lengths.append(sizes.pop() if sizes else None)
    first, second, third = lengths
    if first is not None and second is not None and first != second:
        raise ValueError(
            "Input arrays should have the same number of samples as target arrays. Found "
            f"{first} input samples and {second} target samples."
        )
    if second is not None and third is not None and second != third:
        raise ValueError(
            "Sample_weight arrays should have the same number of samples as target arrays. Got "
            f"{second} input samples and {third} target samples."
        )


def check_generator_arguments(
    y: Any = None, sample_weight: Any = None, validation_split: Any = None
) -> None:
    """Refuse arguments that mean nothing for a generator.

    Raises:
      ValueError: one was given.
    """
    if y is not None:
        raise ValueError(
            "`y` argument is not supported when data is a generator or Sequence instance. Instead "
            "pass targets as the second element of the generator."
        )
    if sample_weight is not None:
        raise ValueError(
            "`sample_weight` argument is not supported when data is a generator or Sequence "
            "instance. Instead pass sample weights as the third element of the generator."
        )
    if validation_split:
        raise ValueError(
            "If your data is in the form of a Python generator, you cannot use `validation_split`."
        )


def validate_dataset_input(
    x: Any, y: Any, sample_weight: Any, validation_split: Any = None
) -> None:
    """Refuse arguments that mean nothing for a data set or its iterator.

    Raises:
      ValueError: one was given.
    """
    if y is not None:
        raise ValueError(
            f"You passed a dataset or dataset iterator ({x}) as input `x` to your model. In that "
            "case, you should not specify a target (`y`) argument, since the dataset or dataset "
            f"iterator generates both input data and target data. Received: {y}"
        )
    if sample_weight is not None:
        raise ValueError(
            "`sample_weight` argument is not supported when input `x` is a dataset or a dataset "
            "iterator. Instead, you can provide sample_weight as the third element of your "
            "dataset, i.e. (inputs, targets, sample_weight). "
            f"Received: x={x}, sample_weight={sample_weight}"
        )
    if validation_split:
        raise ValueError(
            "`validation_split` argument is not supported when input `x` is a dataset or a dataset "
            f"iterator. Received: x={x}, validation_split={validation_split:f}"
        )


def check_steps_argument(input_data: Any, steps: int | None, steps_name: str) -> bool:
    """Return whether the data have no end of their own, so that the number of steps counts.

    Raises:
      ValueError: they have none, and the number is not given.
    """
    is_iterator = isinstance(input_data, tf.data.Iterator)
    is_empty = input_data is None or (isinstance(input_data, list) and not input_data)
    if not (is_iterator or is_empty or has_tensors(input_data)):
        return isinstance(input_data, tf.data.Dataset)
    if steps is None:
        kind = _ITERATOR if is_iterator else "data tensors"
        raise ValueError(
            f"When using {kind} as input to a model, you should specify the `{steps_name}` "
            "argument."
        )
    return True


def infer_steps_for_dataset(
    model: Any, dataset: Any, steps: int | None, epochs: int = 1, steps_name: str = "steps"
) -> int | None:
    """Return how many batches of a data set are taken; None where nobody knows.

    Args:
      model: not used: no model is spread over machines here.
      dataset: the data set.
      steps: the number that was asked for.
      epochs: how often it is run through.
      steps_name: the name of the argument `steps`, for messages.

    Raises:
      ValueError: it has no end, or not as many batches.
    """
    size = int(get_value(tf.data.experimental.cardinality(dataset)))
    if size == _INFINITE and steps is None:
        raise ValueError(
            "When passing an infinitely repeating dataset, you must specify the "
            f"`{steps_name}` argument."
        )
    if size >= 0 and steps is not None and steps * epochs > size:
        asked = f"`{steps_name}={steps}`. "
        if epochs > 1:
            asked = (
                f"`epochs={epochs}` and `{steps_name}={steps}`, which is a total of "
                f"{steps * epochs} steps. "
            )
        raise ValueError(
            f"The dataset you passed contains {size} batches, but you passed {asked}We cannot draw "
            f"that many steps from this dataset. We suggest to set `{steps_name}={size // epochs}`."
        )
    if steps is None and size >= 0:
        return size
    return steps


def should_run_validation(validation_freq: Any, epoch: int) -> bool:
    """Return whether to validate after an epoch.

    Raises:
      ValueError: it is no number of epochs, and does not hold such.
    """
    if isinstance(validation_freq, int):
        if validation_freq < 1:
            raise ValueError("`validation_freq` can not be less than 1.")
        return (epoch + 1) % validation_freq == 0
    if not isinstance(validation_freq, Container) or isinstance(validation_freq, str):
        raise ValueError(
            "`validation_freq` must be an Integer or `collections_abc.Container` (e.g. list, "
            "tuple, etc.)"
        )
    return epoch + 1 in validation_freq
