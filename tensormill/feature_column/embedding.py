"""Embeddings of categories: a learned vector for each, one table a column.

Source: TensorFlow 1.15, python/feature_column/feature_column_v2.py.
"""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from tensormill.feature_column.arguments import check_checkpoint_source, check_dimension
from tensormill.feature_column.column_configs import PlainConfig, SerializedField
from tensormill.feature_column.protocols import (
    BothDense,
    BothSequenceDense,
    TensorSequenceLengthPair,
    num_buckets_of,
    parse_spec_of,
    sparse_tensors_of,
)
from tensormill.feature_column.sequence import (
    refuse_sequence,
    require_sequence,
    sequence_length_from_sparse_tensor,
)
from tensormill.graph import dtypes
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.ops.safe_embedding import safe_embedding_lookup_sparse
from tensormill.train.checkpoints.variable_loading import init_from_checkpoint
from tensormill.variables.initializers import TruncatedNormal
from tensormill.variables.partitioned import PartitionedVariable

__all__ = ["EmbeddingBase", "EmbeddingColumn", "default_initializer", "embedding_column"]


def load_embedding(path: Any, tensor_name: Any, weights: Any) -> None:
    """Let a table start from a stored one, where `path` is given."""
    if path is not None:
        parts = list(weights) if isinstance(weights, PartitionedVariable) else weights
        init_from_checkpoint(path, {tensor_name: parts})


class EmbeddingBase(BothDense, BothSequenceDense):
    """A column that looks categories up in a table; subclasses say in which one."""

    categorical_column: Any
    combiner: str
    max_norm: Any
    _layer_names = ("DenseFeatures", "SequenceFeatures")

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """As for the categories."""
        return parse_spec_of(self.categorical_column)

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """Return what the categories give."""
        return transformation_cache.get(self.categorical_column, state_manager)

    def _weights(self, state_manager: Any) -> Any:
        raise NotImplementedError

    def _looked_up(self, transformation_cache: Any, state_manager: Any) -> Tensor:
        ids, weights = sparse_tensors_of(
            self.categorical_column, transformation_cache, state_manager
        )
        return safe_embedding_lookup_sparse(
            self._weights(state_manager),
            ids,
            sparse_weights=weights,
            combiner=self.combiner,
            name=f"{self.name}_weights",
            max_norm=self.max_norm,
        )

    def get_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> Tensor:
        """Return the vectors [batch, dimension].

        Raises:
          ValueError: the categories are in sequences.
        """
        refuse_sequence("embedding", self, state_manager)
        return self._looked_up(transformation_cache, state_manager)

    def get_sequence_dense_tensor(
        self, transformation_cache: Any, state_manager: Any
    ) -> TensorSequenceLengthPair:
        """Return the vectors [batch, steps, dimension] and the numbers of steps.

        Raises:
          ValueError: the categories are not in sequences.
        """
        require_sequence("embedding", self, state_manager)
        dense = self._looked_up(transformation_cache, state_manager)
        ids, _ = sparse_tensors_of(self.categorical_column, transformation_cache, state_manager)
        return TensorSequenceLengthPair(dense, sequence_length_from_sparse_tensor(ids))

    @property
    def parents(self) -> list[Any]:
        """The column of the categories."""
        return [self.categorical_column]


class EmbeddingColumn(
    PlainConfig,
    EmbeddingBase,
    namedtuple(
        "EmbeddingColumn",
        (
            "categorical_column",
            "dimension",
            "combiner",
            "initializer",
            "ckpt_to_load_from",
            "tensor_name_in_ckpt",
            "max_norm",
            "trainable",
        ),
    ),
):
    """A learned vector for each category."""

    _codecs: ClassVar[Mapping[str, SerializedField]] = {
        "categorical_column": SerializedField.COLUMN,
        "initializer": SerializedField.INITIALIZER,
    }

    @property
    def name(self) -> str:
        """That of the categories with a suffix."""
        return f"{self.categorical_column.name}_embedding"

    @property
    def variable_shape(self) -> TensorShape:
        """The size of a vector."""
        return TensorShape([self.dimension])

    def create_state(self, state_manager: Any) -> None:
        """Make the table."""
        state_manager.create_variable(
            self,
            name="embedding_weights",
            shape=(num_buckets_of(self.categorical_column), self.dimension),
            dtype=dtypes.float32,
            trainable=self.trainable,
            use_resource=True,
            initializer=self.initializer,
        )

    def _weights(self, state_manager: Any) -> Any:
        weights = state_manager.get_variable(self, name="embedding_weights")
        load_embedding(self.ckpt_to_load_from, self.tensor_name_in_ckpt, weights)
        return weights


def default_initializer(dimension: int) -> TruncatedNormal:
    """Return how a table starts: normal, of deviation 1/sqrt(dimension)."""
    return TruncatedNormal(mean=0.0, stddev=1 / math.sqrt(dimension))


def embedding_column(
    categorical_column: Any,
    dimension: int,
    combiner: str = "mean",
    initializer: Callable[..., Any] | None = None,
    ckpt_to_load_from: str | None = None,
    tensor_name_in_ckpt: str | None = None,
    max_norm: float | None = None,
    trainable: bool = True,
) -> EmbeddingColumn:
    """Return a column of a learned vector for each category.

    Args:
      categorical_column: the categories.
      dimension: the size of the vectors.
      combiner: how an example's categories become one vector: "mean", "sqrtn" or "sum".
      initializer: of the table; by default normal, of deviation 1/sqrt(dimension).
      ckpt_to_load_from: a checkpoint that the table starts from.
      tensor_name_in_ckpt: its name there.
      max_norm: longer vectors are shortened to it.
      trainable: whether optimizers change the table.

    Raises:
      ValueError: the dimension is not positive, or one of the names of a checkpoint is missing.
    """
    check_dimension(dimension)
    check_checkpoint_source(ckpt_to_load_from, tensor_name_in_ckpt)
    if initializer is not None and not callable(initializer):
        raise ValueError(
            "initializer must be callable if specified. "
            f"Embedding of column_name: {categorical_column.name}"
        )
    return EmbeddingColumn(
        categorical_column=categorical_column,
        dimension=dimension,
        combiner=combiner,
        initializer=default_initializer(dimension) if initializer is None else initializer,
        ckpt_to_load_from=ckpt_to_load_from,
        tensor_name_in_ckpt=tensor_name_in_ckpt,
        max_norm=max_norm,
        trainable=trainable,
    )
