"""Kernels of activation functions, softmax and their gradients."""

from __future__ import annotations

import torch

from tensormill.graph import errors
from tensormill.kernels.registry import kernel

Tensor = torch.Tensor

_FLOATS = ("float16", "bfloat16", "float32", "float64")
_REALS = (*_FLOATS, "int8", "int16", "int32", "int64", "uint8")
_SELU_SCALE = 1.0507009873554804934193349852946
_SELU_SCALED_ALPHA = 1.7580993408473768599402175208123

_threshold_backward = torch.ops.aten.threshold_backward.default
_elu_backward = torch.ops.aten.elu_backward.default
_leaky_relu_backward = torch.ops.aten.leaky_relu_backward.default
_hardtanh_backward = torch.ops.aten.hardtanh_backward.default

kernel("Relu", "cpu", "gpu", types={"T": _REALS})(torch.relu)


@kernel("ReluGrad", "cpu", "gpu", types={"T": _REALS})
def relu_grad(gradients: Tensor, features: Tensor) -> Tensor:
    return _threshold_backward(gradients, features, 0)


@kernel("Relu6", "cpu", "gpu", types={"T": _REALS})
def relu6(features: Tensor) -> Tensor:
    return features.clamp(0, 6)


@kernel("Relu6Grad", "cpu", "gpu", types={"T": _FLOATS})
def relu6_grad(gradients: Tensor, features: Tensor) -> Tensor:
    return _hardtanh_backward(gradients, features, 0, 6)


@kernel("Relu6Grad", "cpu", "gpu", types={"T": _REALS[len(_FLOATS) :]})
def relu6_integer_grad(gradients: Tensor, features: Tensor) -> Tensor:
    return gradients * ((features > 0) & (features < 6))


@kernel("Elu", "cpu", "gpu", types={"T": _FLOATS})
def elu(features: Tensor) -> Tensor:
    return torch.nn.functional.elu(features)


@kernel("EluGrad", "cpu", "gpu", types={"T": _FLOATS})
def elu_grad(gradients: Tensor, outputs: Tensor) -> Tensor:
    return _elu_backward(gradients, 1, 1, 1, True, outputs)


kernel("Selu", "cpu", "gpu", types={"T": _FLOATS})(torch.selu)


@kernel("SeluGrad", "cpu", "gpu", types={"T": _FLOATS})
def selu_grad(gradients: Tensor, outputs: Tensor) -> Tensor:
    return torch.where(
        outputs < 0, gradients * (outputs + _SELU_SCALED_ALPHA), gradients * _SELU_SCALE
    )


@kernel("LeakyRelu", "cpu", "gpu", types={"T": _FLOATS})
def leaky_relu(features: Tensor, *, alpha: float) -> Tensor:
    return torch.nn.functional.leaky_relu(features, alpha)


@kernel("LeakyReluGrad", "cpu", "gpu", types={"T": _FLOATS})
def leaky_relu_grad(gradients: Tensor, features: Tensor, *, alpha: float) -> Tensor:
    return _leaky_relu_backward(gradients, features, alpha, False)


@kernel("Softplus", "cpu", "gpu", types={"T": _FLOATS})
def softplus(features: Tensor) -> Tensor:
    return torch.logaddexp(features, features.new_zeros(()))


@kernel("SoftplusGrad", "cpu", "gpu", types={"T": _FLOATS})
def softplus_grad(gradients: Tensor, features: Tensor) -> Tensor:
    return torch.sigmoid(features).mul_(gradients)


@kernel("Softsign", "cpu", "gpu", types={"T": _FLOATS})
def softsign(features: Tensor) -> Tensor:
    divisor = features.abs().add_(1)
    return torch.div(features, divisor, out=divisor)


@kernel("SoftsignGrad", "cpu", "gpu", types={"T": _FLOATS})
def softsign_grad(gradients: Tensor, features: Tensor) -> Tensor:
    return gradients / features.abs().add_(1).square_()


@kernel("Softmax", "cpu", "gpu", types={"T": _FLOATS})
def softmax(logits: Tensor) -> Tensor:
    _check_rank(logits)
    return torch.softmax(logits, -1)


@kernel("LogSoftmax", "cpu", "gpu", types={"T": _FLOATS})
def log_softmax(logits: Tensor) -> Tensor:
    _check_rank(logits)
    return torch.log_softmax(logits, -1)


def _check_rank(logits: Tensor) -> None:
    if not logits.dim():
        raise errors.invalid_argument("logits must have >= 1 dimension, got []")
