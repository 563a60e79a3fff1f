"""`Master`: sessions over a graph; places, prunes and rewrites it, cuts it into partitions, and runs steps."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from typing import Any

from tensormill.graph import errors
from tensormill.graph.graph import Graph
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.runtime.cancellation import CancellationScope
from tensormill.runtime.devices import Device
from tensormill.runtime.failures import as_op_error
from tensormill.runtime.passes.place import Placement
from tensormill.runtime.passes.prune import prune
from tensormill.runtime.passes.simplify import simplify
from tensormill.runtime.plan.folding import fold_node
from tensormill.runtime.plan.program import Program
from tensormill.runtime.plan.straight_line import InstructionFailed
from tensormill.runtime.step import ProgramRun, Step
from tensormill.runtime.worker import Worker

__all__ = ["Master", "MasterSession", "PreparedStep"]

_session_numbers = itertools.count(1)


class Master:
    """Creates sessions that run graphs on a set of workers.

    Attributes:
      worker: the worker of the master's own task.
    """

    def __init__(self, worker: Worker) -> None:
        self.worker = worker

    def create_session(self, graph: Graph, config: Any = None) -> MasterSession:
        """Open a session on `graph`, which may grow afterwards."""
        return MasterSession(self, graph, config, f"session_{next(_session_numbers)}")


class MasterSession:
    """One session: a graph, its placement, and the steps that were prepared for it.

    Attributes:
      handle: names the session.
      graph: the graph, as the client extends it.
      placement: the device of every operation seen so far.
    """

    def __init__(self, master: Master, graph: Graph, config: Any, handle: str) -> None:
        self.master = master
        self.graph = graph
        self.config = config
        self.handle = handle
        self.cancellation = CancellationScope()
        self.placement = Placement(list(master.worker.devices.values()), config)
        self._worker_session = master.worker.create_session(handle)
        self._lock = threading.RLock()
        self._step_ids = itertools.count(1)
        self._placed_version = 0  # guarded by _lock
        self._rewrites = _wants_rewrites(config)
        self._closed = False
        self._running = 0  # guarded by _idle
        self._idle = threading.Condition()

    def extend(self) -> None:
        """Place the operations that were added since the last call.

        Raises:
          InvalidArgumentError: an operation cannot be placed.
        """
        with self._lock:
            version = self.graph.version
            if version != self._placed_version:
                self.placement.extend(self.graph._operations)
                self._placed_version = version

    def prepare(
        self, feeds: Sequence[Tensor], fetches: Sequence[Tensor], targets: Sequence[Operation]
    ) -> PreparedStep:
        """Return the step for a signature: pruned, rewritten and compiled."""
        with self._lock:
            self.extend()
            graph = prune(feeds, fetches, targets, self.placement.devices)
            if self._rewrites:
                graph = simplify(graph, fold_node)
            program = self._worker_session.register_graph(graph)
            return PreparedStep(self, program)

    def list_devices(self) -> list[Device]:
        """Return the devices that steps can use."""
        return list(self.master.worker.devices.values())

    def close(self) -> None:
        """Cancel the running steps, wait for them, and let go of everything. Idempotent."""
        self._closed = True
        self.cancellation.cancel("Session was closed.")
        with self._idle:
            self._idle.wait_for(lambda: self._running == 0)

    def new_step(self) -> Step:
        """Return a new step, below the session in the tree of cancellations."""
        return Step(next(self._step_ids), self.handle, CancellationScope(self.cancellation))


def _wants_rewrites(config: Any) -> bool:
    """Return whether the session's config leaves graph rewriting on, as it is by default."""
    if config is None:
        return True
    options = config.graph_options
    return (
        options.optimizer_options.opt_level != -1
        and not options.rewrite_options.disable_meta_optimizer
    )


class PreparedStep:
    """A signature of feeds, fetches and targets, ready to run as often as wanted, from any thread.

    Attributes:
      program: the program; its `feeds` and `fetches` say in which form values go in and come out.
    """

    __slots__ = ("_session", "program")

    def __init__(self, session: MasterSession, program: Program) -> None:
        self._session = session
        self.program = program

    def run(self, feeds: list[Any]) -> list[Any]:
        """Run one step and return the fetched values.

        Raises:
          OpError: the step failed.
        """
        session = self._session
        if session._closed:
            raise errors.CancelledError(None, None, "Session has been closed.")
        program = self.program
        if program.is_blocking:
            return self._run_blocking(feeds)
        try:
            return program.run(feeds)
        except InstructionFailed as failure:
            raise as_op_error(failure) from failure.__cause__

    def _run_blocking(self, feeds: list[Any]) -> list[Any]:
        session = self._session
        step = session.new_step()
        finished = threading.Event()
        outcome: list[Any] = []

        def on_done(values: list[Any] | None, error: BaseException | None) -> None:
            outcome.extend((values, error))
            finished.set()

        with session._idle:
            session._running += 1
        try:
            ProgramRun(self.program, step, feeds, on_done).start()
            finished.wait()
        finally:
            step.cancellation.close()
            with session._idle:
                session._running -= 1
                session._idle.notify_all()
        values, error = outcome
        if error is None:
            return values  # type: ignore[no-any-return]
        if isinstance(error, InstructionFailed):
            raise as_op_error(error, step.step_id) from error.__cause__
        raise error
