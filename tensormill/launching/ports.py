"""Free ports of this machine."""

from __future__ import annotations

import errno
import random
import socket
from contextlib import ExitStack

__all__ = ["NoFreePortError", "free_addresses", "free_ports"]

LOCAL_HOST = "127.0.0.1"
# Below the ports that systems give to connections. One of those may go to a connection before the
# task that it was chosen for listens; a task that is called too early may even reach itself there.
_PORTS = range(15_000, 32_000)
_DRAWS = 1000
"""So many ports may be taken before the system is asked for one."""


class NoFreePortError(Exception):
    """The machine has no free port."""


def free_ports(count: int, host: str = LOCAL_HOST) -> list[int]:
    """Return ports that nobody listens on, each another one, drawn at random.

    Raises:
      NoFreePortError: there are not that many.
    """
    draw = random.SystemRandom()
    with ExitStack() as stack:
        ports: list[int] = []
        for _ in range(count):
            try:
                held = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
                _bind(held, host, draw)
            except OSError as error:
                raise NoFreePortError(
                    f"no free port on {host} for task {len(ports) + 1} of {count}: {error.strerror}"
                ) from error
            ports.append(int(held.getsockname()[1]))
        return ports


def _bind(held: socket.socket, host: str, draw: random.Random) -> None:
    for port in draw.sample(_PORTS, _DRAWS):
        try:
            held.bind((host, port))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
        else:
            return
    held.bind((host, 0))


def free_addresses(count: int) -> list[str]:
    """Return addresses on this machine that nobody listens at."""
    return [f"{LOCAL_HOST}:{port}" for port in free_ports(count)]
