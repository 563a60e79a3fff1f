"""Categories as counts: how often an example has each.

Source: TensorFlow 1.15, python/feature_column/feature_column_v2.py.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping
from typing import Any, ClassVar

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
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.ops.filling import one_hot
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.scattering import scatter_nd
from tensormill.ops.sparse_arrays import sparse_merge, sparse_slice, sparse_tensor_to_dense

__all__ = ["IndicatorColumn", "indicator_column"]


class IndicatorColumn(
    PlainConfig,
    BothDense,
    BothSequenceDense,
    namedtuple("IndicatorColumn", ("categorical_column",)),
):
    """How often an example has each category."""

    _codecs: ClassVar[Mapping[str, SerializedField]] = {
        "categorical_column": SerializedField.COLUMN
    }
    _layer_names = ("DenseFeatures", "SequenceFeatures")

    @property
    def name(self) -> str:
        """That of the categories with a suffix."""
        return f"{self.categorical_column.name}_indicator"

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """As for the categories."""
        return parse_spec_of(self.categorical_column)

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Tensor:
        """Return the counts, or the sums of the weights."""
        ids, weights = sparse_tensors_of(
            self.categorical_column, transformation_cache, state_manager
        )
        depth = num_buckets_of(self.categorical_column)
        if weights is not None:
            merged = sparse_merge(sp_ids=ids, sp_values=weights, vocab_size=depth)
            # ids that are out of range or stand for nothing
            kept = sparse_slice(merged, [0, 0], merged.dense_shape)
            return scatter_nd(kept.indices, kept.values, kept.dense_shape)
        dense = sparse_tensor_to_dense(ids, default_value=-1)
        hot = one_hot(dense, depth=depth, on_value=1.0, off_value=0.0)
        return reduce_sum(hot, axis=[-2])

    @property
    def variable_shape(self) -> TensorShape:
        """One row of all categories."""
        return TensorShape([1, num_buckets_of(self.categorical_column)])

    def get_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> Tensor:
        """Return the counts [batch, categories].

        Raises:
          ValueError: the categories are in sequences.
        """
        refuse_sequence("indicator", self, state_manager)
        made: Tensor = transformation_cache.get(self, state_manager)
        return made

    def get_sequence_dense_tensor(
        self, transformation_cache: Any, state_manager: Any
    ) -> TensorSequenceLengthPair:
        """Return the counts [batch, steps, categories] and the numbers of steps.

        Raises:
          ValueError: the categories are not in sequences.
        """
        require_sequence("indicator", self, state_manager)
        dense = transformation_cache.get(self, state_manager)
        ids, _ = sparse_tensors_of(self.categorical_column, transformation_cache, state_manager)
        return TensorSequenceLengthPair(dense, sequence_length_from_sparse_tensor(ids))

    @property
    def parents(self) -> list[Any]:
        """The column of the categories."""
        return [self.categorical_column]


def indicator_column(categorical_column: Any) -> IndicatorColumn:
    """Return a column of how often an example has each category.

    Args:
      categorical_column: the categories; weights are summed where it has some.
    """
    return IndicatorColumn(categorical_column)
