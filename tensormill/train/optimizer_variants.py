"""Optimizers of `tf.contrib.opt`: decoupled weight decay, lazy Adam, Nadam, moving averages.

Source: TensorFlow 1.15, contrib/opt/python/training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tensormill.graph.default_scopes import control_dependencies
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.casting import cast
from tensormill.ops.clipping import clip_by_norm
from tensormill.ops.elementwise_unary import sqrt
from tensormill.ops.gathering import gather
from tensormill.ops.grouping import group
from tensormill.train.adam import AdamOptimizer
from tensormill.train.checkpoints.saver import Saver
from tensormill.train.momentum import MomentumOptimizer
from tensormill.train.moving_averages import ExponentialMovingAverage
from tensormill.train.optimizer import Optimizer
from tensormill.variables.assignments import assign, scatter_sub, scatter_update
from tensormill.variables.initialization import global_variables

__all__ = [
    "AdamWOptimizer",
    "LazyAdamOptimizer",
    "MomentumWOptimizer",
    "MovingAverageOptimizer",
    "NadamOptimizer",
    "VariableClippingOptimizer",
    "extend_with_decoupled_weight_decay",
]


class DecoupledWeightDecayExtension:
    """Makes an optimizer shrink variables by a share in each step (https://arxiv.org/abs/1711.05101).

    Args:
      weight_decay: the share, a number, a scalar tensor or a function.
      **kwargs: of the optimizer.
    """

    def __init__(self, weight_decay: Any, **kwargs: Any) -> None:
        self._decay_variables: set[int] | None = None
        self._weight_decay = weight_decay
        self._weight_decay_tensor: Any = None
        super().__init__(**kwargs)

    def minimize(self, loss: Any, *args: Any, decay_var_list: Any = None, **kwargs: Any) -> Any:
        """Minimize as the optimizer does; `decay_var_list` are the variables that shrink."""
        self._note_decayed(decay_var_list)
        return super().minimize(loss, *args, **kwargs)  # type: ignore[misc]

    def apply_gradients(
        self, grads_and_vars: Any, *args: Any, decay_var_list: Any = None, **kwargs: Any
    ) -> Any:
        """Apply gradients as the optimizer does; `decay_var_list` are the variables that shrink."""
        if decay_var_list is not None or self._decay_variables is None:
            self._note_decayed(decay_var_list)
        return super().apply_gradients(grads_and_vars, *args, **kwargs)  # type: ignore[misc]

    def _note_decayed(self, variables: Any) -> None:
        self._decay_variables = None if not variables else {id(v) for v in variables}

    def _prepare(self) -> None:
        super()._prepare()  # type: ignore[misc]
        decay = self._weight_decay
        self._weight_decay_tensor = decay() if callable(decay) else decay

    def _decayed(self, var: Any) -> list[Any]:
        if self._decay_variables is not None and id(var) not in self._decay_variables:
            return []
        factor = cast(self._weight_decay_tensor, var.dtype.base_dtype)
        return [var.assign_sub(factor * var, use_locking=self._use_locking)]  # type: ignore[attr-defined]

    def _apply_dense(self, grad: Tensor, var: Any) -> Any:
        with control_dependencies(self._decayed(var)):
            return super()._apply_dense(grad, var)  # type: ignore[misc]

    def _resource_apply_dense(self, grad: Tensor, var: Any) -> Any:
        with control_dependencies(self._decayed(var)):
            return super()._resource_apply_dense(grad, var)  # type: ignore[misc]

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        with control_dependencies(self._decayed(var)):
            return super()._apply_sparse(grad, var)  # type: ignore[misc]

    def _resource_apply_sparse(self, grad: Tensor, var: Any, indices: Tensor) -> Any:
        with control_dependencies(self._decayed(var)):
            return super()._resource_apply_sparse(grad, var, indices)  # type: ignore[misc]


def extend_with_decoupled_weight_decay(base_optimizer: type[Optimizer]) -> type[Any]:
    """Return a subclass of an optimizer that takes `weight_decay` first."""

    class OptimizerWithDecoupledWeightDecay(DecoupledWeightDecayExtension, base_optimizer):  # type: ignore
        """The optimizer with decoupled weight decay."""

    return OptimizerWithDecoupledWeightDecay


class AdamWOptimizer(DecoupledWeightDecayExtension, AdamOptimizer):
    """Adam with decoupled weight decay.

    Args:
      weight_decay: the share by which variables shrink in each step.
      learning_rate: as for `AdamOptimizer`, like the others.
      beta1: likewise.
      beta2: likewise.
      epsilon: likewise.
      use_locking: likewise.
      name: the name of nodes and slots.
    """

    def __init__(
        self,
        weight_decay: Any,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "AdamW",
    ) -> None:
        super().__init__(
            weight_decay,
            learning_rate=learning_rate,
            beta1=beta1,
            beta2=beta2,
            epsilon=epsilon,
            use_locking=use_locking,
            name=name,
        )


class MomentumWOptimizer(DecoupledWeightDecayExtension, MomentumOptimizer):
    """Momentum with decoupled weight decay.

    Args:
      weight_decay: the share by which variables shrink in each step.
      learning_rate: as for `MomentumOptimizer`, like the others.
      momentum: likewise.
      use_locking: likewise.
      name: the name of nodes and slots.
      use_nesterov: likewise.
    """

    def __init__(
        self,
        weight_decay: Any,
        learning_rate: Any,
        momentum: Any,
        use_locking: bool = False,
        name: str = "MomentumW",
        use_nesterov: bool = False,
    ) -> None:
        super().__init__(
            weight_decay,
            learning_rate=learning_rate,
            momentum=momentum,
            use_locking=use_locking,
            name=name,
            use_nesterov=use_nesterov,
        )


class LazyAdamOptimizer(AdamOptimizer):
    """Adam that updates the averages of those rows alone that a sparse gradient has."""

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Operation:
        return self._lazy(grad.values, var, grad.indices)

    def _resource_apply_sparse(self, grad: Tensor, handle: Any, indices: Tensor) -> Operation:
        return self._lazy(grad, handle, indices)

    def _lazy(self, grad: Tensor, var: Any, indices: Tensor) -> Operation:
        order = ("beta1_power", "beta2_power", "lr", "beta1", "beta2", "epsilon")
        beta1_power, beta2_power, rate, beta1, beta2, epsilon = (
            self._scalar(name, var) for name in order
        )
        rate = rate * sqrt(1 - beta2_power) / (1 - beta1_power)
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        new_m = beta1 * gather(m, indices) + (1 - beta1) * grad
        new_v = beta2 * gather(v, indices) + (1 - beta2) * grad * grad
        update_m = scatter_update(m, indices, new_m, use_locking=self._use_locking)
        update_v = scatter_update(v, indices, new_v, use_locking=self._use_locking)
        step = rate * new_m / (sqrt(new_v) + epsilon)
        update = scatter_sub(var, indices, step, use_locking=self._use_locking)
        return group(update, update_m, update_v)


class NadamOptimizer(AdamOptimizer):
    """Adam with Nesterov's momentum, for dense gradients.

    For the arguments see `AdamOptimizer`.
    """

    _update_attrs: Mapping[str, Any] = {"use_nesterov": True}


class VariableClippingOptimizer(Optimizer):
    """Keeps the norms of some variables below a limit after each step of another optimizer.

    Args:
      opt: the optimizer.
      vars_to_clip_dims: by variable, the axes along which norms are taken.
      max_norm: the limit.
      use_locking: whether updates lock out each other.
      colocate_clip_ops_with_vars: not used; clipping is placed as the variable is.
      name: the name of the nodes.
    """

    def __init__(
        self,
        opt: Optimizer,
        vars_to_clip_dims: dict[Any, Sequence[int]],
        max_norm: Any,
        use_locking: bool = False,
        colocate_clip_ops_with_vars: bool = False,
        name: str = "VariableClipping",
    ) -> None:
        super().__init__(use_locking, name)
        self._opt = opt
        self._axes = {id(var): (var, list(axes)) for var, axes in vars_to_clip_dims.items()}
        self._max_norm = max_norm

    def compute_gradients(self, *args: Any, **kwargs: Any) -> Any:
        """Compute gradients as the optimizer does."""
        return self._opt.compute_gradients(*args, **kwargs)

    def get_slot(self, *args: Any, **kwargs: Any) -> Any:
        """Return a slot of the optimizer."""
        return self._opt.get_slot(*args, **kwargs)

    def get_slot_names(self, *args: Any, **kwargs: Any) -> list[str]:
        """Return the names of its slots."""
        return self._opt.get_slot_names(*args, **kwargs)

    def apply_gradients(
        self, grads_and_vars: Any, global_step: Any = None, name: str | None = None
    ) -> Any:
        """Apply gradients, then clip."""
        update = self._opt.apply_gradients(grads_and_vars, global_step=global_step)
        with control_dependencies([update]):
            clipped = [
                assign(
                    var,
                    clip_by_norm(var.read_value(), self._max_norm, axes),
                    use_locking=self._use_locking,
                )
                for var, axes in self._axes.values()
            ]
        return group(update, *clipped, name=name)


class MovingAverageOptimizer(Optimizer):
    """Keeps moving averages of the variables that another optimizer changes.

    Args:
      opt: the optimizer.
      average_decay: how much of the averages a step keeps.
      num_updates: the number of steps so far, which lowers the decay in the beginning.
      sequential_update: whether averages are taken after all updates.
    """

    def __init__(
        self,
        opt: Optimizer,
        average_decay: float = 0.9999,
        num_updates: Any = None,
        sequential_update: bool = True,
    ) -> None:
        super().__init__(False, "MovingAverage")
        self._optimizer = opt
        self._ema = ExponentialMovingAverage(average_decay, num_updates=num_updates)
        self._variables: list[Any] | None = None
        self._sequential_update = sequential_update

    def compute_gradients(self, *args: Any, **kwargs: Any) -> Any:
        """Compute gradients as the optimizer does."""
        return self._optimizer.compute_gradients(*args, **kwargs)

    def apply_gradients(
        self, grads_and_vars: Any, global_step: Any = None, name: str | None = None
    ) -> Any:
        """Apply gradients, then move the averages."""
        pairs = list(grads_and_vars)
        train = self._optimizer.apply_gradients(pairs, global_step=global_step, name=name)
        variables = [var for grad, var in pairs if grad is not None]
        waits = [train] if self._sequential_update else []
        with control_dependencies(waits):
            moved = self._ema.apply(variables)
        self._variables = variables
        return group(train, moved)

    def average(self, var: Any) -> Any:
        """Return the moving average of a variable."""
        return self._ema.average(var)

    def swapping_saver(
        self, var_list: Any = None, name: str = "swapping_saver", **kwargs: Any
    ) -> Saver:
        """Return a saver that saves averages as the variables, and variables as their averages.

        A model that is used, and has no averages, then restores them.

        Args:
          var_list: what to save; all variables by default.
          name: the name of the nodes.
          **kwargs: of the saver.

        Raises:
          RuntimeError: no gradients were applied yet.
        """
        if self._variables is None:
            raise RuntimeError(
                "Must call apply_gradients or minimize before creating the swapping_saver"
            )
        saved = global_variables() if var_list is None else var_list
        by_name = dict(saved) if isinstance(saved, dict) else {v.op.name: v for v in saved}
        for var in self._variables:
            average = self._ema.average(var)
            if average is None:
                continue
            first, second = var.op.name, average.op.name
            by_name[first], by_name[second] = average, var
        return Saver(by_name, name=name, **kwargs)
