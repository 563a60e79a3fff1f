"""The op types of sends and receives, which a partitioned graph has on the edges that were cut."""

from __future__ import annotations

from tensormill.graph.op_def import OpDef
from tensormill.runtime.node import NodeGraph

__all__ = [
    "HANDS_OVER",
    "PARTIAL_FETCH",
    "RECEIVES",
    "RECV",
    "SEND",
    "SENDS",
    "TRANSFER_OP_DEFS",
    "has_transfers",
]

_ATTRS = (
    "tensor_name: string",
    "send_device: string",
    "send_device_incarnation: int",
    "recv_device: string",
    "client_terminated: bool = false",
)


def _send(name: str) -> OpDef:
    return OpDef(name, ("tensor: T",), (), ("T: type", *_ATTRS), is_stateful=True)


def _recv(name: str) -> OpDef:
    attrs = ("tensor_type: type", *_ATTRS)
    return OpDef(name, (), ("tensor: tensor_type",), attrs, is_stateful=True)


SEND = _send("_Send")
RECV = _recv("_Recv")
TRANSFER_OP_DEFS = {
    op_def.name: op_def for op_def in (SEND, RECV, _send("_HostSend"), _recv("_HostRecv"))
}
"""By op type; host variants take or give the value in host memory."""
SENDS = frozenset({"_Send", "_HostSend"})
RECEIVES = frozenset({"_Recv", "_HostRecv"})
PARTIAL_FETCH = "_PartialRunFetch"
"""Hands a value to the client of a partial run, who waits for it also where it is dead."""
HANDS_OVER = SENDS | {PARTIAL_FETCH}
"""The op types that run also where their input is dead."""
_TRANSFERS = HANDS_OVER | RECEIVES


def has_transfers(graph: NodeGraph) -> bool:
    """Return whether values of a graph leave it or come into it while it runs."""
    return any(node.op_type in _TRANSFERS for node in graph.nodes)
