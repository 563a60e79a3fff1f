"""Networks as plain data, and networks of plain data.

Source: TensorFlow 1.15, python/keras/engine/network.py.
"""

from __future__ import annotations

import importlib
import json
from typing import Any

import numpy as np

import tensormill.api as tf
from tensormill.graph import nest
from tensormill.keras.engine import layer_classes
from tensormill.keras.engine.node import has_history

__all__ = ["config_of", "tensors_of", "to_json", "to_yaml", "yaml"]

_KERAS_VERSION = "2.2.4-tf"


def config_of(network: Any) -> dict[str, Any]:
    """Return the layers of a network, their settings and how they are connected."""
    graph = network._graph_of_layers
    numbers: dict[int, dict[int, int]] = {}
    for layer in graph.layers:
        own = [node for node in layer._inbound_nodes if any(node is each for each in graph.nodes)]
        numbers[id(layer)] = {layer._inbound_nodes.index(node): at for at, node in enumerate(own)}

    def reference(tensor: Any) -> list[Any]:
        layer, node_index, tensor_index = tensor._keras_history
        return [layer.name, numbers[id(layer)].get(node_index, 0), tensor_index]

    layers = []
    for layer in graph.layers:
        calls = []
        for node in graph.nodes:
            if node.layer is not layer or node.inputs is node.outputs:
                continue
            arguments = {
                name: ["_tensor", *reference(value)] if _is_layer_tensor(value) else value
                for name, value in node.arguments.items()
            }
            calls.append([[*reference(each), arguments] for each in nest.flatten(node.inputs)])
        layers.append(
            {
                "name": layer.name,
                "class_name": type(layer).__name__,
                "config": layer.get_config(),
                "inbound_nodes": calls,
            }
        )
    return {
        "name": network.name,
        "layers": layers,
        "input_layers": [reference(tensor) for tensor in network.inputs],
        "output_layers": [reference(tensor) for tensor in network.outputs],
    }


def _is_layer_tensor(value: Any) -> bool:
    return isinstance(value, tf.Tensor) and has_history(value)


def tensors_of(config: dict[str, Any], custom_objects: Any = None) -> tuple[Any, Any]:
    """Return the inputs and outputs of new layers made of what `config_of` gave."""
    layers = {
        each["name"]: layer_classes.deserialize(
            {"class_name": each["class_name"], "config": {"name": each["name"], **each["config"]}},
            custom_objects,
        )
        for each in config["layers"]
    }
    made: dict[tuple[str, int], list[Any]] = {}
    for name, layer in layers.items():
        if hasattr(layer, "is_placeholder"):
            made[name, 0] = nest.flatten(layer._inbound_nodes[0].outputs)
    waiting = [
        (each["name"], number, call)
        for each in config["layers"]
        for number, call in enumerate(each["inbound_nodes"])
    ]
    while waiting:
        later = []
        for name, number, call in waiting:
            arguments = call[0][3] if len(call[0]) > 3 else {}
            needed = [each[:3] for each in call]
            needed += [each[1:] for each in arguments.values() if _is_reference(each)]
            if any((each[0], each[1]) not in made for each in needed):
                later.append((name, number, call))
                continue
            inputs = [made[each[0], each[1]][each[2]] for each in call]
            kwargs = {
                key: made[value[1], value[2]][value[3]] if _is_reference(value) else value
                for key, value in arguments.items()
            }
            outputs = layers[name](inputs[0] if len(inputs) == 1 else inputs, **kwargs)
            made[name, number] = nest.flatten(outputs)
        if len(later) == len(waiting):
            raise ValueError(f"The layers {[each[0] for each in later]} are not connected.")
        waiting = later
    inputs, outputs = (
        [made[name, node_index][index] for name, node_index, index in _references(config[key])]
        for key in ("input_layers", "output_layers")
    )
    return inputs, outputs


def _is_reference(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and value[0] == "_tensor"


def _references(config: Any) -> list[Any]:
    return [config] if config and isinstance(config[0], str) else config


def to_json(network: Any, **kwargs: Any) -> str:
    """Return the class and settings of a network as JSON."""
    whole = {
        "class_name": type(network).__name__,
        "config": network.get_config(),
        "keras_version": _KERAS_VERSION,
        "backend": "tensorflow",
    }
    return json.dumps(whole, default=_plain, **kwargs)


def yaml() -> Any:
    """Return the module `yaml`.

    Raises:
      ImportError: it is not installed.
    """
    try:
        return importlib.import_module("yaml")
    except ImportError:
        raise ImportError("Requires yaml module installed (`pip install pyyaml`).") from None


def to_yaml(network: Any, **kwargs: Any) -> str:
    """Return the class and settings of a network as YAML."""
    return str(yaml().safe_dump(json.loads(to_json(network)), **kwargs))


def _plain(value: Any) -> Any:
    """Return a value that JSON lacks as one that it has."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, tf.DType):
        return value.name
    if isinstance(value, tf.TensorShape):
        return value.as_list()
    if callable(value):
        return value.__name__
    raise TypeError(f"Not JSON Serializable: {value}")
