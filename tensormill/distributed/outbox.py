"""`Outbox`: what goes out over a socket, in order, without holding up who sends little.

The system takes what is sent until its buffer is full, as it soon is where the other side is
stopped. What is small is kept from then on, and a thread of its own sends it: a step whose time is
over must not be stuck in a send. What is large shares its memory with values and is not kept; who
sends it waits, and nobody else does.
"""

from __future__ import annotations

import array
import contextlib
import os
import socket
import threading
from collections import deque
from collections.abc import Sequence

from tensormill.graph.tensor_wire_codec import Piece

__all__ = ["Outbox"]

_AT_ONCE = socket.MSG_DONTWAIT
_MAX_KEPT_BYTES = 64 << 20
_MAX_PIECES = 256  # in one call of sendmsg; the system takes at most 1024


class Outbox:
    """The sending half of a stream socket that blocks. Any thread may use it."""

    def __init__(self, connected: socket.socket, max_kept_bytes: int = _MAX_KEPT_BYTES) -> None:
        """Send over a socket.

        Args:
          connected: the socket; whoever owns it closes it.
          max_kept_bytes: if more is kept than this, the other side counts as gone.
        """
        self._socket = connected
        self._max_kept_bytes = max_kept_bytes
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._kept: deque[tuple[bytes, Sequence[int]]] = deque()  # guarded by _lock
        self._kept_bytes = 0  # guarded by _lock
        self._is_taken = False  # a thread sends what takes long; guarded by _lock
        self._thread: threading.Thread | None = None  # guarded by _lock

    def send(self, message: bytes, files: Sequence[int] = ()) -> None:
        """Send a message, now or as soon as the other side reads.

        Args:
          message: the message.
          files: descriptors that go along; the caller may close them.

        Raises:
          OSError: the other side is gone, or reads nothing any more.
        """
        with self._lock:
            if not self._is_taken:
                try:
                    if files:
                        sent = self._send_files(message, files)
                    else:
                        sent = self._socket.send(message, _AT_ONCE)
                except BlockingIOError:
                    sent = 0
                if sent == len(message):
                    return
                if sent:
                    message, files = message[sent:], ()
            self._keep(message, files)

    def _send_files(self, message: bytes, files: Sequence[int]) -> int:
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))
        return self._socket.sendmsg([message], [rights], _AT_ONCE)

    def _keep(self, message: bytes, files: Sequence[int]) -> None:
        if self._kept_bytes + len(message) > self._max_kept_bytes:
            raise ConnectionError(f"the other side has not read {self._kept_bytes} bytes")
        self._kept.append((message, [os.dup(file) for file in files]))
        self._kept_bytes += len(message)
        self._see_to_kept()

    def _see_to_kept(self) -> None:
        """Let a thread send what is kept, unless another one is sending."""
        if self._kept and not self._is_taken:
            self._is_taken = True
            # A daemon: a program may end while the other side is stopped.
            self._thread = threading.Thread(
                target=self._send_kept, name="tensormill outbox", daemon=True
            )
            self._thread.start()

    def _send_kept(self) -> None:
        while True:
            with self._lock:
                if not self._kept:
                    self._is_taken, self._thread = False, None
                    self._changed.notify_all()
                    return
                message, files = self._kept.popleft()
            try:
                sent = socket.send_fds(self._socket, [message], files) if files else 0
                self._socket.sendall(message[sent:])
            except OSError:
                self._give_up()
            finally:
                _close(files)
            with self._lock:
                self._kept_bytes = max(0, self._kept_bytes - len(message))

    def _give_up(self) -> None:
        """End the connection, as whoever sends or receives next sees."""
        with contextlib.suppress(OSError):  # it has ended already
            self._socket.shutdown(socket.SHUT_RDWR)
        with self._lock:
            for _, files in self._kept:
                _close(files)
            self._kept.clear()
            self._kept_bytes = 0

    def send_pieces(self, pieces: Sequence[Piece]) -> None:
        """Send a large message without a copy; waits until the system has taken all of it.

        Raises:
          OSError: the other side is gone.
        """
        views = [memoryview(piece).cast("B") for piece in pieces if len(piece)]
        with self._changed:
            while self._is_taken:
                self._changed.wait()
            self._is_taken = True
        try:
            while views:
                sent = self._socket.sendmsg(views[:_MAX_PIECES])
                while sent and sent >= len(views[0]):
                    sent -= len(views.pop(0))
                if sent:
                    views[0] = views[0][sent:]
        finally:
            with self._lock:
                self._is_taken = False
                self._see_to_kept()
                self._changed.notify_all()

    def close(self) -> None:
        """Wait for the thread; the socket has been shut down."""
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join()


def _close(files: Sequence[int]) -> None:
    for file in files:
        os.close(file)
