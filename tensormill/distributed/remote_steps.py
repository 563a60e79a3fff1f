"""Steps of a remote session: prepared, called by handle, and fed in parts."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from tensormill.distributed.run_step_codec import (
    RunStepReply,
    RunStepWriter,
    StoredFeed,
    read_run_callable_reply,
    write_run_callable,
)
from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.tensor import Tensor
from tensormill.graph.tensor_wire_codec import Piece
from tensormill.runtime.any_master import FetchForm, StepOutcome, StopSignal, WaitObserver
from tensormill.runtime.plan.instructions import Form
from tensormill.runtime.step_options import StepOptions

__all__ = ["RemoteCallable", "RemotePartialRun", "RemoteStep"]


class _Session(Protocol):
    """What steps need of their session."""

    def run_step(
        self, request: Sequence[Piece], timeout_s: float | None = None, /
    ) -> RunStepReply: ...

    def store_feed(self, value: Any, /) -> StoredFeed: ...

    def run_loop(
        self,
        fetches: Sequence[str],
        targets: Sequence[str],
        stop: StopSignal,
        waits: WaitObserver,
        /,
    ) -> bool: ...

    def run_callable(self, request: Sequence[Piece], timeout_s: float | None, /) -> bytes: ...

    def release_callable(self, handle: int, /) -> None: ...


def _fetch_forms(fetches: Sequence[Tensor]) -> list[FetchForm]:
    return [FetchForm(Form.HOST, tensor.dtype.base_dtype, False) for tensor in fetches]


def _values(reply: RunStepReply, names: Sequence[str]) -> list[Any]:
    try:
        values = [reply.values[name] for name in names]
    except KeyError as error:
        raise errors.internal(f"The master returned no value for {error.args[0]}") from None
    if reply.receipt is not None:  # nothing more is to be done than to return them
        reply.receipt.confirm()
    return values


def _outcome(values: list[Any], metadata: Any) -> StepOutcome:
    outcome = StepOutcome(values)
    if metadata is not None:
        if metadata.HasField("step_stats"):
            outcome.step_stats = metadata.step_stats
        if metadata.HasField("cost_graph"):
            outcome.cost_graph = metadata.cost_graph
        outcome.partition_graphs = tuple(metadata.partition_graphs)
    return outcome


_MOST_FED_BYTES: Final = (1 << 31) - (1 << 20)
"""How much a message can hold beside what else a request has."""
_LARGE_BYTES: Final = 1 << 20


class RemoteStep:
    """One signature of a remote session."""

    def __init__(
        self,
        session: _Session,
        writer: RunStepWriter,
        feed_count: int,
        fetches: Sequence[Tensor],
        targets: Sequence[str],
    ) -> None:
        self.feed_forms = [Form.HOST] * feed_count
        self.fetch_forms = _fetch_forms(fetches)
        self._session = session
        self._writer = writer
        self._names = [tensor.name for tensor in fetches]
        self._targets = targets

    def repeat(self, stop: StopSignal, waits: WaitObserver) -> None:
        """Run steps without feeds until they are to stop: the master does so by itself if it can.

        Args:
          stop: says when to stop.
          waits: told when the first step begins; this side only waits from then on.

        Raises:
          OpError: a step failed.
        """
        if stop.should_stop():
            return
        try:
            if self._session.run_loop(self._names, self._targets, stop, waits):
                return
            while not stop.should_stop():
                self.run([])
        finally:
            waits.wait_ends()

    def run(self, feeds: list[Any]) -> list[Any]:
        """Run one step without options and return the fetched values.

        Raises:
          OpError: the step failed.
        """
        if not self._names and not self._targets:  # all that is fetched is fed
            return []
        return _values(self._session.run_step(self._request(feeds)), self._names)

    def _request(self, feeds: list[Any], options: bytes = b"") -> list[Piece]:
        """Return the request of a step; what no message can hold is sent before."""
        if sum(value.nbytes for value in feeds) > _MOST_FED_BYTES:
            feeds = [
                self._session.store_feed(value) if value.nbytes > _LARGE_BYTES else value
                for value in feeds
            ]
        return self._writer.write(feeds, options)

    def run_with(self, feeds: list[Any], options: StepOptions) -> StepOutcome:
        """Run one step with options.

        Raises:
          DeadlineExceededError: it took longer than allowed.
          OpError: the step failed.
        """
        if not self._names and not self._targets:
            return StepOutcome([])
        message = options.message
        written = b"" if message is None else message.SerializeToString()
        reply = self._session.run_step(self._request(feeds, written), options.timeout_s)
        return _outcome(_values(reply, self._names), reply.metadata)


class RemoteCallable:
    """A step that the master keeps under a handle, until this object goes."""

    def __init__(
        self,
        session: _Session,
        session_handle: str,
        handle: int,
        feeds: Sequence[Tensor],
        fetches: Sequence[Tensor],
    ) -> None:
        self.feed_forms = [Form.HOST] * len(feeds)
        self.fetch_forms = _fetch_forms(fetches)
        self._session = session
        self._session_handle = session_handle
        self._handle = handle
        self._dtypes = [tensor.dtype.base_dtype for tensor in feeds]
        release = weakref.finalize(self, session.release_callable, handle)
        release.atexit = False

    def run(self, feeds: list[Any]) -> list[Any]:
        """Run the step and return the fetched values."""
        return self.run_with(feeds, StepOptions()).values

    def run_with(self, feeds: list[Any], options: StepOptions) -> StepOutcome:
        """Run the step; the options were said when it was made, and only the timeout counts.

        Raises:
          OpError: the step failed.
        """
        request = write_run_callable(self._session_handle, self._handle, self._dtypes, feeds)
        response = self._session.run_callable(request, options.timeout_s)
        values, metadata = read_run_callable_reply(response)
        return _outcome(values, metadata)


class RemotePartialRun:
    """A step of a remote session that is fed in parts; the master checks what it is fed.

    Attributes:
      handle: the master's name for it.
    """

    needed_feeds = None

    def __init__(
        self,
        session: _Session,
        session_handle: str,
        handle: str,
        feeds: Sequence[Tensor],
        fetches: Sequence[Tensor],
    ) -> None:
        self.handle = handle
        self._session = session
        self._session_handle = session_handle
        self._feeds = list(feeds)
        self._fetches = [tensor.name for tensor in fetches]

    def feed_form(self, dtype: DType) -> Form:
        """Return the form in which a feed of a dtype is taken."""
        return Form.HOST

    def fetch_form(self, dtype: DType) -> FetchForm:
        """Return the form in which a fetched value of a dtype is returned."""
        return FetchForm(Form.HOST, dtype, False)

    def run(self, feeds: Mapping[int, Any], fetches: Sequence[int]) -> list[Any]:
        """Feed values and return those of fetches, waiting for them.

        Raises:
          OpError: the step failed, or is over.
        """
        names = [self._fetches[index] for index in fetches]
        fed = [self._feeds[index] for index in feeds]
        writer = RunStepWriter(self._session_handle, fed, names, partial_run_handle=self.handle)
        return _values(self._session.run_step(writer.write(list(feeds.values()))), names)
