"""Cross entropies as they were before TensorFlow 1.0: logits come first."""

from __future__ import annotations

from typing import Any

from tensormill.graph.tensor import Tensor
from tensormill.ops.cross_entropy import (
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits,
    sparse_softmax_cross_entropy_with_logits,
)

__all__ = [
    "deprecated_flipped_sigmoid_cross_entropy_with_logits",
    "deprecated_flipped_softmax_cross_entropy_with_logits",
    "deprecated_flipped_sparse_softmax_cross_entropy_with_logits",
]


def deprecated_flipped_softmax_cross_entropy_with_logits(
    logits: Any, labels: Any, dim: int = -1, name: str | None = None
) -> Tensor:
    """Return `tf.nn.softmax_cross_entropy_with_logits`; `labels` are distributions."""
    return softmax_cross_entropy_with_logits(labels=labels, logits=logits, dim=dim, name=name)


def deprecated_flipped_sparse_softmax_cross_entropy_with_logits(
    logits: Any, labels: Any, name: str | None = None
) -> Tensor:
    """Return `tf.nn.sparse_softmax_cross_entropy_with_logits`; `labels` are classes."""
    return sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits, name=name)


def deprecated_flipped_sigmoid_cross_entropy_with_logits(
    logits: Any, targets: Any, name: str | None = None
) -> Tensor:
    """Return `tf.nn.sigmoid_cross_entropy_with_logits`; `targets` are probabilities."""
    return sigmoid_cross_entropy_with_logits(labels=targets, logits=logits, name=name)
