"""Kernels of arithmetic of two tensors, element by element, with broadcasting."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.elementwise_unary import (
    COMPLEX,
    FLOATS,
    HOST_FLOATS,
    HOST_INTEGERS,
    SIGNED_INTEGERS,
    WIDE_UNSIGNED,
    through_numpy,
)
from tensormill.kernels.registry import host_kernel, kernel

Tensor = torch.Tensor
Function = Callable[..., Any]

INTEGERS = (*SIGNED_INTEGERS, "uint8")
NUMBERS = (*FLOATS, *COMPLEX, *INTEGERS)


def incompatible_shapes(x: Any, y: Any) -> errors.InvalidArgumentError:
    """Return the error of an element-wise op whose inputs do not broadcast."""
    a, b = (format_dims(tuple(value.shape), "kernel") for value in (x, y))
    return errors.invalid_argument(f"Incompatible shapes: {a} vs. {b}")


def explain_failure(x: Any, y: Any, error: Exception) -> Exception:
    """Return what torch's or NumPy's complaint about two inputs means in TensorFlow's words."""
    try:
        np.broadcast_shapes(tuple(x.shape), tuple(y.shape))
    except ValueError:
        return incompatible_shapes(x, y)
    if "ZeroDivision" in str(error):
        return division_by_zero()
    return error


def division_by_zero() -> errors.InvalidArgumentError:
    """Return the error of an integer division by zero."""
    return errors.invalid_argument("Integer division by zero")


def broadcasting(function: Function) -> Function:
    """Return a kernel that runs `function` and explains its failures."""

    def elementwise(x: Tensor, y: Tensor) -> Tensor:
        try:
            result: Tensor = function(x, y)
        except (RuntimeError, ValueError) as error:
            raise explain_failure(x, y, error) from None
        return result

    return elementwise


def register_binary(op_type: str, function: Function, types: tuple[str, ...]) -> None:
    """Register a function of two tensors that broadcast as the kernel of an op."""
    kernel(op_type, "cpu", "gpu", types={"T": types})(broadcasting(function))


def _refuse_zero(function: Function) -> Function:
    """Return an integer division by NumPy that refuses to divide by zero."""

    def divide(x: Any, y: Any) -> Any:
        if not np.all(y):
            raise division_by_zero()
        return function(x, y)

    return divide


def truncate_div(x: Tensor, y: Tensor) -> Tensor:
    return torch.div(x, y, rounding_mode="trunc")


def floor_div_integers(x: Tensor, y: Tensor) -> Tensor:
    return torch.div(x, y, rounding_mode="floor")


def floor_div_floats(x: Tensor, y: Tensor) -> Tensor:
    return torch.floor(torch.div(x, y))


def div_no_nan(x: Tensor, y: Tensor) -> Tensor:
    return torch.where(y == 0, 0, x / y)


def mul_no_nan(x: Tensor, y: Tensor) -> Tensor:
    return torch.where(y == 0, 0, x * y)


def xdivy(x: Tensor, y: Tensor) -> Tensor:
    return torch.where(x == 0, 0, x / y)


def xlogy(x: Tensor, y: Tensor) -> Tensor:
    return torch.where(x == 0, 0, x * torch.log(y))


def xlog1py(x: Tensor, y: Tensor) -> Tensor:
    return torch.where(x == 0, 0, x * torch.log1p(y))


def pow_floats_on_host(x: Tensor, y: Tensor) -> Tensor:
    # Squares, cubes and roots have ways of their own where the exponent is a number.
    return torch.pow(x, y if y.dim() else y.item())


def pow_integers(x: Tensor, y: Tensor) -> Tensor:
    if bool((y < 0).any()):
        raise errors.invalid_argument("Integers to negative integer powers are not allowed")
    return torch.pow(x, y)


def squared_difference(x: Tensor, y: Tensor) -> Tensor:
    difference = x - y
    if difference.is_complex():
        return difference * difference.conj()
    return difference * difference


def _shift_count(x: Any, y: Any) -> Any:
    return np.clip(y, 0, x.dtype.itemsize * 8 - 1).astype(x.dtype)


def left_shift(x: Any, y: Any) -> Any:
    return np.left_shift(x, _shift_count(x, y))


def right_shift(x: Any, y: Any) -> Any:
    return np.right_shift(x, _shift_count(x, y))


kernel("Pow", "cpu", types={"T": FLOATS})(broadcasting(pow_floats_on_host))
kernel("Pow", "gpu", types={"T": FLOATS})(broadcasting(torch.pow))
for _op_type, _function, _types in (
    ("AddV2", torch.add, NUMBERS),
    ("AddV2", through_numpy(np.add), WIDE_UNSIGNED),
    ("Add", torch.add, NUMBERS),
    ("Sub", torch.sub, NUMBERS),
    ("Sub", through_numpy(np.subtract), WIDE_UNSIGNED),
    ("Mul", torch.mul, NUMBERS),
    ("Mul", through_numpy(np.multiply), WIDE_UNSIGNED),
    ("MulNoNan", mul_no_nan, (*FLOATS, *COMPLEX)),
    ("RealDiv", torch.div, (*FLOATS, *COMPLEX)),
    ("Div", torch.div, (*FLOATS, *COMPLEX)),
    ("Div", truncate_div, INTEGERS),
    ("Div", through_numpy(_refuse_zero(np.floor_divide)), WIDE_UNSIGNED),
    ("TruncateDiv", truncate_div, (*FLOATS, *INTEGERS)),
    ("TruncateDiv", through_numpy(_refuse_zero(np.floor_divide)), WIDE_UNSIGNED),
    ("FloorDiv", floor_div_floats, FLOATS),
    ("FloorDiv", floor_div_integers, INTEGERS),
    ("FloorDiv", through_numpy(_refuse_zero(np.floor_divide)), WIDE_UNSIGNED),
    ("FloorMod", torch.remainder, (*FLOATS, *INTEGERS)),
    ("FloorMod", through_numpy(_refuse_zero(np.remainder)), WIDE_UNSIGNED),
    ("Mod", torch.fmod, (*HOST_FLOATS, *HOST_INTEGERS)),
    ("TruncateMod", torch.fmod, (*HOST_FLOATS, *HOST_INTEGERS)),
    ("DivNoNan", div_no_nan, (*FLOATS, *COMPLEX)),
    ("Pow", torch.pow, COMPLEX),
    ("Pow", pow_integers, SIGNED_INTEGERS),
    ("Maximum", torch.maximum, (*FLOATS, *INTEGERS)),
    ("Maximum", through_numpy(np.maximum), WIDE_UNSIGNED),
    ("Minimum", torch.minimum, (*FLOATS, *INTEGERS)),
    ("Minimum", through_numpy(np.minimum), WIDE_UNSIGNED),
    ("SquaredDifference", squared_difference, (*FLOATS, *COMPLEX, *HOST_INTEGERS)),
    ("Atan2", torch.atan2, FLOATS),
    ("Xdivy", xdivy, (*FLOATS, *COMPLEX)),
    ("Xlogy", xlogy, (*FLOATS, *COMPLEX)),
    ("Xlog1py", xlog1py, (*FLOATS, *COMPLEX)),
    ("NextAfter", torch.nextafter, HOST_FLOATS),
    ("BitwiseAnd", torch.bitwise_and, INTEGERS),
    ("BitwiseAnd", through_numpy(np.bitwise_and), WIDE_UNSIGNED),
    ("BitwiseOr", torch.bitwise_or, INTEGERS),
    ("BitwiseOr", through_numpy(np.bitwise_or), WIDE_UNSIGNED),
    ("BitwiseXor", torch.bitwise_xor, INTEGERS),
    ("BitwiseXor", through_numpy(np.bitwise_xor), WIDE_UNSIGNED),
    ("LeftShift", through_numpy(left_shift), (*INTEGERS, *WIDE_UNSIGNED)),
    ("RightShift", through_numpy(right_shift), (*INTEGERS, *WIDE_UNSIGNED)),
):
    register_binary(_op_type, _function, _types)


@kernel("Add", "cpu", types={"T": ("string",)})
def add_strings(x: Any, y: Any) -> Any:
    try:
        return np.asarray(np.add(x, y, dtype=object), dtype=object)
    except ValueError:
        raise incompatible_shapes(x, y) from None


@kernel("Complex", "cpu", "gpu")
def complex(real: Tensor, imag: Tensor) -> Tensor:
    try:
        real, imag = torch.broadcast_tensors(real, imag)
    except RuntimeError:
        raise incompatible_shapes(real, imag) from None
    return torch.complex(real, imag)


@kernel("Cross", "cpu", "gpu")
def cross(a: Tensor, b: Tensor) -> Tensor:
    if a.shape != b.shape:
        raise errors.invalid_argument(
            "Both inputs must be of same shape: "
            f"{format_dims(tuple(a.shape), 'kernel')} vs. {format_dims(tuple(b.shape), 'kernel')}"
        )
    first, second = (2, 0, 1), (1, 2, 0)
    if a.dtype in (torch.uint16, torch.uint32, torch.uint64):
        wide = cross(a.to(torch.int64), b.to(torch.int64))
        return wide.to(a.dtype)
    left = a[..., list(second)] * b[..., list(first)]
    return left - a[..., list(first)] * b[..., list(second)]


_HOST = (*HOST_FLOATS, *HOST_INTEGERS)


def _floor_div_scalars(x: Any, y: Any) -> Any:
    if isinstance(x, np.floating):
        return np.floor(x / y)
    if not y:
        raise division_by_zero()
    return x // y


def _floor_mod_scalars(x: Any, y: Any) -> Any:
    if isinstance(x, np.floating):
        return np.remainder(x, y)
    if not y:
        raise division_by_zero()
    return x % y


def _maximum_scalars(x: Any, y: Any) -> Any:
    if isinstance(x, np.floating):
        return np.maximum(x, y)
    return x if x > y else y


def _minimum_scalars(x: Any, y: Any) -> Any:
    if isinstance(x, np.floating):
        return np.minimum(x, y)
    return x if x < y else y


def _div_no_nan_scalars(x: Any, y: Any) -> Any:
    return x / y if y else y * 0


host_kernel("Add", operator.add, _HOST, "({0} + {1})")
host_kernel("AddV2", operator.add, _HOST, "({0} + {1})")
host_kernel("Sub", operator.sub, _HOST, "({0} - {1})")
host_kernel("Mul", operator.mul, _HOST, "({0} * {1})")
host_kernel("RealDiv", operator.truediv, HOST_FLOATS, "({0} / {1})")
host_kernel("FloorDiv", _floor_div_scalars, _HOST)
host_kernel("FloorMod", _floor_mod_scalars, _HOST)
host_kernel("DivNoNan", _div_no_nan_scalars, HOST_FLOATS)
host_kernel("Maximum", _maximum_scalars, _HOST)
host_kernel("Minimum", _minimum_scalars, _HOST)
host_kernel("Pow", np.power, HOST_FLOATS)
