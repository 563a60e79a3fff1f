"""Kernels of the softmax cross entropies, which give the gradient along with the loss."""

from __future__ import annotations

from collections.abc import Callable

import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel

Tensor = torch.Tensor

_loss_of_labels: Callable[..., Tensor] = torch._C._nn.nll_loss_nd
_NO_LABEL = -(1 << 62)
"""The label whose rows have no loss in torch; TensorFlow has none such."""
_FLOATS = ("float16", "bfloat16", "float32", "float64")


@kernel("SoftmaxCrossEntropyWithLogits", "cpu", "gpu", types={"T": _FLOATS})
def softmax_cross_entropy_with_logits(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    if features.shape != labels.shape:
        features, labels = _broadcast(features, labels)
    if features.dim() != 2:
        raise errors.invalid_argument("logits and labels must be 2-dimensional")
    log_probabilities = torch.log_softmax(features, 1)
    loss = torch.mul(labels, log_probabilities).sum(1).neg_()
    return loss, log_probabilities.exp_().sub_(labels)


def _broadcast(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    try:
        broadcast = torch.broadcast_tensors(features, labels)
        return broadcast[0], broadcast[1]
    except RuntimeError:
        raise errors.invalid_argument(
            "logits and labels must be broadcastable: logits_size="
            f"{format_dims(tuple(features.shape), 'kernel')} labels_size="
            f"{format_dims(tuple(labels.shape), 'kernel')}"
        ) from None


@kernel("SparseSoftmaxCrossEntropyWithLogits", "cpu", types={"T": _FLOATS})
def sparse_softmax_cross_entropy_with_logits(
    features: Tensor, labels: Tensor
) -> tuple[Tensor, Tensor]:
    _check_sparse_shapes(features, labels)
    log_probabilities = torch.log_softmax(features, 1)
    if labels.dtype is not torch.int64:
        labels = labels.to(torch.int64)
    try:
        loss = _loss_of_labels(log_probabilities, labels, None, 0, _NO_LABEL)
    except (RuntimeError, IndexError):
        raise _label_out_of_range(features, labels) from None
    backprop = log_probabilities.exp_()
    backprop.scatter_(1, labels.unsqueeze(1), -1.0, reduce="add")
    return loss, backprop


@kernel("SparseSoftmaxCrossEntropyWithLogits", "gpu", types={"T": _FLOATS})
def sparse_softmax_cross_entropy_with_logits_unchecked(
    features: Tensor, labels: Tensor
) -> tuple[Tensor, Tensor]:
    """Compute the loss; a label out of range gives NaN for its row, as TensorFlow does on a GPU."""
    _check_sparse_shapes(features, labels)
    log_probabilities = torch.log_softmax(features, 1)
    index = labels.to(torch.int64).unsqueeze(1)
    classes = features.shape[1]
    is_valid = (index >= 0) & (index < classes)
    index = index.clamp(0, max(classes - 1, 0))
    not_a_number = features.new_full((), float("nan"))
    loss = torch.where(is_valid, log_probabilities.gather(1, index).neg_(), not_a_number)
    backprop = log_probabilities.exp_()
    backprop.scatter_add_(1, index, backprop.new_full((), -1.0).expand(index.shape))
    return loss.squeeze(1), torch.where(is_valid, backprop, not_a_number)


def _check_sparse_shapes(features: Tensor, labels: Tensor) -> None:
    if features.dim() != 2:
        raise errors.invalid_argument(
            f"logits must be 2-D, but got shape {format_dims(tuple(features.shape), 'kernel')}"
        )
    if labels.dim() != 1:
        raise errors.invalid_argument(
            f"labels must be 1-D, but got shape {format_dims(tuple(labels.shape), 'kernel')}"
        )
    if features.shape[0] != labels.shape[0]:
        raise errors.invalid_argument(
            "logits and labels must have the same first dimension, got logits shape "
            f"{format_dims(tuple(features.shape), 'kernel')} and labels shape "
            f"{format_dims(tuple(labels.shape), 'kernel')}"
        )
    if features.shape[1] == 0:
        raise errors.invalid_argument(
            "Must have at least one class, but got logits shape "
            f"{format_dims(tuple(features.shape), 'kernel')}"
        )


def _label_out_of_range(features: Tensor, labels: Tensor) -> errors.InvalidArgumentError:
    classes = features.shape[1]
    values = labels.tolist()
    wrong = next(value for value in values if not 0 <= value < classes)
    return errors.invalid_argument(
        f"Received a label value of {wrong} which is outside the valid range of [0, {classes}).  "
        f"Label values: {' '.join(map(str, values))}"
    )
