"""`tf.contrib.learn.MetricSpec`: a metric, and which tensors it is of.

Source: TensorFlow 1.15, contrib/learn/python/learn/metric_spec.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.estimator.function_arguments import fn_args

__all__ = ["MetricSpec", "metric_of"]


def _picked(given: Any, key: str | None, what: str) -> Any:
    if not isinstance(given, dict):
        return given
    if key is not None:
        if key not in given:
            raise ValueError(f"MetricSpec with {what}_key={key}: there is no such {what}.")
        return given[key]
    if len(given) != 1:
        raise ValueError(
            f"MetricSpec without specified {what}_key requires {what}s tensor or "
            f"single element dict, got {given}"
        )
    return next(iter(given.values()))


class MetricSpec:
    """A metric function of predictions and labels (and weights).

    Args:
      metric_fn: takes `labels` (or targets) and `predictions`, and returns a value and an update.
      prediction_key: which of several predictions.
      label_key: which of several labels.
      weight_key: which feature weighs the examples.
    """

    def __init__(
        self,
        metric_fn: Callable[..., Any],
        prediction_key: str | None = None,
        label_key: str | None = None,
        weight_key: str | None = None,
    ) -> None:
        self.metric_fn = metric_fn
        self.prediction_key = prediction_key
        self.label_key = label_key
        self.weight_key = weight_key

    def create_metric_ops(self, inputs: Any, labels: Any, predictions: Any) -> Any:
        """Return the value and the update of the metric.

        Raises:
          ValueError: a key is missing among several tensors.
        """
        predicted = _picked(predictions, self.prediction_key, "prediction")
        label = _picked(labels, self.label_key, "label")
        names = fn_args(self.metric_fn)
        options = {}
        if self.weight_key is not None:
            options["weights"] = inputs[self.weight_key]
        label_name = next((name for name in ("labels", "targets", "label") if name in names), None)
        if label_name is None or "predictions" not in names:
            return self.metric_fn(predicted, label, **options)
        return self.metric_fn(**{label_name: label, "predictions": predicted}, **options)


def metric_of(key: Any, metric: Any, features: Any, labels: Any, predictions: Any) -> Any:
    """Return the name and the metric of an entry of `metrics`: a function or a `MetricSpec`."""
    if isinstance(key, tuple):
        key, prediction_key = key
        metric = MetricSpec(metric, prediction_key=prediction_key)
    elif not isinstance(metric, MetricSpec):
        metric = MetricSpec(metric)
    return key, metric.create_metric_ops(features, labels, predictions)
