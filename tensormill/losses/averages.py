"""Losses of examples made one number, as for several replicas, of which there is one here.

Source: TensorFlow 1.15, python/ops/nn_impl.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import shape
from tensormill.ops.casting import cast
from tensormill.ops.reduction import reduce_sum

__all__ = ["compute_average_loss", "scale_regularization_loss"]


def scale_regularization_loss(regularization_loss: Any) -> Tensor:
    """Return the sum of regularization losses, divided by the number of replicas."""
    return reduce_sum(regularization_loss) / 1


def compute_average_loss(
    per_example_loss: Any, sample_weight: Any = None, global_batch_size: Any = None
) -> Tensor:
    """Return the sum of losses, divided by the number of examples of the whole batch.

    Args:
      per_example_loss: [batch, ...].
      sample_weight: a weight of each example.
      global_batch_size: the number of examples; by default that of `per_example_loss`.
    """
    losses = convert_to_tensor(per_example_loss)
    dtype = losses.dtype
    if sample_weight is not None:
        losses = losses * cast(sample_weight, dtype)
    if global_batch_size is None:
        global_batch_size = shape(losses)[0]
    return reduce_sum(losses) / cast(global_batch_size, dtype)
