"""Hooks that steer: when to begin and to stop, what to feed, what to compute at the end.

Source: TensorFlow 1.15, python/training/basic_session_run_hooks.py.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from tensormill.graph import errors, tf_logging
from tensormill.train.monitored.logging_hooks import global_step_read
from tensormill.train.monitored.session_run_hook import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)

__all__ = ["FeedFnHook", "FinalOpsHook", "GlobalStepWaiterHook", "StopAtStepHook"]

_ASK_AGAIN_S = 0.5
_TELL_AGAIN_STEPS = 1000


class StopAtStepHook(SessionRunHook):
    """Ends training after a number of steps, or at a step.

    Args:
      num_steps: how many steps from the first one on.
      last_step: the step at which to end.

    Raises:
      ValueError: neither or both are given.
    """

    def __init__(self, num_steps: int | None = None, last_step: int | None = None) -> None:
        if num_steps is None and last_step is None:
            raise ValueError("One of num_steps or last_step must be specified.")
        if num_steps is not None and last_step is not None:
            raise ValueError("Only one of num_steps or last_step can be specified.")
        self._num_steps = num_steps
        self._last_step = last_step

    def begin(self) -> None:
        """Find the global step."""
        self._global_step_tensor = global_step_read("StopAtStepHook")

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Count from the first step on."""
        if self._last_step is None:
            assert self._num_steps is not None
            self._last_step = session.run(self._global_step_tensor) + self._num_steps

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        """Fetch the global step."""
        return SessionRunArgs(self._global_step_tensor)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Ask for a stop at the last step."""
        assert self._last_step is not None
        if run_values.results + 1 >= self._last_step:
            # What was fetched may be from before or after the step.
            step = run_context.session.run(self._global_step_tensor)
            if step >= self._last_step:
                run_context.request_stop()


class GlobalStepWaiterHook(SessionRunHook):
    """Lets a worker begin only when the others have reached a step.

    Args:
      wait_until_step: the step.
    """

    def __init__(self, wait_until_step: int) -> None:
        self._wait_until_step = wait_until_step

    def begin(self) -> None:
        """Find the global step."""
        self._worker_is_started = False
        self._global_step_tensor = global_step_read("_GlobalStepWaiterHook")

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        """Wait, before the first step."""
        if self._worker_is_started:
            return None
        if self._wait_until_step > 0:
            tf_logging.info(
                "Waiting for global step %d before starting training.", self._wait_until_step
            )
            self._wait(run_context)
        self._worker_is_started = True
        return None

    def _wait(self, run_context: SessionRunContext) -> None:
        told_step = 0
        pause = threading.Event()
        while True:
            step = run_context.session.run(self._global_step_tensor)
            if step >= self._wait_until_step:
                return
            if step - told_step > _TELL_AGAIN_STEPS:
                tf_logging.info(
                    "Waiting for global step %d before starting training. Current step is %d.",
                    self._wait_until_step,
                    step,
                )
                told_step = step
            pause.wait(_ASK_AGAIN_S)


class FinalOpsHook(SessionRunHook):
    """Computes something at the end.

    Args:
      final_ops: what to fetch.
      final_ops_feed_dict: what to feed.
    """

    def __init__(self, final_ops: Any, final_ops_feed_dict: Any = None) -> None:
        self._final_ops = final_ops
        self._final_ops_feed_dict = final_ops_feed_dict
        self._final_ops_values: Any = None

    @property
    def final_ops_values(self) -> Any:
        """What was fetched."""
        return self._final_ops_values

    def end(self, session: Any) -> None:
        """Compute it."""
        if self._final_ops is None:
            return
        try:
            self._final_ops_values = session.run(
                self._final_ops, feed_dict=self._final_ops_feed_dict
            )
        except (errors.OutOfRangeError, StopIteration):
            tf_logging.warning(
                "An OutOfRangeError or StopIteration exception is raised by the code in "
                "FinalOpsHook. This typically means the Ops running by the FinalOpsHook have a "
                "dependency back to some input source, which should not happen. For example, for "
                "metrics in tf.estimator.Estimator, all metrics functions return two Ops: "
                "`value_op` and `update_op`. Estimator.evaluate calls the `update_op` for each "
                "batch of the data in input source and, once it is exhausted, it call the "
                "`value_op` to get the metric values. The `value_op` here should have dependency "
                "back to variables reading only, rather than reading another batch from input. "
                "Please check the code executed by FinalOpsHook."
            )
            raise


class FeedFnHook(SessionRunHook):
    """Feeds what a function returns, a new one each step.

    Args:
      feed_fn: returns a feed dict.
    """

    def __init__(self, feed_fn: Callable[[], Any]) -> None:
        self.feed_fn = feed_fn

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        """Feed what the function returns."""
        return SessionRunArgs(fetches=None, feed_dict=self.feed_fn())
