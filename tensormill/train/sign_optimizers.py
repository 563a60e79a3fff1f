"""Optimizers that go by whether gradients and their average agree in sign.

Source: TensorFlow 1.15, contrib/opt/python/training/addsign.py and powersign.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import pow as pow_of
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import sign
from tensormill.ops.gathering import gather
from tensormill.ops.grouping import group
from tensormill.train.optimizer import Optimizer
from tensormill.variables.assignments import assign, scatter_sub

__all__ = ["AddSignOptimizer", "PowerSignOptimizer"]


class _SignOptimizer(Optimizer):
    """Scales gradients by how their signs agree with those of their average."""

    _slot_order = ("m",)

    def __init__(
        self,
        learning_rate: Any,
        beta: Any,
        sign_decay_fn: Callable[[Any], Any] | None,
        use_locking: bool,
        name: str,
    ) -> None:
        super().__init__(use_locking, name)
        self._lr = learning_rate
        self._beta = beta
        self._sign_decay_fn = sign_decay_fn
        self._sign_decay_t: Any = None

    def apply_gradients(
        self, grads_and_vars: Any, global_step: Any = None, name: str | None = None
    ) -> Any:
        """Apply gradients; the weight of signs follows from the global step."""
        if self._sign_decay_fn is not None:
            decay = self._sign_decay_fn(global_step)
            self._sign_decay_t = convert_to_tensor(decay, name="sign_decay")
        return super().apply_gradients(grads_and_vars, global_step=global_step, name=name)

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            self._zeros_slot(var, "m", self._name)

    def _prepare(self) -> None:
        super()._prepare()
        if self._sign_decay_fn is None:
            self._sign_decay_t = convert_to_tensor(1.0, name="sign_decay")

    def _scalar(self, name: str, var: Any) -> Any:
        if name == "sign_decay":
            return cast(self._sign_decay_t, var.dtype.base_dtype)
        return super()._scalar(name, var)

    def _factor(self, var: Any, agreement: Tensor) -> Tensor:
        """Return by what gradients are multiplied, given products of signs."""
        raise NotImplementedError

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Operation:
        beta, rate = self._scalar("beta", var), self._scalar("lr", var)
        slot = self.get_slot(var, "m")
        # The average moves as a whole; the variable moves in the rows of the gradient.
        average = assign(slot, slot * beta + grad * (1 - beta), use_locking=self._use_locking)
        agreement = gather(sign(average), grad.indices) * sign(grad.values)
        step = rate * self._factor(var, agreement) * grad.values
        update = scatter_sub(var, grad.indices, step, use_locking=self._use_locking)
        return group(update, average)

    def _resource_apply_sparse(self, grad: Tensor, handle: Any, indices: Tensor) -> Operation:
        raise NotImplementedError("sparse gradients of resource variables")


class AddSignOptimizer(_SignOptimizer):
    """Multiplies gradients by `alpha + f sign(g) sign(m)` (https://arxiv.org/abs/1709.07417).

    Args:
      learning_rate: the rate.
      alpha: the summand.
      beta: how slowly the average forgets.
      sign_decay_fn: gives f, the weight of the signs, for a global step; 1 by default.
      use_locking: whether updates lock out each other.
      name: the name of nodes and slots.
    """

    _rule = "AddSign"
    _scalar_tensors: Mapping[str, str] = {"lr": "_lr_t", "alpha": "_alpha_t", "beta": "_beta_t"}
    _scalar_names: Mapping[str, str] = {"lr": "learning_rate"}

    def __init__(
        self,
        learning_rate: Any = 0.1,
        alpha: Any = 1.0,
        beta: Any = 0.9,
        sign_decay_fn: Callable[[Any], Any] | None = None,
        use_locking: bool = False,
        name: str = "AddSignOptimizer",
    ) -> None:
        super().__init__(learning_rate, beta, sign_decay_fn, use_locking, name)
        self._alpha = alpha

    def _factor(self, var: Any, agreement: Tensor) -> Tensor:
        made: Tensor = self._scalar("alpha", var) + self._scalar("sign_decay", var) * agreement
        return made


class PowerSignOptimizer(_SignOptimizer):
    """Multiplies gradients by `base ** (f sign(g) sign(m))` (https://arxiv.org/abs/1709.07417).

    Args:
      learning_rate: the rate.
      base: the base.
      beta: how slowly the average forgets.
      sign_decay_fn: gives f, the weight of the signs, for a global step; 1 by default.
      use_locking: whether updates lock out each other.
      name: the name of nodes and slots.
    """

    _rule = "PowerSign"
    _scalar_tensors: Mapping[str, str] = {
        "lr": "_lr_t", "logbase": "_logbase_t", "beta": "_beta_t"
    }  # fmt: skip
    _scalar_names: Mapping[str, str] = {"lr": "learning_rate"}

    def __init__(
        self,
        learning_rate: Any = 0.1,
        base: float = math.e,
        beta: Any = 0.9,
        sign_decay_fn: Callable[[Any], Any] | None = None,
        use_locking: bool = False,
        name: str = "PowerSignOptimizer",
    ) -> None:
        super().__init__(learning_rate, beta, sign_decay_fn, use_locking, name)
        self._logbase = math.log(base)

    def _factor(self, var: Any, agreement: Tensor) -> Tensor:
        base = cast(math.e, var.dtype.base_dtype)
        return pow_of(
            base, self._scalar("logbase", var) * self._scalar("sign_decay", var) * agreement
        )
