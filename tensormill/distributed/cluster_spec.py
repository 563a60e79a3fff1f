"""`ClusterSpec`: the tasks of a cluster by job, with their addresses.

Source: TensorFlow 1.15, python/training/server_lib.py.
"""

from __future__ import annotations

from typing import Any

from tensorboard.compat.proto.cluster_pb2 import ClusterDef, JobDef

__all__ = ["ClusterDef", "ClusterSpec", "JobDef"]


class ClusterSpec:
    """Jobs, each with its tasks and their network addresses.

    >>> cluster = ClusterSpec({"ps": ["host0:2222"], "worker": {1: "host2:2222"}})
    >>> cluster.num_tasks("worker"), cluster.task_indices("worker")
    (1, [1])
    """

    def __init__(self, cluster: Any) -> None:
        """Read a cluster.

        Args:
          cluster: a dict from job name to a list of addresses, or to a dict from task index to
            address; a ClusterDef message; or a ClusterSpec.

        Raises:
          TypeError: it is none of these, or a job name or address is not a text.
        """
        self._jobs: dict[str, dict[int, str]]
        if isinstance(cluster, ClusterSpec):
            self._jobs = {job: dict(tasks) for job, tasks in cluster._jobs.items()}
        elif isinstance(cluster, dict):
            self._jobs = {_as_text(job, "Job name"): _tasks(job, t) for job, t in cluster.items()}
        elif isinstance(cluster, ClusterDef):
            self._jobs = {job.name: dict(job.tasks) for job in cluster.job}
        else:
            raise TypeError(
                "`cluster` must be a dictionary mapping one or more job names to lists of network "
                "addresses, or a `ClusterDef` protocol buffer"
            )

    @property
    def jobs(self) -> list[str]:
        """The names of the jobs."""
        return list(self._jobs)

    def num_tasks(self, job_name: str) -> int:
        """Return the number of tasks of a job.

        Raises:
          ValueError: there is no such job.
        """
        return len(self._job(job_name))

    def task_indices(self, job_name: str) -> list[int]:
        """Return the indices of the tasks of a job, in order.

        Raises:
          ValueError: there is no such job.
        """
        return sorted(self._job(job_name))

    def task_address(self, job_name: str, task_index: int) -> str:
        """Return the address of a task.

        Raises:
          ValueError: there is no such job or task.
        """
        tasks = self._job(job_name)
        if task_index not in tasks:
            raise ValueError(f"No task with index {task_index!r} in job {job_name!r}")
        return tasks[task_index]

    def job_tasks(self, job_name: str) -> list[str | None]:
        """Return the addresses of a job by task index, None where an index is left out.

        Raises:
          ValueError: there is no such job.
        """
        tasks = self._job(job_name)
        return [tasks.get(index) for index in range(max(tasks, default=-1) + 1)]

    def as_dict(self) -> dict[str, Any]:
        """Return the cluster as a dict: a list for each job, a dict where indices are left out."""
        return {
            job: {} if not tasks else self._dense(job) or {i: tasks[i] for i in sorted(tasks)}
            for job, tasks in self._jobs.items()
        }

    def as_cluster_def(self) -> Any:
        """Return the cluster as a ClusterDef message, the jobs in the order of their names."""
        cluster_def = ClusterDef()
        for job_name, tasks in sorted(self._jobs.items()):
            job = cluster_def.job.add(name=job_name)
            for index, address in sorted(tasks.items()):
                job.tasks[index] = address
        return cluster_def

    def _dense(self, job_name: str) -> list[str | None] | None:
        addresses = self.job_tasks(job_name)
        return None if None in addresses else addresses

    def _job(self, job_name: str) -> dict[int, str]:
        if job_name not in self._jobs:
            raise ValueError(f"No such job in cluster: {job_name!r}")
        return self._jobs[job_name]

    def __bool__(self) -> bool:
        return bool(self._jobs)

    def __eq__(self, other: object) -> bool:
        return self._jobs == (other._jobs if isinstance(other, ClusterSpec) else other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        jobs = self.as_dict()
        return f"ClusterSpec({{{', '.join(f'{job!r}: {jobs[job]!r}' for job in sorted(jobs))}}})"


def _tasks(job: Any, tasks: Any) -> dict[int, str]:
    if isinstance(tasks, (list, tuple)):
        numbered = dict(enumerate(tasks))
    elif isinstance(tasks, dict):
        numbered = {int(index): task for index, task in tasks.items()}
    else:
        raise TypeError(
            f"The tasks for job {job!r} must be a list or a dictionary from integers to strings."
        )
    return {index: _as_text(task, "Task address") for index, task in numbered.items()}


def _as_text(value: Any, what: str) -> str:
    if isinstance(value, bytes):
        return value.decode()
    if not isinstance(value, str):
        raise TypeError(f"{what} {value!r} must be bytes or unicode")
    return value
