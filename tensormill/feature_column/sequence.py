"""Sequences of categories and of numbers.

Source: TensorFlow 1.15, python/feature_column/sequence_feature_column.py.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from tensormill.feature_column.arguments import check_number_dtype, check_shape
from tensormill.feature_column.categorical import (
    categorical_column_with_hash_bucket,
    categorical_column_with_identity,
)
from tensormill.feature_column.column_configs import PlainConfig, SerializedField
from tensormill.feature_column.protocols import (
    BothCategorical,
    BothSequenceDense,
    IdWeightPair,
    TensorSequenceLengthPair,
    num_buckets_of,
    parse_spec_of,
    sparse_tensors_of,
)
from tensormill.feature_column.states import ScopeState
from tensormill.feature_column.vocabulary import (
    categorical_column_with_vocabulary_file,
    categorical_column_with_vocabulary_list,
)
from tensormill.graph import dtypes
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.shapes import TensorShape
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.io.example_parsing import VarLenFeature
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import ceil
from tensormill.ops.filling import ones_like, zeros
from tensormill.ops.joining import concat
from tensormill.ops.reduction import reduce_prod
from tensormill.ops.segments import segment_max
from tensormill.ops.sparse_arrays import sparse_tensor_to_dense
from tensormill.ops.sparse_shapes import sparse_reshape

__all__ = [
    "SequenceCategoricalColumn",
    "SequenceNumericColumn",
    "refuse_sequence",
    "require_sequence",
    "sequence_categorical_column_with_hash_bucket",
    "sequence_categorical_column_with_identity",
    "sequence_categorical_column_with_vocabulary_file",
    "sequence_categorical_column_with_vocabulary_list",
    "sequence_length_from_sparse_tensor",
    "sequence_numeric_column",
]


def sequence_length_from_sparse_tensor(sp_tensor: SparseTensor, num_elements: int = 1) -> Tensor:
    """Return the number of steps of each row, int64, shape [batch].

    Args:
      sp_tensor: of rank 2 or more, whose second axis is that of the steps.
      num_elements: how many of its entries make a step.
    """
    with name_scope(None, "sequence_length") as scope:
        rows = sp_tensor.indices[:, 0]
        places = sp_tensor.indices[:, 1]
        places += ones_like(places)
        lengths = segment_max(places, segment_ids=rows)
        lengths = cast(ceil(lengths / num_elements), dtypes.int64)
        missing = shape_of(sp_tensor)[:1] - shape_of(lengths)[:1]
        return concat([lengths, zeros(missing, dtype=lengths.dtype)], axis=0, name=scope)


class SequenceCategoricalColumn(
    PlainConfig,
    BothCategorical,
    namedtuple("SequenceCategoricalColumn", ("categorical_column",)),
):
    """Sequences of categories."""

    _codecs: ClassVar[Mapping[str, SerializedField]] = {
        "categorical_column": SerializedField.COLUMN
    }

    @property
    def name(self) -> str:
        """That of the categories."""
        return str(self.categorical_column.name)

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """As for the categories."""
        return parse_spec_of(self.categorical_column)

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """Return what the categories give."""
        return self.categorical_column.transform_feature(transformation_cache, state_manager)

    @property
    def num_buckets(self) -> int:
        """The number of categories."""
        return num_buckets_of(self.categorical_column)

    def get_sparse_tensors(self, transformation_cache: Any, state_manager: Any) -> IdWeightPair:
        """Return ids and weights of rank 3: [batch, steps, ids of a step]."""
        ids, weights = sparse_tensors_of(
            self.categorical_column, transformation_cache, state_manager
        )
        size = shape_of(ids)
        target = [size[0], size[1], reduce_prod(size[2:])]
        return IdWeightPair(
            sparse_reshape(ids, target),
            None if weights is None else sparse_reshape(weights, target),
        )

    @property
    def parents(self) -> list[Any]:
        """The column of the categories."""
        return [self.categorical_column]


class SequenceNumericColumn(
    PlainConfig,
    BothSequenceDense,
    namedtuple(
        "SequenceNumericColumn", ("key", "shape", "default_value", "dtype", "normalizer_fn")
    ),
):
    """Sequences of numbers."""

    _codecs: ClassVar[Mapping[str, SerializedField]] = {
        "normalizer_fn": SerializedField.FUNCTION,
        "dtype": SerializedField.DTYPE,
    }

    @property
    def name(self) -> str:
        """The name of the feature."""
        return str(self.key)

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """A feature of any length."""
        return {self.key: VarLenFeature(self.dtype)}

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """Return the numbers, normalised."""
        tensor = transformation_cache.get(self.key, state_manager)
        return tensor if self.normalizer_fn is None else self.normalizer_fn(tensor)

    @property
    def variable_shape(self) -> TensorShape:
        """The shape of a step."""
        return TensorShape(self.shape)

    @property
    def _variable_shape(self) -> TensorShape:
        return self.variable_shape

    def get_sequence_dense_tensor(
        self, transformation_cache: Any, state_manager: Any
    ) -> TensorSequenceLengthPair:
        """Return the numbers [batch, steps, ...], filled up, and the numbers of steps."""
        sparse = transformation_cache.get(self, state_manager)
        dense = sparse_tensor_to_dense(sparse, default_value=self.default_value)
        target = concat([shape_of(dense)[:1], [-1], self.variable_shape.as_list()], axis=0)
        width = int(np.prod(self.shape)) if sparse.shape.ndims == 2 else 1
        return TensorSequenceLengthPair(
            reshape(dense, target), sequence_length_from_sparse_tensor(sparse, num_elements=width)
        )

    @property
    def parents(self) -> list[Any]:
        """The name of the feature."""
        return [self.key]


def _protocol_prefix(state_manager: Any) -> str:
    return "_" if isinstance(state_manager, ScopeState) else ""


def refuse_sequence(kind: str, column: Any, state_manager: Any) -> None:
    """Refuse a column of sequences where one of single examples is needed.

    Args:
      kind: what the column is called: "embedding" or "indicator".
      column: what is made of `column.categorical_column`.
      state_manager: who asks.

    Raises:
      ValueError: the categories are in sequences.
    """
    source = column.categorical_column
    if isinstance(source, SequenceCategoricalColumn):
        layer, sequence_layer = column._layer_names
        raise ValueError(
            f"In {kind}_column: {column.name}. categorical_column must not be of type "
            f"{_protocol_prefix(state_manager)}SequenceCategoricalColumn. Suggested fix A: If you "
            f"wish to use {layer}, use a non-sequence categorical_column_with_*. Suggested fix "
            f"B: If you wish to create sequence input, use {sequence_layer} instead of {layer}. "
            f"Given (type {type(source)}): {source}"
        )


def require_sequence(kind: str, column: Any, state_manager: Any) -> None:
    """Refuse a column of single examples where one of sequences is needed; see above."""
    source = column.categorical_column
    if not isinstance(source, SequenceCategoricalColumn):
        raise ValueError(
            f"In {kind}_column: {column.name}. categorical_column must be of type "
            f"{_protocol_prefix(state_manager)}SequenceCategoricalColumn to use "
            f"{column._layer_names[1]}. Suggested fix: Use one of "
            f"sequence_categorical_column_with_*. Given (type {type(source)}): {source}"
        )


def sequence_categorical_column_with_identity(
    key: str, num_buckets: int, default_value: int | None = None
) -> SequenceCategoricalColumn:
    """Return a column of sequences of numbered categories."""
    return SequenceCategoricalColumn(
        categorical_column_with_identity(key, num_buckets, default_value)
    )


def sequence_categorical_column_with_hash_bucket(
    key: str, hash_bucket_size: int, dtype: Any = dtypes.string
) -> SequenceCategoricalColumn:
    """Return a column of sequences of hashed categories."""
    return SequenceCategoricalColumn(
        categorical_column_with_hash_bucket(key, hash_bucket_size, dtype)
    )


def sequence_categorical_column_with_vocabulary_file(
    key: str,
    vocabulary_file: str,
    vocabulary_size: int | None = None,
    num_oov_buckets: int = 0,
    default_value: int | None = None,
    dtype: Any = dtypes.string,
) -> SequenceCategoricalColumn:
    """Return a column of sequences of the categories of a file."""
    return SequenceCategoricalColumn(
        categorical_column_with_vocabulary_file(
            key, vocabulary_file, vocabulary_size, num_oov_buckets, default_value, dtype
        )
    )


def sequence_categorical_column_with_vocabulary_list(
    key: str,
    vocabulary_list: Any,
    dtype: Any = None,
    default_value: int = -1,
    num_oov_buckets: int = 0,
) -> SequenceCategoricalColumn:
    """Return a column of sequences of the categories of a list."""
    return SequenceCategoricalColumn(
        categorical_column_with_vocabulary_list(
            key, vocabulary_list, dtype, default_value, num_oov_buckets
        )
    )


def sequence_numeric_column(
    key: str,
    shape: Any = (1,),
    default_value: float = 0.0,
    dtype: Any = dtypes.float32,
    normalizer_fn: Callable[..., Any] | None = None,
) -> SequenceNumericColumn:
    """Return a column of sequences of numbers.

    Args:
      key: the name of the feature.
      shape: of a step.
      default_value: what shorter sequences are filled up with.
      dtype: of the feature.
      normalizer_fn: a function that the sparse tensor goes through.

    Raises:
      TypeError: a size is no integer, or the function cannot be called.
      ValueError: a size is not positive, or the dtype is no number.
    """
    sizes = check_shape(shape, key)
    check_number_dtype(dtype, key)
    if normalizer_fn is not None and not callable(normalizer_fn):
        raise TypeError(f"normalizer_fn must be a callable. Given: {normalizer_fn}")
    return SequenceNumericColumn(key, sizes, default_value, dtype, normalizer_fn)
