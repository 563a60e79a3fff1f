"""Operators and built-in functions on tensors; on anything else what Python does.

Source: TensorFlow 1.15, python/autograph/operators: logical.py, exceptions.py, py_builtins.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensormill.api as tf
from tensormill.data.dataset import Dataset
from tensormill.python_statements.state import is_tensor

__all__ = ["OF_BUILTINS", "and_", "assert_stmt", "eq", "not_", "not_eq", "or_"]


def not_(a: Any) -> Any:
    """Return `not a`."""
    return tf.logical_not(a) if is_tensor(a) else not a


def and_(a: Callable[[], Any], b: Callable[[], Any]) -> Any:
    """Return `a and b`; `b` runs only where `a` holds."""
    first = a()
    if not is_tensor(first):
        return first and b()
    return tf.cond(first, b, lambda: first)


def or_(a: Callable[[], Any], b: Callable[[], Any]) -> Any:
    """Return `a or b`; `b` runs only where `a` does not hold."""
    first = a()
    if not is_tensor(first):
        return first or b()
    return tf.cond(first, lambda: first, b)


def eq(a: Any, b: Any) -> Any:
    """Return `a == b`, element by element for tensors."""
    return tf.equal(a, b) if is_tensor(a) or is_tensor(b) else a == b


def not_eq(a: Any, b: Any) -> Any:
    """Return `a != b`, element by element for tensors."""
    return not_(eq(a, b))


def assert_stmt(expression1: Any, expression2: Callable[[], Any]) -> Any:
    """Refuse in the graph what does not hold where it is a tensor.

    Raises:
      AssertionError: it is none, and does not hold.
    """
    if not is_tensor(expression1):
        assert expression1, expression2()
        return None
    said = expression2()
    return tf.Assert(expression1, list(said) if isinstance(said, (list, tuple)) else [said])


def _abs(x: Any) -> Any:
    return tf.abs(x) if is_tensor(x) else abs(x)


def _float(x: Any = 0) -> Any:
    return _number(x, tf.float32) if is_tensor(x) else float(x)


def _int(x: Any = 0, *base: Any, **kwargs: Any) -> Any:
    if not is_tensor(x):
        return int(x, *base, **kwargs)
    if base or kwargs:
        raise NotImplementedError("base 10 only is supported for tensors")
    return _number(x, tf.int32)


def _number(x: Any, dtype: Any) -> Any:
    if x.dtype.base_dtype == tf.string:
        return tf.strings.to_number(x, out_type=dtype)
    return tf.cast(x, dtype)


def _len(s: Any) -> Any:
    if isinstance(s, tf.TensorArray):
        return s.size()
    if isinstance(s, Dataset):
        return tf.data.experimental.cardinality(s)
    if not is_tensor(s):
        return len(s)
    if s.shape.ndims == 0:
        raise ValueError(f"len requires a non-scalar tensor, got one of shape {s.shape}")
    known = s.shape[0].value if s.shape.ndims else None
    if known is not None:
        return known
    with tf.control_dependencies(
        [tf.debugging.assert_rank_at_least(s, 1, message="len requires non-zero rank")]
    ):
        return tf.identity(tf.shape(s)[0])


def _print(*objects: Any, **kwargs: Any) -> Any:
    unknown = set(kwargs) - {"sep", "end", "file", "flush"}
    if unknown:
        raise ValueError(f"invalid keyword arguments: {sorted(unknown)}")
    tensors = [each for each in objects if is_tensor(each)]
    if not tensors:
        return print(*objects, **kwargs)  # noqa: T201

    def show(*values: Any) -> int:
        found = iter(values)
        print(*(next(found) if is_tensor(each) else each for each in objects), **kwargs)  # noqa: T201
        return 0

    return tf.py_func(show, tensors, tf.int64)


def _range(*limits: Any) -> Any:
    return tf.range(*limits) if any(is_tensor(each) for each in limits) else range(*limits)


def _enumerate(s: Any, start: Any = 0) -> Any:
    if isinstance(s, Dataset):
        return s.enumerate(start) if hasattr(s, "enumerate") else s.apply(
            tf.data.experimental.enumerate_dataset(start)
        )  # fmt: skip
    if is_tensor(s):
        raise NotImplementedError("use a for loop over a tf.data.Dataset to count its elements")
    return enumerate(s, start)


def _zip(*iterables: Any, **kwargs: Any) -> Any:
    if iterables and all(isinstance(each, Dataset) for each in iterables):
        return tf.data.Dataset.zip(iterables)
    return zip(*iterables, **kwargs)  # noqa: B905 - as the program said


def _map(fn: Callable[..., Any], *iterables: Any) -> Any:
    if iterables and all(isinstance(each, Dataset) for each in iterables):
        return tf.data.Dataset.zip(iterables).map(fn)
    return map(fn, *iterables)


def _filter(function: Any, iterable: Any) -> Any:
    if isinstance(iterable, Dataset):
        return iterable.filter(function)
    return filter(function, iterable)


OF_BUILTINS: dict[Any, Callable[..., Any]] = {
    abs: _abs,
    enumerate: _enumerate,
    filter: _filter,
    float: _float,
    int: _int,
    len: _len,
    map: _map,
    print: _print,
    range: _range,
    zip: _zip,
}
