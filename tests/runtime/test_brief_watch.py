"""`BriefWatch`: when who waits looks out for what comes, and when it does not."""

from __future__ import annotations

import select
import socket
import threading

import pytest

from tensormill.distributed.reading_turns import reading_turns
from tensormill.runtime.brief_watch import WATCHES_S, BriefWatch


class Looks:
    """What a watch looks at: something comes at the n-th look, each of which takes some time."""

    def __init__(self, comes_at: int | None = None, look_s: float = WATCHES_S / 10) -> None:
        self.now_s = 0.0
        self.count = 0
        self._comes_at = comes_at
        self._look_s = look_s

    def clock(self) -> float:
        return self.now_s

    def look(self, wait_ms: int) -> bool:
        assert wait_ms == 0, "a look does not wait"
        self.count += 1
        self.now_s += self._look_s
        return self._comes_at is not None and self.count >= self._comes_at


def waits_until_due(watch: BriefWatch) -> int:
    """Return how many waits there are up to the next one with a watch, that one included."""
    return next(count for count in range(1, 1000) if watch.is_due())


def test_what_comes_soon_is_seen() -> None:
    looks = Looks(comes_at=3)
    watch = BriefWatch(looks.clock, core_count=2)
    assert watch.is_due()
    assert watch.sees(looks.look)
    assert looks.count == 3


def test_a_watch_ends_after_a_while() -> None:
    looks = Looks()
    watch = BriefWatch(looks.clock, core_count=2)
    assert not watch.sees(looks.look)
    assert WATCHES_S < looks.now_s <= 2 * WATCHES_S


def test_watches_in_vain_become_rare_and_others_bring_them_back() -> None:
    vain, lucky = Looks(), Looks(comes_at=1)
    watch = BriefWatch(vain.clock, core_count=2)
    pauses = []
    for _ in range(8):
        watch.sees(vain.look)
        pauses.append(waits_until_due(watch))
    assert pauses == [2, 4, 8, 16, 32, 64, 64, 64]
    for _ in range(8):
        assert watch.sees(lucky.look)
        pauses.append(waits_until_due(watch))
    assert pauses[8:] == [32, 16, 8, 4, 2, 1, 1, 1]


def test_what_is_seen_late_counts_as_in_vain() -> None:
    late = Looks(comes_at=1, look_s=2 * WATCHES_S)
    watch = BriefWatch(late.clock, core_count=2)
    assert watch.sees(late.look)
    assert waits_until_due(watch) == 2


def test_nobody_watches_on_one_core() -> None:
    assert not BriefWatch(core_count=1).is_due()


def test_one_thread_of_a_process_watches_at_a_time() -> None:
    inner = BriefWatch(core_count=2)
    seen = []

    def look(wait_ms: int) -> bool:
        seen.append(inner.sees(lambda wait_ms: True))
        return True

    assert BriefWatch(core_count=2).sees(look)
    assert seen == [False]
    assert inner.sees(lambda wait_ms: True)


@pytest.mark.skipif(not hasattr(select, "epoll"), reason="turns of the system")
def test_each_message_is_one_thread_s_turn() -> None:
    """Whether a thread watches or is woken: every byte is read once, and the end ends all."""
    mine, other = socket.socketpair()
    turns = reading_turns(other, watches=True)
    read: list[bytes] = []
    has_read = threading.Semaphore(0)

    def serve() -> None:
        while True:
            turns.take(lambda: None)
            got = other.recv(1)
            turns.pass_on()
            if not got:
                return
            read.append(got)
            has_read.release()

    threads = [threading.Thread(target=serve) for _ in range(4)]
    for thread in threads:
        thread.start()
    with mine:
        for number in range(300):
            mine.sendall(bytes([number % 256]))
            assert has_read.acquire(timeout=60)
        mine.sendall(bytes(range(50)))  # at once
        for _ in range(50):
            assert has_read.acquire(timeout=60)
    for thread in threads:
        thread.join()
    turns.close()
    other.close()
    assert read[:300] == [bytes([number % 256]) for number in range(300)]
    assert sorted(read[300:]) == [bytes([number]) for number in range(50)]
