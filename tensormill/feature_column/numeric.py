"""Columns of numbers, as they are and in buckets.

Source: TensorFlow 1.15, python/feature_column/feature_column_v2.py.
"""

from __future__ import annotations

import itertools
from collections import namedtuple
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from tensormill.feature_column.arguments import (
    assert_key_is_string,
    check_default_value,
    check_number_dtype,
    check_shape,
)
from tensormill.feature_column.column_configs import PlainConfig, SerializedField
from tensormill.feature_column.protocols import (
    BothCategorical,
    BothDense,
    IdWeightPair,
    parse_spec_of,
)
from tensormill.graph import dtypes
from tensormill.graph.shapes import TensorShape
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.io.example_parsing import FixedLenFeature
from tensormill.ops.array_shapes import expand_dims, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.filling import one_hot
from tensormill.ops.index_arithmetic import bucketize
from tensormill.ops.joining import stack, tile
from tensormill.ops.sequences import range_of
from tensormill.ops.transposition import transpose

__all__ = ["BucketizedColumn", "NumericColumn", "bucketized_column", "numeric_column"]


class NumericColumn(
    PlainConfig,
    BothDense,
    namedtuple("NumericColumn", ("key", "shape", "default_value", "dtype", "normalizer_fn")),
):
    """A feature of numbers."""

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
        """A feature of fixed length."""
        return {self.key: FixedLenFeature(self.shape, self.dtype, self.default_value)}

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Tensor:
        """Return the numbers as float32, normalised.

        Raises:
          ValueError: the feature is sparse.
        """
        tensor = transformation_cache.get(self.key, state_manager)
        if isinstance(tensor, SparseTensor):
            raise ValueError(
                "The corresponding Tensor of numerical column must be a Tensor. "
                f"SparseTensor is not supported. key: {self.key}"
            )
        if self.normalizer_fn is not None:
            tensor = self.normalizer_fn(tensor)
        return cast(tensor, dtypes.float32)

    @property
    def variable_shape(self) -> TensorShape:
        """The shape that was given."""
        return TensorShape(self.shape)

    def get_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> Tensor:
        """Return the numbers."""
        made: Tensor = transformation_cache.get(self, state_manager)
        return made

    @property
    def parents(self) -> list[Any]:
        """The name of the feature."""
        return [self.key]


class BucketizedColumn(
    PlainConfig,
    BothDense,
    BothCategorical,
    namedtuple("BucketizedColumn", ("source_column", "boundaries")),
):
    """Numbers by the bucket that they fall into."""

    _codecs: ClassVar[Mapping[str, SerializedField]] = {"source_column": SerializedField.COLUMN}

    @property
    def name(self) -> str:
        """That of the numbers with a suffix."""
        return f"{self.source_column.name}_bucketized"

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """As for the numbers."""
        return parse_spec_of(self.source_column)

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Tensor:
        """Return the number of the bucket of each number."""
        source = transformation_cache.get(self.source_column, state_manager)
        return bucketize(source, boundaries=self.boundaries)

    @property
    def _depth(self) -> int:
        return len(self.boundaries) + 1

    @property
    def variable_shape(self) -> TensorShape:
        """The shape of the numbers, and the number of buckets."""
        return TensorShape((*self.source_column.shape, self._depth))

    def get_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> Tensor:
        """Return a 1 in the place of each bucket."""
        buckets = transformation_cache.get(self, state_manager)
        return one_hot(
            indices=cast(buckets, dtypes.int64), depth=self._depth, on_value=1.0, off_value=0.0
        )

    @property
    def num_buckets(self) -> int:
        """The number of buckets of all numbers of an example."""
        return int(self._depth * self.source_column.shape[0])

    def get_sparse_tensors(self, transformation_cache: Any, state_manager: Any) -> IdWeightPair:
        """Return an id for each number: its place and its bucket."""
        buckets = transformation_cache.get(self, state_manager)
        batch_size = shape_of(buckets)[0]
        width = self.source_column.shape[0]
        rows = reshape(tile(expand_dims(range_of(0, batch_size), 1), [1, width]), (-1,))
        places = tile(range_of(0, width), [batch_size])
        ids = reshape(buckets, (-1,)) + self._depth * places
        indices = cast(transpose(stack((rows, places))), dtypes.int64)
        dense_shape = cast(stack([batch_size, width]), dtypes.int64)
        return IdWeightPair(SparseTensor(indices, ids, dense_shape), None)

    @property
    def parents(self) -> list[Any]:
        """The column of the numbers."""
        return [self.source_column]


def numeric_column(
    key: str,
    shape: Any = (1,),
    default_value: Any = None,
    dtype: Any = dtypes.float32,
    normalizer_fn: Callable[..., Any] | None = None,
) -> NumericColumn:
    """Return a column of numbers.

    Args:
      key: the name of the feature.
      shape: of the feature, without the batch.
      default_value: what examples have that lack the feature; None refuses them.
      dtype: of the feature.
      normalizer_fn: a function that the tensor goes through.

    Raises:
      TypeError: a size is no integer, or the default value does not fit the dtype.
      ValueError: a size is not positive, or the default value has another shape.
    """
    sizes = check_shape(shape, key)
    check_number_dtype(dtype, key)
    default_value = check_default_value(sizes, default_value, dtype, key)
    if normalizer_fn is not None and not callable(normalizer_fn):
        raise TypeError(f"normalizer_fn must be a callable. Given: {normalizer_fn}")
    assert_key_is_string(key)
    return NumericColumn(key, sizes, default_value, dtype, normalizer_fn)


def bucketized_column(source_column: Any, boundaries: Any) -> BucketizedColumn:
    """Return a column of the buckets of numbers.

    Args:
      source_column: a numeric column of rank 1.
      boundaries: where buckets end, sorted; a number on a boundary is above it.

    Raises:
      ValueError: the column is none of numbers, or the boundaries are not sorted.
    """
    if not isinstance(source_column, NumericColumn):
        raise ValueError(
            "source_column must be a column generated with numeric_column(). "
            f"Given: {source_column}"
        )
    if len(source_column.shape) > 1:
        raise ValueError(f"source_column must be one-dimensional column. Given: {source_column}")
    if not boundaries:
        raise ValueError("boundaries must not be empty.")
    if not isinstance(boundaries, (list, tuple)) or any(
        low >= high for low, high in itertools.pairwise(boundaries)
    ):
        raise ValueError("boundaries must be a sorted list.")
    return BucketizedColumn(source_column, tuple(boundaries))
