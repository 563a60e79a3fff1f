"""Embeddings in the manner of `tf.contrib.layers`.

Source: TensorFlow 1.15, contrib/layers/python/layers/encoders.py and embedding_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_scope import OpScope
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.layers.model_shaping import dense_to_sparse
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.embedding import embedding_lookup
from tensormill.ops.gathering import gather
from tensormill.ops.joining import concat
from tensormill.ops.reduction import reduce_mean
from tensormill.ops.safe_embedding import safe_embedding_lookup_sparse
from tensormill.ops.uniqueness import unique
from tensormill.variables.model_variables import model_variable
from tensormill.variables.scope import variable_scope

__all__ = ["bow_encoder", "embed_sequence", "embedding_lookup_unique"]


def embedding_lookup_unique(
    params: Any, ids: Any, partition_strategy: str = "mod", name: str | None = None
) -> Tensor:
    """Return the rows of a table, each looked up once.

    Args:
      params: the table, or a list of its parts.
      ids: integers of any shape.
      partition_strategy: how rows are shared out over the parts: "mod" or "div".
      name: the name of the nodes.
    """
    with OpScope(name, "EmbeddingLookupUnique", [ids]):
        ids = convert_to_tensor(ids)
        shape = shape_of(ids)
        rows, places = unique(reshape(ids, [-1]))
        found = embedding_lookup(params, rows, partition_strategy)
        flat = gather(found, places)
        embeddings = reshape(flat, concat([shape, shape_of(found)[1:]], 0))
        embeddings.set_shape(ids.get_shape().concatenate(found.get_shape()[1:]))
        return embeddings


def _table(
    vocab_size: Any, embed_dim: Any, initializer: Any, regularizer: Any, trainable: bool
) -> Any:
    return model_variable(
        "embeddings",
        shape=[vocab_size, embed_dim],
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
    )


def embed_sequence(
    ids: Any,
    vocab_size: int | None = None,
    embed_dim: int | None = None,
    unique: bool = False,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    scope: Any = None,
    reuse: Any = None,
) -> Tensor:
    """Return each id of sequences as a row of the variable `embeddings`: [batch, length, depth].

    Args:
      ids: integers [batch, length].
      vocab_size: the number of rows.
      embed_dim: their size.
      unique: whether to look each id up once.
      initializer: the initial rows.
      regularizer: a function of the rows that gives a loss.
      trainable: whether optimizers change the rows.
      scope: the name of the variable scope.
      reuse: whether to reuse variables.

    Raises:
      ValueError: a size is missing, and variables are not reused.
    """
    if not (reuse or (vocab_size and embed_dim)):
        raise ValueError(
            "Must specify vocab size and embedding dimension when not reusing. Got vocab_size="
            f"{vocab_size} and embed_dim={embed_dim}"
        )
    with variable_scope(scope, "EmbedSequence", [ids], reuse=reuse):
        table = _table(vocab_size, embed_dim, initializer, regularizer, trainable)
        if unique:
            return embedding_lookup_unique(table, ids)
        found: Tensor = embedding_lookup(table, ids)
        return found


def bow_encoder(
    ids: Any,
    vocab_size: int,
    embed_dim: int,
    sparse_lookup: bool = True,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    scope: Any = None,
    reuse: Any = None,
) -> Tensor:
    """Return the mean of the rows of each sequence's ids: [batch, depth].

    Args:
      ids: integers [batch, length], dense (zeros are left out) or sparse.
      vocab_size: the number of rows of the variable `embeddings`.
      embed_dim: their size.
      sparse_lookup: whether zeros in dense ids are left out.
      initializer: the initial rows.
      regularizer: a function of the rows that gives a loss.
      trainable: whether optimizers change the rows.
      scope: the name of the variable scope.
      reuse: whether to reuse variables.

    Raises:
      TypeError: sparse ids are looked up as dense ones.
    """
    with variable_scope(scope, "bow_encoder", [ids], reuse=reuse):
        table = _table(vocab_size, embed_dim, initializer, regularizer, trainable)
        if sparse_lookup:
            sparse = ids if isinstance(ids, SparseTensor) else dense_to_sparse(ids)
            rows: Tensor = safe_embedding_lookup_sparse(
                [table], sparse, combiner="mean", default_id=0
            )
            return rows
        if isinstance(ids, SparseTensor):
            raise TypeError("ids are expected to be dense Tensor, got: ", ids)
        return reduce_mean(embedding_lookup(table, ids), axis=1)
