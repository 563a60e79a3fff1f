"""Checks of what an estimator is made of and called with.

Source: TensorFlow Estimator 1.15, python/estimator/estimator.py and model_fn.py.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from typing import Any

from tensormill.estimator.function_arguments import fn_args
from tensormill.estimator.run_config import RunConfig, get_default_session_config
from tensormill.graph import tf_logging
from tensormill.train.monitored.saving_hooks import CheckpointSaverListener
from tensormill.train.monitored.session_run_hook import SessionRunHook

__all__ = [
    "assert_members_are_not_overridden",
    "check_hooks",
    "check_listeners",
    "completed_config",
    "verify_model_fn_args",
]

_MODEL_FN_ARGUMENTS = {"features", "labels", "mode", "params", "self", "config"}
_MAY_BE_OVERRIDDEN = {"model_fn", "_create_and_assert_global_step", "_export_all_saved_models"}


def assert_members_are_not_overridden(base: type, estimator: Any) -> None:
    """Refuse a subclass that overrides what estimators do.

    Raises:
      ValueError: it does.
    """
    kind = type(estimator)
    if kind.__name__ == "TPUEstimator":
        return
    members = {name for name in dir(base) if not name.startswith("__")}
    common = members & set(vars(kind)) - _MAY_BE_OVERRIDDEN
    overridden = [name for name in common if getattr(base, name) != getattr(kind, name)]
    if overridden:
        raise ValueError(
            f"Subclasses of Estimator cannot override members of Estimator. {kind} does override "
            f"{overridden}"
        )


def completed_config(config: Any, model_dir: Any) -> Any:
    """Return a `RunConfig` with a folder and a session's ConfigProto.

    Raises:
      ValueError: it is none, or two folders are given.
    """
    if config is None:
        config = RunConfig()
        tf_logging.info("Using default config.")
    if not isinstance(config, RunConfig):
        raise ValueError(f"config must be an instance of `RunConfig`, but provided {config}.")
    if config.session_config is None:
        config = RunConfig.replace(config, session_config=get_default_session_config())
    path = None if model_dir is None else os.fspath(model_dir)
    if path is not None and config.model_dir is not None and config.model_dir != path:
        raise ValueError(
            "`model_dir` are set both in constructor and `RunConfig`, but with different values. "
            f"In constructor: '{path}', in `RunConfig`: '{config.model_dir}' "
        )
    if not path and config.model_dir is None:
        path = tempfile.mkdtemp()
        tf_logging.warning("Using temporary folder as model directory: %s", path)
    return RunConfig.replace(config, model_dir=path) if path else config


def check_hooks(hooks: Any) -> list[SessionRunHook]:
    """Return hooks as a list.

    Raises:
      TypeError: one is none.
    """
    made = list(hooks or [])
    for hook in made:
        if not isinstance(hook, SessionRunHook):
            raise TypeError(f"Hooks must be a SessionRunHook, given: {hook}")
    return made


def check_listeners(listeners: Any) -> list[CheckpointSaverListener]:
    """Return listeners as a list.

    Raises:
      TypeError: one is none.
    """
    made = list(listeners or [])
    for listener in made:
        if not isinstance(listener, CheckpointSaverListener):
            raise TypeError(
                f"saving_listeners must be a list of CheckpointSaverListener, given: {listener}"
            )
    return made


def verify_model_fn_args(model_fn: Callable[..., Any], params: Any) -> None:
    """Refuse a model function with arguments that it is not called with.

    Raises:
      ValueError: it has other arguments, or lacks one.
    """
    names = set(fn_args(model_fn))
    if "features" not in names:
        raise ValueError(f"model_fn ({model_fn}) must include features argument.")
    if params is not None and "params" not in names:
        raise ValueError(
            f"model_fn ({model_fn}) does not include params argument, but params ({params}) is "
            "passed to Estimator."
        )
    if params is None and "params" in names:
        tf_logging.warning(
            "Estimator's model_fn (%s) includes params argument, but params are not passed to "
            "Estimator.",
            model_fn,
        )
    others = list(names - _MODEL_FN_ARGUMENTS)
    if others:
        raise ValueError(f"model_fn ({model_fn}) has following not expected args: {others}")
