"""`DenseFeatures` as a layer of Keras: feature columns side by side.

Source: TensorFlow 1.15, python/feature_column/dense_features.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.feature_column import feature_layers
from tensormill.feature_column.column_configs import deserialize_feature_columns
from tensormill.keras.backend.state import track_variable
from tensormill.keras.engine.layer import Layer

__all__ = ["DenseFeatures"]


class DenseFeatures(Layer):
    """Makes one dense tensor of a dictionary of features.

    Args:
      feature_columns: dense columns.
      trainable: whether training changes the variables of the columns.
      name: the name.
      **kwargs: further arguments of a layer.

    Raises:
      ValueError: a column is not dense.
    """

    def __init__(
        self, feature_columns: Any, trainable: bool = True, name: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(trainable=trainable, name=name, **kwargs)
        self._columns = feature_layers.DenseFeatures(feature_columns, trainable, self.name)

    @property
    def _feature_columns(self) -> Any:
        return self._columns._feature_columns

    @property
    def _state_manager(self) -> Any:
        return self._columns._state_manager

    def build(self, input_shape: Any) -> None:
        """Make the variables of the columns."""
        self._columns.build(None)
        for variable in self._columns.variables:
            track_variable(variable)
        self._trainable_weights.extend(self._columns.trainable_variables)
        self._non_trainable_weights.extend(self._columns.non_trainable_variables)
        self.built = True

    def call(self, features: Any, cols_to_output_tensors: Any = None) -> Any:
        """Return the columns side by side.

        Args:
          features: name -> tensor.
          cols_to_output_tensors: a dictionary that receives the tensor of each column.

        Raises:
          ValueError: the features are no dictionary.
        """
        return self._columns.call(features, cols_to_output_tensors=cols_to_output_tensors)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return [batch, sum of sizes]."""
        sizes = [column.variable_shape.num_elements() for column in self._feature_columns]
        return (None, sum(sizes))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor as plain data."""
        return {**super().get_config(), **self._columns.get_config()}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Return the layer of these settings.

        Args:
          config: what `get_config` returns.
          custom_objects: name -> class or function that columns are made of.
        """
        columns = deserialize_feature_columns(config["feature_columns"], custom_objects)
        return cls(**{**config, "feature_columns": columns})
