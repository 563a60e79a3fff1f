"""What a session needs of its master, wherever that is: in this process or behind a connection.

`AnyMasterSession` is one session on a master, `AnyPreparedStep` one signature of it,
`AnyPartialRun` a step that is fed in parts. `runtime/master.py` has those of a master in this
process, `distributed/remote_master_session.py` those of a remote one. All raise the errors of
`graph/errors.py`, with the operation that failed where it is one of the session's graph.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

from tensormill.graph.dtypes import DType
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.runtime.passes.tensor_watches import TensorWatch
from tensormill.runtime.plan.instructions import Form
from tensormill.runtime.resources.session_tensors import SessionTensors
from tensormill.runtime.step_options import StepOptions

__all__ = [
    "AnyDevice",
    "AnyMasterSession",
    "AnyPartialRun",
    "AnyPreparedStep",
    "Delivery",
    "FetchForm",
    "ReadyValues",
    "Repeatable",
    "StepOutcome",
    "StopSignal",
    "WaitObserver",
]


class FetchForm(NamedTuple):
    """How a fetched value comes out of a step.

    Attributes:
      form: the form of the value.
      dtype: its dtype.
      is_shared: its memory may belong to something that changes later.
    """

    form: Form
    dtype: DType
    is_shared: bool


class ReadyValues(list[Any]):
    """Fetched values that are already what the user gets: NumPy scalars and arrays, bytes."""

    __slots__ = ()


class Delivery(Protocol):
    """What becomes of values that a step took out of queues, and that go to who asked for them.

    One of the methods is called, once. Any thread.
    """

    def confirm(self) -> None:
        """Take note that they have come to who asked."""

    def refuse(self) -> None:
        """Take note that nobody gets them."""

    def forsake(self) -> None:
        """Take note that whoever was to say what becomes of them is gone."""


@dataclass(slots=True)
class StepOutcome:
    """What one step gave.

    Attributes:
      values: the fetched values, in the forms that the step says.
      step_stats: StepStats, where the step was traced.
      partition_graphs: GraphDefs by device, where they were wanted.
      cost_graph: CostGraphDef, where the master makes one.
      delivery: is to be told what becomes of the values; None where nobody wants to know.
    """

    values: list[Any]
    step_stats: Any = None
    partition_graphs: Sequence[Any] = ()
    cost_graph: Any = None
    delivery: Delivery | None = None

    def confirm(self) -> None:
        """Say that the values have come to who asked."""
        if self.delivery is not None:
            self.delivery.confirm()


class AnyDevice(Protocol):
    """A device that steps can use."""

    @property
    def name(self) -> str:
        """The full name."""

    @property
    def type(self) -> str:
        """The type, such as "CPU"."""

    @property
    def memory_bytes(self) -> int:
        """The memory that it can give."""

    @property
    def incarnation(self) -> int:
        """Changes when the device is made anew."""

    @property
    def physical_desc(self) -> str:
        """What stands behind it."""


class AnyPreparedStep(Protocol):
    """A step that can run any number of times, from any thread."""

    @property
    def feed_forms(self) -> Sequence[Form]:
        """The forms in which `run` takes the fed values."""

    @property
    def fetch_forms(self) -> Sequence[FetchForm]:
        """The forms in which `run` returns the fetched values."""

    def run(self, feeds: list[Any], /) -> list[Any]:
        """Run one step with the session's own options and return the fetched values.

        They are in the forms of `fetch_forms`, or `ReadyValues`.
        """

    def run_with(self, feeds: list[Any], options: StepOptions, /) -> StepOutcome:
        """Run one step with options."""


class WaitObserver(Protocol):
    """Is told when a step that is repeated begins to wait for others, and when it goes on."""

    def wait_begins(self, cancel: Callable[[str], object]) -> None:
        """Take note that the step waits, and what cancels it, told a reason."""

    def wait_ends(self) -> None:
        """Take note that the step goes on."""


class StopSignal(Protocol):
    """Says when steps that are repeated are to stop."""

    def should_stop(self) -> bool:
        """Return whether they are to stop."""

    def call_on_stop(self, callback: Callable[[], None], /) -> None:
        """Call back once they are to stop; at once where they are already."""


@runtime_checkable
class Repeatable(Protocol):
    """A prepared step without feeds that its master can run again and again by itself."""

    def repeat(self, stop: StopSignal, waits: WaitObserver, /) -> None:
        """Run steps until they are to stop, or until one fails; a stop breaks none off."""


class AnyPartialRun(Protocol):
    """A step whose feeds arrive one by one; positions count announced feeds and fetches."""

    @property
    def handle(self) -> str | None:
        """The master's name for the run, or None where the session may name it."""

    @property
    def needed_feeds(self) -> Sequence[Sequence[int]] | None:
        """For each fetch the feeds that it needs; None where the master checks all use itself."""

    def feed_form(self, dtype: DType, /) -> Form:
        """Return the form in which a feed of a dtype is taken."""

    def fetch_form(self, dtype: DType, /) -> FetchForm:
        """Return the form in which a fetched value of a dtype is returned."""

    def run(self, feeds: Mapping[int, Any], fetches: Sequence[int], /) -> list[Any]:
        """Feed values and return those of fetches, waiting for them."""


class AnyMasterSession(Protocol):
    """One session on a master."""

    def prepare(
        self, feeds: Sequence[Tensor], fetches: Sequence[Tensor], targets: Sequence[Operation], /
    ) -> AnyPreparedStep:
        """Return the step for a signature; what the graph has gained since then is seen."""

    def prepare_watched(
        self,
        feeds: Sequence[Tensor],
        fetches: Sequence[Tensor],
        targets: Sequence[Operation],
        watches: Sequence[TensorWatch],
        /,
    ) -> AnyPreparedStep:
        """Return a step that shows tensors to a debugger."""

    def start_partial(
        self, feeds: Sequence[Tensor], fetches: Sequence[Tensor], targets: Sequence[Operation], /
    ) -> AnyPartialRun:
        """Start a step that is fed in parts."""

    def make_callable(
        self,
        feeds: Sequence[Tensor],
        fetches: Sequence[Tensor],
        targets: Sequence[Operation],
        options: Any,
        /,
    ) -> AnyPreparedStep:
        """Return the step that a CallableOptions message describes, with what it names."""

    def list_devices(self) -> Sequence[AnyDevice]:
        """Return the devices that steps can use."""

    def clear_containers(self, containers: Sequence[str], /) -> None:
        """Clear the state that is shared; all containers where none is named."""

    def session_tensors(self) -> SessionTensors | None:
        """Return the tensors that the session keeps, or None where they are out of reach."""

    def close(self) -> None:
        """Cancel the running steps, wait for them, and let go of everything. Idempotent."""
