"""Linear-chain conditional random fields.

Source: TensorFlow 1.15, contrib/crf/python/ops/crf.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import maximum, minimum
from tensormill.ops.array_shapes import expand_dims, reshape, squeeze
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.filling import zeros_like
from tensormill.ops.gathering import gather, where
from tensormill.ops.grids import sequence_mask
from tensormill.ops.joining import concat, stack
from tensormill.ops.reduction import argmax, reduce_logsumexp, reduce_max, reduce_sum
from tensormill.ops.sequences import range_of
from tensormill.ops.slicing import slice as slice_of
from tensormill.ops.transposition import reverse_sequence
from tensormill.rnn.cells import RNNCell
from tensormill.rnn.dynamic import dynamic_rnn
from tensormill.variables.scope import variable_scope
from tensormill.variables.store import get_variable

__all__ = [
    "CrfDecodeBackwardRnnCell",
    "CrfDecodeForwardRnnCell",
    "CrfForwardRnnCell",
    "crf_binary_score",
    "crf_decode",
    "crf_log_likelihood",
    "crf_log_norm",
    "crf_multitag_sequence_score",
    "crf_sequence_score",
    "crf_unary_score",
    "viterbi_decode",
]


def crf_sequence_score(
    inputs: Any, tag_indices: Any, sequence_lengths: Any, transition_params: Any
) -> Tensor:
    """Return the score of each sequence of tags, not normalised: [batch].

    Args:
      inputs: scores of tags [batch, time, tags].
      tag_indices: int32 [batch, time].
      sequence_lengths: integers [batch].
      transition_params: scores of transitions [tags, tags].
    """
    inputs = convert_to_tensor(inputs)
    unary = crf_unary_score(tag_indices, sequence_lengths, inputs)
    return unary + crf_binary_score(tag_indices, sequence_lengths, transition_params)


def crf_multitag_sequence_score(
    inputs: Any, tag_bitmap: Any, sequence_lengths: Any, transition_params: Any
) -> Tensor:
    """Return the logarithm of the sum of the scores of all sequences that a bitmap allows.

    Args:
      inputs: scores of tags [batch, time, tags].
      tag_bitmap: bools of the same shape.
      sequence_lengths: integers [batch].
      transition_params: scores of transitions [tags, tags].
    """
    inputs = convert_to_tensor(inputs)
    least = -float("inf") * (zeros_like(inputs) + 1)
    allowed = where(convert_to_tensor(tag_bitmap), inputs, least)
    return crf_log_norm(allowed, sequence_lengths, transition_params)


def crf_log_norm(inputs: Any, sequence_lengths: Any, transition_params: Any) -> Tensor:
    """Return the logarithm of the sum of the scores of all sequences of tags: [batch].

    Args:
      inputs: scores of tags [batch, time, tags].
      sequence_lengths: integers [batch].
      transition_params: scores of transitions [tags, tags].
    """
    inputs = convert_to_tensor(inputs)
    first = squeeze(slice_of(inputs, [0, 0, 0], [-1, 1, -1]), [1])
    rest = slice_of(inputs, [0, 1, 0], [-1, -1, -1])
    lengths = cast(sequence_lengths, dtypes.int32)
    _, alphas = dynamic_rnn(
        CrfForwardRnnCell(transition_params),
        inputs=rest,
        sequence_length=maximum(0, lengths - 1),
        initial_state=first,
        dtype=inputs.dtype,
    )
    whole = reduce_logsumexp(alphas, [1])
    return where(lengths <= 0, zeros_like(whole), whole)


def crf_log_likelihood(
    inputs: Any, tag_indices: Any, sequence_lengths: Any, transition_params: Any = None
) -> tuple[Tensor, Any]:
    """Return the logarithm of the probability of each sequence of tags, and the transitions.

    Args:
      inputs: scores of tags [batch, time, tags].
      tag_indices: int32 [batch, time].
      sequence_lengths: integers [batch].
      transition_params: scores of transitions [tags, tags]; by default the variable `transitions`.
    """
    inputs = convert_to_tensor(inputs)
    tags = inputs.get_shape()[2].value
    if transition_params is None:
        transition_params = get_variable("transitions", [tags, tags])
    scores = crf_sequence_score(inputs, tag_indices, sequence_lengths, transition_params)
    return scores - crf_log_norm(inputs, sequence_lengths, transition_params), transition_params


def crf_unary_score(tag_indices: Any, sequence_lengths: Any, inputs: Any) -> Tensor:
    """Return the sum of the scores of the tags of each sequence: [batch]."""
    inputs = convert_to_tensor(inputs)
    tag_indices = cast(tag_indices, dtypes.int32)
    sizes = shape_of(inputs)
    batch, steps, tags = sizes[0], sizes[1], sizes[2]
    flat = reshape(inputs, [-1])
    offsets = expand_dims(range_of(batch) * steps * tags, 1)
    offsets += expand_dims(range_of(steps) * tags, 0)
    scores = reshape(gather(flat, reshape(offsets + tag_indices, [-1])), stack([batch, steps]))
    mask = sequence_mask(sequence_lengths, maxlen=shape_of(tag_indices)[1], dtype=inputs.dtype)
    return reduce_sum(scores * mask, 1)


def crf_binary_score(tag_indices: Any, sequence_lengths: Any, transition_params: Any) -> Tensor:
    """Return the sum of the scores of the transitions of each sequence: [batch]."""
    tag_indices = cast(tag_indices, dtypes.int32)
    transition_params = convert_to_tensor(transition_params)
    tags = transition_params.get_shape()[0].value or shape_of(transition_params)[0]
    flat = reshape(transition_params, [-1])
    count = shape_of(tag_indices)[1] - 1
    start = slice_of(tag_indices, [0, 0], stack([-1, count]))
    end = slice_of(tag_indices, [0, 1], [-1, -1])
    scores = gather(flat, start * tags + end)
    lengths = maximum(cast(sequence_lengths, dtypes.int32) - 1, 0)
    return reduce_sum(scores * sequence_mask(lengths, maxlen=count, dtype=scores.dtype), 1)


class _OverTags(RNNCell):
    """A cell that goes from tag to tag.

    Args:
      transition_params: scores of transitions [tags, tags].
    """

    def __init__(self, transition_params: Any) -> None:
        super().__init__()
        transition_params = convert_to_tensor(transition_params)
        self._transitions = expand_dims(transition_params, 0)
        self._tags = transition_params.get_shape()[0].value

    @property
    def state_size(self) -> Any:
        """The number of tags."""
        return self._tags

    @property
    def output_size(self) -> Any:
        """The number of tags."""
        return self._tags

    def _totals(self, state: Any) -> Tensor:
        """Return the scores of each tag after each other one, [batch, tags, tags]."""
        totals: Tensor = expand_dims(state, 2) + self._transitions
        return totals


class CrfForwardRnnCell(_OverTags):
    """Adds up the scores of all sequences, step by step."""

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Tensor, Tensor]:
        """Return the sums, twice."""
        alphas = inputs + reduce_logsumexp(self._totals(state), [1])
        return alphas, alphas


class CrfDecodeForwardRnnCell(_OverTags):
    """Follows the best sequence to each tag; the output says where it came from."""

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Tensor, Tensor]:
        """Return the tags that the best sequences had before, and their scores."""
        totals = self._totals(state)
        pointers = cast(argmax(totals, 1), dtypes.int32)
        return pointers, inputs + reduce_max(totals, [1])


class CrfDecodeBackwardRnnCell(RNNCell):
    """Follows the pointers of `CrfDecodeForwardRnnCell` back.

    Args:
      num_tags: the number of tags.
    """

    def __init__(self, num_tags: Any) -> None:
        super().__init__()
        self._tags = num_tags

    @property
    def state_size(self) -> int:
        """One tag."""
        return 1

    @property
    def output_size(self) -> int:
        """One tag."""
        return 1

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Tensor, Tensor]:
        """Return the tags before, twice."""
        rows = range_of(shape_of(inputs)[0])
        flat = reshape(inputs, [-1])
        found = gather(flat, rows * self._tags + squeeze(state, axis=[1]))
        before = expand_dims(found, -1)
        return before, before


def crf_decode(
    potentials: Any, transition_params: Any, sequence_length: Any
) -> tuple[Tensor, Tensor]:
    """Return the best sequences of tags [batch, time], and their scores [batch].

    Args:
      potentials: scores of tags [batch, time, tags].
      transition_params: scores of transitions [tags, tags].
      sequence_length: integers [batch].
    """
    potentials = convert_to_tensor(potentials)
    transition_params = convert_to_tensor(transition_params)
    lengths = cast(sequence_length, dtypes.int32)
    tags = potentials.get_shape()[2].value
    if potentials.get_shape()[1].value == 1:
        single = squeeze(potentials, [1])
        ids = expand_dims(cast(argmax(single, axis=1), dtypes.int32), 1)
        return ids, reduce_max(single, axis=1)
    with variable_scope(None, "crf_decode"):
        first = squeeze(slice_of(potentials, [0, 0, 0], [-1, 1, -1]), [1])
        rest = slice_of(potentials, [0, 1, 0], [-1, -1, -1])
        less_one = maximum(0, lengths - 1)
        pointers, last = _unrolled(
            CrfDecodeForwardRnnCell(transition_params), rest, less_one, first
        )
        pointers = reverse_sequence(pointers, less_one, seq_axis=1)
        start = expand_dims(cast(argmax(last, axis=1), dtypes.int32), -1)
        found, _ = _unrolled(CrfDecodeBackwardRnnCell(tags), pointers, less_one, start)
        found = squeeze(found, axis=[2])
        whole = concat([start, found], axis=1)
        tags_found = reverse_sequence(whole, minimum(lengths, shape_of(whole)[1]), seq_axis=1)
        return tags_found, reduce_max(last, axis=1)


def _unrolled(cell: Any, inputs: Tensor, lengths: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
    outputs, last = dynamic_rnn(
        cell, inputs, sequence_length=lengths, initial_state=state, dtype=dtypes.int32
    )
    return outputs, last


def viterbi_decode(score: Any, transition_params: Any) -> tuple[list[int], Any]:
    """Return the best sequence of tags and its score, from arrays.

    Args:
      score: scores of tags [time, tags].
      transition_params: scores of transitions [tags, tags].
    """
    totals = np.zeros_like(score)
    pointers = np.zeros_like(score, dtype=np.int32)
    totals[0] = score[0]
    for time in range(1, score.shape[0]):
        sums = np.expand_dims(totals[time - 1], 1) + transition_params
        totals[time] = score[time] + np.max(sums, 0)
        pointers[time] = np.argmax(sums, 0)
    path = [int(np.argmax(totals[-1]))]
    for pointer in reversed(pointers[1:]):
        path.append(int(pointer[path[-1]]))
    path.reverse()
    return path, np.max(totals[-1])
