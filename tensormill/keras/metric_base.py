"""`Metric` and the running sums and means that metrics are made of.

A metric keeps its state in variables. Calling it makes the nodes that add a batch to the state, and
returns the result after that.

Source: TensorFlow 1.15, python/keras/metrics.py.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

import tensormill.api as tf
from tensormill.keras.backend.state import floatx, get_uid
from tensormill.keras.backend.values import batch_set_value
from tensormill.keras.engine.owned import LayerWeights
from tensormill.layers.base import snake_case

__all__ = ["Mean", "MeanMetricWrapper", "MeanTensor", "Metric", "Sum", "weights_like"]

_NOT_IN_NAMES = re.compile(r"^[^A-Za-z0-9.]+|[^A-Za-z0-9_.\\/>-]")


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

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Add a batch to the state and return the result after that."""
        update = self.update_state(*args, **kwargs)
        with tf.control_dependencies([update]):
            result: Any = tf.identity(self.result())
        result._metric_obj = self
        self._updates.append(getattr(update, "op", update))
        return result

    def add_weight(  # type: ignore[override]
        self, name: str, shape: Any = (), initializer: Any = "zeros", dtype: Any = None,
        aggregation: Any = None, synchronization: Any = None,
    ) -> Any:  # fmt: skip
        """Return a new variable of the state."""
        with tf.name_scope(_NOT_IN_NAMES.sub("", self._name) or None), tf.init_scope():
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


class Sum(Metric):
    """The sum of all values, weighted."""

    def __init__(self, name: str = "sum", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_weight("total")

    def update_state(self, values: Any, sample_weight: Any = None) -> Any:
        """Return the operation that adds values."""
        return self.total.assign_add(_weighted_sum(values, sample_weight, self._dtype)[0]).op

    def result(self) -> Any:
        """Return the sum."""
        return tf.identity(self.total)


def _weighted_sum(values: Any, sample_weight: Any, dtype: Any) -> tuple[Any, Any]:
    """Return the weighted sum of values and the sum of the weights."""
    values = tf.cast(values, dtype)
    if sample_weight is None:
        return tf.reduce_sum(values), tf.cast(tf.size(values), dtype)
    weights = weights_like(values, sample_weight)
    weights = weights * tf.ones_like(values)
    return tf.reduce_sum(values * weights), tf.reduce_sum(weights)


class Mean(Metric):
    """The mean of all values, weighted."""

    def __init__(self, name: str = "mean", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_weight("total")
        self.count = self.add_weight("count")

    def update_state(self, values: Any, sample_weight: Any = None) -> Any:
        """Return the operation that adds values."""
        total, count = _weighted_sum(values, sample_weight, self._dtype)
        return tf.group(self.total.assign_add(total), self.count.assign_add(count))

    def result(self) -> Any:
        """Return the mean; 0 of no values."""
        return tf.div_no_nan(tf.identity(self.total), tf.identity(self.count))


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
        weights = tf.ones_like(values)
        if sample_weight is not None:
            weights = weights * weights_like(values, sample_weight)
        return tf.group(self.total.assign_add(values * weights), self.count.assign_add(weights))

    def result(self) -> Any:
        """Return the mean."""
        return tf.div_no_nan(tf.identity(self.total), tf.identity(self.count))
