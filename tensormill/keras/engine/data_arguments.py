"""What `compile` and `fit` are given for several outputs, and parts of data.

Source: TensorFlow 1.15, python/keras/engine/training_utils.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import nest
from tensormill.keras.engine.data_checks import has_tensors
from tensormill.keras.engine.endpoints import by_output
from tensormill.keras.metrics import clone_metrics

__all__ = [
    "as_list",
    "loss_weights_by_output",
    "metrics_by_output",
    "split_arrays",
    "with_first",
]


def as_list(value: Any) -> Any:
    """Return a list as it is; one value for several outputs stays one value."""
    return value if isinstance(value, (list, tuple, dict)) or value is None else [value]


def metrics_by_output(given: Any, names: list[str], what: str) -> list[Any]:
    """Return the metrics of each output: a flat list is for every output.

    Raises:
      TypeError: they stand in no list and in no dictionary.
      ValueError: the number or a name is another.
    """
    if not given:
        return [[] for _ in names]
    if not isinstance(given, (list, tuple, dict)):
        raise TypeError(
            "Type of `metrics` argument not understood. Expected a list or dictionary, found: "
            f"{given}"
        )
    if isinstance(given, dict) or any(isinstance(x, (list, tuple)) for x in given):
        return by_output(given, names, what)
    if len(names) == 1:
        return [list(given)]
    return [clone_metrics(given) for _ in names]


def loss_weights_by_output(given: Any, names: list[str]) -> list[Any]:
    """Return by what the loss of each output is multiplied.

    Raises:
      TypeError: it stands in no list and in no dictionary.
    """
    if given is not None and not isinstance(given, (list, dict)):
        raise TypeError(
            f"Could not interpret loss_weights argument: {given} - expected a list of dicts."
        )
    return by_output(given, names, "loss_weights")


def split_arrays(x: Any, y: Any, weights: Any, share: float) -> Any:
    """Return the data without its end, and its end to validate with.

    Raises:
      ValueError: the data are tensors of the graph.
    """
    if has_tensors(x):
        raise ValueError(
            "If your data is in the form of symbolic tensors, you cannot use `validation_split`."
        )
    first_array = nest.flatten(x)[0] if isinstance(x, (list, tuple, dict)) else x
    count = first_array.shape[0] if hasattr(first_array, "shape") else len(x)
    at = int(count * (1.0 - share))

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
