"""`tf.train.MonitoredSession` and its kinds: sessions that hooks, threads and recovery belong to.

Source: TensorFlow 1.15, python/training/monitored_session.py.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from tensormill.graph import errors
from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import get_collection
from tensormill.graph.graph import get_default_graph
from tensormill.train.coordinator import Coordinator
from tensormill.train.monitored.logging_hooks import StepCounterHook
from tensormill.train.monitored.saving_hooks import CheckpointSaverHook, SummarySaverHook
from tensormill.train.monitored.scaffold import Scaffold
from tensormill.train.monitored.session_creators import (
    ChiefSessionCreator,
    SessionCreator,
    WorkerSessionCreator,
)
from tensormill.train.monitored.wrapped_sessions import (
    CoordinatedSession,
    HookedSession,
    RecoverableSession,
    StepContext,
)
from tensormill.train.queue_runner import start_queue_runners

__all__ = [
    "USE_DEFAULT",
    "MonitoredSession",
    "MonitoredTrainingSession",
    "SingularMonitoredSession",
]

USE_DEFAULT = object()
"""Stands for an argument that was not given."""


class _CoordinatedCreator(SessionCreator):
    """Makes sessions with hooks and threads.

    Attributes:
      coord: the coordinator of the threads of the last session.
      tf_sess: the last `tf.Session`.
    """

    def __init__(
        self, session_creator: Any, hooks: list[Any], stop_grace_period_secs: float
    ) -> None:
        self._session_creator = session_creator
        self._hooks = hooks
        self._stop_grace_period_secs = stop_grace_period_secs
        self.coord: Coordinator | None = None
        self.tf_sess: Any = None

    def create_session(self) -> CoordinatedSession:
        """Return a new session, with its threads started and its hooks told."""
        self.tf_sess = self._session_creator.create_session()
        # An input at its end stops the loop by an error, so that the loop sees it.
        self.coord = Coordinator(clean_stop_exception_types=[])
        if get_collection(GraphKeys.QUEUE_RUNNERS):
            start_queue_runners(sess=self.tf_sess, coord=self.coord)
        for hook in self._hooks:
            hook.after_create_session(self.tf_sess, self.coord)
        return CoordinatedSession(
            HookedSession(self.tf_sess, self._hooks), self.coord, self._stop_grace_period_secs
        )


class _MonitoredSession:
    """A session with hooks, threads and perhaps recovery; a context manager.

    `OutOfRangeError` and `StopIteration` end its block, other errors are raised.
    """

    StepContext = StepContext

    def __init__(
        self,
        session_creator: Any,
        hooks: Any,
        should_recover: bool,
        stop_grace_period_secs: float = 120,
    ) -> None:
        self._graph_was_finalized = get_default_graph().finalized
        self._hooks = list(hooks or [])
        for hook in self._hooks:
            hook.begin()
        self._coordinated_creator = _CoordinatedCreator(
            session_creator or ChiefSessionCreator(), self._hooks, stop_grace_period_secs
        )
        self._sess: Any = (
            RecoverableSession(self._coordinated_creator)
            if should_recover
            else self._coordinated_creator.create_session()
        )

    @property
    def graph(self) -> Any:
        """The graph; None once the session is closed."""
        session = self._tf_sess()
        return None if session is None else session.graph

    def run(
        self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None
    ) -> Any:
        """Run a step with the hooks, as `tf.Session.run`."""
        return self._sess.run(
            fetches, feed_dict=feed_dict, options=options, run_metadata=run_metadata
        )

    def run_step_fn(self, step_fn: Callable[..., Any]) -> Any:
        """Call a function with a `StepContext`; return what it returns.

        Raises:
          ValueError: the function does not take `step_context` alone.
        """
        names = tuple(inspect.signature(step_fn).parameters)
        if names != ("step_context",):
            raise ValueError(
                "`step_fn` may either have one `step_context` argument, or `self` and "
                "`step_context` arguments if it's an instance method. Got "
                f"{names} instead."
            )
        return self._sess.run_step_fn(step_fn, self._tf_sess(), run_with_hooks=None)

    def should_stop(self) -> bool:
        """Return whether the loop is to end."""
        return self._sess is None or self._sess.should_stop()

    def close(self) -> None:
        """Call the hooks for the last time, stop the threads and close the session."""
        self._close_internal()

    def __enter__(self) -> Any:
        """Return the session."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: Any
    ) -> bool:
        """Close the session; the end of the input and a requested stop are no errors."""
        if kind in (errors.OutOfRangeError, StopIteration):
            kind = None
        self._close_internal(kind)
        return kind is None

    def _close_internal(self, kind: type[BaseException] | None = None) -> None:
        try:
            if kind is None:
                if self._sess is None:
                    raise RuntimeError("Session is already closed.")
                for hook in self._hooks:
                    hook.end(self._coordinated_creator.tf_sess)
        finally:
            session, self._sess = self._sess, None
            try:
                if session is not None:
                    session.close()
            finally:
                self._coordinated_creator.tf_sess = None
                self._coordinated_creator.coord = None
                if not self._graph_was_finalized:
                    get_default_graph()._unsafe_unfinalize()

    def _is_closed(self) -> bool:
        return self._coordinated_creator.tf_sess is None

    def _tf_sess(self) -> Any:
        return self._coordinated_creator.tf_sess


class MonitoredSession(_MonitoredSession):
    """A session that initializes itself, calls hooks, and goes on where a task was lost.

    Args:
      session_creator: makes the sessions, by default a `ChiefSessionCreator`.
      hooks: called around each step.
      stop_grace_period_secs: how long threads may take to end.
    """

    def __init__(
        self,
        session_creator: Any = None,
        hooks: Any = None,
        stop_grace_period_secs: float = 120,
    ) -> None:
        super().__init__(session_creator, hooks, True, stop_grace_period_secs)


class SingularMonitoredSession(_MonitoredSession):
    """A session that initializes itself and calls hooks, but does not go on after an error.

    Args:
      hooks: called around each step.
      scaffold: says how to initialize.
      master: the target.
      config: a ConfigProto.
      checkpoint_dir: the folder of checkpoints, of which the latest is restored.
      stop_grace_period_secs: how long threads may take to end.
      checkpoint_filename_with_path: the checkpoint to restore.
    """

    def __init__(
        self,
        hooks: Any = None,
        scaffold: Scaffold | None = None,
        master: str = "",
        config: Any = None,
        checkpoint_dir: Any = None,
        stop_grace_period_secs: float = 120,
        checkpoint_filename_with_path: Any = None,
    ) -> None:
        creator = ChiefSessionCreator(
            scaffold, master, config, checkpoint_dir, checkpoint_filename_with_path
        )
        super().__init__(creator, hooks, False, stop_grace_period_secs)

    def raw_session(self) -> Any:
        """Return the `tf.Session` inside, which knows no hooks."""
        return self._tf_sess()


def MonitoredTrainingSession(
    master: str = "",
    is_chief: bool = True,
    checkpoint_dir: Any = None,
    scaffold: Scaffold | None = None,
    hooks: Any = None,
    chief_only_hooks: Any = None,
    save_checkpoint_secs: Any = USE_DEFAULT,
    save_summaries_steps: Any = USE_DEFAULT,
    save_summaries_secs: Any = USE_DEFAULT,
    config: Any = None,
    stop_grace_period_secs: float = 120,
    log_step_count_steps: int | None = 100,
    max_wait_secs: float = 7200,
    save_checkpoint_steps: Any = USE_DEFAULT,
    summary_dir: Any = None,
    save_graph_def: bool = True,
) -> MonitoredSession:
    """Return a `MonitoredSession` for training, with the usual hooks on the chief.

    Args:
      master: the target.
      is_chief: this worker initializes, saves and summarizes; the others wait for it.
      checkpoint_dir: the folder of checkpoints.
      scaffold: says how to initialize.
      hooks: called around each step.
      chief_only_hooks: called on the chief only.
      save_checkpoint_secs: save every so many seconds, by default 600; None or 0 never.
      save_summaries_steps: summarize every so many steps, by default 100; None or 0 never.
      save_summaries_secs: summarize every so many seconds.
      config: a ConfigProto.
      stop_grace_period_secs: how long threads may take to end.
      log_step_count_steps: tell the speed every so many steps.
      max_wait_secs: how long to wait for the chief.
      save_checkpoint_steps: save every so many steps.
      summary_dir: the folder of summaries, by default that of the checkpoints.
      save_graph_def: write the graph and meta graphs beside checkpoints.
    """
    summaries = _schedule(save_summaries_steps, save_summaries_secs, (100, None))
    checkpoints = _schedule(save_checkpoint_steps, save_checkpoint_secs, (None, 600))
    scaffold = scaffold or Scaffold()
    if not is_chief:
        worker = WorkerSessionCreator(scaffold, master, config, max_wait_secs)
        return MonitoredSession(worker, hooks or [], stop_grace_period_secs)
    all_hooks = list(chief_only_hooks or [])
    summary_dir = summary_dir or checkpoint_dir
    if summary_dir:
        if log_step_count_steps and log_step_count_steps > 0:
            all_hooks.append(
                StepCounterHook(output_dir=summary_dir, every_n_steps=log_step_count_steps)
            )
        if any(limit and limit > 0 for limit in summaries):
            steps, seconds = summaries
            all_hooks.append(
                SummarySaverHook(steps, seconds, output_dir=summary_dir, scaffold=scaffold)
            )
    if checkpoint_dir and any(limit and limit > 0 for limit in checkpoints):
        steps, seconds = checkpoints
        all_hooks.append(
            CheckpointSaverHook(
                checkpoint_dir,
                save_secs=seconds,
                save_steps=steps,
                scaffold=scaffold,
                save_graph_def=save_graph_def,
            )
        )
    all_hooks += hooks or []
    chief = ChiefSessionCreator(scaffold, master, config, checkpoint_dir)
    return MonitoredSession(chief, all_hooks, stop_grace_period_secs)


def _schedule(steps: Any, seconds: Any, otherwise: tuple[Any, Any]) -> tuple[Any, Any]:
    """Return steps and seconds between two times; `otherwise` where neither is given."""
    if steps is USE_DEFAULT and seconds is USE_DEFAULT:
        return otherwise
    return (
        None if steps is USE_DEFAULT else steps,
        None if seconds is USE_DEFAULT else seconds,
    )
