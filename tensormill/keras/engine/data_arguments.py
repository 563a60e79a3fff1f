"""What `compile` and `fit` are given for several outputs, and parts of data.

Source: TensorFlow 1.15, python/keras/engine/training_utils.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import nest
from tensormill.keras.backend.state import floatx
from tensormill.keras.engine.endpoints import by_output

__all__ = [
    "as_classes",
    "as_list",
    "metrics_by_output",
    "split_arrays",
    "with_class_weights",
    "with_first",
]


def as_list(value: Any) -> Any:
    """Return a list as it is; one value for several outputs stays one value."""
    return value if isinstance(value, (list, tuple, dict)) or value is None else [value]


def metrics_by_output(given: Any, names: list[str], what: str) -> list[Any]:
    """Return the metrics of each output: a flat list is for every output."""
    if isinstance(given, (list, tuple)) and not any(isinstance(x, (list, tuple)) for x in given):
        return [list(given)] * len(names)
    return by_output(given, names, what)


def as_classes(class_weight: Any, names: list[str]) -> Any:
    """Return class weights by output: a dictionary of numbers is for the one output."""
    if isinstance(class_weight, dict) and not set(class_weight) & set(names):
        return [class_weight] * len(names)
    return class_weight


def with_class_weights(weights: Any, labels: Any, classes: Any) -> Any:
    """Return the weights of elements, multiplied by those of their classes."""
    if weights is not None:
        weights = np.asarray(weights)
    if not classes:
        return weights
    if labels.ndim > 1 and labels.shape[-1] > 1:
        labels = labels.argmax(axis=-1)
    own = np.asarray([classes.get(int(each), 1.0) for each in labels.ravel()], floatx())
    return own if weights is None else own * weights


def split_arrays(x: Any, y: Any, weights: Any, share: float) -> Any:
    """Return the data without its end, and its end to validate with."""
    arrays = nest.flatten(x)
    at = int(len(arrays[0]) * (1.0 - share))

    def part(value: Any, which: slice) -> Any:
        if value is None:
            return None
        if isinstance(value, dict):
            return {key: each[which] for key, each in value.items()}
        if isinstance(value, (list, tuple)) and hasattr(value[0], "shape"):
            return [each[which] for each in value]
        return value[which]

    first, last = slice(0, at), slice(at, None)
    validation = [part(x, last), part(y, last)]
    if weights is not None:
        validation.append(part(weights, last))
    return part(x, first), part(y, first), part(weights, first), tuple(validation)


def with_first(first: Any, rest: Any) -> Any:
    """Yield a batch that was looked at, then the rest."""
    yield first
    yield from rest
