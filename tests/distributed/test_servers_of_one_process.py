"""Servers of one process call each other without a connection, as long as they run."""

from __future__ import annotations

from typing import Any

import pytest

import tensormill as tf
from tensormill.distributed.grpc_worker_link import GrpcWorkerLink
from tensormill.distributed.in_process_worker_link import InProcessWorkerLink
from tests.clusters import running_cluster

PS = "/job:ps/replica:0/task:0"


def link_to_ps(worker: Any) -> Any:
    return worker.master.cluster.links(None)[PS]


@pytest.mark.parametrize(
    ("lane", "kind"),
    [("", InProcessWorkerLink), ("direct", GrpcWorkerLink), ("grpc", GrpcWorkerLink)],
)
def test_the_lane_can_be_chosen(lane: str, kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORMILL_LANE", lane)
    with running_cluster(ps=1, worker=1) as cluster:
        assert type(link_to_ps(cluster.server("worker"))) is kind


def test_a_server_that_was_stopped_is_gone_and_its_successor_is_found() -> None:
    with running_cluster(ps=1, worker=1) as cluster:
        with tf.device("/job:ps"):
            v = tf.get_variable("v", initializer=1.0)
        with tf.device("/job:worker"):
            more = v + 1.0
        with tf.Session(cluster.target("worker")) as session:
            session.run(v.initializer)
            assert session.run(more) == 2.0
            cluster.server("ps").stop()
            with pytest.raises(tf.errors.UnavailableError, match="/job:ps/replica:0/task:0"):
                session.run(more)
        with (
            tf.train.Server(cluster.spec, "ps", 0),
            tf.Session(cluster.target("worker")) as session,
        ):
            with pytest.raises(tf.errors.FailedPreconditionError):
                session.run(more)
            session.run(v.initializer)
            assert session.run(more) == 2.0
