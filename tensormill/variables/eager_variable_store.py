"""`EagerVariableStore`: a store of its own for the variables of functional layers.

Source: TensorFlow 1.15, python/ops/variable_scope.py.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from tensormill.variables.resource_variable import ResourceVariable
from tensormill.variables.store import VariableStore, with_variable_store

__all__ = ["EagerVariableStore"]


class EagerVariableStore:
    """Holds the variables that `get_variable` makes in its blocks.

    Args:
      store: the store in which they are; a new one by default.
    """

    def __init__(self, store: VariableStore | None = None) -> None:
        self._store = VariableStore() if store is None else store

    def as_default(self) -> AbstractContextManager[None]:
        """Return a block in which `get_variable` looks here."""
        return with_variable_store(self._store)

    def variables(self) -> list[Any]:
        """Return the variables by name."""
        return sorted(self._store._vars.values(), key=lambda variable: variable.name)

    def trainable_variables(self) -> list[Any]:
        """Return those that are trained, by name."""
        return [variable for variable in self.variables() if variable.trainable]

    def non_trainable_variables(self) -> list[Any]:
        """Return the others, by name."""
        return [variable for variable in self.variables() if not variable.trainable]

    def copy(self) -> EagerVariableStore:
        """Return a store with variables of the same values."""
        copied = VariableStore()
        for key, variable in self._store._vars.items():
            copied._vars[key] = ResourceVariable(
                variable.read_value(), name=variable.op.name, trainable=variable.trainable
            )
        return EagerVariableStore(copied)
