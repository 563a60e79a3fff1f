"""What programs reach for in `tensorflow.python.ops.metrics_impl`.

Source: TensorFlow 1.15, python/ops/metrics_impl.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.graph.tensor import Tensor
from tensormill.metrics.classification import counts_at
from tensormill.metrics.running import value_outside
from tensormill.ops.arithmetic import div_no_nan

__all__ = ["aggregate_variable", "confusion_matrix_at_thresholds", "safe_scalar_div"]


def safe_scalar_div(numerator: Any, denominator: Any, name: str) -> Tensor:
    """Return a quotient, 0 where it is divided by 0."""
    made: Tensor = div_no_nan(numerator, denominator, name=name)
    return made


def aggregate_variable(v: Any, collections: Any) -> Tensor:
    """Return the value of a metric's variable, and add it to collections."""
    return value_outside(collections, v.read_value)


def confusion_matrix_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Sequence[float],
    weights: Any = None,
    includes: Sequence[str] | None = None,
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return counts (`tp`, `fn`, `tn`, `fp`) at each threshold, and what takes a batch in."""
    wanted = ("tp", "fn", "tn", "fp") if includes is None else includes
    return counts_at(labels, predictions, thresholds, weights, wanted)
