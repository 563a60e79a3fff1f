"""Partial runs of a session: what was announced, what is still to come, and the step behind it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from tensormill.graph import errors
from tensormill.graph.graph import Graph
from tensormill.graph.tensor import Tensor
from tensormill.runtime.any_master import AnyMasterSession, AnyPartialRun
from tensormill.session.conversions import find_expansion
from tensormill.session.feeds import as_fed_tensor, expand_feeds, make_feed
from tensormill.session.fetches import FetchMapper, make_result

__all__ = ["PartialRuns"]


class _Session(Protocol):
    """What partial runs need of the session that they belong to."""

    _closed: bool
    _graph: Graph
    _master_session: AnyMasterSession


@dataclass(slots=True)
class _Announced:
    """One partial run: its step, and the feeds and fetches to come, with their positions."""

    run: AnyPartialRun
    feeds: dict[Tensor, tuple[int, Callable[[Any], Any]]]
    fetches: dict[Tensor, tuple[int, Callable[[Any], Any]]]
    pending_feeds: set[Tensor]
    pending_fetches: set[Tensor]


class PartialRuns:
    """The partial runs of one session."""

    def __init__(self, session: _Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._announced: dict[str, _Announced] = {}  # guarded by _lock

    def set_up(self, fetches: Any, feeds: Any) -> str:
        """Start a step and return its handle."""
        graph = self._open_graph()
        mapper = FetchMapper(graph, fetches)
        fed = list(dict.fromkeys(self._fed_tensors(feeds)))
        if not mapper.tensors and not mapper.targets:
            raise errors.InvalidArgumentError(
                None, None, "Must specify at least one target to fetch or execute."
            )
        run = self._session._master_session.start_partial(fed, mapper.tensors, mapper.targets)
        announced = _Announced(
            run,
            {t: (i, make_feed(t, run.feed_form(t.dtype.base_dtype))) for i, t in enumerate(fed)},
            {
                t: (i, make_result(run.fetch_form(t.dtype.base_dtype)))
                for i, t in enumerate(mapper.tensors)
            },
            set(fed),
            set(mapper.tensors),
        )
        names = [
            sorted(item.name for item in items) for items in (fed, mapper.tensors, mapper.targets)
        ]
        with self._lock:
            handle = run.handle
            if handle is None:
                handle = "{}->{}/{}/1/;{}".format(*map(",".join, names), next(self._numbers))
            self._announced[handle] = announced
        return handle

    def run(self, handle: str, fetches: Any, feed_dict: Any) -> Any:
        """Feed and fetch a part of a step."""
        graph = self._open_graph()
        values, _ = expand_feeds(graph, feed_dict or {})
        mapper = FetchMapper(graph, fetches)
        if mapper.targets:
            raise RuntimeError(
                "partial_run() requires empty `target_list`. Received: "
                f"target_list={mapper.targets} (non-empty)"
            )
        with self._lock:
            announced = self._announced.get(handle)
            if announced is None:
                raise errors.InvalidArgumentError(
                    None, None, "Must run 'setup' before performing partial runs!"
                )
        converted = {
            announced.feeds[t][0]: announced.feeds[t][1](v)
            for t, v in values.items()
            if t in announced.feeds
        }
        is_checked_here = announced.run.needed_feeds is not None
        with self._lock:
            _check(announced, list(values), mapper.tensors)
            if is_checked_here:
                self._use(handle, announced, list(values), mapper.tensors)
        wanted = [announced.fetches[t] for t in mapper.tensors]
        try:
            made = announced.run.run(converted, [index for index, _ in wanted])
        except errors.OpError:
            if is_checked_here:
                with self._lock:
                    self._announced.pop(handle, None)
            raise
        if not is_checked_here:
            with self._lock:
                self._use(handle, announced, list(values), mapper.tensors)
        return mapper.build([convert(v) for (_, convert), v in zip(wanted, made, strict=True)])

    def _use(
        self, handle: str, announced: _Announced, feeds: list[Tensor], fetches: list[Tensor]
    ) -> None:
        """Take what one call feeds and fetches off what is to come."""
        announced.pending_feeds -= set(feeds)
        announced.pending_fetches -= set(fetches)
        if not announced.pending_feeds and not announced.pending_fetches:
            self._announced.pop(handle, None)

    def _open_graph(self) -> Graph:
        if self._session._closed:
            raise RuntimeError("Attempted to use a closed Session.")
        graph = self._session._graph
        if not graph.version:
            raise RuntimeError(
                "The Session graph is empty. Add operations to the graph before calling run()."
            )
        return graph

    def _fed_tensors(self, feeds: Any) -> list[Tensor]:
        tensors = []
        for feed in feeds or ():
            expansion = None if isinstance(feed, (Tensor, str)) else find_expansion(feed)
            parts = [feed]
            if expansion is not None:
                if expansion.feed_for_partial_run is None:
                    raise TypeError(f"{feed!r} cannot be fed to a partial run.")
                parts = list(expansion.feed_for_partial_run(feed))
            tensors += [as_fed_tensor(self._session._graph, part) for part in parts]
        return tensors


def _check(announced: _Announced, feeds: list[Tensor], fetches: list[Tensor]) -> None:
    """Check what one call feeds and fetches; a master elsewhere checks more than the names."""
    needed = announced.run.needed_feeds
    for kind, tensors, all_of_them, pending, used in (
        ("feed", feeds, announced.feeds, announced.pending_feeds, "fed"),
        ("fetch", fetches, announced.fetches, announced.pending_fetches, "fetched"),
    ):
        for tensor in tensors:
            if tensor not in all_of_them:
                raise errors.InvalidArgumentError(
                    None, None, f"The {kind} {tensor.name} was not specified in partial_run_setup."
                )
            if needed is not None and tensor not in pending:
                raise errors.InvalidArgumentError(
                    None, None, f"The {kind} {tensor.name} has already been {used}."
                )
    if needed is None:
        return
    by_index = {index: tensor for tensor, (index, _) in announced.feeds.items()}
    missing = announced.pending_feeds - set(feeds)
    for tensor in fetches:
        for index in needed[announced.fetches[tensor][0]]:
            if by_index[index] in missing:
                raise errors.InvalidArgumentError(
                    None,
                    None,
                    f"Fetch {by_index[index].name} can't be computed from the feeds that have been "
                    "fed so far.",
                )
