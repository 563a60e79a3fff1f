"""Counts of right and wrong predictions at thresholds.

Source: TensorFlow 1.15, python/keras/utils/metrics_utils.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import tensormill.api as tf
from tensormill.keras.metric_base import matched, weights_like
from tensormill.keras.utils.functions import to_list

__all__ = [
    "AUCCurve",
    "AUCSummationMethod",
    "ConfusionMatrix",
    "assert_thresholds_range",
    "parse_init_thresholds",
    "update_confusion_matrix_variables",
]

NEG_INF = -1e10


class ConfusionMatrix(Enum):
    """The four counts."""

    TRUE_POSITIVES = "tp"
    FALSE_POSITIVES = "fp"
    TRUE_NEGATIVES = "tn"
    FALSE_NEGATIVES = "fn"


class AUCCurve(Enum):
    """The curve whose area is asked for."""

    ROC = "ROC"
    PR = "PR"

    @staticmethod
    def from_str(key: Any) -> AUCCurve:
        """Return the curve of a name.

        Raises:
          ValueError: there is none.
        """
        for curve in AUCCurve:
            if key in (curve, curve.value, curve.value.lower()):
                return curve
        raise ValueError(f'Invalid AUC curve value "{key}".')


class AUCSummationMethod(Enum):
    """How the area is made of the heights at thresholds."""

    INTERPOLATION = "interpolation"
    MAJORING = "majoring"
    MINORING = "minoring"

    @staticmethod
    def from_str(key: Any) -> AUCSummationMethod:
        """Return the method of a name.

        Raises:
          ValueError: there is none.
        """
        for method in AUCSummationMethod:
            if key in (method, method.value, method.value.capitalize()):
                return method
        raise ValueError(f'Invalid AUC summation method value "{key}".')


def assert_thresholds_range(thresholds: Any) -> None:
    """Refuse thresholds that are not in [0, 1].

    Raises:
      ValueError: one is not.
    """
    if thresholds is None:
        return
    invalid = [each for each in thresholds if each is None or not 0 <= each <= 1]
    if invalid:
        raise ValueError(f"Threshold values must be in [0, 1]. Invalid values: {invalid}")


def parse_init_thresholds(thresholds: Any, default_threshold: float = 0.5) -> list[float]:
    """Return the thresholds of a metric as a list.

    Raises:
      ValueError: one is not in [0, 1].
    """
    given = None if thresholds is None else to_list(thresholds)
    assert_thresholds_range(given)
    return to_list(default_threshold if thresholds is None else thresholds)


def update_confusion_matrix_variables(
    variables_to_update: Mapping[ConfusionMatrix, Any] | None,
    y_true: Any,
    y_pred: Any,
    thresholds: Any,
    top_k: int | None = None,
    class_id: int | None = None,
    sample_weight: Any = None,
) -> Any:
    """Return the operation that adds a batch to some of the four counts.

    Args:
      variables_to_update: count -> variable, [thresholds].
      y_true: the labels.
      y_pred: the predictions, in [0, 1].
      thresholds: a number, or several.
      top_k: predictions that are not among so many of the greatest count as negative.
      class_id: the class whose labels and predictions count, along the last axis.
      sample_weight: weights of elements.

    Raises:
      ValueError: there is no such count, or the shapes differ.
    """
    if variables_to_update is None:
        return None
    _check_keys(variables_to_update)
    y_pred = tf.cast(y_pred, tf.float32)
    y_true, y_pred = matched(tf.cast(y_true, tf.float32), y_pred)
    y_pred.get_shape().assert_is_compatible_with(y_true.get_shape())
    in_range = [
        tf.assert_greater_equal(y_pred, 0.0, message="predictions must be >= 0"),
        tf.assert_less_equal(y_pred, 1.0, message="predictions must be <= 1"),
    ]
    with tf.control_dependencies(in_range):
        y_pred = tf.identity(y_pred)
    if top_k is not None:
        y_pred = _filter_top_k(y_pred, top_k)
    if class_id is not None:
        y_true, y_pred = y_true[..., class_id], y_pred[..., class_id]
    weights = tf.ones_like(y_pred)
    if sample_weight is not None:
        weights = weights * weights_like(y_pred, tf.cast(sample_weight, tf.float32))
    weights = tf.reshape(weights, [1, -1])
    is_true = tf.reshape(tf.cast(y_true, tf.bool), [1, -1])
    limits = to_list(thresholds)
    is_above = tf.reshape(y_pred, [1, -1]) > tf.constant(limits, tf.float32, [len(limits), 1])
    cases = {
        ConfusionMatrix.TRUE_POSITIVES: (is_true, is_above),
        ConfusionMatrix.FALSE_POSITIVES: (tf.logical_not(is_true), is_above),
        ConfusionMatrix.TRUE_NEGATIVES: (tf.logical_not(is_true), tf.logical_not(is_above)),
        ConfusionMatrix.FALSE_NEGATIVES: (is_true, tf.logical_not(is_above)),
    }
    updates = []
    for key, variable in variables_to_update.items():
        label, prediction = cases[key]
        hits = tf.cast(tf.logical_and(label, prediction), tf.float32) * weights
        total = tf.cast(tf.reduce_sum(hits, 1), variable.dtype.base_dtype)
        updates.append(variable.assign_add(total))
    return tf.group(*updates)


def _check_keys(variables: Mapping[ConfusionMatrix, Any]) -> None:
    valid = list(ConfusionMatrix)
    if not any(key in valid for key in variables):
        raise ValueError(
            "Please provide at least one valid confusion matrix variable to update. Valid variable "
            f'key options are: "{valid}". Received: "{variables.keys()}"'
        )
    invalid = [key for key in variables if key not in valid]
    if invalid:
        raise ValueError(f'Invalid keys: {invalid}. Valid variable key options are: "{valid}"')


def _filter_top_k(x: Any, k: int) -> Any:
    """Return predictions with those that are not among the `k` greatest set to `NEG_INF`."""
    best = tf.nn.top_k(x, k, sorted=False).indices
    mask = tf.reduce_sum(tf.one_hot(best, tf.shape(x)[-1], axis=-1), axis=-2)
    return x * mask + NEG_INF * (1 - mask)
