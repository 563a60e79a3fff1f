"""Targets: how programs name a server, such as "grpc://host:port"."""

from __future__ import annotations

from typing import Any

from tensormill.graph import errors

__all__ = ["TARGET_PREFIX", "address_of", "server_address"]

TARGET_PREFIX = "grpc://"


def address_of(target: str) -> str:
    """Return "host:port" of a target such as "grpc://host:port"."""
    return target.removeprefix(TARGET_PREFIX).rstrip("/")


def server_address(target: Any, what: str) -> str:
    """Return "host:port" of what a user gave as the target of a server.

    Args:
      target: text or bytes.
      what: what is asked there, for the message.

    Raises:
      InvalidArgumentError: it is no such target.
    """
    name = target.decode(errors="replace") if isinstance(target, bytes) else target
    if not isinstance(name, str) or not name.startswith(TARGET_PREFIX):
        raise errors.invalid_argument(
            f"{what} the target of a server, such as 'grpc://host:port', not {target!r}"
        )
    return address_of(name)
