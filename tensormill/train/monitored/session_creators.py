"""What makes the sessions of a monitored session, of the chief and of other workers.

Source: TensorFlow 1.15, python/training/monitored_session.py.
"""

from __future__ import annotations

import abc
from typing import Any

from tensormill.graph.graph import get_default_graph
from tensormill.train.monitored.scaffold import Scaffold
from tensormill.train.monitored.session_manager import SessionManager

__all__ = ["ChiefSessionCreator", "SessionCreator", "WorkerSessionCreator"]

_HALF_AN_HOUR_S = 30 * 60


class SessionCreator(abc.ABC):
    """Makes sessions."""

    @abc.abstractmethod
    def create_session(self) -> Any:
        """Return a new session."""


class _ScaffoldedCreator(SessionCreator):
    """Makes sessions of a finalized graph, as its scaffold says."""

    def __init__(self, scaffold: Scaffold | None, master: str, config: Any) -> None:
        self._scaffold = scaffold or Scaffold()
        self._session_manager: SessionManager | None = None
        self._master = master
        self._config = config

    def _finalized_manager(self) -> SessionManager:
        self._scaffold.finalize()
        if self._session_manager is None:
            self._session_manager = SessionManager(
                local_init_op=self._scaffold.local_init_op,
                local_init_feed_dict=self._scaffold.local_init_feed_dict,
                ready_op=self._scaffold.ready_op,
                ready_for_local_init_op=self._scaffold.ready_for_local_init_op,
                graph=get_default_graph(),
            )
        return self._session_manager


class ChiefSessionCreator(_ScaffoldedCreator):
    """Makes the sessions of the chief, which restores or initializes the variables.

    Args:
      scaffold: says how.
      master: the target of the sessions.
      config: a ConfigProto.
      checkpoint_dir: the folder of checkpoints, of which the latest is restored.
      checkpoint_filename_with_path: the checkpoint to restore.
    """

    def __init__(
        self,
        scaffold: Scaffold | None = None,
        master: str = "",
        config: Any = None,
        checkpoint_dir: Any = None,
        checkpoint_filename_with_path: Any = None,
    ) -> None:
        super().__init__(scaffold, master, config)
        self._checkpoint_dir = checkpoint_dir
        self._checkpoint_filename_with_path = checkpoint_filename_with_path

    def create_session(self) -> Any:
        """Return a new session, in which the variables have values."""
        return self._finalized_manager().prepare_session(
            self._master,
            saver=self._scaffold.saver,
            checkpoint_dir=self._checkpoint_dir,
            checkpoint_filename_with_path=self._checkpoint_filename_with_path,
            config=self._config,
            init_op=self._scaffold.init_op,
            init_feed_dict=self._scaffold.init_feed_dict,
            init_fn=self._scaffold.init_fn,
        )


class WorkerSessionCreator(_ScaffoldedCreator):
    """Makes the sessions of a worker, which waits for the chief.

    Args:
      scaffold: says what to wait for.
      master: the target of the sessions.
      config: a ConfigProto.
      max_wait_secs: how long to wait.
    """

    def __init__(
        self,
        scaffold: Scaffold | None = None,
        master: str = "",
        config: Any = None,
        max_wait_secs: float = _HALF_AN_HOUR_S,
    ) -> None:
        super().__init__(scaffold, master, config)
        self._max_wait_secs = max_wait_secs

    def create_session(self) -> Any:
        """Return a new session, in which the variables have values."""
        return self._finalized_manager().wait_for_session(
            self._master, config=self._config, max_wait_secs=self._max_wait_secs
        )
