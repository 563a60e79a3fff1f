"""Sequences of labels as dense tensors with lengths, and the CTC loss of them.

Source: TensorFlow 1.15, python/ops/ctc_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.functional.map_fn import map_fn
from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_scope import OpScope
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import expand_dims, reshape, shape
from tensormill.ops.casting import cast
from tensormill.ops.comparison import logical_and, not_equal
from tensormill.ops.connectionist import ctc_loss
from tensormill.ops.filling import ones_like
from tensormill.ops.gathering import where
from tensormill.ops.grids import boolean_mask, sequence_mask
from tensormill.ops.joining import concat
from tensormill.ops.padding import pad
from tensormill.ops.reduction import reduce_max, reduce_sum
from tensormill.ops.scattering import scatter_nd
from tensormill.ops.sequences import range_of
from tensormill.ops.sparse_shapes import sparse_reshape
from tensormill.ops.uniqueness import unique

__all__ = [
    "collapse_repeated",
    "ctc_loss_dense",
    "ctc_loss_v2",
    "ctc_unique_labels",
    "dense_labels_to_sparse",
]


def _size(tensor: Tensor, axis: int) -> Any:
    """Return a size as a number where it is known, else as a tensor."""
    known = None if tensor.dims is None else tensor.dims[axis]
    return shape(tensor)[axis] if known is None else known


def ctc_loss_v2(
    labels: Any,
    logits: Any,
    label_length: Any,
    logit_length: Any,
    logits_time_major: bool = True,
    unique: Any = None,
    blank_index: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Return the loss of each sequence of labels whose places in time are not known: [batch].

    Args:
      labels: [batch, labels], or a SparseTensor.
      logits: [time, batch, classes].
      label_length: how many labels each sequence has; None for sparse labels.
      logit_length: how long each sequence is.
      logits_time_major: whether logits are [time, batch, classes], else [batch, time, classes].
      unique: the distinct labels of `ctc_unique_labels`; they change nothing here.
      blank_index: the class that stands for no label; negative from the last one.
      name: the name of the nodes.

    Raises:
      ValueError: labels are sparse, and `blank_index` is not given.
    """
    if not isinstance(labels, SparseTensor):
        return ctc_loss_dense(
            labels,
            logits,
            label_length,
            logit_length,
            logits_time_major,
            unique,
            0 if blank_index is None else blank_index,
            name,
        )
    if blank_index is None:
        raise ValueError("blank_index must be given when using SparseTensor labels.")
    logits = convert_to_tensor(logits, name="logits")
    return _sparse_loss(labels, logits, logit_length, logits_time_major, blank_index)


def _sparse_loss(
    labels: SparseTensor, logits: Tensor, lengths: Any, is_time_major: bool, blank: int
) -> Tensor:
    """Return the loss with the blank moved to the end, where the op has it."""
    classes = _size(logits, 2)
    if blank < 0:
        blank += classes
    if not isinstance(classes, int) or blank != classes - 1:
        logits = concat(
            [logits[:, :, :blank], logits[:, :, blank + 1 :], logits[:, :, blank : blank + 1]], 2
        )
        values = where(labels.values < blank, labels.values, labels.values - 1)
        labels = SparseTensor(labels.indices, values, labels.dense_shape)
    return ctc_loss(labels=labels, inputs=logits, sequence_length=lengths, time_major=is_time_major)


def ctc_loss_dense(
    labels: Any,
    logits: Any,
    label_length: Any,
    logit_length: Any,
    logits_time_major: bool = True,
    unique: Any = None,
    blank_index: int = 0,
    name: str | None = None,
) -> Tensor:
    """Return the loss of each sequence of dense labels; see `ctc_loss_v2`."""
    with OpScope(name, "ctc_loss_dense", [logits, labels, label_length, logit_length]):
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        label_length = convert_to_tensor(label_length, name="label_length")
        logit_length = convert_to_tensor(logit_length, name="logit_length")
        sparse = dense_labels_to_sparse(labels, label_length)
        lengths = cast(logit_length, dtypes.int32)
        return _sparse_loss(sparse, logits, lengths, logits_time_major, blank_index)


def dense_labels_to_sparse(dense: Any, length: Any) -> SparseTensor:
    """Return the labels that sequences have as a SparseTensor [batch, longest]."""
    dense = convert_to_tensor(dense)
    flat = reshape(dense, [-1])
    places = range_of(shape(flat, out_type=dtypes.int64)[0])
    mask = reshape(sequence_mask(length, maxlen=shape(dense)[1]), [-1])
    indices = expand_dims(boolean_mask(places, mask), 1)
    values = cast(boolean_mask(flat, mask), dtypes.int32)
    sparse = SparseTensor(indices, values, shape(flat, out_type=dtypes.int64))
    whole = sparse_reshape(sparse, shape(dense))
    longest = cast(reduce_max(length), dtypes.int64)
    return SparseTensor(
        whole.indices, whole.values, [cast(whole.dense_shape[0], dtypes.int64), longest]
    )


def collapse_repeated(labels: Any, seq_length: Any, name: str | None = None) -> Any:
    """Return sequences with each run of a label made one, and their new lengths.

    Args:
      labels: [batch, labels].
      seq_length: [batch].
      name: the name of the nodes.
    """
    with OpScope(name, "collapse_repeated_labels", [labels, seq_length]):
        labels = convert_to_tensor(labels, name="labels")
        seq_length = convert_to_tensor(seq_length, name="seq_length")
        first = ones_like(labels[:, :1], dtypes.bool)
        differs = concat([first, not_equal(labels[:, 1:], labels[:, :-1])], axis=1)
        is_kept = logical_and(differs, sequence_mask(seq_length, maxlen=_size(labels, 1)))
        lengths = reduce_sum(cast(is_kept, dtypes.int32), axis=1)
        longest = reduce_max(lengths)
        places = reshape(sequence_mask(lengths, maxlen=longest), [-1])
        indices = expand_dims(boolean_mask(range_of(_size(places, 0)), places), axis=1)
        kept = boolean_mask(reshape(labels, [-1]), reshape(is_kept, [-1]))
        flat = scatter_nd(indices, kept, shape(places))
        whole = reshape(flat, [_size(labels, 0), longest])
        return whole, cast(lengths, seq_length.dtype)


def ctc_unique_labels(labels: Any, name: str | None = None) -> Any:
    """Return the distinct labels of each sequence, padded, and where each label is among them.

    Args:
      labels: [batch, labels].
      name: the name of the nodes.
    """
    with OpScope(name, "ctc_unique_labels", [labels]):
        labels = convert_to_tensor(labels, name="labels")

        def distinct(row: Tensor) -> list[Tensor]:
            found = unique(row)
            padded = pad(found.y, [[0, _size(found.idx, 0) - _size(found.y, 0)]])
            return [cast(padded, dtypes.int64), found.idx]

        return map_fn(distinct, labels, dtype=[dtypes.int64, dtypes.int32])
