"""`GrpcCluster`: the ways from a task to all others, each made when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from tensormill.distributed.channels import may_call_directly
from tensormill.distributed.cluster_client import ask_tasks, describe_report
from tensormill.distributed.grpc_worker_link import Deliver, GrpcWorkerLink
from tensormill.distributed.in_process import address_key, find_server
from tensormill.distributed.in_process_worker_link import InProcessWorkerLink
from tensormill.distributed.server_def import ServerDef, task_addresses
from tensormill.distributed.server_threads import ServerThreads
from tensormill.graph import errors
from tensormill.graph.device_names import parse_device_name
from tensormill.runtime.device_filters import is_wanted
from tensormill.runtime.rendezvous import KeyedValue, Receiver
from tensormill.runtime.step_rendezvous import WaysElsewhere
from tensormill.runtime.worker_link import Cancel, WorkerLink

__all__ = ["GrpcCluster"]

_DESCRIBE_S = 1.0


class GrpcCluster:
    """The other tasks of a cluster, and of those that sessions bring with them."""

    def __init__(
        self, own_task: str, cluster_def: Any, threads: ServerThreads, deliver: Deliver
    ) -> None:
        """Open no connection yet.

        Args:
          own_task: the task that the ways begin at.
          cluster_def: the ClusterDef.
          threads: where answers are read.
          deliver: hands values that came with an answer to the own worker.

        Raises:
          InvalidArgumentError: an address has no port.
        """
        self._own_task = own_task
        self._addresses = task_addresses(cluster_def)
        self._own_address = ""
        self._threads = threads
        self._deliver = deliver
        self._lock = threading.Lock()
        self._links: dict[tuple[str, str, bool], WorkerLink] = {}  # guarded by _lock

    def links(self, config: Any) -> Mapping[str, WorkerLink]:
        """Return the ways to the other tasks that a session with this ConfigProto may use."""
        addresses, own_task, renames = self._addresses, self._own_task, False
        filters: list[str] = []
        if config is not None:
            filters = list(config.device_filters)
            if config.cluster_def.job:
                addresses, renames = task_addresses(config.cluster_def), True
                own_task = self.own_task(config.cluster_def)
        return {
            task: self._link(task, address, renames)
            for task, address in addresses.items()
            if task != own_task and is_wanted(task, filters)
        }

    def way_to(self, task: str) -> tuple[WorkerLink, str] | None:
        """Return the way to another task and its address; None where there is no such task."""
        address = self._addresses.get(task)
        if address is None or task == self._own_task:
            return None
        return self._link(task, address, False), address

    def note_own_address(self, address: str) -> None:
        """Say where the own task listens."""
        self._own_address = address

    def own_task(self, cluster_def: Any) -> str:
        """Return what the own task is called in a cluster that a session brings with it.

        Raises:
          InvalidArgumentError: it is not in there, or more than once.
        """
        own = address_key(self._own_address)
        addresses = task_addresses(cluster_def)
        found = [task for task, address in addresses.items() if address_key(address) == own]
        if len(found) > 1:
            raise errors.invalid_argument(
                "Found multiple matching tasks that correspond to to the master. Master target: "
                f"'grpc://{self._own_address}'. ClusterDef: {cluster_def}"
            )
        if found:
            return found[0]
        if self._own_task in addresses:
            return self._own_task
        raise errors.invalid_argument(
            f"The cluster_def of the session has no task at grpc://{self._own_address}, where its "
            "master is",
            hint="name the server that the session connects to in the cluster.",
        )

    def describe(self, tasks: Sequence[str]) -> list[str]:
        """Return for tasks where they are, and why they do not answer; takes a second at most."""
        with self._lock:
            known = {task: address for task, address, _ in self._links if task in tasks}
        return [describe_report(report) for report in ask_tasks(known, _DESCRIBE_S)]

    def ways_elsewhere(self, cluster_def: Any) -> WaysElsewhere:
        """Return the ways to other tasks, for values.

        Args:
          cluster_def: the ClusterDef of a session; None for the own one.
        """
        has_own = cluster_def is not None and cluster_def.job
        addresses = task_addresses(cluster_def) if has_own else self._addresses
        return _Ways(addresses, partial(self._link, renames=bool(has_own)))

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            links = list(self._links.values())
            self._links.clear()
        for link in links:
            link.close()

    def _link(self, task: str, address: str, renames: bool) -> WorkerLink:
        key = (task, address, renames)
        known = self._links.get(key)
        if type(known) is GrpcWorkerLink:
            return known
        with self._lock:
            found = self._links.get(key)
            if found is None or (isinstance(found, InProcessWorkerLink) and found.is_over):
                found = self._links[key] = self._new_link(task, address, renames)
            return found

    def _new_link(self, task: str, address: str, renames: bool) -> WorkerLink:
        server = find_server(address) if may_call_directly() else None
        if server is not None and (renames or server.task_name == task):
            return InProcessWorkerLink(
                task, server.worker_link, lambda: find_server(address) is server, renames
            )
        name = parse_device_name(task)
        server_def = ServerDef(job_name=name.job, task_index=name.task or 0, protocol="grpc")
        return GrpcWorkerLink(task, address, server_def, self._threads, renames, self._deliver)


class _Ways:
    """The ways from one task to the others of a cluster, for values."""

    def __init__(
        self, addresses: Mapping[str, str], link: Callable[[str, str], WorkerLink]
    ) -> None:
        self._addresses = addresses
        self._link = link

    def receive(self, task: str, step_id: int, key: str, receiver: Receiver) -> Cancel:
        """Ask a task for a value."""
        link = self._link_to(task)
        if link is None:
            receiver(None, errors.invalid_argument(f"There is no task {task} in the cluster"))
            return lambda: None
        return link.receive(step_id, key, receiver)

    def shares_memory(self, task: str) -> bool:
        """Return whether a task is one of this process, which gets values as they are."""
        return isinstance(self._link_to(task), InProcessWorkerLink)

    def can_push(self, task: str) -> bool:
        """Return whether a task takes values that it did not ask for; connects if need be."""
        link = self._link_to(task)
        return isinstance(link, GrpcWorkerLink) and link.can_push()

    def push(self, task: str, step_id: int, values: Sequence[KeyedValue]) -> None:
        """Give a task values.

        Raises:
          UnavailableError: it cannot be reached.
          UnimplementedError: a value cannot travel.
        """
        link = self._link_to(task)
        if not isinstance(link, GrpcWorkerLink):
            raise errors.unavailable(f"Task {task} takes no values that it did not ask for")
        link.push(step_id, values)

    def _link_to(self, task: str) -> WorkerLink | None:
        address = self._addresses.get(task)
        return None if address is None else self._link(task, address)
