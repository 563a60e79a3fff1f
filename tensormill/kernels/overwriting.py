"""Kernels that write their result over an input, for plans that know that it is not needed later.

Writing over memory that is in the cache takes about half the time of writing to new memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from tensormill.kernels.hard_values import exp_, log_, sqrt_

__all__ = ["MAKES_NEW_MEMORY", "OVERWRITING"]

Tensor = torch.Tensor
Function = Callable[..., Any]
Make = Callable[[Function, bool], Function]

_sigmoid_backward: Function = torch.ops.aten.sigmoid_backward.grad_input
_tanh_backward: Function = torch.ops.aten.tanh_backward.grad_input
_threshold_backward: Function = torch.ops.aten.threshold_backward.grad_input


def _unary(function: Function) -> tuple[tuple[int, Make], ...]:
    return ((0, lambda otherwise, fits: function),)


def _over_first(function: Function) -> Make:
    """Return what makes a kernel of two tensors write over the first, to which the other fits."""

    def make(otherwise: Function, fits: bool) -> Function:
        if fits:
            return lambda x, y: function(x, y, out=x)

        def over_first(x: Tensor, y: Tensor) -> Any:
            if x.shape == y.shape or (y.dim() and x.shape[-y.dim() :] == y.shape):
                return function(x, y, out=x)
            return otherwise(x, y)

        return over_first

    return make


def _over_second(function: Function) -> Make:
    def make(otherwise: Function, fits: bool) -> Function:
        if fits:
            return lambda x, y: function(x, y, out=y)

        def over_second(x: Tensor, y: Tensor) -> Any:
            if x.shape == y.shape or (x.dim() and y.shape[-x.dim() :] == x.shape):
                return function(x, y, out=y)
            return otherwise(x, y)

        return over_second

    return make


def _binary(function: Function) -> tuple[tuple[int, Make], ...]:
    return ((0, _over_first(function)), (1, _over_second(function)))


def _bias_add(otherwise: Function, fits: bool) -> Function:
    def bias_add(value: Tensor, bias: Tensor) -> Any:
        if value.dim() > 1 and bias.dim() == 1 and value.shape[-1] == bias.shape[0]:
            return value.add_(bias)
        return otherwise(value, bias)

    return bias_add


def _relu_grad(otherwise: Function, fits: bool) -> Function:
    def relu_grad(gradients: Tensor, features: Tensor) -> Any:
        if gradients.shape == features.shape:
            return _threshold_backward(gradients, features, 0, grad_input=gradients)
        return otherwise(gradients, features)

    return relu_grad


def _by_output(backward: Function) -> Make:
    """Return what makes the gradient of `y = f(x)`, which is a function of y, write over dy."""

    def make(otherwise: Function, fits: bool) -> Function:
        def unary_grad(y: Tensor, dy: Tensor) -> Any:
            if y.shape == dy.shape:
                return backward(dy, y, grad_input=dy)
            return otherwise(y, dy)

        return unary_grad

    return make


OVERWRITING: dict[str, tuple[tuple[int, Make], ...]] = {
    "Abs": _unary(torch.abs_),
    "Exp": _unary(exp_),
    "Log": _unary(log_),
    "Neg": _unary(torch.neg_),
    "Relu": _unary(torch.relu_),
    "Rsqrt": _unary(torch.rsqrt_),
    "Sigmoid": _unary(torch.sigmoid_),
    "Sqrt": _unary(sqrt_),
    "Square": _unary(torch.square_),
    "Tanh": _unary(torch.tanh_),
    "Add": _binary(torch.add),
    "AddV2": _binary(torch.add),
    "Mul": _binary(torch.mul),
    "RealDiv": _binary(torch.div),
    "Sub": _binary(torch.sub),
    "BiasAdd": ((0, _bias_add),),
    "ReluGrad": ((0, _relu_grad),),
    "SigmoidGrad": ((1, _by_output(_sigmoid_backward)),),
    "TanhGrad": ((1, _by_output(_tanh_backward)),),
}
"""Op type to the inputs that a kernel can write over: position, and what makes that kernel.

What makes it takes the usual kernel, for what the other cannot do, and whether the inputs have the
shape of the result for certain.
"""

MAKES_NEW_MEMORY = frozenset(OVERWRITING) | frozenset(
    "AvgPool AvgPoolGrad BatchMatMul BatchMatMulV2 Conv2D Conv2DBackpropInput Conv3D "
    "DepthwiseConv2dNative DepthwiseConv2dNativeBackpropInput Elu MatMul MaxPool MaxPoolGrad "
    "Relu6 Selu Softplus Softsign SquaredDifference".split()
)
"""Op types whose output shares memory with nothing else."""
