"""`WorkerLink`: how a task talks to the worker of a task, be it another or its own.

What is above a link cannot tell which kind it is. `tests/contracts/worker_links.py` is the contract
as tests, which every kind of link passes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from tensormill.graph.errors import OpError
from tensormill.runtime.any_master import AnyDevice, Delivery
from tensormill.runtime.passes.partition import Partition
from tensormill.runtime.plan.instructions import Form
from tensormill.runtime.rendezvous import KeyedValue, Receiver

__all__ = [
    "Answers",
    "Cancel",
    "Done",
    "GraphResult",
    "GraphRun",
    "PreparedRun",
    "RegisteredPartition",
    "SessionSpec",
    "WorkerLink",
]

Result = TypeVar("Result")

Done = Callable[[Result | None, OpError | None], None]
"""Called exactly once, on any thread, with a result or an error."""

Cancel = Callable[[], None]
"""Ends what was begun: it then fails with CancelledError, unless it is over. Returns at once."""


@dataclass(frozen=True, slots=True)
class SessionSpec:
    """What a worker is told of a session.

    Attributes:
      handle: names the session.
      isolates_state: variables, queues and the like are the session's own.
      inter_op_threads: how many threads a step may use for independent operations; 0 for one a
        core.
      cluster_def: a ClusterDef that takes the place of the worker's own, or None.
      task_name: what the task of the master is called in that cluster; None for its own name.
      master_task: the master's own task.
      master_incarnation: that of the first device there.
    """

    handle: str
    isolates_state: bool = False
    inter_op_threads: int = 0
    cluster_def: Any = None
    task_name: str | None = None
    master_task: str = ""
    master_incarnation: int = 0


@dataclass(frozen=True, slots=True)
class RegisteredPartition:
    """A partition that a worker has compiled.

    Attributes:
      handle: names it to the link that registered it.
      feed_forms: the forms in which it takes its feeds.
      fetch_forms: the forms in which it gives its fetches.
      shared_fetches: positions of the fetches whose memory may belong to something that changes.
      pushes_to: the tasks to which it can push what it sends them.
      leaves_nothing: a run that pushes and succeeds leaves nothing behind that must be cleaned up.
    """

    handle: Any
    feed_forms: Sequence[Form]
    fetch_forms: Sequence[Form]
    shared_fetches: frozenset[int] = frozenset()
    pushes_to: frozenset[str] = frozenset()
    leaves_nothing: bool = False


@dataclass(slots=True)
class GraphRun:
    """What one run of a partition is given; not to be changed.

    Attributes:
      step_id: the step, the same on all tasks.
      feeds: the fed values, in the forms of the partition.
      is_traced: collect StepStats.
      wants_partition_graphs: return the graph as it ran.
      step_resources: what kernels find in the step from the start, where the worker is in this
        process; it goes nowhere else.
      pushes: push what is sent, to the tasks of `pushes_to`.
      pushed_from: the tasks that push what they send to this partition.
      caller: the task of who asks, whose values may come with the result; empty for none.
    """

    step_id: int
    feeds: list[Any]
    is_traced: bool = False
    wants_partition_graphs: bool = False
    step_resources: Mapping[str, Any] = field(default_factory=dict)
    pushes: bool = False
    pushed_from: frozenset[str] = frozenset()
    caller: str = ""


@dataclass(slots=True)
class GraphResult:
    """What one run of a partition gave.

    Attributes:
      values: the fetched values, in the forms of the partition.
      step_stats: a StepStats message, where the run was traced.
      partition_graphs: GraphDef messages, where they were wanted.
      pushed: values for the caller's task.
      delivery: is to be told what becomes of the values; None where nobody wants to know.
    """

    values: list[Any]
    step_stats: Any = None
    partition_graphs: list[Any] = field(default_factory=list)
    pushed: Sequence[KeyedValue] = ()
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """A run that was made ready.

    Attributes:
      begin: begins it, on the calling thread; to be called once, also where it was cancelled.
      cancel: cancels it; it ends when it begins, if it has not.
    """

    begin: Callable[[], None]
    cancel: Cancel


class Answers(Protocol):
    """The answers of a task, which a thread reads that would have to be woken for them.

    A thread that expects some may take its turn; it then need not be woken, nor that other one.
    """

    def try_take_turn(self) -> bool:
        """Let the calling thread read from now on; return False where that cannot be."""

    def has_answers(self) -> bool:
        """Return whether something has come; only by who has the turn, as all below."""

    def read_answers(self) -> None:
        """Read what has come, pass the turn on, and tell those who asked."""

    def pass_turn_on(self) -> None:
        """Let the other thread read again."""


class WorkerLink(ABC):
    """A way to one worker. Any thread may call it; no method waits for the other side.

    A method that takes `done` calls it exactly once, before it returns or later, on any thread.
    Values keep dtype, shape and bits. A worker that is gone, or does not answer, gives
    UnavailableError with the name of its task.

    Attributes:
      task_name: the task at the other end, "/job:ps/replica:0/task:0".
    """

    task_name: str

    @abstractmethod
    def list_devices(self, done: Done[Sequence[AnyDevice]], *, waits: bool = True) -> Cancel:
        """Ask for the devices of the task; wait for it where it is not there yet, if asked to."""

    @abstractmethod
    def create_session(self, spec: SessionSpec, done: Done[bool]) -> Cancel:
        """Open the worker's part of a session."""

    @abstractmethod
    def delete_session(self, handle: str, done: Done[bool]) -> Cancel:
        """Let go of the worker's part of a session, if there is one; its running steps end."""

    @abstractmethod
    def register_graph(
        self, session_handle: str, partition: Partition, done: Done[RegisteredPartition]
    ) -> Cancel:
        """Let the worker compile a partition of a session."""

    @abstractmethod
    def run_graph(
        self,
        session_handle: str,
        graph: RegisteredPartition,
        run: GraphRun,
        done: Done[GraphResult],
    ) -> Cancel:
        """Run a partition. Where it fails, all transfers of the step on that task fail with it."""

    def answers(self) -> Answers | None:
        """Return what lets the calling thread read the answers of the task, if something does."""
        return None

    def collects(self, graph: RegisteredPartition, pushed_from: frozenset[str]) -> bool:
        """Return whether a run had better begin when the other parts of its step have ended.

        So it is for a short part that only makes of what others have sent what the client gets.

        Args:
          graph: the part.
          pushed_from: the tasks that push what they send to it.
        """
        return False

    def prepare_graph(
        self, graph: RegisteredPartition, run: GraphRun, done: Done[GraphResult]
    ) -> PreparedRun:
        """Make a run ready of a part that `collects`."""
        raise NotImplementedError

    @abstractmethod
    def receive(self, step_id: int, key: str, receiver: Receiver) -> Cancel:
        """Ask for a value that the task sends under a rendezvous key, before or after it does."""

    @abstractmethod
    def clean_up_step(self, step_id: int) -> None:
        """Tell the task that a step is over everywhere; nobody waits for an answer."""

    @abstractmethod
    def ask_waiting(self, step_id: int, done: Done[list[str]]) -> Cancel:
        """Ask for the operations that a step waits for there."""

    @abstractmethod
    def clear_containers(self, containers: Sequence[str], done: Done[bool]) -> Cancel:
        """Clear resource containers of the task; its default one where none is named."""

    @abstractmethod
    def log_transfers(self, is_on: bool, done: Done[bool]) -> Cancel:
        """Let the task note the values that it gets from others, or no longer."""

    @abstractmethod
    def take_transfers(self, step_id: int, done: Done[list[Any]]) -> Cancel:
        """Ask for what was noted of a step: StepStats messages."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the way; what is under way ends with an error."""
