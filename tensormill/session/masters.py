"""Which master a session works with: the one place that chooses, by the session's target."""

from __future__ import annotations

from typing import Any

from tensormill.distributed.in_process import find_server
from tensormill.distributed.in_process_session import InProcessMasterSession
from tensormill.distributed.remote_master_session import RemoteMasterSession, reset_master
from tensormill.distributed.targets import TARGET_PREFIX, address_of
from tensormill.graph import errors
from tensormill.graph.graph import Graph
from tensormill.runtime.any_master import AnyMasterSession
from tensormill.runtime.devices import local_devices
from tensormill.runtime.master import Master
from tensormill.runtime.worker import Worker

__all__ = ["check_target", "effective_config", "open_master_session", "reset_master"]

_LOCAL_TASK = "/job:localhost/replica:0/task:0"


def open_master_session(target: str, graph: Graph, config: Any) -> AnyMasterSession:
    """Return a new session on the master that a target names.

    Args:
      target: as `check_target` takes it; "" for a master of the session's own.
      graph: the graph, which may grow.
      config: a ConfigProto, or None.
    """
    if target:
        server = _own_server(target, config)
        if server is not None:
            return InProcessMasterSession(server.master, graph, config)
        return RemoteMasterSession(target, graph, config)
    worker = Worker(_LOCAL_TASK, local_devices(config=config))
    return Master(worker).create_session(graph, config)


def effective_config(target: str, config: Any) -> Any:
    """Return the ConfigProto of a session, with the defaults of a server of this process."""
    server = _own_server(target, config) if target else None
    return config if server is None else server.master.with_defaults(config)


def _own_server(target: str, config: Any) -> Any:
    """Return the server of this process that a target names; None where the wire is to be used."""
    uses_wire = config is not None and config.rpc_options.use_rpc_for_inprocess_master
    return None if uses_wire else find_server(address_of(target))


def check_target(target: str) -> None:
    """Check that a target is of a kind that there is.

    Raises:
      NotFoundError: it is not.
    """
    if target and not target.startswith(TARGET_PREFIX):
        raise errors.NotFoundError(
            None,
            None,
            f'No session factory registered for the given session options: {{target: "{target}"}}',
        )
