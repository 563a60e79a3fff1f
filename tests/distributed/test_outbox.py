"""`Outbox`: messages go out in order, and nobody is held up where the other side does not read."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from tensormill.distributed.outbox import Outbox
from tests.gates import run_in_thread, wait_until

ENOUGH = 40
"""Messages of 64 KiB: more than the system takes for a socket that nobody reads."""


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    mine, other = socket.socketpair()
    for end, option in ((mine, socket.SO_SNDBUF), (other, socket.SO_RCVBUF)):
        end.setsockopt(socket.SOL_SOCKET, option, 1 << 18)
    yield mine, other
    mine.close()
    other.close()


def message(number: int) -> bytes:
    return bytes([number]) * (1 << 16)


def receive(end: socket.socket, size: int) -> bytes:
    parts = []
    while size:
        parts.append(end.recv(min(size, 1 << 16)))
        assert parts[-1], "the end came early"
        size -= len(parts[-1])
    return b"".join(parts)


def test_what_nobody_reads_yet_is_kept_and_goes_later(ends) -> None:
    outbox = Outbox(ends[0])
    for number in range(ENOUGH):
        outbox.send(message(number))
    assert outbox._thread is not None, "the system took all of it"
    for number in range(ENOUGH):
        assert receive(ends[1], 1 << 16) == message(number)
    wait_until(lambda: outbox._thread is None)
    assert not outbox._kept_bytes
    outbox.send(b"at once")
    assert receive(ends[1], 7) == b"at once"


def test_what_is_large_goes_behind_what_is_kept_and_holds_up_nobody_else(ends) -> None:
    outbox = Outbox(ends[0])
    for number in range(ENOUGH):
        outbox.send(message(number))
    large = run_in_thread(lambda: outbox.send_pieces([b"l" * 100, b"", b"m" * (1 << 22)]))
    outbox.send(message(ENOUGH))
    got = receive(ends[1], (ENOUGH + 1 << 16) + 100 + (1 << 22))
    assert large() is None
    small = got.replace(b"l" * 100 + b"m" * (1 << 22), b"")
    assert small == b"".join(map(message, range(ENOUGH + 1)))


def test_files_go_along_with_what_is_kept(ends) -> None:
    outbox = Outbox(ends[0])
    for number in range(ENOUGH):
        outbox.send(message(number))
    reading, writing = os.pipe()
    outbox.send(b"file", [writing])
    os.close(writing)
    receive(ends[1], ENOUGH << 16)
    data, files, _, _ = socket.recv_fds(ends[1], 100, 1)
    assert data == b"file"
    os.write(files[0], b"through")
    os.close(files[0])
    assert os.read(reading, 100) == b"through"
    assert os.read(reading, 100) == b"", "somebody still holds the file"
    os.close(reading)


def test_who_reads_nothing_for_long_counts_as_gone(ends) -> None:
    outbox = Outbox(ends[0], max_kept_bytes=1 << 20)
    for number in range(12):
        outbox.send(message(number))
    with pytest.raises(ConnectionError, match="has not read"):
        outbox.send(b"x" * (1 << 20))
    ends[0].shutdown(socket.SHUT_RDWR)
    outbox.close()


def test_the_end_lets_everybody_go(ends) -> None:
    outbox = Outbox(ends[0])
    for number in range(ENOUGH):
        outbox.send(message(number))
    reading, writing = os.pipe()
    outbox.send(b"file", [writing])
    os.close(writing)

    def send_large() -> str:
        try:
            outbox.send_pieces([b"m" * (1 << 22)])
        except OSError as error:
            return type(error).__name__
        return "sent"

    large = run_in_thread(send_large)
    ends[0].shutdown(socket.SHUT_RDWR)
    outbox.close()
    assert large() == "BrokenPipeError"
    assert os.read(reading, 1) == b"", "somebody still holds the file"
    os.close(reading)
    with pytest.raises(BrokenPipeError):
        outbox.send(b"more")
