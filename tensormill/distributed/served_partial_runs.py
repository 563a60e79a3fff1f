"""Partial runs of clients: what was announced, what is still to come, and the step behind it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tensormill.distributed.served_session import ServedSession
from tensormill.distributed.value_codec import check_proto_dtype, value_from_proto, value_to_proto
from tensormill.graph import errors
from tensormill.graph.tensor import Tensor
from tensormill.proto import master_pb2
from tensormill.runtime.any_master import AnyPartialRun

__all__ = ["ServedPartialRuns"]


@dataclass(slots=True)
class _Announced:
    """One partial run, its feeds and fetches with their positions, and what is left of them."""

    run: AnyPartialRun
    feeds: dict[Tensor, int]
    fetches: dict[Tensor, int]
    pending_feeds: set[Tensor]
    pending_fetches: set[Tensor]


class ServedPartialRuns:
    """The partial runs of one session, by handle."""

    def __init__(self, served: ServedSession) -> None:
        self._served = served
        self._lock = threading.Lock()
        self._handles = itertools.count()
        self._announced: dict[str, _Announced] = {}  # guarded by _lock

    def set_up(self, feeds: Sequence[str], fetches: Sequence[str], targets: Sequence[str]) -> str:
        """Start a step; return its handle.

        Raises:
          OpError: a name is unknown, or the signature cannot run.
        """
        fed, wanted, run = self._served.resolve(feeds, fetches, targets)
        wanted = list(dict.fromkeys(wanted))
        started = self._served.session.start_partial(fed, wanted, run)
        announced = _Announced(
            started,
            {tensor: index for index, tensor in enumerate(fed)},
            {tensor: index for index, tensor in enumerate(wanted)},
            set(fed),
            set(wanted),
        )
        handle = str(next(self._handles))
        with self._lock:
            self._announced[handle] = announced
        return handle

    def run(self, request: Any) -> Any:
        """Feed and fetch a part of a step; waits for the fetched values.

        Args:
          request: a RunStepRequest with a handle.

        Returns:
          A RunStepResponse.

        Raises:
          OpError: the step failed, or the request does not fit what was announced.
        """
        handle = request.partial_run_handle
        with self._lock:
            announced = self._announced.get(handle)
            if announced is None:
                raise errors.invalid_argument(
                    "Must run PartialRunSetup before performing partial runs"
                )
        fed = {_named(announced.feeds, feed.name, "feed"): feed.tensor for feed in request.feed}
        wanted = [_named(announced.fetches, name, "fetch") for name in request.fetch]
        values = {
            announced.feeds[tensor]: self._value(announced, tensor, proto)
            for tensor, proto in fed.items()
        }
        with self._lock:
            _use(announced, list(fed), wanted)
            if not announced.pending_feeds and not announced.pending_fetches:
                self._announced.pop(handle, None)
        try:
            made = announced.run.run(values, [announced.fetches[tensor] for tensor in wanted])
        except errors.OpError:
            with self._lock:
                self._announced.pop(handle, None)
            raise
        response = master_pb2.RunStepResponse()
        for name, tensor, value in zip(request.fetch, wanted, made, strict=True):
            response.tensor.add(name=name, tensor=value_to_proto(value, tensor.dtype))
        return response

    @staticmethod
    def _value(announced: _Announced, tensor: Tensor, proto: Any) -> Any:
        dtype = tensor.dtype.base_dtype
        check_proto_dtype(proto, dtype, f"_recv_{tensor.op.name}_{tensor.value_index}")
        return value_from_proto(proto, announced.run.feed_form(dtype))


def _named(announced: dict[Tensor, int], name: str, kind: str) -> Tensor:
    full = name if ":" in name else f"{name}:0"
    for tensor in announced:
        if tensor.name == full:
            return tensor
    raise errors.invalid_argument(f"The {kind} {full} was not specified in partial_run_setup.")


def _use(announced: _Announced, feeds: list[Tensor], fetches: list[Tensor]) -> None:
    """Check what one call feeds and fetches, and take it off what is to come."""
    for kind, tensors, pending, used in (
        ("feed", feeds, announced.pending_feeds, "fed"),
        ("fetch", fetches, announced.pending_fetches, "fetched"),
    ):
        for tensor in tensors:
            if tensor not in pending:
                raise errors.invalid_argument(f"The {kind} {tensor.name} has already been {used}.")
    missing = {announced.feeds[tensor] for tensor in announced.pending_feeds - set(feeds)}
    needed = announced.run.needed_feeds
    for tensor in fetches:
        if needed is not None and missing.intersection(needed[announced.fetches[tensor]]):
            raise errors.invalid_argument(
                f"Fetch {tensor.name} can't be computed from the feeds that have been fed so far."
            )
    announced.pending_feeds -= set(feeds)
    announced.pending_fetches -= set(fetches)
