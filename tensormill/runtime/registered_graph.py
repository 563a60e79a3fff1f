"""`RegisteredGraph`: a partition that is compiled on this task, and its runs as parts of steps."""

from __future__ import annotations

from typing import Any

from tensormill.graph import errors
from tensormill.runtime.cancellation import CancellationScope
from tensormill.runtime.failures import as_reported
from tensormill.runtime.node import NodeGraph
from tensormill.runtime.node_graph_codec import to_graph_def
from tensormill.runtime.passes.partition import partition
from tensormill.runtime.step import ProgramRun, Step
from tensormill.runtime.step_rendezvous import StepRendezvous
from tensormill.runtime.trace import StepTrace
from tensormill.runtime.worker import WorkerSession
from tensormill.runtime.worker_link import Cancel, Done, GraphResult, GraphRun

__all__ = ["RegisteredGraph"]


class RegisteredGraph:
    """A partition of one session.

    Attributes:
      session: the session on this worker.
      graph: the nodes.
      program: what runs them.
    """

    def __init__(self, session: WorkerSession, graph: NodeGraph) -> None:
        """Compile a partition.

        Raises:
          InvalidArgumentError: a node has no kernel on its device.
        """
        self.session = session
        self.graph = graph
        self.program = session.register_graph(graph)

    def start(self, run: GraphRun, done: Done[GraphResult]) -> Cancel:
        """Start a run on the calling thread; `done` may be called before this returns.

        Args:
          run: what it is given.
          done: told the result.
        """
        session, worker = self.session, self.session.worker
        scope = CancellationScope(session.cancellation)
        local = worker.rendezvous.enter(run.step_id)
        step = Step(run.step_id, session.session_handle, scope)
        step.resources.update(run.step_resources)
        step.dispatcher = worker.dispatcher
        step.rendezvous = StepRendezvous(
            run.step_id,
            session.task_name,
            local,
            session.torch_devices,
            session.receive_elsewhere,
            scope,
        )
        observer = StepTrace(step) if run.is_traced else None

        def finish(values: list[Any] | None, error: BaseException | None) -> None:
            scope.close()
            worker.rendezvous.leave(run.step_id)
            if error is not None:
                reported = as_reported(error, run.step_id)
                local.abort(reported)
                done(None, reported)
                return
            assert values is not None
            result = GraphResult(values)
            if observer is not None:
                result.step_stats = observer.step_stats(self.graph)
            if run.wants_partition_graphs:
                result.partition_graphs = self.partition_graphs()
            done(result, None)

        if scope.reason is not None:
            finish(None, errors.cancelled(scope.reason))
        elif self.program.is_blocking:
            ProgramRun(self.program, step, run.feeds, finish, observer).start()
        else:
            try:
                values = self.program.run(run.feeds, step, observer)
            except Exception as error:  # noqa: BLE001 - belongs to the step
                finish(None, error)
            else:
                finish(values, None)
        return lambda: scope.cancel("The step was cancelled.")

    def partition_graphs(self) -> list[Any]:
        """Return the graph as it runs, as a GraphDef message for each device."""
        parts = partition(self.graph, lambda node: node.device)
        return [to_graph_def(part.graph) for _, part in sorted(parts.items())]
