"""Adadelta.

Source: TensorFlow 1.15, python/training/adadelta.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tensormill.train.optimizer import Optimizer

__all__ = ["AdadeltaOptimizer"]


class AdadeltaOptimizer(Optimizer):
    """Scales each gradient by the ratio of the averages of past moves and past gradients.

    Args:
      learning_rate: a number, a scalar tensor, or a function that returns one; the paper has 1.
      rho: how slowly the averages forget; likewise.
      epsilon: added under the roots; likewise.
      use_locking: whether updates lock out each other.
      name: the name of nodes and slots.
    """

    _rule = "Adadelta"
    _slot_order = ("accum", "accum_update")
    _scalar_tensors: Mapping[str, str] = {
        "lr": "_lr_t",
        "rho": "_rho_t",
        "epsilon": "_epsilon_t",
    }

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: Any = 0.95,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adadelta",
    ) -> None:
        super().__init__(use_locking, name)
        self._lr = learning_rate
        self._rho = rho
        self._epsilon = epsilon

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            self._zeros_slot(var, "accum", self._name)
            self._zeros_slot(var, "accum_update", self._name)
