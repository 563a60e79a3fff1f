"""Gradient descent, with and without a proximal step.

Source: TensorFlow 1.15, python/training/{gradient_descent,proximal_gradient_descent}.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.tensor import Tensor
from tensormill.ops.casting import cast
from tensormill.train.optimizer import Optimizer

__all__ = ["GradientDescentOptimizer", "ProximalGradientDescentOptimizer"]


class GradientDescentOptimizer(Optimizer):
    """Moves variables against their gradients.

    Args:
      learning_rate: a number, a scalar tensor, or a function that returns one.
      use_locking: whether updates lock out each other.
      name: the name of the nodes.
    """

    _learning_rate_tensor: Any
    _rule = "GradientDescent"
    _scalar_tensors: Mapping[str, str] = {"alpha": "_learning_rate_tensor"}

    def __init__(
        self, learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent"
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate

    def _apply_sparse_duplicate_indices(self, grad: IndexedSlices, var: Any) -> Any:
        delta = grad.values * self._scalar("alpha", var)
        slices = IndexedSlices(delta, grad.indices, grad.dense_shape)
        return var.scatter_sub(slices, use_locking=self._use_locking)

    def _resource_apply_sparse_duplicate_indices(
        self, grad: Tensor, handle: Any, indices: Tensor
    ) -> Any:
        rate = cast(self._learning_rate_tensor, grad.dtype.base_dtype)
        return OP_DEFS["ResourceScatterAdd"].builder(handle.handle, indices, -grad * rate)


class ProximalGradientDescentOptimizer(Optimizer):
    """Gradient descent followed by the proximal step of l1 and l2 regularization.

    Args:
      learning_rate: a number or a scalar tensor.
      l1_regularization_strength: how strongly weights are drawn to zero, at least 0.
      l2_regularization_strength: how strongly weights are shrunk, at least 0.
      use_locking: whether updates lock out each other.
      name: the name of the nodes.
    """

    _rule = "ProximalGradientDescent"
    _scalar_tensors: Mapping[str, str] = {
        "alpha": "_learning_rate_tensor",
        "l1": "_l1_regularization_strength_tensor",
        "l2": "_l2_regularization_strength_tensor",
    }

    def __init__(
        self,
        learning_rate: Any,
        l1_regularization_strength: Any = 0.0,
        l2_regularization_strength: Any = 0.0,
        use_locking: bool = False,
        name: str = "ProximalGradientDescent",
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength
