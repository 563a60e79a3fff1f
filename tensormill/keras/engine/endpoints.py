"""What a compiled model knows of each of its outputs: labels, weights, loss and metrics.

Source: TensorFlow 1.15, python/keras/engine/training.py and training_utils.py.
"""

from __future__ import annotations

from typing import Any

import tensormill.api as tf
from tensormill.keras import losses, metrics
from tensormill.keras.backend.state import floatx
from tensormill.keras.utils.functions import check_for_unexpected_keys

__all__ = ["Endpoint", "by_output", "loss_object", "metric_label"]

_ACCURACY = ("accuracy", "acc")
_CROSSENTROPY = ("crossentropy", "ce")


def by_output(given: Any, names: list[str], what: str) -> list[Any]:
    """Return what a program says for each output: one for all, a list, or a dictionary by name.

    Raises:
      ValueError: the number or a name is another.
    """
    if isinstance(given, dict):
        check_for_unexpected_keys(what, given, names)
        return [given.get(name) for name in names]
    if isinstance(given, (list, tuple)):
        if len(given) != len(names):
            raise ValueError(
                f"When passing a list as {what}, it should have one entry per model output. The "
                f"model has {len(names)} outputs, but you passed {what}={given}"
            )
        return list(given)
    return [given] * len(names)


class Endpoint:
    """One output of a compiled model.

    Attributes:
      output: the tensor.
      name: the name of the output.
      loss: the loss function as an object, None where the output has none.
      target: the placeholder of the labels, None where there is no loss.
      is_target_fed: whether it is fed, and not a tensor that a program gave.
      mode: "temporal" where elements have a weight for each step of time.
      sample_weight: the placeholder of the weights of elements.
      metrics: pairs (label, metric object).
    """

    def __init__(
        self, output: Any, name: str, loss: Any, target: Any, mode: Any, weights: Any = None
    ) -> None:
        self.output = output
        self.name = name
        self.loss = loss_object(loss)
        self.target = target
        self.is_target_fed = target is None or target.op.type == "Placeholder"
        self.mode = mode
        self.sample_weight: Any = None
        self.metrics: list[tuple[str, Any]] = []
        self.mean_loss: Any = None
        if self.loss is None:
            return
        if target is None:
            self.target = tf.placeholder(
                self._target_dtype(), shape=self.target_shape(), name=f"{name}_target"
            )
        shape = [None, None] if mode == "temporal" else [None]
        default = [[1.0]] if mode == "temporal" else [1.0]
        self.sample_weight = weights
        if weights is None:
            self.sample_weight = tf.placeholder_with_default(
                tf.constant(default, floatx()), shape=shape, name=f"{name}_sample_weights"
            )

    @property
    def is_sparse(self) -> bool:
        """Whether the labels are classes rather than one-hot rows."""
        function = getattr(self.loss, "fn", None)
        return function is losses.sparse_categorical_crossentropy

    def _target_dtype(self) -> Any:
        return floatx() if self.is_sparse else self.output.dtype.base_dtype

    def target_shape(self) -> Any:
        """Return the shape of the labels, as far as it is known."""
        dims = self.output.get_shape()
        if dims.ndims is None:
            return None
        if self.is_sparse:
            return [*dims.as_list()[:-1], None] if dims.ndims == 2 else [None] * dims.ndims
        return [None] * dims.ndims

    def total(self) -> Any:
        """Return the loss of a batch."""
        mask = getattr(self.output, "_keras_mask", None)
        weights = self.sample_weight
        with tf.name_scope(f"{self.name}_loss"):
            if not hasattr(self.loss, "call"):
                return self.loss(self.target, self.output, sample_weight=weights)
            values = self.loss.call(self.target, self.output)
            if mask is not None:
                mask = tf.cast(mask, values.dtype)
                weights = _masked(mask, weights)
            return losses.compute_weighted_loss(values, weights, self.loss.reduction)

    def add_metrics(self, given: Any, is_weighted: bool) -> None:
        """Add the metrics that a program names for this output."""
        for each in given if isinstance(given, (list, tuple)) else [given]:
            if each is None:
                continue
            label = metric_label(each, is_weighted)
            metric = self._metric_object(each, label)
            metric._updates.clear()  # of another model, or of how this one was compiled before
            self.metrics.append((label, metric))
            weights = self.sample_weight if is_weighted else None
            mask = getattr(self.output, "_keras_mask", None)
            if mask is not None:
                mask = tf.cast(mask, floatx())
                weights = mask if weights is None else _masked(mask, weights)
            metric(self.target, self.output, sample_weight=weights)

    def _metric_object(self, metric: Any, label: str) -> Any:
        if isinstance(metric, metrics.Metric):
            return metric
        if metric in _ACCURACY or metric in _CROSSENTROPY:
            function = self._chosen_function(metric in _ACCURACY)
        else:
            function = metrics.get(metric)
        if isinstance(function, metrics.Metric):
            return function
        return metrics.MeanMetricWrapper(function, name=label)

    def _chosen_function(self, is_accuracy: bool) -> Any:
        """Return the accuracy or the cross entropy that goes with the output and the loss."""
        dims = self.output.get_shape().as_list()
        function = getattr(self.loss, "fn", None)
        if dims[-1] == 1 or function is losses.binary_crossentropy:
            return metrics.binary_accuracy if is_accuracy else losses.binary_crossentropy
        if self.is_sparse:
            return (
                metrics.sparse_categorical_accuracy
                if is_accuracy
                else losses.sparse_categorical_crossentropy
            )
        return metrics.categorical_accuracy if is_accuracy else losses.categorical_crossentropy


def _masked(mask: Any, weights: Any) -> Any:
    """Return weights that are 0 where the mask is false."""
    for _ in range((mask.get_shape().ndims or 0) - (weights.get_shape().ndims or 0)):
        weights = tf.expand_dims(weights, -1)
    return mask * weights


def loss_object(loss: Any) -> Any:
    """Return a loss as an object; None for none."""
    found = losses.get(loss)
    if found is None or isinstance(found, losses.Loss):
        return found
    return losses.LossFunctionWrapper(found, name=getattr(found, "__name__", None))


def metric_label(metric: Any, weighted: bool = False) -> str:
    """Return what a metric is called in reports."""
    prefix = "weighted_" if weighted else ""
    if isinstance(metric, str) and metric in _ACCURACY:
        return prefix + "acc"
    if isinstance(metric, str) and metric in _CROSSENTROPY:
        return prefix + "ce"
    found = metrics.get(metric)
    name = getattr(found, "name", None) or getattr(found, "__name__", type(found).__name__)
    return prefix + str(name)
