"""A master that is killed in mid step, and comes back: errors in time, that say what to do."""

from __future__ import annotations

import time

import pytest

import tensormill as tf
from tensormill.testing.server_process import ServerProcess
from tests.clusters import free_addresses
from tests.gates import run_in_thread, wait_until

WITHIN_S = 20.0


@pytest.mark.timeout(150)
def test_steps_of_a_killed_master_end_and_name_it_and_a_new_one_has_lost_the_session() -> None:
    cluster = {"worker": free_addresses(1)}
    take = tf.FIFOQueue(1, tf.float32).dequeue()
    one = tf.constant(1.0)
    with ServerProcess(cluster, "worker", 0) as server:
        session = tf.Session(server.target)
        assert session.run(one) == 1.0
        step = run_in_thread(lambda: session.run(take))
        wait_until(lambda: tf.cluster_status(server.target).reports[0].status.step)
        server.kill()
        killed_s = time.monotonic()
        error = step()
        assert isinstance(error, tf.errors.UnavailableError)
        assert server.target in error.message
        with pytest.raises(tf.errors.UnavailableError, match=server.target):
            session.run(one)
        assert time.monotonic() - killed_s < WITHIN_S
    with ServerProcess(cluster, "worker", 0):
        error = None
        while error is None or isinstance(error, tf.errors.UnavailableError):
            error = run_in_thread(lambda: session.run(one))()  # it is connected anew after a while
        assert isinstance(error, tf.errors.AbortedError)
        assert "is not found" in error.message
        session.close()
        with tf.Session(server.target) as again:
            assert again.run(one) == 1.0
