"""The services of a server: paths on the wire, and the messages of each method.

Two are TensorFlow's; the others are known to tensormill alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tensormill.proto import (
    cluster_status_pb2,
    direct_pb2,
    feeds_pb2,
    loops_pb2,
    master_pb2,
    presence_pb2,
    worker_pb2,
)

__all__ = [
    "CLUSTER_SERVICE",
    "DIRECT_SERVICE",
    "FEED_SERVICE",
    "LOOP_SERVICE",
    "MASTER_SERVICE",
    "PRESENCE_SERVICE",
    "TRANSFER_SERVICE",
    "WORKER_SERVICE",
    "Method",
    "Service",
]


@dataclass(frozen=True, slots=True)
class Method:
    """One unary method.

    Attributes:
      name: such as "RunStep".
      path: such as "/tensorflow.MasterService/RunStep".
      request: the class of its request messages; None where a codec of `distributed` writes them.
      response: likewise.
    """

    name: str
    path: str
    request: Any
    response: Any


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """One service.

    Attributes:
      name: such as "tensorflow.MasterService".
      methods: by name.
    """

    name: str
    methods: Mapping[str, Method]


def _service(name: str, messages: Any, *methods: str) -> Service:
    return Service(
        name,
        {
            method: Method(
                method,
                f"/{name}/{method}",
                getattr(messages, f"{method}Request"),
                getattr(messages, f"{method}Response"),
            )
            for method in methods
        },
    )


MASTER_SERVICE = _service(
    "tensorflow.MasterService",
    master_pb2,
    "CreateSession",
    "ExtendSession",
    "PartialRunSetup",
    "RunStep",
    "CloseSession",
    "ListDevices",
    "Reset",
    "MakeCallable",
    "RunCallable",
    "ReleaseCallable",
)

WORKER_SERVICE = _service(
    "tensorflow.WorkerService",
    worker_pb2,
    "GetStatus",
    "CreateWorkerSession",
    "DeleteWorkerSession",
    "RegisterGraph",
    "DeregisterGraph",
    "RunGraph",
    "CleanupGraph",
    "CleanupAll",
    "RecvTensor",
    "Logging",
    "MarkRecvFinished",
)

FEED_SERVICE = _service("tensormill.FeedService", feeds_pb2, "PutFeed")

LOOP_SERVICE = _service("tensormill.LoopService", loops_pb2, "RunLoop", "StopLoop")

PRESENCE_SERVICE = _service("tensormill.PresenceService", presence_pb2, "Attend")

TRANSFER_SERVICE = Service(
    "tensormill.TransferService",
    {
        name: Method(name, f"/tensormill.TransferService/{name}", None, None)
        for name in ("Push", "RunPart")
    },
)

CLUSTER_SERVICE = _service(
    "tensormill.ClusterService",
    cluster_status_pb2,
    "TaskStatus",
    "ClusterStatus",
    "Finish",
)

DIRECT_SERVICE = _service("tensormill.DirectService", direct_pb2, "Offer")
