"""Partial runs of registered graphs: what a foreign master feeds and fetches in several calls.

The first call of a step starts the graph; each hands over what was fed and waits for what it
fetches, through the rendezvous of the step; the last one waits for the end.

Source: TensorFlow 1.15, core/distributed_runtime/worker.cc and partial_run_mgr.cc.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tensormill.graph.errors import OpError
from tensormill.runtime.registered_graph import RegisteredGraph
from tensormill.runtime.rendezvous import Rendezvous, RendezvousTable
from tensormill.runtime.worker_link import Cancel, GraphResult, GraphRun

__all__ = ["PartialGraphRuns"]

_OnValues = Callable[[list[Any], OpError | None], None]


class _Run:
    """A graph that runs in parts.

    Attributes:
      cancel: ends it.
    """

    def __init__(self) -> None:
        self.cancel: Cancel = lambda: None
        self._lock = threading.Lock()
        self._is_over = False  # guarded by _lock
        self._error: OpError | None = None  # guarded by _lock
        self._told: list[Callable[[OpError | None], None]] = []  # guarded by _lock

    def end(self, result: GraphResult | None, error: OpError | None) -> None:
        """Take note that the graph has run."""
        with self._lock:
            self._is_over, self._error = True, error
            told, self._told = self._told, []
        for callback in told:
            callback(error)

    def when_over(self, callback: Callable[[OpError | None], None]) -> None:
        """Call back when the graph has run, with the error that ended it."""
        with self._lock:
            if not self._is_over:
                self._told.append(callback)
                return
        callback(self._error)


class _Fetching:
    """The values that one call waits for."""

    def __init__(self, count: int, done: _OnValues) -> None:
        self._values: list[Any] = [None] * count
        self._done = done
        self._lock = threading.Lock()
        self._left = count  # guarded by _lock
        if not count:
            done([], None)

    def receiver(self, index: int) -> Callable[[Any, OpError | None], None]:
        """Return what takes one of the values."""

        def take(value: Any, error: OpError | None) -> None:
            with self._lock:
                if self._left == 0:
                    return
                self._values[index] = value
                self._left = 0 if error is not None else self._left - 1
                is_last = self._left == 0
            if is_last:
                self._done(self._values, error)

        return take


class PartialGraphRuns:
    """The graphs of one worker that run in parts, by session and step."""

    def __init__(self, rendezvous: RendezvousTable) -> None:
        self._rendezvous = rendezvous
        self._lock = threading.Lock()
        self._runs: dict[tuple[str, int], _Run] = {}  # guarded by _lock

    def __len__(self) -> int:
        return len(self._runs)

    def call(
        self,
        graph: RegisteredGraph,
        run: GraphRun,
        sent: Mapping[str, Any],
        wanted: Sequence[str],
        is_last: bool,
        done: _OnValues,
    ) -> Cancel:
        """Feed and fetch a part of a step, and start it where this is the first part.

        Args:
          graph: the graph, which gets its feeds and gives its fetches by transfers.
          run: what it is run with.
          sent: the fed values by rendezvous key.
          wanted: the rendezvous keys of the values that are fetched.
          is_last: the step ends with this part; wait for that.
          done: told the fetched values, or the error; on any thread.

        Returns:
          What ends the step.
        """
        key = (graph.session.session_handle, run.step_id)
        with self._lock:
            found = self._runs.get(key)
            is_first = found is None
            if found is None:
                found = self._runs[key] = _Run()
        local = self._rendezvous.find(run.step_id)
        if is_first:
            found.cancel = graph.start(run, found.end)

        def finish(values: list[Any], error: OpError | None) -> None:
            if error is None and not is_last:
                done(values, None)
                return
            self._drop(key)
            if error is not None:
                done(values, error)
            else:
                found.when_over(lambda failure: done(values, failure))

        _exchange(local, sent, wanted, finish)
        return found.cancel

    def end_step(self, step_id: int) -> None:
        """End what runs in parts for a step that is over everywhere."""
        self._end(lambda key: key[1] == step_id)

    def end_session(self, session_handle: str) -> None:
        """End what runs in parts for a session that is closed."""
        self._end(lambda key: key[0] == session_handle)

    def _end(self, is_wanted: Callable[[tuple[str, int]], bool]) -> None:
        if not self._runs:
            return
        with self._lock:
            keys = [key for key in self._runs if is_wanted(key)]
            ended = [self._runs.pop(key) for key in keys]
        for run in ended:
            run.cancel()

    def _drop(self, key: tuple[str, int]) -> None:
        with self._lock:
            self._runs.pop(key, None)


def _exchange(
    rendezvous: Rendezvous, sent: Mapping[str, Any], wanted: Sequence[str], finish: _OnValues
) -> None:
    for key, value in sent.items():
        rendezvous.send(key, value)
    fetching = _Fetching(len(wanted), finish)
    for index, key in enumerate(wanted):
        rendezvous.receive(key, fetching.receiver(index))
