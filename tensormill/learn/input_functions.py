"""`tf.contrib.learn.io`: input functions of arrays, tables and generators.

Source: TensorFlow 1.15, contrib/learn/python/learn/learn_io: numpy_io.py, pandas_io.py and
generator_io.py.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Container
from types import FunctionType, GeneratorType
from typing import Any

from tensormill.estimator import inputs
from tensormill.estimator.feeding import enqueue_data

__all__ = [
    "extract_pandas_data",
    "extract_pandas_labels",
    "extract_pandas_matrix",
    "generator_input_fn",
    "numpy_input_fn",
    "pandas_input_fn",
]

_NUMBERS = frozenset(
    (
        "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
        "float16", "float32", "float64", "bool",
    )
)  # fmt: skip


def numpy_input_fn(
    x: Any,
    y: Any = None,
    batch_size: int = 128,
    num_epochs: int | None = 1,
    shuffle: bool = True,
    queue_capacity: int = 1000,
    num_threads: int = 1,
) -> Callable[[], Any]:
    """As `tf.estimator.inputs.numpy_input_fn`, but it shuffles unless it is told not to."""
    return inputs.numpy_input_fn(x, y, batch_size, num_epochs, shuffle, queue_capacity, num_threads)


def pandas_input_fn(
    x: Any,
    y: Any = None,
    batch_size: int = 128,
    num_epochs: int | None = 1,
    shuffle: bool = True,
    queue_capacity: int = 1000,
    num_threads: int = 1,
    target_column: Any = "target",
) -> Callable[[], Any]:
    """As `tf.estimator.inputs.pandas_input_fn`, but it shuffles unless it is told not to."""
    return inputs.pandas_input_fn(
        x, y, batch_size, num_epochs, shuffle, queue_capacity, num_threads, target_column
    )


def generator_input_fn(
    x: Any,
    target_key: Any = None,
    batch_size: int = 128,
    num_epochs: int | None = 1,
    shuffle: bool = True,
    queue_capacity: int = 1000,
    num_threads: int = 1,
    pad_value: Any = None,
) -> Callable[[], Any]:
    """Return an input function of a generator that yields examples, dicts of arrays.

    Args:
      x: a generator function, for one epoch.
      target_key: the key of the labels, or several; None for no labels.
      batch_size: how many examples to a batch.
      num_epochs: how many epochs; None for no end.
      shuffle: whether the order is drawn.
      queue_capacity: how many examples wait at most.
      num_threads: how many threads read.
      pad_value: examples of several sizes are padded with it.

    Raises:
      TypeError: `x` yields no dicts, or `target_key` is no text.
      KeyError: there is no such key.
    """
    keys = sorted(_first_example(x))
    targets = None if target_key is None else _target_keys(target_key, keys)

    def input_fn() -> Any:
        queue = enqueue_data(
            x,
            queue_capacity,
            shuffle=shuffle,
            num_threads=num_threads,
            enqueue_size=batch_size,
            num_epochs=num_epochs,
            pad_value=pad_value,
        )
        take = queue.dequeue_many if num_epochs is None else queue.dequeue_up_to
        taken = take(batch_size)
        features = dict(zip(keys, taken if isinstance(taken, list) else [taken], strict=True))
        if targets is None:
            return features
        if len(targets) == 1:
            target = features.pop(targets[0])
            return features, target
        return features, {key: features.pop(key) for key in targets}

    return input_fn


def _first_example(x: Any) -> dict[str, Any]:
    if not isinstance(x, FunctionType):
        raise TypeError(f"x must be generator function; got {type(x).__name__}")
    generator = x()
    if not isinstance(generator, GeneratorType):
        raise TypeError(f"x() must be generator; got {type(generator).__name__}")
    example = next(generator)
    generator.close()
    if not isinstance(example, dict):
        raise TypeError(f"x() must yield dict; got {type(example).__name__}")
    return example


def _target_keys(given: Any, keys: list[str]) -> list[str]:
    if isinstance(given, str):
        return [given]
    if not isinstance(given, Container):
        raise TypeError(f"target_key must be str or Container of str; got {type(given).__name__}")
    targets: list[str] = list(given)  # type: ignore[call-overload]
    for key in targets:
        if not isinstance(key, str):
            raise TypeError(f"target_key must be str or Container of str; got {type(key).__name__}")
        if key not in keys:
            raise KeyError(f"target_key not in yielded dict. Expected {keys} keys; got {key}")
    return targets


def _is_table(data: Any) -> bool:
    # Who has a table has imported pandas.
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(data, pandas.DataFrame)


def _other_columns(table: Any) -> list[tuple[str, str]]:
    names = [(str(column), table[column].dtype.name) for column in table]
    return [(column, dtype) for column, dtype in names if dtype not in _NUMBERS]


def extract_pandas_data(data: Any) -> Any:
    """Return the values of a pandas table as floats; what is no table is returned as it is.

    Raises:
      ValueError: a column holds neither numbers nor bools.
    """
    if not _is_table(data):
        return data
    others = _other_columns(data)
    if others:
        listed = ", ".join(f"'{column}' type='{dtype}'" for column, dtype in others)
        raise ValueError(
            f"Data types for extracting pandas data must be int, float, or bool. Found: {listed}"
        )
    return data.values.astype("float")


def extract_pandas_matrix(data: Any) -> Any:
    """Return the values of a pandas table; what is no table is returned as it is."""
    return data.values if _is_table(data) else data


def extract_pandas_labels(labels: Any) -> Any:
    """Return the values of a pandas table of one column; others are returned as they are.

    Raises:
      ValueError: there are more columns, or they hold neither numbers nor bools.
    """
    if not _is_table(labels):
        return labels
    if len(labels.columns) > 1:
        raise ValueError("Only one column for labels is allowed.")
    others = _other_columns(labels)
    if others:
        listed = ", ".join(f"'{column}' type={dtype}" for column, dtype in others)
        raise ValueError(
            f"Data types for extracting labels must be int, float, or bool. Found: {listed}"
        )
    return labels.values
