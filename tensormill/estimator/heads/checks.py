"""Checks of labels, weights and logits, when the graph is built and when it runs.

Source: TensorFlow Estimator 1.15, python/estimator/canned/head.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tensormill.estimator.function_arguments import fn_args
from tensormill.feature_column.numeric import NumericColumn, numeric_column
from tensormill.feature_column.transformation import LazyBuilder
from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.sparse_tensor import SparseTensor, convert_to_tensor_or_sparse_tensor
from tensormill.graph.tensor import Tensor
from tensormill.losses.collecting import Reduction
from tensormill.ops.array_shapes import expand_dims
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import (
    assert_equal,
    assert_less_equal,
    assert_non_negative,
    assert_rank_at_least,
)
from tensormill.ops.casting import cast
from tensormill.ops.check import Assert
from tensormill.ops.comparison import equal
from tensormill.ops.identities import identity
from tensormill.ops.joining import concat
from tensormill.ops.reduction import reduce_all, reduce_any

__all__ = [
    "MISSING_LABELS",
    "assert_range",
    "call_loss_fn",
    "check_loss_arguments",
    "dense_labels",
    "float_logits",
    "weights_of",
]

MISSING_LABELS = (
    "You must provide a labels Tensor. Given: None. Suggested troubleshooting steps: Check that "
    "your data contain your label feature. Check that your input_fn properly parses and returns "
    "labels."
)
_LOGITS_SHAPE = "logits shape must be [D0, D1, ... DN, logits_dimension]"


def check_loss_arguments(loss_reduction: Any, loss_fn: Callable[..., Any] | None) -> None:
    """Refuse a reduction that there is not, and a loss function of other arguments.

    Raises:
      ValueError: there is one.
    """
    if loss_reduction not in Reduction.all() or loss_reduction == Reduction.NONE:
        raise ValueError(f"Invalid loss_reduction: {loss_reduction}")
    if loss_fn is None:
        return
    names = fn_args(loss_fn)
    for needed in ("labels", "logits"):
        if needed not in names:
            raise ValueError(f"loss_fn must contain argument: {needed}. Given arguments: {names}")
    others = list(set(names) - {"labels", "logits", "features"})
    if others:
        raise ValueError(f"loss_fn has unexpected args: {others}")


def assert_range(labels: Any, n_classes: int, message: str | None = None) -> Tensor:
    """Return labels that must be numbers of classes when the graph runs."""
    with name_scope(None, "assert_range", [labels]):
        limit = convert_to_tensor(n_classes - 1, dtype=labels.dtype)
        checks = [
            assert_less_equal(labels, limit, message=message or "Labels must <= n_classes - 1"),
            assert_non_negative(labels, message=message or "Labels must >= 0"),
        ]
        with control_dependencies(checks):
            return identity(labels)


def _lacks_last_axis(tensor: Any, logits: Any) -> bool:
    ranks = tensor.shape.ndims, logits.shape.ndims
    return None not in ranks and ranks[0] == ranks[1] - 1


def dense_labels(labels: Any, logits: Any, dimension: int) -> Tensor:
    """Return labels as a dense tensor of the logits' rank, with a last axis of `dimension`.

    Raises:
      ValueError: there are none, or they are sparse or of another shape.
    """
    if labels is None:
        raise ValueError(MISSING_LABELS)
    with name_scope(None, "labels", [labels, logits]) as scope:
        labels = convert_to_tensor_or_sparse_tensor(labels)
        if isinstance(labels, SparseTensor):
            raise ValueError(
                "SparseTensor labels are not supported. labels must be a Tensor of shape [D0, D1, "
                f"..., DN, {dimension}], e.g. [batch_size, {dimension}]. Suggested Fix (1): Check "
                f"the label feature in your data. Each example must contain {dimension} value(s). "
                "If not, your choice of label was probably incorrect. Suggested Fix (2): In your "
                "input_fn, use tf.sparse_tensor_to_dense() to turn labels into a Tensor."
            )
        if _lacks_last_axis(labels, logits):
            labels = expand_dims(labels, -1)
        size, logits_size = shape_of(labels), shape_of(logits)
        message = (
            f"labels shape must be [D0, D1, ... DN, {dimension}]. Suggested Fix: check your "
            "n_classes argument to the estimator and/or the shape of your label."
        )
        with control_dependencies([assert_rank_at_least(labels, 2, message=message)]):
            last = None if labels.dims is None else labels.dims[-1]
            if last is not None and last != dimension:
                raise ValueError(
                    f"Mismatched label shape. Expected labels dimension={dimension}.  Received "
                    f"{last}. Suggested Fix:If your classifier expects one-hot encoding label,"
                    "check your n_classes argument to the estimator and/or the shape of your "
                    "label. Otherwise, check the shape of your label."
                )
            expected = concat([logits_size[:-1], [dimension]], axis=0)
            check = assert_equal(
                expected,
                size,
                message=message,
                data=["expected_labels_shape: ", expected, "labels_shape: ", size],
            )
            with control_dependencies([check]):
                return identity(labels, name=scope)


def weights_of(
    features: Mapping[Any, Any],
    weight_column: Any,
    logits: Tensor,
    allow_per_logit_weights: bool = False,
) -> Any:
    """Return the weights of examples, shaped as the logits are; 1.0 without a column.

    Args:
      features: tensors by name.
      weight_column: the name of the feature, or a numeric column.
      logits: the logits.
      allow_per_logit_weights: whether there may be a weight for each logit.

    Raises:
      TypeError: the column is neither.
    """
    shapes = "[D0, D1, ... DN] or [D0, D1, ... DN, 1]"
    if allow_per_logit_weights:
        shapes = "[D0, D1, ... DN], [D0, D1, ... DN, 1] or [D0, D1, ... DN, logits_dimension]"
    message = f"weights shape must be {shapes}"
    with name_scope(None, "weights", [*features.values(), logits]) as scope:
        if weight_column is None:
            return 1.0
        if isinstance(weight_column, str):
            weight_column = numeric_column(weight_column, shape=(1,))
        if not isinstance(weight_column, NumericColumn):
            raise TypeError(
                "Weight column must be either a string or _NumericColumn. Given type: "
                f"{type(weight_column)}."
            )
        weights = weight_column._get_dense_tensor(LazyBuilder(features))
        weights = cast(weights, dtypes.float32, name="weights")
        size = shape_of(weights, name="weights_shape")
        logits_size = shape_of(logits, name="logits_shape")
        data = ["logits_shape: ", logits_size, "weights_shape: ", size]
        if _lacks_last_axis(weights, logits):
            check = assert_equal(logits_size[:-1], size, message=message, data=data)
            with control_dependencies([check]):
                return expand_dims(weights, -1, name=scope)
        single = concat([logits_size[:-1], [1]], axis=0)
        if allow_per_logit_weights:
            fits = [reduce_all(equal(expected, size)) for expected in (logits_size, single)]
            check = Assert(reduce_any(fits), data=[message, *data])
        else:
            check = assert_equal(single, size, message=message, data=data)
        with control_dependencies([check]):
            return identity(weights, name=scope)


def float_logits(logits: Any, dimension: int) -> Tensor:
    """Return logits as float32, with a last axis of `dimension`.

    Raises:
      ValueError: it is another one.
    """
    with name_scope(None, "logits", [logits]) as scope:
        logits = cast(logits, dtypes.float32)
        size = shape_of(logits)
        check = assert_rank_at_least(logits, 2, data=[size], message=_LOGITS_SHAPE)
        with control_dependencies([check]):
            last = None if logits.dims is None else logits.dims[-1]
            if last is not None:
                if last != dimension:
                    raise ValueError(f"{_LOGITS_SHAPE}, got {logits.shape}.")
                return logits
            check = assert_equal(dimension, size[-1], data=[size], message=_LOGITS_SHAPE)
            with control_dependencies([check]):
                return identity(logits, name=scope)


def call_loss_fn(
    loss_fn: Callable[..., Any],
    labels: Tensor,
    logits: Tensor,
    features: Mapping[Any, Any],
    dimension: int = 1,
) -> Tensor:
    """Return the loss of a function of the user, whose last axis must be `dimension`."""
    known = {"features": features} if "features" in fn_args(loss_fn) else {}
    with name_scope(None, "call_loss_fn", [labels, logits, *features.values()]):
        loss = loss_fn(labels=labels, logits=logits, **known)
        size = shape_of(logits, name="logits_shape")
        expected = concat([size[:-1], [dimension]], axis=0, name="expected_loss_shape")
        loss_size = shape_of(loss, name="loss_shape")
        check = Assert(
            reduce_all(equal(loss_size, expected)),
            data=[
                f"loss_fn must return Tensor of shape [D0, D1, ... DN, {dimension}]. ",
                "logits_shape: ",
                size,
                "loss_shape: ",
                loss_size,
            ],
            name="check_loss_shape",
        )
        with control_dependencies([check]):
            return identity(loss)
