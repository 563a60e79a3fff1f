"""The hooks that come with the library, one by one."""

import json
import os

import numpy as np
import pytest

import tensormill as tf
from tensormill.graph import tf_logging


@pytest.fixture
def logged(monkeypatch):
    """The lines that are logged."""
    lines = []
    monkeypatch.setattr(tf_logging, "info", lambda text, *args: lines.append(text % args))
    monkeypatch.setattr(tf_logging, "warning", lambda text, *args: lines.append(text % args))
    return lines


def run(hooks, steps=5, feeds=None):
    """Run a loop with hooks; return the last global step."""
    step = tf.train.get_or_create_global_step()
    train = tf.assign_add(step, 1, name="train")
    last = 0
    with tf.train.MonitoredSession(hooks=hooks) as session:
        while not session.should_stop() and last < steps:
            last = session.run(train, feeds)
    return last


@pytest.mark.parametrize(("arguments", "last"), [({"last_step": 3}, 3), ({"num_steps": 2}, 2)])
def test_stop_at_step(arguments, last):
    assert run([tf.train.StopAtStepHook(**arguments)]) == last


def test_stop_at_step_wants_one_limit():
    with pytest.raises(ValueError, match="One of num_steps or last_step must"):
        tf.train.StopAtStepHook()
    with pytest.raises(ValueError, match="Only one of num_steps or last_step"):
        tf.train.StopAtStepHook(num_steps=1, last_step=2)
    with pytest.raises(RuntimeError, match="Global step should be created to use StopAtStepHook"):
        tf.train.MonitoredSession(hooks=[tf.train.StopAtStepHook(last_step=1)])


def test_values_are_logged_every_so_many_steps(logged):
    x = tf.constant([1.5, 2.0], name="x")
    run([tf.train.LoggingTensorHook({"b": x, "a": "x:0"}, every_n_iter=2)])
    lines = [line for line in logged if line.startswith("a = ")]
    assert len(lines) == 3
    assert lines[0] == "a = [1.5 2. ], b = [1.5 2. ]"
    assert lines[1].startswith("a = [1.5 2. ], b = [1.5 2. ] (")


def test_values_are_logged_at_the_end(logged):
    tf.constant(3, name="x")
    hook = tf.train.LoggingTensorHook(["x"], at_end=True, formatter=lambda v: f"is {v['x']}")
    run([hook])
    assert logged.count("is 3") == 1


def test_logging_wants_to_know_when():
    with pytest.raises(ValueError, match="exactly one of every_n_iter and every_n_secs"):
        tf.train.LoggingTensorHook(["x"])
    with pytest.raises(ValueError, match="invalid every_n_iter=0"):
        tf.train.LoggingTensorHook(["x"], every_n_iter=0)
    tf.split(tf.zeros([4]), 2, name="two")
    hook = tf.train.LoggingTensorHook(["two"], every_n_iter=1)
    with pytest.raises(ValueError, match="is ambiguous"):
        hook.begin()


def test_a_loss_that_is_no_number_ends_training(logged):
    loss = tf.constant(float("nan"))
    with pytest.raises(tf.train.NanLossDuringTrainingError, match="NaN loss during training"):
        run([tf.train.NanTensorHook(loss)])
    assert run([tf.train.NanTensorHook(loss, fail_on_nan_loss=False)]) == 1
    assert "Model diverged with loss = NaN." in logged


def test_the_speed_is_written(tmp_path, logged):
    run([tf.train.StepCounterHook(every_n_steps=2, output_dir=str(tmp_path))])
    tf.summary.FileWriterCache.clear()
    (name,) = os.listdir(tmp_path)
    values = [
        (event.step, value.tag)
        for event in tf.train.summary_iterator(tmp_path / name)
        for value in event.summary.value
    ]
    assert values == [(3, "global_step/sec"), (5, "global_step/sec")]
    assert sum(line.startswith("global_step/sec: ") for line in logged) == 2


class Listener(tf.train.CheckpointSaverListener):
    def __init__(self, stop_at=None):
        self.calls = []
        self.stop_at = stop_at

    def begin(self):
        self.calls.append("begin")

    def before_save(self, session, global_step_value):
        self.calls.append(("before", int(global_step_value)))

    def after_save(self, session, global_step_value):
        self.calls.append(("after", int(global_step_value)))
        return global_step_value == self.stop_at

    def end(self, session, global_step_value):
        self.calls.append(("end", int(global_step_value)))


def saving_hook(folder, listener, **options):
    tf.train.get_or_create_global_step()
    return tf.train.CheckpointSaverHook(
        str(folder), saver=tf.train.Saver(), listeners=[listener], **options
    )


def test_checkpoints_are_written_first_every_so_often_and_last(tmp_path):
    listener = Listener()
    run([saving_hook(tmp_path, listener, save_steps=2)])
    saved = [step for kind, step in listener.calls[1:] if kind == "after"]
    assert saved == [0, 2, 4, 5]
    assert listener.calls[0] == "begin"
    assert listener.calls[-1] == ("end", 5)


def test_a_listener_may_end_training(tmp_path):
    assert run([saving_hook(tmp_path, Listener(stop_at=2), save_steps=1)]) == 2


def test_a_checkpoint_hook_wants_one_saver():
    with pytest.raises(ValueError, match="both saver and scaffold"):
        tf.train.CheckpointSaverHook("d", save_steps=1, saver=3, scaffold=4)
    with pytest.raises(ValueError, match="Either every_secs or every_steps"):
        tf.train.CheckpointSaverHook("d")
    with pytest.raises(ValueError, match="Exactly one of scaffold or summary_op"):
        tf.train.SummarySaverHook(save_steps=1)


def test_summaries_are_written_from_the_first_step_on(tmp_path):
    tf.train.get_or_create_global_step()
    summaries = [tf.summary.scalar("a", 1.0), tf.summary.scalar("b", 2.0)]
    hook = tf.train.SummarySaverHook(save_steps=2, output_dir=str(tmp_path), summary_op=summaries)
    run([hook])
    tf.summary.FileWriterCache.clear()
    (name,) = os.listdir(tmp_path)
    events = list(tf.train.summary_iterator(tmp_path / name))
    values = [(event.step, v.tag) for event in events for v in event.summary.value]
    assert values == [(1, "a"), (1, "b"), (3, "a"), (3, "b"), (5, "a"), (5, "b")]
    assert [e.session_log.status for e in events if e.HasField("session_log")] == [
        tf.SessionLog.START
    ]


def test_something_is_computed_at_the_end():
    x = tf.placeholder(tf.float32, [])
    hook = tf.train.FinalOpsHook([x * 2.0, tf.train.get_or_create_global_step()], {x: 4.0})
    run([hook])
    assert hook.final_ops_values == [8.0, 5]


def test_a_function_feeds_each_step():
    x = tf.placeholder(tf.int64, [])
    step = tf.train.get_or_create_global_step()
    train = tf.assign_add(step, x)
    numbers = iter(range(1, 4))
    hook = tf.train.FeedFnHook(lambda: {x: next(numbers)})
    with tf.train.MonitoredSession(hooks=[hook]) as session:
        assert [int(session.run(train)) for _ in range(3)] == [1, 3, 6]


def test_a_worker_waits_for_the_global_step():
    step = tf.train.get_or_create_global_step()
    hook = tf.train.GlobalStepWaiterHook(3)

    class Others(tf.train.SessionRunHook):
        def after_create_session(self, session, coord):
            session.run(raised)

    raised = tf.assign(step, 3)
    read = tf.identity(step)
    with tf.train.MonitoredSession(hooks=[Others(), hook]) as session:
        assert session.run(read) == 3


def test_a_step_is_traced_for_chrome(tmp_path):
    run([tf.train.ProfilerHook(save_steps=2, output_dir=str(tmp_path))])
    tf.summary.FileWriterCache.clear()
    first, second = sorted(name for name in os.listdir(tmp_path) if name.endswith(".json"))
    # The global step may be read before or after the step that raises it.
    assert (first, second) in (
        ("timeline-2.json", "timeline-4.json"),
        ("timeline-3.json", "timeline-5.json"),
    )
    trace = json.loads((tmp_path / first).read_text())
    assert any(event.get("name") == "AssignAdd" for event in trace["traceEvents"])


def test_a_timer_goes_by_steps_or_seconds():
    timer = tf.train.SecondOrStepTimer(every_steps=3)
    assert timer.should_trigger_for_step(1)
    assert timer.update_last_triggered_step(1) == (None, None)
    assert not timer.should_trigger_for_step(1)
    assert [timer.should_trigger_for_step(step) for step in (2, 3, 4)] == [False, False, True]
    seconds, steps = timer.update_last_triggered_step(4)
    assert seconds >= 0
    assert (steps, timer.last_triggered_step()) == (3, 4)
    timer = tf.train.SecondOrStepTimer(every_secs=0)
    timer.update_last_triggered_step(1)
    assert timer.should_trigger_for_step(np.int64(2))
    with pytest.raises(ValueError, match="Can not provide both"):
        tf.train.SecondOrStepTimer(1, 1)
