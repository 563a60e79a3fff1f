"""`tf.contrib.losses.metric_learning`: losses that bring embeddings of one class together.

Source: TensorFlow 1.15, contrib/losses/python/metric_learning/metric_loss_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import add, divide, maximum, multiply, subtract
from tensormill.ops.array_shapes import reshape, shape
from tensormill.ops.casting import cast
from tensormill.ops.comparison import equal, greater, less_equal, logical_and
from tensormill.ops.cross_entropy import softmax_cross_entropy_with_logits
from tensormill.ops.elementwise_unary import exp, log, logical_not, sqrt, square
from tensormill.ops.filling import ones
from tensormill.ops.gathering import where
from tensormill.ops.joining import tile
from tensormill.ops.matrix_diagonals import matrix_diag
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.reduction import reduce_max, reduce_mean, reduce_min, reduce_sum
from tensormill.ops.transposition import transpose

__all__ = [
    "contrastive_loss",
    "lifted_struct_loss",
    "masked_maximum",
    "masked_minimum",
    "npairs_loss",
    "pairwise_distance",
    "triplet_semihard_loss",
]

_SMALL = 1e-16


def pairwise_distance(feature: Any, squared: bool = False) -> Tensor:
    """Return the distance between each two rows, [rows, rows], with zeros on the diagonal."""
    feature = convert_to_tensor(feature)
    norms = reduce_sum(square(feature), axis=1, keepdims=True)
    products = matmul(feature, feature, transpose_b=True)
    distances = maximum(add(norms, transpose(norms)) - 2.0 * products, 0.0)
    is_small = less_equal(distances, 0.0)
    if not squared:
        # The root has no gradient at zero.
        distances = sqrt(distances + cast(is_small, dtypes.float32) * _SMALL)
    distances = multiply(distances, cast(logical_not(is_small), dtypes.float32))
    off_diagonal = ones(shape(distances)) - matrix_diag(ones([shape(feature)[0]]))
    result: Tensor = multiply(distances, off_diagonal)
    return result


def masked_maximum(data: Any, mask: Any, dim: int = 1) -> Tensor:
    """Return the largest of the elements that a mask of zeros and ones leaves."""
    smallest = reduce_min(data, dim, keepdims=True)
    result: Tensor = reduce_max(multiply(data - smallest, mask), dim, keepdims=True) + smallest
    return result


def masked_minimum(data: Any, mask: Any, dim: int = 1) -> Tensor:
    """Return the smallest of the elements that a mask of zeros and ones leaves."""
    largest = reduce_max(data, dim, keepdims=True)
    result: Tensor = reduce_min(multiply(data - largest, mask), dim, keepdims=True) + largest
    return result


def contrastive_loss(
    labels: Any, embeddings_anchor: Any, embeddings_positive: Any, margin: float = 1.0
) -> Tensor:
    """Return the contrastive loss of pairs.

    Args:
      labels: [batch], 1 for a pair of one class and 0 for others.
      embeddings_anchor: [batch, depth].
      embeddings_positive: [batch, depth].
      margin: other pairs are to be that far from each other.
    """
    distances = sqrt(reduce_sum(square(embeddings_anchor - embeddings_positive), 1))
    labels = cast(labels, dtypes.float32)
    near = labels * square(distances)
    far = (1.0 - labels) * square(maximum(margin - distances, 0.0))
    return reduce_mean(near + far, name="contrastive_loss")


def _adjacency(labels: Any) -> Tensor:
    labels = convert_to_tensor(labels)
    column = reshape(labels, [shape(labels)[0], 1])
    return equal(column, transpose(column))


def triplet_semihard_loss(labels: Any, embeddings: Any, margin: float = 1.0) -> Tensor:
    """Return the triplet loss, each negative being the nearest that is farther than the positive.

    Where none is farther, it is the farthest.

    Args:
      labels: [batch] integers.
      embeddings: [batch, depth], of length 1.
      margin: how much farther negatives are to be.
    """
    distances = pairwise_distance(embeddings, squared=True)
    adjacency = _adjacency(labels)
    differs = logical_not(adjacency)
    batch = shape(labels)[0]
    tiled = tile(distances, [batch, 1])
    mask = logical_and(
        tile(differs, [batch, 1]), greater(tiled, reshape(transpose(distances), [-1, 1]))
    )
    float_mask = cast(mask, dtypes.float32)
    has_farther = greater(reduce_sum(float_mask, 1, keepdims=True), 0.0)
    has_farther = transpose(reshape(has_farther, [batch, batch]))
    outside = transpose(reshape(masked_minimum(tiled, float_mask), [batch, batch]))
    inside = tile(masked_maximum(distances, cast(differs, dtypes.float32)), [1, batch])
    losses = margin + distances - where(has_farther, outside, inside)
    positives = cast(adjacency, dtypes.float32) - matrix_diag(ones([batch]))
    return divide(
        reduce_sum(maximum(multiply(losses, positives), 0.0)),
        reduce_sum(positives),
        name="triplet_semihard_loss",
    )


def npairs_loss(
    labels: Any,
    embeddings_anchor: Any,
    embeddings_positive: Any,
    reg_lambda: float = 0.002,
    print_losses: bool = False,
) -> Tensor:
    """Return the n-pairs loss.

    Args:
      labels: [batch] integers.
      embeddings_anchor: [batch, depth].
      embeddings_positive: [batch, depth].
      reg_lambda: the weight of the lengths of embeddings.
      print_losses: not used.
    """
    anchor_norm = reduce_mean(reduce_sum(square(embeddings_anchor), 1))
    positive_norm = reduce_mean(reduce_sum(square(embeddings_positive), 1))
    penalty = multiply(0.25 * reg_lambda, anchor_norm + positive_norm, name="l2loss")
    similarity = matmul(embeddings_anchor, embeddings_positive, transpose_b=True)
    targets = cast(_adjacency(labels), dtypes.float32)
    targets = targets / reduce_sum(targets, 1, keepdims=True)
    cross_entropy = softmax_cross_entropy_with_logits(logits=similarity, labels=targets)
    result: Tensor = penalty + reduce_mean(cross_entropy, name="xentropy")
    return result


def lifted_struct_loss(labels: Any, embeddings: Any, margin: float = 1.0) -> Tensor:
    """Return the lifted structured loss.

    Args:
      labels: [batch] integers.
      embeddings: [batch, depth], not of length 1.
      margin: negatives are to be that far away.
    """
    distances = pairwise_distance(embeddings)
    adjacency = _adjacency(labels)
    differs = cast(logical_not(adjacency), dtypes.float32)
    batch = shape(labels)[0]
    difference = margin - distances
    row_minimum = reduce_min(difference, 1, keepdims=True)
    row_maximum = (
        reduce_max(multiply(difference - row_minimum, differs), 1, keepdims=True) + row_minimum
    )
    maxima = maximum(row_maximum, transpose(row_maximum))
    flat_maxima = reshape(transpose(maxima), [-1, 1])
    tiled_maxima = tile(flat_maxima, [1, batch])
    tiled_differs = tile(differs, [batch, 1])
    tiled_difference = tile(difference, [batch, 1])
    exponents = multiply(exp(subtract(tiled_difference, tiled_maxima)), tiled_differs)
    sums = reshape(reduce_sum(exponents, 1, keepdims=True), [batch, batch])
    losses = maxima + log(sums + transpose(sums)) + distances
    positives = cast(adjacency, dtypes.float32) - matrix_diag(ones([batch]))
    # Each pair is counted twice.
    count = reduce_sum(positives) / 2.0
    return divide(
        0.25 * reduce_sum(square(maximum(multiply(losses, positives), 0.0))),
        count,
        name="liftedstruct_loss",
    )
