"""Segments: shared memory that one end of a connection writes again when the other is done."""

from __future__ import annotations

import numpy as np
import pytest

from tensormill.distributed.direct_frames import ConnectionBroken, Frame, FrameKind, FrameSocket
from tensormill.distributed.shared_memory import MAX_SEGMENTS, SegmentPool
from tensormill.runtime.shared_segment import HAS_SHARED_MEMORY

pytestmark = pytest.mark.skipif(not HAS_SHARED_MEMORY, reason="this system has no such memory")

LARGE = 3 << 20


def send(end: FrameSocket, number: int, size: int = LARGE) -> None:
    end.send(FrameKind.REPLY, 0, 0, number, [b"ab", np.full(size, number, np.uint8).data])


def receive(end: FrameSocket) -> Frame:
    return end.receive(20.0)


def content(end: FrameSocket) -> list[object]:
    """Return what the next frame holds, and let go of it."""
    body = receive(end).body
    array = np.frombuffer(body[2:], np.uint8)
    return [bytes(body[:2]), array.size, int(array.min()), int(array.max())]


def last_byte(end: FrameSocket) -> int:
    """Return the last byte of the next frame, and let go of it."""
    return receive(end).body[-1]


def hear_releases(end: FrameSocket) -> None:
    """Take the notes of the other end, which come before any frame."""
    with pytest.raises(TimeoutError):
        end.receive(0.0)


def test_a_segment_is_written_again_when_nobody_reads_it(ends) -> None:
    one, other = ends
    for number in range(1, 6):
        send(one, number)
        assert content(other) == [b"ab", LARGE, number, number]
        other.release_segments()
        hear_releases(one)
    assert list(one._pool._all) == [1]


def test_every_frame_tells_what_is_not_read_any_more(ends) -> None:
    one, other = ends
    for number in range(1, 6):
        send(one, number, 300_000)
        assert content(other)[2:] == [number, number]
        other.release_segments(only_large=True)  # small ones wait for the next frame
        hear_releases(one)
        assert not one._pool._free
        other.send(FrameKind.REPLY, 0, 0, number, [b"some"] if number % 2 else [bytes(1 << 18)])
        assert receive(one).call == number
        assert list(one._pool._free) == [1]


def test_large_segments_are_released_at_once(ends) -> None:
    one, other = ends
    send(one, 1, 5 << 20)
    assert content(other)[2:] == [1, 1]
    other.release_segments(only_large=True)
    hear_releases(one)
    assert list(one._pool._free) == [1]


def test_what_is_still_read_is_not_written_over(ends) -> None:
    one, other = ends
    kept = []
    for number in range(1, 5):
        send(one, number)
        kept.append(np.frombuffer(receive(other).body, np.uint8)[5:])
        other.release_segments()
    assert len(one._pool._all) == 4
    for number, array in enumerate(kept, 1):
        assert (array == number).all()
        array[:] = 0  # it is the receiver's own


def test_memory_that_is_too_much_for_segments_goes_the_other_way(ends) -> None:
    one, other = ends
    kept = []
    for number in range(1, 4):
        send(one, number, 80 << 20)
        kept.append(receive(other).body)
    assert len(one._pool._all) == 1
    assert [body[-1] for body in kept] == [1, 2, 3]


def test_segments_that_are_too_small_make_room(ends) -> None:
    one, other = ends
    for number, size in enumerate([40 << 20, 60 << 20, 130 << 20], 1):
        send(one, number, size)
        assert last_byte(other) == number
        other.release_segments()
        hear_releases(one)
    assert list(one._pool._all) == [3]
    assert list(other._segments) == [3]


@pytest.mark.parametrize("size", [1 << 17, (1 << 17) + 1, 3 << 18])
def test_memory_of_every_size_is_written_again(ends, size) -> None:
    one, other = ends
    for number in range(1, 6):
        send(one, number, size)
        assert last_byte(other) == number
        other.release_segments()
        hear_releases(one)
    assert list(one._pool._all) == [1]


def test_a_connection_keeps_no_more_segments_than_the_other_side_takes(ends) -> None:
    one, other = ends
    kept = []
    for _ in range(MAX_SEGMENTS + 3):
        send(one, 1, 1 << 17)
        kept.append(receive(other).body)
    assert len(one._pool._all) == len(other._segments) == MAX_SEGMENTS
    kept.clear()
    other.release_segments()
    hear_releases(one)
    send(one, 2, 1 << 20)  # too large for any of them
    assert last_byte(other) == 2
    assert len(one._pool._all) == len(other._segments) == MAX_SEGMENTS


def test_a_segment_that_nobody_sent_breaks_the_connection(ends) -> None:
    one, other = ends
    one.send(FrameKind.SEGMENT, 0, 0, 9, ())
    one.send(FrameKind.SEGMENT, 1, 0, 9, ())
    with pytest.raises(ConnectionBroken):
        receive(other)


def test_a_pool_that_is_closed_gives_nothing() -> None:
    pool = SegmentPool()
    pool.close()
    assert pool.take(1 << 20) is None


def test_an_end_that_is_closed_holds_no_page_of_receipts(ends) -> None:
    one, other = ends
    one.begin_receipts()
    send(one, 1)
    assert content(other) == [b"ab", LARGE, 1, 1]
    page, mapped = one._own_receipts, other.deliveries._places
    assert page is not None
    assert mapped is not None
    del page, mapped
    other.deliveries.end()
    for end in ends:
        end.close()
    assert one._own_receipts is None
    assert other.deliveries._places is None
