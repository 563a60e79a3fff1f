"""`DropStaleGradientOptimizer`, which leaves out gradients that come late.

Source: TensorFlow 1.15, contrib/opt/python/training/drop_stale_gradient_optimizer.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.default_scopes import colocate_with, control_dependencies
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import reshape
from tensormill.ops.casting import cast
from tensormill.ops.comparison import less_equal
from tensormill.ops.conditional import cond
from tensormill.ops.identities import identity
from tensormill.ops.summaries import scalar
from tensormill.train.global_step import get_global_step
from tensormill.train.optimizer import Optimizer
from tensormill.variables.initializers import Zeros
from tensormill.variables.store import get_variable

__all__ = ["DropStaleGradientOptimizer"]


class DropStaleGradientOptimizer(Optimizer):
    """Leaves out gradients that are too many steps old once they are there.

    The variable "stale_counter" counts them.

    Args:
      opt: the optimizer that applies the others.
      staleness: how many steps old they may be.
      use_locking: as for other optimizers.
      name: the name of the nodes.
    """

    def __init__(
        self,
        opt: Optimizer,
        staleness: int,
        use_locking: bool = False,
        name: str = "DropStaleGradient",
    ) -> None:
        super().__init__(use_locking, name)
        self._opt = opt
        self._staleness = staleness
        self._local_step: Any = None

    def compute_gradients(self, loss: Any, *args: Any, **kwargs: Any) -> Any:
        """Compute gradients as the optimizer does, after the step was read."""
        with colocate_with(loss):
            self._local_step = get_global_step() + 0
        with control_dependencies([self._local_step]):
            return self._opt.compute_gradients(identity(loss), *args, **kwargs)

    def get_slot(self, *args: Any, **kwargs: Any) -> Any:
        """Return a slot of the optimizer."""
        return self._opt.get_slot(*args, **kwargs)

    def get_slot_names(self, *args: Any, **kwargs: Any) -> Any:
        """Return the names of the optimizer's slots."""
        return self._opt.get_slot_names(*args, **kwargs)

    def apply_gradients(
        self, grads_and_vars: Any, global_step: Any = None, name: str | None = None
    ) -> Any:
        """Apply gradients if they are not too old.

        Args:
          grads_and_vars: of `compute_gradients`.
          global_step: the step, which is counted where they are applied.
          name: the name of the nodes.

        Returns:
          how many gradients were left out.
        """
        pairs = list(grads_and_vars)
        with colocate_with(global_step):
            dropped = get_variable("stale_counter", [], initializer=Zeros(), trainable=False)

        def accept() -> Tensor:
            applied = self._opt.apply_gradients(pairs, global_step=global_step, name=name)
            with control_dependencies([applied]):
                return identity(constant(0.0))

        made = [
            grad.op if isinstance(grad, IndexedSlices) else grad
            for grad, _ in pairs
            if grad is not None
        ]
        with control_dependencies(made), colocate_with(global_step):
            age = reshape(global_step - self._local_step, shape=())
        is_fresh = less_equal(age, self._staleness)
        update = dropped.assign_add(cond(is_fresh, accept, lambda: identity(constant(1.0))))
        share = dropped / cast(global_step + 1, dtypes.float32)
        scalar("Gradient staleness percentage", share)
        return update
