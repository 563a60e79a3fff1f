"""An optimizer that scales the loss before another one computes gradients.

Source: TensorFlow 1.15, python/training/experimental: loss_scale_optimizer.py and
mixed_precision.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import tf_logging
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.ops.basics import no_op
from tensormill.ops.grouping import group
from tensormill.ops.smart_cond import smart_cond
from tensormill.session.process_config import set_optimizer_experimental_options
from tensormill.train import loss_scale as loss_scales
from tensormill.train.optimizer import Optimizer

__all__ = [
    "MixedPrecisionLossScaleOptimizer",
    "disable_mixed_precision_graph_rewrite",
    "enable_mixed_precision_graph_rewrite",
    "scaled_gradient",
]


class MixedPrecisionLossScaleOptimizer(Optimizer):
    """Wraps an optimizer: gradients are those of the scaled loss, divided by the factor.

    Steps whose gradients are not finite are left out where the factor is a dynamic one.
    """

    def __init__(self, opt: Any, loss_scale: Any) -> None:
        """Wrap an optimizer.

        Args:
          opt: the optimizer.
          loss_scale: a number, "dynamic" or a `LossScale`.

        Raises:
          ValueError: `opt` is no `tf.train.Optimizer`.
        """
        if not isinstance(opt, Optimizer):
            raise ValueError(f'"opt" must be an instance of Optimizer, but got: {type(opt)}')
        super().__init__(opt._use_locking, opt.get_name())
        self._optimizer = opt
        self._loss_scale: Any = loss_scales.get(loss_scale)

    @property
    def _checkpoint_dependencies(self) -> list[tuple[str, Any]]:
        return [("base_optimizer", self._optimizer), ("loss_scale", self._loss_scale)]

    def _doing_dynamic_loss_scaling(self) -> bool:
        return isinstance(self._loss_scale, loss_scales.DynamicLossScale)

    def compute_gradients(self, loss: Any, *args: Any, **kwargs: Any) -> list[tuple[Any, Any]]:
        """Return the gradients of the loss and their variables; arguments are the optimizer's."""
        factor = self._loss_scale()
        scaled: Any = (lambda: loss() * factor) if callable(loss) else loss * factor
        pairs = self._optimizer.compute_gradients(scaled, *args, **kwargs)
        inverse = 1 / self._loss_scale()
        return [(scaled_gradient(gradient, inverse), variable) for gradient, variable in pairs]

    def apply_gradients(
        self, grads_and_vars: Any, global_step: Any = None, name: str | None = None
    ) -> Any:
        """Return the operation that applies gradients, and changes the factor."""
        if not self._doing_dynamic_loss_scaling():
            return self._optimizer.apply_gradients(grads_and_vars, global_step, name)
        pairs = tuple(grads_and_vars)
        name = self.get_name() if name is None else name
        update, is_good = self._loss_scale.update([gradient for gradient, _ in pairs])

        def apply() -> Any:
            return self._optimizer.apply_gradients(pairs, global_step, f"{name}-wrapped")

        return group(smart_cond(is_good, apply, no_op), update, name=name)


def scaled_gradient(gradient: Any, factor: Any) -> Any:
    """Return a gradient times a factor, also where it is None or slices."""
    if gradient is None:
        return None
    if isinstance(gradient, IndexedSlices):
        return IndexedSlices(gradient.values * factor, gradient.indices, gradient.dense_shape)
    return gradient * factor


_is_enabled = False


def enable_mixed_precision_graph_rewrite(opt: Any, loss_scale: Any = "dynamic") -> Any:
    """Scale the loss of an optimizer, and note that mixed precision is asked for.

    Steps compute in the dtypes of the graph all the same.

    Args:
      opt: the optimizer, which is to be replaced by what is returned.
      loss_scale: a number, "dynamic" or a `LossScale`.

    Raises:
      ValueError: `opt` scales losses already, or is no `tf.train.Optimizer`.
    """
    global _is_enabled
    if isinstance(opt, MixedPrecisionLossScaleOptimizer):
        raise ValueError(
            '"opt" must not already be an instance of a MixedPrecisionLossScaleOptimizer. '
            "`enable_mixed_precision_graph_rewrite` will automatically wrap the optimizer with a "
            "MixedPrecisionLossScaleOptimizer."
        )
    if not isinstance(opt, Optimizer):
        raise ValueError(
            '"opt" must be an instance of a tf.train.Optimizer or a tf.keras.optimizers.Optimizer,'
            f" but got: {opt}"
        )
    wrapped = MixedPrecisionLossScaleOptimizer(opt, loss_scale)
    set_optimizer_experimental_options({"auto_mixed_precision": True})
    _is_enabled = True
    return wrapped


def disable_mixed_precision_graph_rewrite() -> None:
    """Let sessions no longer ask for mixed precision."""
    global _is_enabled
    if not _is_enabled:
        tf_logging.warn(
            "disable_mixed_precision_graph_rewrite() called when mixed precision is already "
            "disabled."
        )
    set_optimizer_experimental_options({"auto_mixed_precision": False})
    _is_enabled = False
