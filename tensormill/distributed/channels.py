"""Channels to servers: the one place where connections are opened, and where their kind is chosen.

A channel begins with gRPC, which every server speaks. When a first call has succeeded it asks for a
direct connection; a server of tensormill offers one, and calls go there as long as it lasts. To who
calls, both look like a channel of gRPC.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any

import grpc

from tensormill.distributed.direct_client import CallFailed, DirectClient, Outcome, Receipt, Reply
from tensormill.distributed.direct_frames import ConnectionBroken, FrameSocket, Piece
from tensormill.distributed.direct_listener import ACCEPTED, host_id
from tensormill.distributed.status_codec import RECORD_KEY, error_from_rpc, error_from_status
from tensormill.graph import errors
from tensormill.graph.errors import OpError
from tensormill.proto import direct_pb2
from tensormill.proto.services import DIRECT_SERVICE
from tensormill.runtime.deadlines import DEADLINES

__all__ = ["Channel", "error_from_outcome", "may_call_directly", "open_channel", "receipt_of"]

_OPTIONS = (
    # Tensors have no other bound than what one message of protobuf can hold.
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.enable_retries", 0),
    # A proxy for the web is none for a cluster.
    ("grpc.enable_http_proxy", 0),
    # A task that comes back is found soon.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 1000),
)
_LANE_VARIABLE = "TENSORMILL_LANE"
_OFFER_TIMEOUT_S = 5.0
_CONNECT_TIMEOUT_S = 2.0
_MAX_BODY_BYTES = 1 << 62
_STATUS_CODES = {code.value[0]: code for code in grpc.StatusCode}


def may_call_directly() -> bool:
    """Return whether tasks of one process may call each other without a connection.

    They may unless `TENSORMILL_LANE` asks for a kind of connection: "grpc" or "direct".
    """
    return os.environ.get(_LANE_VARIABLE, "") not in ("grpc", "direct")


def open_channel(address: str) -> Channel:
    """Return a channel to a server; it connects when it is first used.

    Args:
      address: "host:port".
    """
    return Channel(address)


class Channel:
    """A channel to one server. Any thread may use it.

    `TENSORMILL_LANE=grpc` keeps it to gRPC.

    Attributes:
      is_tensormill: the server has shown that it is one of tensormill.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._grpc = grpc.insecure_channel(address, options=_OPTIONS)
        self._lock = threading.Lock()
        self._direct: DirectClient | None = None  # guarded by _lock
        self._broken: list[DirectClient] = []  # those before it, not closed yet; guarded by _lock
        self._stays = os.environ.get(_LANE_VARIABLE) == "grpc"
        self._asks = True  # guarded by _lock
        self._is_closed = False  # guarded by _lock
        self._asking = threading.Lock()  # held while the server is asked
        self.is_tensormill = False

    def unary_unary(
        self,
        path: str,
        request_serializer: Callable[[Any], bytes] | None = None,
        response_deserializer: Callable[[Any], Any] | None = None,
    ) -> _Method:
        """Return a method, as gRPC's channels do."""
        return _Method(self, self._grpc, path, request_serializer, response_deserializer)

    def can_tell(self, path: str) -> bool:
        """Return whether a method can be called without an answer; connects if need be."""
        direct = self.direct()
        if direct is None:
            self.ask()
            direct = self.direct()
        return direct is not None and direct.has(path)

    def tell(self, path: str, pieces: Sequence[Piece]) -> None:
        """Call a method that gives no answer, in the order of such calls.

        Raises:
          ConnectionBroken: the other side is gone, or cannot be called so.
        """
        direct = self.direct()
        if direct is None and self.can_tell(path):
            direct = self.direct()
        if direct is None:
            raise ConnectionBroken("there is no direct connection")
        direct.tell(path, pieces)

    def __enter__(self) -> Channel:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; calls under way end."""
        with self._lock:
            self._is_closed = True
            opened, self._broken = self._broken, []
            if self._direct is not None:
                opened.append(self._direct)
            self._direct = None
        for direct in opened:
            direct.close()
        self._grpc.close()

    def direct(self) -> DirectClient | None:
        """Return the direct connection, if there is one."""
        direct = self._direct
        if direct is not None and direct.is_broken:
            with self._lock:
                if self._direct is direct:
                    self._direct, self._asks = None, True
                    self._broken.append(direct)
                # Not the others: who asks may have taken the turn of their threads.
                ended = [other for other in self._broken if not other.has_reader]
                self._broken = [other for other in self._broken if other not in ended]
            for other in ended:
                other.close()
            return None
        return direct

    def ask(self) -> None:
        """Ask for a direct connection, after a call over gRPC has succeeded.

        It is asked once; who asks meanwhile waits for the answer. That there is one shows what
        server it is, also to who stays with gRPC.
        """
        with self._asking:
            with self._lock:
                if not self._asks or self._is_closed:
                    return
                self._asks = False
            self._ask()

    def _ask(self) -> None:
        method = DIRECT_SERVICE.methods["Offer"]
        offer = self._grpc.unary_unary(
            method.path, method.request.SerializeToString, method.response.FromString
        )
        try:
            answer = offer(direct_pb2.OfferRequest(host_id=host_id()), timeout=_OFFER_TIMEOUT_S)
        except grpc.RpcError as error:  # another make of server, unless it is only away
            if error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
                with self._lock:
                    self._asks = True
            return
        except ValueError:  # the channel is closed
            return
        self.is_tensormill = True
        if self._stays:
            return
        connected = self._connect(answer)
        if connected is None:
            return
        frames = FrameSocket(connected, _MAX_BODY_BYTES)
        with contextlib.suppress(ConnectionBroken):  # the first call says so
            frames.begin_receipts()
        direct = DirectClient(frames, answer.method, f"direct {self._address}")
        with self._lock:
            if not self._is_closed:
                self._direct = direct
                return
        direct.close()

    def _connect(self, answer: Any) -> socket.socket | None:
        for open_socket in (_open_local, self._open_remote):
            connected = None
            try:
                connected = open_socket(answer)
                if connected is None:
                    continue
                connected.settimeout(_CONNECT_TIMEOUT_S)
                connected.sendall(answer.token)
                if connected.recv(1) == ACCEPTED:
                    connected.settimeout(None)
                    return connected
            except OSError:  # the next one, or gRPC, will do
                pass
            if connected is not None:
                connected.close()
        return None

    def _open_remote(self, answer: Any) -> socket.socket | None:
        if not answer.port:
            return None
        host = self._address.rpartition(":")[0].strip("[]")
        return socket.create_connection((host, answer.port), _CONNECT_TIMEOUT_S)


def _open_local(answer: Any) -> socket.socket | None:
    if not answer.local_name:
        return None
    connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connected.connect(f"\0{answer.local_name}")
    except OSError:
        connected.close()
        raise
    return connected


class _Method:
    """A method of a channel, as gRPC's multi-callables are."""

    __slots__ = ("_channel", "_method", "_parse", "_path", "_serialize")

    def __init__(
        self,
        channel: Channel,
        over_grpc: Any,
        path: str,
        serialize: Callable[[Any], bytes] | None,
        parse: Callable[[Any], Any] | None,
    ) -> None:
        self._channel = channel
        self._method = over_grpc.unary_unary(
            path, _joined if serialize is None else serialize, parse
        )
        self._path = path
        self._serialize = serialize
        self._parse = parse

    def __call__(
        self, request: Any, timeout: float | None = None, wait_for_ready: bool | None = None
    ) -> Any:
        direct = self._channel.direct()
        if direct is None or not direct.has(self._path):
            response = self._method(request, timeout=timeout, wait_for_ready=wait_for_ready)
            self._channel.ask()
            return response
        response, call = self._over(direct, request, timeout)
        if call.receipt is not None:
            call.receipt.confirm()
        return response

    def with_call(self, request: Any, timeout: float | None = None) -> Any:
        """Call the method; who does confirms the response (see `receipt_of`)."""
        direct = self._channel.direct()
        if direct is None or not direct.has(self._path):
            response, call = self._method.with_call(request, timeout=timeout)
            self._channel.ask()
            return response, call
        return self._over(direct, request, timeout)

    def future(
        self,
        request: Any,
        timeout: float | None = None,
        wait_for_ready: bool | None = None,
        keeps_receipt: bool = False,
    ) -> Any:
        """Begin a call; with `keeps_receipt`, who takes its response confirms it."""
        direct = self._channel.direct()
        if direct is None or not direct.has(self._path):
            call = self._method.future(request, timeout=timeout, wait_for_ready=wait_for_ready)
            call.add_done_callback(self._after_first)
            return call
        future = _DirectFuture(self._parse, keeps_receipt)
        future.start(direct, self._path, self._pieces(request), timeout)
        return future

    def _after_first(self, call: Any) -> None:
        if call.code() is grpc.StatusCode.OK:
            self._channel.ask()

    def _pieces(self, request: Any) -> Sequence[Piece]:
        if self._serialize is not None:
            return (self._serialize(request),)
        return (request,) if isinstance(request, (bytes, memoryview)) else request

    def _over(self, direct: DirectClient, request: Any, timeout: float | None) -> Any:
        try:
            reply: Outcome = direct.call(self._path, self._pieces(request), timeout)
        except TimeoutError:
            raise DirectRpcError(errors.DEADLINE_EXCEEDED, "Deadline Exceeded") from None
        except (CallFailed, ConnectionBroken) as failure:
            reply = failure
        if not isinstance(reply, Reply):
            raise _rpc_error(reply) from None
        data = reply.data
        call = _EndedCall(reply.trailer, reply.receipt)
        return data if self._parse is None else self._parse(data), call


def error_from_outcome(failure: CallFailed | ConnectionBroken, peer: str) -> OpError:
    """Return the error of a call over a direct connection that failed.

    Args:
      failure: how it failed.
      peer: who was called.
    """
    if isinstance(failure, CallFailed):
        trailers = ((RECORD_KEY, failure.trailer),) if failure.trailer else ()
        return error_from_status(failure.code, failure.text, trailers)
    return error_from_rpc(_rpc_error(failure), peer)


def _rpc_error(failure: CallFailed | ConnectionBroken) -> DirectRpcError:
    if isinstance(failure, CallFailed):
        return DirectRpcError(failure.code, failure.text, failure.trailer)
    return DirectRpcError(errors.UNAVAILABLE, str(failure))


def receipt_of(call: Any) -> Receipt | None:
    """Return what the server of a call wants to be told of its response, if it wants to know."""
    return call.receipt if isinstance(call, (_EndedCall, _DirectFuture)) else None


def _joined(request: Any) -> bytes:
    if isinstance(request, bytes):
        return request
    return b"".join((request,) if isinstance(request, memoryview) else request)


class _EndedCall:
    """What is known of a call that is over, as gRPC's calls tell it.

    Attributes:
      receipt: what the server wants to be told of the response.
    """

    __slots__ = ("_trailer", "receipt")

    def __init__(self, trailer: bytes, receipt: Receipt | None = None) -> None:
        self._trailer = trailer
        self.receipt = receipt

    def trailing_metadata(self) -> tuple[tuple[str, bytes], ...]:
        return ((RECORD_KEY, self._trailer),) if self._trailer else ()


class DirectRpcError(grpc.RpcError):
    """A call over a direct connection failed; it tells what those of gRPC tell."""

    def __init__(self, code: int, text: str, trailer: bytes = b"") -> None:
        super().__init__(text)
        self._code = code
        self._text = text
        self._trailer = trailer

    def code(self) -> grpc.StatusCode:
        """Return gRPC's code."""
        return _STATUS_CODES.get(self._code, grpc.StatusCode.UNKNOWN)

    def details(self) -> str:
        """Return what went wrong."""
        return self._text

    def trailing_metadata(self) -> tuple[tuple[str, bytes], ...]:
        """Return the trailers."""
        return _EndedCall(self._trailer).trailing_metadata()


class _DirectFuture:
    """A call under way, as gRPC's futures are.

    Attributes:
      receipt: what the server wants to be told of the response, where that was not done.
    """

    def __init__(self, parse: Callable[[Any], Any] | None, keeps_receipt: bool) -> None:
        self.receipt: Receipt | None = None
        self._parse = parse
        self._keeps_receipt = keeps_receipt
        self._lock = threading.Lock()
        self._outcome: Outcome | None = None  # guarded by _lock
        self._is_cancelled = False  # guarded by _lock
        self._is_late = False  # guarded by _lock
        self._callbacks: list[Callable[[Any], None]] = []  # guarded by _lock
        self._cancel: Callable[[], bool] = lambda: False
        self._call_off: Callable[[], None] | None = None

    def start(
        self, direct: DirectClient, path: str, pieces: Sequence[Piece], timeout_s: float | None
    ) -> None:
        """Begin the call."""
        if timeout_s is not None:
            self._call_off = DEADLINES.after(timeout_s, self._give_up)
        self._cancel = direct.start(path, pieces, self._end, timeout_s)

    def _end(self, outcome: Outcome | None) -> None:
        receipt = outcome.receipt if isinstance(outcome, Reply) else None
        with self._lock:
            is_wanted = not self.done()
            if is_wanted:
                self._outcome = outcome
                callbacks = self._finish()
        if receipt is not None:
            if not is_wanted:
                receipt.refuse()
            elif self._keeps_receipt:
                self.receipt = receipt
            else:
                receipt.confirm()
        if not is_wanted:
            return
        for callback in callbacks:
            callback(self)

    def _finish(self) -> list[Callable[[Any], None]]:
        callbacks, self._callbacks = self._callbacks, []
        if self._call_off is not None:
            self._call_off()
        return callbacks

    def _give_up(self) -> None:
        with self._lock:
            if self.done():
                return
            self._is_late = True
            callbacks = self._finish()
        self._cancel()
        for callback in callbacks:
            callback(self)

    def cancel(self) -> bool:
        """End the call, unless it is over."""
        with self._lock:
            if self.done():
                return False
            self._is_cancelled = True
            callbacks = self._finish()
        self._cancel()
        for callback in callbacks:
            callback(self)
        return True

    def done(self) -> bool:
        """Return whether the call is over."""
        return self._outcome is not None or self._is_cancelled or self._is_late

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        """Call back with the future when the call is over."""
        with self._lock:
            if not self.done():
                self._callbacks.append(callback)
                return
        callback(self)

    def result(self, timeout: float | None = None) -> Any:
        """Return the response, once it is there.

        Raises:
          RpcError: the call failed.
          FutureTimeoutError: it takes longer than `timeout`.
          FutureCancelledError: it was cancelled.
        """
        if not self.done():
            ended = threading.Event()
            self.add_done_callback(lambda future: ended.set())
            if not ended.wait(timeout):
                raise grpc.FutureTimeoutError
        error = self._error()
        if error is not None:
            raise error
        if self._is_cancelled:
            raise grpc.FutureCancelledError
        assert isinstance(self._outcome, Reply)
        data: Any = self._outcome.data
        return data if self._parse is None else self._parse(data)

    def exception(self) -> BaseException | None:
        """Return why the call failed; None where it did not."""
        if self._is_cancelled:
            return DirectRpcError(errors.CANCELLED, "The call was cancelled.")
        return self._error()

    def trailing_metadata(self) -> tuple[tuple[str, bytes], ...]:
        """Return the trailers of the call."""
        outcome = self._outcome
        return _EndedCall(
            outcome.trailer if isinstance(outcome, Reply) else b""
        ).trailing_metadata()

    def code(self) -> grpc.StatusCode:
        """Return gRPC's code."""
        error = self.exception()
        return error.code() if isinstance(error, DirectRpcError) else grpc.StatusCode.OK

    def _error(self) -> DirectRpcError | None:
        if self._is_late:
            return DirectRpcError(errors.DEADLINE_EXCEEDED, "Deadline Exceeded")
        outcome = self._outcome
        return None if outcome is None or isinstance(outcome, Reply) else _rpc_error(outcome)
