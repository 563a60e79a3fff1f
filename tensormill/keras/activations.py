"""`tf.keras.activations`: the functions that layers apply to their outputs, by name.

Source: TensorFlow 1.15, python/keras/activations.py.
"""

from __future__ import annotations

from typing import Any

import tensormill.api as tf
from tensormill.keras.backend import networks
from tensormill.keras.objects import deserialize_keras_object

__all__ = [
    "deserialize",
    "elu",
    "exponential",
    "get",
    "hard_sigmoid",
    "linear",
    "relu",
    "selu",
    "serialize",
    "sigmoid",
    "softmax",
    "softplus",
    "softsign",
    "tanh",
]


def softmax(x: Any, axis: int = -1) -> Any:
    """Return the softmax along an axis.

    Raises:
      ValueError: `x` has fewer than two axes.
    """
    rank = x.get_shape().ndims
    if rank == 2:
        return tf.nn.softmax(x)
    if rank is not None and rank > 2:
        exponentials = tf.exp(x - tf.reduce_max(x, axis=axis, keepdims=True))
        return exponentials / tf.reduce_sum(exponentials, axis=axis, keepdims=True)
    raise ValueError(f"Cannot apply softmax to a tensor that is 1D. Received input: {x}")


def elu(x: Any, alpha: Any = 1.0) -> Any:
    """Return `x` where it is positive, else `alpha * (exp(x) - 1)`."""
    return networks.elu(x, alpha)


def selu(x: Any) -> Any:
    """Return the scaled exponential linear unit."""
    return tf.nn.selu(x)


def softplus(x: Any) -> Any:
    """Return `log(exp(x) + 1)`."""
    return tf.nn.softplus(x)


def softsign(x: Any) -> Any:
    """Return `x / (abs(x) + 1)`."""
    return tf.nn.softsign(x)


def relu(x: Any, alpha: Any = 0.0, max_value: Any = None, threshold: Any = 0) -> Any:
    """Return `x` above a threshold, limited by `max_value`; `alpha * (x - threshold)` below."""
    return networks.relu(x, alpha=alpha, max_value=max_value, threshold=threshold)


def tanh(x: Any) -> Any:
    """Return the hyperbolic tangent."""
    return tf.nn.tanh(x)


def sigmoid(x: Any) -> Any:
    """Return `1 / (1 + exp(-x))`."""
    return tf.nn.sigmoid(x)


def exponential(x: Any) -> Any:
    """Return `exp(x)`."""
    return tf.exp(x)


def hard_sigmoid(x: Any) -> Any:
    """Return `0.2 * x + 0.5`, limited to [0, 1]."""
    return networks.hard_sigmoid(x)


def linear(x: Any) -> Any:
    """Return `x`."""
    return x


def serialize(activation: Any) -> Any:
    """Return the name of an activation."""
    return activation.__name__


def deserialize(name: Any, custom_objects: Any = None) -> Any:
    """Return the activation of a name.

    Raises:
      ValueError: there is none.
    """
    known = {each: globals()[each] for each in __all__}
    return deserialize_keras_object(name, known, custom_objects, "activation function")


def get(identifier: Any) -> Any:
    """Return an activation by its name, or as it is; `linear` for None.

    Raises:
      TypeError: it is neither a name nor a function.
      ValueError: there is no activation of that name.
    """
    if identifier is None:
        return linear
    if isinstance(identifier, (str, dict)):
        return deserialize(identifier)
    if callable(identifier):
        return identifier
    raise TypeError(f"Could not interpret activation function identifier: {identifier!r}")
