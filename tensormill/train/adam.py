"""Adam.

Source: TensorFlow 1.15, python/training/adam.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tensormill.graph.default_scopes import colocate_with, control_dependencies
from tensormill.graph.graph import get_default_graph
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import sqrt
from tensormill.ops.grouping import group
from tensormill.train.optimizer import Optimizer

__all__ = ["AdamOptimizer"]

_POWERS = ("beta1_power", "beta2_power")


class AdamOptimizer(Optimizer):
    """Moves variables by the ratio of averages of their gradients and of the gradients' squares.

    The averages of all rows decay at each step, also where a gradient is sparse.

    Args:
      learning_rate: a number, a scalar tensor, or a function that returns one.
      beta1: how slowly the average of the gradients forgets; likewise.
      beta2: how slowly the average of the squares forgets; likewise.
      epsilon: added to the divisor; "epsilon hat" of the paper.
      use_locking: whether updates lock out each other.
      name: the name of nodes and slots.
    """

    _beta1_t: Any
    _beta2_t: Any
    _rule = "Adam"
    _slot_order = ("m", "v")
    _scalar_tensors: Mapping[str, str] = {
        "lr": "_lr_t", "beta1": "_beta1_t", "beta2": "_beta2_t", "epsilon": "_epsilon_t"
    }  # fmt: skip
    _scalar_names: Mapping[str, str] = {"lr": "learning_rate"}

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adam",
    ) -> None:
        super().__init__(use_locking, name)
        self._lr = learning_rate
        self._beta1 = beta1
        self._beta2 = beta2
        self._epsilon = epsilon

    def _get_beta_accumulators(self) -> tuple[Any, Any]:
        graph = get_default_graph()
        return (
            self._get_non_slot_variable(_POWERS[0], graph),
            self._get_non_slot_variable(_POWERS[1], graph),
        )

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        # Every worker puts the powers beside the same variable, or updates of them would be lost.
        first = min(var_list, key=lambda var: var.name)
        self._create_non_slot_variable(self._beta1, _POWERS[0], first)
        self._create_non_slot_variable(self._beta2, _POWERS[1], first)
        for var in var_list:
            self._zeros_slot(var, "m", self._name)
            self._zeros_slot(var, "v", self._name)

    def _scalar(self, name: str, var: Any) -> Any:
        if name in _POWERS:
            power = self._get_beta_accumulators()[_POWERS.index(name)]
            return cast(power, var.dtype.base_dtype)
        return super()._scalar(name, var)

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Operation:
        def scatter_add(slot: Any, values: Tensor) -> Tensor:
            return OP_DEFS["ScatterAdd"].builder(
                slot._ref(), grad.indices, values, use_locking=self._use_locking
            )

        return self._apply_rows(grad.values, var, scatter_add)

    def _resource_apply_sparse(self, grad: Tensor, handle: Any, indices: Tensor) -> Operation:
        def scatter_add(slot: Any, values: Tensor) -> Tensor:
            added = OP_DEFS["ResourceScatterAdd"].builder(slot.handle, indices, values)
            with control_dependencies([added]):
                value: Tensor = slot.value()
                return value

        return self._apply_rows(grad, handle, scatter_add)

    def _apply_rows(
        self, grad: Tensor, var: Any, scatter_add: Callable[[Any, Tensor], Tensor]
    ) -> Operation:
        order = (*_POWERS, "lr", "beta1", "beta2", "epsilon")
        beta1_power, beta2_power, lr, beta1, beta2, epsilon = (
            self._scalar(name, var) for name in order
        )
        rate = lr * sqrt(1 - beta2_power) / (1 - beta1_power)
        new_m = self._decay_and_add(var, "m", beta1, grad * (1 - beta1), scatter_add)
        new_v = self._decay_and_add(var, "v", beta2, (grad * grad) * (1 - beta2), scatter_add)
        root = sqrt(new_v)
        update = var.assign_sub(rate * new_m / (root + epsilon), use_locking=self._use_locking)
        return group(update, new_m, new_v)

    def _decay_and_add(
        self,
        var: Any,
        slot_name: str,
        beta: Tensor,
        rows: Tensor,
        scatter_add: Callable[[Any, Tensor], Tensor],
    ) -> Tensor:
        """Return the average after a step: all of it decays, the rows of the gradient are added."""
        slot = self.get_slot(var, slot_name)
        decayed = slot.assign(slot * beta, use_locking=self._use_locking)
        with control_dependencies([decayed]):
            return scatter_add(slot, rows)

    def _finish(self, update_ops: Sequence[Any], name_scope: str) -> Operation:
        with control_dependencies(update_ops):
            beta1_power, beta2_power = self._get_beta_accumulators()
            with colocate_with(beta1_power):
                powers = [
                    power.assign(power * beta, use_locking=self._use_locking)
                    for power, beta in (
                        (beta1_power, self._beta1_t),
                        (beta2_power, self._beta2_t),
                    )
                ]
        return group(*update_ops, *powers, name=name_scope)
