"""`LocalCluster` and `tf.test.create_local_cluster`."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.launching import local_cluster
from tests.processes import is_running, wait_for_end


def product_of(target: str) -> Any:
    """Multiply on a worker what is kept on a ps."""
    with tf.device("/job:ps/task:0"):
        weights = tf.get_variable("weights", initializer=np.float32([[1, 2], [3, 4]]))
    with tf.device("/job:worker/task:1"):
        product = tf.matmul(weights, weights)
    with tf.Session(target) as session:
        session.run(tf.global_variables_initializer())
        return session.run(product)


@pytest.mark.parametrize("in_process", [True, False])
def test_a_step_runs_over_the_tasks(in_process: bool) -> None:
    with tf.LocalCluster(ps=1, workers=2, in_process=in_process) as cluster:
        np.testing.assert_array_equal(product_of(cluster.target), [[7, 10], [15, 22]])
        assert cluster.cluster_spec.num_tasks("worker") == 2
        assert cluster.target == cluster.targets("worker")[0]
        assert cluster.targets("ps")[0].startswith("grpc://127.0.0.1:")
        table = cluster._repr_html_()
        assert table.count("running") == 3
        assert ("this process" in table) == in_process
        assert ("MiB" in table) != in_process
        assert repr(cluster) == f"<LocalCluster ps=1, worker=2 at {cluster.target}>"
    assert "running" not in cluster._repr_html_()


def test_a_step_of_control_edges_alone_runs_over_the_tasks() -> None:
    with tf.LocalCluster(ps=2, workers=1, in_process=True) as cluster:
        with tf.device("/job:ps/task:0"):
            first = tf.Variable(1.0)
        with tf.device("/job:ps/task:1"):
            second = tf.Variable(2.0)
        with tf.Session(cluster.target) as session:
            session.run(tf.group(first.initializer, second.initializer))
            assert session.run([first, second]) == [1.0, 2.0]


def test_a_cluster_may_be_made_by_any_thread() -> None:
    clusters: list[Any] = []
    thread = threading.Thread(target=lambda: clusters.append(tf.LocalCluster(ps=0, workers=1)))
    thread.start()
    thread.join()
    with clusters[0] as cluster, tf.Session(cluster.target) as session:
        assert session.run(tf.constant(3)) == 3


def test_a_killed_task_is_told_and_the_others_still_end() -> None:
    with tf.LocalCluster(ps=1, workers=1) as cluster:
        cluster.kill("ps", 0)
        assert "ended with exit code 137" in cluster._repr_html_()


def test_a_task_that_does_not_start_is_named_with_its_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(local_cluster, "tf_config", lambda *place: "no json")
    with pytest.raises(local_cluster.TaskNotStartedError) as info:
        tf.LocalCluster(ps=1, workers=0)
    assert "ps:0 at 127.0.0.1:" in str(info.value)
    assert "JSONDecodeError" in str(info.value)


def test_a_cluster_needs_tasks() -> None:
    with pytest.raises(ValueError, match="a cluster needs tasks"):
        tf.LocalCluster(ps=0, workers=0)


def test_the_tasks_end_with_the_process_that_made_them() -> None:
    source = (
        "import json, os, signal, tensormill as tf\n"
        "cluster = tf.LocalCluster(ps=1, workers=1)\n"
        "print(json.dumps([t._process.pid for t in cluster._tasks.values()]), flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=False
    )
    for pid in json.loads(done.stdout):
        wait_for_end(pid)
        assert not is_running(pid)


def test_servers_of_a_test_are_in_its_process() -> None:
    workers, servers = tf.test.create_local_cluster(num_workers=2, num_ps=1)
    try:
        assert [len(workers), len(servers)] == [2, 1]
        assert workers[0].server_def.job_name == "worker"
        np.testing.assert_array_equal(product_of(workers[0].target), [[7, 10], [15, 22]])
    finally:
        for server in [*workers, *servers]:
            server.stop()
