"""Replicas whose gradients are averaged, on one server."""

import threading

import numpy as np
import pytest

import tensormill as tf
from tests.gates import WAIT_S, run_in_thread

STEPS = 4


def replica(number, rate=1.0, opt=None, **options):
    """Return the training operation of a replica, whose gradient is its number plus one."""
    step = tf.train.get_or_create_global_step()
    weights = tf.Variable([1.0, 2.0], name="weights")
    rows = tf.Variable(np.zeros([4, 1], np.float32), name="rows")
    loss = tf.reduce_sum(weights) * (number + 1.0)
    loss += tf.reduce_sum(tf.gather(rows, [number, 3]))
    optimizer = tf.train.SyncReplicasOptimizer(
        opt or tf.train.GradientDescentOptimizer(rate), replicas_to_aggregate=2, **options
    )
    return optimizer, optimizer.minimize(loss, global_step=step), weights, rows, step


def test_two_replicas_apply_the_mean_of_their_gradients():
    results = {}
    chief_ready = threading.Event()
    together = threading.Barrier(2)  # else a fast replica takes the token of a slow one

    def run(number, target):
        with tf.Graph().as_default():
            optimizer, train, weights, rows, step = replica(number)
            hook = optimizer.make_session_run_hook(is_chief=number == 0, num_tokens=0)
            if number == 0:
                creator = tf.train.ChiefSessionCreator(master=target)
            else:
                assert chief_ready.wait(WAIT_S)
                creator = tf.train.WorkerSessionCreator(master=target)
            with tf.train.MonitoredSession(creator, hooks=[hook]) as session:
                chief_ready.set()
                for _ in range(STEPS):
                    session.run(train)
                    together.wait(WAIT_S)
                if number == 0:
                    results.update(zip("srw", session.run([step, rows, weights]), strict=True))
                together.wait(WAIT_S)

    with tf.train.Server.create_local_server() as server:
        threads = [run_in_thread(lambda n=n: run(n, server.target)) for n in range(2)]
        assert [result() for result in threads] == [None, None]
    assert results["s"] == STEPS
    # The mean of the gradients 1 and 2 is applied at each of the steps.
    assert results["w"].tolist() == [1.0 - 1.5 * STEPS, 2.0 - 1.5 * STEPS]
    # The mean of a row is that of the gradients that had it.
    assert results["r"].ravel().tolist() == [-STEPS, -STEPS, 0.0, -STEPS]


def test_what_the_chief_needs_is_there_after_the_gradients_are_applied():
    optimizer = tf.train.SyncReplicasOptimizer(
        tf.train.AdamOptimizer(), replicas_to_aggregate=3, total_num_replicas=2
    )
    for early in (optimizer.get_chief_queue_runner, optimizer.get_init_tokens_op):
        with pytest.raises(ValueError, match="be called after apply_gradients"):
            early()
    hook = optimizer.make_session_run_hook(is_chief=True)
    with pytest.raises(ValueError, match="should be called before using the hook"):
        hook.begin()
    step = tf.train.get_or_create_global_step()
    variable = tf.Variable(1.0, name="v")
    with pytest.raises(ValueError, match="Must supply at least one variable"):
        optimizer.apply_gradients([], step)
    with pytest.raises(ValueError, match="Global step is required"):
        optimizer.apply_gradients([(1.0, variable)])
    train = optimizer.minimize(variable * 2.0, global_step=step)
    assert train.op.type == "Assign"
    with pytest.raises(ValueError, match="Too few tokens"):
        optimizer.get_init_tokens_op(0)
    assert optimizer.get_init_tokens_op(1).type == "QueueEnqueueManyV2"
    assert optimizer.get_chief_queue_runner().name == "dummy_queue"
    assert optimizer.get_slot_names() == ["m", "v"]
    assert optimizer.get_slot(variable, "m") is not None
    assert [v.op.name for v in tf.local_variables()] == ["sync_rep_local_step"]


@pytest.mark.parametrize("dtype", [tf.int32, tf.int64])
def test_tokens_carry_the_step_that_the_gradients_led_to(dtype):
    step = tf.Variable(0, name="global_step", trainable=False, dtype=dtype)
    weights = tf.Variable([1.0, 2.0])
    optimizer = tf.train.SyncReplicasOptimizer(
        tf.train.GradientDescentOptimizer(1.0), replicas_to_aggregate=1
    )
    train = optimizer.minimize(tf.reduce_sum(weights), global_step=step)
    tokens, runner = optimizer.get_init_tokens_op(num_tokens=0), optimizer.get_chief_queue_runner()
    limit = tf.RunOptions(timeout_in_ms=int(WAIT_S * 1000))
    with tf.train.Server.create_local_server() as server, tf.Session(server.target) as session:
        session.run(tf.global_variables_initializer())
        session.run([optimizer.chief_init_op, tokens])
        coordinator = tf.train.Coordinator()
        threads = runner.create_threads(session, coord=coordinator, daemon=True, start=True)
        for count in range(1, STEPS + 1):
            session.run(train, options=limit)
            assert session.run([step, optimizer._local_step]) == [count, count]
        coordinator.request_stop()
        session.run(optimizer._sync_token_queue.close(cancel_pending_enqueues=True))
        session.close()
        coordinator.join(threads, ignore_live_threads=True)
