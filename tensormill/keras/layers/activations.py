"""Activations as layers, and noise.

Source: TensorFlow 1.15, python/keras/layers/advanced_activations.py and noise.py.
"""

from __future__ import annotations

from typing import Any

import tensormill.api as tf
from tensormill.keras import activations, constraints, initializers, regularizers
from tensormill.keras.backend import networks
from tensormill.keras.backend.networks import in_train_phase
from tensormill.keras.engine.layer import Layer

__all__ = [
    "ELU",
    "AlphaDropout",
    "GaussianDropout",
    "GaussianNoise",
    "LeakyReLU",
    "PReLU",
    "ReLU",
    "Softmax",
    "ThresholdedReLU",
]


class _Elementwise(Layer):
    """A function of each entry, with settings that are numbers."""

    _own: tuple[str, ...] = ()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the input."""
        return tf.TensorShape(input_shape)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), **{name: getattr(self, name) for name in self._own}}


class LeakyReLU(_Elementwise):
    """`x` where it is positive, else `alpha * x`."""

    _own = ("alpha",)

    def __init__(self, alpha: float = 0.3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = float(alpha)

    def call(self, inputs: Any) -> Any:
        """Return the activations."""
        return networks.relu(inputs, alpha=self.alpha)


class PReLU(_Elementwise):
    """`x` where it is positive, else `alpha * x` with an `alpha` that is learnt."""

    def __init__(
        self, alpha_initializer: Any = "zeros", alpha_regularizer: Any = None,
        alpha_constraint: Any = None, shared_axes: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        self.shared_axes = [shared_axes] if isinstance(shared_axes, int) else shared_axes

    def build(self, input_shape: Any) -> None:
        """Make `alpha`."""
        shape = tf.TensorShape(input_shape).as_list()[1:]
        for axis in self.shared_axes or []:
            shape[axis - 1] = 1
        self.alpha = self.add_weight(
            "alpha", shape=shape, initializer=self.alpha_initializer,
            regularizer=self.alpha_regularizer, constraint=self.alpha_constraint,
        )  # fmt: skip
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return the activations."""
        return tf.nn.relu(inputs) - self.alpha * tf.nn.relu(-inputs)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = {
            "alpha_initializer": initializers.serialize(self.alpha_initializer),
            "alpha_regularizer": regularizers.serialize(self.alpha_regularizer),
            "alpha_constraint": constraints.serialize(self.alpha_constraint),
            "shared_axes": self.shared_axes,
        }
        return {**super().get_config(), **own}


class ELU(_Elementwise):
    """`x` where it is positive, else `alpha * (exp(x) - 1)`."""

    _own = ("alpha",)

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = float(alpha)

    def call(self, inputs: Any) -> Any:
        """Return the activations."""
        return networks.elu(inputs, self.alpha)


class ThresholdedReLU(_Elementwise):
    """`x` where it is above `theta`, else 0."""

    _own = ("theta",)

    def __init__(self, theta: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.theta = float(theta)

    def call(self, inputs: Any) -> Any:
        """Return the activations."""
        return inputs * tf.cast(tf.greater(inputs, self.theta), inputs.dtype)


class Softmax(_Elementwise):
    """The softmax along an axis."""

    _own = ("axis",)

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs: Any) -> Any:
        """Return the activations."""
        return activations.softmax(inputs, axis=self.axis)


class ReLU(_Elementwise):
    """`x` above a threshold, limited; `negative_slope * (x - threshold)` below."""

    _own = ("max_value", "negative_slope", "threshold")

    def __init__(
        self, max_value: Any = None, negative_slope: Any = 0, threshold: Any = 0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if max_value is not None and max_value < 0.0:
            raise ValueError(f"max_value of Relu layer cannot be negative value: {max_value}")
        self.max_value = max_value
        self.negative_slope = negative_slope
        self.threshold = threshold

    def call(self, inputs: Any) -> Any:
        """Return the activations."""
        return networks.relu(
            inputs, alpha=self.negative_slope, max_value=self.max_value, threshold=self.threshold
        )


class GaussianNoise(_Elementwise):
    """Adds normally distributed noise in training."""

    _own = ("stddev",)

    def __init__(self, stddev: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stddev = stddev

    def call(self, inputs: Any, training: Any = None) -> Any:
        """Return the inputs, in training with noise."""

        def noised() -> Any:
            return inputs + tf.random_normal(tf.shape(inputs), 0.0, self.stddev, inputs.dtype)

        return in_train_phase(noised, inputs, training=training)


class GaussianDropout(_Elementwise):
    """Multiplies with normally distributed noise of mean 1 in training."""

    _own = ("rate",)

    def __init__(self, rate: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = rate

    def call(self, inputs: Any, training: Any = None) -> Any:
        """Return the inputs, in training with noise."""
        if not 0 < self.rate < 1:
            return inputs
        deviation = (self.rate / (1.0 - self.rate)) ** 0.5

        def noised() -> Any:
            return inputs * tf.random_normal(tf.shape(inputs), 1.0, deviation, inputs.dtype)

        return in_train_phase(noised, inputs, training=training)


class AlphaDropout(_Elementwise):
    """Drops inputs in training so that mean and variance stay, for `selu`."""

    _own = ("rate", "noise_shape", "seed")

    def __init__(
        self, rate: float, noise_shape: Any = None, seed: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.rate = rate
        self.noise_shape = noise_shape
        self.seed = seed

    def call(self, inputs: Any, training: Any = None) -> Any:
        """Return the inputs, in training with some dropped."""
        if not 0.0 < self.rate < 1.0:
            return inputs
        low = -1.6732632423543772 * 1.0507009873554805
        scale = ((1 - self.rate) * (1 + self.rate * low**2)) ** -0.5
        shift = -scale * low * self.rate

        def dropped() -> Any:
            shape = tf.shape(inputs) if self.noise_shape is None else self.noise_shape
            kept = tf.cast(tf.random_uniform(shape, seed=self.seed) >= self.rate, inputs.dtype)
            return scale * (inputs * kept + low * (1 - kept)) + shift

        return in_train_phase(dropped, inputs, training=training)
