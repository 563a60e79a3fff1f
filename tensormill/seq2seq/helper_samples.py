"""Samples that helpers choose by.

Source: TensorFlow 1.15, contrib/seq2seq/python/ops/helper.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.comparison import less
from tensormill.ops.elementwise_unary import sigmoid
from tensormill.ops.joining import concat
from tensormill.ops.random import multinomial, random_uniform
from tensormill.ops.reduction import reduce_prod
from tensormill.ops.transposition import transpose

__all__ = ["bernoulli_sample", "categorical_sample"]


def _sampled(sample: Callable[[Any], Tensor], sample_shape: Any) -> Tensor:
    """Return samples of a shape from a function that draws a number of them."""
    with name_scope(None, "sampler_fn", [sample_shape]):
        wanted = convert_to_tensor(sample_shape, dtype=dtypes.int32, name="sample_shape")
        drawn = sample(reduce_prod(wanted))
        return reshape(drawn, concat([wanted, shape_of(drawn)[1:]], 0))


def bernoulli_sample(
    probs: Any = None,
    logits: Any = None,
    dtype: Any = dtypes.int32,
    sample_shape: Any = (),
    seed: Any = None,
) -> Tensor:
    """Return ones with given probabilities, zeros else.

    Args:
      probs: the probabilities.
      logits: their logits, where `probs` is None.
      dtype: of the result.
      sample_shape: how many are drawn of each.
      seed: of the draws.
    """
    if probs is None:
        probs = sigmoid(logits, name="probs")
    else:
        probs = convert_to_tensor(probs, name="probs")

    def draw(count: Any) -> Tensor:
        shape = concat([[count], shape_of(probs)], 0)
        return cast(less(random_uniform(shape, dtype=probs.dtype, seed=seed), probs), dtype)

    return _sampled(draw, sample_shape)


def categorical_sample(
    logits: Any, dtype: Any = dtypes.int32, sample_shape: Any = (), seed: Any = None
) -> Tensor:
    """Return classes by their logits.

    Args:
      logits: [..., classes].
      dtype: of the result.
      sample_shape: how many are drawn of each.
      seed: of the draws.
    """
    logits = convert_to_tensor(logits, name="logits")
    sizes = shape_of(logits)

    def draw(count: Any) -> Tensor:
        rows = reshape(logits, [-1, sizes[-1]])
        drawn = multinomial(rows, count, seed=seed)
        return cast(reshape(transpose(drawn), concat([[count], sizes[:-1]], 0)), dtype)

    return _sampled(draw, sample_shape)
