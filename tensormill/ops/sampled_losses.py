"""Losses over a sample of the classes: noise-contrastive estimation and sampled softmax."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import DType
from tensormill.graph.op_scope import OpScope
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import multiply
from tensormill.ops.array_shapes import expand_dims, reshape, squeeze
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.candidate_sampling import (
    compute_accidental_hits,
    learned_unigram_candidate_sampler,
    log_uniform_candidate_sampler,
)
from tensormill.ops.casting import cast
from tensormill.ops.cross_entropy import (
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits_v2,
    sparse_softmax_cross_entropy_with_logits,
)
from tensormill.ops.elementwise_unary import log
from tensormill.ops.embedding import embedding_lookup
from tensormill.ops.filling import ones, ones_like, zeros, zeros_like
from tensormill.ops.gathering import gather
from tensormill.ops.identities import stop_gradient
from tensormill.ops.joining import concat, stack
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.reduction import reduce_logsumexp
from tensormill.ops.slicing import slice as slice_
from tensormill.ops.sparse_arrays import sparse_to_dense
from tensormill.ops.top_k import top_k


def _sum_rows(x: Tensor) -> Tensor:
    """Return the sums of the rows, as a matrix product with ones."""
    columns = shape_of(x)[1]
    return reshape(matmul(x, ones(stack([columns, 1]), x.dtype)), [-1])


def _rows_of(
    table: Any, ids: Tensor, strategy: str, dtype: DType, true_shape: Tensor, is_bias: bool
) -> tuple[Tensor, Tensor]:
    """Return what a table has for the true classes and for the sampled ones."""
    rows = embedding_lookup(table, ids, partition_strategy=strategy)
    if rows.dtype != dtype:
        rows = cast(rows, dtype)
    if is_bias:
        return slice_(rows, [0], true_shape), slice_(rows, true_shape, [-1])
    return (
        slice_(rows, [0, 0], stack([true_shape[0], -1])),
        slice_(rows, stack([true_shape[0], 0]), [-1, -1]),
    )


def _compute_sampled_logits(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    subtract_log_q: bool = True,
    remove_accidental_hits: bool = False,
    partition_strategy: str = "mod",
    name: str | None = None,
    seed: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Return logits and labels, [batch, num_true + num_sampled].

    With `subtract_log_q` the logits are made less by the logarithm of how often a class is drawn.
    """
    table = list(weights) if isinstance(weights, (list, tuple)) else [weights]
    with OpScope(name, "compute_sampled_logits", [*table, biases, inputs, labels]):
        labels, inputs = convert_to_tensor(labels), convert_to_tensor(inputs)
        if labels.dtype != dtypes.int64:
            labels = cast(labels, dtypes.int64)
        labels_flat = reshape(labels, [-1])
        if sampled_values is None:
            sampled_values = log_uniform_candidate_sampler(
                true_classes=labels,
                num_true=num_true,
                num_sampled=num_sampled,
                unique=True,
                range_max=num_classes,
                seed=seed,
            )
        sampled, true_count, sampled_count = (stop_gradient(value) for value in sampled_values)
        sampled = cast(sampled, dtypes.int64)
        all_ids = concat([labels_flat, sampled], 0)
        flat_shape = shape_of(labels_flat)
        true_w, sampled_w = _rows_of(
            weights, all_ids, partition_strategy, inputs.dtype, flat_shape, False
        )
        sampled_logits = matmul(inputs, sampled_w, transpose_b=True)
        true_b, sampled_b = _rows_of(
            biases, all_ids, partition_strategy, inputs.dtype, flat_shape, True
        )
        depth = shape_of(true_w)[1:2]
        products = multiply(
            expand_dims(inputs, 1), reshape(true_w, concat([[-1, num_true], depth], 0))
        )
        dots = reshape(products, concat([[-1], depth], 0))
        true_logits = reshape(_sum_rows(dots), [-1, num_true])
        true_logits += reshape(true_b, [-1, num_true])
        sampled_logits += sampled_b
        if remove_accidental_hits:
            sampled_logits += _accidental_hits(
                labels, sampled, num_true, num_sampled, sampled_logits.dtype
            )
        if subtract_log_q:
            true_logits -= log(true_count)
            sampled_logits -= log(sampled_count)
        return (
            concat([true_logits, sampled_logits], 1),
            concat([ones_like(true_logits) / num_true, zeros_like(sampled_logits)], 1),
        )


def _accidental_hits(
    labels: Tensor, sampled: Tensor, num_true: int, num_sampled: int, dtype: DType
) -> Tensor:
    """Return a matrix that pushes the logits of sampled true classes down."""
    indices, ids, weights = compute_accidental_hits(labels, sampled, num_true=num_true)
    rows = reshape(indices, [-1, 1])
    columns = reshape(cast(ids, dtypes.int32), [-1, 1])
    places = concat([rows, columns], 1, "sparse_indices")
    size = concat([shape_of(labels)[:1], expand_dims(num_sampled, 0)], 0)
    if weights.dtype != dtype:
        weights = cast(weights, dtype)
    return sparse_to_dense(places, size, weights, default_value=0.0, validate_indices=False)


def nce_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = False,
    partition_strategy: str = "mod",
    name: str = "nce_loss",
) -> Tensor:
    """Return the noise-contrastive estimation loss of each example.

    Args:
      weights: [classes, depth], or a list of the parts that it is spread over.
      biases: [classes].
      labels: int64 classes, [batch, num_true].
      inputs: [batch, depth].
      num_sampled: how many classes to sample.
      num_classes: the number of classes.
      num_true: the number of true classes an example.
      sampled_values: what a candidate sampler returned; by default log-uniform samples.
      remove_accidental_hits: drop sampled classes that are true ones.
      partition_strategy: see `embedding_lookup`.
      name: the name of the nodes.
    """
    logits, targets = _compute_sampled_logits(
        weights=weights,
        biases=biases,
        labels=labels,
        inputs=inputs,
        num_sampled=num_sampled,
        num_classes=num_classes,
        num_true=num_true,
        sampled_values=sampled_values,
        remove_accidental_hits=remove_accidental_hits,
        partition_strategy=partition_strategy,
        name=name,
    )
    losses = sigmoid_cross_entropy_with_logits(labels=targets, logits=logits, name="sampled_losses")
    return _sum_rows(losses)


def sampled_softmax_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = True,
    partition_strategy: str = "mod",
    name: str = "sampled_softmax_loss",
    seed: int | None = None,
) -> Tensor:
    """Return the softmax cross entropy of each example over the true and sampled classes.

    Args:
      weights: [classes, depth], or a list of the parts that it is spread over.
      biases: [classes].
      labels: int64 classes, [batch, num_true].
      inputs: [batch, depth].
      num_sampled: how many classes to sample.
      num_classes: the number of classes.
      num_true: the number of true classes an example.
      sampled_values: what a candidate sampler returned; by default log-uniform samples.
      remove_accidental_hits: drop sampled classes that are true ones.
      partition_strategy: see `embedding_lookup`.
      name: the name of the nodes.
      seed: makes the samples repeatable.
    """
    logits, targets = _compute_sampled_logits(
        weights=weights,
        biases=biases,
        labels=labels,
        inputs=inputs,
        num_sampled=num_sampled,
        num_classes=num_classes,
        num_true=num_true,
        sampled_values=sampled_values,
        remove_accidental_hits=remove_accidental_hits,
        partition_strategy=partition_strategy,
        name=name,
        seed=seed,
    )
    targets = stop_gradient(targets, name="labels_stop_gradient")
    return softmax_cross_entropy_with_logits_v2(labels=targets, logits=logits)


def sampled_sparse_softmax_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    sampled_values: Any = None,
    remove_accidental_hits: bool = True,
    partition_strategy: str = "mod",
    name: str = "sampled_sparse_softmax_loss",
) -> Tensor:
    """Return the softmax cross entropy of each example, which has one true class.

    Args:
      weights: [classes, depth], or a list of the parts that it is spread over.
      biases: [classes].
      labels: int64 classes, [batch, 1].
      inputs: [batch, depth].
      num_sampled: how many classes to sample.
      num_classes: the number of classes.
      sampled_values: what a candidate sampler returned; by default log-uniform samples.
      remove_accidental_hits: drop sampled classes that are true ones.
      partition_strategy: see `embedding_lookup`.
      name: the name of the nodes.
    """
    logits, _ = _compute_sampled_logits(
        weights=weights,
        biases=biases,
        labels=labels,
        inputs=inputs,
        num_sampled=num_sampled,
        num_classes=num_classes,
        num_true=1,
        sampled_values=sampled_values,
        remove_accidental_hits=remove_accidental_hits,
        partition_strategy=partition_strategy,
        name=name,
    )
    # The logit of the true class comes first.
    first = zeros([shape_of(logits)[0], 1], dtype=dtypes.int64)
    return sparse_softmax_cross_entropy_with_logits(labels=squeeze(first), logits=logits)


def rank_sampled_softmax_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_resampled: int,
    num_classes: int,
    num_true: int,
    sampled_values: Any,
    resampling_temperature: Any,
    remove_accidental_hits: bool,
    partition_strategy: str,
    name: str | None = None,
) -> Tensor:
    """Return the sampled softmax cross entropy over those samples that the inputs find likely.

    Args:
      weights: [classes, depth], or a list of the parts that it is spread over.
      biases: [classes].
      labels: int64 classes, [batch, num_true].
      inputs: [batch, depth].
      num_sampled: how many classes to sample.
      num_resampled: how many of the samples to keep.
      num_classes: the number of classes.
      num_true: the number of true classes an example.
      sampled_values: what a candidate sampler returned; if None, samples as often as labels came.
      resampling_temperature: what logits are divided by before samples are chosen.
      remove_accidental_hits: drop samples that are true classes.
      partition_strategy: "div" or "mod", see `embedding_lookup`.
      name: the name of the nodes.

    Raises:
      ValueError: more are to be kept than there are samples, or to be sampled than classes, or
        there is no such strategy.

    Source: Bai et al., "TAPAS: two-pass approximate adaptive sampling for softmax" (2017).
    """
    if num_sampled > num_classes:
        raise ValueError(
            f"num_sampled ({num_sampled}) cannot be greater than num_classes ({num_classes})"
        )
    if num_sampled <= num_resampled:
        raise ValueError(
            f"num_resampled ({num_resampled}) must be less than num_sampled ({num_sampled})"
        )
    if partition_strategy not in ("div", "mod"):
        raise ValueError(f"unsupported partition_strategy ({partition_strategy})")
    with OpScope(name, "rank_sampled_softmax_loss", [biases, labels, inputs]) as scope:
        sampled_values = sampled_values or learned_unigram_candidate_sampler(
            true_classes=labels,
            num_true=num_true,
            num_sampled=num_sampled,
            unique=True,
            range_max=num_classes,
        )
        likely = _likely_samples(
            weights, biases, inputs, sampled_values, num_resampled,
            resampling_temperature, partition_strategy,
        )  # fmt: skip
        return sampled_softmax_loss(
            weights=weights,
            biases=biases,
            labels=labels,
            inputs=inputs,
            num_sampled=num_resampled,
            num_classes=num_classes,
            num_true=num_true,
            sampled_values=likely,
            remove_accidental_hits=remove_accidental_hits,
            partition_strategy=partition_strategy,
            name=scope,
        )


def _likely_samples(
    weights: Any, biases: Any, inputs: Any, samples: Any, kept: int, temperature: Any, strategy: str
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the `kept` samples with the highest logits over all inputs, as a sampler would."""
    classes, true_counts, counts = (stop_gradient(part) for part in samples)
    classes = cast(classes, dtypes.int64)
    rows = embedding_lookup(weights, classes, partition_strategy=strategy)
    logits = reduce_logsumexp(matmul(rows, inputs / temperature, transpose_b=True), axis=1)
    of_biases = embedding_lookup(biases, classes, partition_strategy=strategy)
    logits = logits + reshape(of_biases, [-1]) / temperature
    chosen = top_k(logits, k=kept, sorted=False).indices
    return gather(classes, chosen), true_counts, gather(counts, chosen)
