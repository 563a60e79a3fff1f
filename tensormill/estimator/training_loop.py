"""The steps of an estimator's training, with the hooks that its config asks for.

Source: TensorFlow Estimator 1.15, python/estimator/estimator.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.estimator.estimator_spec import EstimatorSpec
from tensormill.estimator.run_config import TaskType
from tensormill.graph import tf_logging
from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import add_to_collection, get_collection
from tensormill.ops.summaries import scalar
from tensormill.train.checkpoints.saver import Saver
from tensormill.train.monitored.logging_hooks import (
    LoggingTensorHook,
    NanTensorHook,
    StepCounterHook,
)
from tensormill.train.monitored.monitored_session import MonitoredTrainingSession
from tensormill.train.monitored.saving_hooks import CheckpointSaverHook, SummarySaverHook
from tensormill.train.monitored.session_run_hook import SessionRunHook

__all__ = ["run_training"]


def run_training(
    config: Any,
    spec: EstimatorSpec,
    hooks: list[SessionRunHook],
    global_step: Any,
    saving_listeners: list[Any],
) -> Any:
    """Run the steps of training until a hook or the input ends it; return the last loss.

    Args:
      config: a `RunConfig` with a folder.
      spec: the model of the default graph.
      hooks: of the input and of the user.
      global_step: the global step.
      saving_listeners: told of each checkpoint.

    Raises:
      ValueError: there are listeners, and nothing saves.
    """
    if all(each.op.name != "loss" for each in get_collection(GraphKeys.SUMMARIES)):
        scalar("loss", spec.loss)
    add_to_collection(GraphKeys.LOSSES, spec.loss)
    worker_hooks = [*hooks, NanTensorHook(spec.loss)]
    if config.log_step_count_steps is not None:
        worker_hooks.append(
            LoggingTensorHook(
                {"loss": spec.loss, "step": global_step},
                every_n_iter=config.log_step_count_steps,
            )
        )
    worker_hooks.extend(spec.training_hooks)
    _add_default_saver(config, spec)
    chief_hooks = _saving_hooks(config, spec, worker_hooks, saving_listeners)
    summary_steps, log_steps = _workers_summaries(config, spec, worker_hooks)
    with MonitoredTrainingSession(
        master=config.master,
        is_chief=config.is_chief,
        checkpoint_dir=config.model_dir,
        scaffold=spec.scaffold,
        hooks=worker_hooks,
        chief_only_hooks=(*chief_hooks, *spec.training_chief_hooks),
        save_checkpoint_secs=0,  # the hooks save
        save_summaries_steps=summary_steps,
        config=config.session_config,
        max_wait_secs=config.session_creation_timeout_secs,
        log_step_count_steps=log_steps,
    ) as session:
        loss, has_run = None, False
        while not session.should_stop():
            _, loss = session.run([spec.train_op, spec.loss])
            has_run = True
    if not has_run:
        tf_logging.warning(
            "Training with estimator made no steps. Perhaps input is empty or misspecified."
        )
    return loss


def _add_default_saver(config: Any, spec: EstimatorSpec) -> None:
    if spec.scaffold.saver or get_collection(GraphKeys.SAVERS):
        return
    saver = Saver(
        sharded=True,
        max_to_keep=config.keep_checkpoint_max,
        keep_checkpoint_every_n_hours=config.keep_checkpoint_every_n_hours,
        defer_build=True,
        save_relative_paths=True,
    )
    add_to_collection(GraphKeys.SAVERS, saver)


def _saving_hooks(
    config: Any, spec: EstimatorSpec, worker_hooks: list[SessionRunHook], listeners: list[Any]
) -> list[SessionRunHook]:
    """Return the hook that saves, where there is none among the others; tell it the listeners."""
    made: list[SessionRunHook] = []
    given = [*worker_hooks, *spec.training_chief_hooks]
    savers = [hook for hook in given if isinstance(hook, CheckpointSaverHook)]
    if not savers and (config.save_checkpoints_secs or config.save_checkpoints_steps):
        saver = CheckpointSaverHook(
            config.model_dir,
            save_secs=config.save_checkpoints_secs,
            save_steps=config.save_checkpoints_steps,
            scaffold=spec.scaffold,
        )
        savers, made = [saver], [saver]
    if listeners and not savers:
        raise ValueError(
            "There should be a CheckpointSaverHook to use saving_listeners. Please set one of the "
            "RunConfig.save_checkpoints_steps or RunConfig.save_checkpoints_secs."
        )
    for listener in listeners:
        if listener not in savers[0]._listeners:
            savers[0]._listeners.append(listener)
    return made


def _workers_summaries(
    config: Any, spec: EstimatorSpec, worker_hooks: list[SessionRunHook]
) -> tuple[Any, Any]:
    """Return after how many steps the chief summarizes and logs.

    In a cluster with a master, the first worker does both instead, as the master evaluates.
    """
    jobs = config.cluster_spec.jobs if config.cluster_spec else ()
    if not {TaskType.WORKER, TaskType.MASTER} <= set(jobs):
        return config.save_summary_steps, config.log_step_count_steps
    if config.task_type == TaskType.WORKER and config.task_id == 0:
        if config.save_summary_steps and config.save_summary_steps > 0:
            worker_hooks.append(
                SummarySaverHook(
                    save_steps=config.save_summary_steps,
                    output_dir=config.model_dir,
                    scaffold=spec.scaffold,
                )
            )
        if config.log_step_count_steps and config.log_step_count_steps > 0:
            worker_hooks.append(
                StepCounterHook(
                    every_n_steps=config.log_step_count_steps, output_dir=config.model_dir
                )
            )
    return 0, None
