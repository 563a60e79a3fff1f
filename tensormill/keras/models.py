"""`tf.keras.models`: models, copies of them, and models from plain data and files.

Source: TensorFlow 1.15, python/keras/models.py.
"""

from __future__ import annotations

import json
from typing import Any

from tensormill.keras.engine import layer_classes, network_config
from tensormill.keras.engine.input_layer import Input
from tensormill.keras.engine.layer import TensorFlowOpLayer
from tensormill.keras.engine.model_files import load_model, save_model
from tensormill.keras.engine.node import map_tensors
from tensormill.keras.engine.sequential import Sequential
from tensormill.keras.engine.training import Model

__all__ = [
    "Model",
    "Sequential",
    "clone_model",
    "load_model",
    "model_from_config",
    "model_from_json",
    "model_from_yaml",
    "save_model",
]


def model_from_config(config: Any, custom_objects: Any = None) -> Any:
    """Return the model of a class and settings."""
    if isinstance(config, list):
        raise TypeError(
            "`model_from_config` expects a dictionary, not a list. Maybe you meant to use "
            "`Sequential.from_config(config)`?"
        )
    return layer_classes.deserialize(config, custom_objects)


def model_from_json(json_string: str, custom_objects: Any = None) -> Any:
    """Return the model that `to_json` described."""
    return layer_classes.deserialize(json.loads(json_string), custom_objects)


def model_from_yaml(yaml_string: str, custom_objects: Any = None) -> Any:
    """Return the model that `to_yaml` described."""
    return layer_classes.deserialize(network_config.yaml().safe_load(yaml_string), custom_objects)


def clone_model(model: Any, input_tensors: Any = None, clone_function: Any = None) -> Any:
    """Return a model of the same layers with new weights.

    Args:
      model: the model.
      input_tensors: what the new one is called on.
      clone_function: makes a new layer of one; by default by its settings.

    Raises:
      ValueError: it is a model of a program's own class.
    """

    def copy(layer: Any) -> Any:
        if isinstance(layer, TensorFlowOpLayer):  # it has no weights
            return layer
        if clone_function is not None:
            return clone_function(layer)
        return type(layer).from_config(layer.get_config())

    if isinstance(model, Sequential):
        made = Sequential([copy(layer) for layer in model.layers], name=model.name)
        if input_tensors is None and not made.inputs and model.inputs:
            made.build(model.inputs[0].get_shape())
        if input_tensors is not None:
            first = input_tensors[0] if isinstance(input_tensors, list) else input_tensors
            start = Input(tensor=first)
            return Model(start, made(start), name=model.name)
        return made
    if model._graph_of_layers is None:
        raise ValueError(
            "Expected `model` argument to be a functional `Model` instance, but got a subclass "
            "model instead."
        )
    made = _cloned_by(model, copy)
    if input_tensors is None:
        return made
    return Model(input_tensors, made(input_tensors), name=model.name)


def _cloned_by(model: Any, copy: Any) -> Any:
    """Return a copy of a functional model whose layers a function makes."""
    graph = model._graph_of_layers
    layers: dict[int, Any] = {}
    values: dict[int, Any] = {}
    for node in graph.nodes:
        if node.inputs is node.outputs:
            layer = type(node.layer).from_config(node.layer.get_config())
            values[id(node.outputs)] = layer._inbound_nodes[0].outputs
            continue
        layer = layers.setdefault(id(node.layer), None) or copy(node.layer)
        layers[id(node.layer)] = layer
        made = layer(map_tensors(node.inputs, values), **map_tensors(node.arguments, values))
        old = node.outputs if isinstance(node.outputs, (list, tuple)) else [node.outputs]
        new = made if isinstance(made, (list, tuple)) else [made]
        values.update({id(each): other for each, other in zip(old, new, strict=True)})
    return Model(
        map_tensors(model._nested_inputs, values),
        map_tensors(model._nested_outputs, values),
        name=model.name,
    )
