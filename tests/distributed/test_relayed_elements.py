"""Elements of a queue on another task than the master: they come back where nobody got them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.distributed.limits import ServerLimits
from tensormill.distributed.server import Server
from tests.clusters import free_addresses, over_wire
from tests.distributed.victim import Victim
from tests.gates import wait_until


@pytest.fixture(params=["connected", "in one process"])
def servers(request: Any, monkeypatch: Any) -> Iterator[dict[str, Any]]:
    """A task with queues and one that is a master for others, which gives clients no time."""
    monkeypatch.setenv("TENSORMILL_LANE", "direct" if request.param == "connected" else "")
    ps, worker = free_addresses(2)
    cluster = {"ps": [ps], "worker": [worker]}
    limits = ServerLimits(client_grace_s=0.0)
    with (
        Server(cluster, "ps", 0, limits=limits) as one,
        Server(cluster, "worker", 0, limits=limits) as other,
    ):
        yield {"ps": one, "worker": other}


@pytest.fixture
def queue(servers: Any) -> Any:
    with tf.device("/job:ps/task:0"):
        return tf.FIFOQueue(9, [tf.int64], [[]], shared_name="q")


@pytest.fixture
def session(servers: Any, queue: Any) -> Iterator[Any]:
    """A session on the task of the queue, which holds 0 to 4."""
    with tf.Session(servers["ps"].target) as session:
        session.run(queue.enqueue_many([np.arange(5)]))
        yield session


@pytest.mark.parametrize("count", [1, 3])
def test_what_a_dead_client_took_comes_out_for_another_one(
    servers: Any, queue: Any, session: Any, count: int
) -> None:
    some = queue.dequeue() if count == 1 else queue.dequeue_many(count)
    size, everything = queue.size(), queue.dequeue_many(5)
    victim = Victim(servers["worker"])
    victim.take([some])
    assert session.run(size) == 5 - count
    victim.die()
    wait_until(lambda: session.run(size) == 5)
    assert session.run(everything).tolist() == [0, 1, 2, 3, 4]


def test_what_the_program_got_does_not_come_back(servers: Any, queue: Any, session: Any) -> None:
    one, size = queue.dequeue(), queue.size()
    victim = Victim(servers["worker"])
    assert [victim.run(one) for _ in range(3)] == [0, 1, 2]
    victim.take([one])
    victim.die()
    wait_until(lambda: session.run(size) == 2)
    assert [session.run(one) for _ in range(2)] == [3, 4]


def test_what_a_step_did_more_with_does_not_come_back(
    servers: Any, queue: Any, session: Any
) -> None:
    with tf.device("/job:ps/task:0"):
        total = tf.Variable(tf.zeros([], tf.int64))
        adding = total.assign_add(queue.dequeue())
    size = queue.size()
    victim = Victim(servers["worker"])
    victim.run(total.initializer)
    victim.take([adding])
    victim.die()
    assert session.run(size) == 4


def test_what_a_waiting_client_had_gathered_comes_back_when_it_dies(
    servers: Any, queue: Any, session: Any
) -> None:
    size, one, seven = queue.size(), queue.dequeue(), queue.dequeue_many(7)
    victim = Victim(servers["worker"])
    victim.begin([seven])
    wait_until(lambda: session.run(size) == 0)
    victim.die()
    wait_until(lambda: session.run(size) == 5)
    assert [session.run(one) for _ in range(2)] == [0, 1]


def test_what_a_step_had_gathered_comes_back_where_its_session_is_deleted(
    servers: Any, queue: Any, session: Any
) -> None:
    size, one, seven = queue.size(), queue.dequeue(), queue.dequeue_many(7)
    victim = Victim(servers["worker"])
    victim.begin([seven])
    wait_until(lambda: session.run(size) == 0)
    handle = victim._session._master_session._open.handle
    # As when the end of a session is read before the end of its steps.
    servers["ps"]._task.own_link.delete_session(handle, lambda gone, error: None)
    wait_until(lambda: session.run(size) == 5)
    assert [session.run(one) for _ in range(2)] == [0, 1]
    victim.die()


def test_nothing_comes_twice_where_the_master_ends(servers: Any, queue: Any, session: Any) -> None:
    one, size = queue.dequeue(), queue.size()
    with tf.Session(servers["worker"].target, config=over_wire()) as client:
        assert [client.run(one) for _ in range(3)] == [0, 1, 2]
        servers["worker"].stop()
    assert session.run(size) == 2
    assert [session.run(one) for _ in range(2)] == [3, 4]
