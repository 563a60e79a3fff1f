"""The layers between some inputs and some outputs, in the order in which they compute.

Source: TensorFlow 1.15, python/keras/engine/network.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import nest
from tensormill.keras.engine.node import Node, has_history, map_tensors, tensors_in

__all__ = ["NetworkGraph"]


class NetworkGraph:
    """The calls of layers that lead from inputs to outputs.

    Attributes:
      layers: the layers, those first that are farthest from the outputs.
      nodes: the calls, each after those that it depends on.

    Raises:
      ValueError: an output does not depend on the inputs alone.
    """

    def __init__(self, inputs: list[Any], outputs: list[Any]) -> None:
        self._inputs = inputs
        self._outputs = outputs
        self._layer_order: dict[int, int] = {}
        self._ordered: list[Node] = []
        for output in outputs:
            self._visit(_producer(output), set())
        self._check_connected()
        node_depths, layers, layer_depths = self._depths()
        order = {id(node): index for index, node in enumerate(self._ordered)}
        self.nodes = sorted(
            self._ordered, key=lambda node: (-node_depths[id(node)], order[id(node)])
        )
        for tensor in inputs:
            layer = tensor._keras_history.layer
            if id(layer) not in layer_depths:
                layers.append(layer)
                self._layer_order.setdefault(id(layer), len(self._layer_order))
                layer_depths[id(layer)] = max(layer_depths.values(), default=0)
        self.layers = sorted(
            layers, key=lambda each: (-layer_depths[id(each)], self._layer_order[id(each)])
        )

    def _visit(self, target: Node, unfinished: set[int]) -> None:
        """Put a call, after those that it depends on, into the order."""
        finished = {id(node) for node in self._ordered}
        stack: list[tuple[Node, bool]] = [(target, False)]
        while stack:
            node, is_done = stack.pop()
            if is_done:
                if id(node) not in finished:
                    finished.add(id(node))
                    self._ordered.append(node)
                continue
            if id(node) in finished or id(node) in unfinished:
                continue
            unfinished.add(id(node))
            self._layer_order.setdefault(id(node.layer), len(self._layer_order))
            stack.append((node, True))
            if self._is_fed(node):
                continue
            sources = [
                _producer(tensor) for tensor in node.keras_inputs() if not self._is_given(tensor)
            ]
            stack.extend((source, False) for source in reversed(sources))

    def _is_given(self, tensor: Any) -> bool:
        """Return whether a tensor is an input that layers of the network made otherwise."""
        return any(tensor is each for each in self._inputs) and not _is_input(tensor)

    def _is_fed(self, node: Node) -> bool:
        return node.inputs is node.outputs

    def _check_connected(self) -> None:
        given = {id(tensor) for tensor in self._inputs}
        for node in self._ordered:
            if self._is_fed(node) and id(node.outputs) not in given and _must_be_fed(node):
                raise ValueError(
                    f"Graph disconnected: cannot obtain value for tensor {node.outputs} at layer "
                    f'"{node.layer.name}". The following previous layers were accessed without '
                    "issue: []"
                )

    def _depths(self) -> tuple[dict[int, int], list[Any], dict[int, int]]:
        """Return how far calls and layers are from the outputs, and the layers."""
        node_depths: dict[int, int] = {}
        layer_depths: dict[int, int] = {}
        layers: list[Any] = []
        for node in reversed(self._ordered):
            depth = node_depths.setdefault(id(node), 0)
            if id(node.layer) not in layer_depths:
                layers.append(node.layer)
            depth = max(depth, layer_depths.get(id(node.layer), 0))
            layer_depths[id(node.layer)] = node_depths[id(node)] = depth
            if self._is_fed(node):
                continue
            for tensor in node.keras_inputs():
                if self._is_given(tensor):
                    continue
                source = id(_producer(tensor))
                node_depths[source] = max(depth + 1, node_depths.get(source, 0))
        return node_depths, layers, layer_depths

    def run(self, inputs: list[Any], arguments: dict[str, Any]) -> list[Any]:
        """Call the layers on other inputs.

        Args:
          inputs: the tensors in the place of those of the network.
          arguments: what to tell layers that take it, such as `training`.

        Returns:
          the outputs.
        """
        values = {id(old): new for old, new in zip(self._inputs, inputs, strict=True)}
        for node in self.nodes:
            if all(id(each) in values for each in tensors_in(node.outputs)):
                continue
            if self._is_fed(node):
                values[id(node.outputs)] = node.outputs
                continue
            kwargs = map_tensors(node.arguments, values)
            for name, value in arguments.items():
                if kwargs.get(name) is None and node.layer._takes(name):
                    kwargs[name] = value
            kwargs.pop("mask", None)
            outputs = node.layer(map_tensors(node.inputs, values), **kwargs)
            made = nest.flatten(outputs)
            for old, new in zip(nest.flatten(node.outputs), made, strict=True):
                values[id(old)] = new
        return [values[id(output)] for output in self._outputs]


def _producer(tensor: Any) -> Node:
    history = tensor._keras_history
    node: Node = history.layer._inbound_nodes[history.node_index]
    return node


def _is_input(tensor: Any) -> bool:
    node = _producer(tensor)
    return node.inputs is node.outputs


def _must_be_fed(node: Node) -> bool:
    return bool(getattr(node.layer, "is_placeholder", False))


def checked(tensors: list[Any], role: str) -> list[Any]:
    """Return tensors that come from layers.

    Raises:
      ValueError: one of them does not.
    """
    for tensor in tensors:
        if not has_history(tensor):
            raise ValueError(
                f"{role} tensors to a Model must come from `tf.keras.Input`. Received: {tensor} "
                "(missing previous layer metadata)."
                if role == "Input"
                else "Output tensors to a Model must be the output of a TensorFlow `Layer` (thus "
                f"holding past layer metadata). Found: {tensor}"
            )
    return tensors
