"""`tf.train.Checkpoint`: saves and restores objects by the way they are reached.

Source: TensorFlow 1.15, python/training/tracking/util.py.
"""

from __future__ import annotations

import os
from typing import Any

from tensorboard.compat.proto.trackable_object_graph_pb2 import TrackableObjectGraph

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.default_scopes import init_scope
from tensormill.train.checkpoints.object_based import OBJECT_GRAPH_KEY
from tensormill.train.checkpoints.object_graph import (
    VALUE,
    ObjectNode,
    graph_message,
    object_nodes,
    state_of,
)
from tensormill.train.checkpoints.reader import NewCheckpointReader
from tensormill.train.checkpoints.restore_status import (
    InitializationOnlyStatus,
    NameBasedStatus,
    RestoreStatus,
    session_or_default,
)
from tensormill.train.checkpoints.saver import Saver
from tensormill.train.checkpoints.state_file import update_checkpoint_state_internal
from tensormill.variables.creation import Variable
from tensormill.variables.saveable_object import SaveableObject, SaveSpec
from tensormill.variables.tracking import dependencies_in, is_trackable

__all__ = ["Checkpoint", "object_saver"]


class _ObjectGraphSaveable(SaveableObject):
    """The description of the objects, which is saved with them."""

    def __init__(self, content: bytes) -> None:
        tensor = constant(content, dtype=dtypes.string)
        super().__init__(tensor, [SaveSpec(tensor, "", OBJECT_GRAPH_KEY)], OBJECT_GRAPH_KEY)

    def restore(self, restored_tensors: list[Any], restored_shapes: Any) -> Any:
        """Take nothing over: the description is read by Python."""
        return self.op.op


def object_saver(root: Any) -> Saver:
    """Return a saver for the objects that can be reached from one, as they are now.

    Its checkpoints are those of a `Checkpoint`; it reads no others.

    Args:
      root: the object.
    """
    nodes = object_nodes(root)
    return _saver_of(nodes, graph_message(nodes).SerializeToString(deterministic=True))


def _saver_of(nodes: list[ObjectNode], description: bytes, **options: Any) -> Saver:
    listed: dict[str, Any] = {OBJECT_GRAPH_KEY: _ObjectGraphSaveable(description)}
    for node in nodes:
        for attribute, item in state_of(node.target).items():
            name = node.key(attribute)
            listed[name] = item(name=name) if _is_factory(item, attribute) else item
    return Saver(listed, **options)


class Checkpoint:
    """Objects with state, and a count of how often they were saved.

    Every keyword becomes an attribute: variables, modules, layers, models, optimizers, and lists
    and dictionaries of them. Attributes may be set later, too.
    """

    def __init__(self, **kwargs: Any) -> None:
        """Take the objects.

        Raises:
          ValueError: one has no state that can be saved.
        """
        self._save_counter: Any = None
        self._counting: Any = None
        self._savers: dict[Any, tuple[Saver, list[ObjectNode]]] = {}
        for name, value in sorted(kwargs.items()):
            if not (is_trackable(value) or isinstance(value, (list, dict))):
                raise ValueError(
                    f"`Checkpoint` was expecting a trackable object, got {value}: a variable, a "
                    "module, layer, model or optimizer, or a list or dict of them."
                )
            setattr(self, name, value)

    @property
    def _checkpoint_dependencies(self) -> list[tuple[str, Any]]:
        own = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        found = list(dependencies_in(own))
        if self._save_counter is not None:
            found.append(("save_counter", self._save_counter))
        return found

    @property
    def save_counter(self) -> Any:
        """The variable that counts how often `save` was called."""
        if self._save_counter is None:
            with init_scope():
                self._save_counter = Variable(
                    0, name="save_counter", dtype=dtypes.int64, trainable=False, use_resource=True
                )
        return self._save_counter

    def write(self, file_prefix: Any, session: Any = None) -> str:
        """Write a checkpoint under exactly this prefix, and count nothing.

        Args:
          file_prefix: the path of the checkpoint, without its endings.
          session: where the variables are, by default the default session.

        Returns:
          The path.
        """
        session = session_or_default(session)
        path = os.fspath(file_prefix)
        with session.graph.as_default():
            saver = self._saver()
        folder = os.path.dirname(path)
        if folder:
            os.makedirs(folder, exist_ok=True)
        saved = saver.save(session, path, write_meta_graph=False, write_state=False)
        assert saved is not None
        return saved

    def save(self, file_prefix: Any, session: Any = None) -> str:
        """Write a checkpoint whose path ends with a new number, and note that it is the latest.

        Args:
          file_prefix: the path of the checkpoint, without the number and the endings.
          session: where the variables are, by default the default session.

        Returns:
          The path, with the number.
        """
        session = session_or_default(session)
        prefix = os.fspath(file_prefix)
        path = self.write(f"{prefix}-{self._next_number(session)}", session)
        update_checkpoint_state_internal(
            os.path.dirname(prefix) or ".", path, [path], save_relative_paths=True
        )
        return path

    def _next_number(self, session: Any) -> int:
        with session.graph.as_default():
            if self._save_counter is None:
                session.run(self.save_counter.initializer)
            if self._counting is None:
                self._counting = self.save_counter.assign_add(1, read_value=True)
        return int(session.run(self._counting))

    def _saver(self) -> Saver:
        """Return the saver for the objects there are now."""
        nodes = object_nodes(self)
        description = graph_message(nodes).SerializeToString(deterministic=True)
        key = (description, tuple(id(node.target) for node in nodes))
        if key not in self._savers:
            # The nodes are kept: their ids are part of the key.
            self._savers[key] = (_saver_of(nodes, description, max_to_keep=None), nodes)
        return self._savers[key][0]

    def restore(self, save_path: Any) -> Any:
        """Return what restores the objects from a checkpoint; nothing is run before it is told to.

        Args:
          save_path: the path of a checkpoint, by object or of a `tf.train.Saver`, without endings.
            With None, variables are initialized where they would have been restored.

        Returns:
          An object with `assert_consumed`, `run_restore_ops`, `initialize_or_restore` and others.
        """
        if save_path is None:
            return InitializationOnlyStatus(self)
        path = os.fspath(save_path)
        reader = NewCheckpointReader(path)
        if not reader.has_tensor(OBJECT_GRAPH_KEY):
            return NameBasedStatus(self, path)
        message = TrackableObjectGraph.FromString(reader.get_tensor(OBJECT_GRAPH_KEY))
        if any(child.local_name == "save_counter" for child in message.nodes[0].children):
            _ = self.save_counter
        return RestoreStatus(self, path, message)


def _is_factory(item: Any, attribute: str) -> bool:
    return attribute != VALUE and callable(item) and not isinstance(item, SaveableObject)
