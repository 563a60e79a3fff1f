"""Further metrics, early stopping, and evaluation within a training."""

from __future__ import annotations

import pytest

import tensormill as tf
from tests.estimator.test_estimator import X, Y, estimator, whole

experimental = tf.estimator.experimental


def test_metrics_are_added_to_those_of_a_model(tmp_path):
    model = estimator(tmp_path)
    model.train(whole(None), steps=1)
    more = tf.estimator.add_metrics(
        model, lambda labels, features: {"x": tf.metrics.mean(features["x"])}
    )
    metrics = more.evaluate(whole())
    assert sorted(metrics) == ["error", "global_step", "loss", "x"]
    assert metrics["x"] == pytest.approx(0.5)
    with pytest.raises(ValueError, match="has following not expected args"):
        tf.estimator.add_metrics(model, lambda other: {})


def test_a_training_stops_when_its_metric_gets_no_better(tmp_path):
    config = tf.estimator.RunConfig(save_checkpoints_steps=2)
    model = estimator(tmp_path, config=config, params={"rate": 0.0})
    hook = experimental.stop_if_no_decrease_hook(
        model, "loss", 4, run_every_secs=None, run_every_steps=1
    )
    tf.estimator.train_and_evaluate(
        model,
        tf.estimator.TrainSpec(whole(None), max_steps=20, hooks=[hook]),
        tf.estimator.EvalSpec(whole(), throttle_secs=0),
    )
    assert 6 <= model.get_variable_value("global_step") < 20
    assert "signal_early_stopping/STOP" in model.get_variable_names()


def test_a_threshold_is_looked_for_after_some_steps(tmp_path):
    model = estimator(tmp_path)
    model.train(whole(None), steps=2)
    loss = model.evaluate(whole())["loss"]
    for make, threshold, min_steps, stops in (
        (experimental.stop_if_higher_hook, 0.0, 0, True),
        (experimental.stop_if_higher_hook, loss + 1, 0, False),
        (experimental.stop_if_lower_hook, loss + 1, 0, True),
        (experimental.stop_if_lower_hook, loss + 1, 3, False),
    ):
        hook = make(model, "loss", threshold, min_steps=min_steps)
        assert hook._should_stop_fn() == stops


def test_variables_are_evaluated_as_they_are_in_the_training(tmp_path):
    def input_fn():
        return tf.data.Dataset.from_tensor_slices(({"x": X}, Y)).batch(8)

    model = estimator(tmp_path)
    hook = experimental.InMemoryEvaluatorHook(model, input_fn, every_n_iter=2)
    model.train(whole(None), steps=3, hooks=[hook])
    found = tf.contrib.estimator.read_eval_metrics(model.eval_dir())
    assert list(found) == [0, 2, 3]
    losses = [metrics["loss"] for metrics in found.values()]
    assert losses == sorted(losses, reverse=True)
    assert model.evaluate(whole())["loss"] == pytest.approx(losses[-1])


def test_workers_stop_when_the_chief_has_saved(tmp_path, monkeypatch):
    model = estimator(tmp_path)
    chief = experimental.make_stop_at_checkpoint_step_hook(model, 3)
    assert isinstance(chief, tf.train.StopAtStepHook)
    model.train(whole(None), steps=2)
    monkeypatch.setattr(model._config, "_is_chief", False)
    worker = experimental.make_stop_at_checkpoint_step_hook(model, 2)
    monkeypatch.undo()
    model.train(whole(None), steps=5, hooks=[worker])
    assert model.get_variable_value("global_step") == 3


def test_examples_have_labels_and_weights():
    column = tf.feature_column.numeric_column("x")
    assert tf.estimator.classifier_parse_example_spec([column], "y", weight_column="w") == {
        "x": tf.FixedLenFeature((1,), tf.float32),
        "y": tf.FixedLenFeature((1,), tf.int64),
        "w": tf.FixedLenFeature((1,), tf.float32),
    }
    with pytest.raises(ValueError, match="label should not be used as feature"):
        tf.estimator.regressor_parse_example_spec([column], "x")
