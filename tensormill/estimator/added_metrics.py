"""`tf.estimator.add_metrics`: an estimator with further metrics.

Source: TensorFlow Estimator 1.15, python/estimator/extenders.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.estimator.estimator import Estimator
from tensormill.estimator.estimator_spec import EstimatorSpec
from tensormill.estimator.function_arguments import fn_args
from tensormill.estimator.mode_keys import ModeKeys

__all__ = ["add_metrics"]

_ARGUMENTS = {"features", "labels", "predictions", "config"}


def add_metrics(estimator: Estimator, metric_fn: Callable[..., dict[str, Any]]) -> Estimator:
    """Return an estimator of the same model and folder, with further metrics.

    Args:
      estimator: the model.
      metric_fn: a function of some of features, labels, predictions and config that returns
        metrics by name.

    Raises:
      ValueError: the function takes other arguments.
    """
    others = list(set(fn_args(metric_fn)) - _ARGUMENTS)
    if others:
        raise ValueError(f"metric_fn ({metric_fn}) has following not expected args: {others}")

    def model_fn(features: Any, labels: Any, mode: str, config: Any) -> EstimatorSpec:
        spec = estimator._call_model_fn(features, labels, mode, config)
        if mode != ModeKeys.EVAL:
            return spec
        known = {
            "features": features,
            "labels": labels,
            "predictions": spec.predictions,
            "config": config,
        }
        made = metric_fn(**{name: known[name] for name in fn_args(metric_fn)})
        return spec._replace(eval_metric_ops={**spec.eval_metric_ops, **made})

    return Estimator(
        model_fn,
        model_dir=estimator.model_dir,
        config=estimator.config,
        warm_start_from=estimator._warm_start_settings,
    )
