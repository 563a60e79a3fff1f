"""`tf.keras.optimizers.schedules`: learning rates that depend on the number of steps.

Source: TensorFlow 1.15, python/keras/optimizer_v2/learning_rate_schedule.py.
"""

from __future__ import annotations

from typing import Any

import tensormill.api as tf
from tensormill.keras.objects import deserialize_keras_object, serialize_keras_object

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "LinearCosineDecay",
    "NoisyLinearCosineDecay",
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


class CosineDecay(LearningRateSchedule):
    """Like half a cosine wave, from one value to a share of it."""

    def __init__(
        self, initial_learning_rate: Any, decay_steps: Any, alpha: Any = 0.0,
        name: str | None = None,
    ) -> None:  # fmt: skip
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.alpha = alpha
        self.name = name

    def __call__(self, step: Any) -> Any:
        """Return the learning rate."""
        return tf.train.cosine_decay(
            self.initial_learning_rate, step, self.decay_steps, self.alpha, self.name
        )


class CosineDecayRestarts(LearningRateSchedule):
    """Like half a cosine wave, again and again, each longer and lower than the one before."""

    def __init__(
        self, initial_learning_rate: Any, first_decay_steps: Any, t_mul: Any = 2.0,
        m_mul: Any = 1.0, alpha: Any = 0.0, name: str | None = None,
    ) -> None:  # fmt: skip
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = first_decay_steps
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha
        self.name = name

    def __call__(self, step: Any) -> Any:
        """Return the learning rate."""
        return tf.train.cosine_decay_restarts(
            self.initial_learning_rate, step, self.first_decay_steps, self.t_mul, self.m_mul,
            self.alpha, self.name,
        )  # fmt: skip


class LinearCosineDecay(LearningRateSchedule):
    """Along a line times a cosine wave."""

    def __init__(
        self, initial_learning_rate: Any, decay_steps: Any, num_periods: Any = 0.5,
        alpha: Any = 0.0, beta: Any = 0.001, name: str | None = None,
    ) -> None:  # fmt: skip
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.num_periods = num_periods
        self.alpha = alpha
        self.beta = beta
        self.name = name

    def __call__(self, step: Any) -> Any:
        """Return the learning rate."""
        return tf.train.linear_cosine_decay(
            self.initial_learning_rate, step, self.decay_steps, self.num_periods, self.alpha,
            self.beta, self.name,
        )  # fmt: skip


class NoisyLinearCosineDecay(LinearCosineDecay):
    """Along a line times a cosine wave, with noise that becomes less."""

    def __init__(
        self, initial_learning_rate: Any, decay_steps: Any, initial_variance: Any = 1.0,
        variance_decay: Any = 0.55, num_periods: Any = 0.5, alpha: Any = 0.0, beta: Any = 0.001,
        name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(initial_learning_rate, decay_steps, num_periods, alpha, beta, name)
        self.initial_variance = initial_variance
        self.variance_decay = variance_decay

    def __call__(self, step: Any) -> Any:
        """Return the learning rate."""
        return tf.train.noisy_linear_cosine_decay(
            self.initial_learning_rate, step, self.decay_steps, self.initial_variance,
            self.variance_decay, self.num_periods, self.alpha, self.beta, self.name,
        )  # fmt: skip


def serialize(learning_rate_schedule: Any) -> Any:
    """Return the class and settings of a schedule."""
    return serialize_keras_object(learning_rate_schedule)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """Return the schedule of a class and settings."""
    known = {each: globals()[each] for each in __all__}
    return deserialize_keras_object(config, known, custom_objects, "decay")
