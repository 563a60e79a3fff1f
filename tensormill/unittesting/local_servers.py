"""`tf.test.create_local_cluster`: servers of a cluster in the process of a test."""

from __future__ import annotations

from typing import Any

from tensormill.distributed.server import Server
from tensormill.launching.cluster import LocalAddresses

__all__ = ["create_local_cluster"]


def create_local_cluster(
    num_workers: int,
    num_ps: int,
    protocol: str = "grpc",
    worker_config: Any = None,
    ps_config: Any = None,
) -> tuple[list[Server], list[Server]]:
    """Start servers of the jobs "worker" and "ps" in this process.

    Args:
      num_workers: how many tasks the job "worker" has.
      num_ps: how many tasks the job "ps" has.
      protocol: "grpc".
      worker_config: a ConfigProto for the workers.
      ps_config: a ConfigProto for the ps.

    Returns:
      The servers of the workers, and those of the ps.
    """
    addresses = LocalAddresses.choose({"worker": num_workers, "ps": num_ps})
    servers: dict[str, list[Server]] = {"worker": [], "ps": []}
    for task in addresses.tasks():
        config = worker_config if task.job == "worker" else ps_config
        servers[task.job].append(
            Server(addresses.jobs, task.job, task.index, protocol=protocol, config=config)
        )
    return servers["worker"], servers["ps"]
