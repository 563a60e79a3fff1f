"""`finish`: the end of a job, told to all its tasks."""

from __future__ import annotations

from tensormill.distributed.cluster_client import call_cluster_service
from tensormill.distributed.targets import server_address
from tensormill.graph import tf_logging
from tensormill.proto import cluster_status_pb2

__all__ = ["finish"]

_TIMEOUT_S = 20.0


def finish(target: str, timeout_s: float = _TIMEOUT_S) -> list[str]:
    """Say that the job is over: `join()` returns on every task of the cluster.

    Args:
      target: a server of the cluster, such as "grpc://host:port".
      timeout_s: how long to wait for the server.

    Returns:
      The tasks that could not be told, each with the reason; the log says them, too.

    Raises:
      InvalidArgumentError: it is no such target.
      OpError: the server cannot be reached, or is none of tensormill's.

    >>> from tensormill.distributed.server import Server
    >>> with Server.create_local_server() as server:
    ...     finish(server.target)
    ...     server.join()
    []
    """
    response = call_cluster_service(
        server_address(target, "finish() takes"),
        "Finish",
        cluster_status_pb2.FinishRequest(),
        timeout_s,
    )
    untold = [f"{report.task} at {report.address}: {report.problem}" for report in response.untold]
    for line in untold:
        tf_logging.warning("The end of the job could not be told to %s", line)
    return untold
