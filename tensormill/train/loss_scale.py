"""Factors that losses are multiplied with, so that gradients of half precision are not lost.

Source: TensorFlow 1.15, python/training/experimental/loss_scale.py.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from tensormill.graph import dtypes, nest
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.graph import get_default_graph
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import maximum
from tensormill.ops.basics import no_op
from tensormill.ops.conditional import cond
from tensormill.ops.elementwise_unary import is_finite
from tensormill.ops.grouping import group
from tensormill.ops.reduction import reduce_all
from tensormill.variables.creation import Variable

__all__ = ["DynamicLossScale", "FixedLossScale", "LossScale", "get", "get_loss_scale_weights"]


class LossScale(ABC):
    """A factor, and how it changes with the gradients of each step."""

    def __init__(self) -> None:
        self._weights: dict[tuple[str, Any], Any] = {}

    @abstractmethod
    def __call__(self) -> Tensor:
        """Return the factor, a scalar of float32."""

    @abstractmethod
    def update(self, grads: Any) -> tuple[Operation, Any]:
        """Return the operation that changes the factor, and whether gradients are to be applied.

        Args:
          grads: a list of gradients that were divided by the factor; None among them is left out.
        """

    @abstractmethod
    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one."""

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Return one made from what `get_config` returned."""
        return cls(**config)

    def _add_weight(self, name: str, initial_value: Any, dtype: Any = None) -> Any:
        """Return a new variable that is saved with the factor.

        Raises:
          RuntimeError: there is one of this name in the graph.
        """
        key = name, get_default_graph()
        if key in self._weights:
            raise RuntimeError(f"Duplicate variables detected. {key}")
        self._weights[key] = variable = Variable(
            initial_value, name=name, dtype=dtype, trainable=False, use_resource=True
        )
        return variable

    @property
    def _checkpoint_dependencies(self) -> list[tuple[str, Any]]:
        graph = get_default_graph()
        return [(name, own) for (name, of), own in sorted_weights(self) if of is graph]


def sorted_weights(loss_scale: LossScale) -> list[tuple[tuple[str, Any], Any]]:
    """Return the variables of a factor by their names, with those and their graphs."""
    return sorted(loss_scale._weights.items(), key=lambda item: item[0][0])


def get_loss_scale_weights(loss_scale: LossScale) -> Any:
    """Return the variables of a factor."""
    return loss_scale._weights.values()


class FixedLossScale(LossScale):
    """A factor that never changes."""

    def __init__(self, loss_scale_value: float) -> None:
        """Take the factor.

        Raises:
          ValueError: it is no number, or less than 1.
        """
        super().__init__()
        if not isinstance(loss_scale_value, (int, float)):
            raise ValueError("loss_scale_value must be a Python int or float.")
        if loss_scale_value < 1:
            raise ValueError("loss_scale_value must be at least 1.")
        self._loss_scale_value = float(loss_scale_value)

    def __call__(self) -> Tensor:
        """Return the factor."""
        return convert_to_tensor(self._loss_scale_value)

    def update(self, grads: Any) -> tuple[Operation, Any]:
        """Return an operation that does nothing, and True."""
        return no_op(), True

    def __repr__(self) -> str:
        return f"FixedLossScale({self._loss_scale_value})"

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one."""
        return {"loss_scale_value": self._loss_scale_value}


class DynamicLossScale(LossScale):
    """A factor that grows as long as gradients are finite, and shrinks when they are not.

    Attributes:
      initial_loss_scale: the first factor.
      increment_period: after so many good steps in a row it grows.
      multiplier: what it is multiplied with, or divided by.
    """

    def __init__(
        self,
        initial_loss_scale: float = 2**15,
        increment_period: int = 2000,
        multiplier: float = 2.0,
    ) -> None:
        super().__init__()
        self.initial_loss_scale = float(initial_loss_scale)
        self.increment_period = int(increment_period)
        self.multiplier = float(multiplier)
        self._current_loss_scale = self._add_weight(
            "current_loss_scale", self.initial_loss_scale, dtypes.float32
        )
        self._num_good_steps = self._add_weight("good_steps", 0, dtypes.int64)

    def __call__(self) -> Tensor:
        """Return the factor."""
        return convert_to_tensor(self._current_loss_scale)

    def update(self, grads: Any) -> tuple[Operation, Any]:
        """Return the operation that changes the factor, and whether all gradients are finite."""
        is_good = _are_finite(nest.flatten(grads))
        scale, good_steps = self._current_loss_scale, self._num_good_steps

        def grow() -> Operation:
            larger = scale * self.multiplier
            kept = cond(is_finite(larger), lambda: scale.assign(larger).op, no_op)
            return group(kept, good_steps.assign(0))

        def after_good() -> Any:
            is_due = good_steps + 1 >= self.increment_period
            return cond(is_due, grow, lambda: good_steps.assign_add(1).op)

        def after_bad() -> Operation:
            smaller = maximum(scale / self.multiplier, 1)
            return group(good_steps.assign(0), scale.assign(smaller))

        return cond(is_good, after_good, after_bad), is_good

    def __repr__(self) -> str:
        return (
            f"DynamicLossScale(initial_loss_scale={self.initial_loss_scale}, "
            f"increment_period={self.increment_period}, multiplier={self.multiplier})"
        )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one."""
        return {
            "initial_loss_scale": self.initial_loss_scale,
            "increment_period": self.increment_period,
            "multiplier": self.multiplier,
        }


def _are_finite(grads: list[Any]) -> Tensor:
    values = [each.values if isinstance(each, IndexedSlices) else each for each in grads]
    return reduce_all([reduce_all(is_finite(each)) for each in values if each is not None])


def get(identifier: Any) -> LossScale | None:
    """Return the factor that a number, "dynamic", a `LossScale` or None means.

    Raises:
      ValueError: it means none.
    """
    if isinstance(identifier, (int, float)):
        return FixedLossScale(identifier)
    if identifier == "dynamic":
        return DynamicLossScale()
    if identifier is None or isinstance(identifier, LossScale):
        return identifier
    raise ValueError(f"Could not interpret loss scale identifier: {identifier}")
