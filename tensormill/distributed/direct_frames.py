"""Frames: how the messages of a direct connection stand on a socket.

A frame is a head of fixed size and a body. The body is sent from the pieces that it consists of,
and received into memory of its own, so that large tensors are not copied on the way.
"""

from __future__ import annotations

import array
import contextlib
import os
import select
import socket
import struct
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeVar

import numpy as np

from tensormill.distributed.deliveries import Deliveries
from tensormill.distributed.loans import Loans
from tensormill.distributed.outbox import Outbox
from tensormill.distributed.reading_turns import ReadingTurns, reading_turns
from tensormill.distributed.shared_memory import (
    MAX_SEGMENTS,
    Releases,
    SegmentPool,
    make_numbers,
    map_numbers,
    map_segment,
    map_shared,
    shared_file,
)
from tensormill.graph.tensor_wire_codec import Piece
from tensormill.runtime.outgoing_memory import MAX_BLOCKS, WORTH_BYTES
from tensormill.runtime.shared_segment import HAS_SHARED_MEMORY, Segment

__all__ = [
    "LIVING_ON",
    "NO_ANSWER",
    "ConnectionBroken",
    "Frame",
    "FrameKind",
    "FrameSocket",
    "Piece",
]

NO_ANSWER = 0
"""The number of the calls to which nobody wants an answer."""
_HEAD = struct.Struct("<BBHIQQ")
_HEAD_BYTES = _HEAD.size
_SMALL_BYTES = 1 << 16
_TINY_BYTES = 1 << 12  # up to this size, it costs less to copy a value than to align it
_COPIED_BYTES = 1 << 18  # up to this size, it costs little to copy what is sent
_SHARED_BYTES = 1 << 17
"""From this size on, a body goes through shared memory between processes of one host."""
_IS_SHARED = 0x80  # beside the kind of a frame whose body is in the file that comes along
_FILES_ROOM = socket.CMSG_SPACE(4 * 16)
_ALIGNMENT_BYTES = 64
LIVING_ON = 0
"""The call that a client cancels, which is none, to say that it lives on without the connection."""
_KEEP_ALIVE_S = (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))
"""A machine that is gone without a word is found out after 25 s; one that is busy answers."""
_NOTHING = memoryview(b"")
_SOCKET_BUFFER_BYTES = 4 << 20
_RECEIPT_PLACES = 512  # of numbers: a page of memory

_Mapped = TypeVar("_Mapped")


class ConnectionBroken(ConnectionError):
    """The other side is gone, or sent what is no frame."""


class FrameKind(IntEnum):
    """What a frame is.

    The head also says how far behind an aligned address the body has to begin, so that its largest
    piece is aligned: what is received can then be used as a tensor where it is. Small bodies need
    no alignment.

    `code` is the number of the method in a request and the status in a failure; `aux` is the
    timeout of a request in ms, 0 for none, and in a reply how many bytes at the end of the body
    are its trailer. The `code` of a reply says how it is to be confirmed (see `deliveries`), that
    of a receipt whether the reply has come to who asked.
    """

    REQUEST = 1
    REPLY = 2
    FAILURE = 3
    CANCEL = 4
    # Between the sockets; `call` is the number of a segment of shared memory.
    # The body of the next frame is in it from `aux` on; with `code` 1 its file comes along.
    SEGMENT = 5
    RELEASE = 6  # the other side may write it again
    FORGET = 7  # it is not used any more
    RECEIPTS = 8  # replies are confirmed; with `code` 1 the page for that comes along
    RECEIPT = 9
    NOTICE = 10  # what who waits for the reply should know meanwhile


@dataclass(slots=True)
class Frame:
    """One frame, as it was received.

    Attributes:
      kind: what it is.
      code: see `FrameKind`.
      aux: see `FrameKind`.
      call: the number of the call that it belongs to.
      body: its body.
    """

    kind: int
    code: int
    aux: int
    call: int
    body: memoryview


class FrameSocket:
    """A connected socket that sends and receives frames.

    Any thread may send. One thread at a time may receive; where a receive ends with TimeoutError,
    the next one goes on in the middle of the frame.

    Attributes:
      deliveries: the replies that the other side is to confirm.
      has_arrivals: waits so many milliseconds for bytes; false where none have come.
    """

    def __init__(self, connected: socket.socket, max_body_bytes: int) -> None:
        """Take over a socket.

        Args:
          connected: a stream socket.
          max_body_bytes: a longer frame breaks the connection.
        """
        self._socket = connected
        # A session that its program forgets takes the connection with it.
        self._close = weakref.finalize(self, connected.close)
        self._close.atexit = False  # a session that is closed at exit still needs it
        self._max_body_bytes = max_body_bytes
        self._outbox = Outbox(connected)
        self._arrivals = select.poll()
        self._arrivals.register(connected, select.POLLIN)
        self.has_arrivals = self._arrivals.poll
        self._buffer = memoryview(bytearray(_SMALL_BYTES))
        self._start = 0
        self._end = 0
        self._head: tuple[int, ...] | None = None
        self._body = _NOTHING
        self._filled = 0
        self._is_local = HAS_SHARED_MEMORY and connected.family == socket.AF_UNIX
        self._files: deque[int] = deque()  # of shared memory, received and not used yet
        self._pool = SegmentPool()
        self._segments: dict[int, np.ndarray[Any, Any]] = {}  # of the other side
        # The one with the body of the next frame, and where that begins.
        self._segment: tuple[int, int] | None = None
        self._loans = Loans()
        self._releases = Releases()
        self._own_receipts: memoryview | None = None
        self.deliveries = Deliveries()
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            connected.setsockopt(socket.SOL_SOCKET, option, _SOCKET_BUFFER_BYTES)
        if connected.family in (socket.AF_INET, socket.AF_INET6):
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, value in _KEEP_ALIVE_S:
                if hasattr(socket, name):
                    connected.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)

    def send(self, kind: FrameKind, code: int, aux: int, call: int, body: Sequence[Piece]) -> None:
        """Send a frame whole; where the other side does not read, a small one goes later.

        Raises:
          ConnectionBroken: the other side is gone.
        """
        size = sum(map(len, body))
        try:
            if size <= _SMALL_BYTES:
                head = _HEAD.pack(kind, 0, code, aux, call, size)
                if self._releases.numbers:
                    head = b"".join((*self._release_heads(), head))
                self._outbox.send(b"".join((head, *body)))
                return
            lead = _lead(body)
            head = _HEAD.pack(kind, lead, code, aux, call, size)
            if size >= _SHARED_BYTES and self._is_local:
                if size >= WORTH_BYTES and self._send_lent(kind, code, aux, call, size, body):
                    return
                shared_head = _HEAD.pack(kind | _IS_SHARED, lead, code, aux, call, size)
                if self._send_in_segment(shared_head, lead, size, body):
                    return
                if self._send_shared(shared_head, lead, body):
                    return
            pieces = [*self._release_heads(), head, *body]
            if size <= _COPIED_BYTES:
                self._outbox.send(b"".join(pieces))
            else:
                self._outbox.send_pieces(pieces)
        except OSError as error:
            raise ConnectionBroken(str(error)) from error

    def _send_lent(
        self, kind: FrameKind, code: int, aux: int, call: int, size: int, body: Sequence[Piece]
    ) -> bool:
        """Send a frame whose largest piece was made where the other side can read it, if it was."""
        loan = self._loans.lend(body)
        if loan is None:
            return False
        head = _HEAD.pack(kind | _IS_SHARED, 0, code, aux, call, size)
        self._send_segment(loan.block, loan.is_new, loan.given_up, head, loan.start)
        return True

    def _send_in_segment(self, head: bytes, lead: int, size: int, body: Sequence[Piece]) -> bool:
        """Send a frame with its body in a segment; return False where there is none for it."""
        taken = self._pool.take(lead + size)
        if taken is None:
            return False
        segment, is_new, given_up = taken
        try:
            segment.write(lead, body)
            self._send_segment(segment, is_new, given_up, head)
        finally:
            if is_new:
                segment.close_file()
        return True

    def _send_segment(
        self, segment: Segment, is_new: bool, given_up: Sequence[int], head: bytes, start: int = 0
    ) -> None:
        heads = self._release_heads()
        heads += [_control_head(FrameKind.FORGET, number) for number in given_up]
        heads += [_control_head(FrameKind.SEGMENT, segment.number, is_new, start), head]
        self._outbox.send(b"".join(heads), [segment.file] if is_new else ())

    def release_segments(self, *, only_large: bool = False) -> None:
        """Tell the other side which of its segments are not read any more.

        Every frame that is sent tells it, too.

        Args:
          only_large: not now, where it can well do without them for a while.
        """
        if not self._releases.numbers or (only_large and not self._releases.has_large):
            return
        try:
            self._outbox.send(b"".join(self._release_heads()))
        except OSError:  # who receives sees that the other side is gone
            pass

    def _release_heads(self) -> list[bytes]:
        """Return the frames that tell of segments that are not read any more."""
        if not self._releases.numbers:
            return []
        return [_control_head(FrameKind.RELEASE, number) for number in self._releases.take()]

    def _send_shared(self, head: bytes, lead: int, body: Sequence[Piece]) -> bool:
        """Send a frame with its body in shared memory; return False where there is too little."""
        try:
            file = shared_file(lead, body)
        except OSError:
            return False
        try:
            self._outbox.send(head, [file])
        finally:
            os.close(file)
        return True

    def begin_receipts(self) -> None:
        """Tell the other side that its replies will be confirmed.

        Raises:
          ConnectionBroken: the other side is gone.
        """
        file = None
        if self._is_local:
            with contextlib.suppress(OSError):
                file, self._own_receipts = make_numbers(_RECEIPT_PLACES)
        head = _control_head(FrameKind.RECEIPTS, 0, is_new=file is not None)
        try:
            self._outbox.send(head, () if file is None else (file,))
        except OSError as error:
            raise ConnectionBroken(str(error)) from error
        finally:
            if file is not None:
                os.close(file)

    def confirm(self, code: int, call: int) -> None:
        """Confirm that a reply has come to who asked, in the way that its head says."""
        places = self._own_receipts
        if places is not None and code <= len(places):
            places[code - 1] = call
        else:
            self._send_receipt(call, has_come=True)

    def refuse(self, call: int) -> None:
        """Say that nobody has got a reply."""
        self._send_receipt(call, has_come=False)

    def _send_receipt(self, call: int, has_come: bool) -> None:
        with contextlib.suppress(ConnectionBroken):  # who receives sees it
            self.send(FrameKind.RECEIPT, has_come, 0, call, ())

    def receive(self, timeout_s: float | None = None) -> Frame:
        """Return the next frame.

        Args:
          timeout_s: how long to wait for more bytes; None for as long as it takes.

        Raises:
          TimeoutError: nothing came in time.
          ConnectionBroken: the other side is gone, or sent what is no frame.
        """
        try:
            while self._head is None:
                while self._end - self._start < _HEAD_BYTES:
                    if timeout_s is not None:
                        self._await_bytes(timeout_s)
                    self._fill()
                frame = self._begin_body()
                if frame is not None:
                    return frame
            return self._receive_body(self._head, timeout_s)
        except TimeoutError:
            raise
        except OSError as error:
            if isinstance(error, ConnectionBroken):
                raise
            raise ConnectionBroken(str(error)) from error

    def _receive_body(self, head: tuple[int, ...], timeout_s: float | None) -> Frame:
        size = head[5]
        while self._filled < size:
            if timeout_s is not None:
                self._await_bytes(timeout_s)
            self._filled += self._checked(self._socket.recv_into(self._body[self._filled :]))
        self._head = None
        kind, _, code, aux, call, _ = head
        body, self._body = self._body, _NOTHING  # whose memory is not to be kept here
        return Frame(kind, code, aux, call, body)

    def _await_bytes(self, timeout_s: float) -> None:
        # Not a timeout of the socket: that would hold for sending, too.
        if not self._arrivals.poll(max(timeout_s, 0.0) * 1000):
            raise TimeoutError

    def _begin_body(self) -> Frame | None:
        """Take the head of a frame; return the frame where it is small and there as a whole."""
        head = _HEAD.unpack_from(self._buffer, self._start)
        size = head[5]
        kind = head[0] & ~_IS_SHARED
        if kind not in _KINDS or size > self._max_body_bytes:
            raise ConnectionBroken(f"a frame of kind {kind} with {size} bytes")
        self._start += _HEAD_BYTES
        if kind in _CONTROL_KINDS:
            self._control(kind, is_new=bool(head[2]), number=head[4], start=head[3])
            return None
        if head[0] & _IS_SHARED:
            place, self._segment = self._segment, None
            if place is None:
                self._body = self._map_shared(head[1], size)
            else:
                self._body = self._part_of_segment(place[0], place[1] + head[1], size)
            self._filled = size
            self._head = (kind, *head[1:])
            return None
        there = min(size, self._end - self._start)
        arrived = self._buffer[self._start : self._start + there]
        self._start += there
        if there == size <= _TINY_BYTES:
            return Frame(kind, head[2], head[3], head[4], memoryview(bytearray(arrived)))
        self._body = _memory(size, head[1])
        self._body[:there] = arrived
        self._filled = there
        self._head = head
        return None

    def _fill(self) -> None:
        """Receive more bytes behind those that are there."""
        if self._start:
            rest = self._end - self._start
            if rest:
                self._buffer[:rest] = bytes(self._buffer[self._start : self._end])
            self._start, self._end = 0, rest
        room = self._buffer[self._end :]
        if not self._is_local:
            self._end += self._checked(self._socket.recv_into(room))
            return
        count, sent_along, _, _ = self._socket.recvmsg_into([room], _FILES_ROOM)
        for level, kind, data in sent_along:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                self._files.extend(array.array("i", data[: len(data) // 4 * 4]))
        self._end += self._checked(count)

    def _control(self, kind: int, is_new: bool, number: int, start: int) -> None:
        if kind == FrameKind.RELEASE:
            if not self._loans.give_back(number):
                self._pool.give_back(number)
            return
        if kind == FrameKind.FORGET:
            self._segments.pop(number, None)
            return
        if kind == FrameKind.RECEIPTS:
            self.deliveries.begin(self._map_sent(map_numbers) if is_new else None)
            return
        if is_new:
            if len(self._segments) >= MAX_SEGMENTS + MAX_BLOCKS:
                raise ConnectionBroken("there are too many segments of shared memory")
            self._segments[number] = self._map_sent(map_segment)
        self._segment = number, start

    def _map_sent(self, map_file: Callable[[int], _Mapped]) -> _Mapped:
        """Map the file that came along with a frame."""
        if not self._files:
            raise ConnectionBroken("a segment of shared memory without its file")
        file = self._files.popleft()
        try:
            return map_file(file)
        except (OSError, ValueError) as error:
            raise ConnectionBroken(f"a segment of shared memory: {error}") from error
        finally:
            os.close(file)

    def _part_of_segment(self, number: int, start: int, size: int) -> memoryview:
        segment = self._segments.get(number)
        if segment is None or start + size > len(segment):
            raise ConnectionBroken(f"a segment of shared memory without {size} bytes")
        part = segment[start : start + size]
        # Everything that is made of the body holds on to the part.
        weakref.finalize(part, self._releases.note, number, len(segment)).atexit = False
        return part.data

    def _map_shared(self, lead: int, size: int) -> memoryview:
        if not self._files:
            raise ConnectionBroken("a frame of shared memory without its memory")
        file = self._files.popleft()
        try:
            return map_shared(file, lead, size)
        except (OSError, ValueError) as error:
            raise ConnectionBroken(f"shared memory of {size} bytes: {error}") from error
        finally:
            os.close(file)

    @staticmethod
    def _checked(count: int) -> int:
        if not count:
            raise ConnectionBroken("the other side closed the connection")
        return count

    @property
    def has_more(self) -> bool:
        """Whether more than the frames that were received has come already."""
        return self._start < self._end

    def reading_turns(self, *, watches: bool) -> ReadingTurns:
        """Return turns for the threads that receive; see `reading_turns`."""
        return reading_turns(self._socket, watches=watches)

    def shut_down(self) -> None:
        """End the connection: whoever receives gets ConnectionBroken. Idempotent."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:  # it is gone already
            pass

    def close(self) -> None:
        """Let go of the socket; nobody may be receiving."""
        self.shut_down()
        self._outbox.close()
        self._close()
        while self._files:
            os.close(self._files.popleft())
        self._pool.close()
        self._loans.close()
        self._segments.clear()
        self._own_receipts = None


_KINDS = frozenset(FrameKind)
_CONTROL_KINDS = frozenset(
    {FrameKind.SEGMENT, FrameKind.RELEASE, FrameKind.FORGET, FrameKind.RECEIPTS}
)


def _control_head(kind: FrameKind, number: int, is_new: bool = False, start: int = 0) -> bytes:
    return _HEAD.pack(kind, 0, is_new, start, number, 0)


def _lead(body: Sequence[Piece]) -> int:
    """Return how far behind an aligned address a body begins whose largest piece is aligned."""
    at = best = largest = 0
    for piece in body:
        if len(piece) > largest:
            largest, best = len(piece), at
        at += len(piece)
    return -best % _ALIGNMENT_BYTES


def _memory(size: int, lead: int) -> memoryview:
    """Return memory that begins `lead` bytes behind an aligned address. It is not cleared first."""
    whole = np.empty(size + 2 * _ALIGNMENT_BYTES, np.uint8)
    start = -whole.ctypes.data % _ALIGNMENT_BYTES + lead % _ALIGNMENT_BYTES
    return whole[start : start + size].data
