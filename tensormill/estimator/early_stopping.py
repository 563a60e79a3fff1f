"""Hooks that end a training by what its evaluations wrote, on all workers.

Source: TensorFlow Estimator 1.15, python/estimator/early_stopping.py.
"""

from __future__ import annotations

import operator
import os
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

from tensormill.estimator.estimator import Estimator
from tensormill.graph import dtypes, tf_logging
from tensormill.graph.collections import GraphKeys
from tensormill.platform import gfile
from tensormill.summary.summary_iterator import summary_iterator
from tensormill.train.global_step import get_global_step
from tensormill.train.monitored.session_run_hook import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)
from tensormill.train.monitored.timers import SecondOrStepTimer
from tensormill.variables.assignments import assign
from tensormill.variables.initializers import Constant
from tensormill.variables.scope import AUTO_REUSE, variable_scope
from tensormill.variables.store import get_variable

__all__ = [
    "make_early_stopping_hook",
    "read_eval_metrics",
    "stop_if_higher_hook",
    "stop_if_lower_hook",
    "stop_if_no_decrease_hook",
    "stop_if_no_increase_hook",
]


def _stop_variable() -> Any:
    """Return the variable by which the chief tells the workers to stop."""
    with variable_scope("signal_early_stopping", reuse=AUTO_REUSE):
        return get_variable(
            "STOP",
            shape=[],
            dtype=dtypes.bool,
            initializer=Constant(False),
            collections=[GraphKeys.GLOBAL_VARIABLES],
            trainable=False,
        )


class _StopOnPredicateHook(SessionRunHook):
    """Asks a function whether to stop, and tells the workers."""

    def __init__(
        self, should_stop_fn: Callable[[], bool], run_every_secs: Any, run_every_steps: Any
    ) -> None:
        if not callable(should_stop_fn):
            raise TypeError("`should_stop_fn` must be callable.")
        self._should_stop_fn = should_stop_fn
        self._timer = SecondOrStepTimer(every_secs=run_every_secs, every_steps=run_every_steps)
        self._global_step: Any = None
        self._stop_op: Any = None

    def begin(self) -> None:
        """Make the variable."""
        self._global_step = get_global_step()
        self._stop_op = assign(_stop_variable(), True)

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        """Ask for the global step."""
        return SessionRunArgs(self._global_step)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Ask the function, if it is time."""
        step = run_values.results
        if not self._timer.should_trigger_for_step(step):
            return
        self._timer.update_last_triggered_step(step)
        if self._should_stop_fn():
            tf_logging.info("Requesting early stopping at global step %d", step)
            run_context.session.run(self._stop_op)
            run_context.request_stop()


class _CheckForStoppingHook(SessionRunHook):
    """Stops a worker when the chief says so."""

    def __init__(self) -> None:
        self._stop: Any = None

    def begin(self) -> None:
        """Find the variable."""
        self._stop = _stop_variable()

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        """Ask for the variable."""
        return SessionRunArgs(self._stop)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Stop if it is set."""
        if run_values.results:
            tf_logging.info("Early stopping requested, suspending run.")
            run_context.request_stop()


def make_early_stopping_hook(
    estimator: Estimator,
    should_stop_fn: Callable[[], bool],
    run_every_secs: float | None = 60,
    run_every_steps: int | None = None,
) -> SessionRunHook:
    """Return a hook that ends the training when a function says so.

    Args:
      estimator: what is trained.
      should_stop_fn: returns whether to stop; the chief asks it.
      run_every_secs: ask every so many seconds.
      run_every_steps: ask every so many steps instead.

    Raises:
      TypeError: the estimator is none.
      ValueError: both seconds and steps are given.
    """
    if not isinstance(estimator, Estimator):
        raise TypeError(
            f"`estimator` must have type `tf.estimator.Estimator`. Got: {type(estimator)}"
        )
    if run_every_secs is not None and run_every_steps is not None:
        raise ValueError("Only one of `run_every_secs` and `run_every_steps` must be set.")
    if estimator.config.is_chief:
        return _StopOnPredicateHook(should_stop_fn, run_every_secs, run_every_steps)
    return _CheckForStoppingHook()


def read_eval_metrics(eval_dir: str) -> OrderedDict[int, dict[str, float]]:
    """Return the metrics that evaluations wrote to a folder, by step."""
    found: dict[int, dict[str, float]] = defaultdict(dict)
    paths = gfile.Glob(os.path.join(eval_dir, "*.tfevents.*")) if gfile.Exists(eval_dir) else []
    for path in paths:
        for event in summary_iterator(path):
            for value in event.summary.value:
                if value.HasField("simple_value"):
                    found[event.step][value.tag] = value.simple_value
    return OrderedDict(sorted(found.items()))


def _threshold_hook(
    is_higher: bool,
    estimator: Estimator,
    metric_name: str,
    threshold: float,
    eval_dir: str | None,
    min_steps: int,
    schedule: tuple[Any, Any],
) -> SessionRunHook:
    folder = estimator.eval_dir() if eval_dir is None else eval_dir
    is_better = operator.gt if is_higher else operator.lt

    def is_crossed() -> bool:
        for step, metrics in read_eval_metrics(folder).items():
            if step >= min_steps and is_better(metrics[metric_name], threshold):
                tf_logging.info(
                    'At step %s, metric "%s" has value %s which is %s the configured threshold '
                    "(%s) for early stopping.",
                    step,
                    metric_name,
                    metrics[metric_name],
                    "greater than" if is_higher else "less than",
                    threshold,
                )
                return True
        return False

    return make_early_stopping_hook(estimator, is_crossed, *schedule)


def _no_improvement_hook(
    is_higher: bool,
    estimator: Estimator,
    metric_name: str,
    max_steps: int,
    eval_dir: str | None,
    min_steps: int,
    schedule: tuple[Any, Any],
) -> SessionRunHook:
    folder = estimator.eval_dir() if eval_dir is None else eval_dir
    is_better = operator.gt if is_higher else operator.lt

    def is_stuck() -> bool:
        best: tuple[int, float] | None = None
        for step, metrics in read_eval_metrics(folder).items():
            if step < min_steps:
                continue
            value = metrics[metric_name]
            if best is None or is_better(value, best[1]):
                best = step, value
            if step - best[0] >= max_steps:
                tf_logging.info(
                    'No %s in metric "%s" for %s steps, which is greater than or equal to max '
                    "steps (%s) configured for early stopping.",
                    "increase" if is_higher else "decrease",
                    metric_name,
                    step - best[0],
                    max_steps,
                )
                return True
        return False

    return make_early_stopping_hook(estimator, is_stuck, *schedule)


def stop_if_higher_hook(
    estimator: Estimator,
    metric_name: str,
    threshold: float,
    eval_dir: str | None = None,
    min_steps: int = 0,
    run_every_secs: float | None = 60,
    run_every_steps: int | None = None,
) -> SessionRunHook:
    """Return a hook that ends the training when a metric is above a threshold.

    Args:
      estimator: what is trained.
      metric_name: the metric.
      threshold: the threshold.
      eval_dir: the folder of the evaluations' events.
      min_steps: never stop before this step.
      run_every_secs: see `make_early_stopping_hook`.
      run_every_steps: likewise.
    """
    schedule = run_every_secs, run_every_steps
    return _threshold_hook(True, estimator, metric_name, threshold, eval_dir, min_steps, schedule)


def stop_if_lower_hook(
    estimator: Estimator,
    metric_name: str,
    threshold: float,
    eval_dir: str | None = None,
    min_steps: int = 0,
    run_every_secs: float | None = 60,
    run_every_steps: int | None = None,
) -> SessionRunHook:
    """Return a hook that ends the training when a metric is below a threshold; see above."""
    schedule = run_every_secs, run_every_steps
    return _threshold_hook(False, estimator, metric_name, threshold, eval_dir, min_steps, schedule)


def stop_if_no_increase_hook(
    estimator: Estimator,
    metric_name: str,
    max_steps_without_increase: int,
    eval_dir: str | None = None,
    min_steps: int = 0,
    run_every_secs: float | None = 60,
    run_every_steps: int | None = None,
) -> SessionRunHook:
    """Return a hook that ends the training when a metric does not grow for so many steps."""
    schedule = run_every_secs, run_every_steps
    return _no_improvement_hook(
        True, estimator, metric_name, max_steps_without_increase, eval_dir, min_steps, schedule
    )


def stop_if_no_decrease_hook(
    estimator: Estimator,
    metric_name: str,
    max_steps_without_decrease: int,
    eval_dir: str | None = None,
    min_steps: int = 0,
    run_every_secs: float | None = 60,
    run_every_steps: int | None = None,
) -> SessionRunHook:
    """Return a hook that ends the training when a metric does not fall for so many steps."""
    schedule = run_every_secs, run_every_steps
    return _no_improvement_hook(
        False, estimator, metric_name, max_steps_without_decrease, eval_dir, min_steps, schedule
    )
