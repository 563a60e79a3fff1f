"""`PartialRun`: one step that is fed and fetched in several calls."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.kernels.partial_runs import PARTIAL_RUN
from tensormill.kernels.torch_dtypes import is_number
from tensormill.runtime.any_master import FetchForm
from tensormill.runtime.cancellation import CancellationScope
from tensormill.runtime.failures import as_op_error
from tensormill.runtime.plan.frames import DEAD
from tensormill.runtime.plan.instructions import Form
from tensormill.runtime.plan.program import Program
from tensormill.runtime.plan.straight_line import InstructionFailed
from tensormill.runtime.step import Completion, ProgramRun, Step

__all__ = ["PartialRun"]


class PartialRun:
    """A step whose feeds arrive one by one. Several threads may call `run`.

    Attributes:
      handle: None: the session names its runs itself.
      needed_feeds: for each fetch the positions of the feeds that it needs.
    """

    handle = None

    def __init__(
        self,
        needed_feeds: list[list[int]],
        scope: CancellationScope,
        on_done: Callable[[], None],
        fetch_names: Sequence[str],
    ) -> None:
        """Make a run that is not started yet.

        Args:
          needed_feeds: for each fetch the positions of the feeds that it needs.
          scope: ends the run when it is cancelled.
          on_done: called when the run has ended.
          fetch_names: the names of the fetched tensors.
        """
        self.needed_feeds = needed_feeds
        self._scope = scope
        self._on_done = on_done
        self._fetch_names = fetch_names
        self._changed = threading.Condition()
        self._expected: dict[int, Completion] = {}  # guarded by _changed
        self._given: dict[int, Any] = {}  # guarded by _changed; fed before it was expected
        self._made: dict[int, Any] = {}  # guarded by _changed
        self._outcome: list[BaseException | None] = []  # guarded by _changed

    @property
    def step_resources(self) -> dict[str, Any]:
        """What the kernels of feeds and fetches must find in their step."""
        return {PARTIAL_RUN: self}

    def start(self, program: Program, step: Step) -> None:
        """Run what needs no feed, in a program on this task."""
        step.resources.update(self.step_resources)
        ProgramRun(program, step, [], self.finish).start()

    def feed_form(self, dtype: DType) -> Form:
        """Return the form in which a feed of a dtype is taken."""
        return Form.TENSOR if is_number(dtype) else Form.HOST

    def fetch_form(self, dtype: DType) -> FetchForm:
        """Return the form in which a fetched value of a dtype is returned."""
        if is_number(dtype):
            form = Form.TENSOR
        else:
            form = Form.HOST if dtype.name == "string" else Form.HANDLE
        return FetchForm(form, dtype, is_shared=True)

    def expect(self, index: int, done: Completion) -> None:
        """Take note that a feed is waited for. Called by its kernel."""
        with self._changed:
            is_given = index in self._given
            value = self._given.pop(index, None)
            if not is_given:
                self._expected[index] = done
        if is_given:
            done(value)
        else:
            done.step.cancellation.register(lambda reason: self._give_up(index, reason))

    def deliver(self, index: int, value: Any) -> None:
        """Take the value of a fetch, or `DEAD`. Called by its kernel."""
        with self._changed:
            self._made[index] = value
            self._changed.notify_all()

    def run(self, feeds: Mapping[int, Any], fetches: Sequence[int]) -> list[Any]:
        """Feed values, and return those of fetches, waiting for them.

        Args:
          feeds: values by the position of the feed, each fed for the first time.
          fetches: positions of fetches, each for the first time, whose feeds are all there.

        Raises:
          CancelledError: the session was closed.
          OpError: an operation of the step failed.
        """
        for index, value in feeds.items():
            with self._changed:
                done = self._expected.pop(index, None)
                if done is None:
                    self._given[index] = value
            if done is not None:
                done(value)
        with self._changed:
            self._changed.wait_for(
                lambda: bool(self._outcome) or all(index in self._made for index in fetches)
            )
            error = self._outcome[0] if self._outcome else None
            if error is None:
                return [self._take(index) for index in fetches]
        if isinstance(error, InstructionFailed):
            raise as_op_error(error) from error.__cause__
        raise error

    def _take(self, index: int) -> Any:
        value = self._made.pop(index, DEAD)
        if value is DEAD:
            raise errors.invalid_argument(
                f"The tensor returned for {self._fetch_names[index]} was not valid."
            )
        return value

    def _give_up(self, index: int, reason: str) -> None:
        with self._changed:
            done = self._expected.pop(index, None)
        if done is not None:
            done.fail(errors.CancelledError(None, None, reason))

    def finish(self, values: Any, error: BaseException | None) -> None:
        """Take note that the step has ended."""
        with self._changed:
            self._outcome.append(error)
            self._changed.notify_all()
        self._scope.close()
        self._on_done()
