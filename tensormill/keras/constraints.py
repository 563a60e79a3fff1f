"""`tf.keras.constraints`: what is applied to a weight after each update.

Source: TensorFlow 1.15, python/keras/constraints.py.
"""

from __future__ import annotations

from typing import Any

import tensormill.api as tf
from tensormill.keras.backend.state import epsilon
from tensormill.keras.objects import deserialize_keras_object, serialize_keras_object

__all__ = [
    "Constraint",
    "MaxNorm",
    "MinMaxNorm",
    "NonNeg",
    "RadialConstraint",
    "UnitNorm",
    "deserialize",
    "get",
    "max_norm",
    "min_max_norm",
    "non_neg",
    "radial_constraint",
    "serialize",
    "unit_norm",
]


def _norms(w: Any, axis: Any) -> Any:
    return tf.sqrt(tf.reduce_sum(tf.square(w), axis=axis, keepdims=True))


class Constraint:
    """The base of constraints: a function of a weight that gives the weight to keep."""

    def __call__(self, w: Any) -> Any:
        """Return the weight to keep."""
        return w

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {}


class MaxNorm(Constraint):
    """Limits the norms along an axis."""

    def __init__(self, max_value: Any = 2, axis: Any = 0) -> None:
        self.max_value = max_value
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        """Return the weight to keep."""
        norms = _norms(w, self.axis)
        return w * (tf.clip_by_value(norms, 0, self.max_value) / (epsilon() + norms))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"max_value": self.max_value, "axis": self.axis}


class NonNeg(Constraint):
    """Sets negative entries to 0."""

    def __call__(self, w: Any) -> Any:
        """Return the weight to keep."""
        return w * tf.cast(tf.greater_equal(w, 0.0), w.dtype.base_dtype)


class UnitNorm(Constraint):
    """Makes the norms along an axis 1."""

    def __init__(self, axis: Any = 0) -> None:
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        """Return the weight to keep."""
        return w / (epsilon() + _norms(w, self.axis))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"axis": self.axis}


class MinMaxNorm(Constraint):
    """Brings the norms along an axis closer to an interval."""

    def __init__(
        self, min_value: Any = 0.0, max_value: Any = 1.0, rate: Any = 1.0, axis: Any = 0
    ) -> None:
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        """Return the weight to keep."""
        norms = _norms(w, self.axis)
        wanted = (
            self.rate * tf.clip_by_value(norms, self.min_value, self.max_value)
            + (1 - self.rate) * norms
        )
        return w * (wanted / (epsilon() + norms))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {
            "min_value": self.min_value,
            "max_value": self.max_value,
            "rate": self.rate,
            "axis": self.axis,
        }


class RadialConstraint(Constraint):
    """Makes kernels of images depend on the distance from their centre alone."""

    def __call__(self, w: Any) -> Any:
        """Return the weight to keep."""
        height, width = w.get_shape().as_list()[:2]
        centre = (height - 1) // 2
        rows, columns = tf.meshgrid(tf.range(height), tf.range(width), indexing="ij")
        ring = tf.maximum(tf.abs(rows - centre), tf.abs(columns - centre))
        along = w[centre, centre:, :, :]
        return tf.gather(along, tf.minimum(ring, height - 1 - centre))


max_norm, non_neg, unit_norm = MaxNorm, NonNeg, UnitNorm
min_max_norm, radial_constraint = MinMaxNorm, RadialConstraint


def serialize(constraint: Any) -> Any:
    """Return the class and settings of a constraint."""
    return serialize_keras_object(constraint)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """Return the constraint of a name, or of a class and settings."""
    known = {each: globals()[each] for each in __all__}
    return deserialize_keras_object(config, known, custom_objects, "constraint")


def get(identifier: Any) -> Any:
    """Return a constraint by its name or settings, or as it is.

    Raises:
      ValueError: it is none of these.
    """
    if identifier is None:
        return None
    if isinstance(identifier, (str, dict)):
        return deserialize(identifier)
    if callable(identifier):
        return identifier
    raise ValueError(f"Could not interpret constraint identifier: {identifier}")
