"""`tf.keras.models`: models, copies of them, and models from plain data and files.

Source: TensorFlow 1.15, python/keras/models.py.
"""

from __future__ import annotations

import json
from typing import Any

from tensormill.graph import nest
from tensormill.keras.engine import layer_classes, network_config
from tensormill.keras.engine.input_layer import Input, InputLayer
from tensormill.keras.engine.layer import TensorFlowOpLayer
from tensormill.keras.engine.model_files import load_model, save_model
from tensormill.keras.engine.node import map_tensors
from tensormill.keras.engine.sequential import Sequential
from tensormill.keras.engine.training import Model
from tensormill.keras.metrics import clone_metrics
from tensormill.keras.objects import custom_object_scope
from tensormill.keras.optimizers import TFOptimizer

__all__ = [
    "Model",
    "Sequential",
    "clone_and_build_model",
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

    given = None if input_tensors is None else nest.flatten(input_tensors)
    if isinstance(model, Sequential):
        if given is not None and len(given) != 1:
            raise ValueError(f"To clone a `Sequential` model, give it one tensor, not {given}.")
        made = Sequential(name=model.name)
        if given is not None:
            own = hasattr(given[0], "_keras_history")
            first = given[0]._keras_history[0] if own else None
            made.add(first if own else InputLayer(input_tensor=given[0], name=_input_name(model)))
        for layer in model.layers:
            made.add(copy(layer))
        if given is None and not made.inputs and model.inputs:
            made.build(model.inputs[0].get_shape())
        return made
    if model._graph_of_layers is None:
        raise ValueError(
            "Expected `model` argument to be a functional `Model` instance, but got a subclass "
            "model instead."
        )
    return _cloned_by(model, copy, given)


def _input_name(model: Any) -> str | None:
    return model.input_names[0] if model.input_names else None


def _cloned_by(model: Any, copy: Any, given: list[Any] | None) -> Any:
    """Return a copy of a functional model whose layers a function makes."""
    graph = model._graph_of_layers
    starts = dict(zip(model.input_names, given or [], strict=False))
    layers: dict[int, Any] = {}
    values: dict[int, Any] = {}
    for node in graph.nodes:
        if node.inputs is node.outputs:
            start = starts.get(node.layer.name)
            if start is None:
                layer = type(node.layer).from_config(node.layer.get_config())
                start = layer._inbound_nodes[0].outputs
            elif not hasattr(start, "_keras_history"):
                start = Input(tensor=start, name=node.layer.name)
            values[id(node.outputs)] = start
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


def clone_and_build_model(
    model: Any,
    input_tensors: Any = None,
    target_tensors: Any = None,
    custom_objects: Any = None,
    compile_clone: bool = True,
    in_place_reset: bool = False,
    optimizer_iterations: Any = None,
    optimizer_config: Any = None,
    sample_weights: Any = None,
) -> Any:
    """Return a copy of a model with new weights, compiled as the model is.

    Args:
      model: the model.
      input_tensors: what the copy is called on.
      target_tensors: its labels.
      custom_objects: name -> class or function that the model is made of.
      compile_clone: whether the copy is compiled.
      in_place_reset: not supported: a model of a program's own class needs `get_config`.
      optimizer_iterations: the variable that counts the steps of the copy.
      optimizer_config: settings of its optimizer; those of the model's by default.
      sample_weights: tensors with the weights of elements.

    Raises:
      ValueError: the model cannot be copied, or is to be compiled and is not.
    """
    if compile_clone and not model.optimizer:
        raise ValueError(
            "Error when cloning model: compile_clone was set to True, but the original model has "
            "not been compiled."
        )
    with custom_object_scope(custom_objects or {}):
        if model._graph_of_layers is not None or isinstance(model, Sequential):
            clone = clone_model(model, input_tensors=input_tensors)
        else:
            clone = _copied_subclass(model)
            if input_tensors is not None:
                one = isinstance(input_tensors, (list, tuple)) and len(input_tensors) == 1
                clone._set_inputs(input_tensors[0] if one else input_tensors)
    if compile_clone:
        settings = model._compile_settings
        clone.compile(
            _copied_optimizer(model.optimizer, optimizer_iterations, optimizer_config),
            model.loss,
            metrics=clone_metrics(settings["metrics"]),
            loss_weights=model.loss_weights,
            sample_weight_mode=model.sample_weight_mode,
            weighted_metrics=clone_metrics(settings["weighted_metrics"]),
            target_tensors=target_tensors,
            sample_weight_tensors=sample_weights,
        )
    return clone


def _copied_subclass(model: Any) -> Any:
    try:
        return type(model).from_config(model.get_config())
    except NotImplementedError as error:
        raise ValueError(
            "This model is a subclassed model. Such a model can be cloned where it implements "
            "`get_config` and `from_config`."
        ) from error


def _copied_optimizer(optimizer: Any, iterations: Any, config: Any) -> Any:
    if isinstance(optimizer, TFOptimizer):
        return TFOptimizer(optimizer.optimizer, iterations)
    made = type(optimizer).from_config(optimizer.get_config() if config is None else config)
    if iterations is not None:
        made.iterations = iterations
    return made
