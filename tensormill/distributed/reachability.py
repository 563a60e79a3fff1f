"""Why a server cannot be reached, found out by trying."""

from __future__ import annotations

import socket

__all__ = ["REFUSED", "split_address", "why_unreachable"]

_PATIENCE_S = 1.0
REFUSED = "connection refused, nothing listens there"


def split_address(address: str) -> tuple[str, int]:
    """Return host and port of "host:port" or "[host]:port".

    Raises:
      ValueError: it is not of that form.
    """
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f"{address!r} is not of the form host:port")
    return host.removeprefix("[").removesuffix("]"), int(port)


def why_unreachable(address: str, timeout_s: float = _PATIENCE_S) -> str | None:
    """Return why nothing can be reached at an address, or None where something listens there.

    Args:
      address: "host:port".
      timeout_s: how long to try.
    """
    try:
        host, port = split_address(address)
    except ValueError as error:
        return str(error)
    try:
        with socket.create_connection((host, port), timeout_s):
            return None
    except socket.gaierror as error:
        return f"the name {host!r} is unknown ({error.strerror})"
    except ConnectionRefusedError:
        return REFUSED
    except TimeoutError:
        return "no answer"
    except OSError as error:
        return error.strerror or str(error)
