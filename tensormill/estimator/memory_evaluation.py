"""Hooks of estimators: evaluation within a training, and stopping by the chief's checkpoints.

Source: TensorFlow Estimator 1.15, python/estimator/hooks/hooks.py.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from tensormill.estimator.estimator import Estimator, load_global_step
from tensormill.estimator.estimator_checks import check_hooks
from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import get_collection
from tensormill.graph.graph import Graph
from tensormill.ops.basics import placeholder
from tensormill.ops.grouping import group
from tensormill.train.global_step import get_or_create_global_step_read
from tensormill.train.monitored.control_hooks import StopAtStepHook
from tensormill.train.monitored.scaffold import Scaffold
from tensormill.train.monitored.session_run_hook import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)
from tensormill.train.monitored.timers import SecondOrStepTimer
from tensormill.variables.assignments import assign

__all__ = ["InMemoryEvaluatorHook", "make_stop_at_checkpoint_step_hook"]


class InMemoryEvaluatorHook(SessionRunHook):
    """Evaluates a model while it is trained, with the variables as they are in its session.

    Args:
      estimator: what is trained.
      input_fn: returns features and labels to evaluate with.
      steps: how many steps; by default to the end of the input.
      hooks: called around each step of the evaluation.
      name: of the evaluation.
      every_n_iter: evaluate every so many steps.

    Raises:
      ValueError: the estimator runs on several machines, or the steps are not positive.
    """

    def __init__(
        self,
        estimator: Estimator,
        input_fn: Callable[..., Any],
        steps: int | None = None,
        hooks: Any = None,
        name: str | None = None,
        every_n_iter: int = 100,
    ) -> None:
        if every_n_iter is None or every_n_iter <= 0:
            raise ValueError(f"invalid every_n_iter={every_n_iter}.")
        config = estimator.config
        if config.num_ps_replicas > 0 or config.num_worker_replicas > 1:
            raise ValueError("InMemoryEvaluator supports only single machine (aka Local) setting.")
        self._estimator = estimator
        self._input_fn = input_fn
        self._eval_dir = estimator.eval_dir(name)
        self._hooks = [*check_hooks(hooks), *estimator._convert_eval_steps_to_hooks(steps)]
        self._timer = SecondOrStepTimer(every_steps=every_n_iter)
        self._graph: Any = None
        self._steps_done = 0

    def begin(self) -> None:
        """Build the graph of the evaluation."""
        self._timer.reset()
        self._steps_done = 0
        self._graph = Graph()
        with self._graph.as_default():
            self._parts = self._estimator._evaluate_build_graph(
                self._input_fn, self._hooks, checkpoint_path=None
            )
            if self._parts[0].saver is not None:
                raise ValueError("InMemoryEvaluator does not support custom saver")
            if self._parts[0].init_fn is not None:
                raise ValueError("InMemoryEvaluator does not support custom init_fn")
            self._targets = {v.name: v for v in get_collection(GraphKeys.GLOBAL_VARIABLES)}
            self._fed = {name: placeholder(v.dtype) for name, v in self._targets.items()}

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Find the variables that both graphs have, and evaluate for the first time.

        Raises:
          ValueError: the training has other things to save.
        """
        if get_collection(GraphKeys.SAVEABLE_OBJECTS):
            raise ValueError(
                "InMemoryEvaluator does not support saveables other than global variables."
            )
        trained = {v.name: v for v in get_collection(GraphKeys.GLOBAL_VARIABLES)}
        self._trained = {name: v for name, v in trained.items() if name in self._targets}
        with self._graph.as_default():
            self._feed_op = group(
                *(assign(self._targets[name], self._fed[name]) for name in self._trained)
            )
        self._evaluate(session)

    def _evaluate(self, session: Any) -> None:
        values = session.run(self._trained)
        feeds = {self._fed[name]: value for name, value in values.items()}

        def feed_variables(scaffold: Any, eval_session: Any) -> None:
            eval_session.run(self._feed_op, feed_dict=feeds)

        given, update_op, eval_dict, hooks = self._parts
        scaffold = Scaffold(init_fn=feed_variables, copy_from_scaffold=given)
        with self._graph.as_default():
            self._estimator._evaluate_run(
                None, scaffold, update_op, eval_dict, hooks, self._eval_dir
            )
        self._timer.update_last_triggered_step(self._steps_done)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Evaluate if it is time."""
        self._steps_done += 1
        if self._timer.should_trigger_for_step(self._steps_done):
            self._evaluate(run_context.session)

    def end(self, session: Any) -> None:
        """Evaluate for the last time."""
        self._evaluate(session)


class _StopAtCheckpointStepHook(SessionRunHook):
    """Stops a worker when the chief has saved the last step."""

    def __init__(self, model_dir: str, last_step: int, wait_secs: float) -> None:
        if last_step is None:
            raise ValueError("last_step must be specified.")
        if model_dir is None:
            raise ValueError("model_dir must be specified.")
        self._model_dir = model_dir
        self._last_step = last_step
        self._wait_secs = wait_secs
        self._global_step: Any = None

    def begin(self) -> None:
        """Find the global step."""
        self._global_step = get_or_create_global_step_read()
        if self._global_step is None:
            raise RuntimeError("Global step should be created to use StopAtCheckpointStepHook.")

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        """Ask for the global step."""
        return SessionRunArgs(self._global_step)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Look for the checkpoint after the last step."""
        if run_values.results + 1 < self._last_step:
            return
        if load_global_step(self._model_dir) >= self._last_step:
            run_context.request_stop()
        else:
            threading.Event().wait(self._wait_secs)


def make_stop_at_checkpoint_step_hook(
    estimator: Estimator, last_step: int, wait_after_file_check_secs: float = 30
) -> SessionRunHook:
    """Return a hook that stops the chief at a step, and workers when it is saved."""
    if estimator.config.is_chief:
        return StopAtStepHook(last_step=last_step)
    return _StopAtCheckpointStepHook(estimator.model_dir, last_step, wait_after_file_check_secs)
