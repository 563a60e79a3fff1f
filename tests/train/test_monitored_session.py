"""Monitored sessions: life cycle, hooks, errors, recovery, checkpoints."""

import os
import threading

import numpy as np
import pytest

import tensormill as tf


class Recorder(tf.train.SessionRunHook):
    """Notes what it is called for."""

    def __init__(self, fetch=None, feed=None):
        self.calls = []
        self.results = []
        self.fetch, self.feed = fetch, feed

    def begin(self):
        self.calls.append("begin")

    def after_create_session(self, session, coord):
        self.calls.append("create")

    def before_run(self, run_context):
        self.calls.append("before")
        if self.fetch is None and self.feed is None:
            return None
        return tf.train.SessionRunArgs(self.fetch, feed_dict=self.feed)

    def after_run(self, run_context, run_values):
        self.calls.append("after")
        self.results.append(run_values.results)

    def end(self, session):
        self.calls.append("end")


def counted_step():
    step = tf.train.get_or_create_global_step()
    return tf.assign_add(step, 1, name="train")


def test_hooks_are_called_around_steps():
    train = counted_step()
    hook = Recorder(fetch=tf.constant(7))
    with tf.train.MonitoredSession(hooks=[hook]) as session:
        assert session.run(train) == 1
        assert session.run({"a": train, "b": [train]})["b"] == [2]
    assert hook.calls == ["begin", "create", "before", "after", "before", "after", "end"]
    assert hook.results == [7, 7]


def test_the_graph_is_finalized_inside_only():
    counted_step()
    graph = tf.get_default_graph()
    with tf.train.MonitoredSession() as session:
        assert graph.finalized
        assert session.graph is graph
        with pytest.raises(RuntimeError, match="finalized"):
            tf.constant(1)
    assert not graph.finalized
    assert session.graph is None
    assert session.should_stop()


def test_the_end_of_the_input_ends_the_block():
    counted_step()
    for error in (tf.errors.OutOfRangeError(None, None, "end"), StopIteration()):
        hook = Recorder()
        with tf.train.MonitoredSession(hooks=[hook]):
            raise error
        assert hook.calls[-1] == "end"


def test_another_error_is_raised_without_the_last_call():
    counted_step()
    hook = Recorder()
    with pytest.raises(ZeroDivisionError), tf.train.MonitoredSession(hooks=[hook]):
        raise ZeroDivisionError
    assert "end" not in hook.calls


def test_a_closed_session_says_so():
    counted_step()
    session = tf.train.MonitoredSession()
    session.close()
    with pytest.raises(RuntimeError, match="Session is already closed"):
        session.close()


def test_feeds_of_hooks_and_users_must_differ():
    x = tf.placeholder(tf.float32, [])
    y = x * 2.0
    counted_step()
    with tf.train.SingularMonitoredSession(hooks=[Recorder(feed={x: 3.0})]) as session:
        assert session.run(y) == 6.0
        with pytest.raises(RuntimeError, match="fed by a SessionRunHook and user"):
            session.run(y, {x: 1.0})
    both = [Recorder(feed={x: 3.0}), Recorder(feed={x: 4.0})]
    with tf.train.SingularMonitoredSession(hooks=both) as session:
        with pytest.raises(RuntimeError, match="fed by two hooks"):
            session.run(y)
        assert session.raw_session().run(y, {x: 1.0}) == 2.0


def test_no_step_runs_after_a_stop():
    train = counted_step()
    with tf.train.MonitoredSession(hooks=[tf.train.StopAtStepHook(last_step=2)]) as session:
        while not session.should_stop():
            last = session.run(train)
        with pytest.raises(RuntimeError, match="after should_stop requested"):
            session.run(train)
    assert last == 2


def test_a_step_function_gets_the_session_and_the_hooks():
    train = counted_step()
    hook = Recorder()

    def step_fn(step_context):
        step_context.session.run(train)
        value = step_context.run_with_hooks(train)
        if value >= 4:
            step_context.request_stop()
        return value

    with tf.train.MonitoredSession(hooks=[hook]) as session:
        assert session.run_step_fn(step_fn) == 2
        with pytest.raises(ValueError, match="one `step_context` argument"):
            session.run_step_fn(lambda other: None)
        session.run_step_fn(step_fn)
        raise AssertionError("the loop goes on")
    assert hook.calls.count("after") == 2


class Unreliable(tf.train.SessionRunHook):
    """Fails as if a task was lost, some times."""

    def __init__(self, failures):
        self.failures = failures
        self.sessions = 0

    def after_create_session(self, session, coord):
        self.sessions += 1

    def before_run(self, run_context):
        if self.failures:
            raise self.failures.pop()


@pytest.mark.parametrize("kind", [tf.errors.AbortedError, tf.errors.UnavailableError])
def test_a_lost_task_gets_a_new_session_with_the_last_checkpoint(tmp_path, kind):
    train = counted_step()
    hook = Unreliable([])
    with tf.train.MonitoredTrainingSession(
        checkpoint_dir=tmp_path,
        hooks=[hook],
        save_checkpoint_steps=1,
        save_checkpoint_secs=None,
        save_summaries_steps=None,
        log_step_count_steps=None,
    ) as session:
        assert session.run(train) == 1
        hook.failures.append(kind(None, None, "gone"))
        assert session.run(train) == 2
        assert hook.sessions == 2
    hook = Unreliable([kind(None, None, "gone")])
    with tf.train.SingularMonitoredSession(hooks=[hook]) as session, pytest.raises(kind):
        session.run(train)


def test_checkpoints_and_summaries_are_written(tmp_path):
    step = tf.train.get_or_create_global_step()
    train = tf.assign_add(step, 1)
    tf.summary.scalar("double", step * 2)
    with tf.train.MonitoredTrainingSession(
        checkpoint_dir=tmp_path,
        hooks=[tf.train.StopAtStepHook(num_steps=5)],
        save_checkpoint_steps=2,
        save_summaries_steps=2,
    ) as session:
        while not session.should_stop():
            session.run(train)
    assert tf.train.latest_checkpoint(tmp_path).endswith("model.ckpt-5")
    assert (tmp_path / "graph.pbtxt").exists()
    assert (tmp_path / "model.ckpt-5.meta").exists()
    (name,) = [name for name in os.listdir(tmp_path) if name.startswith("events")]
    tf.summary.FileWriterCache.clear()
    events = list(tf.train.summary_iterator(tmp_path / name))
    values = [v.tag for event in events for v in event.summary.value]
    assert values.count("double") == 3
    statuses = [event.session_log.status for event in events if event.HasField("session_log")]
    assert statuses.count(tf.SessionLog.CHECKPOINT) == 4
    with tf.train.MonitoredTrainingSession(checkpoint_dir=tmp_path) as session:
        assert session.run(step) == 5
    tf.summary.FileWriterCache.clear()


def test_a_scaffold_takes_what_it_is_given():
    v = tf.Variable(1.0, name="v")
    w = tf.Variable(2.0, name="w")
    seen = []
    assign = w.assign(5.0)
    scaffold = tf.train.Scaffold(
        init_op=v.initializer,
        init_fn=lambda s, session: seen.append(session.run(assign)),
    )
    with tf.train.SingularMonitoredSession(scaffold=scaffold) as session:
        assert session.run([v, w]) == [1.0, 5.0]
    assert seen == [5.0]
    assert tf.train.Scaffold(copy_from_scaffold=scaffold).init_op is v.initializer
    with pytest.raises(TypeError, match="not a Scaffold instance"):
        tf.train.Scaffold(copy_from_scaffold=3)


def test_what_is_not_initialized_is_named():
    tf.Variable(1.0, name="left_out")
    counted_step()
    scaffold = tf.train.Scaffold(init_op=tf.no_op())
    with pytest.raises(RuntimeError, match="Variables not initialized: left_out, global_step"):
        tf.train.SingularMonitoredSession(scaffold=scaffold)


def test_a_thread_that_fails_ends_the_loop():
    counted_step()

    class Starter(tf.train.SessionRunHook):
        def after_create_session(self, session, coord):
            def fail():
                with coord.stop_on_exception():
                    raise ValueError("the thread fails")

            thread = threading.Thread(target=fail)
            coord.register_thread(thread)
            thread.start()
            thread.join()

    def loop():
        with tf.train.MonitoredSession(hooks=[Starter()]) as session:
            while not session.should_stop():
                pass

    with pytest.raises(ValueError, match="the thread fails"):
        loop()


def test_queue_runners_feed_the_loop():
    queue = tf.FIFOQueue(10, tf.int32)
    counter = tf.Variable(0, name="counter", dtype=tf.int32)
    tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue(counter.count_up_to(4))]))
    value = queue.dequeue()
    seen = []
    with tf.train.MonitoredSession() as session:
        while not session.should_stop():
            seen.append(session.run(value))
    assert seen == [0, 1, 2, 3]


class TestSessionManager:
    def test_a_worker_waits_until_it_is_ready(self):
        v = tf.Variable(1.0, name="v")
        manager = tf.train.SessionManager(
            ready_op=tf.report_uninitialized_variables(), recovery_wait_secs=1
        )
        with pytest.raises(tf.errors.DeadlineExceededError, match="not ready after waiting 0"):
            manager.wait_for_session("", max_wait_secs=0)
        session = manager.prepare_session("", init_op=v.initializer)
        assert session.run(v) == 1.0
        session.close()

    def test_a_session_is_recovered_from_a_checkpoint(self, tmp_path):
        v = tf.Variable(1.0, name="v")
        saver = tf.train.Saver()
        with tf.Session() as session:
            session.run(v.assign(4.0))
            saver.save(session, str(tmp_path / "m"), global_step=3)
        manager = tf.train.SessionManager(ready_op=tf.report_uninitialized_variables())
        session, is_loaded = manager.recover_session("", saver, checkpoint_dir=str(tmp_path))
        assert is_loaded
        assert session.run(v) == 4.0
        session.close()
        session, is_loaded = manager.recover_session("", saver)
        assert not is_loaded
        session.close()

    def test_bad_arguments(self):
        v = tf.Variable(1.0, name="v")
        saver = tf.train.Saver()
        manager = tf.train.SessionManager()
        with pytest.raises(RuntimeError, match="no init_op or init_fn or local_init_op"):
            manager.prepare_session("")
        with pytest.raises(ValueError, match="both checkpoint_dir and"):
            manager.prepare_session("", v.initializer, saver, "a", "b")
        with pytest.raises(ValueError, match="must also pass a local_init_op"):
            tf.train.SessionManager(ready_for_local_init_op=tf.no_op())


class TestSupervisor:
    def test_a_loop_saves_and_summarizes(self, tmp_path):
        step = tf.train.get_or_create_global_step()
        train = tf.assign_add(step, 1)
        tf.summary.scalar("s", step)
        supervisor = tf.train.Supervisor(
            logdir=tmp_path, save_summaries_secs=1000, save_model_secs=0
        )
        with supervisor.managed_session() as session:
            while not supervisor.should_stop():
                if session.run(train) >= 3:
                    supervisor.saver.save(session, supervisor.save_path, global_step=step)
                    supervisor.request_stop()
        assert tf.train.latest_checkpoint(tmp_path).endswith("model.ckpt-3")
        with tf.Graph().as_default():
            again = tf.train.get_or_create_global_step()
            supervisor = tf.train.Supervisor(logdir=tmp_path)
            with supervisor.managed_session(start_standard_services=False) as session:
                assert session.run(again) == 3

    def test_an_error_of_the_block_is_raised(self):
        tf.train.get_or_create_global_step()
        supervisor = tf.train.Supervisor(logdir=None)

        def fail():
            with supervisor.managed_session():
                raise ValueError("in the block")

        with pytest.raises(ValueError, match="in the block"):
            fail()

    def test_a_summary_may_be_written_by_the_program(self, tmp_path):
        tf.train.get_or_create_global_step()
        summary = tf.summary.scalar("s", 1.0)
        supervisor = tf.train.Supervisor(logdir=tmp_path, summary_op=None)
        with supervisor.managed_session() as session:
            supervisor.summary_computed(session, session.run(summary))
        (name,) = [name for name in os.listdir(tmp_path) if name.startswith("events")]
        events = list(tf.train.summary_iterator(tmp_path / name))
        assert "s" in [v.tag for event in events for v in event.summary.value]
        assert events[-1].session_log.status == tf.SessionLog.STOP

    def test_a_worker_needs_devices(self):
        tf.Variable(1.0, name="v")
        with pytest.raises(ValueError, match="Variables must have their device set"):
            tf.train.Supervisor(is_chief=False)

    def test_the_loop_begins_again_after_an_abort(self):
        tf.train.get_or_create_global_step()
        supervisor = tf.train.Supervisor(logdir=None)
        calls = []

        def step_fn(session, text):
            calls.append(text)
            if len(calls) < 3:
                raise tf.errors.AbortedError(None, None, "again")
            supervisor.request_stop()

        tf.train.basic_train_loop(supervisor, step_fn, args=("x",))
        assert calls == ["x"] * 3


def test_the_global_step_is_read_apart():
    step = tf.train.get_or_create_global_step()
    hook = tf.train.StopAtStepHook(last_step=3)
    hook.begin()
    read = tf.get_collection("global_step_read_op_cache")
    assert [tensor.op.name for tensor in read] == ["global_step/add"]
    with tf.Session() as session:
        assert session.run(read[0]) == 0
        session.run(step.initializer)
        assert session.run(read[0]) == np.int64(0)
