"""Adagrad, its proximal form, and its dual averaging form.

Source: TensorFlow 1.15, python/training/{adagrad,proximal_adagrad,adagrad_da}.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tensormill.graph.constants import constant
from tensormill.graph.default_scopes import colocate_with, device
from tensormill.graph.dtypes import DType
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import shape
from tensormill.ops.basics import identity_op
from tensormill.ops.casting import cast
from tensormill.ops.filling import fill
from tensormill.train.optimizer import Optimizer
from tensormill.variables.initializers import Constant

__all__ = ["AdagradDAOptimizer", "AdagradOptimizer", "ProximalAdagradOptimizer"]


def _check_positive(value: float, name: str) -> None:
    if value <= 0.0:
        raise ValueError(f"{name} must be positive: {value}")


class AdagradOptimizer(Optimizer):
    """Divides each gradient by the root of the sum of its squares so far.

    Args:
      learning_rate: a number, a scalar tensor, or a function that returns one.
      initial_accumulator_value: what the sums begin with, above 0.
      use_locking: whether updates lock out each other.
      name: the name of nodes and slots.

    Raises:
      ValueError: `initial_accumulator_value` is not positive.
    """

    _rule = "Adagrad"
    _slot_order = ("accumulator",)
    _scalar_tensors: Mapping[str, str] = {"lr": "_learning_rate_tensor"}

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        use_locking: bool = False,
        name: str = "Adagrad",
    ) -> None:
        _check_positive(initial_accumulator_value, "initial_accumulator_value")
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._initial_accumulator_value = initial_accumulator_value

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            dtype = var.dtype.base_dtype
            dims = var.get_shape()
            initializer: Any = (
                Constant(self._initial_accumulator_value, dtype=dtype)
                if dims.is_fully_defined()
                else self._init_constant_op(var, dtype)
            )
            self._get_or_make_slot_with_initializer(
                var, initializer, dims, dtype, "accumulator", self._name
            )

    def _init_constant_op(self, var: Any, dtype: DType) -> Callable[[], Tensor]:
        def initial() -> Tensor:
            value: Tensor = cast(fill(shape(var), self._initial_accumulator_value), dtype)
            return value

        return initial


class ProximalAdagradOptimizer(Optimizer):
    """Adagrad followed by the proximal step of l1 and l2 regularization.

    Args:
      learning_rate: a number or a scalar tensor.
      initial_accumulator_value: what the sums begin with, above 0.
      l1_regularization_strength: how strongly weights are drawn to zero, at least 0.
      l2_regularization_strength: how strongly weights are shrunk, at least 0.
      use_locking: whether updates lock out each other.
      name: the name of nodes and slots.

    Raises:
      ValueError: `initial_accumulator_value` is not positive.
    """

    _rule = "ProximalAdagrad"
    _slot_order = ("accumulator",)
    _scalar_tensors: Mapping[str, str] = {
        "lr": "_learning_rate_tensor",
        "l1": "_l1_regularization_strength_tensor",
        "l2": "_l2_regularization_strength_tensor",
    }

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: Any = 0.0,
        l2_regularization_strength: Any = 0.0,
        use_locking: bool = False,
        name: str = "ProximalAdagrad",
    ) -> None:
        _check_positive(initial_accumulator_value, "initial_accumulator_value")
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._initial_accumulator_value = initial_accumulator_value
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            with colocate_with(var):
                value = constant(
                    self._initial_accumulator_value, var.dtype.base_dtype, var.get_shape()
                )
            self._get_or_make_slot(var, value, "accumulator", self._name)


class AdagradDAOptimizer(Optimizer):
    """Adagrad by dual averaging, for sparse linear models.

    Args:
      learning_rate: a number or a scalar tensor.
      global_step: a tensor with the number of the training step.
      initial_gradient_squared_accumulator_value: what the sums begin with, above 0.
      l1_regularization_strength: how strongly weights are drawn to zero, at least 0.
      l2_regularization_strength: how strongly weights are shrunk, at least 0.
      use_locking: whether updates lock out each other.
      name: the name of nodes and slots.

    Raises:
      ValueError: `initial_gradient_squared_accumulator_value` is not positive.
    """

    _learning_rate_tensor: Any
    _rule = "AdagradDA"
    _slot_order = ("gradient_accumulator", "gradient_squared_accumulator")
    _scalar_tensors: Mapping[str, str] = {"lr": "_learning_rate_tensor"}

    def __init__(
        self,
        learning_rate: Any,
        global_step: Any,
        initial_gradient_squared_accumulator_value: float = 0.1,
        l1_regularization_strength: Any = 0.0,
        l2_regularization_strength: Any = 0.0,
        use_locking: bool = False,
        name: str = "AdagradDA",
    ) -> None:
        _check_positive(
            initial_gradient_squared_accumulator_value, "initial_gradient_squared_accumulator_value"
        )
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._global_step = global_step
        self._initial_gradient_squared_accumulator_value = (
            initial_gradient_squared_accumulator_value
        )
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength
        self._global_step_on_worker: Any = None

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        initial = self._initial_gradient_squared_accumulator_value
        for var in var_list:
            dtype, dims = var.dtype.base_dtype, var.get_shape()
            with colocate_with(var):
                sums = constant(0.0, dtype, dims)
                squares = constant(initial, dtype, dims)
            self._get_or_make_slot(var, sums, "gradient_accumulator", self._name)
            self._get_or_make_slot(var, squares, "gradient_squared_accumulator", self._name)

    def _prepare(self) -> None:
        super()._prepare()
        # A copy on the worker, so that not every update asks the parameter server for the step.
        with colocate_with(self._learning_rate_tensor):
            self._global_step_on_worker = identity_op(self._global_step) + 1

    def _make_update(self, var: Any, grad: Tensor, indices: Tensor | None = None) -> Operation:
        with device(var.device):
            self._global_step_here = identity_op(self._global_step_on_worker)
        return super()._make_update(var, grad, indices)

    def _scalar(self, name: str, var: Any) -> Any:
        if name == "global_step":
            return self._global_step_here
        if name in ("l1", "l2"):
            return cast(getattr(self, f"_{name}_regularization_strength"), var.dtype.base_dtype)
        return super()._scalar(name, var)
