"""`DenseFeatures` as `tf.compat.v2` has it: its variables are weights of the layer.

Source: TensorFlow 1.15, python/feature_column/dense_features_v2.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.feature_column.states import LayerState
from tensormill.graph.default_scopes import name_scope
from tensormill.keras.layers import columns

__all__ = ["DenseFeatures"]


class DenseFeatures(columns.DenseFeatures):
    """Makes one dense tensor of a dictionary of features; see the first one for its arguments.

    Its variables are no ones of a variable scope, so that two layers of one name have their own.
    """

    def build(self, input_shape: Any) -> None:
        """Make the variables of the columns."""
        self._columns._state_manager = LayerState(self, self.trainable)
        for column in self._feature_columns:
            with name_scope(column.name):
                column.create_state(self._state_manager)
        self._columns.built = self.built = True
