"""Values go to the task that needs them without being asked for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import torch

import tensormill as tf
from tensormill.distributed.push_codec import read_push, write_push
from tensormill.graph import errors
from tensormill.runtime.plan.frames import DEAD
from tensormill.runtime.rendezvous import RendezvousTable
from tests.clusters import Cluster, over_wire, running_cluster
from tests.gates import run_in_thread, wait_until

PS = "/job:ps/replica:0/task:0"


def test_values_of_all_kinds_are_read_as_they_were_written() -> None:
    values = [
        ("a", torch.arange(6.0).reshape(2, 3)),
        ("b", np.array([b"text", b""], object)),
        ("c", DEAD),
        ("d", np.float64(2.5)),
        ("e", torch.zeros(100_000, dtype=torch.int16)),
        ("f", torch.tensor([], dtype=torch.bool)),
        ("g", torch.ones(2, dtype=torch.bfloat16)),
    ]
    message = memoryview(bytearray(b"".join(write_push(7, values))))
    step_id, found = read_push(message)
    assert step_id == 7
    by_key = dict(found)
    assert set(by_key) == set("abcdefg")
    assert by_key["c"] is DEAD
    assert by_key["b"].tolist() == [b"text", b""]
    assert float(by_key["d"]) == 2.5
    for key, value in values:
        if isinstance(value, torch.Tensor):
            assert by_key[key].dtype == value.dtype
            assert torch.equal(by_key[key], value)


@pytest.mark.parametrize("message", [b"\xff", b"\x12\x05ab", b"\x12\x02\x0a\x09", b"\x08"])
def test_what_is_no_push_is_refused(message: bytes) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError):
        read_push(memoryview(message))


def test_handles_cannot_be_pushed() -> None:
    with pytest.raises(tf.errors.UnimplementedError, match="cannot leave the task"):
        write_push(1, [("key", object())])


class Received(list[Any]):
    def __call__(self, value: Any, error: errors.OpError | None) -> None:
        self.append(value if error is None else error)


def test_a_value_may_come_before_its_step_begins() -> None:
    table, received = RendezvousTable(), Received()
    table.push(5, [("a", 1), ("b", 2)])
    rendezvous = table.enter(5)
    rendezvous.receive("b", received)
    rendezvous.receive("a", received)
    assert received == [2, 1]
    table.leave(5)
    assert len(table) == 0


def test_a_value_that_comes_after_its_step_is_dropped() -> None:
    table = RendezvousTable()
    table.enter(5)
    table.leave(5)
    table.clean_up(5)
    table.push(5, [("a", 1)])
    assert len(table) == 0


def test_what_is_pushed_for_a_step_that_never_begins_is_dropped() -> None:
    table, received = RendezvousTable(), Received()
    now_s = time.monotonic()
    table.push(5, [("a", 1)])
    table.push(6, [("a", 2)])
    table.enter(6)
    table.drop_unclaimed(now_s + 59.0)
    assert len(table) == 2
    table.drop_unclaimed(now_s + 90.0)
    assert len(table) == 1  # a step that has begun keeps what it was sent
    table.push(5, [("b", 1)])
    assert len(table) == 1
    table.enter(5).receive("a", received)
    (error,) = received
    assert isinstance(error, errors.AbortedError)
    table.abort_all(errors.cancelled("the end"))


def test_what_a_lost_task_has_pushed_is_dropped_soon() -> None:
    table = RendezvousTable()
    now_s = time.monotonic()
    table.push(5, [(f"{PS}/device:CPU:0;a", 1)])
    table.push(6, [("/job:ps/replica:0/task:1/device:CPU:0;a", 1)])
    table.fail_from(PS, errors.unavailable("gone"))
    table.drop_unclaimed(now_s + 4.0)
    assert len(table) == 2
    table.drop_unclaimed(now_s + 30.0)
    assert len(table) == 1
    table.abort_all(errors.cancelled("the end"))


@pytest.fixture
def cluster(direct_lane: None) -> Iterator[Cluster]:
    with running_cluster(ps=1, worker=2) as cluster:
        yield cluster


def rendezvous_sizes(cluster: Cluster) -> list[int]:
    return [
        len(server._task._worker_service._worker.rendezvous) for server in cluster.servers.values()
    ]


def break_connection(cluster: Cluster) -> None:
    """End the connection from the ps to the second worker, as the system does."""
    links = cluster.server("ps")._task._cluster._links
    (link,) = [link for key, link in links.items() if key[0].endswith("worker/replica:0/task:1")]
    link._channel.direct()._frames.shut_down()


def test_steps_over_tasks_push_and_leave_nothing_behind(cluster: Cluster) -> None:
    with tf.device("/job:ps"):
        v = tf.get_variable("v", initializer=np.ones(1000, np.float32))
    with tf.device("/job:worker/task:1"):
        doubled = v * 2.0
    with tf.device("/job:worker/task:0"):
        more = doubled + v
    update = tf.assign_add(v, more)
    with tf.Session(cluster.target("worker"), config=over_wire()) as session:
        session.run(v.initializer)
        for turn in range(5):
            assert session.run(update).tolist() == [4.0 ** (turn + 1)] * 1000
        assert rendezvous_sizes(cluster) == [0, 0, 0]
        (graph,) = [
            graph.registered
            for graphs in cluster.server("ps")._task._worker_service._graphs.values()
            for graph in graphs.values()
            if len(graph.registered.pushes_to) == 2
        ]
        assert graph.leaves_nothing


def test_a_step_that_fails_after_a_push_leaves_nothing_behind(cluster: Cluster) -> None:
    x = tf.placeholder(tf.float32, [None])
    with tf.device("/job:ps"):
        y = x + 1.0
        bad = tf.reshape(y, [2, 2])
    with tf.device("/job:worker/task:1"):
        z = y * 2.0
        end = z + tf.reduce_sum(bad)
    with tf.Session(cluster.target("worker"), config=over_wire()) as session:
        for _ in range(3):
            with pytest.raises(tf.errors.InvalidArgumentError, match="requested shape has 4"):
                session.run(end, {x: [1.0, 2.0, 3.0]})
            wait_until(lambda: rendezvous_sizes(cluster) == [0, 0, 0])
        assert session.run(end, {x: [0.0, 0.0, 0.0, 0.0]}).tolist() == [6.0] * 4


def test_a_broken_connection_fails_the_step_and_is_made_again(cluster: Cluster) -> None:
    with tf.device("/job:ps"):
        v = tf.get_variable("v", initializer=np.ones(3, np.float32))
    with tf.device("/job:worker/task:1"):
        doubled = v * 2.0
    with tf.Session(cluster.target("worker"), config=over_wire()) as session:
        session.run(v.initializer)
        assert session.run(doubled).tolist() == [2.0] * 3
        break_connection(cluster)
        with suppress(tf.errors.UnavailableError):  # unless it is seen before
            session.run(doubled)
        assert session.run(doubled).tolist() == [2.0] * 3


def test_who_waits_for_a_task_is_told_that_its_connection_has_ended(cluster: Cluster) -> None:
    with tf.device("/job:ps"):
        v = tf.get_variable("v", initializer=1.0)
        queue = tf.FIFOQueue(1, tf.float32, shapes=[[]], shared_name="queue")
        late = queue.dequeue() + 1.0
    with tf.device("/job:worker/task:1"):
        early, both = v * 2.0, late * v
    with tf.Session(cluster.target("worker"), config=over_wire()) as session:
        session.run(v.initializer)
        assert session.run(early) == 2.0
        waiting = run_in_thread(lambda: session.run(both))
        rendezvous = cluster.server("worker", 1)._task._worker_service._worker.rendezvous
        wait_until(
            lambda: any(
                key.startswith(f"{PS}/device:")
                for step in rendezvous._steps.copy().values()
                for key in step._state.receivers.copy()
            )
        )
        break_connection(cluster)
        error = waiting()
        assert isinstance(error, tf.errors.UnavailableError)
        assert f"The connection from task {PS} has ended" in error.message
        assert session.run(early) == 2.0
