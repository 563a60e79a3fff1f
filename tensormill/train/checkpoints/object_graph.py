"""The graph of objects that a checkpoint by object describes, and the keys of their state.

The key of a variable is the shortest path to it from the root, as
`model/kernel/.ATTRIBUTES/VARIABLE_VALUE`; that of the slot of an optimizer begins with the path of
the variable that the slot belongs to.

Source: TensorFlow 1.15, python/training/tracking: graph_view.py and util.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tensorboard.compat.proto.trackable_object_graph_pb2 import TrackableObjectGraph

from tensormill.variables.base import VariableBase
from tensormill.variables.tracked_resources import NotTrackable
from tensormill.variables.tracking import dependencies_of

__all__ = ["VALUE", "ObjectNode", "graph_message", "object_nodes", "slot_of", "state_of"]

VALUE = "VARIABLE_VALUE"
_ATTRIBUTES = ".ATTRIBUTES"
_SLOTS = ".OPTIMIZER_SLOT"


@dataclass
class ObjectNode:
    """An object that can be reached from the root.

    Attributes:
      target: the object.
      path: the escaped local names on the shortest way to it.
      children: local name and number of each dependency.
      slots: (number of the variable, name of the slot, number of the slot) for an optimizer.
    """

    target: Any
    path: tuple[str, ...]
    children: list[tuple[str, int]] = field(default_factory=list)
    slots: list[tuple[int, str, int]] = field(default_factory=list)

    def key(self, attribute: str) -> str:
        """Return the key of a part of the state of the object."""
        return "/".join([*self.path, _ATTRIBUTES, _escaped(attribute)])


def _escaped(name: str) -> str:
    return name.replace(".", "..").replace("/", ".S")


def object_nodes(root: Any) -> list[ObjectNode]:
    """Return the objects that can be reached from a root, nearest first; slots come last."""
    nodes = [ObjectNode(root, ())]
    numbers = {id(root): 0}
    position = 0
    while position < len(nodes):
        node = nodes[position]
        position += 1
        if isinstance(node.target, NotTrackable):
            raise NotImplementedError(
                f"The object {node.target} does not support object-based saving. File a feature "
                "request if this limitation bothers you."
            )
        for name, target in dependencies_of(node.target):
            if id(target) not in numbers:
                numbers[id(target)] = len(nodes)
                nodes.append(ObjectNode(target, (*node.path, _escaped(name))))
            node.children.append((name, numbers[id(target)]))
    _add_slots(nodes, numbers)
    return nodes


def _add_slots(nodes: list[ObjectNode], numbers: dict[int, int]) -> None:
    variables = [n for n, node in enumerate(nodes) if isinstance(node.target, VariableBase)]
    for node in list(nodes):
        if not hasattr(node.target, "get_slot_names"):
            continue
        for name in node.target.get_slot_names():
            for number in variables:
                slot = slot_of(node.target, nodes[number].target, name)
                if slot is None:
                    continue
                if id(slot) not in numbers:
                    numbers[id(slot)] = len(nodes)
                    path = (*nodes[number].path, _SLOTS, *node.path, _escaped(name))
                    nodes.append(ObjectNode(slot, path))
                node.slots.append((number, name, numbers[id(slot)]))


def slot_of(optimizer: Any, variable: Any, name: str) -> Any:
    """Return the slot of a variable, None where the optimizer has none."""
    try:
        return optimizer.get_slot(variable, name)
    except KeyError:
        return None


def state_of(target: Any) -> dict[str, Callable[..., Any] | Any]:
    """Return what is saved of an object itself: a variable, or what it gathers, by attribute."""
    if isinstance(target, VariableBase):
        return {VALUE: target}
    gather = getattr(target, "_gather_saveables_for_checkpoint", None)
    return {} if gather is None else dict(gather())


def graph_message(nodes: list[ObjectNode]) -> Any:
    """Return the message that describes the objects."""
    message = TrackableObjectGraph()
    for node in nodes:
        described = message.nodes.add()
        for name, number in node.children:
            described.children.add(node_id=number, local_name=name)
        for variable, name, slot in node.slots:
            described.slot_variables.add(
                original_variable_node_id=variable, slot_name=name, slot_variable_node_id=slot
            )
        for attribute, item in state_of(node.target).items():
            full_name = item.op.name if isinstance(item, VariableBase) else ""
            described.attributes.add(
                name=attribute, full_name=full_name, checkpoint_key=node.key(attribute)
            )
    return message
