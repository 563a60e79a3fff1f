"""Checkpoints and monitored sessions where variables live on several tasks."""

import os

import pytest

import tensormill as tf
from tests.clusters import over_wire, running_cluster


def build(sharded):
    x = tf.placeholder(tf.float32, [], name="x")
    with tf.device(tf.train.replica_device_setter(ps_tasks=2, worker_device="/job:worker/task:0")):
        step = tf.train.get_or_create_global_step()
        a = tf.get_variable("a", [3], initializer=tf.zeros_initializer(), use_resource=False)
        b = tf.get_variable("b", [2], initializer=tf.ones_initializer(), use_resource=True)
        update = tf.group(a.assign_add([1.0, 2.0, 3.0]), b.assign_add([x, x]), step.assign_add(1))
    return x, a, b, step, update, tf.train.Saver(sharded=sharded)


@pytest.mark.parametrize("sharded", [False, True])
def test_variables_of_several_tasks_are_saved_and_restored(tmp_path, sharded):
    prefix = str(tmp_path / "model")
    with running_cluster(ps=2, worker=1) as cluster, tf.Graph().as_default():
        x, a, b, step, update, saver = build(sharded)
        devices = {variable.device for variable in (a, b, step)}
        with tf.Session(cluster.target("worker"), config=over_wire()) as session:
            session.run(tf.global_variables_initializer())
            session.run(update, {x: 5.0})
            path = saver.save(session, prefix, global_step=step)
            session.run(update, {x: 1.0})
            saver.restore(session, path)
            values = [value.tolist() for value in session.run([a, b, step])]
            saves = [op.device for op in session.graph.get_operations() if op.type == "SaveV2"]
    assert values == [[1.0, 2.0, 3.0], [6.0, 6.0], 1]
    assert len({device[: len("/job:ps/task:0")] for device in devices}) == 2
    assert len(saves) == (2 if sharded else 1)
    if sharded:
        assert sorted(device[: len("/job:ps/task:0")] for device in saves) == [
            "/job:ps/task:0",
            "/job:ps/task:1",
        ]
    shards = [name for name in os.listdir(tmp_path) if ".data-" in name]
    assert len(shards) == (2 if sharded else 1)
    assert tf.train.load_variable(path, "b").tolist() == [6.0, 6.0]


def test_a_monitored_session_of_a_chief_and_a_worker_share_variables(tmp_path):
    folder = str(tmp_path)
    with running_cluster(ps=2, worker=2) as cluster:

        def session_of(task):
            return tf.train.MonitoredTrainingSession(
                cluster.target("worker", task),
                is_chief=task == 0,
                checkpoint_dir=folder,
                hooks=[tf.train.StopAtStepHook(last_step=4)],
                save_summaries_steps=None,
                save_summaries_secs=None,
                config=over_wire(),
            )

        with tf.Graph().as_default():
            x, _a, b, _step, update, _ = build(True)
            with session_of(0) as chief:
                chief.run(update, {x: 1.0})
                with tf.Graph().as_default():
                    y, _, c, _, again, _ = build(True)
                    with session_of(1) as worker:
                        worker.run(again, {y: 2.0})
                        assert worker.run(c).tolist() == [4.0, 4.0]
                while not chief.should_stop():
                    chief.run(update, {x: 0.0})
        assert tf.train.latest_checkpoint(folder).endswith("model.ckpt-4")
        with tf.Graph().as_default():
            x, _, b, _, update, _ = build(True)
            with session_of(0) as chief:
                assert chief.run(b).tolist() == [4.0, 4.0]
