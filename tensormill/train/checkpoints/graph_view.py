"""The objects that can be reached from one, as checkpoints by object see them.

Source: TensorFlow 1.15, python/training/tracking/graph_view.py and util.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple

from tensorboard.compat.proto.trackable_object_graph_pb2 import TrackableObjectGraph

from tensormill.graph import dtypes
from tensormill.graph.shapes import TensorShape
from tensormill.train.checkpoints.object_based import OBJECT_GRAPH_KEY
from tensormill.train.checkpoints.object_graph import graph_message, object_nodes, state_of
from tensormill.train.checkpoints.reader import NewCheckpointReader
from tensormill.variables.base import VariableBase
from tensormill.variables.creation import Variable
from tensormill.variables.initializers import Zeros
from tensormill.variables.tracking import dependencies_of

__all__ = [
    "NamedState",
    "ObjectGraphView",
    "add_variable",
    "gather_initializers",
    "list_objects",
    "object_metadata",
]


class NamedState(NamedTuple):
    """One piece of state: its key in a checkpoint, and the name of its variable."""

    name: str
    full_name: str
    state: Any


class ObjectGraphView:
    """The objects that can be reached from a root.

    Attributes:
      root: the root.
    """

    def __init__(self, root: Any, saveables_cache: Any = None) -> None:
        self.root = root
        self.saveables_cache = saveables_cache

    def list_dependencies(self, obj: Any) -> list[tuple[str, Any]]:
        """Return the objects that an object depends on, with their local names."""
        return dependencies_of(obj)

    def list_objects(self) -> list[Any]:
        """Return the objects, nearest first; slots of optimizers come last."""
        return [node.target for node in object_nodes(self.root)]

    def serialize_object_graph(self) -> tuple[list[NamedState], Any, dict[Any, Any]]:
        """Return the pieces of state, the message that describes the objects, and no feeds."""
        nodes = object_nodes(self.root)
        named = []
        for node in nodes:
            for attribute, state in state_of(node.target).items():
                full_name = state.op.name if isinstance(state, VariableBase) else ""
                named.append(NamedState(node.key(attribute), full_name, state))
        return named, graph_message(nodes), {}


def list_objects(root_trackable: Any) -> list[Any]:
    """Return the objects that can be reached from one."""
    return ObjectGraphView(root_trackable).list_objects()


def gather_initializers(root_trackable: Any) -> list[Any]:
    """Return what initializes the variables that can be reached from an object."""
    found = (getattr(each, "initializer", None) for each in list_objects(root_trackable))
    return [each for each in found if each is not None]


def object_metadata(save_path: Any) -> Any:
    """Return the message with which a checkpoint by object describes its objects.

    Raises:
      ValueError: the checkpoint is none by object.
    """
    reader = NewCheckpointReader(os.fspath(save_path))
    if not reader.has_tensor(OBJECT_GRAPH_KEY):
        raise ValueError(
            f'The specified checkpoint "{save_path}" does not appear to be object-based (saved '
            'with TF2) since it is missing the key "_CHECKPOINTABLE_OBJECT_GRAPH". Likely it was '
            "created with the TF1 name-based saver and does not contain an object dependency graph."
        )
    return TrackableObjectGraph.FromString(reader.get_tensor(OBJECT_GRAPH_KEY))


def add_variable(
    trackable: Any,
    name: str,
    shape: Any = None,
    dtype: Any = dtypes.float32,
    initializer: Any = None,
) -> Any:
    """Return a new resource variable that an object depends on.

    Args:
      trackable: the object.
      name: the name of the variable, and its local name.
      shape: its shape, where the initializer is a function.
      dtype: its dtype.
      initializer: a value, or a function of a shape and dtype (or its class); zeros by default.

    Raises:
      ValueError: there is a dependency of that name, or a shape besides a value.
    """
    if trackable._lookup_dependency(name) is not None:
        raise ValueError(
            f"A variable named '{name}' already declared as a dependency: names must be unique."
        )
    initial: Callable[[], Any] | Any = initializer
    if initializer is None or callable(initializer):
        dims = TensorShape(shape).as_list()
        function = initializer() if isinstance(initializer, type) else initializer

        def initial() -> Any:
            return (function or Zeros())(dims, dtype=dtype)

    elif shape is not None:
        raise ValueError("If initializer is a constant, do not specify shape.")
    made = Variable(initial, name=name, dtype=dtype, use_resource=True)
    trackable._track_trackable(made, name)
    return made
