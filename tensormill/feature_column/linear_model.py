"""`tf.feature_column.linear_model`: a weight for each value and category, and their sum.

Source: TensorFlow 1.15, python/feature_column/feature_column.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tensormill.feature_column.input_layer import scoped_columns, weight_collections_of
from tensormill.feature_column.protocols import (
    ScopedCategoricalColumn,
    ScopedDenseColumn,
)
from tensormill.feature_column.transformation import LazyBuilder, verify_batch_sizes
from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import add_to_collection, get_collection, name_scope
from tensormill.graph.tensor import Tensor
from tensormill.layers.base import Layer
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.normalization import bias_add
from tensormill.ops.safe_embedding import safe_embedding_lookup_sparse
from tensormill.ops.sparse_shapes import sparse_reshape
from tensormill.ops.summation import add_n
from tensormill.variables.initializers import Zeros
from tensormill.variables.partitioned import PartitionedVariable
from tensormill.variables.scope import get_variable_scope, variable_scope

__all__ = ["ScopedLinearModel", "linear_model", "weighted_dense", "weighted_ids"]


def weighted_dense(tensor: Any, width: int, weight: Any) -> Tensor:
    """Return a dense feature of `width` numbers times its weights: [batch, units]."""
    flat = reshape(tensor, (shape_of(tensor)[0], width))
    return matmul(flat, weight, name="weighted_sum")


def weighted_ids(pair: Any, weight: Any, sparse_combiner: str) -> Tensor:
    """Return the weights of the categories of each example, combined: [batch, units]."""
    ids, weights = (
        None if each is None else sparse_reshape(each, [shape_of(each)[0], -1]) for each in pair
    )
    return safe_embedding_lookup_sparse(
        weight, ids, sparse_weights=weights, combiner=sparse_combiner, name="weighted_sum"
    )


def parts_of(variable: Any) -> list[Any]:
    """Return the slices of a variable, or the variable alone."""
    return list(variable) if isinstance(variable, PartitionedVariable) else [variable]


class _VariableLayer(Layer):
    """A layer with one variable that starts at zero, in collections of its own."""

    def __init__(
        self, variable: str, shape: Any, collections: list[str], trainable: bool, name: str
    ) -> None:
        super().__init__(trainable=trainable, name=name)
        self._variable = variable
        self._shape = shape
        self._collections = collections
        self.weight: Any = None

    def build(self, input_shape: Any) -> None:
        """Make the variable."""
        self.weight = self.add_variable(
            self._variable, shape=self._shape, initializer=Zeros(), trainable=self.trainable
        )
        for collection in self._collections:
            if collection != GraphKeys.GLOBAL_VARIABLES:
                for part in parts_of(self.weight):
                    add_to_collection(collection, part)
        self.built = True

    def _build_once(self, inputs: Any, first: Any) -> None:
        if not self.built:  # the input is a builder of features: it has no shape
            self.build(None)

    def call(self, inputs: Any, **kwargs: Any) -> Any:
        """Return the variable."""
        return self.weight


class _ColumnLayer(_VariableLayer):
    """A column times its weights."""

    def __init__(
        self,
        column: Any,
        units: int,
        sparse_combiner: str,
        collections: list[str],
        trainable: bool,
        name: str,
    ) -> None:
        self.column = column
        self._sparse_combiner = sparse_combiner
        self._is_categorical = isinstance(column, ScopedCategoricalColumn)
        rows = column._num_buckets if self._is_categorical else self._width
        super().__init__("weights", [rows, units], collections, trainable, name)

    @property
    def _width(self) -> int:
        return int(self.column._variable_shape.num_elements())

    def call(self, inputs: Any, **kwargs: Any) -> Tensor:
        """Return the weighted sum of the column of a `LazyBuilder`."""
        options = {"weight_collections": self._collections, "trainable": self.trainable}
        if self._is_categorical:
            pair = self.column._get_sparse_tensors(inputs, **options)
            return weighted_ids(pair, self.weight, self._sparse_combiner)
        tensor = self.column._get_dense_tensor(inputs, **options)
        return weighted_dense(tensor, self._width, self.weight)


class ScopedLinearModel:
    """A linear model of columns of the older protocol; each call shares its variables.

    Attributes:
      name: of its scope.
    """

    def __init__(
        self,
        feature_columns: Any,
        units: int = 1,
        sparse_combiner: str = "sum",
        weight_collections: Any = None,
        trainable: bool = True,
        name: str = "linear_model",
    ) -> None:
        self.name = name
        columns = scoped_columns(feature_columns)
        for column in columns:
            if not isinstance(column, (ScopedDenseColumn, ScopedCategoricalColumn)):
                raise ValueError(
                    "Items of feature_columns must be either a _DenseColumn or _CategoricalColumn."
                    f" Given: {column}"
                )
        collections = weight_collections_of(weight_collections)
        self._layers = []
        for column in columns:
            with variable_scope(None, default_name=column._var_scope_name) as scope:
                layer_name = _last_part(scope.name)
            self._layers.append(
                _ColumnLayer(column, units, sparse_combiner, collections, trainable, layer_name)
            )
        self._layers.sort(key=lambda layer: layer.name)
        self._bias = _VariableLayer("bias_weights", [units], collections, trainable, "bias_layer")
        self._cols_to_vars: dict[Any, Any] = {}

    def cols_to_vars(self) -> dict[Any, Any]:
        """Return the variables by column; those of the bias under "bias"."""
        return self._cols_to_vars

    @property
    def bias(self) -> Any:
        """The variable of the bias."""
        return self._bias.weight

    @property
    def variables(self) -> list[Any]:
        """The variables of the columns and of the bias."""
        return [v for layer in (*self._layers, self._bias) for v in layer.variables]

    def __call__(self, features: Mapping[str, Any]) -> Tensor:
        """Return the weighted sum [batch, units].

        Raises:
          ValueError: sizes of the batch differ.
        """
        with name_scope(self.name), variable_scope(self.name):
            builder = LazyBuilder(features)
            sums = []
            for layer in self._layers:
                sums.append(layer(builder))
                self._cols_to_vars[layer.column] = get_collection(
                    GraphKeys.GLOBAL_VARIABLES, scope=layer.scope_name
                )
            verify_batch_sizes(sums, [layer.column for layer in self._layers])
            total = add_n(sums, name="weighted_sum_no_bias")
            bias = self._bias(builder, scope=get_variable_scope())
            predictions = bias_add(total, bias, name="weighted_sum")
            self._cols_to_vars["bias"] = parts_of(self._bias.variables[0])
        return predictions


def _last_part(name: str) -> str:
    return name.rsplit("/", 1)[-1]


def linear_model(
    features: Mapping[str, Any],
    feature_columns: Any,
    units: int = 1,
    sparse_combiner: str = "sum",
    weight_collections: Any = None,
    trainable: bool = True,
    cols_to_vars: dict[Any, Any] | None = None,
) -> Tensor:
    """Return a linear function of columns: [batch, units].

    Args:
      features: tensors, dense or sparse, by name.
      feature_columns: dense and categorical columns.
      units: how many functions.
      sparse_combiner: how the categories of an example add up: "sum", "mean" or "sqrtn".
      weight_collections: collections of the variables, besides the usual ones.
      trainable: whether optimizers change the variables.
      cols_to_vars: receives the variables of each column, and those of the bias under "bias".

    Raises:
      ValueError: a column is neither dense nor categorical, or two have one name.
    """
    with variable_scope(None, "linear_model") as scope:
        name = _last_part(scope.name)
    model = ScopedLinearModel(
        feature_columns, units, sparse_combiner, weight_collections, trainable, name
    )
    made = model(features)
    if cols_to_vars is not None:
        cols_to_vars.update(model.cols_to_vars())
    return made
