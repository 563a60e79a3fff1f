"""How well the places of a memory go with a query, and which places count.

Source: TensorFlow 1.15, contrib/seq2seq/python/ops/attention_wrapper.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph import dtypes, nest
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.activations import softmax
from tensormill.ops.array_shapes import expand_dims, reshape, squeeze
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_positive
from tensormill.ops.elementwise_unary import rsqrt, square, tanh
from tensormill.ops.filling import one_hot, ones, ones_like
from tensormill.ops.gathering import where
from tensormill.ops.grids import sequence_mask
from tensormill.ops.joining import concat
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.reduction import argmax, reduce_sum

__all__ = [
    "bahdanau_score",
    "hardmax",
    "luong_score",
    "masked_score",
    "prepare_memory",
    "stateless",
]


def hardmax(logits: Any, name: str | None = None) -> Tensor:
    """Return ones at the largest logit of each row, zeros elsewhere."""
    with name_scope(name, "Hardmax", [logits]):
        logits = convert_to_tensor(logits, name="logits")
        depth = logits.get_shape()[-1].value
        if depth is None:
            depth = shape_of(logits)[-1]
        return one_hot(argmax(logits, -1), depth, dtype=logits.dtype)


def prepare_memory(
    memory: Any, memory_sequence_length: Any, check_inner_dims_defined: bool = True
) -> Any:
    """Return memories with zeros behind their ends.

    Args:
      memory: a structure of tensors [batch, time, ...].
      memory_sequence_length: integers [batch], or None.
      check_inner_dims_defined: whether the axes behind the time must have known sizes.

    Raises:
      ValueError: a size is not known.
    """
    lengths = memory_sequence_length

    def prepared(part: Any) -> Tensor:
        part = convert_to_tensor(part, name="memory")
        inner = part.get_shape()[2:]
        if check_inner_dims_defined and not inner.is_fully_defined():
            raise ValueError(
                f"Expected memory {part.name} to have fully defined inner dims, but saw shape: "
                f"{part.get_shape()}"
            )
        if lengths is None:
            return part
        mask = sequence_mask(lengths, maxlen=shape_of(part)[1], dtype=part.dtype)
        rank: Any = part.get_shape().ndims
        extra = ones([rank - 2], dtype=dtypes.int32)
        return part * reshape(mask, concat((shape_of(mask), extra), 0))

    return nest.map_structure(prepared, memory)


def masked_score(score: Tensor, memory_sequence_length: Any, score_mask_value: Any) -> Tensor:
    """Return scores with one value for what does not count.

    Args:
      score: [batch, time].
      memory_sequence_length: integers [batch], or None.
      score_mask_value: the value.
    """
    if memory_sequence_length is None:
        return score
    text = "All values in memory_sequence_length must be greater than zero."
    with control_dependencies([assert_positive(memory_sequence_length, message=text)]):
        mask = sequence_mask(memory_sequence_length, maxlen=shape_of(score)[1])
    return where(mask, score, score_mask_value * ones_like(score))


def stateless(probability_fn: Callable[..., Any] | None) -> Callable[..., Any]:
    """Return a function of scores, the softmax by default, as one of scores and of a state."""
    function = probability_fn or softmax
    return lambda score, _: function(score)


def luong_score(query: Tensor, keys: Tensor, scale: Any) -> Tensor:
    """Return products of keys and a query, [batch, time].

    Args:
      query: [batch, depth].
      keys: [batch, time, depth].
      scale: a number to multiply with, or None.

    Raises:
      ValueError: the depths differ.
    """
    depth, units = query.get_shape()[-1], keys.get_shape()[-1]
    if depth != units:
        raise ValueError(
            "Incompatible or unknown inner dimensions between query and keys.  Query "
            f"({query}) has units: {depth}.  Keys ({keys}) have units: {units}.  "
            "Perhaps you need to set num_units to the keys' dimension (" + str(units) + ")?"
        )
    score = squeeze(matmul(expand_dims(query, 1), keys, transpose_b=True), [1])
    return score if scale is None else scale * score


def bahdanau_score(
    processed_query: Tensor, keys: Tensor, attention_v: Any, attention_g: Any, attention_b: Any
) -> Tensor:
    """Return weighted sums over tanh of keys plus a query, [batch, time].

    Args:
      processed_query: [batch, units].
      keys: [batch, time, units].
      attention_v: the weights [units].
      attention_g: the norm of the weights, or None where they are taken as they are.
      attention_b: what is added [units], or None.
    """
    total = keys + expand_dims(processed_query, 1)
    if attention_g is None or attention_b is None:
        return reduce_sum(attention_v * tanh(total), [2])
    weights = attention_g * attention_v * rsqrt(reduce_sum(square(attention_v)))
    return reduce_sum(weights * tanh(total + attention_b), [2])
