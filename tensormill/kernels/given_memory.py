"""Kernels that make their result in memory that they are given, for plans that have some.

Each takes the memory as its first argument: a tensor of the shape and dtype of the result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from tensormill.kernels.hard_values import exp_into, log_into, sqrt_into
from tensormill.kernels.matrix_multiplication import multiplies_plainly, multiply_into

__all__ = ["INTO"]

Tensor = torch.Tensor
Function = Callable[..., Any]
Make = Callable[[Function, Mapping[str, Any]], Function | None]


def _by_out(function: Function) -> Make:
    def into(memory: Tensor, *inputs: Tensor) -> Any:
        return function(*inputs, out=memory)

    return lambda usual, attrs: into


def _by(into: Function) -> Make:
    return lambda usual, attrs: into


def _fill(usual: Function, attrs: Mapping[str, Any]) -> Function:
    def fill_into(memory: Tensor, dims: Any, value: Any) -> Any:
        if tuple(dims) != tuple(memory.shape):  # others are fed than the graph says
            return usual(dims, value)
        return memory.copy_(value) if isinstance(value, Tensor) else memory.fill_(value.item())

    return fill_into


def _relu_grad(usual: Function, attrs: Mapping[str, Any]) -> Function:
    backward: Function = torch.ops.aten.threshold_backward.grad_input

    def relu_grad_into(memory: Tensor, gradients: Tensor, features: Tensor) -> Any:
        return backward(gradients, features, 0, grad_input=memory)

    return relu_grad_into


def _mat_mul(usual: Function, attrs: Mapping[str, Any]) -> Function | None:
    if not multiplies_plainly(usual):
        return None
    return multiply_into(attrs["transpose_a"], attrs["transpose_b"])


INTO: dict[str, Make] = {
    "Abs": _by_out(torch.abs),
    "Add": _by_out(torch.add),
    "AddV2": _by_out(torch.add),
    "Exp": _by(exp_into),
    "Fill": _fill,
    "Log": _by(log_into),
    "MatMul": _mat_mul,
    "Mul": _by_out(torch.mul),
    "Neg": _by_out(torch.neg),
    "RealDiv": _by_out(torch.div),
    "ReluGrad": _relu_grad,
    "Rsqrt": _by_out(torch.rsqrt),
    "Sigmoid": _by_out(torch.sigmoid),
    "Sqrt": _by(sqrt_into),
    "Square": _by_out(torch.square),
    "Sub": _by_out(torch.sub),
    "Tanh": _by_out(torch.tanh),
}
"""Op type to what makes such a kernel of the usual one and the attributes of a node.

It makes None where the usual kernel is faster. All inputs have the static shapes of the node.
"""
