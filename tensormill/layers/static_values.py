"""What layers know while a graph is built: constants, sizes of axes, tuples of integers.

Source: TensorFlow 1.15, contrib/layers/python/layers/utils.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph import constant_value as graph_constant_value
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.ops.conditional import cond
from tensormill.variables.base import VariableBase

__all__ = [
    "channel_dimension",
    "constant_value",
    "last_dimension",
    "n_positive_integers",
    "smart_cond",
    "static_cond",
    "two_element_tuple",
]


def constant_value(value_or_tensor_or_var: Any, dtype: Any = None) -> Any:
    """Return a value, or that of a tensor; None where it is not known while the graph is built.

    Args:
      value_or_tensor_or_var: a value, a tensor or a variable.
      dtype: the dtype that a tensor or variable must have.

    Raises:
      ValueError: it is None, or has another dtype.
    """
    given = value_or_tensor_or_var
    if given is None:
        raise ValueError("value_or_tensor_or_var cannot be None")
    if not isinstance(given, (Tensor, VariableBase)):
        return given
    if dtype and given.dtype != dtype:
        raise ValueError(f"It has the wrong type {given.dtype} instead of {dtype}")
    return graph_constant_value.constant_value(given) if isinstance(given, Tensor) else None


def static_cond(pred: Any, fn1: Callable[[], Any], fn2: Callable[[], Any]) -> Any:
    """Return what one of two functions gives.

    Args:
      pred: which, no tensor.
      fn1: the function for what is true.
      fn2: the other.

    Raises:
      TypeError: one cannot be called.
    """
    if not callable(fn1):
        raise TypeError("fn1 must be callable.")
    if not callable(fn2):
        raise TypeError("fn2 must be callable.")
    return fn1() if pred else fn2()


def smart_cond(
    pred: Any, fn1: Callable[[], Any], fn2: Callable[[], Any], name: str | None = None
) -> Any:
    """As `static_cond` where the predicate is known while the graph is built, else `tf.cond`."""
    known = constant_value(pred)
    return cond(pred, fn1, fn2, name=name) if known is None else static_cond(known, fn1, fn2)


def _dimension(shape: TensorShape, axis: int, min_rank: int) -> int:
    if shape.dims is None:
        raise ValueError("dims of shape must be known but is None")
    rank = len(shape.dims)
    if rank < min_rank:
        raise ValueError(f"rank of shape must be at least {min_rank} not: {rank}")
    value: int | None = shape.dims[axis].value
    if value is None:
        raise ValueError(f"dimension {axis} of shape must be known but is None: {shape}")
    return value


def channel_dimension(shape: TensorShape, data_format: str, min_rank: int = 1) -> int:
    """Return how many channels a shape has.

    Args:
      shape: the shape.
      data_format: "channels_first" or "channels_last".
      min_rank: the rank that it must have at least.

    Raises:
      ValueError: the rank is less, or it is not known.
    """
    return _dimension(shape, 1 if data_format == "channels_first" else -1, min_rank)


def last_dimension(shape: TensorShape, min_rank: int = 1) -> int:
    """Return the size of the last axis; see `channel_dimension`."""
    return _dimension(shape, -1, min_rank)


def two_element_tuple(int_or_tuple: Any) -> tuple[Any, Any]:
    """Return an int twice, or two of them as a tuple.

    Raises:
      ValueError: it is neither.
    """
    if isinstance(int_or_tuple, (list, tuple)):
        if len(int_or_tuple) != 2:
            raise ValueError(f"Must be a list with 2 elements: {int_or_tuple}")
        return int(int_or_tuple[0]), int(int_or_tuple[1])
    if isinstance(int_or_tuple, int):
        return int_or_tuple, int_or_tuple
    if isinstance(int_or_tuple, TensorShape) and len(int_or_tuple) == 2:
        return int_or_tuple[0], int_or_tuple[1]
    raise ValueError("Must be an int, a list with 2 elements or a TensorShape of length 2")


def n_positive_integers(n: Any, value: Any) -> tuple[int, ...]:
    """Return an integer `n` times, or `n` of them as a tuple.

    Args:
      n: how many.
      value: an integer, or a sequence or shape of `n`.

    Raises:
      TypeError: `n` is no number.
      ValueError: one is not positive, or there are not `n`.
    """
    count = int(n)
    if count < 1 or count != n:
        raise ValueError("n must be a positive integer")
    try:
        values = (int(value),) * count
    except (TypeError, ValueError):
        message = f"Expected sequence of {count} positive integers, but received {value!r}"
        if len(value) != count:
            raise ValueError(message) from None
        try:
            values = tuple(int(item) for item in value)
        except (TypeError, ValueError):
            raise ValueError(message) from None
    for item in values:
        if item < 1:
            raise ValueError(f"expected positive integer, but received {item}")
    return values
