"""Kernels of functions of one tensor, element by element."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from tensormill.kernels.hard_values import exp, log, sqrt
from tensormill.kernels.registry import host_kernel, kernel
from tensormill.kernels.torch_dtypes import to_host, to_tensor

Tensor = torch.Tensor

FLOATS = ("bfloat16", "float16", "float32", "float64")
COMPLEX = ("complex64", "complex128")
SIGNED_INTEGERS = ("int8", "int16", "int32", "int64")
HALVES = ("bfloat16", "float16")
WIDE_UNSIGNED = ("uint16", "uint32", "uint64")
"""Integers for which torch has few kernels; NumPy computes them."""
HOST_FLOATS = ("float32", "float64")
HOST_INTEGERS = ("int32", "int64")


def through_numpy(function: Callable[..., Any]) -> Callable[..., Tensor]:
    """Return a kernel that computes with NumPy what torch cannot."""

    def kernel_through_numpy(*inputs: Tensor) -> Tensor:
        with np.errstate(all="ignore"):
            result = to_tensor(np.asarray(function(*map(to_host, inputs))))
        return result.to(inputs[0].device)

    return kernel_through_numpy


def through_float(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return a kernel that computes 16-bit floats in 32 bits."""

    def kernel_through_float(*inputs: Tensor) -> Tensor:
        return function(*(x.float() for x in inputs)).to(inputs[0].dtype)

    return kernel_through_float


_sigmoid_backward: Callable[..., Tensor] = torch.ops.aten.sigmoid_backward.default
_tanh_backward: Callable[..., Tensor] = torch.ops.aten.tanh_backward.default


def reciprocal_grad(y: Tensor, dy: Tensor) -> Tensor:
    y = y.conj() if y.is_complex() else y
    return -dy * y * y


def sigmoid_grad(y: Tensor, dy: Tensor) -> Tensor:
    if y.is_complex():
        return dy * y * (1 - y)
    return _sigmoid_backward(dy, y)


def tanh_grad(y: Tensor, dy: Tensor) -> Tensor:
    if y.is_complex():
        return dy * (1 - y * y)
    return _tanh_backward(dy, y)


def sqrt_grad(y: Tensor, dy: Tensor) -> Tensor:
    return dy * 0.5 / (y.conj() if y.is_complex() else y)


def rsqrt_grad(y: Tensor, dy: Tensor) -> Tensor:
    y = y.conj() if y.is_complex() else y
    return dy * -0.5 * y * y * y


def exact_sign(x: Tensor) -> Tensor:
    """Return the sign, NaN where x is not a number."""
    sign, is_nan = x.sign(), x.isnan()
    return torch.where(is_nan, x, sign) if is_nan.any() else sign


def exact_sign_on_host(x: Tensor) -> Tensor:
    """Return what `exact_sign` does of 32 or 64 bits in host memory."""
    sign, is_nan = x.sign(), np.isnan(x.numpy())
    return torch.where(torch.from_numpy(is_nan), x, sign) if is_nan.any() else sign


for _op_type, _function, _types in (
    ("Abs", torch.abs, (*FLOATS, *SIGNED_INTEGERS)),
    ("Neg", torch.neg, (*FLOATS, *COMPLEX, *SIGNED_INTEGERS)),
    ("Sign", torch.sgn, (*COMPLEX, *SIGNED_INTEGERS)),
    ("Square", torch.square, (*FLOATS, *COMPLEX, *SIGNED_INTEGERS, "uint8")),
    ("Square", through_numpy(np.square), WIDE_UNSIGNED),
    ("Sqrt", sqrt, (*FLOATS, *COMPLEX)),
    ("Rsqrt", torch.rsqrt, (*FLOATS, *COMPLEX)),
    ("Exp", exp, (*FLOATS, *COMPLEX)),
    ("Expm1", torch.expm1, (*FLOATS, *COMPLEX)),
    ("Log", log, (*FLOATS, *COMPLEX)),
    ("Log1p", torch.log1p, (*FLOATS, *COMPLEX)),
    ("Sin", torch.sin, (*FLOATS, *COMPLEX)),
    ("Cos", torch.cos, (*FLOATS, *COMPLEX)),
    ("Tan", torch.tan, (*FLOATS, *COMPLEX)),
    ("Asin", torch.asin, (*FLOATS, *COMPLEX)),
    ("Acos", torch.acos, (*FLOATS, *COMPLEX)),
    ("Atan", torch.atan, (*FLOATS, *COMPLEX)),
    ("Sinh", torch.sinh, (*FLOATS, *COMPLEX)),
    ("Cosh", torch.cosh, (*FLOATS, *COMPLEX)),
    ("Tanh", torch.tanh, (*FLOATS, *COMPLEX)),
    ("Asinh", torch.asinh, (*FLOATS, *COMPLEX)),
    ("Acosh", torch.acosh, (*FLOATS, *COMPLEX)),
    ("Atanh", torch.atanh, (*FLOATS, *COMPLEX)),
    ("Sigmoid", torch.sigmoid, (*FLOATS, *COMPLEX)),
    ("Reciprocal", torch.reciprocal, (*FLOATS, *COMPLEX)),
    ("Inv", torch.reciprocal, (*FLOATS, *COMPLEX)),
    ("Ceil", torch.ceil, FLOATS),
    ("Floor", torch.floor, FLOATS),
    ("Rint", torch.round, FLOATS),
    ("Round", torch.round, (*FLOATS, "int32", "int64")),
    ("Invert", torch.bitwise_not, (*SIGNED_INTEGERS, "uint8")),
    ("Invert", through_numpy(np.invert), WIDE_UNSIGNED),
    ("SigmoidGrad", sigmoid_grad, (*FLOATS, *COMPLEX)),
    ("TanhGrad", tanh_grad, (*FLOATS, *COMPLEX)),
    ("SqrtGrad", sqrt_grad, (*FLOATS, *COMPLEX)),
    ("RsqrtGrad", rsqrt_grad, (*FLOATS, *COMPLEX)),
    ("InvGrad", reciprocal_grad, (*FLOATS, *COMPLEX)),
    ("ReciprocalGrad", reciprocal_grad, (*FLOATS, *COMPLEX)),
):
    kernel(_op_type, "cpu", "gpu", types={"T": _types})(_function)


kernel("LogicalNot", "cpu", "gpu")(torch.logical_not)

# NumPy looks at the bits of many numbers at once, torch at one after the other.
for _op_type, _function, _on_host in (
    ("IsNan", torch.isnan, through_numpy(np.isnan)),
    ("IsInf", torch.isinf, through_numpy(np.isinf)),
    ("IsFinite", torch.isfinite, through_numpy(np.isfinite)),
    ("Sign", exact_sign, exact_sign_on_host),
):
    kernel(_op_type, "cpu", types={"T": HOST_FLOATS})(_on_host)
    kernel(_op_type, "cpu", types={"T": HALVES})(_function)
    kernel(_op_type, "gpu", types={"T": FLOATS})(_function)


@kernel("PopulationCount", "cpu", "gpu")
def population_count(x: Tensor) -> Tensor:
    bits = to_host(x)
    unsigned = bits.view(f"uint{bits.dtype.itemsize * 8}")
    return to_tensor(np.asarray(np.bitwise_count(unsigned))).to(x.device)


@kernel("Real", "cpu", "gpu")
def real(input: Tensor) -> Tensor:
    return input.real.contiguous()


@kernel("Imag", "cpu", "gpu")
def imag(input: Tensor) -> Tensor:
    return input.imag.contiguous()


kernel("Angle", "cpu", "gpu")(torch.angle)
kernel("ComplexAbs", "cpu", "gpu")(torch.abs)
kernel("Conj", "cpu", "gpu", types={"T": COMPLEX})(torch.conj_physical)


host_kernel("Neg", operator.neg, (*HOST_FLOATS, *HOST_INTEGERS), "(-{0})")
host_kernel("Abs", abs, (*HOST_FLOATS, *HOST_INTEGERS))
host_kernel("Square", np.square, (*HOST_FLOATS, *HOST_INTEGERS), "({0} * {0})")
host_kernel("LogicalNot", np.logical_not, ("bool",), "(~{0})")
for _op_type, _numpy_function in (
    ("Sqrt", np.sqrt),
    ("Exp", np.exp),
    ("Log", np.log),
    ("Sin", np.sin),
    ("Cos", np.cos),
    ("Tanh", np.tanh),
    ("Floor", np.floor),
    ("Ceil", np.ceil),
    ("Rint", np.rint),
    ("Reciprocal", np.reciprocal),
    ("IsNan", np.isnan),
    ("IsFinite", np.isfinite),
):
    host_kernel(_op_type, _numpy_function, HOST_FLOATS)
