"""Layers of columns of the newer protocol: dense features, sequences, and a linear model.

They make their variables by `tf.get_variable`, below the name of the layer and of the column,
and their nodes in the scope of the layer's name.

Source: TensorFlow 1.15, python/feature_column/dense_features.py, feature_column_v2.py and
sequence_feature_column.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tensormill.feature_column.column_configs import (
    deserialize_feature_columns,
    serialize_feature_columns,
)
from tensormill.feature_column.input_layer import all_equal
from tensormill.feature_column.linear_model import parts_of, weighted_dense, weighted_ids
from tensormill.feature_column.protocols import (
    CategoricalColumn,
    DenseColumn,
    SequenceDenseColumn,
)
from tensormill.feature_column.states import LayerState
from tensormill.feature_column.transformation import (
    FeatureTransformationCache,
    sorted_columns,
    verify_batch_sizes,
)
from tensormill.graph import dtypes
from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.graph import get_default_graph
from tensormill.graph.tensor import Tensor
from tensormill.layers.base import snake_case
from tensormill.ops.array_shapes import expand_dims, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_rank, assert_type
from tensormill.ops.joining import concat, tile
from tensormill.ops.normalization import bias_add
from tensormill.ops.summation import add_n
from tensormill.variables.initializers import Zeros
from tensormill.variables.scope import pure_variable_scope
from tensormill.variables.store import get_variable

__all__ = ["DenseFeatures", "LinearModel", "SequenceFeatures", "concatenate_context_input"]


class _ColumnsLayer:
    """What the layers have in common: their name, their variables and their first call.

    Attributes:
      name: as given, or made of the class name.
      trainable: whether optimizers change the variables.
      built: whether the variables are there.
    """

    def __init__(self, feature_columns: Any, trainable: bool, name: str | None) -> None:
        self.name = name or _unique_name(type(self).__name__)
        self.trainable = trainable
        self.built = False
        self._feature_columns = sorted_columns(feature_columns)
        self._state_manager = LayerState(self, trainable)
        self._trainable_variables: list[Any] = []
        self._non_trainable_variables: list[Any] = []

    def add_variable(
        self, name: str, shape: Any, dtype: Any, initializer: Any, trainable: bool, **kwargs: Any
    ) -> Any:
        """Make a variable in the open variable scope."""
        variable = get_variable(
            name, shape=shape, dtype=dtype, initializer=initializer, trainable=trainable, **kwargs
        )
        listed = self._trainable_variables if trainable else self._non_trainable_variables
        listed.extend(parts_of(variable))
        return variable

    @property
    def trainable_variables(self) -> list[Any]:
        """The variables that optimizers change."""
        return list(self._trainable_variables)

    @property
    def non_trainable_variables(self) -> list[Any]:
        """The other variables."""
        return list(self._non_trainable_variables)

    @property
    def variables(self) -> list[Any]:
        """All variables."""
        return self.trainable_variables + self.non_trainable_variables

    trainable_weights = trainable_variables
    non_trainable_weights = non_trainable_variables
    weights = variables

    def build(self, _: Any) -> None:
        """Make the variables of the columns."""
        for column in self._feature_columns:
            with pure_variable_scope(self.name), pure_variable_scope(column.name):
                column.create_state(self._state_manager)
        self.built = True

    def call(self, features: Mapping[str, Any], **kwargs: Any) -> Any:
        """Return the outputs for `features`."""
        raise NotImplementedError

    def __call__(self, features: Mapping[str, Any], **kwargs: Any) -> Any:
        """Make the nodes for `features`, and the variables in the first call."""
        with name_scope(self.name):
            if not self.built:
                self.build(None)
            return self.call(features, **kwargs)

    def _check(self, features: Any) -> None:
        if not isinstance(features, Mapping):
            raise ValueError("We expected a dictionary here. Instead we got: ", features)

    def get_config(self) -> dict[str, Any]:
        """Return what the layer can be made of again, as plain data."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "feature_columns": serialize_feature_columns(self._feature_columns),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Return the layer of a config."""
        columns = deserialize_feature_columns(config["feature_columns"], custom_objects)
        return cls(**{**config, "feature_columns": columns})


def _unique_name(class_name: str) -> str:
    base = snake_case(class_name)
    numbers: dict[str, int] = get_default_graph()._extra.setdefault("feature_layer_numbers", {})
    numbers[base] = numbers.get(base, -1) + 1
    return f"{base}_{numbers[base]}" if numbers[base] else base


def _check_kinds(columns: list[Any], kind: type) -> None:
    for column in columns:
        if not isinstance(column, kind):
            raise ValueError(
                f"Items of feature_columns must be a {kind}. You can wrap a categorical column "
                f"with an embedding_column or indicator_column. Given: {column}"
            )


class DenseFeatures(_ColumnsLayer):
    """Columns side by side as one dense tensor [batch, sum of sizes]."""

    def __init__(
        self, feature_columns: Any, trainable: bool = True, name: str | None = None
    ) -> None:
        super().__init__(feature_columns, trainable, name)
        _check_kinds(self._feature_columns, DenseColumn)

    def call(self, features: Mapping[str, Any], **kwargs: Any) -> Tensor:
        """Return the columns side by side; `cols_to_output_tensors` receives each."""
        self._check(features)
        received = kwargs.get("cols_to_output_tensors")
        cache = FeatureTransformationCache(features)
        outputs = []
        for column in self._feature_columns:
            with name_scope(column.name):
                tensor = column.get_dense_tensor(cache, self._state_manager)
                width = column.variable_shape.num_elements()
                output = reshape(tensor, (shape_of(tensor)[0], width))
                if received is not None:
                    received[column] = output
                outputs.append(output)
        verify_batch_sizes(outputs, self._feature_columns)
        return concat(outputs, -1)


class SequenceFeatures(_ColumnsLayer):
    """Columns of sequences side by side, and the numbers of steps."""

    def __init__(
        self, feature_columns: Any, trainable: bool = True, name: str | None = None
    ) -> None:
        super().__init__(feature_columns, trainable, name)
        _check_kinds(self._feature_columns, SequenceDenseColumn)

    def call(self, features: Mapping[str, Any], **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Return a tensor [batch, steps, sum of sizes] and the numbers of steps [batch]."""
        self._check(features)
        cache = FeatureTransformationCache(features)
        outputs, lengths = [], []
        for column in self._feature_columns:
            with name_scope(column.name):
                dense, length = column.get_sequence_dense_tensor(cache, self._state_manager)
                width = column.variable_shape.num_elements()
                size = shape_of(dense)
                outputs.append(reshape(dense, (size[0], size[1], width)))
                lengths.append(length)
        verify_batch_sizes(lengths, self._feature_columns)
        length = all_equal(lengths)
        verify_batch_sizes(outputs, self._feature_columns)
        return concat(outputs, -1), length


def concatenate_context_input(context_input: Any, sequence_input: Any) -> Tensor:
    """Return sequences with the same further features in each step.

    Args:
      context_input: float32, shape [batch, context].
      sequence_input: float32, shape [batch, steps, features].
    """
    checks = [
        assert_rank(
            sequence_input,
            3,
            message="sequence_input must have rank 3",
            data=[shape_of(sequence_input)],
        ),
        assert_type(
            sequence_input,
            dtypes.float32,
            message=f"sequence_input must have dtype float32; got {sequence_input.dtype}.",
        ),
        assert_rank(
            context_input,
            2,
            message="context_input must have rank 2",
            data=[shape_of(context_input)],
        ),
        assert_type(
            context_input,
            dtypes.float32,
            message=f"context_input must have dtype float32; got {context_input.dtype}.",
        ),
    ]
    with control_dependencies(checks):
        steps = shape_of(sequence_input)[1]
        repeated = tile(expand_dims(context_input, 1), concat([[1], [steps], [1]], 0))
    return concat([sequence_input, repeated], 2)


class _LinearModelLayer(_ColumnsLayer):
    """The weights of a linear model and their sum."""

    def __init__(
        self,
        feature_columns: Any,
        units: int = 1,
        sparse_combiner: str = "sum",
        trainable: bool = True,
        name: str | None = None,
    ) -> None:
        super().__init__(feature_columns, trainable, name)
        for column in self._feature_columns:
            if not isinstance(column, (DenseColumn, CategoricalColumn)):
                raise ValueError(
                    "Items of feature_columns must be either a DenseColumn or CategoricalColumn. "
                    f"Given: {column}"
                )
        self._units = units
        self._sparse_combiner = sparse_combiner
        self.bias: Any = None

    def build(self, _: Any) -> None:
        """Make the weights of the columns and the bias."""
        with pure_variable_scope(self.name):
            for column in self._feature_columns:
                with pure_variable_scope(column.name):
                    column.create_state(self._state_manager)
                    rows = (
                        column.num_buckets
                        if isinstance(column, CategoricalColumn)
                        else column.variable_shape.num_elements()
                    )
                    self._state_manager.create_variable(
                        column,
                        name="weights",
                        dtype=dtypes.float32,
                        shape=(rows, self._units),
                        initializer=Zeros(),
                        trainable=self.trainable,
                    )
            self.bias = self.add_variable(
                "bias_weights", [self._units], dtypes.float32, Zeros(), self.trainable,
                use_resource=True,
            )  # fmt: skip
        self.built = True

    def call(self, features: Mapping[str, Any], **kwargs: Any) -> Tensor:
        """Return the weighted sum [batch, units]."""
        if not isinstance(features, Mapping):
            raise ValueError(f"We expected a dictionary here. Instead we got: {features}")
        with name_scope(self.name):
            cache = FeatureTransformationCache(features)
            sums = []
            for column in self._feature_columns:
                with name_scope(column.name):
                    sums.append(self._weighted(column, cache))
            verify_batch_sizes(sums, self._feature_columns)
            total = add_n(sums, name="weighted_sum_no_bias")
            return bias_add(total, self.bias, name="weighted_sum")

    def _weighted(self, column: Any, cache: FeatureTransformationCache) -> Tensor:
        state = self._state_manager
        weight = state.get_variable(column, "weights")
        if isinstance(column, CategoricalColumn):
            pair = column.get_sparse_tensors(cache, state)
            return weighted_ids(pair, weight, self._sparse_combiner)
        tensor = column.get_dense_tensor(cache, state)
        return weighted_dense(tensor, column.variable_shape.num_elements(), weight)


class LinearModel:
    """A linear model of columns of the newer protocol; each call shares its variables.

    Attributes:
      name: of its scope.
      layer: what holds the weights.
    """

    def __init__(
        self,
        feature_columns: Any,
        units: int = 1,
        sparse_combiner: str = "sum",
        trainable: bool = True,
        name: str | None = None,
    ) -> None:
        self.name = name or _unique_name(type(self).__name__)
        self.layer = _LinearModelLayer(
            feature_columns, units, sparse_combiner, trainable, name=self.name
        )

    @property
    def bias(self) -> Any:
        """The variable of the bias, None before the first call."""
        return self.layer.bias

    @property
    def variables(self) -> list[Any]:
        """All variables."""
        return self.layer.variables

    weights = variables

    @property
    def trainable_variables(self) -> list[Any]:
        """The variables that optimizers change."""
        return self.layer.trainable_variables

    def __call__(self, features: Mapping[str, Any]) -> Tensor:
        """Return the weighted sum [batch, units]."""
        with name_scope(self.name):
            made: Tensor = self.layer(features)
        return made
