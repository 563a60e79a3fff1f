"""ServerDefs: what a server is started with, from all that users may give.

Source: TensorFlow 1.15, python/training/server_lib.py and core/distributed_runtime/rpc.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError

from tensormill.distributed.cluster_spec import ClusterSpec
from tensormill.graph import errors
from tensormill.proto.tensorflow_server_pb2 import ServerDef

__all__ = ["ServerDef", "TaskAddress", "make_server_def", "own_address", "task_addresses"]


@dataclass(frozen=True, slots=True)
class TaskAddress:
    """Where a task listens.

    Attributes:
      host: a name or number; IPv6 numbers stand in brackets.
      port: the port; 0 for any.
    """

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, text: str, what: str) -> TaskAddress:
        """Read an address such as "host:2222".

        Raises:
          InvalidArgumentError: it has no port.
        """
        host, colon, port = text.rpartition(":")
        if not colon or not host or not port.isdecimal() or int(port) > 0xFFFF:
            raise errors.invalid_argument(
                f'Could not parse port for {what} from "{text}"',
                hint="an address is a host and a port, such as '10.0.0.1:2222'.",
            )
        return cls(host, int(port))


def make_server_def(
    server_or_cluster_def: Any,
    job_name: str | None,
    task_index: int | None,
    protocol: str | None,
    config: Any,
) -> Any:
    """Return the ServerDef that the arguments of `Server` say.

    Raises:
      TypeError: `server_or_cluster_def` is none of the types that say a cluster.
      ValueError: the job or task is left open.
    """
    given = _as_server_def(server_or_cluster_def)
    made = ServerDef()
    if given is not None:
        made.CopyFrom(given)
    else:
        _fill_cluster(made, server_or_cluster_def, job_name, task_index)
    if job_name is not None:
        made.job_name = job_name
    if task_index is not None:
        made.task_index = task_index
    if protocol is not None:
        made.protocol = protocol
    elif given is None:
        made.protocol = "grpc"
    if config is not None:
        made.default_session_config.MergeFrom(config)
    return made


def _as_server_def(value: Any) -> Any:
    if isinstance(value, ServerDef):
        return value
    descriptor = getattr(value, "DESCRIPTOR", None)
    if descriptor is None or descriptor.name != "ServerDef":
        return None
    try:
        return ServerDef.FromString(value.SerializeToString())
    except DecodeError:
        return None


def _fill_cluster(made: Any, cluster: Any, job_name: str | None, task_index: int | None) -> None:
    try:
        spec = ClusterSpec(cluster)
    except TypeError as error:
        raise TypeError(
            "Could not convert `server_or_cluster_def` to a `tf.train.ServerDef` or "
            "`tf.train.ClusterSpec`."
        ) from error
    made.cluster.CopyFrom(spec.as_cluster_def())
    if job_name is None:
        if len(spec.jobs) != 1:
            raise ValueError("Must specify an explicit `job_name`.")
        made.job_name = spec.jobs[0]
    else:
        made.job_name = job_name
    if task_index is None:
        indices = spec.task_indices(made.job_name)
        if len(indices) != 1:
            raise ValueError("Must specify an explicit `task_index`.")
        made.task_index = indices[0]


def own_address(server_def: Any) -> TaskAddress:
    """Return where the server of a ServerDef listens.

    Raises:
      InvalidArgumentError: the cluster has no such task, or its address has no port.
    """
    for job in server_def.cluster.job:
        if job.name == server_def.job_name:
            if server_def.task_index not in job.tasks:
                raise errors.invalid_argument(
                    f'Task {server_def.task_index} was not defined in job "{job.name}"',
                    hint=f"the job has the tasks {sorted(job.tasks)}.",
                )
            text = job.tasks[server_def.task_index]
            found = TaskAddress.parse(text, "local server")
            return TaskAddress(found.host, server_def.port or found.port)
    raise errors.invalid_argument(
        f'Job "{server_def.job_name}" was not defined in cluster',
        hint=f"the jobs are {sorted(job.name for job in server_def.cluster.job)}.",
    )


def task_addresses(cluster_def: Any) -> dict[str, str]:
    """Return the address of each task by its name, "/job:ps/replica:0/task:0".

    Raises:
      InvalidArgumentError: an address has no port.
    """
    found = {}
    for job in cluster_def.job:
        for index, text in sorted(job.tasks.items()):
            name = f"/job:{job.name}/replica:0/task:{index}"
            found[name] = str(TaskAddress.parse(text, f"task {name}"))
    return found
