"""The distribution strategies of estimators: those with one replica."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.estimator.mode_keys import ModeKeys
from tensormill.train.strategies import Strategy

__all__ = ["called_in_strategy", "check_strategies"]


def check_strategies(train: Any, evaluation: Any, experimental: Any) -> None:
    """Check the strategies of a `RunConfig`.

    Raises:
      NotImplementedError: there are others than strategies of one device.
    """
    if experimental or not all(
        each is None or isinstance(each, Strategy) for each in (train, evaluation)
    ):
        raise NotImplementedError(
            "RunConfig: only distribution strategies of one device are available; name the tasks "
            "in TF_CONFIG and call tf.estimator.train_and_evaluate to train on several machines."
        )


def called_in_strategy(
    config: Any, mode: str, model_fn: Callable[..., Any], /, **arguments: Any
) -> Any:
    """Return what a model function gives in the replica of the strategy for a mode."""
    name = {ModeKeys.TRAIN: "train_distribute", ModeKeys.EVAL: "eval_distribute"}.get(mode)
    strategy = getattr(config, name, None) if name else None
    if strategy is None:
        return model_fn(**arguments)
    with strategy.scope():
        return strategy.experimental_run_v2(model_fn, kwargs=arguments)
