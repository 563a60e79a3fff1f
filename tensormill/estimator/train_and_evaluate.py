"""`tf.estimator.train_and_evaluate`: training and evaluation in turn, in one process or in many.

Source: TensorFlow Estimator 1.15, python/estimator/training.py.
"""

from __future__ import annotations

import os
import threading
import time
from collections import namedtuple
from collections.abc import Callable, Iterable
from typing import Any

from tensorboard.compat.proto.config_pb2 import ConfigProto

from tensormill.distributed.server import Server
from tensormill.estimator.estimator import Estimator
from tensormill.estimator.exporters import Exporter
from tensormill.estimator.run_config import TaskType
from tensormill.graph import tf_logging
from tensormill.graph.collections import GraphKeys
from tensormill.train.monitored.saving_hooks import CheckpointSaverListener
from tensormill.train.monitored.session_run_hook import SessionRunHook
from tensormill.train.monitored.timers import SecondOrStepTimer

__all__ = ["EvalSpec", "TrainSpec", "TrainingExecutor", "train_and_evaluate"]

_MAX_DELAY_SECS = 60
_DELAY_SECS_PER_WORKER = 5
_WARNING_INTERVAL_SECS = 600
_TRAINER_JOBS = (TaskType.CHIEF, TaskType.MASTER, TaskType.WORKER)


def _wait(seconds: float) -> None:
    threading.Event().wait(seconds)


def _check_input_fn(input_fn: Any) -> None:
    if not callable(input_fn):
        raise TypeError(f"`input_fn` must be callable, given: {input_fn}")


def _checked_hooks(hooks: Any) -> tuple[SessionRunHook, ...]:
    hooks = tuple(hooks or [])
    for hook in hooks:
        if not isinstance(hook, SessionRunHook):
            raise TypeError(f"All hooks must be `SessionRunHook` instances, given: {hook}")
    return hooks


def _checked_exporters(exporters: Any) -> tuple[Exporter, ...]:
    if not exporters:
        return ()
    given = [exporters] if isinstance(exporters, Exporter) else exporters
    if not isinstance(given, Iterable) or not all(isinstance(each, Exporter) for each in given):
        raise TypeError(
            "`exporters` must be an Exporter, an iterable of Exporter, or `None`, found "
            f"{exporters}."
        )
    made = tuple(given)
    names = [each.name for each in made]
    for name in names:
        if not name:
            raise ValueError(
                "An Exporter cannot have a name that is `None` or empty. All exporter names: "
                f"{names}"
            )
        if not isinstance(name, str):
            raise ValueError(f"An Exporter must have a string name. Given: {type(name)}")
    if len(set(names)) != len(names):
        raise ValueError(
            "`exporters` must have unique names. Such a name cannot be `None`. All exporter "
            f"names: {names}"
        )
    return made


class TrainSpec(namedtuple("TrainSpec", ("input_fn", "max_steps", "hooks"))):
    """How to train.

    Args:
      input_fn: returns a dataset, or features and labels.
      max_steps: the global step to stop at; None goes on to the end of the input.
      hooks: called around each step.

    Raises:
      ValueError: `max_steps` is not positive.
      TypeError: something is of another type.
    """

    def __new__(  # noqa: D102 - described above
        cls, input_fn: Callable[..., Any], max_steps: int | None = None, hooks: Any = None
    ) -> TrainSpec:
        _check_input_fn(input_fn)
        if max_steps is not None and max_steps <= 0:
            raise ValueError(f"Must specify max_steps > 0, given: {max_steps}")
        return super().__new__(cls, input_fn, max_steps, _checked_hooks(hooks))


class EvalSpec(
    namedtuple(
        "EvalSpec",
        ("input_fn", "steps", "name", "hooks", "exporters", "start_delay_secs", "throttle_secs"),
    )
):
    """How to evaluate.

    Args:
      input_fn: returns a dataset, or features and labels.
      steps: how many steps; None goes on to the end of the input.
      name: of the evaluation, where there are several.
      hooks: called around each step.
      exporters: an `Exporter`, or several, asked after each evaluation.
      start_delay_secs: how long an evaluator waits at its start.
      throttle_secs: the shortest time between two evaluations.

    Raises:
      ValueError: a number is out of range, or exporters have one name.
      TypeError: something is of another type.
    """

    def __new__(  # noqa: D102 - described above
        cls,
        input_fn: Callable[..., Any],
        steps: int | None = 100,
        name: str | None = None,
        hooks: Any = None,
        exporters: Any = None,
        start_delay_secs: float = 120,
        throttle_secs: float = 600,
    ) -> EvalSpec:
        _check_input_fn(input_fn)
        if steps is not None and steps <= 0:
            raise ValueError(f"Must specify steps > 0, given: {steps}")
        if name is not None and not isinstance(name, str):
            raise TypeError(f"`name` must be string, given: {name}")
        hooks, exporters = _checked_hooks(hooks), _checked_exporters(exporters)
        if start_delay_secs < 0:
            raise ValueError(f"Must specify start_delay_secs >= 0, given: {start_delay_secs}")
        if throttle_secs < 0:
            raise ValueError(f"Must specify throttle_secs >= 0, given: {throttle_secs}")
        return super().__new__(
            cls, input_fn, steps, name, hooks, exporters, start_delay_secs, throttle_secs
        )


def _check_eval_spec(eval_spec: Any) -> None:
    if not isinstance(eval_spec, EvalSpec):
        raise TypeError(
            f"`eval_spec` must have type `tf.estimator.EvalSpec`. Got: {type(eval_spec)}"
        )


def train_and_evaluate(estimator: Estimator, train_spec: TrainSpec, eval_spec: EvalSpec) -> Any:
    """Train and evaluate a model; on a cluster, do what this task is there for.

    Args:
      estimator: the model; its config says which task this is.
      train_spec: how to train.
      eval_spec: how to evaluate.

    Returns:
      In one process the metrics of the last evaluation and what the exporters returned.

    Raises:
      ValueError: the task is none of a cluster.
      TypeError: something is of another type.
    """
    _check_eval_spec(eval_spec)
    executor = TrainingExecutor(estimator, train_spec, eval_spec)
    config = estimator.config
    if config.task_type == TaskType.EVALUATOR and config.task_id > 0:
        raise ValueError(
            "For distributed training, there can only be one `evaluator` task (with task id 0).  "
            f"Given task id {config.task_id}"
        )
    return executor.run()


class EvalStatus:
    """What became of an evaluation."""

    EVALUATED = "evaluated"
    MISSING_CHECKPOINT = "missing checkpoint"
    NO_NEW_CHECKPOINT = "no new checkpoint"


class EvalResult(namedtuple("EvalResult", ("status", "metrics", "checkpoint_path"))):
    """What became of an evaluation, and its metrics where it took place."""

    def __new__(cls, status: str, metrics: Any = None, checkpoint_path: Any = None) -> EvalResult:
        if status != EvalStatus.EVALUATED and (metrics or checkpoint_path):
            what, value = ("metrics", metrics) if metrics else ("checkpoint", checkpoint_path)
            raise ValueError(
                f"{what} must be `None` if status is not {EvalStatus.EVALUATED}; got status "
                f"{status}, {what} {value}"
            )
        return super().__new__(cls, status, metrics, checkpoint_path)


class ContinuousEvalListener:
    """May stop the evaluations of a task; subclasses say when."""

    def before_eval(self) -> bool:
        """Return whether to go on, before an evaluation."""
        return True

    def after_eval(self, eval_result: EvalResult) -> bool:
        """Return whether to go on, after an evaluation."""
        return True


class Evaluator:
    """Evaluates each checkpoint of a training once, and asks the exporters."""

    def __init__(
        self, estimator: Estimator, eval_spec: EvalSpec, max_training_steps: int | None
    ) -> None:
        _check_eval_spec(eval_spec)
        self._estimator = estimator
        self._eval_spec = eval_spec
        self._max_training_steps = max_training_steps
        self._previous_path: str | None = None
        self._last_warning_time = -float(_WARNING_INTERVAL_SECS)
        self.is_final_export_triggered = False

    def evaluate_and_export(self) -> tuple[EvalResult, list[Any]]:
        """Evaluate the latest checkpoint; return the result, and what the exporters returned."""
        path = self._estimator.latest_checkpoint()
        if not path:
            self._warn(
                "Estimator is not trained yet. Will start an evaluation when a checkpoint is ready."
            )
            return EvalResult(EvalStatus.MISSING_CHECKPOINT), []
        if path == self._previous_path:
            self._warn(
                "No new checkpoint ready for evaluation. Skip the current evaluation pass as "
                "evaluation results are expected to be same for the same checkpoint."
            )
            return EvalResult(EvalStatus.NO_NEW_CHECKPOINT), []
        spec = self._eval_spec
        metrics = self._estimator.evaluate(
            input_fn=spec.input_fn,
            steps=spec.steps,
            name=spec.name,
            checkpoint_path=path,
            hooks=spec.hooks,
        )
        result = EvalResult(EvalStatus.EVALUATED, metrics, path)
        limit = self._max_training_steps
        is_final = bool(limit) and metrics[GraphKeys.GLOBAL_STEP] >= limit
        exports = self._export(result, is_final)
        if is_final:
            self.is_final_export_triggered = True
        self._last_warning_time = -float(_WARNING_INTERVAL_SECS)
        self._previous_path = path
        return result, exports

    def _warn(self, message: str) -> None:
        now = time.monotonic()
        if now - self._last_warning_time > _WARNING_INTERVAL_SECS:
            tf_logging.warning(message)
            self._last_warning_time = now

    def _export(self, result: EvalResult, is_final: bool) -> list[Any]:
        folder = os.path.join(self._estimator.model_dir, "export")
        return [
            exporter.export(
                estimator=self._estimator,
                export_path=os.path.join(folder, exporter.name),
                checkpoint_path=result.checkpoint_path,
                eval_result=result.metrics,
                is_the_final_export=is_final,
            )
            for exporter in self._eval_spec.exporters
        ]


class NewCheckpointListener(CheckpointSaverListener):
    """Evaluates when a checkpoint was saved, but not more often than every so many seconds."""

    def __init__(
        self,
        evaluator: Evaluator,
        throttle_secs: float,
        continuous_eval_listener: ContinuousEvalListener,
    ) -> None:
        self._evaluator = evaluator
        self._throttle_secs = throttle_secs
        self._listener = continuous_eval_listener
        self.eval_result: EvalResult | None = None
        self.export_results: list[Any] | None = None

    def begin(self) -> None:
        """Start to count the time."""
        self._timer = SecondOrStepTimer(every_secs=self._throttle_secs)
        self._is_first_run = True

    def after_save(self, session: Any, global_step_value: int) -> Any:
        """Evaluate; return whether training is to stop."""
        if self._is_first_run:  # the checkpoint of the start
            self._is_first_run = False
            return None
        if not self._listener.before_eval():
            tf_logging.info(
                "Exiting training and evaluation loop, as requested by "
                "_ContinuousEvalListener.before_eval."
            )
            return True
        if not self._timer.should_trigger_for_step(global_step_value):
            tf_logging.info(
                "Skip the current checkpoint eval due to throttle secs "
                f"({self._throttle_secs} secs)."
            )
            return None
        result = self._evaluate(global_step_value)
        if not self._listener.after_eval(result):
            tf_logging.info(
                "Exiting evaluation, as requested by _ContinuousEvalListener.after_eval."
            )
            return True
        return None

    def end(self, session: Any, global_step_value: int) -> None:
        """Evaluate the last checkpoint, if that was not done yet."""
        if global_step_value == self._timer.last_triggered_step():
            return
        if self._listener.before_eval():
            self._listener.after_eval(self._evaluate(global_step_value))

    def _evaluate(self, global_step_value: int) -> EvalResult:
        self._timer.update_last_triggered_step(global_step_value)
        result, self.export_results = self._evaluator.evaluate_and_export()
        self.eval_result = result
        if result.status != EvalStatus.EVALUATED:
            raise RuntimeError(
                f"There was no new checkpoint after the training. Eval status: {result.status}"
            )
        return result


class TrainingExecutor:
    """Does what one task of a training is there for.

    Args:
      estimator: the model.
      train_spec: how to train.
      eval_spec: how to evaluate; None where the task does not.
      train_hooks: further hooks of the training.
      continuous_eval_listener: may stop the evaluations.

    Raises:
      TypeError: something is of another type.
    """

    def __init__(
        self,
        estimator: Estimator,
        train_spec: TrainSpec,
        eval_spec: EvalSpec | None,
        train_hooks: Any = None,
        continuous_eval_listener: ContinuousEvalListener | None = None,
    ) -> None:
        if not isinstance(estimator, Estimator):
            raise TypeError(
                f"`estimator` must have type `tf.estimator.Estimator`. Got: {type(estimator)}"
            )
        if not isinstance(train_spec, TrainSpec):
            raise TypeError(
                f"`train_spec` must have type `tf.estimator.TrainSpec`. Got: {type(train_spec)}"
            )
        if eval_spec and not isinstance(eval_spec, EvalSpec):
            raise TypeError(
                "`eval_spec` must be either `None` or have type `tf.estimator.EvalSpec`. Got: "
                f"{type(eval_spec)}"
            )
        listener = continuous_eval_listener
        if listener and not isinstance(listener, ContinuousEvalListener):
            raise TypeError("`continuous_eval_listener` must have type `_ContinuousEvalListener`.")
        self.estimator = estimator
        self._train_spec = train_spec
        self._eval_spec: Any = eval_spec
        self._train_hooks = _checked_hooks(train_hooks)
        self._listener = listener or ContinuousEvalListener()

    def run(self) -> Any:
        """Do what the task of the estimator's config is there for.

        Raises:
          ValueError: there is no such task.
        """
        config = self.estimator.config
        if not config.cluster_spec and config.task_type != TaskType.EVALUATOR:
            tf_logging.info("Running training and evaluation locally (non-distributed).")
            return self.run_local()
        if not config.task_type:
            raise ValueError(
                "`estimator.config` must have task_type set. This usually means TF_CONFIG "
                "environment is not set correctly."
            )
        if config.task_type == "local":
            raise ValueError(
                "`task.type` in TF_CONFIG cannot be `local`. Leaving `cluster` and `task` "
                "properties in TF_CONFIG absent triggers train and evaluate `Estimator` locally "
                "(non-distributed)."
            )
        tasks = {
            TaskType.CHIEF: self.run_chief,
            TaskType.EVALUATOR: self.run_evaluator,
            TaskType.MASTER: self.run_master,
            TaskType.PS: self.run_ps,
            TaskType.WORKER: self.run_worker,
        }
        if config.task_type not in tasks:
            raise ValueError(
                f"Task type {config.task_type} is not supported. Supported task types are "
                f"{list(tasks)}"
            )
        tasks[config.task_type]()
        return None

    def run_chief(self) -> None:
        """Train, initialize and save."""
        self._start_distributed_training()

    def run_worker(self) -> None:
        """Train."""
        self._start_distributed_training()

    def run_master(self) -> None:
        """Train, initialize, save and evaluate."""
        evaluator = self._evaluator()
        listener = NewCheckpointListener(
            evaluator, self._eval_spec.throttle_secs, ContinuousEvalListener()
        )
        self._start_distributed_training([listener])

    def run_evaluator(self) -> None:
        """Evaluate checkpoint after checkpoint, until the training is over."""
        delay = self._eval_spec.start_delay_secs if self._eval_spec else 0
        evaluator = self._evaluator()
        if delay:
            tf_logging.info("Waiting %f secs before starting eval.", delay)
            _wait(delay)
        limit = self._train_spec.max_steps
        result: EvalResult | None = None
        goes_on = True
        while goes_on:
            if result and result.status == EvalStatus.EVALUATED:
                step = result.metrics.get(GraphKeys.GLOBAL_STEP)
                if step and limit and step >= limit:
                    tf_logging.info(
                        "Exiting evaluation, global_step=%s >= train max_steps=%s", step, limit
                    )
                    return
            result, goes_on = self._evaluate_once(evaluator)

    def run_ps(self) -> None:
        """Keep variables, until the process is ended."""
        server = self._start_server(self.estimator.config)
        if server is not None:
            server.join()

    def run_local(self) -> tuple[Any, Any]:
        """Train and evaluate in turn; return the last metrics and what the exporters returned."""
        evaluator = self._evaluator()
        config = self.estimator.config
        tf_logging.info(
            "Start train and evaluate loop. The evaluate will happen after every checkpoint. "
            "Checkpoint frequency is determined based on RunConfig arguments: "
            f"save_checkpoints_steps {config.save_checkpoints_steps} or "
            f"save_checkpoints_secs {config.save_checkpoints_secs}."
        )
        listener = NewCheckpointListener(evaluator, self._eval_spec.throttle_secs, self._listener)
        self._train([listener])
        result = listener.eval_result or EvalResult(EvalStatus.MISSING_CHECKPOINT)
        return result.metrics, listener.export_results

    def _evaluator(self) -> Evaluator:
        return Evaluator(self.estimator, self._eval_spec, self._train_spec.max_steps)

    def _train(self, saving_listeners: list[Any] | None) -> None:
        spec = self._train_spec
        self.estimator.train(
            input_fn=spec.input_fn,
            max_steps=spec.max_steps,
            hooks=[*spec.hooks, *self._train_hooks],
            saving_listeners=saving_listeners,
        )

    def _start_distributed_training(self, saving_listeners: list[Any] | None = None) -> None:
        config = self.estimator.config
        server = self._start_server(config)
        delay = 0
        if config.task_type == TaskType.WORKER:
            longest = config.experimental_max_worker_delay_secs
            longest = _MAX_DELAY_SECS if longest is None else int(longest)
            delay = min(longest, (config.task_id + 1) * _DELAY_SECS_PER_WORKER)
        if delay > 0:
            tf_logging.info("Waiting %d secs before starting training.", delay)
            _wait(delay)
        self._train(saving_listeners)
        del server  # it serves the others for as long as this process lives

    def _start_server(self, config: Any) -> Server | None:
        """Return the started server of this task; None for the only task of a cluster."""
        cluster = config.cluster_spec
        if not cluster or not config.task_type or config.task_id is None:
            raise RuntimeError(
                "Could not start server; be sure to specify cluster_spec, task_type, and task in "
                "RunConfig or set the TF_CONFIG environment variable."
            )
        if not config.master:
            if (
                len(cluster.jobs) == 1
                and len(cluster.job_tasks(cluster.jobs[0])) == 1
                and config.task_type in _TRAINER_JOBS
            ):
                tf_logging.info(
                    "Skip starting Tensorflow server as there is only one node in the cluster."
                )
                return None
            raise RuntimeError(
                "Could not start server; be sure to specify master in RunConfig or set the "
                "TF_CONFIG environment variable."
            )
        tf_logging.info("Start Tensorflow server.")
        given = config.session_config
        session_config = ConfigProto(log_device_placement=False)
        if given is not None:
            session_config.gpu_options.CopyFrom(given.gpu_options)
        server = Server(
            cluster,
            job_name=config.task_type,
            task_index=config.task_id,
            config=session_config,
            start=False,
            protocol=config.protocol,
        )
        server.start()
        return server

    def _evaluate_once(self, evaluator: Evaluator) -> tuple[EvalResult | None, bool]:
        """Evaluate, and wait for the next time; return the result and whether to go on."""
        start = time.monotonic()
        throttle = self._eval_spec.throttle_secs
        if not self._listener.before_eval():
            tf_logging.info(
                "Exiting evaluation, as requested by _ContinuousEvalListener.before_eval."
            )
            return None, False
        result, _ = evaluator.evaluate_and_export()
        if not self._listener.after_eval(result):
            tf_logging.info(
                "Exiting evaluation, as requested by _ContinuousEvalListener.after_eval."
            )
            return result, False
        left = throttle - (time.monotonic() - start)
        if left > 0:
            tf_logging.info("Waiting %f secs before starting next eval run.", left)
            _wait(left)
        elif throttle == 0 and result.status != EvalStatus.EVALUATED:
            tf_logging.warning(
                "EvalSpec.throttle_secs is set as 0. This might overload the job before finding "
                "(next) new checkpoint. Please consider to increase it."
            )
        return result, True
