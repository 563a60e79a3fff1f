"""Where the tasks of a cluster on this machine are, and how a program of each is told."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tensormill.launching.job import TaskName
from tensormill.launching.ports import LOCAL_HOST, free_ports

__all__ = ["LocalAddresses", "flags_for", "flags_that", "tf_config"]


@dataclass(frozen=True)
class LocalAddresses:
    """The addresses of a cluster: job -> addresses of its tasks."""

    jobs: Mapping[str, tuple[str, ...]]

    @classmethod
    def choose(cls, sizes: Mapping[str, int]) -> LocalAddresses:
        """Choose a free port for each task.

        Args:
          sizes: job -> number of tasks; jobs without tasks are left out.

        Raises:
          NoFreePortError: there are not that many.
        """
        ports = iter(free_ports(sum(sizes.values()), LOCAL_HOST))
        return cls(
            {
                job: tuple(f"{LOCAL_HOST}:{next(ports)}" for _ in range(size))
                for job, size in sizes.items()
                if size
            }
        )

    def tasks(self) -> tuple[TaskName, ...]:
        """Return the tasks in the order of their jobs."""
        return tuple(
            TaskName(job, index)
            for job, addresses in self.jobs.items()
            for index in range(len(addresses))
        )

    def address(self, task: TaskName) -> str:
        """Return where a task listens."""
        return self.jobs[task.job][task.index]


def tf_config(addresses: LocalAddresses, task: TaskName) -> str:
    """Return the value of TF_CONFIG that tells a task its place."""
    cluster = {job: list(hosts) for job, hosts in addresses.jobs.items()}
    return json.dumps({"cluster": cluster, "task": {"type": task.job, "index": task.index}})


def flags_for(addresses: LocalAddresses, task: TaskName) -> dict[str, str]:
    """Return the flags that tell a task its place, in the manner of TensorFlow's own examples."""
    hosts = {f"{job}_hosts": ",".join(hosts) for job, hosts in addresses.jobs.items()}
    return {"job_name": task.job, "task_index": str(task.index), **hosts}


def flags_that(program: Path, names: Sequence[str]) -> set[str]:
    """Return which of some flags a program defines: by absl, TensorFlow or argparse.

    A program that is not Python defines none; Python complains when it runs.
    """
    try:
        tree = ast.parse(program.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return set()
    defined: set[str] = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if function == "add_argument" or function.startswith("DEFINE_"):
            given = [*node.args, *(word.value for word in node.keywords)]
            defined.update(
                arg.value.lstrip("-").replace("-", "_")
                for arg in given
                if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
            )
    return defined.intersection(names)
