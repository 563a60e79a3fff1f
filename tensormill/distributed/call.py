"""`Call`: one request that is being answered, over whatever connection it came."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from tensormill.graph import tf_logging
from tensormill.graph.errors import OpError
from tensormill.graph.tensor_wire_codec import Piece
from tensormill.proto.services import Method
from tensormill.runtime.any_master import Delivery

__all__ = [
    "Call",
    "Handler",
    "Peer",
    "joined",
    "parser_of",
    "pieces_of",
    "reads_itself",
    "unwrapped",
]


class Peer(Protocol):
    """A connection that ends with its client.

    Attributes:
      is_left_alive: the client has said that it lives on without the connection.
    """

    is_left_alive: bool


class Call(ABC):
    """One request that is being answered: by one `reply` or one `fail`, on any thread.

    Attributes:
      peer: the connection that it came over, if that tells when the client has gone; else None.
    """

    __slots__ = ("_is_answered", "_lock")
    peer: Peer | None = None

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_answered = False  # guarded by _lock

    def reply(self, response: Any, delivery: Delivery | None = None) -> None:
        """Send the response: a message, or one that is written already, in pieces.

        Args:
          response: the response.
          delivery: told what becomes of it. Over gRPC, what was sent counts as delivered.
        """
        if self._take():
            self._send_reply(response, delivery)
        elif delivery is not None:
            delivery.refuse()

    def fail(self, error: OpError) -> None:
        """Answer with the status of an error."""
        if self._take():
            self._send_failure(error)

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Call back if the call ends before it is answered: cancelled, too late, client gone."""

        def end() -> None:
            if self._take():
                callback()

        if not self._watch(end):
            end()

    def warn(self, text: str) -> None:
        """Tell the client something while it waits; over gRPC, which cannot, it is logged here."""
        tf_logging.warning("%s", text)

    @abstractmethod
    def note_error(self, error: OpError) -> None:
        """Send the facts of an error along with the response, which says the error itself."""

    @abstractmethod
    def _send_reply(self, response: Any, delivery: Delivery | None) -> None:
        """Send the response message and end the call; see `reply`."""

    @abstractmethod
    def _send_failure(self, error: OpError) -> None:
        """Send the status of an error and end the call."""

    @abstractmethod
    def _watch(self, ended: Callable[[], None]) -> bool:
        """Call `ended` when the call ends; return False where it has ended already."""

    def _take(self) -> bool:
        with self._lock:
            if self._is_answered:
                return False
            self._is_answered = True
            return True


def joined(pieces: Sequence[Piece]) -> bytes:
    """Return a message in one piece."""
    return bytes(pieces[0]) if len(pieces) == 1 else b"".join(pieces)


def pieces_of(response: Any) -> Sequence[Piece]:
    """Return a response as bytes to send."""
    return response if isinstance(response, list) else (response.SerializeToString(),)


Handler = Callable[[Any, Call], None]
"""Takes a request and the call to answer; it does not wait."""


def reads_itself(handler: Handler) -> Handler:
    """Let a handler take the bytes of its requests, to read them around protobuf."""
    return _Reading(handler)


class _Reading:
    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: Any, call: Call) -> None:
        self.handler(request, call)


def parser_of(method: Method, handler: Handler) -> Callable[[Any], Any]:
    """Return what makes of the bytes of a request what its handler takes."""
    return memoryview if isinstance(handler, _Reading) else method.request.FromString


def unwrapped(handler: Handler) -> Handler:
    """Return what takes the result of `parser_of`."""
    return handler.handler if isinstance(handler, _Reading) else handler
