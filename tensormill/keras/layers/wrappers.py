"""Layers around layers: for each step of time, and in both directions.

Source: TensorFlow 1.15, python/keras/layers/wrappers.py.
"""

from __future__ import annotations

import copy
from typing import Any

import tensormill.api as tf
from tensormill.keras.engine import layer_classes
from tensormill.keras.engine.layer import InputSpec, Layer

__all__ = ["Bidirectional", "TimeDistributed", "Wrapper"]


class Wrapper(Layer):
    """The base of layers around a layer."""

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.layer = layer

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = {"class_name": type(self.layer).__name__, "config": self.layer.get_config()}
        return {**super().get_config(), "layer": own}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Return the layer of these settings."""
        config = dict(config)
        layer = layer_classes.deserialize(config.pop("layer"), custom_objects)
        return cls(layer, **config)


class TimeDistributed(Wrapper):
    """Applies a layer to each step of time."""

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        if not isinstance(layer, Layer):
            raise ValueError(
                f"Please initialize `TimeDistributed` layer with a `Layer` instance. You passed: "
                f"{layer}"
            )
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Make the weights of the layer within, when it is called."""
        self.input_spec = InputSpec(min_ndim=3)
        self.built = True

    def _takes(self, argument: str) -> bool:
        return self.layer._takes(argument) if argument == "training" else argument == "mask"

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """Return the outputs for all steps."""
        kwargs = {"training": training} if training is not None else {}
        dims = inputs.get_shape().as_list()
        shape = tf.shape(inputs)
        flat = tf.reshape(inputs, tf.concat([[-1], shape[2:]], 0))
        flat.set_shape([None, *dims[2:]])
        outputs = self.layer(flat, **kwargs)
        rest = outputs.get_shape().as_list()[1:]
        steps = shape[1] if dims[1] is None else dims[1]
        whole = [shape[0] if dims[0] is None else dims[0], steps]
        rest_shape = tf.shape(outputs)
        whole += [rest_shape[at + 1] if size is None else size for at, size in enumerate(rest)]
        outputs = tf.reshape(outputs, whole)
        outputs.set_shape([dims[0], dims[1], *rest])
        return outputs


_MERGES = ("sum", "mul", "ave", "concat")


class Bidirectional(Wrapper):
    """Applies a recurrent layer forwards and backwards.

    Args:
      layer: the recurrent layer.
      merge_mode: how the outputs become one: "sum", "mul", "ave", "concat"; None for both.
      weights: initial weights of both.
      backward_layer: the layer that goes backwards; by default one like `layer`.
      **kwargs: as in `Layer`.
    """

    def __init__(
        self, layer: Any, merge_mode: str | None = "concat", weights: Any = None,
        backward_layer: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        if not isinstance(layer, Layer):
            raise ValueError(
                f"Please initialize `Bidirectional` layer with a `Layer` instance. You passed: "
                f"{layer}"
            )
        if merge_mode is not None and merge_mode not in _MERGES:
            raise ValueError(
                "Invalid merge mode. Merge mode should be one of {'sum', 'mul', 'ave', 'concat', "
                "None}"
            )
        if "input_shape" not in kwargs and hasattr(layer, "_batch_input_shape"):
            kwargs["batch_input_shape"] = layer._batch_input_shape
        super().__init__(layer, **kwargs)
        config = layer.get_config()
        if backward_layer is None:
            config["go_backwards"] = not config["go_backwards"]
            backward_layer = type(layer).from_config(copy.deepcopy(config))
        self.forward_layer: Any = layer
        self.backward_layer: Any = backward_layer
        self.forward_layer._name = f"forward_{layer.name}"
        self.backward_layer._name = f"backward_{layer.name.removeprefix('forward_')}"
        self.merge_mode = merge_mode
        self.return_sequences = bool(getattr(layer, "return_sequences", False))
        self.return_state = bool(getattr(layer, "return_state", False))
        self.stateful = layer.stateful
        self.supports_masking = True
        if weights:
            half = len(weights) // 2
            self.forward_layer._initial_weights = weights[:half]
            self.backward_layer._initial_weights = weights[half:]

    def __call__(self, inputs: Any, initial_state: Any = None, **kwargs: Any) -> Any:
        """Apply the layer in both directions; a list of inputs is (inputs, *initial states)."""
        if isinstance(inputs, (list, tuple)) and len(inputs) > 1:
            inputs, initial_state = inputs[0], list(inputs[1:])
        if initial_state is not None:
            kwargs["initial_state"] = initial_state
        return super().__call__(inputs, **kwargs)

    def call(
        self, inputs: Any, training: Any = None, mask: Any = None, initial_state: Any = None
    ) -> Any:
        """Return the merged outputs, and the last states where these are asked for."""
        kwargs: dict[str, Any] = {}
        if training is not None:
            kwargs["training"] = training
        if mask is not None:
            kwargs["mask"] = mask
        states = [None, None]
        if initial_state is not None:
            half = len(initial_state) // 2
            states = [initial_state[:half], initial_state[half:]]
        forward = self.forward_layer(inputs, initial_state=states[0], **kwargs)
        backward = self.backward_layer(inputs, initial_state=states[1], **kwargs)
        extra: list[Any] = []
        if self.return_state:
            extra = [*forward[1:], *backward[1:]]
            forward, backward = forward[0], backward[0]
        if self.return_sequences:
            backward = tf.reverse(backward, [1])
        if self.merge_mode is None:
            return [forward, backward, *extra]
        output = {
            "concat": lambda: tf.concat([forward, backward], -1),
            "sum": lambda: forward + backward,
            "ave": lambda: (forward + backward) / 2,
            "mul": lambda: forward * backward,
        }[self.merge_mode]()
        return [output, *extra] if extra else output

    def reset_states(self) -> None:
        """Forget the states that are kept."""
        self.forward_layer.reset_states()
        self.backward_layer.reset_states()

    def build(self, input_shape: Any) -> None:
        """Make the weights of both, when they are called."""
        self.built = True

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the mask of the inputs, where the outputs of all steps are returned."""
        if isinstance(mask, (list, tuple)):
            mask = mask[0]
        return mask if self.return_sequences else None

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "merge_mode": self.merge_mode}
