"""`LocalCluster`: a cluster on this machine, for a notebook or a test."""

from __future__ import annotations

import html
import os
import queue
import signal
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from tensorboard.compat.proto.config_pb2 import ConfigProto

from tensormill.distributed.cluster_spec import ClusterSpec
from tensormill.distributed.server import Server
from tensormill.launching.cluster import LocalAddresses, tf_config
from tensormill.launching.job import TaskName
from tensormill.launching.progress import error_of
from tensormill.launching.serve import CONFIG_VARIABLE, READY
from tensormill.launching.task_process import TaskProcess

__all__ = ["LocalCluster", "TaskNotStartedError"]

_GRACE_S = 2.0


class TaskNotStartedError(RuntimeError):
    """A task of a cluster did not start."""


class _ProcessTask:
    """A task in a process of its own."""

    def __init__(
        self, name: TaskName, addresses: LocalAddresses, config: Any, lifeline_descriptor: int
    ) -> None:
        self.name = name
        self.address = addresses.address(name)
        self.exit_code: int | None = None
        self._lines: list[str] = []
        # What happens first: a line that says that it serves, or its end.
        self._is_ready: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._process = TaskProcess(
            ["run", "-m", "tensormill.launching.serve"],
            {
                **os.environ,
                "TF_CONFIG": tf_config(addresses, name),
                CONFIG_VARIABLE: config.SerializeToString().hex(),
            },
            lifeline_descriptor,
            on_line=self._read,
            on_end=self._note_end,
            name=str(name),
        )

    def _read(self, line: str) -> None:
        self._lines.append(line)
        if line.startswith(READY):
            self._is_ready.put(True)

    def _note_end(self, exit_code: int) -> None:
        self.exit_code = exit_code
        self._is_ready.put(False)

    def wait_until_ready(self) -> None:
        """Wait until the task can be reached.

        Raises:
          TaskNotStartedError: it ended instead.
        """
        if not self._is_ready.get():
            error = "\n".join(error_of(self._lines))
            raise TaskNotStartedError(
                f"{self.name} at {self.address} ended with exit code {self.exit_code}:\n{error}"
            )

    @property
    def place(self) -> str:
        """Where it runs."""
        return f"process {self._process.pid}"

    @property
    def state(self) -> str:
        """Whether it runs."""
        return "running" if self.exit_code is None else f"ended with exit code {self.exit_code}"

    def memory_bytes(self) -> int | None:
        """Return how much memory it holds."""
        return self._process.memory_bytes() if self.exit_code is None else None

    def ask_to_stop(self) -> None:
        """Begin to stop it."""
        self._process.send(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a machine does that fails."""
        self._process.send(signal.SIGKILL)
        self._process.join()

    def stop(self) -> None:
        """Wait for its end."""
        if not self._process.join(_GRACE_S):
            self.kill()


class _InProcessTask:
    """A task in this process."""

    def __init__(self, name: TaskName, addresses: LocalAddresses, config: Any) -> None:
        self.name = name
        self.address = addresses.address(name)
        self._server = Server(addresses.jobs, name.job, name.index, config=config)
        self._is_stopped = False

    def wait_until_ready(self) -> None:
        """Return: it is ready when it is made."""

    @property
    def place(self) -> str:
        """Where it runs."""
        return "this process"

    @property
    def state(self) -> str:
        """Whether it runs."""
        return "stopped" if self._is_stopped else "running"

    def memory_bytes(self) -> int | None:
        """Return None: its memory is that of the process."""
        return None

    def ask_to_stop(self) -> None:
        """Do nothing: `stop` stops it."""

    def stop(self) -> None:
        """Stop it."""
        self._is_stopped = True
        self._server.stop()

    kill = stop


class LocalCluster:
    """A cluster of servers on this machine, which ends with the block or the process.

    >>> with LocalCluster(ps=1, workers=2, in_process=True) as cluster:
    ...     cluster.cluster_spec.jobs
    ['ps', 'worker']

    Args:
      ps: how many tasks the job "ps" has.
      workers: how many tasks the job "worker" has.
      in_process: keep the servers in this process, instead of one in a process a task.
      config: a ConfigProto for the servers.

    Raises:
      ValueError: there are no tasks.
      NoFreePortError: there are not that many free ports.
      TaskNotStartedError: a task did not start; the others are stopped again.
    """

    def __init__(
        self, ps: int = 1, workers: int = 1, *, in_process: bool = False, config: Any = None
    ) -> None:
        if ps < 0 or workers < 0 or ps + workers == 0:
            raise ValueError(f"a cluster needs tasks: ps={ps}, workers={workers}")
        settings = ConfigProto() if config is None else config
        self._addresses = LocalAddresses.choose({"ps": ps, "worker": workers})
        self._tasks: dict[TaskName, _ProcessTask | _InProcessTask] = {}
        with ExitStack() as undo:
            self._reading: int | None = None
            self._writing: int | None = None
            if not in_process:
                self._reading, self._writing = os.pipe()
            undo.callback(self.close)
            for name in self._addresses.tasks():
                self._tasks[name] = (
                    _InProcessTask(name, self._addresses, settings)
                    if self._reading is None
                    else _ProcessTask(name, self._addresses, settings, self._reading)
                )
            for task in self._tasks.values():
                task.wait_until_ready()
            undo.pop_all()

    @property
    def cluster_spec(self) -> ClusterSpec:
        """The cluster, as `tf.train.Server` and `tf.train.replica_device_setter` take it."""
        return ClusterSpec({job: list(hosts) for job, hosts in self._addresses.jobs.items()})

    @property
    def target(self) -> str:
        """What a session is given: the first worker, or the first ps where there is none."""
        return self.targets("worker" if "worker" in self._addresses.jobs else "ps")[0]

    def targets(self, job: str) -> list[str]:
        """Return what a session is given for each task of a job."""
        return [f"grpc://{address}" for address in self._addresses.jobs[job]]

    def kill(self, job: str, index: int) -> None:
        """End a task at once, as a machine that fails."""
        self._tasks[TaskName(job, index)].kill()

    def close(self) -> None:
        """Stop all tasks. Idempotent."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.ask_to_stop()
        for task in tasks:
            task.stop()
        for descriptor in (self._reading, self._writing):
            if descriptor is not None:
                os.close(descriptor)
        self._reading = self._writing = None

    def __enter__(self) -> LocalCluster:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        jobs = ", ".join(f"{job}={len(hosts)}" for job, hosts in self._addresses.jobs.items())
        return f"<LocalCluster {jobs} at {self.target}>"

    def _repr_html_(self) -> str:
        """Return a table of the tasks, for notebooks."""
        head = ("task", "address", "where", "state", "memory")
        rows = [_row("th", head)]
        for name, task in self._tasks.items():
            memory = task.memory_bytes()
            size = "" if memory is None else f"{memory / 2**20:.0f} MiB"
            rows.append(_row("td", (str(name), task.address, task.place, task.state, size)))
        return f"<table>{''.join(rows)}</table>"


def _row(tag: str, cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"
