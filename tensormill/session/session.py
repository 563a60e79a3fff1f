"""`Session` and `InteractiveSession`: the client's side of running a graph."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Sequence
from typing import Any, ClassVar

from tensorboard.compat.proto import config_pb2

from tensormill.graph.graph import Graph, default_graphs
from tensormill.graph.stacks import default_sessions, get_default_session
from tensormill.session.base_session import BaseSession, check_arguments, open_sessions
from tensormill.session.masters import reset_master

__all__ = ["BaseSession", "InteractiveSession", "Session", "get_default_session"]


class Session(BaseSession):
    """Runs a graph; as a context manager it is the default session and is closed at the end."""

    def __init__(self, target: str = "", graph: Graph | None = None, config: Any = None) -> None:
        super().__init__(target, graph, config)
        self._graph_context: Any = None
        self._session_context: Any = None

    def __enter__(self) -> Session:
        if self._session_context is not None:
            raise RuntimeError(
                "Session context managers are not re-entrant. Use `Session.as_default()` if you "
                "want to enter a session multiple times."
            )
        self._graph_context = self.graph.as_default()
        self._session_context = self.as_default()
        self._graph_context.__enter__()
        self._session_context.__enter__()
        return self

    @staticmethod
    def reset(target: str, containers: Sequence[str] | None = None, config: Any = None) -> None:
        """Clear the state that sessions share: variables, queues, readers, by container.

        Args:
          target: the master whose state is cleared; "" for all open sessions of this process.
          containers: the names of the containers; all of them when None or empty.
          config: a ConfigProto, for the connection to the master.

        Raises:
          NotFoundError: no master can be reached by such a target.
        """
        check_arguments(target, None, config)
        if target:
            reset_master(
                target.decode() if isinstance(target, bytes) else target, containers or (), config
            )
            return
        for session in open_sessions():
            if not session.sess_str:
                session._master_session.clear_containers(containers or ())

    def __exit__(self, exc_type: Any, exc: Any, traceback: Any) -> None:
        session_context, graph_context = self._session_context, self._graph_context
        self._session_context = self._graph_context = None
        session_context.__exit__(exc_type, exc, traceback)
        graph_context.__exit__(exc_type, exc, traceback)
        self.close()


class InteractiveSession(BaseSession):
    """A session that makes itself (and its graph) the default when it is opened, for shells."""

    _active_session_count: ClassVar[int] = 0  # guarded by _count_lock
    _count_lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, target: str = "", graph: Graph | None = None, config: Any = None) -> None:
        check_arguments(target, graph, config)
        # What is typed wrongly in a shell stays in the graph: it must not stop what comes after it.
        own_config = config_pb2.ConfigProto()
        if config is not None:
            own_config.CopyFrom(config)
        own_config.graph_options.place_pruned_graph = True
        super().__init__(target, graph, own_config)
        with InteractiveSession._count_lock:
            is_second = InteractiveSession._active_session_count > 0
            InteractiveSession._active_session_count += 1
        self._is_default = True
        default_sessions.push(self)
        self._explicit_graph = graph
        if graph is not None:
            default_graphs.push(graph)
        if is_second:
            warnings.warn(
                "An interactive session is already active. This can cause out-of-memory errors in "
                "some cases. You must explicitly call `InteractiveSession.close()` to release "
                "resources held by the other session(s).",
                stacklevel=2,
            )

    def close(self) -> None:
        """Close the session and stop being the default."""
        super().close()
        if not self._is_default:
            return
        self._is_default = False
        with InteractiveSession._count_lock:
            InteractiveSession._active_session_count -= 1
        default_sessions.remove(self)
        if self._explicit_graph is not None:
            default_graphs.remove(self._explicit_graph)
