"""`Sequential`: a model of layers each of which takes what the one before gives.

Source: TensorFlow 1.15, python/keras/engine/sequential.py.
"""

from __future__ import annotations

from typing import Any

import tensormill.api as tf
from tensormill.graph import nest
from tensormill.keras.backend.state import floatx
from tensormill.keras.engine import layer_classes
from tensormill.keras.engine.input_layer import Input, InputLayer
from tensormill.keras.engine.layer import Layer, ScopedLayerUse
from tensormill.keras.engine.network import Network
from tensormill.keras.engine.node import has_history
from tensormill.keras.engine.training import Model
from tensormill.layers.base import Layer as ScopedLayer

__all__ = ["Sequential"]


class Sequential(Model):
    """Layers one after another.

    The model is connected as soon as the shape of its input is known: from the first layer, or from
    the first call.

    Args:
      layers: the layers.
      name: the name.
    """

    def __init__(self, layers: Any = None, name: str | None = None) -> None:
        super().__init__(name=name)
        self._stack: list[Any] = []
        self._start: Any = None
        self._build_input_shape: Any = None
        for layer in layers or []:
            self.add(layer)

    @property
    def layers(self) -> list[Any]:
        """The layers, without that of the input."""
        return [layer for layer in self._stack if not isinstance(layer, InputLayer)]

    def _sublayers(self) -> list[Any]:
        return list(self._stack)

    def add(self, layer: Any) -> None:
        """Add a layer at the end.

        Raises:
          TypeError: it is no layer.
        """
        if hasattr(layer, "_keras_history"):
            layer = layer._keras_history.layer
        if isinstance(layer, ScopedLayer):
            layer = ScopedLayerUse.of(layer)
        if not isinstance(layer, Layer):
            raise TypeError(f"The added layer must be an instance of class Layer. Found: {layer}")
        self._stack.append(layer)
        self._built_from_call = False
        if self._start is None:
            self._begin(layer)
        else:
            self._extend(layer)

    def _begin(self, layer: Any) -> None:
        """Connect the first layer, where it says what it is given."""
        if len(self._stack) > 1 or isinstance(layer, InputLayer):
            if isinstance(layer, InputLayer):
                self._start = layer._inbound_nodes[0].outputs
                self._end = self._start
            return
        shape, dtype = _first_shape(layer)
        if shape is None:
            return
        self._start = Input(batch_shape=shape, dtype=dtype, name=f"{layer.name}_input")
        self._end = self._start
        self._stack.insert(0, self._start._keras_history.layer)
        self._extend(layer)

    def _extend(self, layer: Any) -> None:
        end = layer(self._end)
        if isinstance(end, (list, tuple)):
            raise TypeError(
                "All layers in a Sequential model should have a single output tensor. For "
                "multi-output layers, use the functional API."
            )
        self._end = end
        self._connect(self._start, self._end)

    def pop(self) -> None:
        """Remove the last layer.

        Raises:
          TypeError: there is none.
        """
        if not self.layers:
            raise TypeError("There are no layers in the model.")
        self._stack.pop()
        if self._start is None:
            return
        if not self.layers:
            self._stack.clear()
            self._start = self._end = None
            self._init_empty()
            self.built = False
            return
        self._end = self._stack[-1]._inbound_nodes[-1].outputs
        self._connect(self._start, self._end)

    def build(self, input_shape: Any = None) -> None:
        """Connect the layers for inputs of a shape, that of the batch included."""
        is_known = input_shape is not None and not isinstance(input_shape, dict)
        if self._start is None and is_known:
            shape = tuple(tf.TensorShape(input_shape).as_list())
            self._build_input_shape = shape
            # Batches of other sizes are welcome, unless a layer keeps a state for each element.
            batch = shape[0] if any(layer.stateful for layer in self.layers) else None
            self._connect_to(Input(batch_shape=(batch, *shape[1:])))
        self.built = True

    @property
    def weights(self) -> list[Any]:
        """All weights, layer by layer.

        Raises:
          ValueError: there are none yet, as the shape of the inputs is not known.
        """
        if self._start is None and not self.built and self._stack:
            raise ValueError(
                f"Weights for model {self.name} have not yet been created. Weights are created "
                "when the Model is first called on inputs or `build()` is called with an "
                "`input_shape`."
            )
        return super().weights

    def _connect_to(self, start: Any) -> None:
        self._start = self._end = start
        layers = list(self._stack)
        self._stack.insert(0, start._keras_history.layer)
        for layer in layers:
            self._end = layer(self._end)
        self._connect(self._start, self._end)

    def _set_inputs(self, inputs: Any) -> None:
        if self._start is None and isinstance(inputs, tf.Tensor):
            self._connect_to(inputs if has_history(inputs) else Input(tensor=inputs))
        elif self._start is None:
            super()._set_inputs(inputs)

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """Return the outputs for other inputs."""
        if self._graph_of_layers is not None:
            return super().call(inputs, training=training, mask=mask)
        outputs = inputs
        for layer in self.layers:
            kwargs = (
                {"training": training} if training is not None and layer._takes("training") else {}
            )
            outputs = layer(outputs, **kwargs)
        return outputs

    def predict_classes(self, x: Any, batch_size: int = 32, verbose: int = 0) -> Any:
        """Return the class of each element of the data."""
        chances = self.predict(x, batch_size, verbose)
        if chances.shape[-1] > 1:
            return chances.argmax(axis=-1)
        return (chances > 0.5).astype("int32")

    def predict_proba(self, x: Any, batch_size: int = 32, verbose: int = 0) -> Any:
        """Return what `predict` does."""
        return self.predict(x, batch_size, verbose)

    def get_config(self) -> dict[str, Any]:
        """Return the layers and their settings as plain data."""
        config: dict[str, Any] = {
            "name": self.name,
            "layers": [
                {"class_name": type(layer).__name__, "config": layer.get_config()}
                for layer in self.layers
            ],
        }
        if self._start is not None and not hasattr(self.layers[0], "_batch_input_shape"):
            shape = self._build_input_shape or tuple(self._start.get_shape().as_list())
            config["build_input_shape"] = shape
        return config

    @classmethod
    def from_config(cls, config: Any, custom_objects: Any = None) -> Any:
        """Return a model with new weights from what `get_config` gave."""
        name, layers, shape = None, config, None
        if isinstance(config, dict):
            name, layers = config["name"], config["layers"]
            shape = config.get("build_input_shape")
        model = cls(name=name)
        for each in layers:
            model.add(layer_classes.deserialize(each, custom_objects))
        if shape and not model.inputs:
            model.build(shape)
        return model


def _first_shape(layer: Any) -> tuple[Any, Any]:
    """Return what a first layer says of its input: shape and dtype."""
    if isinstance(layer, Network) and not hasattr(layer, "_batch_input_shape"):
        if isinstance(layer, Sequential) and layer.layers and layer.inputs is None:
            return _first_shape(layer.layers[0])
        if layer.inputs:
            first = nest.flatten(layer.inputs)[0]
            return tuple(first.get_shape().as_list()), first.dtype.base_dtype.name
        return None, None
    return getattr(layer, "_batch_input_shape", None), layer.dtype or floatx()
