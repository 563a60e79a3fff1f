"""`tf.keras.regularizers`: losses of weights and outputs.

Source: TensorFlow 1.15, python/keras/regularizers.py.
"""

from __future__ import annotations

from typing import Any

import tensormill.api as tf
from tensormill.keras.objects import deserialize_keras_object, serialize_keras_object

__all__ = ["L1L2", "Regularizer", "deserialize", "get", "l1", "l1_l2", "l2", "serialize"]


class Regularizer:
    """The base of regularizers: a function of a weight that gives a loss."""

    def __call__(self, x: Any) -> Any:
        """Return the loss."""
        return 0.0

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Return the regularizer of these settings."""
        return cls(**config)


class L1L2(Regularizer):
    """`l1 * sum(abs(x)) + l2 * sum(x * x)`."""

    def __init__(self, l1: Any = 0.0, l2: Any = 0.0) -> None:
        self.l1 = float(l1)
        self.l2 = float(l2)

    def __call__(self, x: Any) -> Any:
        """Return the loss."""
        if not self.l1 and not self.l2:
            return tf.constant(0.0)
        loss: Any = 0.0
        if self.l1:
            loss += tf.reduce_sum(self.l1 * tf.abs(x))
        if self.l2:
            loss += tf.reduce_sum(self.l2 * tf.square(x))
        return loss

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"l1": self.l1, "l2": self.l2}


def l1(l: Any = 0.01) -> L1L2:  # noqa: E741 - the name that programs pass
    """Return `l * sum(abs(x))`."""
    return L1L2(l1=l)


def l2(l: Any = 0.01) -> L1L2:  # noqa: E741
    """Return `l * sum(x * x)`."""
    return L1L2(l2=l)


def l1_l2(l1: Any = 0.01, l2: Any = 0.01) -> L1L2:
    """Return `l1 * sum(abs(x)) + l2 * sum(x * x)`."""
    return L1L2(l1=l1, l2=l2)


def serialize(regularizer: Any) -> Any:
    """Return the class and settings of a regularizer."""
    return serialize_keras_object(regularizer)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """Return the regularizer of a name, or of a class and settings."""
    known = {each: globals()[each] for each in ("L1L2", "l1", "l2", "l1_l2")}
    return deserialize_keras_object(config, known, custom_objects, "regularizer")


def get(identifier: Any) -> Any:
    """Return a regularizer by its name or settings, or as it is.

    Raises:
      ValueError: it is none of these.
    """
    if identifier is None:
        return None
    if isinstance(identifier, str):
        made = deserialize(identifier)
        return made() if made in (l1, l2, l1_l2) else made
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if callable(identifier):
        return identifier
    raise ValueError(f"Could not interpret regularizer identifier: {identifier}")
