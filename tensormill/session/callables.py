"""Callables: a step that is described by a CallableOptions message, and run by calling it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from tensormill.graph import errors
from tensormill.graph.graph import Graph
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.runtime.any_master import AnyMasterSession, StepOutcome
from tensormill.runtime.step_options import StepOptions
from tensormill.session.feeds import as_fed_tensor, make_feed
from tensormill.session.fetches import make_result

__all__ = ["StepCallable", "fill_metadata"]


class _Session(Protocol):
    """What a callable needs of its session."""

    _closed: bool
    _graph: Graph
    _config: Any
    _master_session: AnyMasterSession


class StepCallable:
    """Runs a step with its arguments as the feeds; returns the list of the fetched values."""

    def __init__(self, session: _Session, options: Any) -> None:
        """Prepare the step.

        Args:
          session: the session.
          options: a CallableOptions message; it names tensors as "x:0".

        Raises:
          OpError: the master refuses it.
          TypeError, ValueError: it names what cannot be fed or fetched.
        """
        graph = session._graph
        feeds = [as_fed_tensor(graph, name) for name in options.feed]
        fetches: list[Tensor] = [
            graph.as_graph_element(name, allow_operation=False) for name in options.fetch
        ]
        targets: list[Operation] = [graph.get_operation_by_name(name) for name in options.target]
        self._session = session
        self._step = session._master_session.make_callable(feeds, fetches, targets, options)
        self._feeds = _converters(feeds, self._step.feed_forms, make_feed)
        self._results = [make_result(form) for form in self._step.fetch_forms]
        self._options = StepOptions.from_proto(options.run_options, session._config)

    def __call__(self, *values: Any, run_metadata: Any = None) -> list[Any]:
        """Run the step.

        Args:
          values: the fed values in the order of the options.
          run_metadata: a RunMetadata message that is filled in.

        Raises:
          InvalidArgumentError: there are too many values, or too few.
          OpError: the step failed.
          RuntimeError: the session is closed.
        """
        if self._session._closed:
            raise RuntimeError("Attempted to use a closed Session.")
        if len(values) != len(self._feeds):
            raise errors.invalid_argument(
                f"Expected {len(self._feeds)} feed tensors to run callable, but got {len(values)}"
            )
        fed = [convert(value) for convert, value in zip(self._feeds, values, strict=True)]
        outcome = self._step.run_with(fed, self._options)
        if run_metadata is not None:
            fill_metadata(run_metadata, outcome)
        return [
            convert(value) for convert, value in zip(self._results, outcome.values, strict=True)
        ]


def _converters(
    tensors: Sequence[Tensor],
    forms: Sequence[Any],
    make: Callable[[Tensor, Any], Callable[[Any], Any]],
) -> list[Callable[[Any], Any]]:
    return [make(tensor, form) for tensor, form in zip(tensors, forms, strict=True)]


def fill_metadata(run_metadata: Any, outcome: StepOutcome) -> None:
    """Write into a RunMetadata message what a step gave.

    Raises:
      TypeError: it is no RunMetadata.
    """
    if not hasattr(run_metadata, "step_stats"):
        raise TypeError(
            "Argument `run_metadata` must be a tf.RunMetadata, but got "
            f'"{type(run_metadata).__name__}"'
        )
    run_metadata.Clear()
    if outcome.step_stats is not None:
        run_metadata.step_stats.CopyFrom(outcome.step_stats)
    if outcome.cost_graph is not None:
        run_metadata.cost_graph.CopyFrom(outcome.cost_graph)
    run_metadata.partition_graphs.extend(outcome.partition_graphs)
