"""`DirectListener`: offers direct connections to clients of a server, and takes them.

A client asks over gRPC, which decides who may ask. It is told where to connect and gets a token
that is good for one connection, so that nobody else can.
"""

from __future__ import annotations

import logging
import os
import secrets
import select
import socket
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from tensormill.distributed.call import Call, Handler, Peer
from tensormill.distributed.direct_frames import FrameSocket
from tensormill.distributed.direct_server import DirectConnection, DirectMethod
from tensormill.distributed.limits import ServerLimits
from tensormill.distributed.server_threads import ServerThreads
from tensormill.graph import errors
from tensormill.proto import direct_pb2
from tensormill.proto.services import Service

__all__ = ["ACCEPTED", "TOKEN_BYTES", "DirectListener", "host_id"]

_log = logging.getLogger(__name__)

TOKEN_BYTES = 32
ACCEPTED = b"\x01"
_TOKEN_LIFE_S = 30.0
_GREETING_TIMEOUT_S = 5.0


@cache
def host_id() -> str:
    """Return what is the same for processes that can reach each other through the system.

    Empty where that is not known.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.stat('/proc/self/ns/net').st_ino}"
    except OSError:
        return ""


class DirectListener:
    """The sockets of one server for direct connections, and the connections."""

    def __init__(
        self,
        host: str,
        handlers: Mapping[Service, Mapping[str, Handler]],
        slow: frozenset[str],
        threads: ServerThreads,
        limits: ServerLimits,
        name: str,
        on_gone: Callable[[Peer], None],
    ) -> None:
        """Open the sockets; connections are taken from `start` on.

        Args:
          host: where the server listens.
          handlers: for each service the handler of each method.
          slow: the names of methods whose handlers may wait.
          threads: where slow methods run.
          limits: bounds on requests.
          name: part of the names of threads.
          on_gone: told of connections whose clients have gone.
        """
        self._threads = threads
        self._limits = limits
        self._name = name
        self._on_gone = on_gone
        self._methods = [
            DirectMethod(service.methods[method], handler, method in slow)
            for service, methods in handlers.items()
            for method, handler in methods.items()
        ]
        self._lock = threading.Lock()
        self._tokens: dict[bytes, float] = {}  # token to when it ends; guarded by _lock
        self._connections: set[DirectConnection] = set()  # guarded by _lock
        self._greeted: set[socket.socket] = set()  # not connections yet; guarded by _lock
        self._is_closed = False  # guarded by _lock
        self._made = 0  # guarded by _lock
        self._sockets: list[socket.socket] = []
        self._local_name = ""
        self._port = 0
        self._open_sockets(host)
        self._thread = threading.Thread(target=self._accept, name=f"tensormill {name} direct")

    def _open_sockets(self, host: str) -> None:
        if host_id():
            local = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._local_name = f"tensormill-{secrets.token_hex(16)}"
            local.bind(f"\0{self._local_name}")
            local.listen()
            self._sockets.append(local)
        try:
            family, kind, _, _, address = socket.getaddrinfo(
                host.strip("[]"), 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            remote = socket.socket(family, kind)
            self._sockets.append(remote)
            remote.bind(address)
            remote.listen()
        except OSError as error:
            for opened in self._sockets:
                opened.close()
            raise errors.unknown(
                f"Could not start gRPC server: cannot listen on {host} ({error})",
                hint="the host in the cluster spec must be a name or number of this machine.",
            ) from error
        self._port = remote.getsockname()[1]

    def start(self) -> None:
        """Take connections."""
        self._thread.start()

    def handlers(self) -> Mapping[str, Handler]:
        """Return the handler of the service that makes offers."""
        return {"Offer": self._offer}

    def close(self) -> None:
        """Free the sockets and end the connections; wait for their threads. Idempotent."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            connections = list(self._connections)
        for listening in self._sockets:
            try:
                listening.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            except OSError:
                pass
        if self._thread.is_alive():
            self._thread.join()
        for listening in self._sockets:
            listening.close()
        with self._lock:
            greeted, self._greeted = self._greeted, set()
        for connected in greeted:
            connected.close()
        for connection in connections:
            connection.shut_down()
        for connection in connections:
            connection.join()

    def _offer(self, request: Any, call: Call) -> None:
        token = secrets.token_bytes(TOKEN_BYTES)
        now_s = time.monotonic()
        with self._lock:
            self._tokens = {t: end_s for t, end_s in self._tokens.items() if end_s > now_s}
            self._tokens[token] = now_s + _TOKEN_LIFE_S
        is_here = bool(self._local_name) and request.host_id == host_id()
        call.reply(
            direct_pb2.OfferResponse(
                local_name=self._local_name if is_here else "",
                port=self._port,
                token=token,
                method=[served.method.path for served in self._methods],
            )
        )

    def _take_token(self, token: bytes) -> bool:
        with self._lock:
            end_s = self._tokens.pop(token, 0.0)
        return end_s > time.monotonic()

    def _accept(self) -> None:
        poll = select.poll()
        by_number = {listening.fileno(): listening for listening in self._sockets}
        for listening in self._sockets:
            poll.register(listening, select.POLLIN)
        while not self._is_closed:
            for number, _ in poll.poll():
                try:
                    connected, _ = by_number[number].accept()
                except OSError:
                    if self._is_closed:
                        return
                    continue
                with self._lock:
                    self._greeted.add(connected)
                # A client that says nothing must not hold up the others.
                self._threads.wait(partial(self._greet, connected))

    def _greet(self, connected: socket.socket) -> None:
        try:
            connected.settimeout(_GREETING_TIMEOUT_S)
            token = connected.recv(TOKEN_BYTES, socket.MSG_WAITALL)
            if self._take_token(token):
                connected.sendall(ACCEPTED)
                connected.settimeout(None)
            else:
                connected.close()
        except OSError:
            connected.close()
        if connected.fileno() < 0:
            with self._lock:
                self._greeted.discard(connected)
            return
        with self._lock:
            self._greeted.discard(connected)
            if self._is_closed:
                connected.close()
                return
            self._made += 1
            connection = DirectConnection(
                FrameSocket(connected, self._limits.message_bytes),
                self._methods,
                self._threads,
                f"tensormill {self._name} direct {self._made}",
                self._forget,
            )
            self._connections.add(connection)
        connection.start()

    def _forget(self, connection: DirectConnection) -> None:
        with self._lock:
            if self._is_closed:
                return
            self._connections.discard(connection)
        self._on_gone(connection)
        self._threads.wait(connection.join)
