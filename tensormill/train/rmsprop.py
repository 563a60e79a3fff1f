"""RMSProp, centered too.

Source: TensorFlow 1.15, python/training/rmsprop.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tensormill.graph.op_table import OP_DEFS
from tensormill.train.optimizer import Optimizer
from tensormill.variables.initializers import Ones

__all__ = ["RMSPropOptimizer"]


class RMSPropOptimizer(Optimizer):
    """Divides each gradient by the root of a moving average of its squares.

    Args:
      learning_rate: a number, a scalar tensor, or a function that returns one.
      decay: how slowly the average forgets; likewise.
      momentum: what is left of the last move; likewise.
      epsilon: added under the root; likewise.
      use_locking: whether updates lock out each other.
      centered: take the variance of the gradients in place of their squares.
      name: the name of nodes and slots.
    """

    _scalar_tensors: Mapping[str, str] = {
        "lr": "_learning_rate_tensor",
        "rho": "_decay_tensor",
        "momentum": "_momentum_tensor",
        "epsilon": "_epsilon_tensor",
    }

    def __init__(
        self,
        learning_rate: Any,
        decay: Any = 0.9,
        momentum: Any = 0.0,
        epsilon: Any = 1e-10,
        use_locking: bool = False,
        centered: bool = False,
        name: str = "RMSProp",
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._decay = decay
        self._momentum = momentum
        self._epsilon = epsilon
        self._centered = centered
        self._rule = "CenteredRMSProp" if centered else "RMSProp"
        self._slot_order = ("mg", "rms", "momentum") if centered else ("rms", "momentum")

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            dtype, dims = var.dtype.base_dtype, var.get_shape()
            if dims.is_fully_defined():
                self._get_or_make_slot_with_initializer(
                    var, Ones(dtype=dtype), dims, dtype, "rms", self._name
                )
            else:
                ones = OP_DEFS["OnesLike"].builder(var)
                self._get_or_make_slot(var, ones, "rms", self._name)
            if self._centered:
                self._zeros_slot(var, "mg", self._name)
            self._zeros_slot(var, "momentum", self._name)
