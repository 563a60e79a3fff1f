"""Clusters whose tasks are servers of either kind."""

from __future__ import annotations

from contextlib import ExitStack

from tensormill.testing.server_process import ServerProcess
from tensormill.testing.tensorflow_servers import TensorFlowServer, free_addresses

KINDS = {"tensorflow": TensorFlowServer, "tensormill": ServerProcess}


def start_cluster(stack: ExitStack, ps: str, worker: str) -> dict[str, str]:
    """Start a cluster of servers of the kinds given; return the target of each job."""
    addresses = free_addresses(2)
    cluster = {"ps": addresses[:1], "worker": addresses[1:]}
    return {
        job: stack.enter_context(KINDS[kind](cluster, job, 0)).target
        for job, kind in (("ps", ps), ("worker", worker))
    }
