"""Kernels of comparisons and logic, element by element."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.elementwise_binary import (
    INTEGERS,
    NUMBERS,
    broadcasting,
    incompatible_shapes,
)
from tensormill.kernels.elementwise_unary import (
    FLOATS,
    HOST_FLOATS,
    HOST_INTEGERS,
    WIDE_UNSIGNED,
    through_numpy,
)
from tensormill.kernels.registry import host_kernel, kernel

Tensor = torch.Tensor


for _op_type, _torch_function, _numpy_function in (
    ("Less", torch.lt, np.less),
    ("LessEqual", torch.le, np.less_equal),
    ("Greater", torch.gt, np.greater),
    ("GreaterEqual", torch.ge, np.greater_equal),
):
    _for_torch = kernel(_op_type, "cpu", "gpu", types={"T": (*FLOATS, *INTEGERS)})
    _for_torch(broadcasting(_torch_function))
    _for_numpy = kernel(_op_type, "cpu", "gpu", types={"T": WIDE_UNSIGNED})
    _for_numpy(broadcasting(through_numpy(_numpy_function)))

kernel("LogicalAnd", "cpu", "gpu")(broadcasting(torch.logical_and))
kernel("LogicalOr", "cpu", "gpu")(broadcasting(torch.logical_or))


def _register_equality(
    op_type: str, function: Callable[..., Any], types: tuple[str, ...], *devices: str
) -> None:
    unequal = op_type == "NotEqual"

    def equality(x: Any, y: Any, *, incompatible_shape_error: bool) -> Any:
        try:
            return function(x, y)
        except (RuntimeError, ValueError):
            if incompatible_shape_error:
                raise incompatible_shapes(x, y) from None
            return torch.tensor(unequal, device=getattr(x, "device", "cpu"))

    equality.__module__ = __name__
    kernel(op_type, *devices, types={"T": types})(equality)


def equal_strings(x: Any, y: Any) -> Tensor:
    return torch.from_numpy(np.asarray(np.equal(x, y, dtype=object), dtype=bool))


def not_equal_strings(x: Any, y: Any) -> Tensor:
    return torch.from_numpy(np.asarray(np.not_equal(x, y, dtype=object), dtype=bool))


_TORCH_TYPES = (*NUMBERS, "bool", "qint8", "quint8", "qint16", "qint32")
_register_equality("Equal", torch.eq, _TORCH_TYPES, "cpu", "gpu")
_register_equality("NotEqual", torch.ne, _TORCH_TYPES, "cpu", "gpu")
_NUMPY_TYPES = (*WIDE_UNSIGNED, "quint16")
_register_equality("Equal", through_numpy(np.equal), _NUMPY_TYPES, "cpu", "gpu")
_register_equality("NotEqual", through_numpy(np.not_equal), _NUMPY_TYPES, "cpu", "gpu")
_register_equality("Equal", equal_strings, ("string",), "cpu")
_register_equality("NotEqual", not_equal_strings, ("string",), "cpu")


@kernel("ApproximateEqual", "cpu", "gpu", types={"T": HOST_FLOATS})
def approximate_equal(x: Tensor, y: Tensor, *, tolerance: float) -> Tensor:
    if x.shape != y.shape:
        raise errors.invalid_argument(
            "x and y must be of the same shape. "
            f"x shape: {format_dims(tuple(x.shape), 'kernel')}. "
            f"y shape: {format_dims(tuple(y.shape), 'kernel')}"
        )
    return (x - y).abs() < tolerance


_NUMBERS = (*HOST_FLOATS, *HOST_INTEGERS)

host_kernel("Less", operator.lt, _NUMBERS, "({0} < {1})")
host_kernel("LessEqual", operator.le, _NUMBERS, "({0} <= {1})")
host_kernel("Greater", operator.gt, _NUMBERS, "({0} > {1})")
host_kernel("GreaterEqual", operator.ge, _NUMBERS, "({0} >= {1})")
host_kernel("Equal", operator.eq, (*_NUMBERS, "bool"), "({0} == {1})")
host_kernel("NotEqual", operator.ne, (*_NUMBERS, "bool"), "({0} != {1})")
host_kernel("LogicalAnd", operator.and_, ("bool",), "({0} & {1})")
host_kernel("LogicalOr", operator.or_, ("bool",), "({0} | {1})")
