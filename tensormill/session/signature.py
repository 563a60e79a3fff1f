"""Signatures: a prepared step, bound to how a caller feeds it and wants its values back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tensormill.graph.tensor import Tensor
from tensormill.runtime.any_master import AnyPreparedStep, ReadyValues, StepOutcome
from tensormill.runtime.step_options import StepOptions
from tensormill.session.feeds import FeedCheck, make_feed
from tensormill.session.fetches import make_result

__all__ = ["Signature"]

Convert = Callable[[Any], Any]


class Signature:
    """What runs a set of fetches with one sequence of fed tensors.

    Attributes:
      step: the step behind it.
      tensors: what the step is fed and fetches, and the fed tensors in the caller's order.
    """

    __slots__ = ("_echoes", "_feeds", "_order", "_results", "step", "tensors")

    def __init__(
        self,
        step: AnyPreparedStep,
        step_feeds: Sequence[Tensor],
        step_fetches: Sequence[Tensor],
        feeds: Sequence[Tensor],
        fetches: Sequence[Tensor],
        wrap: Callable[[Tensor, Convert], Convert],
    ) -> None:
        """Bind a step.

        Args:
          step: the step.
          step_feeds: the tensors that it is fed, in its order.
          step_fetches: the tensors that it returns, in its order.
          feeds: the same fed tensors in the order in which their values will come.
          fetches: the tensors whose values are wanted; those that are fed are given back as they
            are fed.
          wrap: may change how the values of a fetched tensor are converted.
        """
        self.step = step
        self.tensors = (step_feeds, step_fetches, feeds)
        self._order = [feeds.index(tensor) for tensor in step_feeds]
        self._feeds = [
            make_feed(tensor, form)
            for tensor, form in zip(step_feeds, step.feed_forms, strict=True)
        ]
        converts = {
            tensor: (index, wrap(tensor, make_result(form)))
            for index, (tensor, form) in enumerate(zip(step_fetches, step.fetch_forms, strict=True))
        }
        self._results: list[tuple[int, Convert]] = []
        self._echoes: list[tuple[int, int, FeedCheck]] = []
        for position, tensor in enumerate(fetches):
            if tensor in converts:
                self._results.append(converts[tensor])
            else:
                self._echoes.append((position, feeds.index(tensor), FeedCheck(tensor)))

    def run(self, values: Sequence[Any], build: Convert) -> Any:
        """Run a step and return what `build` makes of the fetched values.

        Args:
          values: the fed values in the order of the signature's feeds.
          build: puts the fetched values into the caller's structure.
        """
        return build(self._converted(self.step.run(self._fed(values)), values))

    def run_with(
        self, values: Sequence[Any], build: Convert, options: StepOptions
    ) -> tuple[Any, StepOutcome]:
        """Run a step with options; return the result and what else the step gave."""
        outcome = self.step.run_with(self._fed(values), options)
        return build(self._converted(outcome.values, values)), outcome

    def bind(self, build: Convert) -> Callable[[Iterable[Any]], Any]:
        """Return the leanest function that does what `run` does with this `build`."""
        if not self._echoes and len(self._feeds) < 2 and self._results:
            feed = self._feeds[0] if self._feeds else None
            if len(self._results) == 1:
                return _bind_one(self.step.run, feed, self._results[0][1], build)
            if [index for index, _ in self._results] == list(range(len(self._results))):
                return _bind_many(self.step.run, feed, [c for _, c in self._results], build)

        def run_bound(values: Iterable[Any]) -> Any:
            given = list(values)
            return build(self._converted(self.step.run(self._fed(given)), given))

        return run_bound

    def _fed(self, values: Sequence[Any]) -> list[Any]:
        return [
            convert(values[index]) for convert, index in zip(self._feeds, self._order, strict=True)
        ]

    def _converted(self, values: list[Any], given: Sequence[Any]) -> list[Any]:
        if type(values) is ReadyValues:  # of a step without feeds
            return [values[index] for index, _ in self._results]
        converted = [convert(values[index]) for index, convert in self._results]
        for position, index, check in self._echoes:
            converted.insert(position, check(given[index]))
        return converted


def _bind_one(
    run_step: Callable[[list[Any]], list[Any]],
    feed: Convert | None,
    convert: Convert,
    build: Convert,
) -> Callable[[Iterable[Any]], Any]:
    """Return what runs a step with at most one feed and one fetch."""
    if feed is None:

        def run_without_feeds(values: Iterable[Any]) -> Any:
            made = run_step([])
            return build(made if type(made) is ReadyValues else [convert(made[0])])

        return run_without_feeds

    def run_with_one_feed(values: Iterable[Any]) -> Any:
        (value,) = values
        return build([convert(run_step([feed(value)])[0])])

    return run_with_one_feed


def _bind_many(
    run_step: Callable[[list[Any]], list[Any]],
    feed: Convert | None,
    converts: Sequence[Convert],
    build: Convert,
) -> Callable[[Iterable[Any]], Any]:
    """Return what runs a step with at most one feed, and fetches in the order of the step."""

    def run_with_fetches(values: Iterable[Any]) -> Any:
        fed = [] if feed is None else [feed(value) for value in values]
        made = run_step(fed)
        if type(made) is ReadyValues:
            return build(made)
        return build([convert(value) for convert, value in zip(converts, made, strict=True)])

    return run_with_fetches
