"""What a column of features can be asked for.

TensorFlow 1.15 has two generations of these protocols, and programs write columns of either. The
older one (`ScopedColumn`) makes its variables in the open variable scope and is asked by
`input_layer` and `linear_model`; in the newer one (`FeatureColumn`) a `StateManager` keeps the
variables. The columns of this package are of both: `Column` says the older in terms of the newer.

Source: TensorFlow 1.15, python/feature_column/feature_column.py and feature_column_v2.py.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

from tensormill.feature_column.states import ScopeState
from tensormill.graph.shapes import TensorShape

__all__ = [
    "CategoricalColumn",
    "Column",
    "DenseColumn",
    "FeatureColumn",
    "IdWeightPair",
    "ScopedCategoricalColumn",
    "ScopedColumn",
    "ScopedDenseColumn",
    "ScopedSequenceDenseColumn",
    "SequenceDenseColumn",
    "TensorSequenceLengthPair",
    "is_feature_column_v2",
    "num_buckets_of",
    "parse_spec_of",
    "sparse_tensors_of",
]


class IdWeightPair(NamedTuple):
    """Sparse tensors of ids and of their weights, the latter None where all weigh the same."""

    id_tensor: Any
    weight_tensor: Any


class TensorSequenceLengthPair(NamedTuple):
    """A tensor [batch, steps, ...] and the number of steps of each of its sequences."""

    dense_tensor: Any
    sequence_length: Any


class _Ordered:
    """Columns are sorted by what they print."""

    def __lt__(self, other: Any) -> bool:
        return str(self) < str(other)

    def __gt__(self, other: Any) -> bool:
        return str(self) > str(other)


class FeatureColumn(_Ordered, ABC):
    """What a model does with a feature, the newer protocol."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The name of the column, and of the scope of its nodes."""

    @abstractmethod
    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """Return the feature as the column sees it; asked once per cache."""

    @property
    @abstractmethod
    def parse_example_spec(self) -> dict[str, Any]:
        """What `tf.parse_example` must read for the column."""

    def create_state(self, state_manager: Any) -> None:
        """Make the variables of the column."""

    @property
    @abstractmethod
    def _is_v2_column(self) -> bool:
        """Whether it and what it is made of follow this protocol."""

    @property
    @abstractmethod
    def parents(self) -> list[Any]:
        """The columns and names of features that it is made of."""

    @abstractmethod
    def _get_config(self) -> dict[str, Any]:
        """Return what the column can be made of again, as plain data."""

    @classmethod
    def _from_config(
        cls, config: dict[str, Any], custom_objects: Any = None, columns_by_name: Any = None
    ) -> Any:
        """Return the column of a config."""


class DenseColumn(FeatureColumn):
    """A column that gives a dense tensor [batch, ...]."""

    @property
    @abstractmethod
    def variable_shape(self) -> TensorShape:
        """The shape of what it gives, without the batch."""

    @abstractmethod
    def get_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> Any:
        """Return the tensor."""


class CategoricalColumn(FeatureColumn):
    """A column that gives ids below a known number."""

    IdWeightPair = IdWeightPair

    @property
    @abstractmethod
    def num_buckets(self) -> int:
        """The number of ids that there are."""

    @abstractmethod
    def get_sparse_tensors(self, transformation_cache: Any, state_manager: Any) -> Any:
        """Return the ids and weights, an `IdWeightPair`."""


class SequenceDenseColumn(FeatureColumn):
    """A column that gives a dense tensor for each step of a sequence."""

    TensorSequenceLengthPair = TensorSequenceLengthPair

    @abstractmethod
    def get_sequence_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> Any:
        """Return the tensor and the numbers of steps."""


class ScopedColumn(_Ordered, ABC):
    """What a model does with a feature, the older protocol: variables in the open scope."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The name of the column."""

    @property
    def _var_scope_name(self) -> str:
        return self.name

    @abstractmethod
    def _transform_feature(self, inputs: Any) -> Any:
        """Return the feature as the column sees it."""

    @property
    @abstractmethod
    def _parse_example_spec(self) -> dict[str, Any]:
        """What `tf.parse_example` must read for the column."""

    def _reset_config(self) -> None:
        """Forget what was learned from a graph."""


class ScopedDenseColumn(ScopedColumn):
    """A column of the older protocol that gives a dense tensor."""

    @property
    @abstractmethod
    def _variable_shape(self) -> TensorShape:
        """The shape of what it gives, without the batch."""

    @abstractmethod
    def _get_dense_tensor(
        self, inputs: Any, weight_collections: Any = None, trainable: Any = None
    ) -> Any:
        """Return the tensor."""


class ScopedCategoricalColumn(ScopedColumn):
    """A column of the older protocol that gives ids."""

    IdWeightPair = IdWeightPair

    @property
    @abstractmethod
    def _num_buckets(self) -> int:
        """The number of ids that there are."""

    @abstractmethod
    def _get_sparse_tensors(
        self, inputs: Any, weight_collections: Any = None, trainable: Any = None
    ) -> Any:
        """Return the ids and weights, an `IdWeightPair`."""


class ScopedSequenceDenseColumn(ScopedColumn):
    """A column of the older protocol that gives a dense tensor for each step of a sequence."""

    TensorSequenceLengthPair = TensorSequenceLengthPair

    @abstractmethod
    def _get_sequence_dense_tensor(
        self, inputs: Any, weight_collections: Any = None, trainable: Any = None
    ) -> Any:
        """Return the tensor and the numbers of steps."""


class Column(FeatureColumn, ScopedColumn):
    """A column of this package: what it does in the newer protocol holds for the older too."""

    @property
    def _is_v2_column(self) -> bool:
        return all(
            isinstance(parent, str) or (isinstance(parent, FeatureColumn) and parent._is_v2_column)
            for parent in self.parents
        )

    @property
    def _parse_example_spec(self) -> dict[str, Any]:
        return self.parse_example_spec

    def _transform_feature(self, inputs: Any) -> Any:
        return self.transform_feature(inputs, None)


class BothDense(Column, DenseColumn, ScopedDenseColumn):
    """A dense column of both protocols."""

    @property
    def _variable_shape(self) -> TensorShape:
        return self.variable_shape

    def _get_dense_tensor(
        self, inputs: Any, weight_collections: Any = None, trainable: Any = None
    ) -> Any:
        return self.get_dense_tensor(inputs, ScopeState(weight_collections, trainable))


class BothSequenceDense(Column, SequenceDenseColumn, ScopedSequenceDenseColumn):
    """A dense column of sequences, of both protocols."""

    def _get_sequence_dense_tensor(
        self, inputs: Any, weight_collections: Any = None, trainable: Any = None
    ) -> Any:
        return self.get_sequence_dense_tensor(inputs, ScopeState(weight_collections, trainable))


class BothCategorical(Column, CategoricalColumn, ScopedCategoricalColumn):
    """A categorical column of both protocols, whose transformed feature is its ids."""

    @property
    def _num_buckets(self) -> int:
        return self.num_buckets

    def get_sparse_tensors(self, transformation_cache: Any, state_manager: Any) -> IdWeightPair:
        """Return the ids and weights."""
        return IdWeightPair(transformation_cache.get(self, state_manager), None)

    def _get_sparse_tensors(
        self, inputs: Any, weight_collections: Any = None, trainable: Any = None
    ) -> IdWeightPair:
        return self.get_sparse_tensors(inputs, None)


def num_buckets_of(column: Any) -> int:
    """Return the number of ids of a categorical column of either protocol."""
    is_new = isinstance(column, CategoricalColumn)
    return int(column.num_buckets if is_new else column._num_buckets)


def parse_spec_of(column: Any) -> dict[str, Any]:
    """Return what `tf.parse_example` must read for a column of either protocol."""
    made: dict[str, Any]
    if isinstance(column, FeatureColumn):
        made = column.parse_example_spec
    else:
        made = column._parse_example_spec
    return made


def sparse_tensors_of(column: Any, transformation_cache: Any, state_manager: Any) -> Any:
    """Return the ids and weights of a categorical column of either protocol."""
    if isinstance(column, CategoricalColumn):
        return column.get_sparse_tensors(transformation_cache, state_manager)
    if state_manager is None:
        return column._get_sparse_tensors(transformation_cache)
    return column._get_sparse_tensors(
        transformation_cache,
        weight_collections=state_manager.weight_collections,
        trainable=state_manager.trainable,
    )


def is_feature_column_v2(feature_columns: Sequence[Any]) -> bool:
    """Return whether all columns follow the newer protocol, and what they are made of."""
    return all(
        isinstance(column, FeatureColumn) and column._is_v2_column for column in feature_columns
    )
