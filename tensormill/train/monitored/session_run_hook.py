"""`SessionRunHook`: what is called around each step of a monitored session.

Source: TensorFlow 1.15, python/training/session_run_hook.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["SessionRunArgs", "SessionRunContext", "SessionRunHook", "SessionRunValues"]


class SessionRunHook:
    """Called when a monitored session begins and ends, and around each of its steps.

    Derived classes override what they need.
    """

    def begin(self) -> None:
        """Add to the graph, before it is finalized and there is a session."""

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Do what a new session needs; also after a lost one was replaced.

        Args:
          session: the `tf.Session`.
          coord: the coordinator of its threads.
        """

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        """Return what a step should fetch and feed besides, or None."""
        return None

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Use what the step gave; `run_context.request_stop()` ends the loop."""

    def end(self, session: Any) -> None:
        """Do what is left at the end, unless the loop ended with an error."""


class SessionRunArgs(NamedTuple):
    """What a hook adds to a step, or what the caller of the step asked for.

    Attributes:
      fetches: as for `session.run`.
      feed_dict: as for `session.run`.
      options: a RunOptions message.
    """

    fetches: Any
    feed_dict: Any = None
    options: Any = None


class SessionRunContext:
    """The step that is about to run or has run."""

    def __init__(self, original_args: SessionRunArgs, session: Any) -> None:
        self._original_args = original_args
        self._session = session
        self._stop_requested = False

    @property
    def original_args(self) -> SessionRunArgs:
        """What the caller asked for."""
        return self._original_args

    @property
    def session(self) -> Any:
        """The `tf.Session` that runs the step."""
        return self._session

    @property
    def stop_requested(self) -> bool:
        """Whether a hook asked for a stop."""
        return self._stop_requested

    def request_stop(self) -> None:
        """Let `should_stop` of the monitored session be true after this step."""
        self._stop_requested = True


class SessionRunValues(NamedTuple):
    """What a step gave.

    Attributes:
      results: of the fetches of the hook; None where it had none.
      options: the RunOptions of the step.
      run_metadata: its RunMetadata.
    """

    results: Any
    options: Any
    run_metadata: Any
