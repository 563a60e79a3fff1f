"""The layers of a monitored session: hooks, threads, recovery.

Source: TensorFlow 1.15, python/training/monitored_session.py.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from tensorboard.compat.proto.config_pb2 import RunMetadata, RunOptions

from tensormill.graph import errors, tf_logging
from tensormill.train.coordinator import Coordinator
from tensormill.train.monitored.session_run_hook import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)

__all__ = [
    "PREEMPTION_ERRORS",
    "CoordinatedSession",
    "HookedSession",
    "RecoverableSession",
    "StepContext",
    "WrappedSession",
]

PREEMPTION_ERRORS = (errors.AbortedError, errors.UnavailableError)
"""A task is gone: a new session may find another one in its place."""


class StepContext:
    """What a step function gets: the session, and a way to run it with the hooks.

    Attributes:
      session: the `tf.Session`.
    """

    def __init__(self, session: Any, run_with_hooks_fn: Callable[..., Any]) -> None:
        self.session = session
        self._run_with_hooks_fn = run_with_hooks_fn

    def run_with_hooks(self, *args: Any, **kwargs: Any) -> Any:
        """Run a step with the hooks."""
        return self._run_with_hooks_fn(*args, **kwargs)

    def request_stop(self) -> None:
        """End the loop.

        Raises:
          StopIteration: always.
        """
        raise StopIteration("step_fn has requested the iterations to stop.")


class WrappedSession:
    """A session around another one."""

    def __init__(self, sess: Any) -> None:
        self._sess = sess

    @property
    def graph(self) -> Any:
        """The graph."""
        return self._sess.graph

    @property
    def sess_str(self) -> Any:
        """The target of the session."""
        return self._sess.sess_str

    def should_stop(self) -> bool:
        """Return whether this session, or one inside of it, is to end."""
        if self._check_stop() or self._sess is None:
            return True
        return isinstance(self._sess, WrappedSession) and self._sess.should_stop()

    def _check_stop(self) -> bool:
        return False

    def close(self) -> None:
        """Close the session inside."""
        sess, self._sess = self._sess, None
        if sess is not None:
            try:
                sess.close()
            except PREEMPTION_ERRORS as error:
                tf_logging.error(
                    "An error occurred when attempting to close the session. This may be due to a "
                    "preemption in a connected worker or parameter server. Error: %s",
                    error,
                )

    def run(self, *args: Any, **kwargs: Any) -> Any:
        """Run a step."""
        return self._sess.run(*args, **kwargs)

    def run_step_fn(self, step_fn: Any, raw_session: Any, run_with_hooks: Any) -> Any:
        """Call a step function."""
        return step_fn(StepContext(raw_session, run_with_hooks or self.run))


class RecoverableSession(WrappedSession):
    """Makes a new session where a task of the old one is gone.

    Args:
      sess_creator: makes sessions.
    """

    def __init__(self, sess_creator: Any) -> None:
        self._sess_creator = sess_creator
        super().__init__(self._create_session())

    def _create_session(self) -> Any:
        while True:
            try:
                return self._sess_creator.create_session()
            except PREEMPTION_ERRORS as error:
                _tell("while a session was being created", error)

    def _check_stop(self) -> bool:
        try:
            return self._sess is None or bool(self._sess._check_stop())
        except PREEMPTION_ERRORS as error:
            _tell("while considering whether the session is complete", error)
            self.close()
            self._sess = self._create_session()
            return False
        except Exception:  # noqa: BLE001  (the next step raises it)
            # What ended the threads is raised by `close`.
            return True

    def _retried(self, call: Callable[[Any], Any]) -> Any:
        while True:
            try:
                if self._sess is None:
                    self._sess = self._create_session()
                return call(self._sess)
            except PREEMPTION_ERRORS as error:
                _tell("", error)
                self.close()

    def run(
        self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None
    ) -> Any:
        """Run a step, in a new session where a task of the old one is gone."""
        return self._retried(
            lambda sess: sess.run(
                fetches, feed_dict=feed_dict, options=options, run_metadata=run_metadata
            )
        )

    def run_step_fn(self, step_fn: Any, raw_session: Any, run_with_hooks: Any) -> Any:
        """Call a step function, again where a task is gone."""
        return self._retried(lambda sess: sess.run_step_fn(step_fn, raw_session, sess.run))


def _tell(when: str, error: Exception) -> None:
    tf_logging.info(
        "An error was raised%s. This may be due to a preemption in a connected worker or parameter "
        "server. The current session will be closed and a new session will be created. This error "
        "may also occur due to a gRPC failure caused by high memory or network bandwidth usage in "
        "the parameter servers. If this error occurs repeatedly, try increasing the number of "
        "parameter servers assigned to the job. Error: %s",
        f" {when}" if when else "",
        error,
    )


class CoordinatedSession(WrappedSession):
    """Ends with its threads, and they with it.

    Args:
      sess: the session inside.
      coord: the coordinator of the threads.
      stop_grace_period_secs: how long they may take to end.
    """

    def __init__(self, sess: Any, coord: Coordinator, stop_grace_period_secs: float = 120) -> None:
        super().__init__(sess)
        self._coord = coord
        self._stop_grace_period_secs = stop_grace_period_secs

    def _check_stop(self) -> bool:
        # What ended a thread ends the loop.
        self._coord.raise_requested_exception()
        return self._coord.should_stop()

    def close(self) -> None:
        """Stop the threads, and close the session inside."""
        self._coord.request_stop()
        try:
            self._coord.join(
                stop_grace_period_secs=self._stop_grace_period_secs, ignore_live_threads=True
            )
        finally:
            # The error of a thread tells more than that of closing.
            with contextlib.suppress(Exception):
                super().close()

    def run(self, *args: Any, **kwargs: Any) -> Any:
        """Run a step; where it fails because a thread did, raise the error of the thread."""
        try:
            return self._sess.run(*args, **kwargs)
        except PREEMPTION_ERRORS:
            raise
        except Exception as error:
            try:
                self._coord.raise_requested_exception()
            except PREEMPTION_ERRORS:
                raise
            except Exception:  # noqa: BLE001
                raise error from None
            raise


class HookedSession(WrappedSession):
    """Calls hooks around each step.

    Args:
      sess: the `tf.Session`.
      hooks: the hooks.
    """

    def __init__(self, sess: Any, hooks: list[SessionRunHook]) -> None:
        super().__init__(sess)
        self._hooks = hooks
        self._should_stop = False

    def _check_stop(self) -> bool:
        return self._should_stop

    def run(
        self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None
    ) -> Any:
        """Run a step with the hooks.

        Raises:
          RuntimeError: a hook asked for a stop before, or two feed one tensor.
        """
        if self.should_stop():
            raise RuntimeError("Run called even after should_stop requested.")
        all_fetches: dict[Any, Any] = {"caller": fetches}
        context = SessionRunContext(SessionRunArgs(fetches, feed_dict), self._sess)
        options = options or RunOptions()
        feeds = self._call_before_run(context, all_fetches, feed_dict, options)
        run_metadata = run_metadata or RunMetadata()
        results = self._sess.run(
            all_fetches, feed_dict=feeds, options=options, run_metadata=run_metadata
        )
        for hook in self._hooks:
            hook.after_run(context, SessionRunValues(results.get(hook), options, run_metadata))
        self._should_stop = self._should_stop or context.stop_requested
        return results["caller"]

    def _call_before_run(
        self, context: SessionRunContext, fetches: dict[Any, Any], user_feeds: Any, options: Any
    ) -> Any:
        feeds: dict[Any, Any] = {}
        for hook in self._hooks:
            request = hook.before_run(context)
            if request is None:
                continue
            if request.fetches is not None:
                fetches[hook] = request.fetches
            if request.feed_dict:
                _check_apart(feeds, request.feed_dict, "Same tensor is fed by two hooks.")
                feeds.update(request.feed_dict)
            if request.options:
                _merge_options(options, request.options)
        if not feeds:
            return user_feeds
        if user_feeds:
            _check_apart(user_feeds, feeds, "Same tensor is fed by a SessionRunHook and user.")
            feeds.update(user_feeds)
        return feeds


def _check_apart(a: dict[Any, Any], b: dict[Any, Any], text: str) -> None:
    both = a.keys() & b.keys()
    if both:
        raise RuntimeError(f"{text} Conflict(s): {list(both)}")


def _merge_options(options: Any, more: Any) -> None:
    for field in ("trace_level", "timeout_in_ms", "inter_op_thread_pool"):
        setattr(options, field, max(getattr(options, field), getattr(more, field)))
    for field in ("output_partition_graphs", "report_tensor_allocations_upon_oom"):
        setattr(options, field, getattr(options, field) or getattr(more, field))
    options.debug_options.debug_tensor_watch_opts.extend(more.debug_options.debug_tensor_watch_opts)
