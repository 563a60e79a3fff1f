"""The servers of this process, by address: what they do needs no connection."""

from __future__ import annotations

import threading
from typing import Any

__all__ = ["address_key", "find_server", "forget_server", "note_server", "running_servers"]

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_lock = threading.Lock()
_servers: dict[tuple[str, str], Any] = {}  # guarded by _lock


def address_key(address: str) -> tuple[str, str]:
    """Return what is equal for addresses of one place: all names of the own machine are one."""
    host, _, port = address.rpartition(":")
    return ("localhost" if host in _LOOPBACK else host, port)


def note_server(address: str, server: Any) -> None:
    """Take note of a server that listens at an address."""
    with _lock:
        _servers[address_key(address)] = server


def forget_server(address: str) -> None:
    """Forget the server of an address."""
    with _lock:
        _servers.pop(address_key(address), None)


def find_server(address: str) -> Any:
    """Return the server of this process that listens at an address, "host:port"; or None."""
    return _servers.get(address_key(address))


def running_servers() -> list[Any]:
    """Return the servers of this process."""
    with _lock:
        return list(_servers.values())
