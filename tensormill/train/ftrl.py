"""Follow the regularized leader, proximal (FTRL).

Source: TensorFlow 1.15, python/training/ftrl.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tensormill.graph.constants import constant
from tensormill.graph.default_scopes import colocate_with
from tensormill.train.optimizer import Optimizer

__all__ = ["FtrlOptimizer"]


class FtrlOptimizer(Optimizer):
    """Keeps most weights of large sparse models at exactly zero.

    Args:
      learning_rate: a number or a scalar tensor.
      learning_rate_power: how the rate falls with the sum of the squares, at most 0.
      initial_accumulator_value: what the sums of the squares begin with, at least 0.
      l1_regularization_strength: how strongly weights are drawn to zero, at least 0.
      l2_regularization_strength: how strongly weights are kept near their past, at least 0.
      use_locking: whether updates lock out each other.
      name: the name of nodes and slots.
      accum_name: the name of the slot of squares; by default `name`.
      linear_name: the name of the slot of gradients; by default `name`.
      l2_shrinkage_regularization_strength: how strongly weights are shrunk, at least 0.

    Raises:
      ValueError: a strength is negative, or the power positive.
    """

    _slot_order = ("accum", "linear")
    _scalar_tensors: Mapping[str, str] = {
        "lr": "_learning_rate_tensor",
        "l1": "_l1_regularization_strength_tensor",
        "l2": "_l2_regularization_strength_tensor",
        "l2_shrinkage": "_l2_shrinkage_regularization_strength_tensor",
        "lr_power": "_learning_rate_power_tensor",
    }

    def __init__(
        self,
        learning_rate: Any,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "Ftrl",
        accum_name: str | None = None,
        linear_name: str | None = None,
        l2_shrinkage_regularization_strength: float = 0.0,
    ) -> None:
        super().__init__(use_locking, name)
        strengths = {
            "initial_accumulator_value": initial_accumulator_value,
            "l1_regularization_strength": l1_regularization_strength,
            "l2_regularization_strength": l2_regularization_strength,
            "l2_shrinkage_regularization_strength": l2_shrinkage_regularization_strength,
        }
        for argument, value in strengths.items():
            if value < 0.0:
                raise ValueError(f"{argument} {value:f} needs to be positive or zero")
        if learning_rate_power > 0.0:
            raise ValueError(
                f"learning_rate_power {learning_rate_power:f} needs to be negative or zero"
            )
        self._learning_rate = learning_rate
        self._learning_rate_power = learning_rate_power
        self._initial_accumulator_value = initial_accumulator_value
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength
        self._l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self._accum_name = accum_name
        self._linear_name = linear_name
        self._rule = "FtrlV2" if l2_shrinkage_regularization_strength > 0.0 else "Ftrl"

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            with colocate_with(var):
                value = constant(
                    self._initial_accumulator_value, var.dtype.base_dtype, var.get_shape()
                )
            self._get_or_make_slot(var, value, "accum", self._accum_name or self._name)
            self._zeros_slot(var, "linear", self._linear_name or self._name)
