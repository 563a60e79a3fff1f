"""Metrics that count right and wrong predictions, by thresholds or by classes.

Source: TensorFlow 1.15, python/keras/metrics.py and python/keras/utils/metrics_utils.py.
"""

from __future__ import annotations

from typing import Any

import tensormill.api as tf
from tensormill.keras.confusion import (
    NEG_INF,
    AUCCurve,
    AUCSummationMethod,
    ConfusionMatrix,
    assert_thresholds_range,
    parse_init_thresholds,
    update_confusion_matrix_variables,
)
from tensormill.keras.metric_base import Metric

__all__ = [
    "AUC",
    "FalseNegatives",
    "FalsePositives",
    "MeanIoU",
    "Precision",
    "Recall",
    "SensitivityAtSpecificity",
    "SensitivitySpecificityBase",
    "SpecificityAtSensitivity",
    "TrueNegatives",
    "TruePositives",
]

_KEYS = {key.name.lower(): key for key in ConfusionMatrix}
_COUNTS = tuple(_KEYS)


class _ThresholdCounts(Metric):
    """Counts of predictions above and below thresholds, for true and false labels."""

    def __init__(self, thresholds: list[float], kept: Any, name: Any, dtype: Any) -> None:
        super().__init__(name=name, dtype=dtype)
        self.thresholds = thresholds
        self._class_id: int | None = None
        self._top_k: int | None = None
        # The one count of a metric is called its accumulator.
        names = {each: "accumulator" if len(kept) == 1 else each for each in kept}
        shape = (len(thresholds),)
        self._kept = {each: self.add_weight(names[each], shape=shape) for each in kept}
        for each, variable in self._kept.items():
            setattr(self, each, variable)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the operation that adds a batch of labels and predictions."""
        return update_confusion_matrix_variables(
            {_KEYS[name]: variable for name, variable in self._kept.items()},
            y_true,
            y_pred,
            self.thresholds,
            self._top_k,
            self._class_id,
            sample_weight,
        )

    def _count(self, name: str) -> Any:
        return tf.identity(self._kept[name])

    def _of_thresholds(self, values: Any) -> Any:
        """Return the value of the one threshold, or those of all."""
        return values[0] if len(self.thresholds) == 1 else values


class _OneCount(_ThresholdCounts):
    """One of the four counts."""

    _which = ""

    def __init__(self, thresholds: Any = None, name: Any = None, dtype: Any = None) -> None:
        super().__init__(parse_init_thresholds(thresholds), (self._which,), name, dtype)
        self.init_thresholds = thresholds
        self.accumulator = self._kept[self._which]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "thresholds": self.init_thresholds}

    def result(self) -> Any:
        """Return the count."""
        return self._of_thresholds(self._count(self._which))


class TruePositives(_OneCount):
    """The number of predictions above the threshold that should be."""

    _which = "true_positives"


class FalsePositives(_OneCount):
    """The number of predictions above the threshold that should not be."""

    _which = "false_positives"


class TrueNegatives(_OneCount):
    """The number of predictions below the threshold that should be."""

    _which = "true_negatives"


class FalseNegatives(_OneCount):
    """The number of predictions below the threshold that should not be."""

    _which = "false_negatives"


class _Share(_ThresholdCounts):
    """The share of true positives in these and another count."""

    _other = ""

    def __init__(
        self, thresholds: Any = None, top_k: Any = None, class_id: Any = None, name: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        limit = NEG_INF if top_k is not None else 0.5
        kept = ("true_positives", self._other)
        super().__init__(parse_init_thresholds(thresholds, limit), kept, name, dtype)
        self.init_thresholds = thresholds
        self.top_k = self._top_k = top_k
        self.class_id = self._class_id = class_id

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = {
            "thresholds": self.init_thresholds, "top_k": self.top_k, "class_id": self.class_id,
        }  # fmt: skip
        return {**super().get_config(), **own}

    def result(self) -> Any:
        """Return the share."""
        right = self._count("true_positives")
        return self._of_thresholds(tf.div_no_nan(right, right + self._count(self._other)))


class Precision(_Share):
    """The share of right predictions among those above the threshold."""

    _other = "false_positives"


class Recall(_Share):
    """The share of true labels whose predictions are above the threshold."""

    _other = "false_negatives"


class AUC(_ThresholdCounts):
    """The area under the ROC or the precision-recall curve, from counts at thresholds.

    Args:
      num_thresholds: how many thresholds.
      curve: "ROC" or "PR".
      summation_method: "interpolation", "minoring" or "majoring".
      name: the name.
      dtype: of the counts.
      thresholds: the thresholds within (0, 1), in the place of evenly spaced ones.
    """

    def __init__(
        self, num_thresholds: int = 200, curve: str = "ROC",
        summation_method: str = "interpolation", name: Any = None, dtype: Any = None,
        thresholds: Any = None,
    ) -> None:  # fmt: skip
        curve_of, method_of = AUCCurve.from_str, AUCSummationMethod.from_str
        self.curve, self.summation_method = curve_of(curve), method_of(summation_method)
        if thresholds is None:
            if num_thresholds <= 1:
                raise ValueError("`num_thresholds` must be > 1.")
            inner = [each / (num_thresholds - 1) for each in range(1, num_thresholds - 1)]
        else:
            assert_thresholds_range(thresholds)
            inner = sorted(thresholds)
        self._given_thresholds = thresholds
        super().__init__([-1e-7, *inner, 1.0 + 1e-7], _COUNTS, name, dtype)
        self.num_thresholds = len(self.thresholds)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own: dict[str, Any] = {
            "num_thresholds": self.num_thresholds,
            "curve": self.curve.value,
            "summation_method": self.summation_method.value,
        }
        if self._given_thresholds is not None:
            own["thresholds"] = self.thresholds[1:-1]
        return {**super().get_config(), **own}

    def result(self) -> Any:
        """Return the area."""
        right, wrong = self._count("true_positives"), self._count("false_positives")
        missed, passed = self._count("false_negatives"), self._count("true_negatives")
        recall = tf.div_no_nan(right, right + missed)
        if self.curve == AUCCurve.ROC:
            x, y = tf.div_no_nan(wrong, wrong + passed), recall
        elif self.summation_method == AUCSummationMethod.INTERPOLATION:
            return self.interpolate_pr_auc()
        else:
            x, y = recall, tf.div_no_nan(right, right + wrong)
        if self.summation_method == AUCSummationMethod.INTERPOLATION:
            heights = (y[:-1] + y[1:]) / 2.0
        elif self.summation_method == AUCSummationMethod.MINORING:
            heights = tf.minimum(y[:-1], y[1:])
        else:
            heights = tf.maximum(y[:-1], y[1:])
        return tf.reduce_sum((x[:-1] - x[1:]) * heights)

    def interpolate_pr_auc(self) -> Any:
        """Return the area under the precision-recall curve, interpolated between counts."""
        right, wrong = self._count("true_positives"), self._count("false_positives")
        missed = self._count("false_negatives")
        gained = right[:-1] - right[1:]
        above = right + wrong
        slope = tf.div_no_nan(gained, tf.maximum(above[:-1] - above[1:], 0.0))
        intercept = right[1:] - slope * above[1:]
        both = tf.logical_and(above[:-1] > 0, above[1:] > 0)
        ratio = tf.where(
            both, tf.div_no_nan(above[:-1], tf.maximum(above[1:], 0.0)), tf.ones_like(above[1:])
        )
        area = slope * (gained + intercept * tf.log(ratio))
        return tf.reduce_sum(tf.div_no_nan(area, tf.maximum(right[1:] + missed[1:], 0.0)))


class SensitivitySpecificityBase(_ThresholdCounts):
    """One share at the threshold where another share comes nearest to a level."""

    _level = ""
    # Each share is that of the first count in the sum of both.
    _leveled = ("", "")
    _returned = ("", "")

    def __init__(
        self, value: float, num_thresholds: int = 200, name: Any = None, dtype: Any = None
    ) -> None:
        if not 0 <= value <= 1:
            raise ValueError(f"`{self._level}` must be in the range [0, 1].")
        if num_thresholds <= 0:
            raise ValueError("`num_thresholds` must be > 0.")
        last = num_thresholds - 1
        between = [at / last for at in range(1, last)]
        limits = [0.5] if num_thresholds == 1 else [0.0, *between, 1.0]
        super().__init__(limits, _COUNTS, name, dtype)
        self.value = value
        setattr(self, self._level, value)
        self.num_thresholds = num_thresholds

    def _share(self, names: tuple[str, str]) -> Any:
        first, second = map(self._count, names)
        return tf.div_no_nan(first, first + second)

    def result(self) -> Any:
        """Return the share."""
        nearest = tf.argmin(tf.abs(self._share(self._leveled) - self.value), axis=0)
        return self._share(self._returned)[tf.cast(nearest, tf.int32)]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = {"num_thresholds": self.num_thresholds, self._level: self.value}
        return {**super().get_config(), **own}


_SENSITIVITY = ("true_positives", "false_negatives")
_SPECIFICITY = ("true_negatives", "false_positives")


class SensitivityAtSpecificity(SensitivitySpecificityBase):
    """The share of true labels that are found, where a share of the false ones is let pass."""

    _level = "specificity"
    _leveled, _returned = _SPECIFICITY, _SENSITIVITY

    def __init__(self, specificity: float, *args: Any, **kwargs: Any) -> None:
        super().__init__(specificity, *args, **kwargs)


class SpecificityAtSensitivity(SensitivitySpecificityBase):
    """The share of false labels that are let pass, where a share of the true ones is found."""

    _level = "sensitivity"
    _leveled, _returned = _SENSITIVITY, _SPECIFICITY

    def __init__(self, sensitivity: float, *args: Any, **kwargs: Any) -> None:
        super().__init__(sensitivity, *args, **kwargs)


class MeanIoU(Metric):
    """The mean over classes of intersection divided by union."""

    def __init__(self, num_classes: int, name: Any = None, dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.num_classes = num_classes
        self.total_cm = self.add_weight("total_confusion_matrix", shape=(num_classes,) * 2)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "num_classes": self.num_classes}

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the operation that adds a batch of labels and predictions."""
        weights = None if sample_weight is None else tf.reshape(sample_weight, [-1])
        counts = tf.confusion_matrix(
            tf.reshape(tf.cast(y_true, tf.int64), [-1]),
            tf.reshape(tf.cast(y_pred, tf.int64), [-1]),
            self.num_classes,
            weights=weights,
            dtype=self._dtype,
        )
        return self.total_cm.assign_add(counts).op

    def result(self) -> Any:
        """Return the mean over the classes that occur."""
        counts = tf.identity(self.total_cm)
        hits = tf.diag_part(counts)
        union = tf.reduce_sum(counts, 0) + tf.reduce_sum(counts, 1) - hits
        number = tf.reduce_sum(tf.cast(tf.not_equal(union, 0), self._dtype))
        return tf.div_no_nan(tf.reduce_sum(tf.div_no_nan(hits, union)), number)
