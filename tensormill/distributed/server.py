"""`Server`: one task of a cluster, with its master, its worker, and the port where others find it.

Source: TensorFlow 1.15, python/training/server_lib.py.
"""

from __future__ import annotations

import os
import threading
from enum import Enum
from functools import cache
from typing import Any

from tensorboard.compat.proto import config_pb2

from tensormill.distributed.in_process import forget_server, note_server, running_servers
from tensormill.distributed.limits import DEFAULT_LIMITS, ServerLimits
from tensormill.distributed.server_def import ServerDef, TaskAddress, make_server_def, own_address
from tensormill.distributed.task import Task
from tensormill.graph import errors
from tensormill.runtime.interrupts import wait_interruptibly
from tensormill.runtime.own_worker_link import OwnWorkerLink

__all__ = ["Server", "ServerDef"]

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


class _State(Enum):
    NEW = "new"
    STARTED = "started"
    STOPPED = "stopped"


class Server:
    """A task that serves sessions and does its share of the work of others.

    It listens at the host of its address in the cluster, and on no other interface.

    >>> with Server.create_local_server() as server:
    ...     server.target.startswith("grpc://localhost:")
    True
    """

    def __init__(
        self,
        server_or_cluster_def: Any,
        job_name: str | None = None,
        task_index: int | None = None,
        protocol: str | None = None,
        config: Any = None,
        start: bool = True,
        *,
        limits: ServerLimits = DEFAULT_LIMITS,
    ) -> None:
        """Bind the port of a task; with `start` also let requests in.

        Args:
          server_or_cluster_def: a ServerDef, ClusterDef, ClusterSpec, or what makes one.
          job_name: the job; may be left out where the cluster has one only.
          task_index: the task; may be left out where the job has one only.
          protocol: "grpc".
          config: a ConfigProto: the devices of the task, and defaults of its sessions.
          start: start at once.
          limits: bounds on what others may ask for.

        Raises:
          TypeError: an argument is of the wrong type.
          ValueError: the job or task is left open.
          InvalidArgumentError: the cluster has no such task, or its address no port.
          NotFoundError: there is no such protocol.
          UnknownError: the port is in use.
        """
        if config is not None and not isinstance(config, config_pb2.ConfigProto):
            raise TypeError(f"config must be a tf.ConfigProto, but got {type(config).__name__}")
        self._server_def = make_server_def(
            server_or_cluster_def, job_name, task_index, protocol, config
        )
        if self._server_def.protocol not in ("grpc", ""):
            raise errors.not_found(
                "No server factory registered for the given ServerDef: protocol "
                f'"{self._server_def.protocol}". The available server factories are: '
                "[ GRPC_SERVER ]"
            )
        self._lock = threading.RLock()
        self._state = _State.NEW  # guarded by _lock
        self._ended = threading.Event()
        asked = own_address(self._server_def)
        self._task = Task(self._server_def, asked, limits, self._ended.set)
        self._address = TaskAddress(asked.host, self._task.port)
        _watch_exit(os.getpid())
        if start:
            self.start()

    @property
    def server_def(self) -> Any:
        """The ServerDef that the server was made with."""
        return self._server_def

    @property
    def target(self) -> str:
        """What a session is given to connect to the server."""
        host = "localhost" if self._address.host in _LOOPBACK else self._address.host
        return f"grpc://{host}:{self._address.port}"

    @property
    def address(self) -> str:
        """Where the server listens: the host of the cluster, and the port that it got."""
        return str(self._address)

    @property
    def master(self) -> Any:
        """The master, for sessions of this process."""
        return self._task.master

    @property
    def task_name(self) -> str:
        """The task, such as "/job:ps/replica:0/task:0"."""
        return self._task.name

    @property
    def worker_link(self) -> OwnWorkerLink:
        """The way to the worker, for tasks of this process."""
        return self._task.own_link

    def start(self) -> None:
        """Let requests in.

        Raises:
          FailedPreconditionError: the server was stopped.
        """
        with self._lock:
            if self._state is _State.STOPPED:
                raise errors.failed_precondition(
                    "A server that was stopped cannot be started again",
                    hint="make a new tf.train.Server.",
                )
            if self._state is _State.NEW:
                self._task.start()
                note_server(self.address, self)
                self._state = _State.STARTED

    def stop(self) -> None:
        """Close the sessions, end the steps, and free the port. Idempotent."""
        with self._lock:
            if self._state is _State.STOPPED:
                return
            self._state = _State.STOPPED
        forget_server(self.address)
        self._task.close()
        self._ended.set()

    def join(self) -> None:
        """Wait until the server is stopped, or the job is over (`tensormill.finish`)."""
        wait_interruptibly(self._ended, None)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    @staticmethod
    def create_local_server(config: Any = None, start: bool = True) -> Server:
        """Return a server of a cluster of its own, with one task, on this machine.

        Args:
          config: a ConfigProto.
          start: start at once.
        """
        return Server({"localhost": ["localhost:0"]}, protocol="grpc", config=config, start=start)


@cache
def _watch_exit(process_id: int) -> None:
    """Stop the servers of the process when its program has ended, so that it can exit.

    Python calls this before it closes the pools of threads: a request that came in between would
    end the thread of gRPC that takes it, and no server could be stopped any more.
    """

    def stop_at_exit() -> None:
        if os.getpid() == process_id:  # not in a copy of it
            for server in running_servers():
                server.stop()

    # The same that `concurrent.futures` uses; what was registered last is called first.
    threading._register_atexit(stop_at_exit)  # type: ignore[attr-defined]
