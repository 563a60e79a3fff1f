"""Public functions and Python operators of arithmetic, with TensorFlow's names and dtype rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import DType
from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import OP_DEFS
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operators import operator
from tensormill.graph.tensor import Tensor, TensorLike
from tensormill.ops.elementwise_binary import (
    add_op,
    add_v2_op,
    atan2_op,
    bitwise_and_op,
    bitwise_or_op,
    bitwise_xor_op,
    div_no_nan_op,
    floor_div_op,
    floor_mod_op,
    function_of,
    left_shift_op,
    maximum_op,
    minimum_op,
    mul_no_nan_op,
    mul_op,
    next_after_op,
    pow_op,
    real_div_op,
    right_shift_op,
    squared_difference_op,
    sub_op,
    truncate_div_op,
    truncate_mod_op,
    xdivy_op,
    xlog1py_op,
    xlogy_op,
)


def add(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Return x + y, element by element; strings are joined.

    Args:
      x: a tensor, or what can be made one.
      y: the same, of the same dtype; the shapes broadcast.
      name: the name of the node.
    """
    if type(x) is Tensor or isinstance(x, (int, float)):
        return _add_of(x)(x, y, name=name or "Add")
    with OpScope(name, "Add", (x,)) as scope:
        x = convert_to_tensor(x, name="x")
        return _add_of(x)(x, y, name=scope)


def _add_of(x: Any) -> OpBuilder:
    """Return the op that adds to `x`: only the older one joins strings."""
    is_string = isinstance(x, Tensor) and x.dtype.base_dtype is dtypes.string
    return add_op if is_string else add_v2_op


subtract = function_of(sub_op, "subtract", "Return x - y, element by element.")
multiply = function_of(mul_op, "multiply", "Return x * y, element by element.")
realdiv = function_of(real_div_op, "realdiv", "Return x / y of real numbers.")
floor_div = function_of(floor_div_op, "floor_div", "Return x / y rounded down.")
truncatediv = function_of(truncate_div_op, "truncatediv", "Return x / y rounded towards zero.")
floormod = function_of(floor_mod_op, "floormod", "Return the rest of x / y rounded down.")
truncatemod = function_of(
    truncate_mod_op, "truncatemod", "Return the rest of x / y rounded towards zero."
)
maximum = function_of(maximum_op, "maximum", "Return the greater of x and y.")
minimum = function_of(minimum_op, "minimum", "Return the lesser of x and y.")
squared_difference = function_of(
    squared_difference_op, "squared_difference", "Return (x - y) * (x - y)."
)
xlogy = function_of(xlogy_op, "xlogy", "Return x * log(y), 0 where x is 0.")
nextafter = function_of(next_after_op, "nextafter", "Return the number next to x, towards y.")
bitwise_and = function_of(bitwise_and_op, "bitwise_and", "Return the bits set in x and y.")
bitwise_or = function_of(bitwise_or_op, "bitwise_or", "Return the bits set in x or y.")
bitwise_xor = function_of(bitwise_xor_op, "bitwise_xor", "Return the bits set in one of x, y.")
left_shift = function_of(left_shift_op, "left_shift", "Return the bits of x, y places up.")
right_shift = function_of(right_shift_op, "right_shift", "Return the bits of x, y places down.")


def atan2(y: Any, x: Any, name: str | None = None) -> Tensor:
    """Return the angle of the point (x, y), in radians in [-pi, pi].

    Args:
      y: the second coordinate.
      x: the first coordinate.
      name: the name of the node.
    """
    return atan2_op(y, x, name=name)


def pow(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Return x to the power of y, element by element.

    Args:
      x: a tensor, or what can be made one.
      y: the exponents, of the dtype of x.
      name: the name of the node.
    """
    with OpScope(name, "Pow", (x,)) as scope:
        return pow_op(x, y, name=scope)


def scalar_mul(scalar: Any, x: Any, name: str | None = None) -> Any:
    """Return `scalar * x`, where x is a tensor or IndexedSlices.

    Args:
      scalar: of shape [].
      x: what is scaled.
      name: the name of the node.

    Raises:
      ValueError: `scalar` is known not to be a scalar.
    """
    hint = x.dtype.base_dtype if hasattr(x, "dtype") else None
    factor = convert_to_tensor(scalar, dtype_hint=hint, name="scalar")
    if factor.dims not in (None, ()):
        raise ValueError(f"Only scalar multiply works, got shape {factor.shape}")
    if hasattr(x, "indices"):
        scaled = mul_op(factor, x.values, name=name)
        return type(x)(scaled, x.indices, x.dense_shape)
    return mul_op(factor, x, name=name)


def _operands(x: Any, y: Any) -> tuple[Tensor, Tensor]:
    """Return both sides as tensors: a plain value takes the dtype of the other side if it can."""
    if isinstance(x, TensorLike):
        x = convert_to_tensor(x)
        return x, convert_to_tensor(y, dtype_hint=x.dtype.base_dtype, name="y")
    y = convert_to_tensor(y)
    return convert_to_tensor(x, dtype=y.dtype.base_dtype, name="x"), y


def _stays_apart(value: Any) -> bool:
    """Return whether a value is made of tensors and has operators of its own."""
    return getattr(value, "is_composite", False) and not getattr(value, "has_dense_form", False)


def _operator(
    builder: OpBuilder, name: str, for_strings: OpBuilder | None = None
) -> Callable[[Any, Any], Tensor]:
    """Register the operator `name` as the op of `builder`, or of another one between strings."""

    def apply(x: Any, y: Any) -> Any:
        if type(x) is Tensor and type(y) is Tensor:
            return chosen(x)(x, y, name=name)
        if _stays_apart(x) or _stays_apart(y):
            return NotImplemented
        with OpScope(None, name, (x, y)) as scope:
            x, y = _operands(x, y)
            return chosen(x)(x, y, name=scope)

    def chosen(x: Tensor) -> OpBuilder:
        is_string = for_strings is not None and x.dtype.base_dtype is dtypes.string
        return for_strings if is_string else builder  # type: ignore[return-value]

    apply.__name__ = apply.__qualname__ = f"{name}_operator"
    return operator(name)(apply)


_operator(add_v2_op, "add", for_strings=add_op)
_operator(sub_op, "sub")
_operator(mul_op, "mul")
_operator(floor_div_op, "floordiv")
_operator(floor_mod_op, "mod")
_operator(pow_op, "pow")

_TRUE_DIVISION: dict[DType, DType | None] = {
    dtypes.uint8: dtypes.float32,
    dtypes.int8: dtypes.float32,
    dtypes.uint16: dtypes.float32,
    dtypes.int16: dtypes.float32,
    dtypes.uint32: dtypes.float64,
    dtypes.int32: dtypes.float64,
    dtypes.uint64: dtypes.float64,
    dtypes.int64: dtypes.float64,
    dtypes.bfloat16: None,
    dtypes.float16: None,
    dtypes.float32: None,
    dtypes.float64: None,
    dtypes.complex64: None,
    dtypes.complex128: None,
}
"""The dtype in which `/` divides; None for the dtype of the operands."""


def _true_divide(x: Tensor, y: Tensor, scope: str) -> Tensor:
    a, b = x.dtype.base_dtype, y.dtype.base_dtype
    if a is not b:
        raise TypeError(f"x and y must have the same dtype, got {a!r} != {b!r}")
    if a not in _TRUE_DIVISION:
        raise TypeError(f"Invalid dtype {a!r} in __truediv__. Expected one of the numeric dtypes.")
    wide = _TRUE_DIVISION[a]
    if wide is not None:
        cast = OP_DEFS["Cast"].builder
        x, y = cast(x, DstT=wide, name="Cast"), cast(y, DstT=wide, name="Cast")
    return real_div_op(x, y, name=scope)


@operator("truediv")
def truediv_operator(x: Any, y: Any) -> Tensor:
    if type(x) is Tensor and type(y) is Tensor and _TRUE_DIVISION.get(x.dtype, x) is None:
        return real_div_op(x, y, name="truediv") if x.dtype is y.dtype else truediv(x, y)
    with OpScope(None, "truediv", (x, y)) as scope:
        x, y = _operands(x, y)
        return _true_divide(x, y, scope)


def truediv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Return x / y as real numbers: int32 and int64 divide as float64, smaller ints as float32.

    Args:
      x: the numerator.
      y: the denominator, of the same dtype.
      name: the name of the node.

    Raises:
      TypeError: the dtypes differ or are no numbers.
    """
    with OpScope(name, "truediv", (x, y)) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, dtype_hint=x.dtype.base_dtype, name="y")
        return _true_divide(x, y, scope)


def divide(x: Any, y: Any, name: str | None = None) -> Any:
    """Return x / y with Python's rules.

    Args:
      x: the numerator.
      y: the denominator.
      name: the name of the node.
    """
    if name is not None:
        return truediv(x, y, name)
    if not isinstance(x, TensorLike) and not isinstance(y, TensorLike):
        x = convert_to_tensor(x)
    return x / y


@operator("div")
def div_operator(x: Any, y: Any) -> Tensor:
    return div(x, y)


def div(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Return x / y; of integers rounded down, as Python 2 did.

    Args:
      x: the numerator.
      y: the denominator, of the same dtype.
      name: the name of the node.

    Raises:
      TypeError: the dtypes differ.
    """
    with OpScope(name, "div", (x, y)) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", dtype_hint=x.dtype.base_dtype)
        a, b = x.dtype.base_dtype, y.dtype.base_dtype
        if a is not b:
            raise TypeError(f"x and y must have the same dtype, got {a!r} != {b!r}")
        if a.is_floating or a.is_complex:
            return real_div_op(x, y, name=scope)
        return floor_div_op(x, y, name=scope)


def floordiv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Return x / y rounded down, in the dtype of x.

    Args:
      x: the numerator.
      y: the denominator, of the same dtype.
      name: the name of the node.
    """
    with OpScope(name, "floordiv", (x, y)) as scope:
        return floor_div_op(x, y, name=scope)


mod = floormod


def div_no_nan(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Return x / y, 0 where y is 0.

    Args:
      x: the numerator, float or complex.
      y: the denominator, of the same dtype.
      name: the name of the node.
    """
    with OpScope(name, "div_no_nan", (x, y)) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", dtype=x.dtype.base_dtype)
        return div_no_nan_op(x, y, name=scope)


def multiply_no_nan(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Return x * y, 0 where y is 0 even if x is infinite or not a number.

    Args:
      x: float or complex.
      y: the same dtype.
      name: the name of the node.
    """
    with OpScope(name, "multiply_no_nan", (x, y)) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", dtype=x.dtype.base_dtype)
        return mul_no_nan_op(x, y, name=scope)


def xdivy(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Return x / y, 0 where x is 0.

    Args:
      x: the numerator, float or complex.
      y: the denominator, of the same dtype.
      name: the name of the node.
    """
    with OpScope(name, "xdivy", (x,)):
        return xdivy_op(x, y)


def xlog1py(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Return x * log(1 + y), 0 where x is 0.

    Args:
      x: float or complex.
      y: the same dtype.
      name: the name of the node.
    """
    with OpScope(name, "xlog1py", (x,)):
        return xlog1py_op(x, y)


def reciprocal_no_nan(x: Any, name: str | None = None) -> Tensor:
    """Return 1 / x, 0 where x is 0.

    Args:
      x: floats or complex numbers.
      name: the name of the node.
    """
    with OpScope(name, "reciprocal_no_nan", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        return div_no_nan_op(constant(1, dtype=x.dtype, name="one"), x, name=scope)
