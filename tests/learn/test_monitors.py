"""Monitors of `tf.contrib.learn`: when they are called, what they ask for and when they stop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.learn import monitors
from tensormill.learn.monitoring import BaseMonitor, EveryN


class Recorded(EveryN):
    """Keeps the steps at which it was called."""

    def __init__(self, every_n_steps: int, first_n_steps: int = 1) -> None:
        super().__init__(every_n_steps, first_n_steps)
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.after: list[int] = []

    def every_n_step_begin(self, step: int) -> list[Any]:
        self.begun.append(step)
        return []

    def every_n_step_end(self, step: int, outputs: Any) -> bool:
        self.ended.append(step)
        return False

    def every_n_post_step(self, step: int, session: Any) -> None:
        self.after.append(step)


def _run(monitor: BaseMonitor, steps: int, max_steps: int | None = None) -> None:
    monitor.begin(max_steps=max_steps)
    for step in range(steps):
        monitor.step_begin(step)
        monitor.step_end(step, {})
        monitor.post_step(step, None)
    monitor.end()


def test_every_n_steps_and_around_the_first_and_the_last() -> None:
    monitor = Recorded(8, first_n_steps=2)
    _run(monitor, 30, max_steps=29)
    assert monitor.begun == monitor.ended == monitor.after == [0, 1, 2, 10, 18, 26, 29]
    monitor = Recorded(8)
    _run(monitor, 30)
    assert monitor.begun == [0, 1, 9, 17, 25]
    assert monitor.after == [0, 1, 9, 17, 25, 29]


def test_calls_out_of_order_are_refused() -> None:
    monitor = BaseMonitor()
    with pytest.raises(ValueError, match="end called without begin"):
        monitor.end()
    monitor.begin(max_steps=3)
    with pytest.raises(ValueError, match="begin called twice"):
        monitor.begin()
    with pytest.raises(ValueError, match="Invalid step 4"):
        monitor.step_begin(4)
    monitor.step_begin(2)
    with pytest.raises(ValueError, match="step_end expected 2 but got 3"):
        monitor.step_end(3, {})
    with pytest.raises(ValueError, match="Missing estimator"):
        monitor.set_estimator(None)
    for given in ({}, {"num_steps": 1, "last_step": 1}):
        with pytest.raises(ValueError, match="of num_steps or last_step"):
            monitors.StopAtStep(**given)


class _Trained:
    def __init__(self, folder: Path) -> None:
        self.model_dir = str(folder)
        self.config = tf.estimator.RunConfig()


def _training() -> Any:
    step = tf.train.get_or_create_global_step()
    x = tf.get_variable("x", initializer=0.0)
    with tf.control_dependencies([tf.assign_add(x, 1.0)]):
        return tf.assign_add(step, 1), x


def test_a_session_calls_monitors_through_a_hook(tmp_path: Path) -> None:
    train, x = _training()
    kept = monitors.CaptureVariable("x:0", every_n=2, first_n=1)
    summaries = monitors.SummarySaver(tf.summary.scalar("value", x), save_steps=2)
    dump = monitors.GraphDump()
    given = [kept, summaries, dump, monitors.StopAtStep(num_steps=5)]
    hooks = monitors.replace_monitors_with_hooks(given, _Trained(tmp_path))
    with tf.train.MonitoredSession(hooks=hooks) as session:
        while not session.should_stop():
            session.run(train)
    assert sorted(kept.values) == [1, 3, 5]
    assert sorted(dump.data) == [1, 2, 3, 4, 5]
    matched, different = dump.compare(dump, 3)
    assert different == {}
    assert all(isinstance(name, str) for name in matched)
    [events] = tmp_path.iterdir()
    found = [
        (event.step, value.tag)
        for event in tf.train.summary_iterator(str(events))
        for value in event.summary.value
    ]
    assert found == [(1, "value"), (3, "value"), (5, "value")]
    summaries._summary_writer.close()


def test_checkpoints_are_saved_by_a_monitor(tmp_path: Path) -> None:
    train, _ = _training()
    saver = tf.train.Saver()
    saving = monitors.CheckpointSaver(str(tmp_path), save_steps=3, saver=saver)
    hooks = monitors.replace_monitors_with_hooks([saving], _Trained(tmp_path))
    with tf.train.MonitoredSession(hooks=hooks) as session:
        for _ in range(5):
            session.run(train)
    steps = sorted(path.stem for path in tmp_path.glob("*.index"))
    assert steps == ["model.ckpt-1", "model.ckpt-4", "model.ckpt-5"]
    tf.summary.FileWriterCache.clear()


def test_a_loss_that_is_no_number_stops_or_fails() -> None:
    loss = tf.constant(np.nan, name="loss")
    for fails in (False, True):
        monitor = monitors.NanLoss(loss, fail_on_nan_loss=fails)
        monitor.begin()
        assert monitor.step_begin(0) == [loss]
        if fails:
            with pytest.raises(tf.train.NanLossDuringTrainingError):
                monitor.step_end(0, {"loss:0": np.nan})
        else:
            assert monitor.step_end(0, {"loss:0": np.nan})


class _Evaluated:
    model_dir = "none"
    value = 0.0
    calls = 0

    def evaluate(self, **options: Any) -> dict[str, float]:
        self.calls += 1
        return {"loss": self.value}


def test_validation_stops_when_the_metric_gets_no_better(monkeypatch: Any) -> None:
    estimator = _Evaluated()
    monitor = monitors.ValidationMonitor(
        x=[1.0], every_n_steps=0, early_stopping_rounds=2, check_interval_secs=None
    )
    monitor.begin()
    path = ["a"]
    monkeypatch.setattr(
        "tensormill.train.checkpoints.state_file.latest_checkpoint", lambda folder: path[0]
    )
    monitor.step_begin(0)
    with pytest.raises(ValueError, match="Missing call to set_estimator"):
        monitor.step_end(0, {})
    monitor.set_estimator(estimator)
    stops = []
    for step, value in enumerate([42.0, 40.0, 44.0, 43.0]):
        path[0], estimator.value = f"ckpt-{step}", value
        monitor.step_begin(step)
        stops.append(monitor.step_end(step, {}))
        monitor.post_step(step, None)
    assert stops == [False, False, False, True]
    assert (monitor.best_step, monitor.best_value) == (1, 40.0)
    assert monitor.early_stopped
    assert estimator.calls == 4
    monitor.early_stopping_metric = "accuracy"
    path[0] = "ckpt-9"
    monitor.step_begin(9)
    with pytest.raises(ValueError, match="missing from outputs"):
        monitor.step_end(9, {})
