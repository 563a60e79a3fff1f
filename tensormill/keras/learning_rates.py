"""`tf.keras.optimizers.schedules`: learning rates that depend on the number of steps.

Source: TensorFlow 1.15, python/keras/optimizer_v2/learning_rate_schedule.py.
"""

from __future__ import annotations

from typing import Any

import tensormill.api as tf
from tensormill.keras.objects import deserialize_keras_object, serialize_keras_object

__all__ = [
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]


class LearningRateSchedule:
    """The base of schedules: a function of the number of steps that gives the learning rate."""

    def __call__(self, step: Any) -> Any:
        """Return the learning rate."""
        raise NotImplementedError("Learning rate schedule must override __call__")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {name: value for name, value in self.__dict__.items() if not name.startswith("_")}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Return the schedule of these settings."""
        return cls(**config)


class ExponentialDecay(LearningRateSchedule):
    """`initial_learning_rate * decay_rate ** (step / decay_steps)`."""

    def __init__(
        self, initial_learning_rate: Any, decay_steps: Any, decay_rate: Any,
        staircase: bool = False, name: str | None = None,
    ) -> None:  # fmt: skip
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: Any) -> Any:
        """Return the learning rate."""
        return tf.train.exponential_decay(
            self.initial_learning_rate, step, self.decay_steps, self.decay_rate, self.staircase
        )


class InverseTimeDecay(ExponentialDecay):
    """`initial_learning_rate / (1 + decay_rate * step / decay_steps)`."""

    def __call__(self, step: Any) -> Any:
        """Return the learning rate."""
        return tf.train.inverse_time_decay(
            self.initial_learning_rate, step, self.decay_steps, self.decay_rate, self.staircase
        )


class PiecewiseConstantDecay(LearningRateSchedule):
    """One of several values, by the boundaries that the number of steps has passed."""

    def __init__(self, boundaries: Any, values: Any, name: str | None = None) -> None:
        if len(boundaries) != len(values) - 1:
            raise ValueError("The length of boundaries should be 1 less than the length of values")
        self.boundaries = boundaries
        self.values = values
        self.name = name

    def __call__(self, step: Any) -> Any:
        """Return the learning rate."""
        return tf.train.piecewise_constant(
            step, [float(each) for each in self.boundaries], self.values
        )


class PolynomialDecay(LearningRateSchedule):
    """From one value to another in a number of steps, along a power of what is left."""

    def __init__(
        self, initial_learning_rate: Any, decay_steps: Any, end_learning_rate: Any = 0.0001,
        power: Any = 1.0, cycle: bool = False, name: str | None = None,
    ) -> None:  # fmt: skip
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name

    def __call__(self, step: Any) -> Any:
        """Return the learning rate."""
        return tf.train.polynomial_decay(
            self.initial_learning_rate, step, self.decay_steps, self.end_learning_rate, self.power,
            self.cycle,
        )  # fmt: skip


def serialize(learning_rate_schedule: Any) -> Any:
    """Return the class and settings of a schedule."""
    return serialize_keras_object(learning_rate_schedule)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """Return the schedule of a class and settings."""
    known = {each: globals()[each] for each in __all__}
    return deserialize_keras_object(config, known, custom_objects, "decay")
