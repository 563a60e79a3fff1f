"""`tf.contrib.training`: batches of those examples that a lot accepts, by probabilities.

Source: TensorFlow 1.15, contrib/training/python/training/sampling_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.dtypes import float32, int64
from tensormill.graph.indexed_slices import convert_n_to_tensor_or_indexed_slices
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import truediv
from tensormill.ops.array_shapes import expand_dims, shape, squeeze
from tensormill.ops.assertions import (
    assert_equal,
    assert_integer,
    assert_less,
    assert_less_equal,
    assert_non_negative,
    assert_positive,
)
from tensormill.ops.casting import cast
from tensormill.ops.check import Assert
from tensormill.ops.comparison import equal, less, logical_or, not_equal
from tensormill.ops.conditional import cond
from tensormill.ops.elementwise_unary import is_nan
from tensormill.ops.filling import one_hot, zeros_like
from tensormill.ops.gathering import gather, where_v2
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.identities import identity
from tensormill.ops.printing import Print
from tensormill.ops.random import random_uniform
from tensormill.ops.reduction import reduce_all, reduce_max, reduce_sum
from tensormill.train.batching import batch, maybe_batch
from tensormill.variables.assignments import assign_add
from tensormill.variables.creation import Variable
from tensormill.variables.scope import variable_scope

__all__ = ["rejection_sample", "stratified_sample"]

_TOLERANCE = 1e-6
_SMOOTHING = 10
_MUCH_REJECTED = 0.5


def rejection_sample(
    tensors: Any,
    accept_prob_fn: Callable[[list[Any]], Any],
    batch_size: Any,
    queue_threads: int = 1,
    enqueue_many: bool = False,
    prebatch_capacity: int = 16,
    prebatch_threads: int = 1,
    runtime_checks: bool = False,
    name: str | None = None,
) -> list[Tensor]:
    """Return batches of examples, each of which was accepted with a probability of its own.

    Args:
      tensors: the components of one example, or of a batch of them.
      accept_prob_fn: takes the components of one example, returns its probability.
      batch_size: how many examples a batch has.
      queue_threads: how many threads fill the queue of accepted examples.
      enqueue_many: `tensors` hold a batch.
      prebatch_capacity: of the queue that makes single examples of batches.
      prebatch_threads: how many threads fill that one.
      runtime_checks: check that probabilities are between 0 and 1.
      name: of the scope.

    Raises:
      ValueError: the components have different batch sizes.
    """
    with variable_scope(name, "rejection_sample", tensors):
        examples = convert_n_to_tensor_or_indexed_slices(tensors)
        if enqueue_many:
            for tensor in examples:
                _check_batched(tensor, examples[0].shape[0])
            examples = _one_by_one(examples, prebatch_threads, prebatch_capacity)
        probability = accept_prob_fn(examples)
        if runtime_checks:
            checks = [assert_less_equal(0.0, probability), assert_less_equal(probability, 1.0)]
            checked = with_dependencies(checks, probability)
            probability = identity(checked, name="prob_with_checks")
        accepted = maybe_batch(
            examples,
            keep_input=random_uniform([]) < probability,
            batch_size=batch_size,
            num_threads=queue_threads,
        )
        return [accepted] if isinstance(accepted, Tensor) else accepted


def stratified_sample(
    tensors: Sequence[Any],
    labels: Any,
    target_probs: Any,
    batch_size: Any,
    init_probs: Any = None,
    enqueue_many: bool = False,
    queue_capacity: int = 16,
    threads_per_queue: int = 1,
    name: str | None = None,
) -> tuple[list[Tensor], Tensor]:
    """Return batches in which each class has the share that is wanted; other examples are dropped.

    Args:
      tensors: the components of one example, or of a batch of them.
      labels: its class, or theirs.
      target_probs: the share of each class that is wanted.
      batch_size: how many examples a batch has.
      init_probs: the share of each class in the data; None to count them.
      enqueue_many: `tensors` and `labels` hold a batch.
      queue_capacity: of the queue of single examples.
      threads_per_queue: how many threads fill each of the two queues.
      name: of the scope.

    Returns:
      The batches of the components, and that of the classes.

    Raises:
      ValueError: shapes do not fit each other.
    """
    with name_scope(name, "stratified_sample", [*tensors, labels]):
        examples = convert_n_to_tensor_or_indexed_slices(tensors)
        labels = convert_to_tensor(labels)
        wanted = convert_to_tensor(target_probs, dtype=float32)
        if not enqueue_many:
            examples = [expand_dims(tensor, 0) for tensor in examples]
            labels = expand_dims(labels, 0)
        if init_probs is None:
            wanted.shape.assert_is_fully_defined()
            found = _counted_shares(labels, wanted.shape.num_elements())
        else:
            found = convert_to_tensor(init_probs, dtype=float32)
        examples, labels, found, wanted = _checked(examples, labels, found, wanted)
        accepted = _acceptances(found, wanted)
        *singles, label = _one_by_one([*examples, labels], threads_per_queue, queue_capacity)
        *batches, classes = maybe_batch(
            [*singles, label],
            keep_input=random_uniform([]) < gather(accepted, label),
            batch_size=batch_size,
            num_threads=threads_per_queue,
        )
        return batches, classes


def _one_by_one(tensors: list[Any], threads: int, capacity: int) -> list[Any]:
    """Return the components of one example after another, of batches of them."""
    made = batch(tensors, batch_size=1, num_threads=threads, capacity=capacity, enqueue_many=True)
    return [squeeze(tensor, [0]) for tensor in made]


def _check_batched(tensor: Any, size: Any) -> None:
    dims = tensor.shape.with_rank_at_least(1)
    if dims.ndims is not None:
        dims[0].assert_is_compatible_with(size)


def _counted_shares(labels: Any, classes: Any) -> Tensor:
    """Return the share of each class among the labels so far, which starts even."""
    counts = Variable([_SMOOTHING] * classes, trainable=False, name="class_count", dtype=int64)
    seen = assign_add(counts, reduce_sum(one_hot(labels, classes, dtype=int64), 0))
    seen += 0  # other threads count on meanwhile: from here on it is one state
    return cast(truediv(seen, reduce_sum(seen)), float32)


def _checked(
    tensors: list[Any], labels: Any, found: Any, wanted: Any
) -> tuple[list[Any], Any, Any, Any]:
    """Return the arguments, with checks that run before anything uses them."""
    found, wanted = _checked_shares(found), _checked_shares(wanted)
    classes = found.shape.num_elements()
    if wanted.shape.num_elements() != classes:
        raise ValueError("Probability parameters must have the same length.")
    labels.shape.assert_has_rank(1)
    for tensor in tensors:
        _check_batched(tensor, labels.shape[0])
    size = shape(labels)[0]
    is_any = assert_positive(size)
    labels = with_dependencies([is_any], labels)
    tensors = [
        with_dependencies([is_any, assert_equal(shape(tensor)[0], size)], tensor)
        for tensor in tensors
    ]
    are_classes = [
        assert_integer(labels),
        assert_non_negative(labels),
        assert_less(labels, cast(classes, labels.dtype)),
    ]
    return tensors, with_dependencies(are_classes, labels), found, wanted


def _checked_shares(shares: Any) -> Tensor:
    shares.shape.assert_is_fully_defined()
    shares.shape.assert_has_rank(1)
    total = reduce_sum(shares)
    checks = [
        assert_non_negative(shares),
        assert_less(total, 1.0 + _TOLERANCE),
        assert_less(1.0 - _TOLERANCE, total),
    ]
    checked: Tensor = with_dependencies(checks, shares)
    return checked


def _acceptances(found: Any, wanted: Any) -> Tensor:
    """Return with which probability to accept an example of each class.

    That is in proportion to wanted over found, and certain for the class that lacks most.
    """
    possible = Assert(
        reduce_all(logical_or(not_equal(found, 0), equal(wanted, 0))),
        [
            "All classes with zero initial probability must also have zero target probability: ",
            found,
            wanted,
        ],
    )
    found = with_dependencies([possible], found)
    ratios = wanted / found
    ratios = where_v2(is_nan(ratios), zeros_like(ratios), ratios)
    accepted = ratios / reduce_max(ratios)
    rejected = reduce_sum((1 - accepted) * found)
    made: Tensor = cond(
        less(rejected, constant(_MUCH_REJECTED)),
        lambda: accepted,
        lambda: Print(
            accepted,
            [accepted],
            message="Proportion of examples rejected by sampler is high.",
            first_n=10,
        ),
    )
    return made
