"""`Network`: layers that form one, by inputs and outputs or as attributes of a subclass.

Source: TensorFlow 1.15, python/keras/engine/network.py.
"""

from __future__ import annotations

import inspect
from typing import Any

import tensormill.api as tf
from tensormill.graph import nest
from tensormill.keras.backend.state import floatx
from tensormill.keras.engine import network_config, weight_files
from tensormill.keras.engine.layer import Layer, give_history
from tensormill.keras.engine.layer_table import layer_table
from tensormill.keras.engine.network_graph import NetworkGraph, checked
from tensormill.keras.engine.node import Node, map_tensors, shapes_of, tensors_in
from tensormill.keras.engine.owned import found_in, once
from tensormill.keras.engine.reachable import reachable_from

__all__ = ["Network"]


class Network(Layer):
    """Layers that form one layer.

    Args:
      inputs: the tensors that `Input` gave, or a structure of them.
      outputs: what layers made of them.
      name: the name.
      trainable: whether training changes the weights.
      **kwargs: likewise, by name.

    Attributes:
      inputs: the inputs as a list, None before a subclass is called.
      outputs: the outputs as a list.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if len(args) >= 2 or ("inputs" in kwargs and "outputs" in kwargs):
            self._init_from_tensors(*args, **kwargs)
        else:
            name = args[0] if args and isinstance(args[0], str) else kwargs.pop("name", None)
            super().__init__(name=name, **kwargs)
            self._init_empty()

    def _init_empty(self) -> None:
        self._graph_of_layers: NetworkGraph | None = None
        self._awaited_weights: Any = None
        self.inputs: Any = None
        self.outputs: Any = None
        self.input_names: list[str] = []
        self.output_names: list[str] = []

    def _init_from_tensors(
        self, inputs: Any, outputs: Any, name: str | None = None, trainable: bool = True
    ) -> None:
        Layer.__init__(self, name=name, trainable=True)
        self._init_empty()
        self._connect(inputs, outputs)
        if not trainable:
            self.trainable = False

    def _connect(self, inputs: Any, outputs: Any) -> None:
        """Become the network that leads from inputs to outputs.

        Raises:
          ValueError: these are not tensors of layers, or the outputs need other inputs.
        """
        give_history(outputs)
        self._nested_inputs, self._nested_outputs = inputs, outputs
        self.inputs = checked(nest.flatten(inputs), "Input")
        _check_inputs(self.inputs)
        self.outputs = checked(nest.flatten(outputs), "Output")
        self._graph_of_layers = NetworkGraph(self.inputs, self.outputs)
        names = [layer.name for layer in self._graph_of_layers.layers]
        for each in names:
            if names.count(each) != 1:
                raise ValueError(
                    f'The name "{each}" is used {names.count(each)} times in the model. All layer '
                    "names should be unique."
                )
        self._input_layers = [tensor._keras_history.layer for tensor in self.inputs]
        self._output_layers = [tensor._keras_history.layer for tensor in self.outputs]
        self.input_names = [layer.name for layer in self._input_layers]
        self.output_names = _unique([layer.name for layer in self._output_layers])
        self.built = True
        self._inbound_nodes.clear()
        # The call that the network was made from; the outputs go on belonging to their layers.
        histories = [tensor._keras_history for tensor in self.outputs]
        Node(self, inputs, {}, outputs)
        for tensor, history in zip(self.outputs, histories, strict=True):
            tensor._keras_history = history

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; one that is a layer needs the constructor to have run.

        Raises:
          RuntimeError: it has not.
        """
        if "_graph_of_layers" not in self.__dict__ and any(found_in(value, Layer)):
            raise RuntimeError(
                "It looks like you are subclassing `Model` and you forgot to call "
                "`super(YourClass, self).__init__()`. Always start with this line."
            )
        super().__setattr__(name, value)

    @property
    def _is_graph_network(self) -> bool:
        return self._graph_of_layers is not None

    @property
    def layers(self) -> list[Any]:
        """The layers of the network."""
        if self._graph_of_layers is not None:
            return list(self._graph_of_layers.layers)
        return super()._sublayers()

    @property
    def _checkpoint_dependencies(self) -> list[tuple[str, Any]]:
        """The layers by number, those with weights by a second number, and the attributes."""
        layers, number = [], 0
        for position, layer in enumerate(self.layers):
            layers.append((f"layer-{position}", layer))
            if layer.weights:
                layers.append((f"layer_with_weights-{number}", layer))
                number += 1
        known = {name for name, _ in layers}
        # By the second name, where a layer has one, its weights are saved.
        layers.sort(key=lambda found: not found[0].startswith("layer_with"))
        own = [found for found in super()._checkpoint_dependencies if found[0] not in known]
        return [*layers, *own]

    def _sublayers(self) -> list[Any]:
        if self._graph_of_layers is None:
            return super()._sublayers()
        known = {id(layer) for layer in self._graph_of_layers.layers}
        # A subclass may hold further layers, besides those between its inputs and outputs.
        own = [layer for layer in super()._sublayers() if id(layer) not in known]
        return [*self._graph_of_layers.layers, *own]

    def get_layer(self, name: str | None = None, index: int | None = None) -> Any:
        """Return a layer by its name or its place.

        Raises:
          ValueError: there is none.
        """
        if index is not None:
            if len(self.layers) <= index:
                raise ValueError(
                    f"Was asked to retrieve layer at index {index} but model only has "
                    f"{len(self.layers)} layers."
                )
            return self.layers[index]
        if not name:
            raise ValueError("Provide either a layer name or layer index.")
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(f"No such layer: {name}")

    @property
    def weights(self) -> list[Any]:
        """All weights, layer by layer."""
        inner = [each for holder in self._weight_holders() for each in holder.weights]
        return once(inner + self._trainable_weights + self._non_trainable_weights)

    def _own_tensors(self) -> list[Any]:
        """Return the tensors that the network was called on."""
        found = [each for node in self._inbound_nodes for each in tensors_in(node.inputs)]
        return found or list(self.inputs or [])

    def _relevant(self, targets: list[Any]) -> list[Any]:
        """Return what depends on what the network was called on, or on no input at all."""
        inputs = self._own_tensors()
        if not inputs:
            return targets
        dependent = set(map(id, reachable_from(inputs, targets)))
        elsewhere = [
            tensor
            for layer in self._all_layers()
            for node in layer._inbound_nodes
            for tensor in tensors_in(node.inputs)
            if layer is not self
        ]
        conditional = set(map(id, reachable_from(elsewhere, targets)))
        return [each for each in targets if id(each) in dependent or id(each) not in conditional]

    def _all_layers(self) -> list[Any]:
        found: list[Any] = []
        for layer in self._sublayers():
            if isinstance(layer, Layer):
                found.append(layer)
            if isinstance(layer, Network):
                found.extend(layer._all_layers())
        return found

    @property
    def losses(self) -> list[Any]:
        """The losses of the layers that belong to calls of this network."""
        return self._relevant(super().losses)

    @property
    def updates(self) -> list[Any]:
        """What must run with a training step."""
        return self._relevant(super().updates)

    @property
    def state_updates(self) -> list[Any]:
        """The updates of the layers that keep a state between batches."""
        return [each for layer in self.layers if layer.stateful for each in layer.updates]

    def reset_states(self) -> None:
        """Forget the state of layers that keep one between batches."""
        for layer in self.layers:
            if hasattr(layer, "reset_states") and getattr(layer, "stateful", False):
                layer.reset_states()

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs of a shape, in a graph of placeholders.

        Raises:
          ValueError: that is no shape, or `call` takes other inputs than floats, or more of them.
        """
        if self._is_graph_network or self._inbound_nodes:
            self.built = True
            return
        if input_shape is None:
            raise ValueError(
                "Input shape must be defined when calling build on a model subclass network."
            )
        if not isinstance(input_shape, (tuple, list, tf.TensorShape)):
            raise ValueError(
                "Specified input shape is not one of the valid types. Please specify a batch input "
                "shape of type tuple or list of input shapes. User provided input type: "
                f"{type(input_shape)}"
            )
        if type(self).call is Network.call:
            raise NotImplementedError(
                "When subclassing the `Model` class, you should implement a `call` method."
            )
        self._check_buildable()
        try:
            self.build_from_shape(input_shape)
        except (tf.errors.InvalidArgumentError, TypeError) as error:
            raise ValueError(
                "You cannot build your model by calling `build` if your layers do not support "
                "float type inputs. Instead, in order to instantiate and build your model, `call` "
                "your model on real tensor data (of the correct dtype)."
            ) from error
        self.built = True

    def _check_buildable(self) -> None:
        """Refuse a `call` that does not take inputs alone.

        Raises:
          ValueError: it does not.
        """
        found = list(inspect.signature(self.call).parameters.values())
        if not found:
            raise ValueError(
                "You can only call `build` on a model if its `call` method accepts an `inputs` "
                "argument."
            )
        plain = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY)
        if any(
            each.kind in plain and each.default is each.empty and each.name != "training"
            for each in found[1:]
        ):
            raise ValueError(
                "Currently, you cannot build your model if it has positional or keyword arguments "
                "that are not inputs to the model, but are required for its `call` method. "
                "Instead, in order to instantiate and build your model, `call` your model on real "
                "tensor data with all expected call arguments."
            )

    def _build_once(self, inputs: Any) -> None:
        if type(self).build is Network.build:
            self.built = True  # the call that comes makes the weights
        else:
            super()._build_once(inputs)

    def build_from_shape(self, input_shape: Any) -> None:
        """Make the weights of a subclass for inputs of a shape."""
        is_nested = isinstance(input_shape, list) and not isinstance(
            input_shape[0], (int, type(None))
        )
        shapes = [tf.TensorShape(each) for each in input_shape] if is_nested else input_shape
        inputs = nest.map_structure(
            lambda each: tf.placeholder(self.dtype or floatx(), each),
            shapes if is_nested else tf.TensorShape(shapes),
        )
        self(inputs)

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """Return the outputs for other inputs.

        Raises:
          NotImplementedError: a subclass does not define it.
        """
        if self._graph_of_layers is None:
            raise NotImplementedError(
                "When subclassing the `Model` class, you should implement a `call` method."
            )
        given = (
            [inputs[name] for name in self.input_names]
            if isinstance(inputs, dict)
            else (nest.flatten(inputs))
        )
        if mask is not None:
            for tensor, each in zip(given, nest.flatten(mask), strict=False):
                tensor._keras_mask = each
        arguments = {} if training is None else {"training": training}
        made = self._graph_of_layers.run(given, arguments)
        values = {id(old): new for old, new in zip(self.outputs, made, strict=True)}
        return map_tensors(self._nested_outputs, values)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the masks of the outputs."""
        if self._graph_of_layers is None:
            return None
        given = nest.flatten(inputs)
        masks = [None] * len(given) if mask is None else nest.flatten(mask)
        outputs = self.call(given, mask=masks)
        return nest.map_structure(lambda each: getattr(each, "_keras_mask", None), outputs)

    def _takes(self, argument: str) -> bool:
        return self._graph_of_layers is not None or super()._takes(argument)

    @property
    def input_spec(self) -> Any:
        """What the network asks of its inputs: nothing."""
        return None

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        return

    def save_weights(
        self, filepath: Any, overwrite: bool = True, save_format: str | None = None
    ) -> None:
        """Write the weights to a checkpoint, or to an HDF5 file (".h5", ".keras", ".hdf5").

        Args:
          filepath: the path, without endings for a checkpoint.
          overwrite: whether to replace a file that is there.
          save_format: "tf" or "h5", by default as the path says.
        """
        self._assert_has_weights()
        weight_files.save(self, filepath, overwrite, save_format)

    def load_weights(self, filepath: Any, by_name: bool = False) -> Any:
        """Read the weights from what `save_weights` wrote.

        A checkpoint is read when the weights are made, where they are not there yet.

        Args:
          filepath: the path.
          by_name: whether layers are found by their names; for HDF5 files only.

        Raises:
          ValueError: the file does not fit the network.
        """
        if weight_files.is_checkpoint(filepath) and not self._has_weights() and not by_name:
            self._awaited_weights = filepath
            return weight_files.LoadStatus()
        self._assert_has_weights()
        return weight_files.load(self, filepath, by_name)

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Make the nodes of the network for `inputs`; see `Layer.__call__`."""
        outputs = super().__call__(inputs, *args, **kwargs)
        if self._awaited_weights is not None and self.weights:
            path, self._awaited_weights = self._awaited_weights, None
            weight_files.load(self, path, False)
        return outputs

    def _has_weights(self) -> bool:
        return self.built and (self._is_graph_network or bool(self.weights))

    def _assert_has_weights(self) -> None:
        if not self._has_weights():
            raise ValueError(
                f"Weights for model {self.name} have not yet been created. Weights are created "
                "when the Model is first called on inputs or `build()` is called with an "
                "`input_shape`."
            )

    def get_config(self) -> dict[str, Any]:
        """Return the layers, their settings and how they are connected, as plain data."""
        if not self._is_graph_network:
            raise NotImplementedError
        return network_config.config_of(self)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Return a network with new weights from what `get_config` gave."""
        inputs, outputs = network_config.tensors_of(config, custom_objects)
        return cls(inputs=inputs, outputs=outputs, name=config.get("name"))

    def to_json(self, **kwargs: Any) -> str:
        """Return the class and settings of the network as JSON."""
        return network_config.to_json(self, **kwargs)

    def to_yaml(self, **kwargs: Any) -> str:
        """Return the class and settings of the network as YAML; needs PyYAML."""
        return network_config.to_yaml(self, **kwargs)

    def summary(
        self, line_length: int | None = None, positions: Any = None, print_fn: Any = None
    ) -> None:
        """Print a table of the layers."""
        if not self.built:
            raise ValueError(
                "This model has not yet been built. Build the model first by calling `build()` or "
                "calling `fit()` with some data, or specify an `input_shape` argument in the first "
                "layer(s) for automatic build."
            )
        for line in layer_table(self, line_length, positions):
            (print_fn or print)(line)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shapes of the outputs."""
        if self._is_graph_network and not isinstance(input_shape, list):
            known = shapes_of(self._nested_inputs)
            if known == tuple(input_shape):
                return shapes_of(self._nested_outputs)
        return super().compute_output_shape(input_shape)


def _check_inputs(inputs: list[Any]) -> None:
    """Refuse inputs that occur twice, and batches of several sizes.

    Raises:
      ValueError: there are such.
    """
    if len({id(each) for each in inputs}) != len(inputs):
        raise ValueError(
            "The list of inputs passed to the model is redundant. All inputs should only appear "
            f"once. Found: {inputs}"
        )
    shapes = [getattr(each._keras_history.layer, "_batch_input_shape", None) for each in inputs]
    sizes = [None if not shape else shape[0] for shape in shapes]
    if len(set(sizes) - {None}) > 1:
        raise ValueError(
            "The specified batch sizes of the Input Layers are incompatible. Found batch sizes: "
            f"{sizes}"
        )


def _unique(names: list[str]) -> list[str]:
    """Return names, those that occur again with a number."""
    counts: dict[str, int] = {}
    found = []
    for name in names:
        counts[name] = counts.get(name, 0) + 1
        found.append(name if counts[name] == 1 else f"{name}_{counts[name] - 1}")
    return found
