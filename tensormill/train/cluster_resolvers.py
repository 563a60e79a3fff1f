"""Who is in a cluster, from what started the program: `tf.distribute.cluster_resolver`.

Source: TensorFlow 1.15, python/distribute/cluster_resolver.
"""

from __future__ import annotations

import json
import os
import subprocess
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from typing import Any

from tensormill.distributed.cluster_spec import ClusterSpec
from tensormill.graph.graph import Graph
from tensormill.session.session import Session

__all__ = [
    "ClusterResolver",
    "SimpleClusterResolver",
    "SlurmClusterResolver",
    "TFConfigClusterResolver",
    "UnionClusterResolver",
]


def _url(address: str, rpc_layer: str | None) -> str:
    return f"{rpc_layer}://{address}" if rpc_layer else address


class ClusterResolver(ABC):
    """Finds out the tasks of a cluster, and how to reach one of them."""

    @abstractmethod
    def cluster_spec(self) -> ClusterSpec:
        """Return the tasks as they are now."""

    @abstractmethod
    def master(
        self,
        task_type: str | None = None,
        task_id: int | None = None,
        rpc_layer: str | None = None,
    ) -> str:
        """Return the target of sessions on a task.

        Args:
          task_type: its job; the resolver's own choice where this or `task_id` is None.
          task_id: its number.
          rpc_layer: the protocol, "grpc".
        """

    def num_accelerators(
        self,
        task_type: str | None = None,
        task_id: int | None = None,
        config_proto: Any = None,
    ) -> Mapping[str, int]:
        """Return how many devices of each type a task has, or the cluster where none is named.

        Args:
          task_type: its job.
          task_id: its number.
          config_proto: settings of the session that asks.
        """
        with (
            Graph().as_default(),
            Session(self.master(task_type, task_id), config=config_proto) as s,
        ):
            devices = s.list_devices()
        if task_type is not None and task_id is not None:
            place = (f"/job:{task_type}", f"/task:{task_id}")
            devices = [d for d in devices if all(part in d.name for part in place)]
        return Counter(device.device_type for device in devices)

    @property
    def environment(self) -> str | None:
        """What kind of place the program runs in; empty for an ordinary machine."""
        return ""


class SimpleClusterResolver(ClusterResolver):
    """Says what it was told."""

    def __init__(
        self,
        cluster_spec: ClusterSpec,
        master: str = "",
        task_type: str | None = None,
        task_id: int | None = None,
        environment: str = "",
        num_accelerators: Mapping[str, int] | None = None,
        rpc_layer: str | None = None,
    ) -> None:
        """Take the facts.

        Args:
          cluster_spec: the tasks.
          master: the address of the task for sessions.
          task_type: the job of this task.
          task_id: its number.
          environment: see `ClusterResolver`.
          num_accelerators: by type of device how many a task has.
          rpc_layer: the protocol, "grpc".

        Raises:
          TypeError: `cluster_spec` is no ClusterSpec, or `master` no text.
        """
        if not isinstance(cluster_spec, ClusterSpec):
            raise TypeError("cluster_spec must be a ClusterSpec.")
        if not isinstance(master, str):
            raise TypeError("master must be a string.")
        self._cluster_spec = cluster_spec
        self._master = master
        self.task_type = task_type
        self.task_id = task_id
        self._environment = environment
        self._num_accelerators = num_accelerators
        self.rpc_layer = rpc_layer

    def cluster_spec(self) -> ClusterSpec:
        """Return the tasks."""
        return self._cluster_spec

    def master(
        self,
        task_type: str | None = None,
        task_id: int | None = None,
        rpc_layer: str | None = None,
    ) -> str:
        """Return the target of sessions on a task, or on the master."""
        address = self._master
        if task_type is not None and task_id is not None:
            address = self._cluster_spec.task_address(task_type, task_id)
        return _url(address, rpc_layer or self.rpc_layer)

    def num_accelerators(
        self,
        task_type: str | None = None,
        task_id: int | None = None,
        config_proto: Any = None,
    ) -> Mapping[str, int]:
        """Return what was told; no task is asked."""
        return {} if self._num_accelerators is None else self._num_accelerators

    @property
    def environment(self) -> str:
        """What was told."""
        return self._environment


class UnionClusterResolver(ClusterResolver):
    """Joins the tasks of several resolvers; the first one says what concerns this task."""

    def __init__(self, *args: ClusterResolver, **kwargs: Any) -> None:
        """Take resolvers, and by keyword `rpc_layer`, `task_type` and `task_id`.

        Raises:
          ValueError: there is no resolver, or another keyword.
          TypeError: something is no resolver.
        """
        self._rpc_layer = kwargs.pop("rpc_layer", None)
        self._task_type = kwargs.pop("task_type", None)
        self._task_id = kwargs.pop("task_id", None)
        if kwargs:
            raise ValueError(f"Unexpected kwargs provided {kwargs!r}")
        if not args:
            raise ValueError("At least one ClusterResolver is required.")
        if not all(isinstance(resolver, ClusterResolver) for resolver in args):
            raise TypeError("All arguments must be a sub-class of `ClusterResolver.`")
        self._cluster_resolvers = args

    def cluster_spec(self) -> ClusterSpec:
        """Return all tasks.

        Raises:
          KeyError: two resolvers have the same numbered task.
        """
        parts = [resolver.cluster_spec().as_dict() for resolver in self._cluster_resolvers]
        jobs = dict.fromkeys(job for part in parts for job in part)
        return ClusterSpec(
            {job: _joined([part[job] for part in parts if job in part]) for job in jobs}
        )

    def master(
        self,
        task_type: str | None = None,
        task_id: int | None = None,
        rpc_layer: str | None = None,
    ) -> str:
        """Return the target of sessions on a task, or on the first resolver's master."""
        if task_type is not None and task_id is not None:
            address = self.cluster_spec().task_address(task_type, task_id)
            return _url(address, rpc_layer or self._rpc_layer)
        return self._cluster_resolvers[0].master(rpc_layer=rpc_layer)

    def num_accelerators(
        self,
        task_type: str | None = None,
        task_id: int | None = None,
        config_proto: Any = None,
    ) -> Mapping[str, int]:
        """Return what the first resolver says."""
        return self._cluster_resolvers[0].num_accelerators(task_type, task_id, config_proto)

    def _own(self, name: str) -> Any:
        """Return what was set here, else what the first resolver says."""
        return getattr(self, f"_{name}") or getattr(self._cluster_resolvers[0], name)

    @property
    def task_type(self) -> Any:
        """The job of this task."""
        return self._own("task_type")

    @task_type.setter
    def task_type(self, task_type: str) -> None:
        self._task_type = task_type

    @property
    def task_id(self) -> Any:
        """The number of this task."""
        return self._own("task_id")

    @task_id.setter
    def task_id(self, task_id: int) -> None:
        self._task_id = task_id

    @property
    def rpc_layer(self) -> Any:
        """The protocol."""
        return self._own("rpc_layer")

    @rpc_layer.setter
    def rpc_layer(self, rpc_layer: str) -> None:
        self._rpc_layer = rpc_layer

    @property
    def environment(self) -> str | None:
        """That of the first resolver."""
        return self._cluster_resolvers[0].environment


def _joined(parts: list[Any]) -> Any:
    """Return the tasks of one job: a list where all parts are lists, else by number."""
    if all(isinstance(part, list) for part in parts):
        return [address for part in parts for address in part]
    tasks: dict[int, str] = {}
    for part in parts:
        numbered = dict(enumerate(part)) if isinstance(part, list) else part
        twice = tasks.keys() & numbered.keys()
        if twice:
            raise KeyError(f"Duplicate keys detected when merging two ClusterSpecs: {twice!r}")
        tasks.update(numbered)
    return tasks


class TFConfigClusterResolver(ClusterResolver):
    """Reads the environment variable TF_CONFIG, each time that it is asked."""

    def __init__(
        self,
        task_type: str | None = None,
        task_id: int | None = None,
        rpc_layer: str | None = None,
        environment: str | None = None,
    ) -> None:
        """Say what is to hold whatever the variable says; see `SimpleClusterResolver`."""
        self._task_type = task_type
        self._task_id = task_id
        self._rpc_layer = rpc_layer
        self._environment = environment

    @staticmethod
    def _told(key: str) -> Any:
        return json.loads(os.environ.get("TF_CONFIG", "{}")).get(key)

    @property
    def task_type(self) -> str | None:
        """The job of this task."""
        if self._task_type is not None:
            return str(self._task_type)
        told = (self._told("task") or {}).get("type")
        return None if told is None else str(told)

    @task_type.setter
    def task_type(self, task_type: str | None) -> None:
        self._task_type = task_type

    @property
    def task_id(self) -> int | None:
        """The number of this task."""
        if self._task_type is not None and self._task_id is not None:
            return int(self._task_id)
        told = (self._told("task") or {}).get("index")
        return None if told is None else int(told)

    @task_id.setter
    def task_id(self, task_id: int | None) -> None:
        self._task_id = task_id

    @property
    def rpc_layer(self) -> Any:
        """The protocol."""
        return self._told("rpc_layer") if self._rpc_layer is None else self._rpc_layer

    @rpc_layer.setter
    def rpc_layer(self, rpc_layer: str | None) -> None:
        self._rpc_layer = rpc_layer

    @property
    def environment(self) -> str | None:
        """What was told."""
        return self._environment

    def cluster_spec(self) -> ClusterSpec:
        """Return the tasks; none where the variable names none."""
        return ClusterSpec(self._told("cluster") or {})

    def master(
        self,
        task_type: str | None = None,
        task_id: int | None = None,
        rpc_layer: str | None = None,
    ) -> str:
        """Return the target of sessions: the one that is set, "" for a single task, else a task."""
        told = self._told("session_master")
        if told is not None:
            return str(told)
        spec = self.cluster_spec()
        if sum(spec.num_tasks(job) for job in spec.jobs) <= 1:
            return ""
        task_type = self.task_type if task_type is None else task_type
        task_id = self.task_id if task_id is None else task_id
        return _url(spec.task_address(task_type, task_id), self.rpc_layer)  # type: ignore[arg-type]

    def num_accelerators(
        self,
        task_type: str | None = None,
        task_id: int | None = None,
        config_proto: Any = None,
    ) -> Mapping[str, int]:
        """Return how many devices of each type a task has; this one where none is named."""
        return super().num_accelerators(
            self.task_type if task_type is None else task_type,
            self.task_id if task_id is None else task_id,
            config_proto,
        )


class SlurmClusterResolver(ClusterResolver):
    """Spreads jobs over the tasks that Slurm, or mpirun within it, has started."""

    def __init__(
        self,
        jobs: Mapping[str, int],
        port_base: int = 8888,
        gpus_per_node: int = 1,
        gpus_per_task: int = 1,
        tasks_per_node: int | None = None,
        auto_set_gpu: bool = True,
        rpc_layer: str = "grpc",
    ) -> None:
        """Read the environment of the task.

        Args:
          jobs: by job how many tasks it has.
          port_base: the port of the first task of each host.
          gpus_per_node: how many GPUs a host has.
          gpus_per_task: how many of them a task gets.
          tasks_per_node: how many tasks a host has; by default what Slurm says.
          auto_set_gpu: hide the GPUs of the other tasks by CUDA_VISIBLE_DEVICES.
          rpc_layer: the protocol.

        Raises:
          RuntimeError: the tasks are not those that were started, or have not enough GPUs, or the
            number of tasks of a host is not known.
        """
        names = ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE")
        if names[0] not in os.environ:
            names = ("SLURM_PROCID", "SLURM_NTASKS")
        self._rank, started = (int(os.environ[name]) for name in names)
        self._jobs = dict(sorted(jobs.items()))
        self._port_base = port_base
        if tasks_per_node is None:
            told = os.environ.get("SLURM_NTASKS_PER_NODE")
            if told is None:
                raise RuntimeError("Neither `tasks_per_node` or SLURM_NTASKS_PER_NODE is set.")
            tasks_per_node = int(told)
        self._tasks_per_node = tasks_per_node
        self._gpus_per_node = gpus_per_node
        self._gpus_per_task = gpus_per_task
        self._auto_set_gpu = auto_set_gpu
        self.task_type: str | None = None
        self.task_id: int | None = None
        self.rpc_layer = rpc_layer
        if tasks_per_node * gpus_per_task > gpus_per_node:
            raise RuntimeError("Requested more GPUs per node then available.")
        if sum(self._jobs.values()) != started:
            raise RuntimeError("Requested more tasks then assigned tasks.")

    def _resolve_hostnames(self) -> list[str]:
        """Return the hosts that Slurm has given to the program."""
        told = subprocess.check_output(["scontrol", "show", "hostname"])
        return told.decode().strip().split("\n")

    def cluster_spec(self) -> ClusterSpec:
        """Return the tasks, note which one this is, and hide the GPUs of the others."""
        places = [
            (f"{host}:{self._port_base + number}", number * self._gpus_per_task)
            for host in self._resolve_hostnames()
            for number in range(self._tasks_per_node)
        ]
        jobs: dict[str, list[str]] = {}
        start = 0
        for job, count in self._jobs.items():
            jobs[job] = [address for address, _ in places[start : start + count]]
            if start <= self._rank < start + count:
                self.task_type, self.task_id = job, self._rank - start
            start += count
        if self._auto_set_gpu:
            first = places[self._rank][1]
            own = range(first, first + self._gpus_per_task)
            os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(map(str, own))
        return ClusterSpec(jobs)

    def get_task_info(self) -> tuple[str | None, int | None]:
        """Return job and number of this task, once `cluster_spec` has been called."""
        return self.task_type, self.task_id

    def master(
        self,
        task_type: str | None = None,
        task_id: int | None = None,
        rpc_layer: str | None = None,
    ) -> str:
        """Return the target of sessions on a task, by default this one; "" where it is unknown."""
        task_type = self.task_type if task_type is None else task_type
        task_id = self.task_id if task_id is None else task_id
        if task_type is None or task_id is None:
            return ""
        address = self.cluster_spec().task_address(task_type, task_id)
        return _url(address, rpc_layer or self.rpc_layer)

    def num_accelerators(
        self,
        task_type: str | None = None,
        task_id: int | None = None,
        config_proto: Any = None,
    ) -> Mapping[str, int]:
        """Return how many GPUs a host has; no task is asked."""
        return {"GPU": self._gpus_per_node}
