"""An optimizer of scaled losses, and what says the factor: `tf.contrib.mixed_precision`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import maximum
from tensormill.ops.basics import no_op
from tensormill.ops.casting import cast
from tensormill.ops.conditional import cond
from tensormill.ops.elementwise_unary import is_finite, reciprocal
from tensormill.ops.grouping import group
from tensormill.ops.reduction import reduce_all
from tensormill.train.loss_scale_optimizer import scaled_gradient
from tensormill.train.optimizer import Optimizer
from tensormill.variables.assignments import assign, assign_add
from tensormill.variables.creation import Variable

__all__ = [
    "ExponentialUpdateLossScaleManager",
    "FixedLossScaleManager",
    "LossScaleManager",
    "LossScaleOptimizer",
]


class LossScaleManager(ABC):
    """Says by what a loss is multiplied, and changes it after a step."""

    @abstractmethod
    def get_loss_scale(self) -> Any:
        """Return the factor, a float32 scalar."""

    @abstractmethod
    def update_loss_scale(self, finite_grads: Any) -> Any:
        """Return the operation that changes the factor.

        Args:
          finite_grads: whether all gradients of the step are finite, a scalar.
        """


class FixedLossScaleManager(LossScaleManager):
    """Keeps the factor."""

    def __init__(self, loss_scale: float) -> None:
        """Take the factor.

        Raises:
          ValueError: it is less than 1.
        """
        if loss_scale < 1:
            raise ValueError("loss scale must be at least 1.")
        self._loss_scale = convert_to_tensor(loss_scale, dtype=dtypes.float32)

    def get_loss_scale(self) -> Tensor:
        """Return the factor."""
        return self._loss_scale

    def update_loss_scale(self, finite_grads: Any) -> Any:
        """Return an operation that does nothing."""
        return no_op()


class ExponentialUpdateLossScaleManager(LossScaleManager):
    """Raises the factor after good steps, and lowers it after bad ones."""

    def __init__(
        self,
        init_loss_scale: float,
        incr_every_n_steps: int,
        decr_every_n_nan_or_inf: int = 2,
        incr_ratio: float = 2,
        decr_ratio: float = 0.8,
    ) -> None:
        """Make the variables.

        Args:
          init_loss_scale: the first factor.
          incr_every_n_steps: after how many good steps one after another it is raised.
          decr_every_n_nan_or_inf: after how many bad steps it is lowered.
          incr_ratio: by what it is multiplied when it is raised.
          decr_ratio: by what when it is lowered; it stays at least 1.
        """
        self._incr_every_n_steps = incr_every_n_steps
        self._decr_every_n_nan_or_inf = decr_every_n_nan_or_inf
        self._incr_ratio = incr_ratio
        self._decr_ratio = decr_ratio
        self._loss_scale: Any = Variable(
            name="loss_scale",
            initial_value=convert_to_tensor(init_loss_scale, dtypes.float32),
            dtype=dtypes.float32,
            trainable=False,
        )
        self._num_good_steps, self._num_bad_steps = (
            Variable(name=name, initial_value=0, dtype=dtypes.int32, trainable=False)
            for name in ("good_steps", "bad_steps")
        )

    def get_loss_scale(self) -> Any:
        """Return the variable of the factor."""
        return self._loss_scale

    def _set(self, factor: Any) -> Any:
        """Return the operation that changes the factor, and counts steps anew."""
        return group(
            assign(self._loss_scale, factor),
            assign(self._num_good_steps, 0),
            assign(self._num_bad_steps, 0),
        )

    def _raise(self) -> Any:
        higher = self._loss_scale * self._incr_ratio
        return self._set(cond(is_finite(higher), lambda: higher, lambda: 1.0 * self._loss_scale))

    def _after_good(self) -> Any:
        is_due = self._num_good_steps + 1 >= self._incr_every_n_steps
        return cond(is_due, self._raise, lambda: assign_add(self._num_good_steps, 1).op)

    def _after_bad(self) -> Any:
        return cond(
            self._num_bad_steps + 1 >= self._decr_every_n_nan_or_inf,
            lambda: self._set(maximum(1.0, self._loss_scale * self._decr_ratio)),
            lambda: group(assign_add(self._num_bad_steps, 1), assign(self._num_good_steps, 0)),
        )

    def update_loss_scale(self, finite_grads: Any) -> Any:
        """Return the operation that counts the step, and changes the factor where it is time to."""
        return cond(finite_grads, self._after_good, self._after_bad)


class LossScaleOptimizer(Optimizer):
    """Wraps an optimizer: gradients are those of the scaled loss, divided by the factor.

    Steps whose gradients are not finite are left out.
    """

    def __init__(self, opt: Any, loss_scale_manager: LossScaleManager) -> None:
        """Wrap the optimizer `opt`; the manager says the factor."""
        super().__init__(use_locking=False, name="LossScaleOptimizer")
        self._opt = opt
        self._loss_scale_manager = loss_scale_manager

    def compute_gradients(self, loss: Any, *args: Any, **kwargs: Any) -> list[tuple[Any, Any]]:
        """Return the gradients of the loss and their variables; arguments are the optimizer's."""
        factor = convert_to_tensor(self._loss_scale_manager.get_loss_scale())
        value = loss() if callable(loss) else loss
        scaled = value * cast(factor, value.dtype.base_dtype)
        pairs = self._opt.compute_gradients(scaled, *args, **kwargs)
        inverse = reciprocal(factor)
        return [
            (gradient, var)
            if gradient is None
            else (scaled_gradient(gradient, cast(inverse, gradient.dtype.base_dtype)), var)
            for gradient, var in pairs
        ]

    def apply_gradients(
        self, grads_and_vars: Any, global_step: Any = None, name: str | None = None
    ) -> Any:
        """Return the operation that applies gradients which are finite, and changes the factor."""
        pairs = list(grads_and_vars)
        values = [
            gradient.values if isinstance(gradient, IndexedSlices) else gradient
            for gradient, _ in pairs
            if gradient is not None
        ]
        are_finite = reduce_all([reduce_all(is_finite(value)) for value in values])
        update = cond(
            are_finite, lambda: self._opt.apply_gradients(pairs, global_step, name), no_op
        )
        return group(update, self._loss_scale_manager.update_loss_scale(are_finite))
