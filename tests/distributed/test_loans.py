"""Results that are made where the other side of a connection reads them, without a copy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

import tensormill as tf
from tensormill.distributed import loans
from tensormill.distributed.direct_frames import FrameKind, FrameSocket
from tensormill.runtime.outgoing_memory import OutgoingMemory
from tensormill.runtime.plan import outgoing
from tensormill.runtime.shared_segment import HAS_SHARED_MEMORY
from tests.clusters import running_cluster

pytestmark = pytest.mark.skipif(not HAS_SHARED_MEMORY, reason="this system has no such memory")

COUNT = 1 << 19


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[OutgoingMemory]:
    memory = OutgoingMemory(20 << 20)
    for module in (loans, outgoing):
        monkeypatch.setattr(module, "OUTGOING", memory)
    yield memory
    memory.clear()


@pytest.fixture(params=["", "direct", "grpc"])
def lane(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORMILL_LANE", request.param)


def made(memory: OutgoingMemory, value: float) -> torch.Tensor:
    part = memory.take(4 * COUNT)
    assert part is not None
    return torch.from_numpy(part).view(torch.float32).fill_(value)


def send(end: FrameSocket, tensor: torch.Tensor) -> None:
    end.send(FrameKind.REPLY, 0, 0, 1, [b"abc", tensor.numpy().view(np.uint8).data, b"behind"])


def receive(end: FrameSocket) -> tuple[bytes, np.ndarray, bytes]:
    body = end.receive(20.0).body
    array = np.frombuffer(body[3:-6], np.float32)
    return bytes(body[:3]), array, bytes(body[-6:])


def hear_releases(end: FrameSocket) -> None:
    with pytest.raises(TimeoutError):
        end.receive(0.0)


def test_a_result_is_read_where_it_was_made(memory, ends) -> None:
    one, other = ends
    tensor = made(memory, 2.0)
    send(one, tensor)
    before, array, behind = receive(other)
    assert (before, behind) == (b"abc", b"behind")
    assert (array == 2.0).all()
    tensor.fill_(3.0)
    assert (array == 3.0).all()


def test_a_block_is_used_again_when_both_sides_have_let_go_of_it(memory, ends) -> None:
    one, other = ends
    addresses = set()
    for value in range(5):
        tensor = made(memory, value)
        addresses.add(tensor.data_ptr())
        send(one, tensor)
        del tensor
        _, array, _ = receive(other)
        assert (array == value).all()
        del array
        other.release_segments()
        hear_releases(one)
    assert len(addresses) == 1


def test_what_the_other_side_still_reads_is_not_written_over(memory, ends) -> None:
    one, other = ends
    kept = []
    for value in range(4):
        send(one, made(memory, value))
        kept.append(receive(other)[1])
    for value, array in enumerate(kept):
        assert (array == value).all()


def test_what_is_lent_already_is_copied(memory, ends) -> None:
    one, other = ends
    tensor = made(memory, 1.0)
    send(one, tensor)
    send(one, tensor)
    first, second = receive(other)[1], receive(other)[1]
    first[:] = 5.0
    assert (second == 1.0).all()


def test_a_block_that_is_read_when_the_connection_ends_is_left_to_its_reader(memory, ends) -> None:
    one, other = ends
    send(one, made(memory, 1.0))
    array = receive(other)[1]
    one.close()
    assert (made(memory, 2.0) == 2.0).all()
    assert (array == 1.0).all()


def test_there_is_no_memory_beyond_the_bound(memory) -> None:
    kept = [memory.take(4 << 20) for _ in range(6)]
    assert [part is None for part in kept] == [False] * 4 + [True] * 2
    kept.clear()
    assert memory.take(16 << 20) is not None  # others make room


def test_the_other_side_forgets_blocks_that_are_gone(memory, ends) -> None:
    one, other = ends
    for size_bytes in (4 << 20, 8 << 20, 16 << 20):
        part = memory.take(size_bytes)
        assert part is not None
        send(one, torch.from_numpy(part).view(torch.float32))
        del part
        receive(other)
        other.release_segments()
        hear_releases(one)
    assert len(other._segments) == 1


def test_results_of_steps_are_made_in_outgoing_memory(memory, lane) -> None:
    with running_cluster(ps=1, worker=1) as cluster:
        with tf.device("/job:worker/task:0"):
            value = tf.placeholder_with_default(1.0, [])
            filled = tf.fill([COUNT], value)
            rows = tf.matmul(tf.fill([1024, 2], value), tf.ones([2, 512]) * value)
            both = filled * 2.0 - filled
        with tf.device("/job:ps/task:0"):
            total = tf.Variable(tf.zeros([COUNT]))
            table = tf.Variable(tf.zeros([1024, 512]))
        adds = tf.group(tf.assign_add(total, both), tf.assign_add(table, rows))
        with tf.Session(cluster.target("worker", 0)) as session:
            session.run(tf.global_variables_initializer())
            for step in range(1, 6):
                session.run(adds, {value: 3.0} if step == 5 else {})
                wanted = 7.0 if step == 5 else step
                assert session.run(total[-1]) == wanted
                assert (session.run(table)[::100] == 2 * (13.0 if step == 5 else step)).all()
    assert memory._blocks


def test_what_is_read_here_as_well_is_not_lent(memory, lane) -> None:
    with running_cluster(ps=1, worker=1) as cluster:
        with tf.device("/job:worker/task:0"):
            filled = tf.fill([COUNT], tf.placeholder_with_default(1.0, []))
            kept = tf.Variable(tf.zeros([COUNT]))
            keep = tf.assign(kept, filled)
        with tf.device("/job:ps/task:0"):
            total = tf.Variable(tf.zeros([COUNT]))
            add = tf.assign_add(total, filled)
        with tf.Session(cluster.target("worker", 0)) as session:
            session.run(tf.global_variables_initializer())
            session.run([keep.op, add.op])
            assert (session.run(kept) == 1.0).all()
            assert (session.run(total) == 1.0).all()
    assert not memory._blocks


def test_sizes_that_are_fed_are_made_as_they_are_fed(memory, lane) -> None:
    with running_cluster(ps=1, worker=1) as cluster:
        with tf.device("/job:worker/task:0"):
            sizes = tf.constant([COUNT])
            filled = tf.fill(sizes, tf.placeholder_with_default(1.0, []))
        with tf.device("/job:ps/task:0"):
            doubled = tf.reduce_sum(filled * 2.0)
        with tf.Session(cluster.target("worker", 0)) as session:
            assert session.run(doubled) == 2.0 * COUNT
            assert session.run(doubled, {sizes: [10]}) == 20.0
