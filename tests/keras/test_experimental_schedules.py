"""`tf.keras.experimental`: learning rates along cosine waves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import tensormill as tf

experimental = tf.keras.experimental
schedules = tf.keras.optimizers.schedules


def value(rate: Any) -> float:
    with tf.Session() as session:
        return float(session.run(rate))


def test_rates_follow_cosine_waves() -> None:
    wave = 0.5 * (1 + math.cos(math.pi * 0.3))
    assert value(experimental.CosineDecay(1.0, 100, 0.1)(30)) == pytest.approx(0.9 * wave + 0.1)
    restarts = experimental.CosineDecayRestarts(1.0, 50, t_mul=1.0, m_mul=0.5)
    assert value(restarts(65)) == pytest.approx(0.5 * wave)
    line = experimental.LinearCosineDecay(1.0, 100, alpha=0.2)
    assert value(line(30)) == pytest.approx((0.2 + 0.7) * wave + 0.001, rel=1e-5)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("CosineDecay", {"alpha": 0.1}),
        ("LinearCosineDecay", {"num_periods": 1.5}),
        ("NoisyLinearCosineDecay", {"initial_variance": 0.25, "beta": 0.5}),
    ],
)
def test_schedules_keep_their_settings(name: str, settings: dict[str, Any]) -> None:
    made = getattr(experimental, name)(0.05, 10, **settings)
    copy = schedules.deserialize(schedules.serialize(made))
    assert copy.get_config() == made.get_config()
    assert {key: copy.get_config()[key] for key in settings} == settings


def test_an_optimizer_takes_a_schedule() -> None:
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_dim=2)])
    model.compile(tf.keras.optimizers.SGD(experimental.CosineDecay(0.1, 10)), "mse")
    x, y = np.ones((4, 2)), np.ones((4, 1))
    before = model.train_on_batch(x, y)
    assert model.train_on_batch(x, y) < before
