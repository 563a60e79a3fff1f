"""What `Checkpoint.restore` returns: it says what fits, and restores in a session.

Source: TensorFlow 1.15, python/training/tracking/util.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.session.session import get_default_session
from tensormill.train.checkpoints.object_graph import object_nodes, slot_of, state_of
from tensormill.train.checkpoints.saver import Saver
from tensormill.variables.base import VariableBase
from tensormill.variables.saveable_object import SaveableObject
from tensormill.variables.tracking import dependencies_of

__all__ = [
    "InitializationOnlyStatus",
    "NameBasedStatus",
    "RestoreStatus",
    "session_or_default",
]


def session_or_default(session: Any) -> Any:
    """Return the session that is given, or the default one.

    Raises:
      ValueError: there is none.
    """
    session = get_default_session() if session is None else session
    if session is None:
        raise ValueError(
            "Checkpoints of a graph are written and restored in a session: pass session=..., or "
            "open a block with `session.as_default()`."
        )
    return session


def _variables(root: Any) -> list[Any]:
    return [n.target for n in object_nodes(root) if isinstance(n.target, VariableBase)]


class InitializationOnlyStatus:
    """Restores nothing: no checkpoint was named."""

    def __init__(self, root: Any) -> None:
        self._root = root

    def assert_consumed(self) -> None:
        """Complain.

        Raises:
          AssertionError: always.
        """
        raise AssertionError("No checkpoint specified (save_path=None); nothing is being restored.")

    assert_existing_objects_matched = assert_nontrivial_match = assert_consumed

    def expect_partial(self) -> InitializationOnlyStatus:
        """Return this."""
        return self

    def run_restore_ops(self, session: Any = None) -> None:
        """Complain.

        Raises:
          AssertionError: always.
        """
        self.assert_consumed()

    def initialize_or_restore(self, session: Any = None) -> None:
        """Initialize the variables."""
        session = session_or_default(session)
        session.run([variable.initializer for variable in _variables(self._root)])


class RestoreStatus:
    """Restores the objects that a checkpoint has, by the way they are reached.

    Objects that came after `restore` was called are found as well: what fits is looked up when it
    is needed.
    """

    def __init__(self, root: Any, path: str, message: Any) -> None:
        self._root = root
        self._path = path
        self._message = message
        self._savers: dict[Any, Saver] = {}

    def _matched(self) -> dict[int, Any]:
        """Return the objects of the program by the number of their node in the checkpoint."""
        found: dict[int, Any] = {0: self._root}
        waiting = [0]
        while waiting:
            number = waiting.pop(0)
            own = dict(dependencies_of(found[number]))
            for child in self._message.nodes[number].children:
                if child.node_id not in found and child.local_name in own:
                    found[child.node_id] = own[child.local_name]
                    waiting.append(child.node_id)
        for number, target in list(found.items()):
            for slot in self._message.nodes[number].slot_variables:
                variable = found.get(slot.original_variable_node_id)
                if variable is not None and hasattr(target, "get_slot"):
                    mine = slot_of(target, variable, slot.slot_name)
                    if mine is not None:
                        found[slot.slot_variable_node_id] = mine
        return found

    def assert_consumed(self) -> RestoreStatus:
        """Return this, if all of the checkpoint and all objects of the program fit.

        Raises:
          AssertionError: something does not.
        """
        found = self._matched()
        for number, node in enumerate(self._message.nodes):
            if number not in found and (node.attributes or node.children):
                raise AssertionError(f"Unresolved object in checkpoint: {node}")
        return self.assert_existing_objects_matched()

    def assert_existing_objects_matched(self) -> RestoreStatus:
        """Return this, if the checkpoint has all objects of the program.

        Raises:
          AssertionError: it lacks one.
        """
        known = {id(target) for target in self._matched().values()}
        for node in object_nodes(self._root):
            if state_of(node.target) and id(node.target) not in known:
                raise AssertionError(f"Object not assigned a value from checkpoint: {node.target}")
        return self

    def assert_nontrivial_match(self) -> RestoreStatus:
        """Return this, if anything fits besides the root.

        Raises:
          AssertionError: nothing does.
        """
        if len(self._matched()) <= 1:
            raise AssertionError(
                "Nothing except the root object matched a checkpointed value. Typically this means "
                "that the checkpoint does not match the Python program."
            )
        return self

    def expect_partial(self) -> RestoreStatus:
        """Return this: nobody warns of what was not restored."""
        return self

    def run_restore_ops(self, session: Any = None) -> None:
        """Restore what fits, in a session."""
        session = session_or_default(session)
        listed = self._listed()
        if not listed:
            return
        key = tuple(sorted((name, id(item)) for name, (item, _) in listed.items()))
        if key not in self._savers:
            with session.graph.as_default():
                made = {
                    name: item(name=name) if is_factory else item
                    for name, (item, is_factory) in listed.items()
                }
                self._savers[key] = Saver(made, max_to_keep=None)
        self._savers[key].restore(session, self._path)

    def _listed(self) -> dict[str, tuple[Any, bool]]:
        listed = {}
        for number, target in self._matched().items():
            mine = state_of(target)
            for attribute in self._message.nodes[number].attributes:
                if attribute.name in mine:
                    item = mine[attribute.name]
                    is_plain = isinstance(item, (VariableBase, SaveableObject))
                    listed[attribute.checkpoint_key] = (item, not is_plain and callable(item))
        return listed

    def initialize_or_restore(self, session: Any = None) -> None:
        """Restore what fits, and initialize all other variables."""
        session = session_or_default(session)
        restored = {id(item) for item, _ in self._listed().values()}
        others = [each for each in _variables(self._root) if id(each) not in restored]
        session.run([variable.initializer for variable in others])
        self.run_restore_ops(session)


class NameBasedStatus:
    """Restores variables by their names, from a checkpoint of a `tf.train.Saver`."""

    def __init__(self, root: Any, path: str) -> None:
        self._root = root
        self._path = path
        self._saver: Saver | None = None

    def assert_consumed(self) -> None:
        """Complain: names say nothing of objects.

        Raises:
          AssertionError: always.
        """
        raise AssertionError(
            "Restoring a name-based checkpoint: objects cannot be matched. Use `run_restore_ops`."
        )

    assert_existing_objects_matched = assert_nontrivial_match = assert_consumed

    def expect_partial(self) -> NameBasedStatus:
        """Return this."""
        return self

    def run_restore_ops(self, session: Any = None) -> None:
        """Restore the variables of the objects."""
        session = session_or_default(session)
        if self._saver is None:
            with session.graph.as_default():
                self._saver = Saver(_variables(self._root), max_to_keep=None)
        self._saver.restore(session, self._path)

    def initialize_or_restore(self, session: Any = None) -> None:
        """Restore the variables of the objects."""
        self.run_restore_ops(session)
