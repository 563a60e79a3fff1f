"""What a layer remembers of its calls: inputs, outputs, their shapes and masks.

Source: TensorFlow 1.15, python/keras/engine/base_layer.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import nest
from tensormill.keras.engine.node import shapes_of

__all__ = ["RecordedCalls"]


def _masks_of(tensors: Any) -> Any:
    return nest.map_structure(lambda each: getattr(each, "_keras_mask", None), tensors)


class RecordedCalls:
    """The recorded calls of a layer."""

    name: str
    _inbound_nodes: list[Any]
    _outbound_nodes: list[Any]

    @property
    def inbound_nodes(self) -> list[Any]:
        """The calls of the layer."""
        return self._inbound_nodes

    @property
    def outbound_nodes(self) -> list[Any]:
        """The calls of other layers on outputs of this one."""
        return self._outbound_nodes

    def _only(self, what: str, values: list[Any]) -> Any:
        """Return what all calls agree on.

        Raises:
          AttributeError: there was no call, or they do not agree.
        """
        if not values:
            raise AttributeError(f"Layer {self.name} has no inbound nodes.")
        if any(value is not values[0] and value != values[0] for value in values[1:]):
            raise AttributeError(
                f'The layer "{self.name}" has multiple inbound nodes, hence the notion of '
                f'"layer {what}" is ill-defined. Use `get_{what}_at(node_index)` instead.'
            )
        return values[0]

    def _single(self, what: str, values: list[Any]) -> Any:
        """Return the tensors of the one call.

        Raises:
          AttributeError: there was no call, or more than one.
        """
        if not values:
            raise AttributeError(f"Layer {self.name} is not connected, no {what} to return.")
        if len(values) > 1:
            raise AttributeError(
                f'Layer {self.name} has multiple inbound nodes, hence the notion of "layer {what}" '
                f"is ill-defined. Use `get_{what}_at(node_index)` instead."
            )
        return values[0]

    @property
    def input(self) -> Any:
        """What the layer was called with."""
        return self._single("input", [node.inputs for node in self._inbound_nodes])

    @property
    def output(self) -> Any:
        """What the call returned."""
        return self._single("output", [node.outputs for node in self._inbound_nodes])

    @property
    def input_mask(self) -> Any:
        """The masks of the inputs."""
        return _masks_of(self.input)

    @property
    def output_mask(self) -> Any:
        """The masks of the outputs."""
        return _masks_of(self.output)

    @property
    def input_shape(self) -> Any:
        """The shape of the inputs in all calls."""
        return self._only("input_shape", [shapes_of(node.inputs) for node in self._inbound_nodes])

    @property
    def output_shape(self) -> Any:
        """The shape of the outputs in all calls."""
        return self._only("output_shape", [shapes_of(node.outputs) for node in self._inbound_nodes])

    def _node_at(self, node_index: int, what: str) -> Any:
        if not self._inbound_nodes:
            raise RuntimeError(f"The layer has never been called and thus has no defined {what}.")
        if node_index >= len(self._inbound_nodes):
            raise ValueError(
                f"Asked to get {what} at node {node_index}, but the layer has only "
                f"{len(self._inbound_nodes)} inbound nodes."
            )
        return self._inbound_nodes[node_index]

    def get_input_at(self, node_index: int) -> Any:
        """Return what the layer was called with in a call."""
        return self._node_at(node_index, "input").inputs

    def get_output_at(self, node_index: int) -> Any:
        """Return what a call returned."""
        return self._node_at(node_index, "output").outputs

    def get_input_shape_at(self, node_index: int) -> Any:
        """Return the shape of the inputs in a call."""
        return shapes_of(self._node_at(node_index, "input shape").inputs)

    def get_output_shape_at(self, node_index: int) -> Any:
        """Return the shape of the outputs in a call."""
        return shapes_of(self._node_at(node_index, "output shape").outputs)

    def get_input_mask_at(self, node_index: int) -> Any:
        """Return the masks of the inputs in a call."""
        return _masks_of(self.get_input_at(node_index))

    def get_output_mask_at(self, node_index: int) -> Any:
        """Return the masks of the outputs in a call."""
        return _masks_of(self.get_output_at(node_index))
