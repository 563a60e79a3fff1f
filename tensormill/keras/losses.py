"""`tf.keras.losses`: what training minimises, as functions and as objects.

Source: TensorFlow 1.15, python/keras/losses.py and python/keras/utils/losses_utils.py.
"""

from __future__ import annotations

from typing import Any

import tensormill.api as tf
from tensormill.keras.backend import networks
from tensormill.keras.backend.state import epsilon
from tensormill.keras.metric_base import weights_like
from tensormill.keras.objects import deserialize_keras_object, serialize_keras_object

__all__ = [
    "KLD",
    "MAE",
    "MAPE",
    "MSE",
    "MSLE",
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "LossFunctionWrapper",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "Reduction",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "binary_crossentropy",
    "categorical_crossentropy",
    "categorical_hinge",
    "cosine",
    "cosine_proximity",
    "cosine_similarity",
    "deserialize",
    "get",
    "hinge",
    "huber_loss",
    "kld",
    "kullback_leibler_divergence",
    "logcosh",
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
    "sparse_categorical_crossentropy",
    "squared_hinge",
]


class Reduction:
    """How the losses of a batch become one.

    Attributes:
      AUTO: SUM_OVER_BATCH_SIZE.
      NONE: they do not.
      SUM: their sum.
      SUM_OVER_BATCH_SIZE: their sum divided by their number.
    """

    AUTO = "auto"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """Return all of them."""
        return (cls.AUTO, cls.NONE, cls.SUM, cls.SUM_OVER_BATCH_SIZE)

    @classmethod
    def validate(cls, key: str) -> None:
        """Refuse what is no reduction.

        Raises:
          ValueError: it is none.
        """
        if key not in cls.all():
            raise ValueError(f"Invalid Reduction Key {key}.")


def compute_weighted_loss(
    losses: Any,
    sample_weight: Any = None,
    reduction: str = Reduction.SUM_OVER_BATCH_SIZE,
    name: str | None = None,
) -> Any:
    """Return the weighted losses of a batch as one.

    Args:
      losses: the losses.
      sample_weight: their weights; 1 by default.
      reduction: how they become one.
      name: taken and ignored.
    """
    if reduction == Reduction.AUTO:
        reduction = Reduction.SUM_OVER_BATCH_SIZE
    if sample_weight is not None:
        losses = losses * weights_like(losses, tf.convert_to_tensor(sample_weight))
    if reduction == Reduction.NONE:
        return losses
    total = tf.reduce_sum(losses)
    if reduction == Reduction.SUM:
        return total
    return tf.div_no_nan(total, tf.cast(tf.size(losses), total.dtype))


def _pair(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    y_pred = tf.convert_to_tensor(y_pred)
    return tf.cast(y_true, y_pred.dtype), y_pred


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """Return the mean of squared differences along the last axis."""
    y_true, y_pred = _pair(y_true, y_pred)
    return tf.reduce_mean(tf.math.squared_difference(y_pred, y_true), axis=-1)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """Return the mean of absolute differences along the last axis."""
    y_true, y_pred = _pair(y_true, y_pred)
    return tf.reduce_mean(tf.abs(y_pred - y_true), axis=-1)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """Return the mean of differences in percent of the labels."""
    y_true, y_pred = _pair(y_true, y_pred)
    shares = tf.abs((y_true - y_pred) / tf.maximum(tf.abs(y_true), epsilon()))
    return 100.0 * tf.reduce_mean(shares, axis=-1)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Any:
    """Return the mean of squared differences of logarithms of values plus 1."""
    y_true, y_pred = _pair(y_true, y_pred)
    first = tf.log(tf.maximum(y_pred, epsilon()) + 1.0)
    second = tf.log(tf.maximum(y_true, epsilon()) + 1.0)
    return tf.reduce_mean(tf.math.squared_difference(first, second), axis=-1)


def _signs(y_true: Any) -> Any:
    """Return labels 0 and 1 as -1 and 1; other labels as they are."""
    is_binary = tf.reduce_all(tf.logical_or(tf.equal(y_true, 0), tf.equal(y_true, 1)))
    return tf.cond(is_binary, lambda: 2.0 * y_true - 1.0, lambda: y_true)


def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """Return the mean of `max(1 - y_true * y_pred, 0) ** 2`."""
    y_true, y_pred = _pair(y_true, y_pred)
    gaps = tf.maximum(1.0 - _signs(y_true) * y_pred, 0.0)
    return tf.reduce_mean(tf.square(gaps), axis=-1)


def hinge(y_true: Any, y_pred: Any) -> Any:
    """Return the mean of `max(1 - y_true * y_pred, 0)`."""
    y_true, y_pred = _pair(y_true, y_pred)
    return tf.reduce_mean(tf.maximum(1.0 - _signs(y_true) * y_pred, 0.0), axis=-1)


def categorical_hinge(y_true: Any, y_pred: Any) -> Any:
    """Return how far the best wrong class comes within 1 of the right one."""
    y_true, y_pred = _pair(y_true, y_pred)
    right = tf.reduce_sum(y_true * y_pred, axis=-1)
    wrong = tf.reduce_max((1.0 - y_true) * y_pred, axis=-1)
    return tf.maximum(0.0, wrong - right + 1.0)


def huber_loss(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    """Return squared differences up to `delta`, and linear ones beyond."""
    y_true, y_pred = _pair(y_true, y_pred)
    size = tf.abs(y_pred - y_true)
    quadratic = tf.minimum(size, delta)
    return 0.5 * quadratic * quadratic + delta * (size - quadratic)


def logcosh(y_true: Any, y_pred: Any) -> Any:
    """Return the mean of the logarithms of the hyperbolic cosine of differences."""
    y_true, y_pred = _pair(y_true, y_pred)
    x = y_pred - y_true
    return tf.reduce_mean(x + tf.nn.softplus(-2.0 * x) - tf.log(tf.constant(2.0, x.dtype)), axis=-1)


def _smoothed(y_true: Any, label_smoothing: Any, classes: Any) -> Any:
    if isinstance(label_smoothing, (int, float)) and label_smoothing == 0:
        return y_true
    return y_true * (1.0 - label_smoothing) + label_smoothing / classes


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: Any = 0
) -> Any:
    """Return the cross entropy of one-hot labels."""
    y_true, y_pred = _pair(y_true, y_pred)
    classes = tf.cast(tf.shape(y_true)[1], y_pred.dtype) if label_smoothing else None
    y_true = _smoothed(y_true, label_smoothing, classes)
    return networks.categorical_crossentropy(y_true, y_pred, from_logits=from_logits)


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """Return the cross entropy of classes."""
    return networks.sparse_categorical_crossentropy(
        y_true, y_pred, from_logits=from_logits, axis=axis
    )


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: Any = 0
) -> Any:
    """Return the mean cross entropy of labels in [0, 1] along the last axis."""
    y_true, y_pred = _pair(y_true, y_pred)
    y_true = _smoothed(y_true, label_smoothing, 2.0)
    return tf.reduce_mean(
        networks.binary_crossentropy(y_true, y_pred, from_logits=from_logits), axis=-1
    )


def kullback_leibler_divergence(y_true: Any, y_pred: Any) -> Any:
    """Return the divergence of two distributions along the last axis."""
    y_true, y_pred = _pair(y_true, y_pred)
    y_true = tf.clip_by_value(y_true, epsilon(), 1)
    y_pred = tf.clip_by_value(y_pred, epsilon(), 1)
    return tf.reduce_sum(y_true * tf.log(y_true / y_pred), axis=-1)


def poisson(y_true: Any, y_pred: Any) -> Any:
    """Return the mean of `y_pred - y_true * log(y_pred)`."""
    y_true, y_pred = _pair(y_true, y_pred)
    return tf.reduce_mean(y_pred - y_true * tf.log(y_pred + epsilon()), axis=-1)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Return the cosine of the angle between labels and predictions, negative."""
    y_true, y_pred = _pair(y_true, y_pred)
    return -tf.reduce_sum(
        tf.nn.l2_normalize(y_true, axis=axis) * tf.nn.l2_normalize(y_pred, axis=axis), axis=axis
    )


mse = MSE = mean_squared_error
mae = MAE = mean_absolute_error
mape = MAPE = mean_absolute_percentage_error
msle = MSLE = mean_squared_logarithmic_error
kld = KLD = kullback_leibler_divergence
cosine = cosine_proximity = cosine_similarity


class Loss:
    """The base of losses: `call(y_true, y_pred)` gives those of a batch.

    Args:
      reduction: how they become one.
      name: the name.
    """

    def __init__(self, reduction: str = Reduction.AUTO, name: str | None = None) -> None:
        Reduction.validate(reduction)
        self.reduction = reduction
        self.name = name

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the loss of a batch."""
        with tf.name_scope(self.name or type(self).__name__):
            return compute_weighted_loss(self.call(y_true, y_pred), sample_weight, self.reduction)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the losses of a batch."""
        raise NotImplementedError("Must be implemented in subclasses.")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"reduction": self.reduction, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Return the loss of these settings."""
        return cls(**config)


class LossFunctionWrapper(Loss):
    """A function of labels and predictions as a loss."""

    def __init__(
        self,
        fn: Any,
        reduction: str = Reduction.AUTO,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(reduction=reduction, name=name)
        self.fn = fn
        self._fn_kwargs = kwargs

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the losses of a batch."""
        if isinstance(y_true, tf.Tensor) and isinstance(y_pred, tf.Tensor):
            y_true, y_pred = _squeezed(y_true, y_pred)
        return self.fn(y_true, y_pred, **self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor, but for the function."""
        return {**super().get_config(), **self._fn_kwargs}


def _squeezed(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Return labels and predictions, these without a last axis of size 1 that labels lack."""
    true_shape, shape = y_true.get_shape(), y_pred.get_shape()
    if true_shape.ndims is None or shape.ndims is None or true_shape.ndims == shape.ndims:
        return y_true, y_pred
    if shape.ndims - true_shape.ndims == 1 and shape.as_list()[-1] == 1:
        return y_true, tf.squeeze(y_pred, [-1])
    return y_true, y_pred


def _wrapper(function: Any, default_name: str, **defaults: Any) -> type[LossFunctionWrapper]:
    """Return the class of a function, whose settings are arguments of the constructor."""

    class Wrapper(LossFunctionWrapper):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            values = dict(zip((*defaults, "reduction", "name"), args, strict=False))
            values.update(kwargs)
            reduction = values.pop("reduction", Reduction.AUTO)
            name = values.pop("name", default_name)
            super().__init__(function, reduction=reduction, name=name, **{**defaults, **values})

    Wrapper.__doc__ = f"`{function.__name__}` as a loss."
    return Wrapper


_CLASSES = {
    "BinaryCrossentropy": (binary_crossentropy, {"from_logits": False, "label_smoothing": 0}),
    "CategoricalCrossentropy": (
        categorical_crossentropy, {"from_logits": False, "label_smoothing": 0},
    ),
    "CategoricalHinge": (categorical_hinge, {}),
    "CosineSimilarity": (cosine_similarity, {"axis": -1}),
    "Hinge": (hinge, {}),
    "Huber": (huber_loss, {"delta": 1.0}),
    "KLDivergence": (kullback_leibler_divergence, {}),
    "LogCosh": (logcosh, {}),
    "MeanAbsoluteError": (mean_absolute_error, {}),
    "MeanAbsolutePercentageError": (mean_absolute_percentage_error, {}),
    "MeanSquaredError": (mean_squared_error, {}),
    "MeanSquaredLogarithmicError": (mean_squared_logarithmic_error, {}),
    "Poisson": (poisson, {}),
    "SparseCategoricalCrossentropy": (sparse_categorical_crossentropy, {"from_logits": False}),
    "SquaredHinge": (squared_hinge, {}),
}  # fmt: skip


def _named(name: str) -> type[LossFunctionWrapper]:
    function, defaults = _CLASSES[name]
    made = _wrapper(function, function.__name__, **defaults)  # type: ignore[arg-type]
    made.__name__ = made.__qualname__ = name
    made.__module__ = __name__
    return made


BinaryCrossentropy = _named("BinaryCrossentropy")
CategoricalCrossentropy = _named("CategoricalCrossentropy")
CategoricalHinge = _named("CategoricalHinge")
CosineSimilarity = _named("CosineSimilarity")
Hinge = _named("Hinge")
Huber = _named("Huber")
KLDivergence = _named("KLDivergence")
LogCosh = _named("LogCosh")
MeanAbsoluteError = _named("MeanAbsoluteError")
MeanAbsolutePercentageError = _named("MeanAbsolutePercentageError")
MeanSquaredError = _named("MeanSquaredError")
MeanSquaredLogarithmicError = _named("MeanSquaredLogarithmicError")
Poisson = _named("Poisson")
SparseCategoricalCrossentropy = _named("SparseCategoricalCrossentropy")
SquaredHinge = _named("SquaredHinge")


def is_categorical_crossentropy(loss: Any) -> bool:
    """Return whether a loss is the cross entropy of one-hot labels."""
    function = getattr(loss, "fn", None)
    return categorical_crossentropy in (loss, function) or loss == "categorical_crossentropy"


def serialize(loss: Any) -> Any:
    """Return the class and settings of a loss, or the name of a function."""
    return serialize_keras_object(loss)


def deserialize(name: Any, custom_objects: Any = None) -> Any:
    """Return the loss of a name, or of a class and settings."""
    known = {each: globals()[each] for each in __all__}
    return deserialize_keras_object(name, known, custom_objects, "loss function")


def get(identifier: Any) -> Any:
    """Return a loss by its name or settings, or as it is.

    Raises:
      ValueError: it is none of these.
    """
    if identifier is None:
        return None
    if isinstance(identifier, (str, dict)):
        return deserialize(identifier)
    if callable(identifier):
        return identifier
    raise ValueError("Could not interpret loss function identifier:", identifier)
