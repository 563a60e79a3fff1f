"""Embeddings that several columns share.

The columns of `shared_embedding_columns` find their table in a collection of the graph; those of
`shared_embeddings` (TensorFlow 2's name for it) ask one object for it.

Source: TensorFlow 1.15, python/feature_column/feature_column.py and feature_column_v2.py.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from tensormill.feature_column.arguments import check_checkpoint_source, check_dimension
from tensormill.feature_column.composed import WeightedCategoricalColumn
from tensormill.feature_column.embedding import (
    EmbeddingBase,
    default_initializer,
    load_embedding,
)
from tensormill.feature_column.protocols import (
    CategoricalColumn,
    ScopedCategoricalColumn,
    num_buckets_of,
)
from tensormill.graph import dtypes
from tensormill.graph.default_scopes import add_to_collection, get_collection, name_scope
from tensormill.graph.graph import get_default_graph
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.variables.store import get_variable

__all__ = [
    "CollectionSharedEmbeddingColumn",
    "SharedEmbeddingColumn",
    "SharedEmbeddingColumnCreator",
    "shared_embedding_columns",
    "shared_embeddings",
]

_ADVICE = (
    "Suggested fix A: Choose a unique name for this collection. Suggested fix B: Do not add any "
    "variables to this collection. The feature_column library already adds a variable under the "
    "hood."
)


class CollectionSharedEmbeddingColumn(
    EmbeddingBase,
    namedtuple(
        "_SharedEmbeddingColumn",
        (
            "categorical_column",
            "dimension",
            "combiner",
            "initializer",
            "shared_embedding_collection_name",
            "ckpt_to_load_from",
            "tensor_name_in_ckpt",
            "max_norm",
            "trainable",
        ),
    ),
):
    """A column whose table is in a collection of the graph."""

    _layer_names = ("input_layer", "sequence_input_layer")

    @property
    def _is_v2_column(self) -> bool:
        return False

    @property
    def name(self) -> str:
        """That of the categories with a suffix."""
        return f"{self.categorical_column.name}_shared_embedding"

    @property
    def _var_scope_name(self) -> str:
        return str(self.shared_embedding_collection_name)

    @property
    def variable_shape(self) -> TensorShape:
        """The size of a vector."""
        return TensorShape([self.dimension])

    def _looked_up(self, transformation_cache: Any, state_manager: Any) -> Tensor:
        with name_scope(None, default_name=self.name):
            return super()._looked_up(transformation_cache, state_manager)

    def create_state(self, state_manager: Any) -> None:
        """Make the table."""
        state_manager.create_variable(
            self,
            name="embedding_weights",
            shape=(num_buckets_of(self.categorical_column), self.dimension),
            dtype=dtypes.float32,
            trainable=self.trainable,
            initializer=self.initializer,
        )

    def _weights(self, state_manager: Any) -> Any:
        collection = self.shared_embedding_collection_name
        shared = get_collection(collection)
        if len(shared) > 1:
            raise ValueError(f"Collection {shared} can only contain one variable. {_ADVICE}")
        if shared:
            weights = shared[0]
            expected = (num_buckets_of(self.categorical_column), self.dimension)
            if weights.get_shape().as_list() != list(expected):
                raise ValueError(
                    f"Shared embedding collection {collection} contains variable {weights.name} "
                    f"of unexpected shape {weights.get_shape()}. Expected shape is {expected}. "
                    f"{_ADVICE}"
                )
        else:
            weights = state_manager.get_variable(self, "embedding_weights")
            add_to_collection(collection, weights)
        load_embedding(self.ckpt_to_load_from, self.tensor_name_in_ckpt, weights)
        return weights

    def _get_config(self) -> dict[str, Any]:
        raise NotImplementedError


class SharedEmbeddingColumnCreator:
    """Makes columns that share a table, and the table once a graph."""

    def __init__(
        self,
        dimension: int,
        initializer: Any,
        ckpt_to_load_from: Any,
        tensor_name_in_ckpt: Any,
        num_buckets: int,
        trainable: bool,
        name: str = "shared_embedding_column_creator",
    ) -> None:
        self.dimension = dimension
        self._initializer = initializer
        self._ckpt_to_load_from = ckpt_to_load_from
        self._tensor_name_in_ckpt = tensor_name_in_ckpt
        self._num_buckets = num_buckets
        self._trainable = trainable
        self._name = name
        self._tables: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()

    def __call__(self, categorical_column: Any, combiner: str, max_norm: Any) -> Any:
        """Return a column of `categorical_column` that shares the table."""
        return SharedEmbeddingColumn(categorical_column, self, combiner, max_norm)

    @property
    def embedding_weights(self) -> Any:
        """The table in the default graph."""
        graph = get_default_graph()
        if graph not in self._tables:
            table = get_variable(
                name=self._name,
                shape=(self._num_buckets, self.dimension),
                dtype=dtypes.float32,
                initializer=self._initializer,
                trainable=self._trainable,
            )
            load_embedding(self._ckpt_to_load_from, self._tensor_name_in_ckpt, table)
            self._tables[graph] = table
        return self._tables[graph]


class SharedEmbeddingColumn(
    EmbeddingBase,
    namedtuple(
        "SharedEmbeddingColumn",
        ("categorical_column", "shared_embedding_column_creator", "combiner", "max_norm"),
    ),
):
    """A column that asks its creator for the table."""

    @property
    def _is_v2_column(self) -> bool:
        return True

    @property
    def name(self) -> str:
        """That of the categories with a suffix."""
        return f"{self.categorical_column.name}_shared_embedding"

    @property
    def variable_shape(self) -> TensorShape:
        """The size of a vector."""
        return TensorShape([self.shared_embedding_column_creator.dimension])

    def _looked_up(self, transformation_cache: Any, state_manager: Any) -> Tensor:
        with name_scope(None, default_name=self.name):
            return super()._looked_up(transformation_cache, state_manager)

    def _weights(self, state_manager: Any) -> Any:
        return self.shared_embedding_column_creator.embedding_weights

    def _refuse(self, *args: Any, **kwargs: Any) -> Any:
        raise ValueError(
            "SharedEmbeddingColumns are not supported in `linear_model` or `input_layer`. Please "
            "use `DenseFeatures` or `LinearModel` instead."
        )

    _transform_feature = _get_dense_tensor = _get_sequence_dense_tensor = _refuse
    _parse_example_spec = _variable_shape = property(_refuse)

    def _get_config(self) -> dict[str, Any]:
        raise NotImplementedError


def _shared_arguments(
    columns: Sequence[Any], dimension: int, initializer: Any, stored: tuple[Any, Any], base: str
) -> tuple[Any, str, int]:
    """Return the initializer, the name of the table and its number of rows."""
    check_dimension(dimension)
    check_checkpoint_source(*stored)
    if initializer is not None and not callable(initializer):
        raise ValueError("initializer must be callable if specified.")
    ordered = sorted(columns, key=lambda each: each.name)
    if not isinstance(ordered[0], (CategoricalColumn, ScopedCategoricalColumn)):
        raise ValueError(
            f"All categorical_columns must be subclasses of {base}. "
            f"Given: {ordered[0]}, of type: {type(ordered[0])}"
        )
    count = num_buckets_of(ordered[0])
    unweighted = [
        each.categorical_column if isinstance(each, WeightedCategoricalColumn) else each
        for each in ordered
    ]
    first = unweighted[0]
    for other in unweighted[1:]:
        if not isinstance(other, type(first)):
            raise ValueError(
                "To use shared_embedding_column, all categorical_columns must have the same type, "
                "or be weighted_categorical_column of the same type. Given column: "
                f"{first} of type: {type(first)} does not match given column: {other} of type: "
                f"{type(other)}"
            )
        if num_buckets_of(other) != count:
            raise ValueError(
                "To use shared_embedding_column, all categorical_columns must have the same "
                f"number of buckets. Given column: {first} with buckets: {count} does  not match "
                f"column: {other} with buckets: {num_buckets_of(other)}"
            )
    name = "_".join(each.name for each in ordered) + "_shared_embedding"
    return initializer or default_initializer(dimension), name, count


def shared_embedding_columns(
    categorical_columns: Sequence[Any],
    dimension: int,
    combiner: str = "mean",
    initializer: Callable[..., Any] | None = None,
    shared_embedding_collection_name: str | None = None,
    ckpt_to_load_from: str | None = None,
    tensor_name_in_ckpt: str | None = None,
    max_norm: float | None = None,
    trainable: bool = True,
) -> list[CollectionSharedEmbeddingColumn]:
    """Return a column for each of several categories, all with one table of vectors.

    Args:
      categorical_columns: columns of one kind and of one number of categories.
      dimension: the size of the vectors.
      combiner: see `embedding_column`, as all that follows.
      initializer: of the table.
      shared_embedding_collection_name: the collection that holds the table, and the name of its
        scope; by default made of the columns' names.
      ckpt_to_load_from: a checkpoint that the table starts from.
      tensor_name_in_ckpt: its name there.
      max_norm: longer vectors are shortened to it.
      trainable: whether optimizers change the table.

    Raises:
      ValueError: the columns do not fit together, or the arguments are as for `embedding_column`.
    """
    initializer, name, _ = _shared_arguments(
        categorical_columns,
        dimension,
        initializer,
        (ckpt_to_load_from, tensor_name_in_ckpt),
        "_CategoricalColumn",
    )
    return [
        CollectionSharedEmbeddingColumn(
            categorical_column=column,
            dimension=dimension,
            combiner=combiner,
            initializer=initializer,
            shared_embedding_collection_name=shared_embedding_collection_name or name,
            ckpt_to_load_from=ckpt_to_load_from,
            tensor_name_in_ckpt=tensor_name_in_ckpt,
            max_norm=max_norm,
            trainable=trainable,
        )
        for column in categorical_columns
    ]


def shared_embeddings(
    categorical_columns: Sequence[Any],
    dimension: int,
    combiner: str = "mean",
    initializer: Callable[..., Any] | None = None,
    shared_embedding_collection_name: str | None = None,
    ckpt_to_load_from: str | None = None,
    tensor_name_in_ckpt: str | None = None,
    max_norm: float | None = None,
    trainable: bool = True,
) -> list[SharedEmbeddingColumn]:
    """As `shared_embedding_columns`, for `DenseFeatures`."""
    initializer, name, count = _shared_arguments(
        categorical_columns,
        dimension,
        initializer,
        (ckpt_to_load_from, tensor_name_in_ckpt),
        "CategoricalColumn",
    )
    creator = SharedEmbeddingColumnCreator(
        dimension,
        initializer,
        ckpt_to_load_from,
        tensor_name_in_ckpt,
        count,
        trainable,
        shared_embedding_collection_name or name,
    )
    return [creator(column, combiner, max_norm) for column in categorical_columns]
