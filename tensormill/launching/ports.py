"""Free ports of this machine."""

from __future__ import annotations

import socket
from contextlib import ExitStack

__all__ = ["NoFreePortError", "free_ports"]


class NoFreePortError(Exception):
    """The machine has no free port."""


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """Return ports that nobody listens on, each another one; the system chooses them.

    Raises:
      NoFreePortError: there are not that many.
    """
    with ExitStack() as stack:
        ports: list[int] = []
        for _ in range(count):
            try:
                held = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
                held.bind((host, 0))
            except OSError as error:
                raise NoFreePortError(
                    f"no free port on {host} for task {len(ports) + 1} of {count}: {error.strerror}"
                ) from error
            ports.append(int(held.getsockname()[1]))
        return ports
