"""`tf.estimator.inputs`: input functions of arrays and tables.

Source: TensorFlow Estimator 1.15, python/estimator/inputs/numpy_io.py and pandas_io.py.
"""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.estimator.feeding import enqueue_data, has_pandas, is_data_frame

__all__ = ["numpy_input_fn", "pandas_input_fn"]


def _check_shuffle(shuffle: Any) -> None:
    if not isinstance(shuffle, bool):
        raise ValueError(
            "shuffle must be provided and explicitly set as boolean (it is recommended to set it "
            f"as True for training); got {shuffle}"
        )


def _features_of(x: Any) -> OrderedDict[str, Any]:
    if isinstance(x, dict):
        if not x:
            raise ValueError("x cannot be an empty dict")
        return OrderedDict(sorted(x.items()))
    if isinstance(x, np.ndarray):
        if not x.size:
            raise ValueError("x cannot be an empty array")
        return OrderedDict(__direct_np_input__=x)
    raise TypeError(f"x must be a dict or array; got {type(x).__name__}")


def _labels_of(y: Any, features: OrderedDict[str, Any]) -> OrderedDict[str, Any]:
    if y is None:
        return OrderedDict()
    if isinstance(y, dict):
        if not y:
            raise ValueError("y cannot be empty dict, use None instead.")
        common = features.keys() & y.keys()
        if common:
            raise ValueError(f"{len(common)} duplicate keys are found in both x and y: {common}")
        return OrderedDict(sorted(y.items()))
    key = "__target_key__"
    while key in features:
        key += "_n"
    return OrderedDict({key: y})


def numpy_input_fn(
    x: Any,
    y: Any = None,
    batch_size: int = 128,
    num_epochs: int | None = 1,
    shuffle: Any = None,
    queue_capacity: int = 1000,
    num_threads: int = 1,
) -> Callable[[], Any]:
    """Return an input function of arrays.

    Args:
      x: features: an array, or a dict of arrays.
      y: labels: likewise, or None.
      batch_size: how many examples to a batch.
      num_epochs: how often to go through them; None has no end.
      shuffle: whether in any order; must be given.
      queue_capacity: how many examples to hold ready.
      num_threads: how many threads fill the queue.

    Raises:
      ValueError: `shuffle` is not given; when the function is called: the lengths differ, or
        there is nothing.
      TypeError: when the function is called: `x` is neither.
    """
    _check_shuffle(shuffle)

    def input_fn() -> Any:
        features = _features_of(x)
        labels = _labels_of(y, features)
        data = OrderedDict([*features.items(), *labels.items()])
        if len({array.shape[0] for array in data.values()}) != 1:
            shapes = {key: array.shape for key, array in labels.items()}
            of_y = None if y is None else shapes if isinstance(y, dict) else y.shape
            raise ValueError(
                "Length of tensors in x and y is mismatched. All elements in x and y must have "
                f"the same length.\nShapes in x: "
                f"{ {key: array.shape for key, array in features.items()} }\nShapes in y: {of_y}\n"
            )
        queue = enqueue_data(
            data,
            queue_capacity,
            shuffle=shuffle,
            num_threads=num_threads,
            enqueue_size=batch_size,
            num_epochs=num_epochs,
        )
        _, *columns = _dequeued(queue, batch_size, num_epochs)
        made: Any = dict(zip(features, columns[: len(features)], strict=True))
        if not isinstance(x, dict):
            made = columns[0]
        if y is None:
            return made
        if not isinstance(y, dict):
            return made, columns[-1]
        return made, dict(zip(labels, columns[-len(labels) :], strict=True))

    return input_fn


def _dequeued(queue: Any, batch_size: int, num_epochs: int | None) -> list[Any]:
    dequeue = queue.dequeue_many if num_epochs is None else queue.dequeue_up_to
    return list(dequeue(batch_size))


def pandas_input_fn(
    x: Any,
    y: Any = None,
    batch_size: int = 128,
    num_epochs: int | None = 1,
    shuffle: Any = None,
    queue_capacity: int | None = 1000,
    num_threads: int = 1,
    target_column: Any = "target",
) -> Callable[[], Any]:
    """Return an input function of a pandas table; needs pandas.

    Args:
      x: features, a table.
      y: labels, a column or table of the same index, or None.
      batch_size: how many examples to a batch.
      num_epochs: how often to go through them; None has no end.
      shuffle: whether in any order; must be given.
      queue_capacity: how many examples to hold ready; None for as many as there are.
      num_threads: how many threads fill the queue.
      target_column: a name for the labels that no feature has.

    Raises:
      TypeError: pandas is not there, or the name no string.
      ValueError: `shuffle` is not given, the name is taken, or the indices differ.
    """
    if not has_pandas():
        raise TypeError("pandas_input_fn should not be called without pandas installed")
    _check_shuffle(shuffle)
    if not isinstance(target_column, str):
        raise TypeError("target_column must be a string type")
    table = x.copy()
    targets = _add_labels(table, y, target_column)
    if queue_capacity is None:
        queue_capacity = 4 * len(table) if shuffle else len(table)
    capacity = queue_capacity

    def input_fn() -> Any:
        queue = enqueue_data(
            table,
            capacity,
            shuffle=shuffle,
            min_after_dequeue=max(capacity / 4, 1),
            num_threads=num_threads,
            enqueue_size=batch_size,
            num_epochs=num_epochs,
        )
        _, *columns = _dequeued(queue, batch_size, num_epochs)
        features = dict(zip(list(table.columns), columns, strict=True))
        if y is None:
            return features
        labels = {key: features.pop(column) for key, column in targets.items()}
        return features, labels if is_data_frame(y) else labels[target_column]

    return input_fn


def _add_labels(table: Any, y: Any, target_column: str) -> dict[str, str]:
    """Add labels to a table; return the names of their columns there."""
    if y is None:
        return {}
    if target_column in table:
        raise ValueError(
            f"Cannot use name {target_column} for target column: DataFrame already has a column "
            f"with that name: {table.columns}"
        )
    if not np.array_equal(table.index, y.index):
        raise ValueError(
            f"Index for x and y are mismatched.\nIndex for x: {table.index}\n"
            f"Index for y: {y.index}\n"
        )
    if not is_data_frame(y):
        table[target_column] = y
        return {target_column: target_column}
    names = {key: f"{key}_{uuid.uuid4()}" if key in table else key for key in list(y)}
    table[list(names.values())] = y
    return names
