"""`Task`: the parts of a server put together: devices, worker, master, services, threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.distributed.call import Peer
from tensormill.distributed.cluster_service import SLOW_CLUSTER_METHODS, ClusterService
from tensormill.distributed.direct_listener import DirectListener
from tensormill.distributed.grpc_cluster import GrpcCluster
from tensormill.distributed.limits import ServerLimits
from tensormill.distributed.loop_service import SLOW_LOOP_METHODS, LoopService
from tensormill.distributed.master_service import SLOW_MASTER_METHODS, MasterService
from tensormill.distributed.rpc_server import RpcServer
from tensormill.distributed.server_def import TaskAddress, task_addresses
from tensormill.distributed.server_threads import ServerThreads
from tensormill.distributed.stored_feeds import FeedService
from tensormill.distributed.transfer_service import TransferService
from tensormill.distributed.worker_service import SLOW_WORKER_METHODS, WorkerService
from tensormill.proto.services import (
    CLUSTER_SERVICE,
    DIRECT_SERVICE,
    FEED_SERVICE,
    LOOP_SERVICE,
    MASTER_SERVICE,
    PRESENCE_SERVICE,
    TRANSFER_SERVICE,
    WORKER_SERVICE,
)
from tensormill.runtime.devices import local_devices
from tensormill.runtime.master import Master
from tensormill.runtime.own_worker_link import OwnWorkerLink
from tensormill.runtime.worker import Worker

__all__ = ["Task"]


class Task:
    """One task of a cluster, listening.

    Attributes:
      name: such as "/job:ps/replica:0/task:0".
      port: where it listens.
      master: the master.
      own_link: the way to the worker.
    """

    def __init__(
        self,
        server_def: Any,
        address: TaskAddress,
        limits: ServerLimits,
        on_finish: Callable[[], None],
    ) -> None:
        """Bind the port.

        Args:
          server_def: which task of which cluster.
          address: where to listen.
          limits: bounds on what others may ask for.
          on_finish: called when the job is over.

        Raises:
          UnknownError: the port is in use.
        """
        self.name = f"/job:{server_def.job_name}/replica:0/task:{server_def.task_index}"
        self._threads = ServerThreads(self.name, limits)
        worker = Worker(
            self.name,
            local_devices(self.name, server_def.default_session_config),
            self._threads,
        )
        self.own_link = OwnWorkerLink(worker)
        self._transfers = transfers = TransferService(worker.rendezvous)
        self._cluster = GrpcCluster(self.name, server_def.cluster, self._threads, transfers.deliver)
        worker.ways_elsewhere = self._cluster.ways_elsewhere
        self.master = Master(
            worker, self.own_link, self._cluster, server_def.default_session_config
        )
        self._worker_service = WorkerService(
            worker, self.own_link, limits, self._cluster.way_to, self._threads.wait
        )
        self._master_service = MasterService(self.master, limits, self._threads.wait)
        self._loops = LoopService(self._master_service.find_session, self._threads.submit)
        feeds = FeedService(lambda *use: self._master_service.find_session(*use).stored_feeds)
        self._cluster_service = ClusterService(
            self.name, task_addresses(server_def.cluster), self.master, on_finish
        )
        handlers = {
            MASTER_SERVICE: self._master_service.handlers(),
            WORKER_SERVICE: self._worker_service.handlers(),
            TRANSFER_SERVICE: {
                **transfers.handlers(),
                **self._worker_service.transfer_handlers(),
            },
            FEED_SERVICE: feeds.handlers(),
            LOOP_SERVICE: self._loops.handlers(),
            PRESENCE_SERVICE: self._master_service.presence_handlers(),
            CLUSTER_SERVICE: self._cluster_service.handlers(),
        }
        slow = SLOW_MASTER_METHODS | SLOW_WORKER_METHODS | SLOW_LOOP_METHODS | SLOW_CLUSTER_METHODS
        self._direct = DirectListener(
            address.host,
            handlers,
            slow,
            self._threads,
            limits,
            self.name,
            self._client_gone,
        )
        try:
            self._rpc = RpcServer(
                str(address),
                {**handlers, DIRECT_SERVICE: self._direct.handlers()},
                slow,
                self._threads,
                limits,
            )
        except BaseException:
            self._direct.close()
            self._threads.close()
            raise
        self.port = self._rpc.port
        self._cluster.note_own_address(f"{address.host}:{self.port}")
        self._cluster_service.note_address(f"{address.host}:{self.port}")

    def _client_gone(self, peer: Peer) -> None:
        self._transfers.sender_gone(peer)
        self._master_service.client_gone(peer)

    def start(self) -> None:
        """Let requests in."""
        self._direct.start()
        self._rpc.start()

    def close(self) -> None:
        """Close the sessions, end the calls, free the port, end the threads."""
        self.master.cancellation.cancel(f"The server of task {self.name} was stopped.")
        ended = self._rpc.refuse()
        self._worker_service.masters.close()
        self._master_service.close()
        self.master.close_sessions()
        self.own_link.close()
        self._direct.close()
        ended.wait()
        self._cluster.close()
        self._threads.close()
