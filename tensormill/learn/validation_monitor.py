"""`tf.contrib.learn.monitors.ValidationMonitor`.

Source: TensorFlow 1.15, contrib/learn/python/learn/monitors.py.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any

from tensormill.estimator.estimator import Estimator as CoreEstimator
from tensormill.graph import tf_logging
from tensormill.learn.monitoring import EveryN
from tensormill.train.checkpoints import state_file

__all__ = ["ValidationMonitor"]


class ValidationMonitor(EveryN):
    """Evaluates the model while it is trained, and may stop the training early.

    Args:
      x: features, see `Estimator.evaluate`, as all up to `name`.
      y: labels.
      input_fn: returns features and labels.
      batch_size: how many examples to a step.
      eval_steps: how many steps.
      every_n_steps: evaluate every so many steps of training, if there is a new checkpoint.
      metrics: further metrics.
      hooks: called around each step.
      early_stopping_rounds: stop when the metric was not better for so many steps.
      early_stopping_metric: its name.
      early_stopping_metric_minimize: whether less is better.
      name: of the evaluation.
      check_interval_secs: look for a new checkpoint after so many seconds; None: always.

    Raises:
      ValueError: there is no input.
    """

    def __init__(
        self,
        x: Any = None,
        y: Any = None,
        input_fn: Callable[..., Any] | None = None,
        batch_size: int | None = None,
        eval_steps: int | None = None,
        every_n_steps: int = 100,
        metrics: dict[Any, Any] | None = None,
        hooks: Any = None,
        early_stopping_rounds: int | None = None,
        early_stopping_metric: str = "loss",
        early_stopping_metric_minimize: bool = True,
        name: str | None = None,
        check_interval_secs: float | None = 5,
    ) -> None:
        super().__init__(every_n_steps, first_n_steps=-1)
        if x is None and input_fn is None:
            raise ValueError("Either x or input_fn should be provided.")
        self.x = x
        self.y = y
        self.input_fn = input_fn
        self.batch_size = batch_size
        self.eval_steps = eval_steps
        self.metrics = metrics
        self.hooks = hooks
        self.early_stopping_rounds = early_stopping_rounds
        self.early_stopping_metric = early_stopping_metric
        self.early_stopping_metric_minimize = early_stopping_metric_minimize
        self.name = name
        self._interval = check_interval_secs
        self._last_check: float | None = None
        self._latest_path: str | None = None
        self.early_stopped = False
        self.best_step: int | None = None
        self.best_value: float | None = None
        self.best_metrics: dict[str, Any] | None = None

    def _evaluated(self) -> Any:
        common = {
            "input_fn": self.input_fn,
            "steps": self.eval_steps,
            "hooks": self.hooks,
            "name": self.name,
        }
        own = {
            "x": self.x,
            "y": self.y,
            "batch_size": self.batch_size,
            "metrics": self.metrics,
        }
        if not isinstance(self._estimator, CoreEstimator):
            return self._estimator.evaluate(**common, **own)
        if any(value is not None for value in own.values()):
            raise ValueError(
                "tf.estimator.Estimator does not support following arguments: x, y, batch_size, "
                "metrics. Should set as `None` in ValidationMonitor"
            )
        return self._estimator.evaluate(**common)

    def every_n_step_end(self, step: int, outputs: Any) -> bool:
        """Evaluate the latest checkpoint; return whether training is to stop."""
        if self._estimator is None:
            raise ValueError("Missing call to set_estimator.")
        now = time.time()
        last = self._last_check
        if self._interval is not None and last is not None and now - last <= self._interval:
            return False
        self._last_check = now
        path = state_file.latest_checkpoint(self._estimator.model_dir)
        if path is None or path == self._latest_path:
            tf_logging.debug("Skipping evaluation: no new checkpoint at step %d.", step)
            return False
        self._latest_path = path
        found = self._evaluated()
        shown = ", ".join(f"{name} = {value}" for name, value in found.items())
        tf_logging.info("Validation (step %d): %s", step, shown)
        rounds = self.early_stopping_rounds
        return rounds is not None and self._is_to_stop(step, found, rounds)

    def _is_to_stop(self, step: int, found: Any, rounds: int) -> bool:
        if self.early_stopping_metric not in found:
            raise ValueError(
                f"Metric {self.early_stopping_metric} missing from outputs {set(found)}."
            )
        value, best = found[self.early_stopping_metric], self.best_value
        if best is None or (value < best if self.early_stopping_metric_minimize else value > best):
            self.best_value, self.best_metrics, self.best_step = value, copy.deepcopy(found), step
        if self.best_step is None or step - self.best_step < rounds:
            return False
        tf_logging.info(
            "Stopping. Best step: %s with %s = %s.",
            self.best_step,
            self.early_stopping_metric,
            self.best_value,
        )
        self.early_stopped = True
        return True
