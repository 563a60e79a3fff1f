"""`DirectConnection`: the answering end of a direct connection; the other is `DirectClient`.

The threads of a connection take turns: the one that has read a request answers it, and another one
reads what comes meanwhile. So an answer needs no change of threads, and a slow one holds up no
other.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from google.protobuf.message import DecodeError

from tensormill.distributed.call import Call, Handler, parser_of, pieces_of, unwrapped
from tensormill.distributed.deliveries import NO_RECEIPT
from tensormill.distributed.direct_frames import (
    LIVING_ON,
    NO_ANSWER,
    ConnectionBroken,
    Frame,
    FrameKind,
    FrameSocket,
)
from tensormill.distributed.server_threads import ServerThreads
from tensormill.distributed.status_codec import record_bytes
from tensormill.graph import errors
from tensormill.graph.errors import OpError
from tensormill.graph.tensor_wire_codec import Piece
from tensormill.proto.services import Method
from tensormill.runtime.any_master import Delivery

__all__ = ["DirectConnection", "DirectMethod"]

_log = logging.getLogger(__name__)

_MAX_THREADS = 64
# Numbers, which compare faster than members of an enum.
_REQUEST, _CANCEL, _RECEIPT = map(int, (FrameKind.REQUEST, FrameKind.CANCEL, FrameKind.RECEIPT))


@dataclass(frozen=True, slots=True)
class DirectMethod:
    """A method that is served.

    Attributes:
      method: its messages.
      handler: answers it.
      is_slow: the handler may wait, and runs where that does no harm.
      parse: makes of the bytes of a request what the handler takes.
    """

    method: Method
    handler: Handler
    is_slow: bool
    parse: Callable[[Any], Any] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parse", parser_of(self.method, self.handler))
        object.__setattr__(self, "handler", unwrapped(self.handler))


class _DirectCall(Call):
    """One request over a direct connection."""

    __slots__ = ("_connection", "_on_cancel", "_trailer", "number", "peer")

    def __init__(self, connection: DirectConnection, number: int) -> None:
        super().__init__()
        self.number = number
        self.peer = connection
        self._connection = connection
        self._on_cancel: Callable[[], None] | None = None
        self._trailer = b""

    def _send_reply(self, response: Any, delivery: Delivery | None) -> None:
        self._on_cancel = None  # which knows the call, and may hold on to much
        if self.number != NO_ANSWER:
            self._connection.reply(self, pieces_of(response), self._trailer, delivery)
        elif delivery is not None:
            delivery.refuse()

    def _send_failure(self, error: OpError) -> None:
        self._on_cancel = None
        text = [error.message.encode()]
        self._connection.fail(self, error.error_code, text, record_bytes(error))

    def note_error(self, error: OpError) -> None:
        """Send the facts of an error along with the response, which says the error itself."""
        self._trailer = record_bytes(error)

    def warn(self, text: str) -> None:
        """Tell the client something while it waits."""
        self._connection.warn(self, text)

    def _watch(self, ended: Callable[[], None]) -> bool:
        self._on_cancel = ended
        return self._connection.is_open(self)

    def cancel(self) -> None:
        """End the call: the other side is gone or wants no answer."""
        callback = self._on_cancel
        if callback is not None:
            callback()


class DirectConnection:
    """One client's connection to a server, and the threads that serve it.

    Attributes:
      is_left_alive: the client has said that it lives on without the connection.
    """

    def __init__(
        self,
        frames: FrameSocket,
        methods: Sequence[DirectMethod],
        threads: ServerThreads,
        name: str,
        on_end: Callable[[DirectConnection], None],
    ) -> None:
        """Serve a socket; `start` begins.

        Args:
          frames: the socket.
          methods: what is served; requests name a method by its place.
          threads: where slow methods run.
          name: part of the names of the connection's threads.
          on_end: called once the client is gone, on a thread of the connection.
        """
        self._frames = frames
        self._deliveries = frames.deliveries
        self._methods = methods
        self._server_threads = threads
        self._name = name
        self.is_left_alive = False
        self._on_end = on_end
        self._turns = frames.reading_turns(watches=True)
        self._lock = threading.Lock()
        self._calls: dict[int, _DirectCall] = {}  # guarded by _lock
        self._threads: list[threading.Thread] = []  # guarded by _lock
        self._answering = 0  # threads that do not wait for their turn; guarded by _lock
        self._is_over = False  # guarded by _lock

    def start(self) -> None:
        """Begin to read requests."""
        with self._lock:
            self._add_thread()

    def shut_down(self) -> None:
        """End the connection; its threads end when they have answered."""
        self._frames.shut_down()

    def join(self) -> None:
        """Wait for the threads, and let go of the socket."""
        while True:
            with self._lock:
                threads = [t for t in self._threads if t is not threading.current_thread()]
            alive = [thread for thread in threads if thread.is_alive()]
            if not alive:
                break
            alive[0].join()
        self._turns.close()
        self._frames.close()

    def is_open(self, call: _DirectCall) -> bool:
        """Return whether somebody still waits for an answer."""
        return self._calls.get(call.number) is call

    def warn(self, call: _DirectCall, text: str) -> None:
        """Tell who waits for an answer something."""
        if self.is_open(call):
            self._send(FrameKind.NOTICE, 0, call, [text.encode()], b"")

    def fail(self, call: _DirectCall, code: int, body: Sequence[Piece], trailer: bytes) -> None:
        """Answer a call with a status, unless nobody waits for it."""
        with self._lock:
            if self._calls.pop(call.number, None) is None:
                return
        self._send(FrameKind.FAILURE, code, call, body, trailer)

    def reply(
        self,
        call: _DirectCall,
        body: Sequence[Piece],
        trailer: bytes,
        delivery: Delivery | None,
    ) -> None:
        """Send the response of a call; see `Call.reply`."""
        code = NO_RECEIPT
        with self._lock:
            is_awaited = self._calls.pop(call.number, None) is not None
            if is_awaited and delivery is not None:
                code = self._deliveries.add(call.number, sum(map(len, body)), delivery)
        is_sent = is_awaited and self._send(FrameKind.REPLY, code, call, body, trailer)
        if delivery is None:
            return
        if code == NO_RECEIPT:
            (delivery.confirm if is_sent else delivery.refuse)()
        elif not is_sent:
            self._deliveries.refuse(call.number)

    def _send(
        self, kind: FrameKind, code: int, call: _DirectCall, body: Sequence[Piece], trailer: bytes
    ) -> bool:
        try:
            self._frames.send(kind, code, len(trailer), call.number, [*body, trailer])
        except ConnectionBroken:
            self._frames.shut_down()  # who reads sees it
            return False
        return True

    def _add_thread(self) -> None:
        number = len(self._threads) + 1
        thread = threading.Thread(target=self._serve, name=f"{self._name} {number}")
        self._threads.append(thread)
        thread.start()

    def _serve(self) -> None:
        self._server_threads.mark_computing()
        while True:
            self._turns.take(self._frames.release_segments)
            work = self._read()
            if work is None:
                self._turns.pass_on()  # to a thread that ends likewise
                return
            has_follower = self._note_answering()
            self._turns.pass_on()
            if has_follower:
                try:
                    work()
                finally:
                    with self._lock:
                        self._answering -= 1
            else:
                self._server_threads.submit(work)
            del work
            self._frames.release_segments(only_large=True)

    def _take_receipt(self, frame: Frame) -> None:
        if frame.code:
            self._deliveries.confirm(frame.call)
        else:
            self._deliveries.refuse(frame.call)

    def _read(self) -> Callable[[], None] | None:
        """Return what the last frame that has come asks for; None at the end.

        What those before it ask for is done elsewhere. Receipts, which come before an end, are
        taken in the order of the frames, and so is note of calls and of who wants no answer: a
        request and its cancel may come together.
        """
        if self._is_over:
            return None
        frames = self._frames
        try:
            while True:
                work = self._take(frames.receive())
                if work is None:
                    continue
                if not frames.has_more:
                    break
                self._server_threads.submit(work)
        except ConnectionBroken:
            self._end()
            return None
        self._deliveries.look()
        return work

    def _note_answering(self) -> bool:
        """Leave the reading to another thread; return False where there may be no more of them."""
        with self._lock:
            if self._answering + 1 >= len(self._threads):
                if len(self._threads) >= _MAX_THREADS:
                    return False
                self._add_thread()
            self._answering += 1
            return True

    def _end(self) -> None:
        with self._lock:
            self._is_over = True
            calls = list(self._calls.values())
            self._calls.clear()
        for call in calls:
            call.cancel()
        self._deliveries.end()
        self._on_end(self)

    def _take(self, frame: Frame) -> Callable[[], None] | None:
        """Take note of a frame; return what is left to be done, on any thread."""
        if frame.kind == _RECEIPT:
            self._take_receipt(frame)
            return None
        if frame.kind == _CANCEL:
            if frame.call == LIVING_ON:
                self.is_left_alive = True
                return None
            with self._lock:
                unwanted = self._calls.pop(frame.call, None)
            return None if unwanted is None else unwanted.cancel
        if frame.kind != _REQUEST or frame.code >= len(self._methods):
            self._frames.shut_down()
            return None
        call = _DirectCall(self, frame.call)
        if frame.call != NO_ANSWER:
            with self._lock:
                if frame.call in self._calls:
                    return None
                self._calls[frame.call] = call
        return partial(self._handle, frame, call)

    def _handle(self, frame: Frame, call: _DirectCall) -> None:
        served = self._methods[frame.code]
        if served.is_slow and frame.call != NO_ANSWER:
            self._server_threads.wait(lambda: self._answer(served, frame, call))
        else:
            self._answer(served, frame, call)

    @staticmethod
    def _answer(served: DirectMethod, frame: Frame, call: _DirectCall) -> None:
        try:
            request = served.parse(frame.body)
        except DecodeError:
            name = served.method.name
            call.fail(errors.invalid_argument(f"The request of {name} cannot be parsed"))
            return
        try:
            served.handler(request, call)
        except OpError as error:
            call.fail(error)
        except Exception as error:  # noqa: BLE001 - the server goes on
            name = served.method.name
            _log.exception("%s failed", name)
            call.fail(errors.internal(f"{name}: {type(error).__name__}: {error}"))
