"""`Metric` and the running sums and means that metrics are made of.

A metric keeps its state in variables. Calling it makes the nodes that add a batch to the state, and
returns the result after that.

Source: TensorFlow 1.15, python/keras/metrics.py.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from enum import Enum
from typing import Any

import numpy as np

import tensormill.api as tf
from tensormill.keras.backend.state import floatx, get_uid
from tensormill.keras.backend.values import batch_set_value
from tensormill.keras.engine.owned import LayerWeights
from tensormill.layers.base import snake_case
from tensormill.ops.weights_broadcast import broadcast_weights

__all__ = [
    "Mean",
    "MeanMetricWrapper",
    "MeanTensor",
    "Metric",
    "Reduce",
    "Reduction",
    "Sum",
    "SumOverBatchSize",
    "SumOverBatchSizeMetricWrapper",
    "weights_like",
]


class Metric(LayerWeights):
    """The base of metrics. Subclasses add variables, and define `update_state` and `result`.

    Args:
      name: the name; by default made of the class name.
      dtype: of the variables and the result.
      **kwargs: `trainable`, which is ignored.
    """

    def __init__(self, name: str | None = None, dtype: Any = None, **kwargs: Any) -> None:
        self._init_lists()
        self.stateful = True
        self.built = True
        self._trainable = True
        if name is None:
            base = snake_case(type(self).__name__)
            number = get_uid(base) - 1
            name = base if number == 0 else f"{base}_{number}"
        self._name = name
        self._dtype = tf.as_dtype(dtype or floatx()).name
        self._result: Any = None
        self._is_updating = False

    def __init_subclass__(cls) -> None:
        """Note the updates that a subclass makes."""
        super().__init_subclass__()
        if "update_state" in cls.__dict__:
            cls.update_state = _noting(cls.update_state)  # type: ignore[method-assign]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Add a batch to the state and return the result after that."""
        update = self.update_state(*args, **kwargs)
        with tf.control_dependencies([update]):
            result: Any = tf.identity(self.result())
        result._metric_obj = self
        return result

    def add_weight(  # type: ignore[override]
        self, name: str, shape: Any = (), initializer: Any = "zeros", dtype: Any = None,
        aggregation: Any = None, synchronization: Any = None,
    ) -> Any:  # fmt: skip
        """Return a new variable of the state."""
        with tf.init_scope():
            return super().add_weight(
                name=name,
                shape=shape,
                dtype=dtype or self._dtype,
                initializer=initializer,
                trainable=False,
                # The state of a metric belongs to no model.
                collections=[tf.GraphKeys.LOCAL_VARIABLES],
            )

    def update_state(self, *args: Any, **kwargs: Any) -> Any:
        """Return the operation that adds a batch to the state."""
        raise NotImplementedError("Must be implemented in subclasses.")

    def result(self) -> Any:
        """Return the result for what was added so far."""
        raise NotImplementedError("Must be implemented in subclasses.")

    def reset_states(self) -> None:
        """Set the state to zeros."""
        batch_set_value([(each, np.zeros(each.get_shape().as_list())) for each in self.variables])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"name": self._name, "dtype": self._dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Return the metric of these settings."""
        return cls(**config)


def _noting(update_state: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that notes its operation among the updates, and always returns one."""

    @functools.wraps(update_state)
    def noted(self: Metric, *args: Any, **kwargs: Any) -> Any:
        if self._is_updating:  # called by the method of a subclass
            return update_state(self, *args, **kwargs)
        graph = tf.get_default_graph()
        before = len(graph.get_operations())
        self._is_updating = True
        try:
            update = update_state(self, *args, **kwargs)
        finally:
            self._is_updating = False
        if update is None:
            made = graph.get_operations()[before:]
            update = tf.group(*(op for op in made if op.op_def.is_stateful and not op.outputs))
        self._updates.append(getattr(update, "op", update))
        return update

    return noted


def weights_like(values: Any, sample_weight: Any) -> Any:
    """Return weights in the shape of the values that they belong to, as far as ranks go."""
    sample_weight = tf.cast(sample_weight, values.dtype)
    rank, weight_rank = values.get_shape().ndims, sample_weight.get_shape().ndims
    if rank is None or weight_rank is None:
        return sample_weight
    if weight_rank - rank == 1 and sample_weight.get_shape().as_list()[-1] == 1:
        sample_weight = tf.squeeze(sample_weight, [-1])
    for _ in range(rank - weight_rank if weight_rank else 0):
        sample_weight = tf.expand_dims(sample_weight, -1)
    return sample_weight


class Reduction(Enum):
    """How the values of all batches become one."""

    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"
    WEIGHTED_MEAN = "weighted_mean"


class Reduce(Metric):
    """The sum or the mean of all values, weighted.

    Args:
      reduction: which of them: a mean is divided by the number of values or by their weights.
      name: the name.
      dtype: of the variables and the result.
    """

    def __init__(self, reduction: Reduction, name: str | None, dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.reduction = reduction
        self.total = self.add_weight("total")
        if reduction != Reduction.SUM:
            self.count = self.add_weight("count")

    def update_state(self, values: Any, sample_weight: Any = None) -> Any:
        """Return the operation that adds values."""
        values, weights = self._weighted(values, sample_weight)
        total = self.total.assign_add(tf.reduce_sum(values))
        if self.reduction == Reduction.SUM:
            return total.op
        if weights is None or self.reduction == Reduction.SUM_OVER_BATCH_SIZE:
            number = tf.cast(tf.size(values), self._dtype)
        else:
            number = tf.reduce_sum(weights)
        return tf.group(total, self.count.assign_add(number))

    def _weighted(self, values: Any, sample_weight: Any) -> tuple[Any, Any]:
        """Return values times weights, and the weights in their shape; None where there are none.

        Values that have more axes than their weights are reduced along these first.
        """
        values = tf.cast(values, self._dtype)
        if sample_weight is None:
            return values, None
        weights = weights_like(values, sample_weight)
        try:
            weights = broadcast_weights(weights, values)
        except ValueError:
            rank = weights.get_shape().ndims
            others = list(range(rank, values.get_shape().ndims))
            reduce = tf.reduce_sum if self.reduction == Reduction.SUM else tf.reduce_mean
            values = reduce(values, axis=others)
        return values * weights, weights

    def result(self) -> Any:
        """Return the sum, or the mean; 0 of no values."""
        if self.reduction == Reduction.SUM:
            return tf.identity(self.total)
        return tf.div_no_nan(tf.identity(self.total), tf.identity(self.count))


class Sum(Reduce):
    """The sum of all values, weighted."""

    def __init__(self, name: str = "sum", dtype: Any = None) -> None:
        super().__init__(Reduction.SUM, name, dtype)


class Mean(Reduce):
    """The mean of all values, weighted."""

    def __init__(self, name: str | None = "mean", dtype: Any = None) -> None:
        super().__init__(Reduction.WEIGHTED_MEAN, name, dtype)


class SumOverBatchSize(Reduce):
    """The weighted sum of all values, divided by their number."""

    def __init__(self, name: str = "sum_over_batch_size", dtype: Any = None) -> None:
        super().__init__(Reduction.SUM_OVER_BATCH_SIZE, name, dtype)


class SumOverBatchSizeMetricWrapper(SumOverBatchSize):
    """The weighted sum of a function of labels and predictions, divided by their number.

    Args:
      fn: the function of (labels, predictions, **settings).
      name: the name.
      dtype: of the variables and the result.
      **kwargs: the settings.
    """

    def __init__(self, fn: Any, name: str | None = None, dtype: Any = None, **kwargs: Any) -> None:
        super().__init__(name=name or str(getattr(fn, "__name__", "sum")), dtype=dtype)
        self._fn = fn
        self._fn_kwargs = kwargs

    def update_state(  # type: ignore[override]
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> Any:
        """Return the operation that adds a batch of labels and predictions."""
        y_true, y_pred = matched(tf.cast(y_true, self._dtype), tf.cast(y_pred, self._dtype))
        return super().update_state(self._fn(y_true, y_pred, **self._fn_kwargs), sample_weight)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor, but for the function."""
        return {**super().get_config(), **self._fn_kwargs}


class MeanMetricWrapper(Mean):
    """The mean of a function of labels and predictions.

    Args:
      fn: the function of (labels, predictions, **settings).
      name: the name.
      dtype: of the variables and the result.
      **kwargs: the settings.
    """

    def __init__(self, fn: Any, name: str | None = None, dtype: Any = None, **kwargs: Any) -> None:
        super().__init__(name=name or str(getattr(fn, "__name__", "mean")), dtype=dtype)
        self._fn = fn
        self._fn_kwargs = kwargs

    def update_state(  # type: ignore[override]
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> Any:
        """Return the operation that adds a batch of labels and predictions."""
        y_true, y_pred = tf.cast(y_true, self._dtype), tf.cast(y_pred, self._dtype)
        y_true, y_pred = matched(y_true, y_pred)
        values = self._fn(y_true, y_pred, **self._fn_kwargs)
        return super().update_state(values, sample_weight=sample_weight)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor, but for the function."""
        return {**super().get_config(), **self._fn_kwargs}


def matched(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Return labels and predictions without a last axis of size 1 that only one of them has."""
    true_rank, rank = y_true.get_shape().ndims, y_pred.get_shape().ndims
    if true_rank is None or rank is None:
        return y_true, y_pred
    if true_rank - rank == 1 and y_true.get_shape().as_list()[-1] in (1, None):
        y_true = tf.squeeze(y_true, [-1])
    elif rank - true_rank == 1 and y_pred.get_shape().as_list()[-1] == 1:
        y_pred = tf.squeeze(y_pred, [-1])
    return y_true, y_pred


class MeanTensor(Metric):
    """The mean of tensors, entry by entry."""

    def __init__(self, name: str = "mean_tensor", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self._shape: Any = None
        self.total: Any = None
        self.count: Any = None

    def update_state(self, values: Any, sample_weight: Any = None) -> Any:
        """Return the operation that adds a tensor."""
        values = tf.cast(values, self._dtype)
        if self.total is None:
            self._shape = values.get_shape()
            self.total = self.add_weight("total", shape=self._shape)
            self.count = self.add_weight("count", shape=self._shape)
        elif values.get_shape() != self._shape:
            raise ValueError(
                "MeanTensor input values must always have the same shape. Expected shape (set "
                f"during the first call): {self._shape}. Got: {values.get_shape()}"
            )
        weights = tf.ones_like(values)
        if sample_weight is not None:
            weights = weights * weights_like(values, sample_weight)
        return tf.group(self.total.assign_add(values * weights), self.count.assign_add(weights))

    def result(self) -> Any:
        """Return the mean.

        Raises:
          ValueError: there is nothing to take it of.
        """
        if self.total is None:
            raise ValueError(
                "MeanTensor does not have any result yet. Please call the MeanTensor instance or "
                "use `.update_state(value)` before retrieving the result."
            )
        return tf.div_no_nan(tf.identity(self.total), tf.identity(self.count))
