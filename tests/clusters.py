"""Clusters of servers in the test's own process, on ports that the system chooses."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import tensormill as tf
from tensormill.launching.ports import free_addresses as free_addresses
from tests.gates import WAIT_S, wait_until

LOST = (tf.errors.UnavailableError, tf.errors.AbortedError)
"""What a step fails with while a task that it needs is lost."""


class Cluster:
    """Servers of one cluster, by task."""

    def __init__(self, spec: Any, servers: dict[tuple[str, int], Any]) -> None:
        self.spec = spec
        self.servers = servers

    def server(self, job: str, task: int = 0) -> Any:
        return self.servers[(job, task)]

    def target(self, job: str, task: int = 0) -> str:
        target: str = self.servers[(job, task)].target
        return target


@contextmanager
def running_cluster(**jobs: int) -> Iterator[Cluster]:
    """Start a server for each task; `running_cluster(ps=1, worker=2)` has three."""
    addresses = iter(free_addresses(sum(jobs.values())))
    spec = tf.train.ClusterSpec(
        {job: [next(addresses) for _ in range(count)] for job, count in jobs.items()}
    )
    with ExitStack() as stack:
        servers = {
            (job, task): stack.enter_context(tf.train.Server(spec, job, task))
            for job, count in jobs.items()
            for task in range(count)
        }
        yield Cluster(spec, servers)


def over_wire(config: Any = None) -> Any:
    """Return a config whose session goes over the wire, though the server is in this process."""
    made = tf.ConfigProto()
    if config is not None:
        made.CopyFrom(config)
    made.rpc_options.use_rpc_for_inprocess_master = True
    return made


def until_it_works(action: Callable[[], Any]) -> Any:
    """Do what fails as long as a task is lost; return what it gives then."""
    deadline_s = time.monotonic() + WAIT_S
    while True:
        try:
            return action()
        except LOST:
            if time.monotonic() > deadline_s:
                raise


def direct_connection(session: Any) -> Any:
    """Return the direct connection of a session over the wire, once a step has used it."""
    channel = session._master_session._client._channel
    with session.graph.as_default():
        one = tf.constant(1.0)

    def is_open() -> bool:
        session.run(one)
        return channel.direct() is not None

    wait_until(is_open)  # it is opened beside the first calls
    session.run(one)
    return channel.direct()
