"""`tf.feature_column.input_layer`: columns side by side as one dense tensor.

Source: TensorFlow 1.15, python/feature_column/feature_column.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tensormill.feature_column.protocols import (
    ScopedColumn,
    ScopedDenseColumn,
    ScopedSequenceDenseColumn,
)
from tensormill.feature_column.transformation import (
    LazyBuilder,
    sorted_columns,
    verify_batch_sizes,
)
from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import control_dependencies, get_collection, name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_equal
from tensormill.ops.identities import identity
from tensormill.ops.joining import concat
from tensormill.variables.scope import get_variable_scope, variable_scope
from tensormill.variables.template import make_template

__all__ = [
    "InputLayer",
    "all_equal",
    "input_layer",
    "scoped_columns",
    "sequence_input_layer",
    "weight_collections_of",
]


def weight_collections_of(given: Any) -> list[str]:
    """Return the collections of a model's variables: those given, and the usual two."""
    names = list(given or [])
    for name in (GraphKeys.GLOBAL_VARIABLES, GraphKeys.MODEL_VARIABLES):
        if name not in names:
            names.append(name)
    return names


def scoped_columns(feature_columns: Any) -> list[Any]:
    """Return columns of the older protocol in the order of their names."""
    return sorted_columns(feature_columns, protocol=ScopedColumn, protocol_name="_FeatureColumn")


def input_layer(
    features: Mapping[str, Any],
    feature_columns: Any,
    weight_collections: Any = None,
    trainable: bool = True,
    cols_to_vars: dict[Any, Any] | None = None,
    cols_to_output_tensors: dict[Any, Any] | None = None,
) -> Tensor:
    """Return the columns side by side, in the order of their names: [batch, sum of sizes].

    Args:
      features: tensors, dense or sparse, by name.
      feature_columns: dense columns.
      weight_collections: collections of the variables, besides the usual ones.
      trainable: whether optimizers change the variables.
      cols_to_vars: receives the variables of each column.
      cols_to_output_tensors: receives the tensor of each column.

    Raises:
      ValueError: a column is not dense, or two have one name.

    >>> import tensormill as tf
    >>> price = tf.feature_column.numeric_column("price")
    >>> layer = tf.feature_column.input_layer({"price": [[1.0], [2.0]]}, [price])
    >>> layer.name, layer.shape.as_list()
    ('input_layer/concat:0', [2, 1])
    """
    columns = _dense_columns(feature_columns)
    with variable_scope(None, default_name="input_layer", values=list(features.values())):
        return _side_by_side(
            features, columns, weight_collections, trainable, cols_to_vars, cols_to_output_tensors
        )


def _dense_columns(feature_columns: Any) -> list[Any]:
    columns = scoped_columns(feature_columns)
    for column in columns:
        if not isinstance(column, ScopedDenseColumn):
            raise ValueError(
                "Items of feature_columns must be a _DenseColumn. You can wrap a categorical "
                f"column with an embedding_column or indicator_column. Given: {column}"
            )
    return columns


def _side_by_side(
    features: Mapping[str, Any],
    columns: list[Any],
    weight_collections: Any,
    trainable: bool,
    cols_to_vars: dict[Any, Any] | None = None,
    cols_to_output_tensors: dict[Any, Any] | None = None,
) -> Tensor:
    builder = LazyBuilder(features)
    collections = weight_collections_of(weight_collections)
    outputs = []
    for column in columns:
        with variable_scope(None, default_name=column._var_scope_name):
            tensor = column._get_dense_tensor(
                builder, weight_collections=collections, trainable=trainable
            )
            width = column._variable_shape.num_elements()
            output = reshape(tensor, (shape_of(tensor)[0], width))
            outputs.append(output)
            if cols_to_vars is not None:
                cols_to_vars[column] = get_collection(
                    GraphKeys.GLOBAL_VARIABLES, scope=get_variable_scope().name
                )
            if cols_to_output_tensors is not None:
                cols_to_output_tensors[column] = output
    verify_batch_sizes(outputs, columns)
    return concat(outputs, 1)


class InputLayer:
    """`input_layer` as an object that shares its variables among its calls.

    Attributes:
      name: as given.
    """

    def __init__(
        self,
        feature_columns: Any,
        weight_collections: Any = None,
        trainable: bool = True,
        cols_to_vars: dict[Any, Any] | None = None,
        name: str = "feature_column_input_layer",
        create_scope_now: bool = True,
    ) -> None:
        self.name = name
        self._feature_columns = feature_columns
        self._weight_collections = weight_collections
        self._trainable = trainable
        self._template = make_template(name, self._made, create_scope_now_=create_scope_now)

    def _made(self, features: Mapping[str, Any]) -> Tensor:
        columns = _dense_columns(self._feature_columns)
        return _side_by_side(features, columns, self._weight_collections, self._trainable)

    def __call__(self, features: Mapping[str, Any]) -> Tensor:
        """Return the columns side by side."""
        made: Tensor = self._template(features)
        return made

    def __getattr__(self, name: str) -> Any:
        lists = ("variables", "trainable_variables", "non_trainable_variables")
        wanted = name.replace("weights", "variables")
        if wanted not in lists:
            raise AttributeError(name)
        return getattr(self._template, wanted)


def all_equal(tensors: list[Tensor], name: str | None = None) -> Tensor:
    """Return the first of tensors that must be equal when the graph runs."""
    with name_scope(name, "assert_all_equal", values=tensors):
        if len(tensors) == 1:
            return tensors[0]
        checks = [assert_equal(tensors[0], other) for other in tensors[1:]]
        with control_dependencies(checks):
            return identity(tensors[0])


def sequence_input_layer(
    features: Mapping[str, Any],
    feature_columns: Any,
    weight_collections: Any = None,
    trainable: bool = True,
) -> tuple[Tensor, Tensor]:
    """Return columns of sequences side by side, and the numbers of steps.

    Args:
      features: tensors, dense or sparse, by name.
      feature_columns: dense columns of sequences.
      weight_collections: collections of the variables, besides the usual ones.
      trainable: whether optimizers change the variables.

    Returns:
      A tensor [batch, steps, sum of sizes], and one [batch].

    Raises:
      ValueError: a column is not one of sequences, or two have one name.
    """
    columns = scoped_columns(feature_columns)
    for column in columns:
        if not isinstance(column, ScopedSequenceDenseColumn):
            raise ValueError(
                "All feature_columns must be of type _SequenceDenseColumn. You can wrap a "
                "sequence_categorical_column with an embedding_column or indicator_column. Given "
                f"(type {type(column)}): {column}"
            )
    collections = weight_collections_of(weight_collections)
    with variable_scope(None, default_name="sequence_input_layer", values=list(features.values())):
        builder = LazyBuilder(features)
        outputs, lengths = [], []
        for column in columns:
            with variable_scope(None, default_name=column._var_scope_name):
                dense, length = column._get_sequence_dense_tensor(
                    builder, weight_collections=collections, trainable=trainable
                )
                width = column._variable_shape.num_elements()
                size = shape_of(dense)
                outputs.append(reshape(dense, [size[0], size[1], width]))
                lengths.append(length)
        verify_batch_sizes(outputs, columns)
        verify_batch_sizes(lengths, columns)
        return concat(outputs, -1), all_equal(lengths)
