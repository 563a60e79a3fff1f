"""Categories made of others: with weights, and crossed.

Source: TensorFlow 1.15, python/feature_column/feature_column_v2.py.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping
from typing import Any, ClassVar

from tensormill.feature_column.categorical import HashedCategoricalColumn
from tensormill.feature_column.column_configs import PlainConfig, SerializedField
from tensormill.feature_column.protocols import (
    BothCategorical,
    CategoricalColumn,
    FeatureColumn,
    IdWeightPair,
    ScopedCategoricalColumn,
    ScopedColumn,
    num_buckets_of,
    parse_spec_of,
    sparse_tensors_of,
)
from tensormill.feature_column.transformation import to_sparse_input
from tensormill.graph import dtypes
from tensormill.graph.sparse_tensor import SparseTensor, convert_to_tensor_or_sparse_tensor
from tensormill.io.example_parsing import VarLenFeature
from tensormill.ops.casting import cast
from tensormill.ops.sparse_crosses import sparse_cross_hashed

__all__ = [
    "CrossedColumn",
    "WeightedCategoricalColumn",
    "crossed_column",
    "weighted_categorical_column",
]


class WeightedCategoricalColumn(
    PlainConfig,
    BothCategorical,
    namedtuple("WeightedCategoricalColumn", ("categorical_column", "weight_feature_key", "dtype")),
):
    """Categories that another feature weighs."""

    _codecs: ClassVar[Mapping[str, SerializedField]] = {
        "categorical_column": SerializedField.COLUMN,
        "dtype": SerializedField.DTYPE,
    }

    @property
    def name(self) -> str:
        """The names of both features."""
        return f"{self.categorical_column.name}_weighted_by_{self.weight_feature_key}"

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """As for the categories, and the weights.

        Raises:
          ValueError: the categories use the feature of the weights.
        """
        spec = parse_spec_of(self.categorical_column)
        key = self.weight_feature_key
        if key in spec:
            raise ValueError(f"Parse config {spec[key]} already exists for {key}.")
        return {**spec, key: VarLenFeature(self.dtype)}

    @property
    def num_buckets(self) -> int:
        """The number of categories."""
        return num_buckets_of(self.categorical_column)

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """Return the ids and the weights."""
        weights = self._weights(transformation_cache.get(self.weight_feature_key, state_manager))
        return transformation_cache.get(self.categorical_column, state_manager), weights

    def _weights(self, weights: Any) -> Any:
        if weights is None:
            raise ValueError(f"Missing weights {self.weight_feature_key}.")
        weights = convert_to_tensor_or_sparse_tensor(weights)
        if self.dtype != weights.dtype.base_dtype:
            raise ValueError(f"Bad dtype, expected {self.dtype}, but got {weights.dtype}.")
        if not isinstance(weights, SparseTensor):
            weights = to_sparse_input(weights, ignore_value=0.0)
        return weights if weights.dtype.is_floating else cast(weights, dtypes.float32)

    def get_sparse_tensors(self, transformation_cache: Any, state_manager: Any) -> IdWeightPair:
        """Return the ids and the weights."""
        return IdWeightPair(*transformation_cache.get(self, state_manager))

    @property
    def parents(self) -> list[Any]:
        """The categories, and the name of the weights."""
        return [self.categorical_column, self.weight_feature_key]


class CrossedColumn(
    PlainConfig,
    BothCategorical,
    namedtuple("CrossedColumn", ("keys", "hash_bucket_size", "hash_key")),
):
    """The combinations of the categories of several features, by their hash."""

    _codecs: ClassVar[Mapping[str, SerializedField]] = {"keys": SerializedField.COLUMNS}

    def _leaves(self) -> list[Any]:
        """Return what is crossed, with crosses among it taken apart."""
        leaves: list[Any] = []
        for key in self.keys:
            leaves.extend(key._leaves() if isinstance(key, CrossedColumn) else [key])
        return leaves

    @property
    def name(self) -> str:
        """The names of what is crossed."""
        return "_X_".join(
            sorted(
                key.name if isinstance(key, (FeatureColumn, ScopedColumn)) else key
                for key in self._leaves()
            )
        )

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """As for what is crossed; a name stands for strings of any number."""
        spec: dict[str, Any] = {}
        for key in self.keys:
            spec.update(
                {key: VarLenFeature(dtypes.string)} if isinstance(key, str) else parse_spec_of(key)
            )
        return spec

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """Return the ids of the combinations.

        Raises:
          ValueError: what is crossed has weights.
        """
        tensors = []
        for key in self._leaves():
            if isinstance(key, str):
                tensors.append(transformation_cache.get(key, state_manager))
                continue
            pair = sparse_tensors_of(key, transformation_cache, state_manager)
            if pair.weight_tensor is not None:
                raise ValueError(
                    "crossed_column does not support weight_tensor, but the given column "
                    f"populates weight_tensor. Given column: {key.name}"
                )
            tensors.append(pair.id_tensor)
        return sparse_cross_hashed(
            inputs=tensors, num_buckets=self.hash_bucket_size, hash_key=self.hash_key
        )

    @property
    def num_buckets(self) -> int:
        """The number of buckets."""
        return int(self.hash_bucket_size)

    @property
    def parents(self) -> list[Any]:
        """What is crossed."""
        return list(self.keys)


def weighted_categorical_column(
    categorical_column: Any, weight_feature_key: str, dtype: Any = dtypes.float32
) -> WeightedCategoricalColumn:
    """Return a column of categories that another feature weighs.

    Args:
      categorical_column: the categories.
      weight_feature_key: the name of the feature of the weights, one for each category.
      dtype: of the weights.

    Raises:
      ValueError: the dtype is no number.
    """
    if dtype is None or not (dtype.is_integer or dtype.is_floating):
        raise ValueError(f"dtype {dtype} is not convertible to float.")
    return WeightedCategoricalColumn(categorical_column, weight_feature_key, dtype)


def crossed_column(keys: Any, hash_bucket_size: int, hash_key: int | None = None) -> CrossedColumn:
    """Return a column of the combinations of several features.

    Args:
      keys: two or more: names of features, or categorical columns that are not hashed.
      hash_bucket_size: the number of buckets.
      hash_key: what the hash starts from.

    Raises:
      ValueError: there are no buckets or less than two keys, or a key is of another kind.
    """
    if not hash_bucket_size or hash_bucket_size < 1:
        raise ValueError(f"hash_bucket_size must be > 1. hash_bucket_size: {hash_bucket_size}")
    if not keys or len(keys) < 2:
        raise ValueError(f"keys must be a list with length > 1. Given: {keys}")
    for key in keys:
        if not isinstance(key, (str, CategoricalColumn, ScopedCategoricalColumn)):
            raise ValueError(
                "Unsupported key type. All keys must be either string, or categorical column "
                f"except HashedCategoricalColumn. Given: {key}"
            )
        if isinstance(key, HashedCategoricalColumn):
            raise ValueError(
                "categorical_column_with_hash_bucket is not supported for crossing. Hashing "
                "before crossing will increase probability of collision. Instead, use the "
                f"feature name as a string. Given: {key}"
            )
    return CrossedColumn(tuple(keys), hash_bucket_size, hash_key)
