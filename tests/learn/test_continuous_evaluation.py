"""`Experiment.continuous_eval`: checkpoints are evaluated when they are there."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf


def _data():
    return {"x": tf.constant([[1.0], [2.0]])}, tf.constant([[1.0], [2.0]])


def _experiment(folder, **settings):
    column = tf.feature_column.numeric_column("x")
    estimator = tf.estimator.LinearRegressor([column], model_dir=str(folder))
    return tf.contrib.learn.Experiment(
        estimator, _data, _data, train_steps=3, eval_steps=1, eval_delay_secs=0, **settings
    )


def test_it_ends_when_training_has_done_all_its_steps(tmp_path):
    experiment = _experiment(tmp_path, continuous_eval_throttle_secs=0)
    experiment.train()
    experiment.continuous_eval()
    assert (tmp_path / "eval_continuous").is_dir()
    experiment.continuous_eval_on_train_data()
    assert (tmp_path / "eval_continuous_on_train_data").is_dir()


def test_it_ends_when_the_program_says_so(tmp_path):
    experiment = _experiment(tmp_path, continuous_eval_throttle_secs=0)
    seen = []

    def goes_on(found):
        seen.append(found)
        return len(seen) < 3

    experiment.continuous_eval(continuous_eval_predicate_fn=goes_on)
    assert seen == [None, {}, {}]
    with pytest.raises(ValueError, match="must be a callable"):
        experiment.continuous_eval(continuous_eval_predicate_fn=np.bool_(True))


def test_export_strategies_are_given_back(tmp_path):
    one, two = (
        tf.contrib.learn.ExportStrategy(name, lambda estimator, path: path)
        for name in ("one", "two")
    )
    experiment = _experiment(tmp_path, export_strategies=one)
    assert experiment.reset_export_strategies([two]) == [one]
    assert experiment.reset_export_strategies() == [two]
