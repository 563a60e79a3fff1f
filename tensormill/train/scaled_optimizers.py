"""Optimizers of `tf.contrib.opt` that scale steps: AdaMax, LARS, and others around them.

Source: TensorFlow 1.15, contrib/opt/python/training.
"""

from __future__ import annotations

import contextlib
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tensormill.graph.default_scopes import colocate_with, control_dependencies
from tensormill.graph.graph import get_default_graph
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import maximum
from tensormill.ops.arithmetic import pow as pow_of
from tensormill.ops.basics import no_op
from tensormill.ops.casting import cast
from tensormill.ops.clipping import clip_by_global_norm, global_norm
from tensormill.ops.comparison import equal, greater
from tensormill.ops.conditional import cond
from tensormill.ops.elementwise_unary import abs as abs_of
from tensormill.ops.filling import zeros
from tensormill.ops.gathering import gather, where
from tensormill.ops.grouping import group
from tensormill.ops.identities import identity
from tensormill.ops.reduction import count_nonzero
from tensormill.ops.tensor_algebra import norm
from tensormill.train.adagrad import AdagradOptimizer
from tensormill.train.adam import AdamOptimizer
from tensormill.train.optimizer import Optimizer
from tensormill.train.optimizer_variants import LazyAdamOptimizer
from tensormill.variables.assignments import scatter_add, scatter_update

__all__ = [
    "AdaMaxOptimizer",
    "AdamGSOptimizer",
    "LARSOptimizer",
    "LazyAdamGSOptimizer",
    "MultitaskOptimizerWrapper",
    "RegAdagradOptimizer",
    "clip_gradients_by_global_norm",
]

_POWER = "beta1_power"


class AdaMaxOptimizer(AdamOptimizer):
    """Adam with the largest of the gradients so far (https://arxiv.org/abs/1412.6980, 7.1).

    For the arguments see `AdamOptimizer`.
    """

    _rule = "AdaMax"

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "AdaMax",
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, epsilon, use_locking, name)

    def _get_beta_accumulators(self) -> Any:
        return self._get_non_slot_variable(_POWER, get_default_graph())

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        first = min(var_list, key=lambda var: var.name)
        self._create_non_slot_variable(self._beta1, _POWER, first)
        for var in var_list:
            self._zeros_slot(var, "m", self._name)
            self._zeros_slot(var, "v", self._name)

    def _scalar(self, name: str, var: Any) -> Any:
        if name == _POWER:
            return cast(self._get_beta_accumulators(), var.dtype.base_dtype)
        return super()._scalar(name, var)

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Operation:
        return self._move_rows(grad.values, var, grad.indices)

    def _resource_apply_sparse(self, grad: Tensor, handle: Any, indices: Tensor) -> Operation:
        return self._move_rows(grad, handle, indices)

    def _move_rows(self, grad: Tensor, var: Any, indices: Tensor) -> Operation:
        order = (_POWER, "lr", "beta1", "beta2", "epsilon")
        power, rate, beta1, beta2, epsilon = (self._scalar(name, var) for name in order)
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        new_m = gather(m, indices) * beta1 + grad * (1 - beta1)
        new_v = maximum(gather(v, indices) * beta2, abs_of(grad))
        step = -rate / (1 - power) * (new_m / (new_v + epsilon))
        with control_dependencies([new_m, new_v, step]):
            updates = [
                scatter_add(var, indices, step, use_locking=self._use_locking),
                scatter_update(m, indices, new_m, use_locking=self._use_locking),
                scatter_update(v, indices, new_v, use_locking=self._use_locking),
            ]
        return group(*updates)

    def _finish(self, update_ops: Sequence[Any], name_scope: str) -> Operation:
        with control_dependencies(update_ops):
            power = self._get_beta_accumulators()
            with colocate_with(power):
                update = power.assign(power * self._beta1_t, use_locking=self._use_locking)
        return group(*update_ops, update, name=name_scope)


class AdamGSOptimizer(AdamOptimizer):
    """Adam whose powers follow from a global step, so that they need no variables.

    Args:
      global_step: the step.
      learning_rate: as for `AdamOptimizer`, like the others.
      beta1: likewise.
      beta2: likewise.
      epsilon: likewise.
      use_locking: likewise.
      name: the name of nodes and slots.
    """

    def __init__(
        self,
        global_step: Any = 0,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adam",
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, epsilon, use_locking, name)
        self._global_step = global_step
        self._global_step_on_worker: Any = None

    def _get_beta_accumulators(self) -> tuple[Any, Any]:
        step = self._global_step_on_worker
        return pow_of(self._beta1_t, step), pow_of(self._beta2_t, step)

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            self._zeros_slot(var, "m", self._name)
            self._zeros_slot(var, "v", self._name)

    def _prepare(self) -> None:
        super()._prepare()
        self._global_step_on_worker = cast(identity(self._global_step) + 1, "float32")

    def _finish(self, update_ops: Sequence[Any], name_scope: str) -> Operation:
        return group(*update_ops, name=name_scope)


class LazyAdamGSOptimizer(AdamGSOptimizer, LazyAdamOptimizer):
    """`AdamGSOptimizer` that updates the averages of only those rows that a sparse gradient has."""


class RegAdagradOptimizer(AdagradOptimizer):
    """Adagrad that can be told not to count some gradients.

    For the arguments see `AdagradOptimizer`.
    """

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        use_locking: bool = False,
        name: str = "RegAdagrad",
    ) -> None:
        super().__init__(learning_rate, initial_accumulator_value, use_locking, name)
        self._update_attrs = {"update_slots": True}

    @contextlib.contextmanager
    def avoid_updating_slots(self) -> Iterator[None]:
        """Leave the sums of squares as they are in the updates that are made within."""
        before, self._update_attrs = self._update_attrs, {"update_slots": False}
        try:
            yield
        finally:
            self._update_attrs = before


class LARSOptimizer(Optimizer):
    """Scales steps by the norms of variable and gradient (https://arxiv.org/abs/1708.03888).

    Args:
      learning_rate: the rate.
      momentum: how much of the last step goes on.
      weight_decay: how much of the variable is added to the gradient.
      eeta: the factor of the ratio of norms.
      epsilon: added to the divisor.
      name: the name of nodes and slots.
      skip_list: parts of the names of variables that are not scaled.
      use_nesterov: whether the momentum is Nesterov's.

    Raises:
      ValueError: `momentum` or `weight_decay` is negative.
    """

    _rule = "Momentum"
    _slot_order = ("momentum",)
    _scalar_tensors: Mapping[str, str] = {
        "lr": "_learning_rate_tensor", "momentum": "_momentum_tensor"
    }  # fmt: skip

    def __init__(
        self,
        learning_rate: Any,
        momentum: Any = 0.9,
        weight_decay: float = 0.0001,
        eeta: float = 0.001,
        epsilon: float = 0.0,
        name: str = "LARSOptimizer",
        skip_list: Sequence[str] | None = None,
        use_nesterov: bool = False,
    ) -> None:
        if momentum < 0.0:
            raise ValueError(f"momentum should be positive: {momentum}")
        if weight_decay < 0.0:
            raise ValueError(f"weight_decay should be positive: {weight_decay}")
        super().__init__(use_locking=False, name=name)
        self._learning_rate = learning_rate
        self._momentum = momentum
        self._weight_decay = weight_decay
        self._eeta = eeta
        self._epsilon = epsilon
        self._skip_list = skip_list
        self._update_attrs = {"use_nesterov": use_nesterov}
        self._is_scaled = False

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            self._zeros_slot(var, "momentum", self._name)

    def compute_lr(self, grad: Tensor, var: Any) -> tuple[Any, Tensor]:
        """Return the rate of a variable, and its gradient with the decay of weights."""
        if any(part in var.name for part in self._skip_list or ()):
            return self._learning_rate, grad
        of_weights, of_gradient = norm(var, ord=2), norm(grad, ord=2)
        divisor = of_gradient + self._weight_decay * of_weights + self._epsilon
        ratio = where(greater(of_gradient, 0), self._eeta * of_weights / divisor, 1.0)
        ratio = where(greater(of_weights, 0), ratio, 1.0)
        return self._learning_rate * ratio, grad + self._weight_decay * var

    def _apply_dense(self, grad: Tensor, var: Any) -> Any:
        rate, grad = self.compute_lr(grad, var)
        self._is_scaled = True
        try:
            return self._make_update(var, grad * rate)
        finally:
            self._is_scaled = False

    def _resource_apply_dense(self, grad: Tensor, handle: Any) -> Any:
        return self._apply_dense(grad, handle)

    def _scalar(self, name: str, var: Any) -> Any:
        if name == "lr" and self._is_scaled:
            # The gradient has the rate already.
            return cast(1.0, var.dtype.base_dtype)
        return super()._scalar(name, var)


class MultitaskOptimizerWrapper:
    """Makes an optimizer leave variables and slots alone where all of a gradient is zero.

    Args:
      opt: the optimizer; it is changed.

    Raises:
      TypeError: it is no optimizer.
    """

    def __init__(self, opt: Any) -> None:
        if not isinstance(opt, Optimizer):
            raise TypeError("Supplied optimizer must be an instance of tf.train.Optimizer")
        self._opt: Any = opt
        for name in ("_apply_dense", "_resource_apply_dense", "_apply_sparse"):
            setattr(opt, name, types.MethodType(_unless_zero(getattr(opt, name)), opt))
        name = "_resource_apply_sparse"
        setattr(opt, name, types.MethodType(_unless_zero(getattr(opt, name)), opt))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._opt, name)


def _is_zero(grad: Any) -> Tensor:
    values = grad.values if isinstance(grad, IndexedSlices) else grad
    return equal(count_nonzero(values), 0)


def _unless_zero(update: Callable[..., Any]) -> Callable[..., Any]:
    def updated(self: Any, grad: Any, *args: Any, **kwargs: Any) -> Any:
        def moved() -> Any:
            with control_dependencies([update(grad, *args, **kwargs)]):
                return no_op()

        return cond(_is_zero(grad), no_op, moved)

    return updated


def clip_gradients_by_global_norm(
    gradients_variables: Sequence[tuple[Any, Any]], clip_norm: float = 20.0
) -> tuple[list[tuple[Any, Any]], Tensor]:
    """Return gradients clipped by their common norm, and the norm; zeros count as none.

    Args:
      gradients_variables: pairs of gradients and variables.
      clip_norm: the largest norm.
    """
    gradients = [gradient for gradient, _ in gradients_variables]
    variables = [variable for _, variable in gradients_variables]

    def unless_zero(gradient: Any) -> Any:
        if gradient is None:
            return None
        nothing = gradient.dtype
        return cond(_is_zero(gradient), lambda: zeros([], dtype=nothing), lambda: gradient)

    total = global_norm([unless_zero(gradient) for gradient in gradients])
    clipped, _ = clip_by_global_norm(gradients, clip_norm, use_norm=total)
    return list(zip(clipped, variables, strict=True)), total
