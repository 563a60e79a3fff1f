"""Who keeps the variables of columns: the layer that they belong to, or the open scope."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from tensormill.graph.collections import GraphKeys
from tensormill.variables.store import get_variable

__all__ = ["LayerState", "ScopeState", "StateManager"]


class StateManager:
    """Keeps variables and tables by column and name."""

    def create_variable(
        self,
        feature_column: Any,
        name: str,
        shape: Any,
        dtype: Any = None,
        trainable: bool = True,
        use_resource: bool = True,
        initializer: Any = None,
    ) -> Any:
        """Make a variable of a column."""
        raise NotImplementedError("StateManager.create_variable")

    def add_variable(self, feature_column: Any, var: Any) -> None:
        """Keep a variable that was made elsewhere."""
        raise NotImplementedError("StateManager.add_variable")

    def get_variable(self, feature_column: Any, name: str) -> Any:
        """Return a variable of a column."""
        raise NotImplementedError("StateManager.get_var")

    def add_resource(self, feature_column: Any, name: str, resource: Any) -> None:
        """Keep a table of a column."""
        raise NotImplementedError("StateManager.add_resource")

    def get_resource(self, feature_column: Any, name: str) -> Any:
        """Return a table of a column."""
        raise NotImplementedError("StateManager.get_resource")


class LayerState(StateManager):
    """Makes the variables of a layer's columns by the layer's `add_variable`."""

    def __init__(self, layer: Any, trainable: bool) -> None:
        self._layer = layer
        self._trainable = trainable
        self._variables: dict[Any, dict[str, Any]] = defaultdict(dict)
        self._resources: dict[Any, dict[str, Any]] = defaultdict(dict)

    def create_variable(
        self,
        feature_column: Any,
        name: str,
        shape: Any,
        dtype: Any = None,
        trainable: bool = True,
        use_resource: bool = True,
        initializer: Any = None,
    ) -> Any:
        """Make a variable of a column.

        Raises:
          ValueError: the column has one of that name.
        """
        if name in self._variables[feature_column]:
            raise ValueError("Variable already exists.")
        variable = self._layer.add_variable(
            name=name,
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            trainable=self._trainable and trainable,
            use_resource=use_resource,
        )
        self._variables[feature_column][name] = variable
        return variable

    def get_variable(self, feature_column: Any, name: str) -> Any:
        """Return a variable of a column.

        Raises:
          ValueError: there is none.
        """
        if name not in self._variables[feature_column]:
            raise ValueError("Variable does not exist.")
        return self._variables[feature_column][name]

    def add_resource(self, feature_column: Any, name: str, resource: Any) -> None:
        """Keep a table of a column."""
        self._resources[feature_column][name] = resource

    def get_resource(self, feature_column: Any, name: str) -> Any:
        """Return a table of a column.

        Raises:
          ValueError: there is none.
        """
        if name not in self._resources[feature_column]:
            raise ValueError("Resource does not exist.")
        return self._resources[feature_column][name]


class ScopeState(StateManager):
    """Makes a variable in the open scope when it is first asked for.

    Attributes:
      weight_collections: the names of the collections of the variables, or None for the usual.
      trainable: whether optimizers may change them.
    """

    def __init__(self, weight_collections: Any, trainable: Any) -> None:
        if weight_collections and GraphKeys.GLOBAL_VARIABLES not in weight_collections:
            weight_collections.append(GraphKeys.GLOBAL_VARIABLES)
        self.weight_collections = weight_collections
        self.trainable = trainable
        self._made: dict[str, Any] = {}

    def create_variable(
        self,
        feature_column: Any,
        name: str,
        shape: Any,
        dtype: Any = None,
        trainable: bool = True,
        use_resource: bool = True,
        initializer: Any = None,
    ) -> Any:
        """Make the variable in the open scope, or share the one that is there."""
        made = self._made[name] = get_variable(
            name,
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            trainable=trainable and self.trainable,
            collections=self.weight_collections,
        )
        return made

    def get_variable(self, feature_column: Any, name: str) -> Any:
        """Return the variable, made now where this state has not asked for it yet."""
        if name not in self._made:
            feature_column.create_state(self)
        return self._made[name]

    def add_resource(self, feature_column: Any, name: str, resource: Any) -> None:
        """Leave the table to its graph."""
