"""Momentum, Nesterov's too.

Source: TensorFlow 1.15, python/training/momentum.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tensormill.train.optimizer import Optimizer

__all__ = ["MomentumOptimizer"]


class MomentumOptimizer(Optimizer):
    """Moves variables along a decaying sum of their gradients.

    Sparse gradients decay and move only the rows that they name.

    Args:
      learning_rate: a number, a scalar tensor, or a function that returns one.
      momentum: what is left of the sum after a step; likewise.
      use_locking: whether updates lock out each other.
      name: the name of nodes and slots.
      use_nesterov: take the gradient as it would be after the momentum's step.
    """

    _rule = "Momentum"
    _slot_order = ("momentum",)
    _scalar_tensors: Mapping[str, str] = {
        "lr": "_learning_rate_tensor",
        "momentum": "_momentum_tensor",
    }

    def __init__(
        self,
        learning_rate: Any,
        momentum: Any,
        use_locking: bool = False,
        name: str = "Momentum",
        use_nesterov: bool = False,
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._momentum = momentum
        self._use_nesterov = use_nesterov
        self._update_attrs = {"use_nesterov": use_nesterov}

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            self._zeros_slot(var, "momentum", self._name)
