"""`tf.contrib.learn.Experiment` and `learn_runner.run`.

Source: TensorFlow 1.15, contrib/learn/python/learn/experiment.py and learn_runner.py.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

from tensormill.distributed.server import Server
from tensormill.estimator.cluster_settings import TaskType
from tensormill.estimator.estimator import Estimator as CoreEstimator
from tensormill.graph import tf_logging
from tensormill.learn.fitted_estimator import Estimator
from tensormill.learn.run_config import RunConfig
from tensormill.learn.serving import ExportStrategy
from tensormill.train.checkpoints.state_file import latest_checkpoint

__all__ = ["Experiment", "run"]

_STEPS_PER_ITERATION = 1000


class Experiment:
    """A model with its inputs: what to train and how to evaluate.

    Args:
      estimator: a `tf.contrib.learn` or `tf.estimator` estimator.
      train_input_fn: returns features and labels to train with.
      eval_input_fn: likewise to evaluate with.
      eval_metrics: further metrics, of a `tf.contrib.learn` estimator.
      train_steps: the global step to stop at.
      eval_steps: how many steps to evaluate; None goes on to the end of the input.
      train_monitors: monitors or hooks of the training.
      eval_hooks: hooks of the evaluation.
      min_eval_frequency: train so many steps between two evaluations; None for all at once.
      local_eval_frequency: likewise, in one process.
      eval_delay_secs: how long `continuous_eval` waits before the first evaluation.
      continuous_eval_throttle_secs: the least time from one of its evaluations to the next.
      delay_workers_by_global_step: not used.
      export_strategies: an `ExportStrategy` or several, asked after the last evaluation.
      train_steps_per_iteration: how long `continuous_train_and_eval` trains between evaluations.
      **kwargs: not used.

    Raises:
      ValueError: the estimator is none.
    """

    def __init__(
        self,
        estimator: Any,
        train_input_fn: Callable[..., Any],
        eval_input_fn: Callable[..., Any],
        eval_metrics: dict[Any, Any] | None = None,
        train_steps: int | None = None,
        eval_steps: int | None = 100,
        train_monitors: Any = None,
        eval_hooks: Any = None,
        local_eval_frequency: int | None = None,
        eval_delay_secs: float = 120,
        continuous_eval_throttle_secs: float = 60,
        min_eval_frequency: int | None = None,
        delay_workers_by_global_step: bool = False,
        export_strategies: Any = None,
        train_steps_per_iteration: int | None = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(estimator, (Estimator, CoreEstimator)):
            raise ValueError("`estimator` must implement `Evaluable`.")
        if isinstance(estimator, CoreEstimator) and eval_metrics is not None:
            raise ValueError(
                "`eval_metrics` must be `None` with `tf.estimator.Estimator`. Use "
                "`eval_metric_ops` in `tf.estimator.EstimatorSpec` instead."
            )
        self.estimator = estimator
        self._train_input_fn = train_input_fn
        self._eval_input_fn = eval_input_fn
        self._eval_metrics = eval_metrics
        self.train_steps = train_steps
        self.eval_steps = eval_steps
        self._train_monitors = list(train_monitors or [])
        self._eval_hooks = list(eval_hooks or [])
        self._eval_delay_secs = eval_delay_secs
        self._throttle_secs = continuous_eval_throttle_secs
        self._export_strategies = _checked_strategies(export_strategies)
        self._steps_per_iteration = train_steps_per_iteration
        self._frequency = min_eval_frequency or local_eval_frequency

    def extend_train_hooks(self, additional_hooks: Any) -> None:
        """Add hooks to those of the training."""
        self._train_monitors.extend(additional_hooks)

    def _fit(self, max_steps: int | None) -> Any:
        if isinstance(self.estimator, CoreEstimator):
            return self.estimator.train(
                self._train_input_fn, hooks=self._train_monitors, max_steps=max_steps
            )
        return self.estimator.fit(
            input_fn=self._train_input_fn, max_steps=max_steps, monitors=self._train_monitors
        )

    def train(self, delay_secs: float | None = None) -> Any:
        """Train, as a task of a cluster with a server of its own."""
        config = self.estimator.config
        server = self._start_server() if config.cluster_spec and config.master else None
        if delay_secs:
            tf_logging.info("Waiting %d secs before starting training.", delay_secs)
            threading.Event().wait(delay_secs)
        made = self._fit(self.train_steps)
        del server  # it serves the others for as long as this process lives
        return made

    def evaluate(self, delay_secs: float | None = None, name: str | None = None) -> dict[str, Any]:
        """Return the metrics of the latest checkpoint."""
        if delay_secs:
            tf_logging.info("Waiting %d secs before starting eval.", delay_secs)
            threading.Event().wait(delay_secs)
        found: dict[str, Any] = self._evaluate(self._eval_input_fn, self.eval_steps, name, None)
        return found

    def reset_export_strategies(self, new_export_strategies: Any = None) -> Any:
        """Take other export strategies; return those of before."""
        before = self._export_strategies
        self._export_strategies = _checked_strategies(new_export_strategies)
        return before

    def _export(self, found: dict[str, Any], checkpoint_path: Any = None) -> list[Any]:
        folder = os.path.join(self.estimator.model_dir, "export")
        return [
            strategy.export(
                self.estimator,
                os.path.join(folder, strategy.name),
                checkpoint_path=checkpoint_path,
                eval_result=found,
            )
            for strategy in self._export_strategies
        ]

    def continuous_eval(
        self,
        delay_secs: float | None = None,
        throttle_delay_secs: float | None = None,
        evaluate_checkpoint_only_once: bool = True,
        continuous_eval_predicate_fn: Callable[..., bool] | None = None,
        name: str = "continuous",
    ) -> None:
        """Evaluate checkpoints, each when it is there, until training has done all its steps.

        Args:
          delay_secs: how long to wait before the first.
          throttle_delay_secs: the least time from one evaluation to the next.
          evaluate_checkpoint_only_once: whether to wait for another one after each.
          continuous_eval_predicate_fn: says of the last metrics whether to go on.
          name: of the evaluation.
        """
        self._continuous_eval(
            self._eval_input_fn, name, delay_secs, throttle_delay_secs,
            evaluate_checkpoint_only_once, continuous_eval_predicate_fn,
        )  # fmt: skip

    def continuous_eval_on_train_data(
        self,
        delay_secs: float | None = None,
        throttle_delay_secs: float | None = None,
        continuous_eval_predicate_fn: Callable[..., bool] | None = None,
        name: str = "continuous_on_train_data",
    ) -> None:
        """Do what `continuous_eval` does on the data of the training."""
        self._continuous_eval(
            self._train_input_fn, name, delay_secs, throttle_delay_secs, True,
            continuous_eval_predicate_fn,
        )  # fmt: skip

    def _continuous_eval(
        self, input_fn: Any, name: str, delay_secs: Any, throttle_secs: Any, only_once: bool,
        goes_on: Callable[..., bool] | None,
    ) -> None:  # fmt: skip
        if goes_on is not None and not callable(goes_on):
            raise ValueError("`continuous_eval_predicate_fn` must be a callable, or None.")
        pause = threading.Event()
        delay_secs = self._eval_delay_secs if delay_secs is None else delay_secs
        throttle_secs = self._throttle_secs if throttle_secs is None else throttle_secs
        if delay_secs:
            tf_logging.info("Waiting %f secs before starting eval.", delay_secs)
            pause.wait(delay_secs)
        before: str | None = None
        found: dict[str, Any] | None = None
        while goes_on is None or goes_on(found):
            if self._has_trained_all(found):
                tf_logging.info("Exiting continuous eval, global_step=%s", self.train_steps)
                return
            start = time.monotonic()
            path = latest_checkpoint(self.estimator.model_dir)
            if not path or (only_once and path == before):
                found = {}
            else:
                found = self._evaluate(input_fn, self.eval_steps, name, path) or {}
                before = path
            pause.wait(max(0.0, throttle_secs - (time.monotonic() - start)))

    def _has_trained_all(self, found: dict[str, Any] | None) -> bool:
        step = (found or {}).get("global_step")
        return bool(step and self.train_steps and step >= self.train_steps)

    def _evaluate(self, input_fn: Any, steps: int | None, name: str | None, path: Any) -> Any:
        options: dict[str, Any] = (
            {} if self._eval_metrics is None else {"metrics": self._eval_metrics}
        )
        return self.estimator.evaluate(
            input_fn=input_fn, steps=steps, hooks=self._eval_hooks, name=name,
            checkpoint_path=path, **options,
        )  # fmt: skip

    def train_and_evaluate(self) -> tuple[dict[str, Any], list[Any]]:
        """Train and evaluate in turn; return the last metrics, and what was exported."""
        if not self._frequency or not self.train_steps:
            self._fit(self.train_steps)
            found = self.evaluate(name="one_pass")
            return found, self._export(found)
        found = {}
        for step in range(self._frequency, self.train_steps + self._frequency, self._frequency):
            self._fit(min(step, self.train_steps))
            found = self.evaluate(name="intermediate_export")
        return found, self._export(found)

    def continuous_train_and_eval(
        self, continuous_eval_predicate_fn: Callable[..., bool] | None = None
    ) -> tuple[dict[str, Any] | None, list[Any] | None]:
        """Train for some steps and evaluate, in turn, until all steps of the training are done.

        Args:
          continuous_eval_predicate_fn: says of the last metrics, None at first, whether to go on.

        Returns:
          The last metrics, and what was exported.

        Raises:
          ValueError: the predicate cannot be called.
        """
        goes_on = continuous_eval_predicate_fn
        if goes_on is not None and not callable(goes_on):
            raise ValueError("`continuous_eval_predicate_fn` must be a callable, or None.")
        steps = self._steps_per_iteration
        if steps is None:
            steps = _STEPS_PER_ITERATION if self.train_steps is None else self.train_steps // 10
        found: dict[str, Any] | None = None
        exported: list[Any] | None = None
        while (goes_on is None or goes_on(found)) and not self._has_trained_all(found):
            self._train_on(steps)
            path = latest_checkpoint(self.estimator.model_dir)
            found = self._evaluate(self._eval_input_fn, self.eval_steps, "one_pass", path)
            exported = self._export(found or {}, path)
        return found, exported

    def _train_on(self, steps: int) -> None:
        """Train for so many steps more."""
        if isinstance(self.estimator, CoreEstimator):
            self.estimator.train(self._train_input_fn, hooks=self._train_monitors, steps=steps)
        else:
            self.estimator.fit(
                input_fn=self._train_input_fn, steps=steps, monitors=self._train_monitors
            )

    local_run = train_and_evaluate

    def test(self) -> tuple[dict[str, Any], list[Any]]:
        """Train and evaluate for one step each."""
        self._fit(1)
        options: dict[str, Any] = (
            {} if self._eval_metrics is None else {"metrics": self._eval_metrics}
        )
        found = self.estimator.evaluate(input_fn=self._eval_input_fn, steps=1, **options)
        return found, self._export(found)

    def run_std_server(self) -> None:
        """Serve the other tasks, until the process is ended."""
        self._start_server().join()

    def _start_server(self) -> Server:
        config = self.estimator.config
        if not config.cluster_spec or not config.task_type or not config.master:
            raise ValueError(
                "Could not start server; be sure to specify cluster_spec, task_type, master, and "
                "task in RunConfig or set the TF_CONFIG environment variable."
            )
        return Server(
            config.cluster_spec,
            job_name=config.task_type,
            task_index=config.task_id,
            config=config.session_config,
            start=True,
            protocol=config.protocol,
        )


def _checked_strategies(given: Any) -> list[ExportStrategy]:
    """Return export strategies as a list.

    Raises:
      ValueError: one is none, or two have one name.
    """
    if given is None:
        return []
    strategies = [given] if isinstance(given, ExportStrategy) else list(given)
    for each in strategies:
        if not isinstance(each, ExportStrategy):
            raise ValueError(
                "`export_strategies` must be an ExportStrategy, an iterable of ExportStrategy, or "
                f"`None`, found {each}."
            )
    if len({each.name for each in strategies}) != len(strategies):
        raise ValueError("`export_strategies` must have unique names.")
    return strategies


def _default_schedule(config: Any) -> str:
    cluster = config.cluster_spec
    if not cluster or sum(len(cluster.job_tasks(job)) for job in cluster.jobs) <= 1:
        return "train_and_evaluate"
    schedules = {
        TaskType.MASTER: "train_and_evaluate",
        TaskType.CHIEF: "train",
        TaskType.PS: "run_std_server",
        TaskType.WORKER: "train",
    }
    if config.task_type not in schedules:
        raise ValueError(f"No default schedule for task type: {config.task_type}")
    return schedules[config.task_type]


def run(
    experiment_fn: Callable[..., Experiment],
    output_dir: str | None = None,
    schedule: str | None = None,
    run_config: Any = None,
    hparams: Any = None,
) -> Any:
    """Make an experiment, and do what this task is there for.

    Args:
      experiment_fn: a function of `output_dir`, or of `run_config` and `hparams`.
      output_dir: the folder of the model.
      schedule: the name of a method of the experiment; by default as the config says.
      run_config: a `RunConfig` with a folder, instead of `output_dir`.
      hparams: `HParams`, with `run_config`.

    Raises:
      ValueError: both folders are given or none, or there is no such method.
      TypeError: the function is none, or gives no experiment.
    """
    if output_dir is not None and run_config is not None:
        raise ValueError("Cannot provide both `output_dir` and `run_config`")
    if output_dir is None and run_config is None:
        raise ValueError("Must set value for `output_dir` or `run_config`")
    if not callable(experiment_fn):
        raise TypeError(f'Experiment builder "{experiment_fn}" is not callable.')
    if run_config is not None:
        if not isinstance(run_config, RunConfig):
            raise ValueError("`run_config` must be `tf.contrib.learn.RunConfig` instance")
        if not run_config.model_dir:
            raise ValueError("Must specify a model directory `model_dir` in `run_config`.")
        experiment = experiment_fn(run_config, hparams)
    else:
        if not output_dir:
            raise ValueError("Must specify an output directory")
        if hparams is not None:
            raise ValueError("Must set `hparams` as None for `experiment_fn` with `output_dir`.")
        experiment = experiment_fn(output_dir=output_dir)
    if not isinstance(experiment, Experiment):
        raise TypeError(
            "Experiment builder did not return an Experiment instance, got "
            f"{type(experiment)} instead."
        )
    schedule = schedule or _default_schedule(run_config or experiment.estimator.config)
    if not hasattr(experiment, schedule):
        tf_logging.error("Schedule references non-existent task %s", schedule)
        raise ValueError(f"Schedule references non-existent task {schedule}")
    task = getattr(experiment, schedule)
    if not callable(task):
        raise TypeError(f"Schedule references non-callable member {schedule}")
    return task()
