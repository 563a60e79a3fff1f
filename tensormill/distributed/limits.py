"""What a server lets others ask for."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_LIMITS", "ServerLimits"]


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """Bounds on what requests may take; what is beyond them is refused with ResourceExhausted.

    Attributes:
      message_bytes: the largest message; protobuf holds no larger ones.
      tensor_bytes: the largest tensor of a message, unpacked.
      fed_bytes: what is sent in parts for the next steps of one session, in all.
      graph_nodes: the nodes of a session's graph, or of a registered one.
      sessions: live sessions of the master.
      worker_sessions: live sessions of the worker.
      concurrent_calls: requests that are answered at the same time, waiting ones included.
      threads: threads that compute.
      remembered_requests: how many request ids are remembered, to refuse those that come twice.
      signatures: steps that a session keeps prepared.
      client_grace_s: how long the sessions of a client are kept that has gone without closing them.
      master_check_s: how often the masters of sessions on the worker are looked after.
      master_patience_s: how long such a master may be silent, where nothing says that it has gone.
    """

    message_bytes: int = (1 << 31) - 1
    tensor_bytes: int = (1 << 31) - 1
    fed_bytes: int = 1 << 38
    graph_nodes: int = 2_000_000
    sessions: int = 10_000
    worker_sessions: int = 50_000
    concurrent_calls: int = 100_000
    threads: int = 64
    remembered_requests: int = 10_000
    signatures: int = 2_000
    client_grace_s: float = 60.0
    master_check_s: float = 60.0
    master_patience_s: float = 600.0


DEFAULT_LIMITS = ServerLimits()
