"""Waiting for a call that may take long, and saying meanwhile what it waits for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import grpc

from tensormill.graph import tf_logging

__all__ = ["wait_for"]

FIRST_NOTICE_S = 2.0
NEXT_NOTICE_S = 10.0


def wait_for(future: Any, describe: Callable[[], str]) -> Any:
    """Return the response of a call; after 2 s, and then every 10 s, say what it waits for.

    Args:
      future: the call, as gRPC's `future` returns it; it is cancelled when the wait is interrupted.
      describe: returns the line to write.

    Raises:
      RpcError: the call failed.
    """
    notice_s = time.monotonic() + FIRST_NOTICE_S
    try:
        while True:
            try:
                return future.result(max(0.0, notice_s - time.monotonic()))
            except grpc.FutureTimeoutError:
                tf_logging.warning("%s", describe())
                notice_s += NEXT_NOTICE_S
    except grpc.FutureCancelledError:
        raise future.exception() from None
    except BaseException:
        future.cancel()
        raise
