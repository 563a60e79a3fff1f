"""`tf.keras.experimental.LinearModel` and `WideDeepModel`: models that are made already.

Source: TensorFlow 1.15, python/keras/premade/linear.py and wide_deep.py.
"""

from __future__ import annotations

from typing import Any

import tensormill.api as tf
from tensormill.keras import activations, initializers, regularizers
from tensormill.keras.engine import layer_classes
from tensormill.keras.engine.layer import Layer
from tensormill.keras.engine.training import Model
from tensormill.keras.layers.core import Dense
from tensormill.keras.objects import serialize_keras_object

__all__ = ["LinearModel", "WideDeepModel"]


class LinearModel(Model):
    """The sum of linear functions of the inputs.

    Args:
      units: the number of outputs.
      activation: what is applied to the sum.
      use_bias: whether there is a bias.
      kernel_initializer: gives the first kernels.
      bias_initializer: gives the first bias.
      kernel_regularizer: a function of a kernel that gives a loss.
      bias_regularizer: a function of the bias that gives a loss.
      **kwargs: as in `Layer`.
    """

    def __init__(
        self, units: int = 1, activation: Any = None, use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform", bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None, bias_regularizer: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.units = units
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.dense_layers: list[Any] = []
        self.bias: Any = None

    def build(self, input_shape: Any) -> None:
        """Make a layer for each input, and the bias."""
        many = isinstance(input_shape, (list, tuple)) and any(
            isinstance(each, (list, tuple, tf.TensorShape)) for each in input_shape
        )
        self.dense_layers = [
            Dense(
                self.units,
                use_bias=False,
                kernel_initializer=self.kernel_initializer,
                kernel_regularizer=self.kernel_regularizer,
            )
            for _ in (input_shape if many else [input_shape])
        ]
        if self.use_bias:
            self.bias = self.add_weight(
                "bias",
                shape=(self.units,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
            )
        self.built = True

    def call(self, inputs: Any) -> Any:  # type: ignore[override]
        """Return the outputs, [batch, units].

        Raises:
          ValueError: there are more or fewer inputs than at first.
        """
        given = list(inputs) if isinstance(inputs, (tuple, list)) else [inputs]
        if len(given) != len(self.dense_layers):
            raise ValueError(
                f"Expected {len(self.dense_layers)} inputs, but got {len(given)} inputs"
            )
        parts = [layer(each) for layer, each in zip(self.dense_layers, given, strict=True)]
        total = parts[0]
        for part in parts[1:]:
            total += part
        if self.use_bias:
            total = tf.nn.bias_add(total, self.bias)
        return self.activation(total)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = {
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
        }
        return {**Layer.get_config(self), **own}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Return the model of these settings."""
        return cls(**config)


class WideDeepModel(Model):
    """The mean of a linear model and another one, each of which may have its own optimizer.

    Args:
      linear_model: the linear model.
      dnn_model: the other one.
      activation: what is applied to the mean.
      **kwargs: as in `Layer`.
    """

    def __init__(
        self, linear_model: Any, dnn_model: Any, activation: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.linear_model = linear_model
        self.dnn_model = dnn_model
        self.activation = activations.get(activation)

    def call(self, inputs: Any) -> Any:  # type: ignore[override]
        """Return the outputs; a pair of inputs has one for each model."""
        is_pair = isinstance(inputs, (tuple, list)) and len(inputs) == 2
        linear, deep = inputs if is_pair else (inputs, inputs)
        return self.activation(0.5 * (self.linear_model(linear) + self.dnn_model(deep)))

    def _training_updates(self) -> list[Any]:
        is_pair = isinstance(self.optimizer, (tuple, list))
        optimizers = self.optimizer if is_pair else (self.optimizer, self.optimizer)
        models = (self.linear_model, self.dnn_model)
        return [
            update
            for optimizer, model in zip(optimizers, models, strict=True)
            for update in optimizer.get_updates(self.total_loss, model.trainable_weights)
        ]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = {
            "linear_model": serialize_keras_object(self.linear_model),
            "dnn_model": serialize_keras_object(self.dnn_model),
            "activation": activations.serialize(self.activation),
        }
        return {**Layer.get_config(self), **own}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Return the model of these settings."""
        config = dict(config)
        for name in ("linear_model", "dnn_model"):
            config[name] = layer_classes.deserialize(config[name], custom_objects)
        return cls(**config)


layer_classes.add({"LinearModel": LinearModel, "WideDeepModel": WideDeepModel})
