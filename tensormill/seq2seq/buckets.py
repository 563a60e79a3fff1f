"""Losses of lists of steps, and models of several lengths.

Source: TensorFlow 1.15, contrib/legacy_seq2seq/python/ops/seq2seq.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.cross_entropy import sparse_softmax_cross_entropy_with_logits
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.summation import add_n
from tensormill.variables.scope import get_variable_scope, variable_scope

__all__ = ["model_with_buckets", "sequence_loss", "sequence_loss_by_example"]


def sequence_loss_by_example(
    logits: Sequence[Any],
    targets: Sequence[Any],
    weights: Sequence[Any],
    average_across_timesteps: bool = True,
    softmax_loss_function: Callable[..., Any] | None = None,
    name: str | None = None,
) -> Tensor:
    """Return the weighted cross entropy of each sequence: [batch].

    Args:
      logits: tensors [batch, classes], one a step.
      targets: labels [batch] each.
      weights: floats [batch] each.
      average_across_timesteps: whether to divide by the sum of the weights.
      softmax_loss_function: of `labels` and `logits`; the sparse cross entropy by default.
      name: the name of the nodes.

    Raises:
      ValueError: the lists differ in length.
    """
    if len(targets) != len(logits) or len(weights) != len(logits):
        raise ValueError(
            "Lengths of logits, weights, and targets must be the same "
            f"{len(logits)}, {len(weights)}, {len(targets)}."
        )
    with name_scope(name, "sequence_loss_by_example", [*logits, *targets, *weights]):
        losses = []
        for logit, target, weight in zip(logits, targets, weights, strict=True):
            if softmax_loss_function is None:
                loss = sparse_softmax_cross_entropy_with_logits(
                    labels=reshape(target, [-1]), logits=logit
                )
            else:
                loss = softmax_loss_function(labels=target, logits=logit)
            losses.append(loss * weight)
        total: Tensor = add_n(losses)
        if average_across_timesteps:
            total /= add_n(list(weights)) + 1e-12
    return total


def sequence_loss(
    logits: Sequence[Any],
    targets: Sequence[Any],
    weights: Sequence[Any],
    average_across_timesteps: bool = True,
    average_across_batch: bool = True,
    softmax_loss_function: Callable[..., Any] | None = None,
    name: str | None = None,
) -> Tensor:
    """Return the sum, or the mean over the batch, of `sequence_loss_by_example`."""
    with name_scope(name, "sequence_loss", [*logits, *targets, *weights]):
        cost = reduce_sum(
            sequence_loss_by_example(
                logits,
                targets,
                weights,
                average_across_timesteps=average_across_timesteps,
                softmax_loss_function=softmax_loss_function,
            )
        )
        if average_across_batch:
            return cost / cast(shape_of(targets[0])[0], cost.dtype)
        return cost


def model_with_buckets(
    encoder_inputs: Sequence[Any],
    decoder_inputs: Sequence[Any],
    targets: Sequence[Any],
    weights: Sequence[Any],
    buckets: Sequence[tuple[int, int]],
    seq2seq: Callable[[Any, Any], Any],
    softmax_loss_function: Callable[..., Any] | None = None,
    per_example_loss: bool = False,
    name: str | None = None,
) -> tuple[list[Any], list[Tensor]]:
    """Build a model once for each pair of lengths, with the same variables.

    Args:
      encoder_inputs: as many as the longest bucket needs.
      decoder_inputs: likewise.
      targets: likewise.
      weights: likewise.
      buckets: pairs of lengths, the shortest first.
      seq2seq: of two lists of inputs; returns (outputs, state).
      softmax_loss_function: as for `sequence_loss`.
      per_example_loss: whether losses are [batch] each.
      name: the name of the nodes.

    Returns:
      the outputs and the losses, one a bucket.

    Raises:
      ValueError: a list is too short.
    """
    for role, given, needed in (
        ("encoder_inputs", encoder_inputs, buckets[-1][0]),
        ("targets", targets, buckets[-1][1]),
        ("weights", weights, buckets[-1][1]),
    ):
        if len(given) < needed:
            raise ValueError(
                f"Length of {role} ({len(given)}) must be at least that of last bucket ({needed})."
            )
    losses, outputs = [], []
    loss = sequence_loss_by_example if per_example_loss else sequence_loss
    with name_scope(name, "model_with_buckets", [*encoder_inputs, *decoder_inputs]):
        for number, (first, second) in enumerate(buckets):
            with variable_scope(get_variable_scope(), reuse=True if number else None):
                made, _ = seq2seq(encoder_inputs[:first], decoder_inputs[:second])
                outputs.append(made)
                losses.append(
                    loss(
                        made,
                        targets[:second],
                        weights[:second],
                        softmax_loss_function=softmax_loss_function,
                    )
                )
    return outputs, losses
