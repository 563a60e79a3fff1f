"""`tf.contrib.training`: examples of a batch repeated or left out by chance, at given rates.

Source: TensorFlow 1.15, contrib/training/python/training/resample.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.dtypes import int32
from tensormill.graph.tensor import Tensor
from tensormill.ops.casting import cast
from tensormill.ops.gathering import gather, where
from tensormill.ops.grids import sequence_mask
from tensormill.ops.identities import stop_gradient
from tensormill.ops.random import random_poisson
from tensormill.ops.reduction import reduce_mean
from tensormill.train.moving_averages import assign_moving_average
from tensormill.variables.local_variables import get_local_variable
from tensormill.variables.scope import variable_scope

__all__ = ["resample_at_rate", "weighted_resample"]


def resample_at_rate(
    inputs: Sequence[Any],
    rates: Any,
    scope: str | None = None,
    seed: int | None = None,
    back_prop: bool = False,
) -> list[Tensor]:
    """Return each row of a batch as often as a Poisson distribution says.

    Args:
      inputs: tensors with the rows along their first axis.
      rates: how often each row comes on average, [batch].
      scope: name of the scope.
      seed: of the random numbers.
      back_prop: let gradients through to what chose the rows.
    """
    with name_scope(scope, default_name="resample_at_rate", values=[*inputs, rates]):
        rates = convert_to_tensor(rates, name="rates")
        counts = cast(random_poisson(rates, (), rates.dtype, seed=seed), int32)
        rows = cast(where(sequence_mask(counts))[:, 0], int32)
        if not back_prop:
            rows = stop_gradient(rows)
        return [gather(values, rows) for values in inputs]


def weighted_resample(
    inputs: list[Any],
    weights: Any,
    overall_rate: Any,
    scope: str | None = None,
    mean_decay: float = 0.999,
    seed: int | None = None,
) -> tuple[list[Tensor], Tensor]:
    """Return the rows of a batch as often as their weights say, relative to the mean weight so far.

    Args:
      inputs: tensors with the rows along their first axis.
      weights: of the rows, [batch].
      overall_rate: how often a row of mean weight comes on average.
      scope: name of the scope.
      mean_decay: of the moving average of the weights.
      seed: of the random numbers.

    Returns:
      The rows that were chosen, and the rate of each of them.
    """
    with name_scope(scope, "weighted_resample", inputs) as opened:
        with variable_scope(scope, "estimate_mean", inputs):
            estimate = get_local_variable(
                "estimated_mean", initializer=cast(0, weights.dtype), dtype=weights.dtype
            )
            mean = assign_moving_average(estimate, reduce_mean(weights), mean_decay)
        rates = weights * overall_rate / mean
        rows = resample_at_rate([rates, *inputs], rates, scope=opened, seed=seed)
        return rows[1:], rows[0]
