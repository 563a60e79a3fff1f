"""Learning rates, moving averages and clipping against what real TensorFlow was recorded to do."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tests.golden.record_schedules import ANSWERS
from tests.train import schedule_programs

_RECORDED = json.loads(ANSWERS.read_text())


def as_lists(value: Any) -> Any:
    """Return a value as it comes back from JSON."""
    return json.loads(json.dumps(value))


def test_learning_rates_fall_as_in_tensorflow() -> None:
    ours = schedule_programs.learning_rates(tf, np)
    assert ours.keys() == _RECORDED["rates"].keys()
    for name, values in _RECORDED["rates"].items():
        np.testing.assert_allclose(ours[name], values, rtol=2e-5, atol=1e-7, err_msg=name)


@pytest.mark.parametrize("name", list(schedule_programs.AVERAGES))
def test_moving_averages_move_as_in_tensorflow(name: str) -> None:
    ours = schedule_programs.moving_averages(tf, np, schedule_programs.AVERAGES[name])
    theirs = _RECORDED["averages"][name]
    np.testing.assert_allclose(ours.pop("values"), theirs["values"], rtol=1e-5)
    assert as_lists(ours) == {key: theirs[key] for key in ours}


def test_clipping_clips_as_in_tensorflow() -> None:
    ours, theirs = schedule_programs.clipped(tf, np), _RECORDED["clipped"]
    for part in ("values", "slopes"):
        for name, value in theirs[part].items():
            np.testing.assert_allclose(ours[part][name], value, rtol=1e-5, atol=1e-6, err_msg=name)
    assert ours["names"] == theirs["names"]


def test_a_noisy_rate_is_noisy_and_ends_at_the_end() -> None:
    step = tf.placeholder(tf.float32, [])
    tf.set_random_seed(1)
    rate = tf.train.noisy_linear_cosine_decay(1.0, step, 10, initial_variance=0.01)
    with tf.Session() as session:
        values = [session.run(rate, {step: 3.0}) for _ in range(5)]
        assert len(set(values)) == 5
        assert abs(session.run(rate, {step: 10.0}) - 0.001) < 0.2


def test_rates_need_a_step() -> None:
    with pytest.raises(ValueError, match="global_step is required for exponential_decay"):
        tf.train.exponential_decay(0.1, None, 10, 0.9)


@pytest.mark.parametrize(
    ("boundaries", "values", "message"),
    [
        ([1.0], [0.1, 0.2], "must have the same dtype as x"),
        ([1], [0.1, 2], "Values must have elements all with the same dtype"),
        ([1], [0.1], "The length of boundaries should be 1 less than the length of values"),
    ],
)
def test_piecewise_constants_must_fit(boundaries: Any, values: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tf.train.piecewise_constant(tf.constant(3), boundaries, values)


def test_averages_of_integers_are_refused() -> None:
    average = tf.train.ExponentialMovingAverage(0.9)
    with pytest.raises(TypeError, match="The variables must be half, float, or double"):
        average.apply([tf.Variable(1)])


def test_a_norm_that_is_not_finite_shows() -> None:
    clipped, norm = tf.clip_by_global_norm([tf.constant([1.0, np.inf]), tf.constant([1.0])], 1.0)
    with tf.Session() as session:
        values, size = session.run([clipped, norm])
    assert np.isinf(size)
    assert all(np.isnan(value).all() for value in values)


def test_lists_of_tensors_must_be_lists() -> None:
    with pytest.raises(TypeError, match="t_list should be a sequence"):
        tf.global_norm(tf.constant(1.0))
