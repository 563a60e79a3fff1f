"""Categories by the hash of their name, or by their number.

Source: TensorFlow 1.15, python/feature_column/feature_column_v2.py.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping
from typing import Any, ClassVar

from tensormill.feature_column.arguments import assert_key_is_string, assert_string_or_int
from tensormill.feature_column.column_configs import PlainConfig, SerializedField
from tensormill.feature_column.protocols import BothCategorical
from tensormill.feature_column.transformation import to_sparse_input
from tensormill.graph import dtypes
from tensormill.graph.default_scopes import control_dependencies
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.io.example_parsing import VarLenFeature
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_greater_equal, assert_less
from tensormill.ops.casting import cast
from tensormill.ops.comparison import logical_or
from tensormill.ops.filling import fill
from tensormill.ops.gathering import where_v2
from tensormill.ops.identities import identity
from tensormill.ops.strings import as_string, string_to_hash_bucket_fast

__all__ = [
    "HashedCategoricalColumn",
    "IdentityCategoricalColumn",
    "KeyedCategoricalColumn",
    "categorical_column_with_hash_bucket",
    "categorical_column_with_identity",
]


class KeyedCategoricalColumn(PlainConfig, BothCategorical):
    """Categories of one feature: what hashed, numbered and listed ones have in common."""

    key: str
    dtype: Any

    @property
    def name(self) -> str:
        """The name of the feature."""
        return str(self.key)

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """A feature of any length."""
        return {self.key: VarLenFeature(self.dtype)}

    @property
    def parents(self) -> list[Any]:
        """The name of the feature."""
        return [self.key]

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> SparseTensor:
        """Return the ids of the feature's values."""
        feature = to_sparse_input(transformation_cache.get(self.key, state_manager))
        return self._ids(feature, state_manager)

    def _ids(self, feature: SparseTensor, state_manager: Any) -> SparseTensor:
        raise NotImplementedError

    def _check_dtype(self, feature: SparseTensor) -> None:
        if self.dtype.is_integer != feature.dtype.is_integer:
            raise ValueError(
                f"Column dtype and SparseTensors dtype must be compatible. key: {self.key}, "
                f"column dtype: {self.dtype}, tensor dtype: {feature.dtype}"
            )


class HashedCategoricalColumn(
    KeyedCategoricalColumn,
    namedtuple("HashedCategoricalColumn", ("key", "hash_bucket_size", "dtype")),
):
    """Categories by the hash of their name."""

    _codecs: ClassVar[Mapping[str, SerializedField]] = {"dtype": SerializedField.DTYPE}

    def _ids(self, feature: SparseTensor, state_manager: Any) -> SparseTensor:
        assert_string_or_int(feature.dtype, prefix=f"column_name: {self.key} input_tensor")
        self._check_dtype(feature)
        values = feature.values
        if self.dtype != dtypes.string:
            values = as_string(values)
        ids = string_to_hash_bucket_fast(values, self.hash_bucket_size, name="lookup")
        return SparseTensor(feature.indices, ids, feature.dense_shape)

    @property
    def num_buckets(self) -> int:
        """The number of buckets."""
        return int(self.hash_bucket_size)


class IdentityCategoricalColumn(
    KeyedCategoricalColumn,
    namedtuple("IdentityCategoricalColumn", ("key", "number_buckets", "default_value")),
):
    """Categories that are numbers already."""

    dtype = dtypes.int64

    def _ids(self, feature: SparseTensor, state_manager: Any) -> SparseTensor:
        if not feature.dtype.is_integer:
            raise ValueError(f"Invalid input, not integer. key: {self.key} dtype: {feature.dtype}")
        values = cast(feature.values, dtypes.int64, name="values")
        limit = cast(self.number_buckets, dtypes.int64, name="num_buckets")
        zero = cast(0, dtypes.int64, name="zero")
        if self.default_value is None:
            values = self._checked(values, limit, zero)
        else:
            default = cast(self.default_value, dtypes.int64)
            is_outside = logical_or(values < zero, values >= limit, name="out_of_range")
            values = where_v2(
                is_outside, fill(shape_of(values), default, name="default_values"), values
            )
        return SparseTensor(feature.indices, values, feature.dense_shape)

    def _checked(self, values: Tensor, limit: Tensor, zero: Tensor) -> Tensor:
        checks = [
            assert_less(
                values,
                limit,
                data=(values, limit),
                message=f'Bucket index for categorical column "{self.name}" exceeds number of '
                "buckets",
                name="assert_less_than_num_buckets",
            ),
            assert_greater_equal(
                values,
                zero,
                data=(values,),
                message=f'Negative bucket index for categorical column "{self.name}"',
                name="assert_greater_or_equal_0",
            ),
        ]
        with control_dependencies(checks):
            return identity(values)

    @property
    def num_buckets(self) -> int:
        """The number of categories."""
        return int(self.number_buckets)


def categorical_column_with_hash_bucket(
    key: str, hash_bucket_size: int, dtype: Any = dtypes.string
) -> HashedCategoricalColumn:
    """Return a column of categories by the hash of their name.

    Args:
      key: the name of the feature.
      hash_bucket_size: the number of buckets.
      dtype: of the feature, strings or integers.

    Raises:
      ValueError: there are no buckets, or the dtype is neither.
    """
    if hash_bucket_size is None:
        raise ValueError(f"hash_bucket_size must be set. key: {key}")
    if hash_bucket_size < 1:
        raise ValueError(
            f"hash_bucket_size must be at least 1. hash_bucket_size: {hash_bucket_size}, key: {key}"
        )
    assert_key_is_string(key)
    assert_string_or_int(dtype, prefix=f"column_name: {key}")
    return HashedCategoricalColumn(key, hash_bucket_size, dtype)


def categorical_column_with_identity(
    key: str, num_buckets: int, default_value: int | None = None
) -> IdentityCategoricalColumn:
    """Return a column of categories that are numbers from 0 on.

    Args:
      key: the name of the feature.
      num_buckets: the number of categories.
      default_value: what stands for numbers out of range; None refuses them.

    Raises:
      ValueError: there are no categories, or the default is none of them.
    """
    if num_buckets < 1:
        raise ValueError(f"num_buckets {num_buckets} < 1, column_name {key}")
    if default_value is not None and not 0 <= default_value < num_buckets:
        raise ValueError(
            f"default_value {default_value} not in range [0, {num_buckets}), column_name {key}"
        )
    assert_key_is_string(key)
    return IdentityCategoricalColumn(key, num_buckets, default_value)
