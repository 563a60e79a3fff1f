"""Kernels of the optimizers' updates: every rule once, in place, for dense gradients and for rows.

A rule is a function over the variable and its slots. Dense updates call it on whole tensors, piece
by piece where they are large, so that a piece stays in the cache between the passes over it. Sparse
updates call it on the rows that the indices name, one index after another where indices repeat, as
TensorFlow does.

Source: TensorFlow 1.15, core/kernels/training_ops.cc.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import cache, partial
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.hard_values import sqrt
from tensormill.kernels.registry import KernelContext, kernel_factory
from tensormill.ops.training import UPDATE_RULES

Array = torch.Tensor
Rule = Callable[..., None]

_REAL = ("float16", "bfloat16", "float32", "float64")
_ANY = (*_REAL, "complex64", "complex128")
_WIDE = ("float32", "float64")
_PIECE_ELEMENTS = 1 << 17
_RULES = {rule.name: rule for rule in UPDATE_RULES}


@cache
def _late_step(device: torch.device) -> Array:
    """Return a step count after which torch's fused rules correct no bias and decay no rate."""
    return torch.tensor(1e18, device=device)


def update_rule(
    name: str, types: Sequence[str], *, gpu: bool = True, is_fused: bool = False
) -> Callable[[Rule], Rule]:
    """Register the decorated rule for all op types of the update `name`.

    The rule takes the state, then scalars and gradient in the order of the op, then its attribute.

    Args:
      name: what follows "Apply" in the op types.
      types: the dtypes of the variables.
      gpu: whether TensorFlow has a GPU kernel for dense updates.
      is_fused: the rule passes over the memory once, so that pieces gain nothing.
    """

    def register(rule: Rule) -> Rule:
        for form in _RULES[name].forms:
            on_gpu = gpu and "Sparse" not in form
            kernel_factory(
                form + name,
                *(("cpu", "gpu") if on_gpu else ("cpu",)),
                types={"T": types},
                host_inputs=[n for n in _RULES[name].inputs if n not in ("grad", "delta")],
            )(_maker(rule, is_fused))
        return rule

    return register


def _maker(rule: Rule, is_fused: bool) -> Callable[[KernelContext], Any]:
    def make_update(ctx: KernelContext) -> Any:
        return _Update(rule, is_fused, ctx)

    return make_update


class _Update:
    """The kernel of one node."""

    def __init__(self, rule: Rule, is_fused: bool, ctx: KernelContext) -> None:
        row = _RULES[ctx.op_type.rpartition("Apply")[2]]
        self._is_resource = ctx.op_type.startswith("Resource")
        self._is_sparse = "Sparse" in ctx.op_type
        self._locks = self._is_resource or ctx.attrs["use_locking"]
        self._state_names = row.state
        self._input_names = row.inputs
        self._gradient_name = "delta" if "delta" in row.inputs else "grad"
        self._gradient_at = row.inputs.index(self._gradient_name)
        attrs = {} if row.attr is None else _attribute(row.attr, ctx)
        self._rule = partial(rule, **attrs) if attrs else rule
        self._is_fused = is_fused
        # The kernel of a resource variable outlives the plan in which a scalar is a constant.
        known = [None if self._is_resource else ctx.constant(name) for name in row.inputs]
        self._rest = [None if v is None or v.ndim else v.item() for v in known]
        self._fed = [
            position
            for position, value in enumerate(self._rest)
            if value is None and position != self._gradient_at
        ]

    def __call__(self, *inputs: Any) -> Any:
        """Update the state in place; return the reference of a ref variable."""
        count = len(self._state_names)
        buffers = [holder.initialized() for holder in inputs[:count]]
        given = list(inputs[count:])
        indices = given.pop(self._gradient_at + 1) if self._is_sparse else None
        rest = self._rest.copy()
        rest[self._gradient_at] = given[self._gradient_at]
        for position in self._fed:
            value = given[position]
            if value.ndim:
                raise self._scalar_error(position, value)
            rest[position] = value.item()
        if not self._locks:
            self._apply(buffers, rest, indices)
        elif count == 1:
            with buffers[0].lock:
                self._apply(buffers, rest, indices)
        else:
            with ExitStack() as stack:
                for buffer in sorted(buffers, key=id):
                    stack.enter_context(buffer.lock)
                self._apply(buffers, rest, indices)
        return None if self._is_resource else inputs[0]

    def _scalar_error(self, position: int, value: Any) -> Exception:
        dims = format_dims(value.shape, "kernel")
        return errors.invalid_argument(f"{self._input_names[position]} is not a scalar: {dims}")

    def _apply(self, buffers: list[Any], rest: list[Any], indices: Array | None) -> None:
        state = [buffer.writable() for buffer in buffers]
        gradient = rest[self._gradient_at]
        self._check(state, gradient, indices)
        if indices is not None:
            self._apply_rows(state, rest, indices)
        elif self._is_fused or gradient.numel() <= _PIECE_ELEMENTS:
            self._rule(*state, *rest)
        else:
            tensors = [*state, gradient]
            for piece in zip(*(t.reshape(-1).split(_PIECE_ELEMENTS) for t in tensors), strict=True):
                rest[self._gradient_at] = piece[-1]
                self._rule(*piece[:-1], *rest)

    def _apply_rows(self, state: list[Array], rest: list[Any], indices: Array) -> None:
        gradient = rest[self._gradient_at]
        places = indices.numpy()
        ranked = np.sort(places)
        if ranked.size and not (ranked[0] >= 0 and ranked[-1] < state[0].shape[0]):
            wrong = (places < 0) | (places >= state[0].shape[0])
            offset = wrong.nonzero()[0][0]
            raise errors.invalid_argument(
                f"Index {places[offset]} at offset {offset} in indices is out of range"
            )
        if not (ranked[1:] == ranked[:-1]).any():
            rows = [_take_rows(t, indices) for t in state]
            self._rule(*rows, *rest)
            for whole, part in zip(state, rows, strict=True):
                _put_rows(whole, indices, part)
            return
        for offset, place in enumerate(places.tolist()):
            rest[self._gradient_at] = gradient[offset]
            self._rule(*(t[place] for t in state), *rest)

    def _check(self, state: list[Array], gradient: Array, indices: Array | None) -> None:
        shape = state[0].shape
        for position, tensor in enumerate(state):
            if tensor.shape != shape:
                raise _shape_error(self._state_names[position], shape, tensor.shape)
        if indices is None:
            if gradient.shape != shape:
                raise _shape_error(self._gradient_name, shape, gradient.shape)
        elif indices.dim() != 1:
            raise errors.invalid_argument("indices must be one-dimensional")
        elif gradient.dim() != len(shape) or gradient.shape[1:] != shape[1:]:
            raise errors.invalid_argument("var and grad must match in all dimensions but the first")
        elif gradient.shape[0] != indices.shape[0]:
            raise errors.invalid_argument(
                "grad must be the same size as indices in the first dimension."
            )


def _take_rows(whole: Array, indices: Array) -> Array:
    """Return a copy of some rows. NumPy does it faster than torch, where it knows the dtype."""
    if whole.dtype is torch.bfloat16:
        return whole.index_select(0, indices)
    return torch.from_numpy(whole.numpy().take(indices.numpy(), 0))


def _put_rows(whole: Array, indices: Array, rows: Array) -> None:
    if whole.dtype is torch.bfloat16:
        whole.index_copy_(0, indices.long(), rows)
    else:
        whole.numpy()[indices.numpy()] = rows.numpy()


def _attribute(signature: str, ctx: KernelContext) -> dict[str, Any]:
    name = signature.partition(":")[0]
    return {name: ctx.attrs[name]}


def _shape_error(name: str, wanted: Sequence[int], given: Sequence[int]) -> Exception:
    return errors.invalid_argument(
        f"var and {name} do not have the same shape"
        f"{format_dims(tuple(wanted), 'kernel')} {format_dims(tuple(given), 'kernel')}"
    )


@update_rule("GradientDescent", _ANY, is_fused=True)
def gradient_descent(var: Array, alpha: float, delta: Array) -> None:
    var.sub_(delta, alpha=alpha)


@update_rule("ProximalGradientDescent", _WIDE, gpu=False)
def proximal_gradient_descent(var: Array, alpha: float, l1: float, l2: float, delta: Array) -> None:
    var.sub_(delta, alpha=alpha)
    if l1 > 0:
        _shrink(var, alpha * l1)
    var.div_(1 + l2 * alpha)


def _shrink(values: Array, threshold: Any) -> None:
    """Move values towards zero by a threshold, and no further than zero."""
    values.copy_(values.sign().mul_(values.abs().sub_(threshold).clamp_(min=0)))


@update_rule("Momentum", _ANY, is_fused=True)
def momentum(
    var: Array, accum: Array, lr: float, grad: Array, momentum: float, *, use_nesterov: bool
) -> None:
    if not _can_fuse(var, accum, grad):
        accum.mul_(momentum).add_(grad)
        if use_nesterov:
            var.sub_(grad, alpha=lr).sub_(accum, alpha=lr * momentum)
        else:
            var.sub_(accum, alpha=lr)
        return
    torch._fused_sgd_(
        [var],
        [grad],
        [accum],
        weight_decay=0.0,
        momentum=momentum,
        lr=lr,
        dampening=0.0,
        nesterov=use_nesterov,
        maximize=False,
        is_first_step=False,
    )


def _can_fuse(*tensors: Array) -> bool:
    """Return whether torch's fused rules take these tensors."""
    return not tensors[0].is_complex() and all(t.is_contiguous() for t in tensors)


@update_rule("KerasMomentum", _ANY)
def keras_momentum(
    var: Array, accum: Array, lr: float, grad: Array, momentum: float, *, use_nesterov: bool
) -> None:
    accum.mul_(momentum).sub_(grad, alpha=lr)
    if use_nesterov:
        var.add_(accum, alpha=momentum).sub_(grad, alpha=lr)
    else:
        var.add_(accum)


@update_rule("Adagrad", _ANY, is_fused=True)
def adagrad(var: Array, accum: Array, lr: float, grad: Array, *, update_slots: bool) -> None:
    adagrad_v2(var, accum, lr, 0.0, grad, update_slots=update_slots)


@update_rule("AdagradV2", _ANY, is_fused=True)
def adagrad_v2(
    var: Array, accum: Array, lr: float, epsilon: float, grad: Array, *, update_slots: bool
) -> None:
    if not (update_slots and var.is_cpu and _can_fuse(var, accum, grad)):
        if update_slots:
            accum.addcmul_(grad, grad)
        var.addcdiv_(grad, sqrt(accum).add_(epsilon), value=-lr)
        return
    torch._fused_adagrad_(
        [var],
        [grad],
        [accum],
        [_late_step(var.device)],
        lr=lr,
        lr_decay=0.0,
        weight_decay=0.0,
        eps=epsilon,
        maximize=False,
    )


@update_rule("ProximalAdagrad", _WIDE, gpu=False)
def proximal_adagrad(
    var: Array, accum: Array, lr: float, l1: float, l2: float, grad: Array
) -> None:
    accum.addcmul_(grad, grad)
    rate = accum.rsqrt().mul_(lr)
    var.addcmul_(grad, rate, value=-1)
    if l1 > 0:
        _shrink(var, rate * l1)
    var.div_(rate.mul_(l2).add_(1))


@update_rule("AdagradDA", _WIDE, gpu=False)
def adagrad_da(
    var: Array,
    gradient_accumulator: Array,
    gradient_squared_accumulator: Array,
    grad: Array,
    lr: float,
    l1: float,
    l2: float,
    global_step: int,
) -> None:
    gradient_accumulator.add_(grad)
    gradient_squared_accumulator.addcmul_(grad, grad)
    var.copy_(gradient_accumulator)
    if l1 > 0:
        _shrink(var, l1 * global_step)
    var.mul_(-lr).div_(gradient_squared_accumulator.sqrt().add_(l2 * global_step * lr))


@update_rule("Adadelta", _ANY)
def adadelta(
    var: Array,
    accum: Array,
    accum_update: Array,
    lr: float,
    rho: float,
    epsilon: float,
    grad: Array,
) -> None:
    accum.mul_(rho).addcmul_(grad, grad, value=1 - rho)
    update = (accum_update + epsilon).sqrt_().mul_((accum + epsilon).rsqrt_()).mul_(grad)
    var.sub_(update, alpha=lr)
    accum_update.mul_(rho).addcmul_(update, update, value=1 - rho)


@update_rule("Ftrl", _REAL, gpu=False)
def ftrl(
    var: Array,
    accum: Array,
    linear: Array,
    grad: Array,
    lr: float,
    l1: float,
    l2: float,
    lr_power: float,
    *,
    multiply_linear_by_lr: bool,
) -> None:
    ftrl_v2(
        var,
        accum,
        linear,
        grad,
        lr,
        l1,
        l2,
        0.0,
        lr_power,
        multiply_linear_by_lr=multiply_linear_by_lr,
    )


@update_rule("FtrlV2", _REAL, gpu=False)
def ftrl_v2(
    var: Array,
    accum: Array,
    linear: Array,
    grad: Array,
    lr: float,
    l1: float,
    l2: float,
    l2_shrinkage: float,
    lr_power: float,
    *,
    multiply_linear_by_lr: bool,
) -> None:
    # The linear slot holds either the sum of the gradients or that sum times the learning rate.
    scale = lr if multiply_linear_by_lr else 1.0
    old_power = accum.pow(-lr_power)
    linear.add_(grad, alpha=scale)
    if l2_shrinkage:
        linear.add_(var, alpha=2 * l2_shrinkage * scale)
    accum.addcmul_(grad, grad)
    new_power = accum.pow(-lr_power)
    linear.addcmul_(new_power - old_power, var, value=-scale / lr)
    bound = l1 * scale
    var.copy_(linear.clamp(-bound, bound).sub_(linear))
    var.div_(new_power.mul_(scale / lr).add_(2 * l2 * scale))


@update_rule("Adam", _ANY, is_fused=True)
def adam(
    var: Array,
    m: Array,
    v: Array,
    beta1_power: float,
    beta2_power: float,
    lr: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    grad: Array,
    *,
    use_nesterov: bool,
) -> None:
    rate = _adam_rate(lr, beta1_power, beta2_power)
    if not use_nesterov and _can_fuse(var, m, v, grad) and 0 <= beta1 < 1 and 0 <= beta2 < 1:
        torch._fused_adam_(
            [var],
            [grad],
            [m],
            [v],
            [],
            [_late_step(var.device)],
            lr=rate,
            beta1=beta1,
            beta2=beta2,
            weight_decay=0.0,
            eps=epsilon,
            amsgrad=False,
            maximize=False,
        )
        return
    m.lerp_(grad, 1 - beta1)
    v.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
    step = torch.add(m * beta1, grad, alpha=1 - beta1) if use_nesterov else m
    var.addcdiv_(step, sqrt(v).add_(epsilon), value=-rate)


def _adam_rate(lr: Any, beta1_power: Any, beta2_power: Any) -> Any:
    """Return the step size, corrected for the zeros that the averages began with."""
    rest = 1 - beta2_power
    root = cmath.sqrt(rest) if isinstance(rest, complex) or rest < 0 else math.sqrt(rest)
    return lr * root * math.inf if beta1_power == 1 else lr * root / (1 - beta1_power)


@update_rule("AdamWithAmsgrad", _REAL)
def adam_with_amsgrad(
    var: Array,
    m: Array,
    v: Array,
    vhat: Array,
    beta1_power: float,
    beta2_power: float,
    lr: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    grad: Array,
) -> None:
    m.lerp_(grad, 1 - beta1)
    v.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
    torch.maximum(vhat, v, out=vhat)
    rate = _adam_rate(lr, beta1_power, beta2_power)
    var.addcdiv_(m, sqrt(vhat).add_(epsilon), value=-rate)


@update_rule("AdaMax", _REAL)
def ada_max(
    var: Array,
    m: Array,
    v: Array,
    beta1_power: float,
    lr: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    grad: Array,
) -> None:
    m.lerp_(grad, 1 - beta1)
    torch.maximum(v.mul_(beta2), grad.abs(), out=v)
    var.addcdiv_(m, v + epsilon, value=-lr / (1 - beta1_power))


@update_rule("RMSProp", _ANY)
def rms_prop(
    var: Array,
    ms: Array,
    mom: Array,
    lr: float,
    rho: float,
    momentum: float,
    epsilon: float,
    grad: Array,
) -> None:
    ms.mul_(rho).addcmul_(grad, grad, value=1 - rho)
    mom.mul_(momentum).addcdiv_(grad, (ms + epsilon).sqrt_(), value=lr)
    var.sub_(mom)


@update_rule("CenteredRMSProp", _ANY)
def centered_rms_prop(
    var: Array,
    mg: Array,
    ms: Array,
    mom: Array,
    lr: float,
    rho: float,
    momentum: float,
    epsilon: float,
    grad: Array,
) -> None:
    ms.mul_(rho).addcmul_(grad, grad, value=1 - rho)
    mg.lerp_(grad, 1 - rho)
    variance = (ms + epsilon).addcmul_(mg, mg, value=-1)
    mom.mul_(momentum).addcdiv_(grad, variance.sqrt_(), value=lr)
    var.sub_(mom)


@update_rule("AddSign", _REAL)
def add_sign(
    var: Array, m: Array, lr: float, alpha: float, sign_decay: float, beta: float, grad: Array
) -> None:
    m.lerp_(grad, 1 - beta)
    agreement = grad.sign().mul_(m.sign())
    var.addcmul_(agreement.mul_(sign_decay).add_(alpha), grad, value=-lr)


@update_rule("PowerSign", _REAL)
def power_sign(
    var: Array, m: Array, lr: float, logbase: float, sign_decay: float, beta: float, grad: Array
) -> None:
    m.lerp_(grad, 1 - beta)
    agreement = grad.sign().mul_(m.sign())
    var.addcmul_(agreement.mul_(logbase * sign_decay).exp_(), grad, value=-lr)
