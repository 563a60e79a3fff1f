"""`InProcessMasterSession`: a session on the master of a server of this process, without a wire."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from tensorboard.compat.proto import config_pb2

from tensormill.distributed.dropped import close_when_dropped
from tensormill.graph import errors
from tensormill.graph.graph import Graph
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.runtime.any_master import AnyDevice, AnyPartialRun
from tensormill.runtime.master import Master, MasterSession
from tensormill.runtime.passes.tensor_watches import TensorWatch
from tensormill.runtime.prepared_step import StartableStep
from tensormill.runtime.resources.session_tensors import SessionTensors

__all__ = ["InProcessMasterSession"]


class InProcessMasterSession:
    """One session on a master of this process.

    It is opened when it is first needed, as a remote one is: until then the other tasks of the
    cluster need not be there.
    """

    def __init__(self, master: Master, graph: Graph, config: Any) -> None:
        self._master = master
        self._graph = graph
        self._config = config_pb2.ConfigProto()
        if config is not None:
            self._config.CopyFrom(config)
        self._config.graph_options.place_pruned_graph = False  # as for sessions over the wire
        self._lock = threading.Lock()
        self._opened: MasterSession | None = None  # guarded by _lock
        self._is_closed = False  # guarded by _lock
        self._forget_drop: Callable[[], Any] = lambda: None  # guarded by _lock

    @property
    def opened(self) -> MasterSession:
        """The session on the master; it is opened by the first who asks.

        Raises:
          CancelledError: the session is closed.
          OpError: it cannot be opened.
        """
        if self._opened is None:
            with self._lock:
                if self._is_closed:
                    raise errors.CancelledError(None, None, "Session has been closed.")
                if self._opened is None:
                    self._opened = self._master.create_session(self._graph, self._config)
                    self._forget_drop = close_when_dropped(self, self._opened.close)
        return self._opened

    def prepare(
        self, feeds: Sequence[Tensor], fetches: Sequence[Tensor], targets: Sequence[Operation]
    ) -> StartableStep:
        """Return the step for a signature."""
        return self.opened.prepare(feeds, fetches, targets)

    def prepare_watched(
        self,
        feeds: Sequence[Tensor],
        fetches: Sequence[Tensor],
        targets: Sequence[Operation],
        watches: Sequence[TensorWatch],
    ) -> StartableStep:
        """Return a step that shows tensors to a debugger."""
        return self.opened.prepare(feeds, fetches, targets, watches=watches)

    def make_callable(
        self,
        feeds: Sequence[Tensor],
        fetches: Sequence[Tensor],
        targets: Sequence[Operation],
        options: Any,
    ) -> StartableStep:
        """Return the step that a CallableOptions message describes."""
        return self.opened.make_callable(feeds, fetches, targets, options)

    def start_partial(
        self, feeds: Sequence[Tensor], fetches: Sequence[Tensor], targets: Sequence[Operation]
    ) -> AnyPartialRun:
        """Start a step that is fed in parts."""
        return self.opened.start_partial(feeds, fetches, targets)

    def list_devices(self) -> Sequence[AnyDevice]:
        """Return the devices that steps can use."""
        return self.opened.list_devices()

    def clear_containers(self, containers: Sequence[str]) -> None:
        """Clear the state that the session's kernels see."""
        self.opened.clear_containers(containers)

    def session_tensors(self) -> SessionTensors | None:
        """Return the tensors that the session keeps."""
        return self.opened.session_tensors()

    def close(self) -> None:
        """Cancel the running steps, wait for them, and let go of everything. Idempotent."""
        with self._lock:
            self._is_closed = True
            opened = self._opened
            self._forget_drop()
        if opened is not None:
            opened.close()
