"""Sessions that clients drive by messages: graphs, names and tensors as protos."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from tensormill.distributed.fed_values import FedTensor
from tensormill.distributed.limits import ServerLimits
from tensormill.distributed.stored_feeds import StoredFeeds
from tensormill.distributed.value_codec import named_value_pieces, value_to_proto
from tensormill.graph import errors
from tensormill.graph.endpoint_names import (
    check_signature,
    resolve_feed,
    resolve_fetch,
    resolve_target,
)
from tensormill.graph.graph import Graph
from tensormill.graph.graph_def_extension import extend_graph, withdraw_nodes
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.graph.tensor_wire_codec import Piece
from tensormill.runtime.any_master import StepOutcome
from tensormill.runtime.cancellation import CancellationScope
from tensormill.runtime.master import MasterSession
from tensormill.runtime.passes.tensor_watches import TensorWatch
from tensormill.runtime.prepared_step import OnStepBegin, OnStepDone, StartableStep
from tensormill.runtime.step_options import StepOptions

__all__ = ["ServedSession", "ServedStep"]


_TENSOR = 1  # the field of RunStepResponse


class ServedStep:
    """One signature of a session by name.

    Attributes:
      step: the prepared step.
      feeds: names and tensors in the order of the request.
      fetches: names in the order of the request.
    """

    def __init__(
        self,
        step: StartableStep,
        feeds: Sequence[tuple[str, Tensor]],
        fetches: Sequence[str],
        feed_order: Sequence[int],
        fetch_positions: Sequence[int],
        limits: ServerLimits,
    ) -> None:
        self.step = step
        self.feeds = feeds
        self.fetches = fetches
        self._feed_order = feed_order
        self._fetch_positions = fetch_positions
        self._fetch_dtypes = [form.dtype for form in step.fetch_forms]
        self._feed_forms = list(step.feed_forms)
        self._limits = limits

    def decode(self, fed: Sequence[FedTensor]) -> list[Any]:
        """Return the fed values in the forms and the order of the step.

        Args:
          fed: what is fed, in the order of the request.

        Raises:
          InternalError: a value has another dtype than its tensor.
          InvalidArgumentError: a value is not sound.
        """
        values = []
        for position, form in zip(self._feed_order, self._feed_forms, strict=True):
            name, tensor = self.feeds[position]
            fed[position].check_dtype(tensor.dtype, name)
            values.append(fed[position].value(form, self._limits.tensor_bytes))
        return values

    def start(
        self,
        values: list[Any],
        options: StepOptions,
        on_done: OnStepDone,
        *on_begin: OnStepBegin,
    ) -> CancellationScope | None:
        """Start the step with values that `decode` returned; see `StartableStep`."""
        return self.step.start(values, options, on_done, *on_begin)

    def write(self, outcome: StepOutcome) -> list[Piece]:
        """Return the fetched values as the tensors of a RunStepResponse."""
        pieces: list[Piece] = []
        for name, position in zip(self.fetches, self._fetch_positions, strict=True):
            value, dtype = outcome.values[position], self._fetch_dtypes[position]
            pieces += named_value_pieces(_TENSOR, name, value, dtype)
        return pieces

    def encode(self, outcome: StepOutcome) -> list[Any]:
        """Return the fetched values as TensorProtos, in the order of `fetches`."""
        return [
            value_to_proto(outcome.values[position], self._fetch_dtypes[position])
            for position in self._fetch_positions
        ]


class ServedSession:
    """A session on a master, with the graph that its client sent.

    Attributes:
      session: the session on the master.
      graph: what the client sent so far.
      version: how often the client has extended it.
    """

    def __init__(
        self, open_session: Callable[[Graph], MasterSession], graph_def: Any, limits: ServerLimits
    ) -> None:
        """Open a session.

        Args:
          open_session: opens the session on the master for a graph.
          graph_def: the graph so far.
          limits: bounds on what clients ask for.

        Raises:
          OpError: the graph is not sound, or cannot be placed.
        """
        self._limits = limits
        self.graph = Graph()
        self.version = 0  # guarded by _lock
        self.stored_feeds = StoredFeeds(limits)
        self._lock = threading.Lock()
        self._steps: OrderedDict[Any, ServedStep] = OrderedDict()  # guarded by _steps_lock
        self._prepared: dict[Any, StartableStep] = {}  # guarded by _steps_lock
        self._steps_lock = threading.Lock()
        self._add(graph_def)
        self.session = open_session(self.graph)
        try:
            self.session.extend()
        except BaseException:
            self.session.close()
            raise

    def extend(self, graph_def: Any, current_version: int) -> int:
        """Add nodes to the graph; return its new version.

        Raises:
          AbortedError: the client does not know the graph as it is.
          InvalidArgumentError: the nodes are not sound, or cannot be placed.
        """
        with self._lock:
            if current_version != self.version:
                raise errors.aborted(
                    f"Current version is {self.version} but caller expected {current_version}."
                )
            added = self._add(graph_def)
            try:
                self.session.extend()
            except BaseException:
                withdraw_nodes(self.graph, added)
                raise
            self.version += 1
            return self.version

    def _add(self, graph_def: Any) -> list[Operation]:
        if len(graph_def.node) + len(self.graph.get_operations()) > self._limits.graph_nodes:
            raise errors.resource_exhausted(
                f"The graph of a session may have {self._limits.graph_nodes} nodes"
            )
        return extend_graph(self.graph, graph_def)

    def find_step(
        self, feeds: Sequence[str], fetches: Sequence[str], targets: Sequence[str]
    ) -> ServedStep | None:
        """Return the step of a signature if it was prepared before."""
        return self._steps.get((tuple(feeds), tuple(fetches), tuple(targets)))

    def make_step(
        self, feeds: Sequence[str], fetches: Sequence[str], targets: Sequence[str]
    ) -> ServedStep:
        """Return the step of a signature, prepared now if need be.

        Raises:
          OpError: a name is unknown, or the signature cannot run.
        """
        key = (tuple(feeds), tuple(fetches), tuple(targets))
        found = self._steps.get(key)
        if found is None:
            found = self._make_step(*key)
            with self._steps_lock:
                self._steps[key] = found
                while len(self._steps) > self._limits.signatures:
                    self._steps.popitem(last=False)
        return found

    def make_watched_step(
        self,
        feeds: Sequence[str],
        fetches: Sequence[str],
        targets: Sequence[str],
        watches: Sequence[TensorWatch],
    ) -> ServedStep:
        """Return a step that shows tensors to a debugger; it is not kept.

        Raises:
          OpError: a name is unknown, or the signature cannot run.
        """
        return self._make_step(tuple(feeds), tuple(fetches), tuple(targets), watches)

    def _make_step(
        self,
        feeds: tuple[str, ...],
        fetches: tuple[str, ...],
        targets: tuple[str, ...],
        watches: Sequence[TensorWatch] = (),
    ) -> ServedStep:
        fed, wanted, run = self.resolve(feeds, fetches, targets)
        fed_in_order = sorted(fed, key=_creation_order)
        wanted_in_order = sorted(dict.fromkeys(wanted), key=_creation_order)
        run_in_order = sorted(dict.fromkeys(run), key=lambda op: op._id)
        key = (*fed_in_order, None, *wanted_in_order, None, *run_in_order)
        with self._steps_lock:
            step = None if watches else self._prepared.get(key)
        if watches:
            step = self.session.prepare_watched(
                fed_in_order, wanted_in_order, run_in_order, watches
            )
        elif step is None:
            step = self.session.prepare(fed_in_order, wanted_in_order, run_in_order)
            with self._steps_lock:
                step = self._prepared.setdefault(key, step)
                if len(self._prepared) > self._limits.signatures:
                    self._prepared.pop(next(iter(self._prepared)))
        return ServedStep(
            step,
            list(zip(feeds, fed, strict=True)),
            fetches,
            [fed.index(tensor) for tensor in fed_in_order],
            [wanted_in_order.index(tensor) for tensor in wanted],
            self._limits,
        )

    def make_callable(self, options: Any) -> ServedStep:
        """Return the step of a CallableOptions message.

        Raises:
          OpError: a name is unknown, or the signature cannot run.
        """
        if not (options.tensor_connection or options.feed_devices or options.fetch_devices):
            return self.make_step(options.feed, options.fetch, options.target)
        fed, wanted, run = self.resolve(options.feed, options.fetch, options.target)
        distinct = list(dict.fromkeys(wanted))
        step = self.session.make_callable(fed, distinct, run, options)
        return ServedStep(
            step,
            list(zip(options.feed, fed, strict=True)),
            options.fetch,
            range(len(fed)),
            [distinct.index(tensor) for tensor in wanted],
            self._limits,
        )

    def resolve(
        self, feeds: Sequence[str], fetches: Sequence[str], targets: Sequence[str]
    ) -> tuple[list[Tensor], list[Tensor], list[Operation]]:
        """Return the tensors and operations that names stand for.

        Raises:
          NotFoundError: a name is unknown.
          InvalidArgumentError: a tensor is fed twice, or fed and fetched, or there is nothing to
            do.
        """
        fed = [resolve_feed(self.graph, name) for name in feeds]
        wanted = [resolve_fetch(self.graph, name) for name in fetches]
        run = [resolve_target(self.graph, name) for name in targets]
        check_signature(fed, wanted, run)
        return fed, wanted, run

    def close(self) -> None:
        """Cancel the running steps, wait for them, and let go of everything."""
        self.session.close()
        with self._steps_lock:
            self._steps.clear()
            self._prepared.clear()


def _creation_order(tensor: Tensor) -> tuple[int, int]:
    return (tensor.op._id, tensor.value_index)
