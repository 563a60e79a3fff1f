"""Attention that never goes back: once it is at a place of the memory, those before are closed.

Source: TensorFlow 1.15, contrib/seq2seq/python/ops/attention_wrapper.py, and
https://arxiv.org/abs/1704.00784.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.functional.scan import scan
from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.clipping import clip_by_value
from tensormill.ops.elementwise_unary import exp, log, sigmoid
from tensormill.ops.filling import one_hot, ones, zeros
from tensormill.ops.joining import concat
from tensormill.ops.random import random_normal
from tensormill.ops.scan import cumprod, cumsum
from tensormill.ops.transposition import transpose
from tensormill.seq2seq.attention import (
    AttentionMechanism,
    BahdanauAttention,
    LuongAttention,
)
from tensormill.seq2seq.attention_scores import masked_score
from tensormill.variables.store import get_variable

__all__ = [
    "BahdanauMonotonicAttention",
    "LuongMonotonicAttention",
    "monotonic_attention",
    "safe_cumprod",
]


def safe_cumprod(x: Any, *args: Any, **kwargs: Any) -> Tensor:
    """Return running products of positive numbers by way of logarithms, so that none is lost.

    Args:
      x: numbers of at most 1.
      args: those of `cumsum` after the first.
      kwargs: likewise.
    """
    with name_scope(None, "SafeCumprod", [x]):
        x = convert_to_tensor(x, name="x")
        tiny = np.finfo(x.dtype.as_numpy_dtype).tiny
        return exp(cumsum(log(clip_by_value(x, tiny, 1)), *args, **kwargs))


def monotonic_attention(p_choose_i: Any, previous_attention: Any, mode: str) -> Tensor:
    """Return the attention [batch, time] of a step.

    Args:
      p_choose_i: [batch, time], how likely the search for a place ends at each of them.
      previous_attention: [batch, time], the attention of the step before; at first all of it is
        at the first place.
      mode: "recursive" computes place by place; "parallel" by running sums and products, which
        clips; "hard" is for probabilities of 0 and 1.

    Raises:
      ValueError: there is no such mode.
    """
    choose = convert_to_tensor(p_choose_i, name="p_choose_i")
    before = convert_to_tensor(previous_attention, name="previous_attention")
    if mode == "recursive":
        return choose * _recursive(choose, before)
    if mode == "parallel":
        passed = safe_cumprod(1 - choose, axis=1, exclusive=True)
        return choose * passed * cumsum(before / clip_by_value(passed, 1e-10, 1.0), axis=1)
    if mode == "hard":
        choose *= cumsum(before, axis=1)
        return choose * cumprod(1 - choose, axis=1, exclusive=True)
    raise ValueError("mode must be 'recursive', 'parallel', or 'hard'.")


def _recursive(choose: Tensor, before: Tensor) -> Tensor:
    """Return how likely the search comes to each place, [batch, time]."""
    batch = choose.get_shape()[0].value or shape_of(choose)[0]
    passed = concat([ones((batch, 1)), 1 - choose[:, :-1]], 1)

    def reached(last: Tensor, parts: Any) -> Tensor:
        return reshape(parts[0] * last + parts[1], (batch,))

    columns = scan(reached, [transpose(passed), transpose(before)], zeros((batch,)))
    return transpose(columns)


class _Monotonic(AttentionMechanism):
    """What both mechanisms have in common: how scores become alignments."""

    _sigmoid_noise: float
    _sigmoid_noise_seed: Any
    _score_bias_init: Any
    _mode: str

    def _with_bias(self, score: Tensor) -> Tensor:
        return score + get_variable(
            "attention_score_bias", dtype=score.dtype, initializer=self._score_bias_init
        )

    def _probability_fn(self, score: Tensor, state: Any) -> Tensor:
        score = masked_score(score, self._lengths, self._mask_value)
        if self._sigmoid_noise > 0:
            noise = random_normal(shape_of(score), dtype=score.dtype, seed=self._sigmoid_noise_seed)
            score += self._sigmoid_noise * noise
        choose = cast(score > 0, score.dtype) if self._mode == "hard" else sigmoid(score)
        return monotonic_attention(choose, state, self._mode)

    def initial_alignments(self, batch_size: Any, dtype: Any) -> Tensor:
        """Return alignments with the first place of each memory."""
        return one_hot(zeros((batch_size,), dtype=dtypes.int32), self.alignments_size, dtype=dtype)


class LuongMonotonicAttention(_Monotonic, LuongAttention):
    """`LuongAttention` that never goes back.

    Args:
      num_units: the depth of the keys, which is that of the queries.
      memory: [batch, time, depth].
      memory_sequence_length: integers [batch].
      scale: whether scores are multiplied with a variable.
      score_mask_value: the score of what does not count.
      sigmoid_noise: the deviation of the noise on scores, which makes choices clearer.
      sigmoid_noise_seed: of the noise.
      score_bias_init: the first value of what is added to scores.
      mode: see `monotonic_attention`.
      dtype: of the variables.
      name: the name of the nodes.
    """

    _SCOPE = "luong_monotonic_attention"

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        scale: bool = False,
        score_mask_value: Any = None,
        sigmoid_noise: float = 0.0,
        sigmoid_noise_seed: Any = None,
        score_bias_init: Any = 0.0,
        mode: str = "parallel",
        dtype: Any = None,
        name: str = "LuongMonotonicAttention",
    ) -> None:
        super().__init__(
            num_units,
            memory,
            memory_sequence_length,
            scale,
            score_mask_value=score_mask_value,
            dtype=dtype,
            name=name,
        )
        self._sigmoid_noise, self._sigmoid_noise_seed = sigmoid_noise, sigmoid_noise_seed
        self._score_bias_init, self._mode = score_bias_init, mode

    def _score(self, query: Tensor) -> Tensor:
        return self._with_bias(super()._score(query))


class BahdanauMonotonicAttention(_Monotonic, BahdanauAttention):
    """`BahdanauAttention` that never goes back.

    Args:
      num_units: the depth of the keys and of the mapped queries.
      memory: [batch, time, depth].
      memory_sequence_length: integers [batch].
      normalize: whether the weights of the sum are normalised.
      score_mask_value: the score of what does not count.
      sigmoid_noise: the deviation of the noise on scores, which makes choices clearer.
      sigmoid_noise_seed: of the noise.
      score_bias_init: the first value of what is added to scores.
      mode: see `monotonic_attention`.
      dtype: of the variables.
      name: the name of the nodes.
    """

    _SCOPE = "bahdanau_monotonic_attention"

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        normalize: bool = False,
        score_mask_value: Any = None,
        sigmoid_noise: float = 0.0,
        sigmoid_noise_seed: Any = None,
        score_bias_init: Any = 0.0,
        mode: str = "parallel",
        dtype: Any = None,
        name: str = "BahdanauMonotonicAttention",
    ) -> None:
        super().__init__(
            num_units,
            memory,
            memory_sequence_length,
            normalize,
            score_mask_value=score_mask_value,
            dtype=dtype,
            name=name,
        )
        self._sigmoid_noise, self._sigmoid_noise_seed = sigmoid_noise, sigmoid_noise_seed
        self._score_bias_init, self._mode = score_bias_init, mode

    def _score(self, query: Tensor) -> Tensor:
        return self._with_bias(super()._score(query))
