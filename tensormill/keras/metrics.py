"""`tf.keras.metrics`: what is reported of training, as functions and as objects with a state.

Source: TensorFlow 1.15, python/keras/metrics.py.
"""

from __future__ import annotations

from typing import Any

import tensormill.api as tf
from tensormill.keras import losses
from tensormill.keras.backend.state import floatx
from tensormill.keras.losses import (
    KLD,
    MAE,
    MAPE,
    MSE,
    MSLE,
    binary_crossentropy,
    categorical_crossentropy,
    cosine,
    cosine_proximity,
    hinge,
    kld,
    kullback_leibler_divergence,
    mae,
    mape,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    mse,
    msle,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from tensormill.keras.metric_base import (
    Mean,
    MeanMetricWrapper,
    MeanTensor,
    Metric,
    Reduce,
    Sum,
    SumOverBatchSize,
    SumOverBatchSizeMetricWrapper,
    matched,
)
from tensormill.keras.metric_counts import (
    AUC,
    FalseNegatives,
    FalsePositives,
    MeanIoU,
    Precision,
    Recall,
    SensitivityAtSpecificity,
    SensitivitySpecificityBase,
    SpecificityAtSensitivity,
    TrueNegatives,
    TruePositives,
)
from tensormill.keras.objects import deserialize_keras_object, serialize_keras_object

__all__ = [
    "AUC",
    "KLD",
    "MAE",
    "MAPE",
    "MSE",
    "MSLE",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "FalseNegatives",
    "FalsePositives",
    "Hinge",
    "KLDivergence",
    "LogCoshError",
    "Mean",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanIoU",
    "MeanMetricWrapper",
    "MeanRelativeError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "MeanTensor",
    "Metric",
    "Poisson",
    "Precision",
    "Recall",
    "Reduce",
    "RootMeanSquaredError",
    "SensitivityAtSpecificity",
    "SensitivitySpecificityBase",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "SpecificityAtSensitivity",
    "SquaredHinge",
    "Sum",
    "SumOverBatchSize",
    "SumOverBatchSizeMetricWrapper",
    "TopKCategoricalAccuracy",
    "TrueNegatives",
    "TruePositives",
    "accuracy",
    "binary_accuracy",
    "binary_crossentropy",
    "categorical_accuracy",
    "categorical_crossentropy",
    "cosine",
    "cosine_proximity",
    "deserialize",
    "get",
    "hinge",
    "kld",
    "kullback_leibler_divergence",
    "mae",
    "mape",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "mse",
    "msle",
    "poisson",
    "serialize",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
    "sparse_top_k_categorical_accuracy",
    "squared_hinge",
    "top_k_categorical_accuracy",
]  # fmt: skip


def accuracy(y_true: Any, y_pred: Any) -> Any:
    """Return 1 where labels and predictions are equal, else 0."""
    y_true, y_pred = matched(y_true, y_pred)
    return tf.cast(tf.equal(tf.cast(y_true, y_pred.dtype), y_pred), floatx())


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """Return the share of predictions on the right side of a threshold, along the last axis."""
    above = tf.cast(y_pred > tf.cast(threshold, y_pred.dtype), y_pred.dtype)
    return tf.reduce_mean(
        tf.cast(tf.equal(tf.cast(y_true, y_pred.dtype), above), floatx()), axis=-1
    )


def categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """Return 1 where the greatest prediction is that of the one-hot label, else 0."""
    return tf.cast(tf.equal(tf.argmax(y_true, axis=-1), tf.argmax(y_pred, axis=-1)), floatx())


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """Return 1 where the greatest prediction is that of the class, else 0."""
    true_rank, rank = y_true.get_shape().ndims, y_pred.get_shape().ndims
    if true_rank is not None and rank is not None and true_rank == rank:
        y_true = tf.squeeze(y_true, [-1])
    best = tf.argmax(y_pred, axis=-1)
    return tf.cast(tf.equal(tf.cast(y_true, tf.int64), best), floatx())


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Any:
    """Return 1 where the one-hot label is among the `k` greatest predictions, else 0."""
    return tf.cast(tf.nn.in_top_k(y_pred, tf.argmax(y_true, axis=-1), k), floatx())


def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Any:
    """Return 1 where the class is among the `k` greatest predictions, else 0."""
    classes = tf.reshape(tf.cast(y_true, tf.int32), [-1])
    return tf.cast(tf.nn.in_top_k(y_pred, classes, k), floatx())


def _class(name: str, function: Any, metric_name: str, **defaults: Any) -> Any:
    """Return the class of the mean of a function, whose settings are arguments."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        given = dict(zip(("name", "dtype", *defaults), args, strict=False))
        if "k" in defaults:  # the setting stands before the name there
            given = dict(zip(("k", "name", "dtype"), args, strict=False))
        given.update(kwargs)
        own_name = given.pop("name", metric_name)
        dtype = given.pop("dtype", None)
        MeanMetricWrapper.__init__(self, function, own_name, dtype, **{**defaults, **given})

    members = {
        "__init__": __init__, "__doc__": f"The mean of `{function.__name__}`.",
        "__module__": __name__,
    }  # fmt: skip
    return type(name, (MeanMetricWrapper,), members)


Accuracy = _class("Accuracy", accuracy, "accuracy")
BinaryAccuracy = _class("BinaryAccuracy", binary_accuracy, "binary_accuracy", threshold=0.5)
CategoricalAccuracy = _class("CategoricalAccuracy", categorical_accuracy, "categorical_accuracy")
SparseCategoricalAccuracy = _class(
    "SparseCategoricalAccuracy", sparse_categorical_accuracy, "sparse_categorical_accuracy"
)
TopKCategoricalAccuracy = _class(
    "TopKCategoricalAccuracy", top_k_categorical_accuracy, "top_k_categorical_accuracy", k=5
)
SparseTopKCategoricalAccuracy = _class(
    "SparseTopKCategoricalAccuracy",
    sparse_top_k_categorical_accuracy,
    "sparse_top_k_categorical_accuracy",
    k=5,
)
MeanSquaredError = _class("MeanSquaredError", mean_squared_error, "mean_squared_error")
MeanAbsoluteError = _class("MeanAbsoluteError", mean_absolute_error, "mean_absolute_error")
MeanAbsolutePercentageError = _class(
    "MeanAbsolutePercentageError", mean_absolute_percentage_error, "mean_absolute_percentage_error"
)
MeanSquaredLogarithmicError = _class(
    "MeanSquaredLogarithmicError", mean_squared_logarithmic_error, "mean_squared_logarithmic_error"
)
Hinge = _class("Hinge", hinge, "hinge")
SquaredHinge = _class("SquaredHinge", squared_hinge, "squared_hinge")
CategoricalHinge = _class("CategoricalHinge", losses.categorical_hinge, "categorical_hinge")
LogCoshError = _class("LogCoshError", losses.logcosh, "logcosh")
Poisson = _class("Poisson", poisson, "poisson")
KLDivergence = _class("KLDivergence", kullback_leibler_divergence, "kullback_leibler_divergence")
BinaryCrossentropy = _class(
    "BinaryCrossentropy", binary_crossentropy, "binary_crossentropy",
    from_logits=False, label_smoothing=0,
)  # fmt: skip
CategoricalCrossentropy = _class(
    "CategoricalCrossentropy", categorical_crossentropy, "categorical_crossentropy",
    from_logits=False, label_smoothing=0,
)  # fmt: skip
SparseCategoricalCrossentropy = _class(
    "SparseCategoricalCrossentropy", sparse_categorical_crossentropy,
    "sparse_categorical_crossentropy", from_logits=False, axis=-1,
)  # fmt: skip


def _cosine(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    return -losses.cosine_similarity(y_true, y_pred, axis=axis)


CosineSimilarity = _class("CosineSimilarity", _cosine, "cosine_similarity", axis=-1)


class RootMeanSquaredError(Mean):
    """The root of the mean of squared differences."""

    def __init__(self, name: str = "root_mean_squared_error", dtype: Any = None) -> None:
        super().__init__(name, dtype)

    def update_state(  # type: ignore[override]
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> Any:
        """Return the operation that adds a batch of labels and predictions."""
        y_true, y_pred = matched(tf.cast(y_true, self._dtype), tf.cast(y_pred, self._dtype))
        return super().update_state(tf.math.squared_difference(y_pred, y_true), sample_weight)

    def result(self) -> Any:
        """Return the root of the mean."""
        return tf.sqrt(super().result())


class MeanRelativeError(Mean):
    """The mean of absolute differences, each divided by a number of its own.

    Args:
      normalizer: these numbers, in the shape of the predictions.
      name: the name.
      dtype: of the state.
    """

    def __init__(self, normalizer: Any, name: Any = None, dtype: Any = None) -> None:
        super().__init__(name, dtype)
        self.normalizer = tf.cast(normalizer, self._dtype)
        self._given = normalizer

    def update_state(  # type: ignore[override]
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> Any:
        """Return the operation that adds a batch of labels and predictions."""
        y_true, y_pred = matched(tf.cast(y_true, self._dtype), tf.cast(y_pred, self._dtype))
        y_pred.shape.assert_is_compatible_with(y_true.shape)
        error = tf.div_no_nan(tf.abs(y_true - y_pred), self.normalizer)
        return super().update_state(error, sample_weight)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "normalizer": self._given}


acc = ACC = accuracy


def clone_metric(metric: Any) -> Any:
    """Return a new metric of the same settings for an object; all else as it is."""
    if isinstance(metric, Metric):
        return type(metric).from_config(metric.get_config())
    return metric


def clone_metrics(metrics: Any) -> Any:
    """Return metrics as a program names them, with new objects for those that are objects."""
    if isinstance(metrics, dict):
        return {key: clone_metrics(each) for key, each in metrics.items()}
    if isinstance(metrics, (list, tuple)):
        return [clone_metrics(each) for each in metrics]
    return clone_metric(metrics)


def serialize(metric: Any) -> Any:
    """Return the class and settings of a metric, or the name of a function."""
    return serialize_keras_object(metric)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """Return the metric of a name, or of a class and settings."""
    known = {each: globals()[each] for each in (*__all__, "acc", "ACC")}
    return deserialize_keras_object(config, known, custom_objects, "metric function")


def get(identifier: Any) -> Any:
    """Return a metric by its name or settings, or as it is.

    Raises:
      ValueError: it is none of these.
    """
    if isinstance(identifier, (str, dict)):
        return deserialize(identifier)
    if callable(identifier):
        return identifier
    raise ValueError(f"Could not interpret metric function identifier: {identifier}")
