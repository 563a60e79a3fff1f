"""Answers that are confirmed: what a step took out of queues comes back where nobody got it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.distributed.deliveries import NO_RECEIPT, SENT_RECEIPT, Deliveries
from tensormill.distributed.limits import ServerLimits
from tensormill.distributed.server import Server
from tests.clusters import direct_connection, over_wire
from tests.distributed.victim import RUN_STEP, Victim
from tests.gates import wait_until

pytestmark = pytest.mark.usefixtures("direct_lane")


@pytest.fixture
def places() -> memoryview:
    return memoryview(bytearray(16)).cast("Q")


class Noting:
    """Notes what becomes of an answer."""

    def __init__(self, call: int, lost: list[int], kept: list[int]) -> None:
        self._call, self._lost, self._kept = call, lost, kept

    def confirm(self) -> None:
        self._kept.append(self._call)

    def refuse(self) -> None:
        self._lost.append(self._call)

    def forsake(self) -> None:
        self._lost.append(self._call)


def added(
    deliveries: Deliveries,
    call: int,
    lost: list[int],
    size_bytes: int = 10,
    kept: list[int] | None = None,
) -> int:
    return deliveries.add(call, size_bytes, Noting(call, lost, [] if kept is None else kept))


def test_what_was_confirmed_in_the_page_stays_delivered(places: memoryview) -> None:
    deliveries, lost, kept = Deliveries(), list[int](), list[int]()
    deliveries.begin(places)
    for call in (1, 2):
        places[added(deliveries, call, lost, kept=kept) - 1] = call
    added(deliveries, 3, lost)
    deliveries.end()
    assert lost == [3]
    assert kept == [1, 2]


def test_a_place_serves_again_and_answers_beyond_the_places_are_confirmed_by_frames(
    places: memoryview,
) -> None:
    deliveries, lost = Deliveries(), list[int]()
    deliveries.begin(places)
    codes = [added(deliveries, call, lost) for call in (1, 2, 3)]
    assert sorted(codes) == [1, 2, SENT_RECEIPT]
    places[codes[0] - 1] = 1
    deliveries.confirm(3)
    deliveries.refuse(2)
    assert lost == [2]
    assert added(deliveries, 4, lost) == codes[1]
    deliveries.end()
    assert lost == [2, 4]


def test_places_of_confirmed_answers_are_found_again() -> None:
    places = memoryview(bytearray(8 * 100)).cast("Q")
    deliveries, lost = Deliveries(), list[int]()
    deliveries.begin(places)
    for call in range(1, 10_001):
        code = added(deliveries, call, lost)
        assert code != SENT_RECEIPT
        places[code - 1] = call
    deliveries.end()
    assert lost == []


def test_very_large_answers_are_confirmed_by_frames(places: memoryview) -> None:
    deliveries = Deliveries()
    deliveries.begin(places)
    assert added(deliveries, 1, [], size_bytes=3 << 19) == SENT_RECEIPT
    assert added(deliveries, 2, [], size_bytes=3 << 18) != SENT_RECEIPT
    assert added(deliveries, 3, [], size_bytes=3 << 18) == SENT_RECEIPT


def test_large_answers_that_were_confirmed_are_let_go_when_somebody_looks(
    places: memoryview,
) -> None:
    deliveries, lost, kept = Deliveries(), list[int](), list[int]()
    deliveries.begin(places)
    code = added(deliveries, 1, lost, size_bytes=3 << 18, kept=kept)
    deliveries.look()
    assert kept == []
    places[code - 1] = 1
    deliveries.look()
    assert kept == [1]
    assert added(deliveries, 2, lost, size_bytes=3 << 18) != SENT_RECEIPT
    deliveries.refuse(2)
    assert lost == [2]
    assert added(deliveries, 3, lost, size_bytes=3 << 18) != SENT_RECEIPT


def test_a_client_that_confirms_nothing_is_asked_for_nothing() -> None:
    deliveries, lost = Deliveries(), list[int]()
    assert added(deliveries, 1, lost) == NO_RECEIPT
    deliveries.end()
    assert lost == []


@pytest.fixture(params=["one host", "two hosts"])
def server(request: Any, monkeypatch: Any) -> Iterator[Any]:
    """A server that gives clients no time to come back; they share memory with it, or do not."""
    if request.param == "two hosts":
        monkeypatch.setattr("tensormill.distributed.channels.host_id", lambda: "")
    with Server({"a": ["127.0.0.1:0"]}, limits=ServerLimits(client_grace_s=0.0)) as server:
        yield server


@pytest.fixture
def session(server: Any) -> Iterator[Any]:
    with tf.Session(server.target, config=over_wire()) as session:
        yield session


def fill(session: Any, queue: Any, rows: list[Any]) -> None:
    for row in rows:
        session.run(queue.enqueue(row))


MAKERS: dict[str, Callable[[], Any]] = {
    "FIFO": lambda: tf.FIFOQueue(9, [tf.int64], [[]], shared_name="q"),
    "shuffle": lambda: tf.RandomShuffleQueue(9, 0, [tf.int64], [[]], shared_name="q"),
    "padding": lambda: tf.PaddingFIFOQueue(9, [tf.int64], [[]], shared_name="q"),
    "priority": lambda: tf.PriorityQueue(9, [tf.int64], [[]], shared_name="q"),
}


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("count", [1, 3])
def test_what_a_dead_client_took_comes_out_for_another_one(
    server: Any, session: Any, kind: str, count: int
) -> None:
    queue = MAKERS[kind]()
    rows = [(np.int64(i), np.int64(i)) if kind == "priority" else np.int64(i) for i in range(5)]
    fill(session, queue, rows)
    one, all_rows = queue.dequeue(), queue.dequeue_many(5)
    some = one if count == 1 else queue.dequeue_many(count)
    victim = Victim(server)
    victim.take(some if isinstance(some, list) else [some])
    assert session.run(queue.size()) == 5 - count
    victim.die()
    got = session.run(all_rows)
    numbers = (got[1] if kind == "priority" else got).tolist()
    assert sorted(numbers) == [0, 1, 2, 3, 4]
    if kind != "shuffle":
        assert numbers == [0, 1, 2, 3, 4]


def test_padded_elements_come_back_as_they_were(server: Any, session: Any) -> None:
    queue = tf.PaddingFIFOQueue(9, [tf.int64], [[None]], shared_name="q")
    fill(session, queue, [np.arange(1, 2), np.arange(3)])
    one, both = queue.dequeue(), queue.dequeue_many(2)
    victim = Victim(server)
    victim.take([both])
    victim.die()
    assert [session.run(one).tolist() for _ in range(2)] == [[1], [0, 1, 2]]


def test_what_the_program_got_does_not_come_back(server: Any, session: Any) -> None:
    queue = MAKERS["FIFO"]()
    size, one, large = queue.size(), queue.dequeue(), tf.FIFOQueue(9, [tf.float32], [[50_000]])
    fill(session, queue, [np.int64(7)])
    victim = Victim(server)
    victim.run(large.enqueue(tf.zeros([50_000])))
    assert victim.run(one) == 7
    assert len(victim.run(large.dequeue())) == 50_000
    victim.die()
    assert session.run(size) == 0


def test_what_a_step_did_more_with_does_not_come_back(server: Any, session: Any) -> None:
    queue = MAKERS["FIFO"]()
    total = tf.Variable(tf.zeros([], tf.int64))
    fill(session, queue, [np.int64(7)])
    adding, size = total.assign_add(queue.dequeue()), queue.size()
    victim = Victim(server)
    victim.run(total.initializer)
    victim.take([adding])
    victim.die()
    assert session.run(size) == 0


def test_what_a_waiting_client_had_gathered_comes_back_when_it_dies(
    server: Any, session: Any
) -> None:
    queue = MAKERS["FIFO"]()
    fill(session, queue, [np.int64(i) for i in range(2)])
    size, one, three = queue.size(), queue.dequeue(), queue.dequeue_many(3)
    victim = Victim(server)
    victim.begin([three])
    wait_until(lambda: session.run(size) == 0)
    victim.die()
    assert session.run(size) == 2
    assert [session.run(one) for _ in range(2)] == [0, 1]


def test_an_answer_that_comes_too_late_for_its_caller_goes_back(server: Any, session: Any) -> None:
    queue = MAKERS["FIFO"]()
    one, size = queue.dequeue(), queue.size()
    enqueue = queue.enqueue(np.int64(5))
    with tf.Session(server.target, config=over_wire()) as other:
        other.run(size)
        direct = direct_connection(other)
        step = other._master_session.prepare([], [one], [])
        arrived = threading.Event()
        direct.start(RUN_STEP, step._writer.write([]), lambda outcome: arrived.set())
        (call,) = direct._waiting
        direct._waiting.pop(call)  # as a caller does who was interrupted
        session.run(enqueue)
        assert session.run(one) == 5
        assert not arrived.is_set()
