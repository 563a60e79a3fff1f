"""`RpcServer`: answers the methods of services over gRPC; an answer that waits holds no thread.

A handler gets the request and a `Call`, which it answers at once or later, on any thread. gRPC's
server gives a unary answer when its handler returns, so that each waiting request would hold a
thread; the answer of a stream can come later. On the wire a stream of one message is the same.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from tensormill.distributed.call import Call, Handler, joined, parser_of, pieces_of
from tensormill.distributed.limits import ServerLimits
from tensormill.distributed.server_threads import ServerThreads
from tensormill.distributed.status_codec import details, record_metadata, status_code
from tensormill.graph import errors
from tensormill.graph.errors import OpError
from tensormill.proto.services import Method, Service
from tensormill.runtime.any_master import Delivery

__all__ = ["RpcServer"]

_log = logging.getLogger(__name__)

_GRACE_S = 5.0


class _GrpcCall(Call):
    """One request over gRPC."""

    __slots__ = ("_context", "_send")

    def __init__(self, context: Any, send: Callable[[Any], None]) -> None:
        super().__init__()
        self._context = context
        self._send = send

    def note_error(self, error: OpError) -> None:
        """Send the facts of an error along with the response, which says the error itself."""
        self._context.set_trailing_metadata(record_metadata(error))

    def _send_reply(self, response: Any, delivery: Delivery | None) -> None:
        if delivery is not None and not self._context.is_active():
            delivery.refuse()
            return
        self._send(response)
        self._send(None)
        if delivery is not None:
            delivery.confirm()

    def _send_failure(self, error: OpError) -> None:
        context = self._context
        context.set_code(status_code(error))
        context.set_details(details(error))
        context.set_trailing_metadata(record_metadata(error))
        self._send(None)

    def _watch(self, ended: Callable[[], None]) -> bool:
        return bool(self._context.add_callback(ended))


class RpcServer:
    """A listening server. Close it to free the port and end its threads.

    Attributes:
      port: where it listens.
    """

    def __init__(
        self,
        address: str,
        handlers: Mapping[Service, Mapping[str, Handler]],
        slow: frozenset[str],
        threads: ServerThreads,
        limits: ServerLimits,
    ) -> None:
        """Bind the address; `start` lets requests in.

        Args:
          address: host and port; port 0 for any that is free.
          handlers: for each service the handler of each method.
          slow: the names of methods whose handlers may take long, or wait for other tasks.
          threads: where handlers run; whoever made them closes them after the server.
          limits: bounds on requests.

        Raises:
          UnknownError: the address cannot be bound.
        """
        self._server = grpc.server(
            threads.computing,
            options=(
                ("grpc.max_receive_message_length", limits.message_bytes),
                ("grpc.max_send_message_length", limits.message_bytes),
                ("grpc.so_reuseport", 0),
                # A burst of requests is not refused while they are read one by one.
                ("grpc.server.max_pending_requests", limits.concurrent_calls),
                ("grpc.server.max_pending_requests_hard_limit", limits.concurrent_calls),
            ),
            maximum_concurrent_rpcs=limits.concurrent_calls,
        )
        table = {}
        for service, methods in handlers.items():
            for name, handler in methods.items():
                method = service.methods[name]
                pool = threads.waiting if name in slow else None
                table[method.path] = _method_handler(method, handler, pool)
        self._server.add_generic_rpc_handlers((_Handlers(table),))
        try:
            self.port = self._server.add_insecure_port(address)
        except RuntimeError as error:
            self._server.stop(None)
            raise errors.unknown(
                f"Could not start gRPC server: cannot listen on {address} ({error})",
                hint="another server may use this port; stop it, or choose another port.",
            ) from error

    def start(self) -> None:
        """Let requests in."""
        self._server.start()

    def refuse(self) -> threading.Event:
        """Refuse new requests and free the port.

        Returns:
          What is set when the open ones have ended; those that take too long are ended.
        """
        return self._server.stop(_GRACE_S)


def _write(response: Any) -> bytes:
    return joined(pieces_of(response))


class _Handlers(grpc.GenericRpcHandler):
    """Finds the handler of a path."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._table = table

    def service(self, handler_call_details: Any) -> Any:
        return self._table.get(handler_call_details.method)


def _method_handler(method: Method, handler: Handler, pool: ThreadPoolExecutor | None) -> Any:
    parse = parser_of(method, handler)

    def behavior(data: bytes, context: Any, send: Callable[[Any], None]) -> None:
        call = _GrpcCall(context, send)
        try:
            request = parse(data)
        except DecodeError:
            call.fail(errors.invalid_argument(f"The request of {method.name} cannot be parsed"))
            return
        try:
            handler(request, call)
        except OpError as error:
            call.fail(error)
        except Exception as error:  # noqa: BLE001 - the server goes on
            _log.exception("%s failed", method.name)
            call.fail(errors.internal(f"{method.name}: {type(error).__name__}: {error}"))

    behavior.experimental_non_blocking = True  # type: ignore[attr-defined]
    if pool is not None:
        behavior.experimental_thread_pool = pool  # type: ignore[attr-defined]
    return grpc.unary_stream_rpc_method_handler(behavior, None, _write)
