"""Layers around layers: for each step of time, and in both directions.

Source: TensorFlow 1.15, python/keras/layers/wrappers.py.
"""

from __future__ import annotations

import copy
from typing import Any

import tensormill.api as tf
from tensormill.keras.engine import layer_classes
from tensormill.keras.engine.layer import InputSpec, Layer
from tensormill.keras.layers.recurrent import standardize_args
from tensormill.keras.objects import custom_object_scope

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
        """Make the weights of the layer within."""
        self.input_spec = InputSpec(min_ndim=3)
        dims = tf.TensorShape(input_shape).as_list()
        if isinstance(self.layer, Layer) and not self.layer.built and None not in dims[2:]:
            if self.layer._dtype is None:
                self.layer._dtype = self._dtype
            with tf.name_scope(self.layer.name):
                self.layer.build(tf.TensorShape([dims[0], *dims[2:]]))
            self.layer.built = True
        self.built = True

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the outputs."""
        dims = tf.TensorShape(input_shape).as_list()
        made = self.layer.compute_output_shape(tf.TensorShape([dims[0], *dims[2:]]))
        inner = tf.TensorShape(made).as_list()
        return tf.TensorShape([inner[0], dims[1], *inner[1:]])

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the mask of the outputs: that of the layer within, for all steps."""
        inner_mask = None if mask is None else _without_time(mask)
        inner = self.layer.compute_mask(_without_time(inputs), inner_mask)
        if inner is None:
            for _ in range(2, 0 if mask is None else mask.get_shape().ndims):
                mask = tf.reduce_any(mask, axis=-1)
            return mask
        steps = inputs.get_shape().as_list()[1] or tf.shape(inputs)[1]
        whole = tf.reshape(inner, tf.concat([[-1, steps], tf.shape(inner)[1:]], 0))
        known = inner.get_shape().as_list()[1:]
        whole.set_shape([*inputs.get_shape().as_list()[:2], *known])
        return whole

    def _takes(self, argument: str) -> bool:
        return self.layer._takes(argument) if argument == "training" else argument == "mask"

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """Return the outputs for all steps."""
        kwargs = {"training": training} if training is not None else {}
        dims = inputs.get_shape().as_list()
        shape = tf.shape(inputs)
        if mask is not None and self.layer._takes("mask"):
            kwargs["mask"] = _without_time(mask)
        outputs = self.layer(_without_time(inputs), **kwargs)
        rest = outputs.get_shape().as_list()[1:]
        steps = shape[1] if dims[1] is None else dims[1]
        whole = [shape[0] if dims[0] is None else dims[0], steps]
        rest_shape = tf.shape(outputs)
        whole += [rest_shape[at + 1] if size is None else size for at, size in enumerate(rest)]
        outputs = tf.reshape(outputs, whole)
        outputs.set_shape([dims[0], dims[1], *rest])
        return outputs


def _without_time(tensor: Any) -> Any:
    """Return [batch * steps, ...] of [batch, steps, ...]."""
    flat = tf.reshape(tensor, tf.concat([[-1], tf.shape(tensor)[2:]], 0))
    flat.set_shape([None, *tensor.get_shape().as_list()[2:]])
    return flat


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
        self._has_own_backward = backward_layer is not None
        self._num_constants: int | None = None
        if backward_layer is None:
            backward_layer = _turned(layer)
        _check_directions(layer, backward_layer)
        self.forward_layer: Any = layer
        self.backward_layer: Any = backward_layer
        self._given_name = layer.name.removeprefix("forward_")
        self.forward_layer._name = f"forward_{self._given_name}"
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

    def __call__(
        self, inputs: Any, initial_state: Any = None, constants: Any = None, **kwargs: Any
    ) -> Any:
        """Apply the layer in both directions.

        Args:
          inputs: the inputs; a list is (inputs, *initial states, *constants).
          initial_state: the initial states of both.
          constants: what all steps of both are given.
          **kwargs: further arguments of `call`.

        Raises:
          ValueError: the number of states is odd.
        """
        inputs, initial_state, constants = standardize_args(
            inputs, initial_state, constants, self._num_constants
        )
        if len(initial_state or []) % 2:
            raise ValueError(
                "When passing `initial_state` to a Bidirectional RNN, the state should be a list "
                "containing the states of the underlying RNNs, an even number of them. Found: "
                f"{initial_state}"
            )
        if constants is not None:
            self._num_constants = len(constants)
        further = [*(initial_state or []), *(constants or [])]
        if further and all(hasattr(each, "_keras_history") for each in further):
            return super().__call__([inputs, *further], **kwargs)
        if initial_state is not None:
            kwargs["initial_state"] = initial_state
        if constants is not None:
            kwargs["constants"] = constants
        return super().__call__(inputs, **kwargs)

    def call(
        self, inputs: Any, training: Any = None, mask: Any = None, initial_state: Any = None,
        constants: Any = None,
    ) -> Any:  # fmt: skip
        """Return the merged outputs, and the last states where these are asked for."""
        inputs, initial_state, constants = standardize_args(
            inputs, initial_state, constants, self._num_constants
        )
        kwargs: dict[str, Any] = {}
        if training is not None:
            kwargs["training"] = training
        if mask is not None:
            kwargs["mask"] = mask[0] if isinstance(mask, (list, tuple)) else mask
        if constants is not None:
            kwargs["constants"] = constants
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
        """Make the weights of both."""
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                if layer._dtype is None:
                    layer._dtype = self._dtype
                with tf.name_scope(layer.name):
                    layer.build(input_shape)
                layer.built = True
        self.built = True

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shapes of what `call` returns."""
        made = self.forward_layer.compute_output_shape(input_shape)
        states = list(made[1:]) if self.return_state else []
        shape = tf.TensorShape(made[0] if self.return_state else made)
        if self.merge_mode == "concat":
            dims: list[Any] = shape.as_list()
            shape = tf.TensorShape([*dims[:-1], dims[-1] * 2])
        outputs = [shape, shape] if self.merge_mode is None else [shape]
        found = [*outputs, *states, *states]
        return found if len(found) > 1 else found[0]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the mask of the inputs, where the outputs of all steps are returned."""
        if isinstance(mask, (list, tuple)):
            mask = mask[0]
        return mask if self.return_sequences else None

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        config = {**super().get_config(), "merge_mode": self.merge_mode}
        # The layer within is the one that was given, under its own name.
        config["layer"]["config"]["name"] = self._given_name
        if self._num_constants is not None:
            config["num_constants"] = self._num_constants
        if self._has_own_backward:
            layer = self.backward_layer
            config["backward_layer"] = {
                "class_name": type(layer).__name__, "config": layer.get_config(),
            }  # fmt: skip
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Return the layer of these settings."""
        config = dict(config)
        count = config.pop("num_constants", None)
        backward = config.get("backward_layer")
        if backward is not None:
            config["backward_layer"] = layer_classes.deserialize(backward, custom_objects)
        layer = super().from_config(config, custom_objects)
        layer._num_constants = count
        return layer


def _turned(layer: Any) -> Any:
    """Return a layer of the same settings that goes the other way."""
    config = layer.get_config()
    config["go_backwards"] = not config["go_backwards"]
    own = {} if not hasattr(layer, "cell") else {type(layer.cell).__name__: type(layer.cell)}
    with custom_object_scope(own):
        return type(layer).from_config(copy.deepcopy(config))


def _check_directions(forward: Any, backward: Any) -> None:
    """Refuse two layers that do not go together.

    Raises:
      ValueError: they go the same way, or a setting differs.
    """
    if getattr(forward, "go_backwards", None) == getattr(backward, "go_backwards", None):
        raise ValueError(
            "forward layer and backward layer should have different `go_backwards` value."
        )
    for name in ("stateful", "return_sequences", "return_state"):
        values = [getattr(layer, name, None) for layer in (forward, backward)]
        if values[0] != values[1]:
            raise ValueError(
                f"Forward layer and backward layer are expected to have the same value for "
                f"attribute {name}, got {values[0]} and {values[1]}"
            )
