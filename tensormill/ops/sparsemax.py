"""Sparsemax: a projection on the simplex in the place of softmax, and its loss.

Source: Martins and Astudillo, "From softmax to sparsemax" (2016); TensorFlow 1.15,
contrib/sparsemax.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import maximum
from tensormill.ops.array_shapes import expand_dims
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.comparison import equal, logical_and, logical_or
from tensormill.ops.elementwise_unary import is_inf, is_nan
from tensormill.ops.filling import fill, zeros_like
from tensormill.ops.gathering import gather_nd, where
from tensormill.ops.joining import stack
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.scan import cumsum
from tensormill.ops.sequences import range_of
from tensormill.ops.top_k import top_k

__all__ = ["sparsemax", "sparsemax_loss"]


def sparsemax(logits: Any, name: str | None = None) -> Tensor:
    """Return the point of the simplex that is next to each row.

    Args:
      logits: floats, [batch, classes].
      name: the name of the scope of the nodes.

    Returns:
      [batch, classes]; rows with NaN, with infinity, or with nothing but minus infinity, are NaN.
    """
    with name_scope(name, "sparsemax", [logits]):
        logits = convert_to_tensor(logits, name="logits")
        batch, classes = shape_of(logits)[0], shape_of(logits)[1]
        descending = top_k(logits, k=classes).values
        sums = cumsum(descending, axis=1)
        ranks = range_of(1, cast(classes, logits.dtype) + 1, dtype=logits.dtype)
        is_in_support = 1 + ranks * descending > sums
        support = reduce_sum(cast(is_in_support, dtypes.int32), axis=1)
        last = stack([range_of(0, batch), maximum(support, 1) - 1], axis=1)
        threshold = (gather_nd(sums, last) - 1) / cast(support, logits.dtype)
        nearest = maximum(cast(0, logits.dtype), logits - expand_dims(threshold, 1))
        is_undefined = logical_or(equal(support, 0), is_nan(sums[:, -1]))
        return where(
            is_undefined, fill([batch, classes], cast(float("nan"), logits.dtype)), nearest
        )


def sparsemax_loss(logits: Any, sparsemax: Any, labels: Any, name: str | None = None) -> Tensor:
    """Return the loss of each row whose gradient is `sparsemax - labels`.

    Args:
      logits: floats, [batch, classes].
      sparsemax: `sparsemax(logits)`.
      labels: the distribution that is wanted, [batch, classes].
      name: the name of the scope of the nodes.

    Returns:
      [batch].
    """
    with name_scope(name, "sparsemax_loss", [logits, sparsemax, labels]):
        logits = convert_to_tensor(logits, name="logits")
        found = convert_to_tensor(sparsemax, name="sparsemax")
        wanted = convert_to_tensor(labels, name="labels")
        # Where a class has no part in a term, its logit may be infinite: 0 times that is NaN.
        has_part = logical_or(found > 0, is_nan(found))
        over_support = where(has_part, found * (logits - 0.5 * found), zeros_like(found))
        of_labels = wanted * (0.5 * wanted - logits)
        is_void = logical_and(equal(wanted, 0), is_inf(logits))
        of_labels = where(is_void, zeros_like(logits), of_labels)
        return reduce_sum(over_support + of_labels, axis=1)
