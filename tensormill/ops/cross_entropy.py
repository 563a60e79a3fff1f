"""Cross entropies of softmax and sigmoid with logits, and other losses of `tf.nn`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, are_compatible, broadcast_dims, merge_dims, with_rank
from tensormill.graph.tensor import Tensor
from tensormill.ops.activations import log_softmax_op, relu_op, softmax_op
from tensormill.ops.arithmetic import add, subtract
from tensormill.ops.array_shapes import expand_dims, one_of_two, reshape, squeeze
from tensormill.ops.array_shapes import rank as rank_of
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_equal
from tensormill.ops.casting import cast
from tensormill.ops.comparison import logical_and
from tensormill.ops.elementwise_unary import exp, log, log1p
from tensormill.ops.filling import ones_like, zeros_like
from tensormill.ops.gathering import where
from tensormill.ops.identities import identity, stop_gradient
from tensormill.ops.joining import concat
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.sequences import range_of
from tensormill.ops.slicing import slice as slice_
from tensormill.ops.transposition import transpose
from tensormill.ops.windows import merge_sizes

softmax_cross_entropy_op = define(
    "SoftmaxCrossEntropyWithLogits",
    inputs=(
        "features: T",
        "labels: T",
    ),
    outputs=(
        "loss: T",
        "backprop: T",
    ),
    attrs=("T: {float16, bfloat16, float32, float64}",),
)
sparse_softmax_cross_entropy_op = define(
    "SparseSoftmaxCrossEntropyWithLogits",
    inputs=(
        "features: T",
        "labels: Tlabels",
    ),
    outputs=(
        "loss: T",
        "backprop: T",
    ),
    attrs=(
        "T: {float16, bfloat16, float32, float64}",
        "Tlabels: {int32, int64} = DT_INT64",
    ),
)


@softmax_cross_entropy_op.shape
def softmax_cross_entropy_shape(ctx: ShapeContext) -> list[Dims]:
    logits, labels = ctx.shape(0), ctx.shape(1)
    if logits is not None and labels is not None and len(logits) == 2 and len(labels) == 2:
        both = broadcast_dims(logits, labels)
    else:
        both = merge_dims(with_rank(logits, 2), with_rank(labels, 2))
    assert both is not None
    return [(both[0],), both]


@sparse_softmax_cross_entropy_op.shape
def sparse_softmax_cross_entropy_shape(ctx: ShapeContext) -> list[Dims]:
    logits = with_rank(ctx.shape(0), 2)
    labels = with_rank(ctx.shape(1), 1)
    batch = merge_sizes(logits[0], labels[0])
    return [(batch,), (batch, logits[1])]


def _logits_gradient(op: Operation, grad_loss: Tensor, grad_backprop: Tensor | None) -> Tensor:
    """Return the gradient of the logits; `grad_backprop` is there in second derivatives only."""
    grad = expand_dims(grad_loss, -1) * op.outputs[1]
    if grad_backprop is not None and not is_zeros(grad_backprop):
        made = softmax_op(op.inputs[0])
        inner = matmul(expand_dims(grad_backprop, 1), expand_dims(made, 2))
        grad += (grad_backprop - squeeze(inner, axis=1)) * made
    return grad


def is_zeros(tensor: Tensor) -> bool:
    """Return whether a gradient is known to be zero while the graph is built."""
    if tensor.op.type in ("ZerosLike", "Zeros"):
        return True
    if tensor.op.type == "Fill":
        tensor = tensor.op.inputs[1]
    value = constant_value(tensor)
    return value is not None and not np.any(value)


@softmax_cross_entropy_op.gradient
def softmax_cross_entropy_gradient(
    op: Operation, grad_loss: Tensor, grad_backprop: Tensor | None
) -> list[Tensor]:
    logits_grad = _logits_gradient(op, grad_loss, grad_backprop)
    return [logits_grad, expand_dims(grad_loss, -1) * -log_softmax_op(op.inputs[0])]


@sparse_softmax_cross_entropy_op.gradient
def sparse_softmax_cross_entropy_gradient(
    op: Operation, grad_loss: Tensor, grad_backprop: Tensor | None
) -> list[Tensor | None]:
    return [_logits_gradient(op, grad_loss, grad_backprop), None]


def _ensure_named(function: str, sentinel: Any, labels: Any, logits: Any) -> None:
    """Refuse positional arguments: their order differs between versions of TensorFlow."""
    if sentinel is not None:
        raise ValueError(
            f"Only call `{function}` with named arguments (labels=..., logits=..., ...)"
        )
    if labels is None or logits is None:
        raise ValueError("Both labels and logits must be provided.")


def _flatten_outer(logits: Tensor) -> Tensor:
    """Return [..., n] as [m, n]."""
    rank = rank_of(logits)
    last = slice_(shape_of(logits), [subtract(rank, 1)], [1])
    flat = reshape(logits, concat([[-1], last], 0))
    if logits.dims is not None:
        *outer, classes = logits.dims
        known = [size for size in outer if size is not None]
        if len(known) == len(outer):
            flat.set_shape((math.prod(known), classes))
    return flat


def softmax_cross_entropy_with_logits_v2(
    labels: Any,
    logits: Any,
    axis: Any = None,
    name: str | None = None,
    dim: Any = None,
) -> Tensor:
    """Return the cross entropy of `labels` and the softmax of `logits`; labels may be trained.

    Args:
      labels: probabilities, of the shape of `logits`; each row sums to 1.
      logits: unscaled log probabilities, [..., classes, ...].
      axis: the axis of the classes, the last one by default.
      name: the name of the nodes.
      dim: an older name of `axis`.
    """
    axis = one_of_two(axis, dim, "axis", "dim")
    axis = -1 if axis is None else axis
    with OpScope(name, "softmax_cross_entropy_with_logits", [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        is_half = logits.dtype in (dtypes.float16, dtypes.bfloat16)
        precise = cast(logits, dtypes.float32) if is_half else logits
        labels = cast(labels, precise.dtype)
        input_rank = rank_of(precise)
        dims = logits.dims
        if axis != -1:
            precise = _move_to_end(precise, axis, input_rank)
            labels = _move_to_end(labels, axis, input_rank)
        input_shape = shape_of(precise)
        precise, labels = _flatten_outer(precise), _flatten_outer(labels)
        cost, _ = softmax_cross_entropy_op(precise, labels, name=scope)
        output_shape = slice_(input_shape, [0], [subtract(input_rank, 1)])
        cost = reshape(cost, output_shape)
        if dims is not None:
            left = list(dims)
            del left[axis]
            cost.set_shape(left)
        return cast(cost, logits.dtype) if is_half else cost


def _move_to_end(value: Tensor, axis: int, rank: Tensor) -> Tensor:
    order = concat([range_of(axis), range_of(axis + 1, rank), [axis]], 0)
    return transpose(value, order)


def softmax_cross_entropy_with_logits(
    _sentinel: Any = None,
    labels: Any = None,
    logits: Any = None,
    dim: Any = -1,
    name: str | None = None,
    axis: Any = None,
) -> Tensor:
    """Return the cross entropy of `labels` and the softmax of `logits`; labels are not trained.

    Args:
      _sentinel: not to be used: arguments go by name.
      labels: probabilities, of the shape of `logits`; each row sums to 1.
      logits: unscaled log probabilities, [..., classes, ...].
      dim: the axis of the classes.
      name: the name of the nodes.
      axis: a newer name of `dim`.

    Raises:
      ValueError: arguments were not given by name, or one is missing.
    """
    if axis is not None:
        dim = axis
    _ensure_named("softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    with OpScope(name, "softmax_cross_entropy_with_logits_sg", [logits, labels]) as scope:
        labels = stop_gradient(labels, name="labels_stop_gradient")
        return softmax_cross_entropy_with_logits_v2(
            labels=labels, logits=logits, axis=dim, name=scope
        )


def sparse_softmax_cross_entropy_with_logits(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, name: str | None = None
) -> Tensor:
    """Return the cross entropy between classes given by index and the softmax of `logits`.

    Args:
      _sentinel: not to be used: arguments go by name.
      labels: int32 or int64, in [0, classes), of the shape of `logits` without its last axis.
      logits: unscaled log probabilities, [..., classes].
      name: the name of the node.

    Raises:
      ValueError: arguments were not given by name, one is missing, or the shapes do not fit.
      InvalidArgumentError: a label is out of range (in the step; a GPU gives NaN instead).
    """
    _ensure_named("sparse_softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    with OpScope(name, "SparseSoftmaxCrossEntropyWithLogits", [labels, logits]):
        labels, logits = convert_to_tensor(labels), convert_to_tensor(logits)
        is_half = logits.dtype == dtypes.float16
        precise = cast(logits, dtypes.float32) if is_half else logits
        is_static = _check_sparse_labels(labels, logits)
        labels_shape = shape_of(labels)
        if logits.dims is not None and len(logits.dims) == 2:
            cost, _ = sparse_softmax_cross_entropy_op(precise, labels, name=name)
            return cast(cost, dtypes.float16) if is_half else cost
        checks = []
        if not is_static:
            checks.append(assert_equal(shape_of(labels), shape_of(logits)[:-1]))
        static = labels.dims
        with logits.graph.control_dependencies(checks):
            classes = shape_of(logits)[rank_of(logits) - 1]
            precise = reshape(precise, [-1, classes])
            labels = reshape(labels, [-1])
            cost, _ = sparse_softmax_cross_entropy_op(precise, labels, name=name)
            cost = reshape(cost, labels_shape)
            cost.set_shape(static)
            return cast(cost, dtypes.float16) if is_half else cost


def _check_sparse_labels(labels: Tensor, logits: Tensor) -> bool:
    """Hold the static shapes against each other; return whether they settle the matter."""
    if logits.dims == ():
        raise ValueError(f"Logits cannot be scalars - received shape {logits.shape}.")
    if logits.dims is None or labels.dims is None:
        return False
    if len(labels.dims) != len(logits.dims) - 1:
        raise ValueError(
            "Rank mismatch: Rank of labels (received "
            f"{len(labels.dims)}) should equal rank of logits minus 1 (received "
            f"{len(logits.dims)})."
        )
    if None in labels.dims or None in logits.dims[:-1]:
        return False
    if labels.dims != logits.dims[:-1]:
        raise ValueError(
            f"Shape mismatch: The shape of labels (received {labels.shape}) should equal the shape "
            f"of logits except for the last dimension (received {logits.shape})."
        )
    return True


def _check_same_shape(logits: Tensor, other: Tensor, name: str) -> None:
    if not are_compatible(logits.dims, other.dims):
        raise ValueError(
            f"logits and {name} must have the same shape ({logits.shape} vs {other.shape})"
        )


def sigmoid_cross_entropy_with_logits(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, name: str | None = None
) -> Tensor:
    """Return the cross entropy between independent `labels` and the sigmoid of `logits`.

    Args:
      _sentinel: not to be used: arguments go by name.
      labels: probabilities, of the shape and dtype of `logits`.
      logits: floats.
      name: the name of the nodes.

    Raises:
      ValueError: arguments were not given by name, one is missing, or the shapes differ.
    """
    _ensure_named("sigmoid_cross_entropy_with_logits", _sentinel, labels, logits)
    with OpScope(name, "logistic_loss", [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        _check_same_shape(logits, labels, "labels")
        # max(x, 0) - x * z + log(1 + exp(-abs(x))) cannot overflow.
        zeros = zeros_like(logits, dtype=logits.dtype)
        is_positive = logits >= zeros
        rectified = where(is_positive, logits, zeros)
        negative_abs = where(is_positive, -logits, logits)
        return add(rectified - logits * labels, log1p(exp(negative_abs)), name=scope)


def weighted_cross_entropy_with_logits(
    labels: Any = None,
    logits: Any = None,
    pos_weight: Any = None,
    name: str | None = None,
    targets: Any = None,
) -> Tensor:
    """Return the sigmoid cross entropy with the positive term weighted by `pos_weight`.

    Args:
      labels: probabilities, of the shape and dtype of `logits`.
      logits: floats.
      pos_weight: the weight of positive examples.
      name: the name of the nodes.
      targets: an older name of `labels`.

    Raises:
      ValueError: the shapes differ.
    """
    labels = one_of_two(labels, targets, "labels", "targets")
    with OpScope(name, "logistic_loss", [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        _check_same_shape(logits, labels, "labels")
        log_weight = 1 + (pos_weight - 1) * labels
        return add(
            (1 - labels) * logits,
            log_weight * (log1p(exp(-abs(logits))) + relu_op(-logits)),
            name=scope,
        )


def log_poisson_loss(
    targets: Any, log_input: Any, compute_full_loss: bool = False, name: str | None = None
) -> Tensor:
    """Return the negative log likelihood of counts under a Poisson distribution.

    Args:
      targets: the counts, of the shape and dtype of `log_input`.
      log_input: the logarithm of the rate.
      compute_full_loss: add Stirling's approximation of the term that depends on `targets` alone.
      name: the name of the nodes.

    Raises:
      ValueError: the shapes differ.
    """
    with OpScope(name, "log_poisson_loss", [log_input, targets]) as scope:
        log_input = convert_to_tensor(log_input, name="log_input")
        targets = convert_to_tensor(targets, name="targets")
        if not are_compatible(log_input.dims, targets.dims):
            raise ValueError(
                "log_input and targets must have the same shape "
                f"({log_input.shape} vs {targets.shape})"
            )
        result = exp(log_input) - log_input * targets
        if compute_full_loss:
            point_five = constant(0.5, dtype=targets.dtype)
            two_pi = constant(2 * math.pi, dtype=targets.dtype)
            stirling = (targets * log(targets)) - targets + (point_five * log(two_pi * targets))
            zeros = zeros_like(targets, dtype=targets.dtype)
            ones = ones_like(targets, dtype=targets.dtype)
            is_small = logical_and(targets >= zeros, targets <= ones)
            result += where(is_small, zeros, stirling)
        return identity(result, name=scope)
