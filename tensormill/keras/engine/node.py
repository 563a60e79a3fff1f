"""`Node`: one call of a layer, on tensors that come from other layers.

Source: TensorFlow 1.15, python/keras/engine/node.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import tensormill.api as tf
from tensormill.graph import nest

__all__ = ["KerasHistory", "Node", "has_history", "map_tensors", "shapes_of", "tensors_in"]


class KerasHistory(NamedTuple):
    """Where a tensor comes from.

    Attributes:
      layer: the layer that made it.
      node_index: in which of its calls.
      tensor_index: which of the outputs of the call it is.
    """

    layer: Any
    node_index: int
    tensor_index: int


def has_history(tensor: Any) -> bool:
    """Return whether a tensor is known to come from a layer."""
    return hasattr(tensor, "_keras_history")


def tensors_in(structure: Any) -> list[Any]:
    """Return the tensors of a structure, in its order."""
    return [
        each
        for each in nest.flatten(structure)
        if isinstance(each, (tf.Tensor, tf.SparseTensor, tf.RaggedTensor, tf.Variable))
    ]


def map_tensors(structure: Any, values: dict[int, Any]) -> Any:
    """Return a structure with tensors replaced by those that `values` has for their ids."""
    return nest.map_structure(lambda each: values.get(id(each), each), structure)


def shapes_of(structure: Any) -> Any:
    """Return the static shapes of tensors, as tuples; of one tensor its shape alone."""

    def shape(tensor: Any) -> Any:
        dims = tensor.shape if isinstance(tensor, tf.RaggedTensor) else tensor.get_shape()
        return None if dims.ndims is None else tuple(dims.as_list())

    return nest.map_structure(shape, structure)


class Node:
    """One call of a layer.

    Attributes:
      layer: the layer.
      inputs: what it was called with: a tensor or a structure of them.
      arguments: the further arguments of the call, by name.
      outputs: what it returned.
    """

    def __init__(self, layer: Any, inputs: Any, arguments: dict[str, Any], outputs: Any) -> None:
        self.layer = layer
        self.inputs = inputs
        self.arguments = arguments
        self.outputs = outputs
        for index, tensor in enumerate(nest.flatten(outputs)):
            tensor._keras_history = KerasHistory(layer, len(layer._inbound_nodes), index)
        layer._inbound_nodes.append(self)
        for source in self.sources():
            source.layer._outbound_nodes.append(self)

    def keras_inputs(self) -> list[Any]:
        """Return the tensors from other layers among the inputs and the arguments."""
        return [
            tensor for tensor in tensors_in([self.inputs, self.arguments]) if has_history(tensor)
        ]

    def sources(self) -> Iterator[KerasHistory]:
        """Yield where the inputs come from; nothing for the node of an input itself."""
        if self.inputs is self.outputs:
            return
        for tensor in self.keras_inputs():
            yield tensor._keras_history

    @property
    def outbound_layer(self) -> Any:
        """The layer that was called."""
        return self.layer

    @property
    def inbound_layers(self) -> Any:
        """The layers that the inputs come from; of one, that one."""
        layers = [source.layer for source in self.sources()]
        return layers[0] if len(layers) == 1 else layers

    @property
    def node_indices(self) -> Any:
        """In which calls of these layers the inputs were made; of one, that one."""
        numbers = [source.node_index for source in self.sources()]
        return numbers[0] if len(numbers) == 1 else numbers

    @property
    def tensor_indices(self) -> Any:
        """Which of the outputs of these calls the inputs are; of one, that one."""
        numbers = [source.tensor_index for source in self.sources()]
        return numbers[0] if len(numbers) == 1 else numbers

    @property
    def input_shapes(self) -> Any:
        """The static shapes of the inputs."""
        return shapes_of(self.inputs)

    @property
    def output_shapes(self) -> Any:
        """The static shapes of the outputs."""
        return shapes_of(self.outputs)

    def iterate_inbound(self, include_arguments: bool = False) -> list[tuple[Any, int, int, Any]]:
        """Return (layer, number of its call, number of its output, tensor) of each input.

        Args:
          include_arguments: whether the tensors of the further arguments are inputs, too.
        """
        if self.inputs is self.outputs:
            return []
        given = [self.inputs, self.arguments] if include_arguments else self.inputs
        return [
            (*tensor._keras_history, tensor) for tensor in tensors_in(given) if has_history(tensor)
        ]

    def get_config(self) -> dict[str, Any]:
        """Return where the inputs come from, as plain data."""
        layers = self.inbound_layers
        names = [each.name for each in layers] if isinstance(layers, list) else layers.name
        return {
            "outbound_layer": self.layer.name,
            "inbound_layers": names,
            "node_indices": self.node_indices,
            "tensor_indices": self.tensor_indices,
        }

    @property
    def input_tensors(self) -> Any:
        """The inputs."""
        return self.inputs

    @property
    def output_tensors(self) -> Any:
        """The outputs."""
        return self.outputs


def get_source_inputs(tensor: Any, layer: Any = None, node_index: Any = None) -> list[Any]:
    """Return the tensors of `Input` that a tensor is made of."""
    found: list[Any] = []
    seen: set[int] = set()
    stack = [tensor]
    while stack:
        each = stack.pop()
        if id(each) in seen or not has_history(each):
            continue
        seen.add(id(each))
        history = each._keras_history
        node = history.layer._inbound_nodes[history.node_index]
        if node.inputs is node.outputs:
            found.append(each)
        else:
            stack.extend(reversed(node.keras_inputs()))
    return found
