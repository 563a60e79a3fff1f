"""Checks and conversions of the parameters of distributions.

Source: TensorFlow 1.15, python/ops/distributions/util.py.
"""

from __future__ import annotations

import hashlib
import inspect
from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.activations import softmax
from tensormill.ops.array_shapes import shape
from tensormill.ops.assertions import (
    assert_equal,
    assert_greater_equal,
    assert_less_equal,
    assert_near,
    assert_non_negative,
    assert_rank_at_least,
)
from tensormill.ops.basics import no_op
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import log, log1p, sigmoid
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.special_functions import lgamma
from tensormill.ops.transposition import matrix_transpose

__all__ = [
    "assert_integer_form",
    "assert_symmetric",
    "embed_check_categorical_event_shape",
    "embed_check_integer_casting_closed",
    "embed_check_nonnegative_integer_form",
    "gen_new_seed",
    "get_logits_and_probs",
    "log_combinations",
    "maybe_get_static_value",
    "parent_frame_arguments",
]

# The integers that hold what floats of each dtype can say exactly.
_INTEGER_OF = {
    dtypes.float16: dtypes.int16,
    dtypes.float32: dtypes.int32,
    dtypes.float64: dtypes.int64,
}
_UNSIGNED = (dtypes.bool, dtypes.uint8, dtypes.uint16)
_SIGNED = (*_INTEGER_OF, dtypes.int8, dtypes.int16, dtypes.int32, dtypes.int64)


def _check_known(dtype: DType) -> None:
    if dtype.base_dtype not in (*_UNSIGNED, *_SIGNED):
        raise TypeError(f"Unrecognized dtype: {dtype.name}")


def _is_integer_like(dtype: DType) -> bool:
    _check_known(dtype)
    return dtype.is_integer or dtype.base_dtype is dtypes.bool


def _largest_integer(dtype: DType) -> int:
    """Return the largest integer up to which a dtype says all of them exactly."""
    _check_known(dtype)
    if dtype.is_floating:
        return int(2 ** (np.finfo(dtype.as_numpy_dtype).nmant + 1))
    return 1 if dtype.base_dtype is dtypes.bool else int(np.iinfo(dtype.as_numpy_dtype).max)


def _smallest_integer(dtype: DType) -> int:
    _check_known(dtype)
    return 0 if dtype.base_dtype in _UNSIGNED else -_largest_integer(dtype)


def assert_integer_form(
    x: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    int_dtype: Any = None,
    name: str = "assert_integer_form",
) -> Operation:
    """Make an operation that fails unless all elements are whole numbers.

    Raises:
      TypeError: they are no numbers.
    """
    with name_scope(name, None, [x, data]):
        x = convert_to_tensor(x, name="x")
        if x.dtype.is_integer:
            return no_op.make()
        message = message or f"{x} has non-integer components"
        if int_dtype is None:
            int_dtype = _INTEGER_OF.get(x.dtype.base_dtype)
            if int_dtype is None:
                raise TypeError(f"Unrecognized type {x.dtype.name}")
        whole = cast(cast(x, int_dtype), x.dtype)
        return assert_equal(x, whole, data=data, summarize=summarize, message=message, name=name)


def assert_symmetric(matrix: Tensor) -> Tensor:
    """Return a matrix, which must be symmetric."""
    return with_dependencies([assert_equal(matrix, matrix_transpose(matrix))], matrix)


def embed_check_nonnegative_integer_form(
    x: Any, name: str = "embed_check_nonnegative_integer_form"
) -> Tensor:
    """Return numbers, which must be whole and at least 0."""
    with name_scope(name, None, [x]):
        x = convert_to_tensor(x, name="x")
        checks = [assert_non_negative(x, message=f"'{x}' must be non-negative.")]
        if not x.dtype.is_integer:
            message = f"'{x}' cannot contain fractional components."
            checks.append(assert_integer_form(x, message=message))
        return with_dependencies(checks, x)


def maybe_get_static_value(x: Any, dtype: Any = None) -> Any:
    """Return the value of a tensor as far as it is known, of another dtype if one is given."""
    if x is None:
        return x
    value = constant_value(x) if isinstance(x, Tensor) else x
    return value if value is None or dtype is None else np.array(value, dtype)


def get_logits_and_probs(
    logits: Any = None,
    probs: Any = None,
    multidimensional: bool = False,
    validate_args: bool = False,
    name: str = "get_logits_and_probs",
    dtype: Any = None,
) -> tuple[Tensor, Tensor]:
    """Return logits and probabilities, given one of both.

    Args:
      logits: log-odds, or unnormalized log-probabilities of classes.
      probs: probabilities.
      multidimensional: whether the last dimension is that of classes.
      validate_args: whether values are checked in each step.
      name: the name of the scope.
      dtype: the dtype of both.

    Raises:
      ValueError: neither is given, or both.
      TypeError: they are no floats.
    """
    with name_scope(name, None, [probs, logits]):
        if (probs is None) == (logits is None):
            raise ValueError("Must pass probs or logits, but not both.")
        if probs is None:
            logits = convert_to_tensor(logits, dtype, name="logits")
            if not logits.dtype.is_floating:
                raise TypeError("logits must having floating type.")
            if not multidimensional:
                return logits, sigmoid(logits, name="probs")
            if validate_args:
                logits = embed_check_categorical_event_shape(logits)
            return logits, softmax(logits, name="probs")
        probs = convert_to_tensor(probs, dtype, name="probs")
        if not probs.dtype.is_floating:
            raise TypeError("probs must having floating type.")
        if validate_args:
            probs = _checked_probabilities(probs, multidimensional)
        with name_scope("logits"):
            return (log(probs) if multidimensional else log(probs) - log1p(-1.0 * probs)), probs


def _checked_probabilities(probs: Tensor, multidimensional: bool) -> Tensor:
    with name_scope("validate_probs"):
        one = constant(1.0, probs.dtype)
        checks = [assert_non_negative(probs)]
        if multidimensional:
            probs = embed_check_categorical_event_shape(probs)
            total = reduce_sum(probs, -1)
            checks.append(assert_near(total, one, message="probs does not sum to 1."))
        else:
            message = "probs has components greater than 1."
            checks.append(assert_less_equal(probs, one, message=message))
        return with_dependencies(checks, probs)


def embed_check_categorical_event_shape(
    categorical_param: Any, name: str = "embed_check_categorical_event_shape"
) -> Tensor:
    """Return the parameter of a distribution over classes, at least two and not too many.

    Raises:
      TypeError: its dtype cannot count classes.
      ValueError: the static shape has too few or too many of them.
    """
    with name_scope(name, None, [categorical_param]):
        x = convert_to_tensor(categorical_param, name="categorical_param")
        dtype = x.dtype.base_dtype
        most = _largest_integer(dtype) if dtype.is_floating else 0
        if not most:
            raise TypeError(f"Unable to validate size of unrecognized dtype ({dtype.name}).")
        too_few = "A categorical-distribution parameter must have at least 2 events."
        no_classes = "A categorical-distribution parameter must have at least 1 dimension."
        if x.dims == ():
            raise ValueError(no_classes)
        count = None if x.dims is None else x.dims[-1]
        if count is not None:
            if count < 2:
                raise ValueError(too_few)
            if count > most:
                raise ValueError(
                    f"Number of classes exceeds `dtype` precision, i.e., {dtype.name} implies "
                    f"shape ({count}) cannot exceed {most}."
                )
            return x
        size = shape(x, name="x_shape")[-1]
        too_many = (
            f"Number of classes exceeds `dtype` precision, i.e., {dtype.name} dtype cannot exceed "
            f"{most} shape."
        )
        checks = [
            assert_rank_at_least(x, 1, message=no_classes),
            assert_greater_equal(size, 2, message=too_few),
            assert_less_equal(size, most, message=too_many),
        ]
        return with_dependencies(checks, x)


def embed_check_integer_casting_closed(
    x: Any,
    target_dtype: Any,
    assert_nonnegative: bool = True,
    name: str = "embed_check_casting_closed",
) -> Tensor:
    """Return numbers, which must not change when they are cast to another dtype.

    Raises:
      TypeError: neither of both dtypes is one of integers, or one is not of numbers.
    """
    target = as_dtype(target_dtype)
    with name_scope(name, None, [x]):
        x = convert_to_tensor(x, name="x")
        if not _is_integer_like(x.dtype) and not x.dtype.is_floating:
            raise TypeError(f"{x.dtype.name}.dtype must be floating- or integer-type.")
        if not _is_integer_like(target) and not target.is_floating:
            raise TypeError(f"target_dtype ({target.name}) must be floating- or integer-type.")
        if not _is_integer_like(x.dtype) and not _is_integer_like(target):
            raise TypeError(
                f"At least one of {x}.dtype ({x.dtype.name}) and target_dtype ({target.name}) "
                "must be integer-type."
            )
        checks = []
        if assert_nonnegative:
            checks.append(assert_non_negative(x, message="Elements must be non-negative."))
        if x.dtype.is_floating:
            message = f"Elements must be {target.name}-equivalent."
            checks.append(assert_integer_form(x, int_dtype=target, message=message))
            return with_dependencies(checks, x)
        most, least = _largest_integer(target), _smallest_integer(target)
        if _largest_integer(x.dtype) > most:
            message = f"Elements cannot exceed {most}."
            checks.append(assert_less_equal(x, most, message=message))
        if not assert_nonnegative and _smallest_integer(x.dtype) < least:
            message = f"Elements cannot be smaller than {least}."
            checks.append(assert_greater_equal(x, least, message=message))
        return with_dependencies(checks, x)


def log_combinations(n: Any, counts: Any, name: str = "log_combinations") -> Tensor:
    """Return the logarithm of the number of ways to have `counts` among `n` draws."""
    with name_scope(name, None, [n, counts]):
        n, counts = convert_to_tensor(n, name="n"), convert_to_tensor(counts, name="counts")
        made: Tensor = lgamma(n + 1) - reduce_sum(lgamma(counts + 1), axis=[-1])
        return made


def gen_new_seed(seed: int | None, salt: str) -> int | None:
    """Return a seed that follows from another and a text."""
    if seed is None:
        return None
    digest = hashlib.md5((str(seed) + salt).encode(), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16) & 0x7FFFFFFF


def parent_frame_arguments() -> dict[str, Any]:
    """Return the arguments of the function that calls this one, by name."""
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    names, rest, keywords, values = inspect.getargvalues(frame.f_back)
    found = {name: values[name] for name in names}
    if keywords is not None:
        found.update(values[keywords])
    assert rest is None or rest not in found
    return found
