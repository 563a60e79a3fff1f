"""Channels to servers: the one place where connections are opened."""

from __future__ import annotations

from typing import Any

import grpc

__all__ = ["open_channel"]

_OPTIONS = (
    # Tensors have no other bound than what one message of protobuf can hold.
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.enable_retries", 0),
    # A proxy for the web is none for a cluster.
    ("grpc.enable_http_proxy", 0),
    # A task that comes back is found soon.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 1000),
)


def open_channel(address: str) -> Any:
    """Return a channel to a server; it connects when it is first used.

    Args:
      address: "host:port".
    """
    return grpc.insecure_channel(address, options=_OPTIONS)
