"""`tf.assert_*`: checks of values, ranks and dtypes, while the graph is built where possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.graph import dtypes, errors
from tensormill.graph.constant_value import constant_value
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor, TensorLike
from tensormill.ops.array_shapes import rank as rank_of
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.array_shapes import size as size_of
from tensormill.ops.basics import no_op
from tensormill.ops.check import Assert
from tensormill.ops.comparison import (
    equal,
    greater,
    greater_equal,
    less,
    less_equal,
    logical_or,
    not_equal,
)
from tensormill.ops.conditional import cond
from tensormill.ops.elementwise_unary import abs as abs_
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.reduction import reduce_all
from tensormill.ops.slicing import strided_slice

_NUMERIC_TYPES = frozenset(
    as_dtype(name)
    for name in (
        "float32 float64 int8 int16 int32 int64 uint8 qint8 qint32 quint8 complex64".split()
    )
)


def _prefix(message: str | None) -> str:
    return f"{message}.  " if message else ""


def _check_now(condition: bool, data: Any) -> None:
    """Fail at once where constants settle the matter."""
    if condition:
        return
    texts = []
    for item in data:
        value = constant_value(item) if isinstance(item, Tensor) else None
        texts.append(str(item if value is None else value))
    raise errors.InvalidArgumentError(None, None, "\n".join(texts))


def _compare(
    symbol: str,
    function_name: str,
    compare: Callable[..., Tensor],
    compare_now: Callable[..., Any],
    x: Any,
    y: Any,
    data: Any,
    summarize: int | None,
    message: str | None,
    name: str | None,
) -> Operation:
    with OpScope(name, function_name, [x, y, data]):
        x, y = convert_to_tensor(x, name="x"), convert_to_tensor(y, name="y")
        if data is None:
            data = [
                f"Condition x {symbol} y did not hold element-wise:",
                f"x ({x.name}) = ",
                x,
                f"y ({y.name}) = ",
                y,
            ]
        if message is not None:
            data = [message, *data]
        condition = reduce_all(compare(x, y))
        known_x, known_y = constant_value(x), constant_value(y)
        if known_x is not None and known_y is not None:
            _check_now(bool(np.all(compare_now(known_x, known_y))), data)
        return Assert(condition, data, summarize=summarize)


def assert_equal(
    x: Any,
    y: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Make an operation that fails unless `x == y` everywhere.

    Args:
      x: numbers.
      y: numbers of the same dtype, broadcast to `x`.
      data: what to show; by default both.
      summarize: how many entries of each.
      message: the start of the error's message.
      name: the name of the nodes.

    Raises:
      InvalidArgumentError: constants settle that it does not hold.
    """
    if x is y:
        with OpScope(name, "assert_equal", [x, y, data]):
            return no_op()
    return _compare("==", "assert_equal", equal, np.equal, x, y, data, summarize, message, name)


def assert_none_equal(
    x: Any,
    y: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Make an operation that fails unless `x != y` everywhere; see `assert_equal`."""
    return _compare(
        "!=", "assert_none_equal", not_equal, np.not_equal, x, y, data, summarize, message, name
    )


def assert_less(
    x: Any,
    y: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Make an operation that fails unless `x < y` everywhere; see `assert_equal`."""
    return _compare("<", "assert_less", less, np.less, x, y, data, summarize, message, name)


def assert_less_equal(
    x: Any,
    y: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Make an operation that fails unless `x <= y` everywhere; see `assert_equal`."""
    return _compare(
        "<=", "assert_less_equal", less_equal, np.less_equal, x, y, data, summarize, message, name
    )


def assert_greater(
    x: Any,
    y: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Make an operation that fails unless `x > y` everywhere; see `assert_equal`."""
    return _compare(
        ">", "assert_greater", greater, np.greater, x, y, data, summarize, message, name
    )


def assert_greater_equal(
    x: Any,
    y: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Make an operation that fails unless `x >= y` everywhere; see `assert_equal`."""
    return _compare(
        ">=", "assert_greater_equal", greater_equal, np.greater_equal, x, y, data, summarize,
        message, name,
    )  # fmt: skip


def assert_near(
    x: Any,
    y: Any,
    rtol: Any = None,
    atol: Any = None,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Make an operation that fails unless `abs(x - y) < atol + rtol * abs(y)` everywhere.

    Args:
      x: floats.
      y: floats of the same dtype, broadcast to `x`.
      rtol: the relative tolerance; ten times the dtype's epsilon by default.
      atol: the absolute tolerance, likewise.
      data: what to show; by default both.
      summarize: how many entries of each.
      message: the start of the error's message.
      name: the name of the nodes.
    """
    with OpScope(name, "assert_near", [x, y, rtol, atol, data]):
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", dtype=x.dtype)
        dtype = x.dtype.real_dtype if x.dtype.is_complex else x.dtype
        epsilon = 10 * np.finfo(dtype.as_numpy_dtype).eps
        rtol = convert_to_tensor(epsilon if rtol is None else rtol, name="rtol", dtype=dtype)
        atol = convert_to_tensor(epsilon if atol is None else atol, name="atol", dtype=dtype)
        if data is None:
            data = [
                _prefix(message),
                f"x and y not equal to tolerance rtol = {rtol}, atol = {atol}",
                f"x ({x.name}) = ",
                x,
                f"y ({y.name}) = ",
                y,
            ]
        tolerance = atol + rtol * abs_(y)
        difference = abs_(x - y)
        return Assert(reduce_all(less(difference, tolerance)), data, summarize=summarize)


def _sign_check(
    function_name: str,
    symbol: str,
    compare: Callable[..., Operation],
    x: Any,
    data: Any,
    summarize: int | None,
    message: str | None,
    name: str | None,
) -> Operation:
    """Compare `x` with zero; `compare` takes both in this order."""
    with OpScope(name, function_name, [x, data]):
        x = convert_to_tensor(x, name="x")
        if data is None:
            data = [
                _prefix(message),
                f"Condition x {symbol} 0 did not hold element-wise:",
                f"x ({x.name}) = ",
                x,
            ]
        zero = convert_to_tensor(0, dtype=x.dtype)
        return compare(x, zero, data=data, summarize=summarize)


def assert_negative(
    x: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Make an operation that fails unless `x < 0` everywhere; see `assert_equal`."""
    return _sign_check("assert_negative", "<", assert_less, x, data, summarize, message, name)


def assert_positive(
    x: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Make an operation that fails unless `x > 0` everywhere; see `assert_equal`."""

    def compare(value: Tensor, zero: Tensor, **options: Any) -> Operation:
        return assert_less(zero, value, **options)

    return _sign_check("assert_positive", ">", compare, x, data, summarize, message, name)


def assert_non_negative(
    x: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Make an operation that fails unless `x >= 0` everywhere; see `assert_equal`."""

    def compare(value: Tensor, zero: Tensor, **options: Any) -> Operation:
        return assert_less_equal(zero, value, **options)

    return _sign_check("assert_non_negative", ">=", compare, x, data, summarize, message, name)


def assert_non_positive(
    x: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Make an operation that fails unless `x <= 0` everywhere; see `assert_equal`."""
    return _sign_check(
        "assert_non_positive", "<=", assert_less_equal, x, data, summarize, message, name
    )


def _assert_rank(
    function_name: str,
    words: str,
    holds: Callable[[int, Any], bool],
    compare: Callable[[Tensor, Any], Tensor],
    x: Any,
    ranks: Any,
    is_list: bool,
    data: Any,
    summarize: int | None,
    message: str | None,
    name: str | None,
) -> Operation:
    """Check the rank of `x` against one rank, or against a list of which one must fit."""
    given = list(ranks) if is_list else [ranks]
    with OpScope(name, function_name, [x, *given, *(data or [])]):
        x = convert_to_tensor(x, name="x")
        tensors = [convert_to_tensor(rank, name="rank") for rank in given]
        known = [constant_value(rank) for rank in tensors]
        for rank, value in zip(tensors, known, strict=True):
            assert_type(rank, dtypes.int32)
            if value is not None and value.ndim:
                raise ValueError("Rank must be a scalar.")
        if all(value is not None for value in known) and x.dims is not None:
            wanted = tuple(int(value) for value in known)
            if not holds(len(x.dims), wanted if is_list else wanted[0]):
                raise ValueError(
                    f"{_prefix(message)}Tensor {x.name} must have rank {words}"
                    f"{wanted if is_list else wanted[0]}.  Received rank {len(x.dims)}, "
                    f"shape {x.shape}"
                )
            return no_op.make(name="static_checks_determined_all_ok")
        if data is None:
            data = [
                _prefix(message),
                f"Tensor {x.name} must have rank {words}".rstrip(),
                *tensors,
                "Received shape: ",
                shape_of(x),
            ]
        condition = compare(rank_of(x), tensors if is_list else tensors[0])
        for rank, value in zip(tensors, known, strict=True):
            if value is None:
                check = assert_rank(rank, 0, data=["Rank must be a scalar. Received rank: ", rank])
                condition = with_dependencies([check], condition)
        return Assert(condition, data, summarize=summarize)


def _is_one_of(actual: Tensor, ranks: list[Tensor]) -> Tensor:
    result = equal(ranks[0], actual)
    for rank in ranks[1:]:
        result = logical_or(result, equal(rank, actual))
    return result


def assert_rank(
    x: Any,
    rank: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Make an operation that fails unless `x` has the given rank.

    Args:
      x: a tensor.
      rank: an int32 scalar.
      data: what to show; by default the rank and the shape.
      summarize: how many entries of each.
      message: the start of the error's message.
      name: the name of the nodes.

    Raises:
      ValueError: the static shape settles that it does not hold.
    """
    return _assert_rank(
        "assert_rank", "", lambda actual, wanted: actual == wanted, equal, x, rank, False, data,
        summarize, message, name,
    )  # fmt: skip


def assert_rank_at_least(
    x: Any,
    rank: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Make an operation that fails unless `x` has at least the given rank; see `assert_rank`."""
    return _assert_rank(
        "assert_rank_at_least", "at least ", lambda actual, wanted: actual >= wanted,
        greater_equal, x, rank, False, data, summarize, message, name,
    )  # fmt: skip


def assert_rank_in(
    x: Any,
    ranks: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Make an operation that fails unless `x` has one of the given ranks; see `assert_rank`."""
    return _assert_rank(
        "assert_rank_in", "in ", lambda actual, wanted: actual in wanted, _is_one_of, x, ranks,
        True, data, summarize, message, name,
    )  # fmt: skip


def assert_integer(x: Any, message: str | None = None, name: str | None = None) -> Operation:
    """Refuse a tensor that is not of an integer dtype.

    Args:
      x: a tensor.
      message: the start of the error's message.
      name: the name of the node.

    Raises:
      TypeError: the dtype is another.
    """
    with OpScope(name, "assert_integer", [x]):
        x = convert_to_tensor(x, name="x")
        if not x.dtype.is_integer:
            raise TypeError(
                f'{_prefix(message)}Expected "x" to be integer type.  Found: {x.name} of dtype '
                f"{x.dtype!r}"
            )
        return no_op.make(name="statically_determined_was_integer")


def assert_type(
    tensor: Any, tf_type: Any, message: str | None = None, name: str | None = None
) -> Operation:
    """Refuse a tensor that is not of the given dtype.

    Args:
      tensor: a tensor.
      tf_type: the dtype.
      message: the start of the error's message.
      name: the name of the node.

    Raises:
      TypeError: the dtype is another.
    """
    wanted = as_dtype(tf_type)
    with OpScope(name, "assert_type", [tensor]):
        tensor = convert_to_tensor(tensor, name="tensor")
        if tensor.dtype != wanted:
            raise TypeError(
                f"{_prefix(message)}{tensor.name} must be of type {wanted}; got {tensor.dtype}"
            )
        return no_op.make(name="statically_determined_correct_type")


def assert_scalar(tensor: Any, name: str | None = None, message: str | None = None) -> Tensor:
    """Return the tensor; refuse one that is not a scalar.

    Args:
      tensor: a tensor.
      name: the name of the constant that may be made.
      message: the start of the error's message.

    Raises:
      ValueError: the static shape is another.
    """
    with OpScope(name, "assert_scalar", [tensor]) as scope:
        tensor = convert_to_tensor(tensor, name=scope)
        if tensor.dims != ():
            raise ValueError(
                f"{_prefix(message)}Expected scalar shape for {tensor.name}, saw shape: "
                f"{tensor.shape}."
            )
        return tensor


def assert_same_float_dtype(tensors: Any = None, dtype: Any = None) -> DType:
    """Return the one float dtype of all tensors, float32 where there are none.

    Args:
      tensors: tensors; None among them are passed over.
      dtype: the dtype that they must have.

    Raises:
      ValueError: the dtypes differ, or are not floats.
    """
    found = None if dtype is None else as_dtype(dtype)
    first = ""
    for item in tensors or ():
        if item is None:
            continue
        own = item.dtype.base_dtype
        if found is None:
            found, first = own, item.name
        elif own != found:
            raise ValueError(
                f"{item.name}, type={own}, must be of the same type ({found})"
                f"{f' as {first}' if first else ''}."
            )
    if found is None:
        return dtypes.float32
    if not found.is_floating:
        raise ValueError(f"Expected floating point type, got {found}.")
    return found


def is_numeric_tensor(tensor: Any) -> bool:
    """Return whether the value is a tensor of numbers.

    Args:
      tensor: anything.
    """
    return isinstance(tensor, Tensor) and tensor.dtype.base_dtype in _NUMERIC_TYPES


def _neighbours_hold(x: Any, compare: Callable[..., Tensor]) -> Tensor:
    x = reshape(x, [-1])
    if not is_numeric_tensor(x):
        raise TypeError(f"Expected x to be numeric, instead found: {x}")
    is_short = less(size_of(x), 2)
    last = shape_of(x) - 1
    return cond(
        is_short,
        lambda: convert_to_tensor([], dtype=dtypes.bool),
        lambda: compare(strided_slice(x, [1], last + 1), strided_slice(x, [0], last)),
    )


def is_non_decreasing(x: Any, name: str | None = None) -> Tensor:
    """Return whether no entry is less than the one before it, a bool scalar.

    Args:
      x: numbers.
      name: the name of the nodes.
    """
    with OpScope(name, "is_non_decreasing", [x]):
        return reduce_all(_neighbours_hold(x, greater_equal))


def is_strictly_increasing(x: Any, name: str | None = None) -> Tensor:
    """Return whether every entry is more than the one before it, a bool scalar.

    Args:
      x: numbers.
      name: the name of the nodes.
    """
    with OpScope(name, "is_strictly_increasing", [x]):
        return reduce_all(_neighbours_hold(x, greater))


def assert_proper_iterable(values: Any) -> None:
    """Refuse what is no list of values, though it may be iterated over.

    Raises:
      TypeError: a tensor, an array, a string, or what cannot be iterated over.
    """
    if isinstance(values, (TensorLike, np.ndarray, bytes, str)):
        raise TypeError(
            f"Expected argument 'values' to be a \"proper\" iterable.  Found: {type(values)}"
        )
    if not hasattr(values, "__iter__"):
        raise TypeError(f"Expected argument 'values' to be iterable.  Found: {type(values)}")
