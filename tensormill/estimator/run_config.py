"""`tf.estimator.RunConfig`: how an estimator runs, and where.

Source: TensorFlow Estimator 1.15, python/estimator/run_config.py.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from tensorboard.compat.proto.config_pb2 import ConfigProto, GraphOptions
from tensorboard.compat.proto.rewriter_config_pb2 import RewriterConfig

from tensormill.estimator.cluster_settings import (
    ClusterSettings,
    TaskType,
    cluster_settings,
    model_dir_of,
)
from tensormill.estimator.function_arguments import fn_args
from tensormill.estimator.strategies import check_strategies
from tensormill.graph import tf_logging

__all__ = ["RunConfig", "TaskType", "get_default_session_config"]

_USE_DEFAULT = object()
_SAVE_ERROR = "`save_checkpoints_steps` and `save_checkpoints_secs` cannot be both set."
_REPLACEABLE = (
    "model_dir",
    "tf_random_seed",
    "save_summary_steps",
    "save_checkpoints_steps",
    "save_checkpoints_secs",
    "session_config",
    "keep_checkpoint_max",
    "keep_checkpoint_every_n_hours",
    "log_step_count_steps",
    "train_distribute",
    "device_fn",
    "protocol",
    "eval_distribute",
    "experimental_distribute",
    "experimental_max_worker_delay_secs",
    "session_creation_timeout_secs",
)
_DEFAULT_SAVE_SECS = 600

# property -> (what must hold of it, what to say otherwise)
_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "model_dir": (bool, "model_dir should be non-empty"),
    "save_summary_steps": (lambda n: n >= 0, "save_summary_steps should be >= 0"),
    "save_checkpoints_steps": (lambda n: n >= 0, "save_checkpoints_steps should be >= 0"),
    "save_checkpoints_secs": (lambda n: n >= 0, "save_checkpoints_secs should be >= 0"),
    "session_config": (
        lambda config: isinstance(config, ConfigProto),
        "session_config must be instance of ConfigProto",
    ),
    "keep_checkpoint_max": (lambda n: n >= 0, "keep_checkpoint_max should be >= 0"),
    "keep_checkpoint_every_n_hours": (
        lambda n: n > 0,
        "keep_checkpoint_every_n_hours should be > 0",
    ),
    "log_step_count_steps": (lambda n: n > 0, "log_step_count_steps should be > 0"),
    "tf_random_seed": (lambda n: isinstance(n, int), "tf_random_seed must be integer."),
    "experimental_max_worker_delay_secs": (
        lambda n: isinstance(n, int),
        "experimental_max_worker_delay_secs must be an integer if set.",
    ),
    "session_creation_timeout_secs": (
        lambda n: n > 0,
        "session_creation_timeout_secs should be > 0",
    ),
    "device_fn": (
        lambda fn: callable(fn) and set(fn_args(fn)) == {"op"},
        'device_fn must be callable with exactly one argument "op".',
    ),
    "protocol": (
        lambda name: name in ("grpc", "grpc+verbs"),
        "protocol should be grpc or grpc+verbs",
    ),
}


def _graph_options() -> Any:
    return GraphOptions(
        rewrite_options=RewriterConfig(meta_optimizer_iterations=RewriterConfig.ONE)
    )


def get_default_session_config() -> Any:
    """Return the ConfigProto of an estimator that is given none."""
    return ConfigProto(allow_soft_placement=True, graph_options=_graph_options())


def _distributed_session_config(task_type: str, task_id: int) -> Any:
    """Return the ConfigProto of a task, which talks to those alone that it needs."""
    filters = {
        TaskType.MASTER: ["/job:ps", "/job:master"],
        TaskType.CHIEF: ["/job:ps", "/job:chief"],
        TaskType.WORKER: ["/job:ps", f"/job:worker/task:{task_id}"],
        TaskType.PS: ["/job:ps", "/job:worker", "/job:chief", "/job:master"],
    }.get(task_type)
    if filters is None:
        return None
    return ConfigProto(
        allow_soft_placement=True, graph_options=_graph_options(), device_filters=filters
    )


class RunConfig:
    """How an estimator runs; the cluster comes from the environment variable TF_CONFIG.

    Args:
      model_dir: the folder of checkpoints and events.
      tf_random_seed: the seed of the graphs.
      save_summary_steps: write summaries every so many steps.
      save_checkpoints_steps: save every so many steps.
      save_checkpoints_secs: save every so many seconds; by default 600, without the former.
      session_config: a ConfigProto.
      keep_checkpoint_max: how many checkpoints to keep.
      keep_checkpoint_every_n_hours: how often to keep one for good.
      log_step_count_steps: tell loss and speed every so many steps.
      train_distribute: a strategy of one device for training, or None.
      device_fn: the device of each operation; by default that of `replica_device_setter`.
      protocol: of the servers, "grpc".
      eval_distribute: a strategy of one device for evaluation, or None.
      experimental_distribute: must be None.
      experimental_max_worker_delay_secs: the longest time that workers wait at their start.
      session_creation_timeout_secs: how long workers wait for the chief.

    Raises:
      ValueError: an argument is out of range, or TF_CONFIG is not sound.
      NotImplementedError: a distribution strategy is given.
    """

    def __init__(
        self,
        model_dir: Any = None,
        tf_random_seed: int | None = None,
        save_summary_steps: int | None = 100,
        save_checkpoints_steps: Any = _USE_DEFAULT,
        save_checkpoints_secs: Any = _USE_DEFAULT,
        session_config: Any = None,
        keep_checkpoint_max: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000,
        log_step_count_steps: int | None = 100,
        train_distribute: Any = None,
        device_fn: Callable[..., Any] | None = None,
        protocol: str | None = None,
        eval_distribute: Any = None,
        experimental_distribute: Any = None,
        experimental_max_worker_delay_secs: int | None = None,
        session_creation_timeout_secs: float = 7200,
    ) -> None:
        check_strategies(train_distribute, eval_distribute, experimental_distribute)
        steps, seconds = _schedule(save_checkpoints_steps, save_checkpoints_secs)
        tf_config = json.loads(os.environ.get("TF_CONFIG", "{}"))
        if tf_config:
            tf_logging.info("TF_CONFIG environment variable: %s", tf_config)
        self._set(
            model_dir=_model_dir(tf_config, model_dir),
            tf_random_seed=tf_random_seed,
            save_summary_steps=save_summary_steps,
            save_checkpoints_steps=steps,
            save_checkpoints_secs=seconds,
            session_config=session_config,
            keep_checkpoint_max=keep_checkpoint_max,
            keep_checkpoint_every_n_hours=keep_checkpoint_every_n_hours,
            log_step_count_steps=log_step_count_steps,
            train_distribute=train_distribute,
            device_fn=device_fn,
            protocol=protocol,
            eval_distribute=eval_distribute,
            experimental_distribute=experimental_distribute,
            experimental_max_worker_delay_secs=experimental_max_worker_delay_secs,
            session_creation_timeout_secs=session_creation_timeout_secs,
        )
        settings = cluster_settings(tf_config)
        for each in fields(ClusterSettings):
            setattr(self, f"_{each.name}", getattr(settings, each.name))
        if not session_config and settings.cluster_spec:
            made = _distributed_session_config(settings.task_type, settings.task_id)
            self._set(session_config=made)

    def __getattr__(self, name: str) -> Any:
        """Return a setting: an argument, or what TF_CONFIG says (see `ClusterSettings`)."""
        if name.startswith("_") or f"_{name}" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return self.__dict__[f"_{name}"]

    def replace(self, **kwargs: Any) -> RunConfig:
        """Return a copy with other settings.

        Raises:
          ValueError: a setting cannot be replaced, or is out of range.
        """
        return copy.deepcopy(self)._set(**kwargs)

    def _set(self, **kwargs: Any) -> RunConfig:
        for name, value in kwargs.items():
            if name not in _REPLACEABLE:
                raise ValueError(
                    f"Replacing {name} is not supported. Allowed properties are "
                    f"{list(_REPLACEABLE)}."
                )
            self.__dict__[f"_{name}"] = value
        self._keep_one_schedule(kwargs)
        for name, (holds, message) in _RULES.items():
            value = getattr(self, name)
            if value is not None and not holds(value):
                raise ValueError(message)
        return self

    def _keep_one_schedule(self, replaced: Mapping[str, Any]) -> None:
        steps = replaced.get("save_checkpoints_steps")
        seconds = replaced.get("save_checkpoints_secs")
        if steps is not None and seconds is not None:
            raise ValueError(_SAVE_ERROR)
        if steps is not None and "save_checkpoints_secs" not in replaced:
            self.__dict__["_save_checkpoints_secs"] = None
        elif seconds is not None and "save_checkpoints_steps" not in replaced:
            self.__dict__["_save_checkpoints_steps"] = None


def _schedule(steps: Any, seconds: Any) -> tuple[Any, Any]:
    if steps is _USE_DEFAULT and seconds is _USE_DEFAULT:
        return None, _DEFAULT_SAVE_SECS
    if seconds is _USE_DEFAULT:
        return steps, None
    if steps is _USE_DEFAULT:
        return None, seconds
    if steps is not None and seconds is not None:
        raise ValueError(_SAVE_ERROR)
    return steps, seconds


def _model_dir(tf_config: Mapping[str, Any], given: Any) -> str | None:
    path = None if given is None else os.fspath(given)
    found = model_dir_of(tf_config, path)
    if tf_config.get("model_dir"):
        tf_logging.info("Using model_dir in TF_CONFIG: %s", tf_config["model_dir"])
    return found
