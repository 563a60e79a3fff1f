"""`tf.contrib.learn.monitors`: what watches a training, as hooks.

Source: TensorFlow 1.15, contrib/learn/python/learn/monitors.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph import tf_logging
from tensormill.train.global_step import get_global_step
from tensormill.train.monitored.control_hooks import StopAtStepHook
from tensormill.train.monitored.logging_hooks import (
    LoggingTensorHook,
    NanTensorHook,
    StepCounterHook,
)
from tensormill.train.monitored.saving_hooks import CheckpointSaverHook, SummarySaverHook
from tensormill.train.monitored.session_run_hook import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)

__all__ = [
    "CheckpointSaver",
    "EveryN",
    "NanLoss",
    "PrintTensor",
    "StepCounter",
    "StopAtStep",
    "SummarySaver",
    "ValidationMonitor",
    "replace_monitors_with_hooks",
]


class EveryN(SessionRunHook):
    """Does something every so many steps; subclasses override `every_n_step_end`.

    Args:
      every_n_steps: how many.
      first_n_steps: and after each of the first steps.
    """

    def __init__(self, every_n_steps: int = 100, first_n_steps: int = 1) -> None:
        self._every_n_steps = every_n_steps
        self._first_n_steps = first_n_steps
        self._last_step = 0
        self._estimator: Any = None
        self._global_step: Any = None

    def set_estimator(self, estimator: Any) -> None:
        """Keep the estimator that is trained."""
        self._estimator = estimator

    def begin(self) -> None:
        """Find the global step."""
        self._global_step = get_global_step()

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        """Ask for the global step."""
        return SessionRunArgs(self._global_step)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Do it if it is time, and stop if it says so."""
        step = int(run_values.results)
        is_due = step >= self._last_step + self._every_n_steps
        if (step <= self._first_n_steps or is_due) and step != self._last_step:
            self._last_step = step
            if self.every_n_step_end(step, {}):
                run_context.request_stop()

    def every_n_step_end(self, step: int, outputs: Any) -> bool:
        """Do it; return whether training is to stop."""
        return False


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
    ) -> None:
        super().__init__(every_n_steps, first_n_steps=-1)
        if x is None and input_fn is None:
            raise ValueError("Either x or input_fn should be provided.")
        self._options = {
            "x": x,
            "y": y,
            "input_fn": input_fn,
            "batch_size": batch_size,
            "steps": eval_steps,
            "metrics": metrics,
            "hooks": hooks,
            "name": name,
        }
        self._rounds = early_stopping_rounds
        self._metric = early_stopping_metric
        self._minimizes = early_stopping_metric_minimize
        self._latest_path: str | None = None
        self.early_stopped = False
        self.best_step: int | None = None
        self.best_value: float | None = None
        self.best_metrics: dict[str, Any] | None = None

    def every_n_step_end(self, step: int, outputs: Any) -> bool:
        """Evaluate the latest checkpoint; return whether training is to stop."""
        path = self._estimator._core.latest_checkpoint()
        if path is None or path == self._latest_path:
            tf_logging.debug("Skipping evaluation: no new checkpoint at step %s.", step)
            return False
        self._latest_path = path
        found = self._estimator.evaluate(**self._options)
        tf_logging.info("Validation (step %d): %s", step, found)
        if self._rounds is None:
            return False
        value = found[self._metric]
        is_better = self.best_value is None or (
            value < self.best_value if self._minimizes else value > self.best_value
        )
        if is_better:
            self.best_value, self.best_metrics, self.best_step = value, found, step
        self.early_stopped = self.best_step is not None and step - self.best_step >= self._rounds
        if self.early_stopped:
            tf_logging.info(
                "Stopping. Best step: %s with %s = %s.",
                self.best_step,
                self._metric,
                self.best_value,
            )
        return self.early_stopped


class PrintTensor(LoggingTensorHook):
    """Prints tensors every so many steps."""

    def __init__(self, tensor_names: Any, every_n: int = 100, first_n: int = 1) -> None:
        super().__init__(tensor_names, every_n_iter=every_n)


class StopAtStep(StopAtStepHook):
    """Stops after so many steps, or at a step."""


class NanLoss(NanTensorHook):
    """Stops where the loss is not a number any more."""

    def __init__(
        self, loss_tensor: Any, every_n_steps: int = 100, fail_on_nan_loss: bool = True
    ) -> None:
        super().__init__(loss_tensor, fail_on_nan_loss)


class StepCounter(StepCounterHook):
    """Tells the steps a second."""

    def __init__(
        self, every_n_steps: int = 100, output_dir: Any = None, summary_writer: Any = None
    ) -> None:
        super().__init__(
            every_n_steps=every_n_steps, output_dir=output_dir, summary_writer=summary_writer
        )


class SummarySaver(SummarySaverHook):
    """Writes summaries."""

    def __init__(
        self,
        summary_op: Any,
        save_steps: int = 100,
        output_dir: Any = None,
        summary_writer: Any = None,
        scaffold: Any = None,
    ) -> None:
        super().__init__(
            save_steps=save_steps,
            output_dir=output_dir,
            summary_writer=summary_writer,
            scaffold=scaffold,
            summary_op=summary_op,
        )


class CheckpointSaver(CheckpointSaverHook):
    """Saves checkpoints."""


def replace_monitors_with_hooks(monitors_or_hooks: Any, estimator: Any) -> list[SessionRunHook]:
    """Return monitors and hooks as hooks that know their estimator.

    Raises:
      TypeError: one is neither.
    """
    given = monitors_or_hooks or []
    hooks = list(given) if isinstance(given, (list, tuple)) else [given]
    for hook in hooks:
        if not isinstance(hook, SessionRunHook):
            raise TypeError(f"Monitors must be monitors or SessionRunHooks, given: {hook}")
        if isinstance(hook, EveryN):
            hook.set_estimator(estimator)
    return hooks
