"""`PythonState`: state of the program itself, kept in checkpoints by object.

Source: TensorFlow 1.15, python/training/tracking/python_state.py.
"""

from __future__ import annotations

import abc
from collections.abc import Callable
from functools import partial
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.scripts import py_func
from tensormill.variables.saveable_object import SaveableObject, SaveSpec
from tensormill.variables.tracking import Trackable

__all__ = ["PythonState"]

_ATTRIBUTE = "py_state"


class PythonState(Trackable, abc.ABC):
    """State of the program that goes into checkpoints as a text of bytes.

    A subclass says how it becomes one, and how it comes back.
    """

    @abc.abstractmethod
    def serialize(self) -> bytes:
        """Return the state in bytes; called when a checkpoint is written."""

    @abc.abstractmethod
    def deserialize(self, string_value: bytes) -> None:
        """Take over a state that `serialize` returned; called when a checkpoint is restored."""

    def _gather_saveables_for_checkpoint(self) -> dict[str, Callable[[str], SaveableObject]]:
        return {_ATTRIBUTE: partial(_PythonStateSaveable, self)}


class _PythonStateSaveable(SaveableObject):
    """Asks a program for its state while a checkpoint is written."""

    def __init__(self, state: PythonState, name: str = _ATTRIBUTE) -> None:
        self._state = state
        text = py_func(state.serialize, [], dtypes.string, name="save_py_state")
        super().__init__(text, [SaveSpec(text, "", name)], name)

    def restore(self, restored_tensors: list[Tensor], restored_shapes: Any) -> Operation:
        """Return the operation that hands the state back."""
        made: Operation = py_func(
            self._state.deserialize, [restored_tensors[0]], [], name="restore_py_state"
        )
        return made
