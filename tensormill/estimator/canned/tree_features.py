"""The features of boosted trees: columns as buckets, one int32 vector for each.

Source: TensorFlow Estimator 1.15, python/estimator/canned/boosted_trees.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tensormill.feature_column.indicator import IndicatorColumn
from tensormill.feature_column.numeric import BucketizedColumn
from tensormill.feature_column.protocols import (
    CategoricalColumn,
    ScopedCategoricalColumn,
    ScopedDenseColumn,
    num_buckets_of,
)
from tensormill.feature_column.transformation import transform_features
from tensormill.graph import dtypes
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import squeeze
from tensormill.ops.boosted_trees import bucketize_op
from tensormill.ops.casting import cast
from tensormill.ops.joining import unstack

__all__ = ["TreeFeatures"]


class TreeFeatures:
    """What the columns of a model give to its trees.

    Args:
      columns: bucketized, indicator or numeric columns.

    Raises:
      ValueError: there are others.

    Attributes:
      columns: in the order of their names.
      float_columns: those of numbers, whose buckets are learned.
      names: for each feature the name of its column.
    """

    def __init__(self, columns: Sequence[Any]) -> None:
        self.columns = sorted(columns, key=lambda column: column.name)
        self.float_columns = [each for each in self.columns if _is_float(each)]
        self.names = [
            column.categorical_column.name if isinstance(column, IndicatorColumn) else column.name
            for column in self.columns
            for _ in range(_width(column))
        ]

    @property
    def float_count(self) -> int:
        """The number of features of numbers."""
        return sum(_width(column) for column in self.float_columns)

    def groups(self, num_quantiles: int) -> dict[int, list[int]]:
        """Return the numbers of features by how many buckets they have at most."""
        found: dict[int, list[int]] = {}
        bucketized: list[int] = []
        most, number = 2, 0
        for column in self.columns:
            numbers = list(range(number, number + _width(column)))
            number += len(numbers)
            if isinstance(column, BucketizedColumn):
                most = max(most, len(column.boundaries) + 1)
                bucketized += numbers
            else:
                is_indicator = isinstance(column, IndicatorColumn)
                found.setdefault(2 if is_indicator else num_quantiles, []).extend(numbers)
        if bucketized:
            found.setdefault(most, []).extend(bucketized)
        return found

    def buckets(self, features: Mapping[str, Any], edges: Sequence[Tensor]) -> list[Tensor]:
        """Return the bucket of each feature of each example.

        Args:
          features: tensors by name.
          edges: of the buckets of the features of numbers.

        Raises:
          ValueError: a feature has a rank that is not supported.
        """
        left = list(edges)
        found: list[Tensor] = []
        for column, tensor in self._transformed(features, self.columns):
            if isinstance(column, BucketizedColumn):
                found.append(squeeze(tensor, axis=1))
            elif isinstance(column, IndicatorColumn):
                found.extend(unstack(cast(tensor, dtypes.int32), axis=1))
            else:
                values = unstack(tensor, axis=1)
                own, left = left[: len(values)], left[len(values) :]
                found.extend(bucketize_op(values, own))
        return found

    def numbers(self, features: Mapping[str, Any]) -> list[Tensor]:
        """Return the features of numbers as they are."""
        return [
            each
            for _, tensor in self._transformed(features, self.float_columns)
            for each in unstack(tensor, axis=1)
        ]

    def _transformed(
        self, features: Mapping[str, Any], columns: Sequence[Any]
    ) -> list[tuple[Any, Tensor]]:
        made = transform_features(features, columns)
        for column in columns:
            rank = made[column].get_shape().ndims
            if rank is None or rank > 2:
                raise ValueError(
                    "For now, only supports features equivalent to rank 1 but column "
                    f"`{column.name}` got: {made[column].get_shape()}"
                )
        return [(column, made[column]) for column in columns]


def _is_float(column: Any) -> bool:
    if isinstance(column, (BucketizedColumn, IndicatorColumn)):
        return False
    if isinstance(column, (CategoricalColumn, ScopedCategoricalColumn)):
        raise ValueError(f"CategoricalColumn must be wrapped by IndicatorColumn, got: {column}")
    if not isinstance(column, ScopedDenseColumn) or not hasattr(column, "dtype"):
        raise ValueError(f"Encountered unexpected column {column}")
    if len(column._variable_shape.as_list()) > 1:
        raise ValueError(
            f"For now, we only support Dense column with rank of 1, but column `{column.name}` "
            f"got: {column._variable_shape}"
        )
    return True


def _width(column: Any) -> int:
    """Return how many features a column is."""
    if isinstance(column, IndicatorColumn):
        return num_buckets_of(column.categorical_column)
    if isinstance(column, BucketizedColumn):
        return 1
    return int(column._variable_shape.num_elements())
