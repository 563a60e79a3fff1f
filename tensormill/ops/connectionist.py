"""Connectionist temporal classification: the loss of unaligned labels, and decoders."""

from __future__ import annotations

from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import expand_dims
from tensormill.ops.identities import prevent_gradient_op
from tensormill.ops.transposition import transpose
from tensormill.ops.windows import merge_sizes

ctc_loss_op = define(
    "CTCLoss",
    inputs=(
        "inputs: T",
        "labels_indices: int64",
        "labels_values: int32",
        "sequence_length: int32",
    ),
    outputs=(
        "loss: T",
        "gradient: T",
    ),
    attrs=(
        "preprocess_collapse_repeated: bool = false",
        "ctc_merge_repeated: bool = true",
        "ignore_longer_outputs_than_inputs: bool = false",
        "T: {float32, float64} = DT_FLOAT",
    ),
)
ctc_greedy_decoder_op = define(
    "CTCGreedyDecoder",
    inputs=(
        "inputs: T",
        "sequence_length: int32",
    ),
    outputs=(
        "decoded_indices: int64",
        "decoded_values: int64",
        "decoded_shape: int64",
        "log_probability: T",
    ),
    attrs=(
        "merge_repeated: bool = false",
        "blank_index: int = -1",
        "T: {float32, float64} = DT_FLOAT",
    ),
    differentiable=False,
)
ctc_beam_search_decoder_op = define(
    "CTCBeamSearchDecoder",
    inputs=(
        "inputs: T",
        "sequence_length: int32",
    ),
    outputs=(
        "decoded_indices: top_paths * int64",
        "decoded_values: top_paths * int64",
        "decoded_shape: top_paths * int64",
        "log_probability: T",
    ),
    attrs=(
        "beam_width: int >= 1",
        "top_paths: int >= 1",
        "merge_repeated: bool = true",
        "T: {float32, float64} = DT_FLOAT",
    ),
    differentiable=False,
)


@ctc_loss_op.shape
def ctc_loss_shape(ctx: ShapeContext) -> list[Dims]:
    inputs = with_rank(ctx.shape("inputs"), 3)
    indices, values = with_rank(ctx.shape(1), 2), with_rank(ctx.shape(2), 1)
    merge_sizes(indices[0], values[0])
    batch = merge_sizes(inputs[1], with_rank(ctx.shape(3), 1)[0])
    return [(batch,), (inputs[0], batch, inputs[2])]


@ctc_greedy_decoder_op.shape
def ctc_greedy_decoder_shape(ctx: ShapeContext) -> list[Dims]:
    inputs, lengths = with_rank(ctx.shape(0), 3), with_rank(ctx.shape(1), 1)
    return [(None, 2), (None,), (2,), (merge_sizes(inputs[1], lengths[0]), 1)]


@ctc_beam_search_decoder_op.shape
def ctc_beam_search_decoder_shape(ctx: ShapeContext) -> list[Dims]:
    inputs, lengths = with_rank(ctx.shape(0), 3), with_rank(ctx.shape(1), 1)
    paths = ctx.attrs["top_paths"]
    indices: list[Dims] = [(None, 2)] * paths
    values: list[Dims] = [(None,)] * paths
    shapes: list[Dims] = [(2,)] * paths
    return [*indices, *values, *shapes, (merge_sizes(inputs[1], lengths[0]), paths)]


@ctc_loss_op.gradient
def ctc_loss_gradient(op: Operation, grad: Tensor, _: Any) -> list[Tensor | None]:
    by_input = prevent_gradient_op(
        op.outputs[1],
        message="Currently there is no way to take the second  derivative of ctc_loss due to the "
        "fused implementation's interaction  with tf.gradients()",
    )
    return [expand_dims(expand_dims(grad, 1), 0) * by_input, None, None, None]


def ctc_loss(
    labels: Any,
    inputs: Any = None,
    sequence_length: Any = None,
    preprocess_collapse_repeated: bool = False,
    ctc_merge_repeated: bool = True,
    ignore_longer_outputs_than_inputs: bool = False,
    time_major: bool = True,
    logits: Any = None,
) -> Tensor:
    """Return the loss of each sequence of labels whose places in time are not known: [batch].

    Args:
      labels: an int32 SparseTensor [batch, labels]; the last class is the blank.
      inputs: logits [time, batch, classes].
      sequence_length: [batch], int32.
      preprocess_collapse_repeated: whether repeated labels are merged first.
      ctc_merge_repeated: whether repeated outputs stand for one label.
      ignore_longer_outputs_than_inputs: whether sequences that are too short cost nothing.
      time_major: whether logits are [time, batch, classes], else [batch, time, classes].
      logits: another name of `inputs`.

    Raises:
      TypeError: `labels` is not sparse.
    """
    if not isinstance(labels, SparseTensor):
        raise TypeError("Expected labels (first argument) to be a SparseTensor")
    inputs = convert_to_tensor(inputs if logits is None else logits, name="logits")
    if not time_major:
        inputs = transpose(inputs, [1, 0, 2])
    loss: Tensor = ctc_loss_op(
        inputs,
        labels.indices,
        labels.values,
        sequence_length,
        preprocess_collapse_repeated=preprocess_collapse_repeated,
        ctc_merge_repeated=ctc_merge_repeated,
        ignore_longer_outputs_than_inputs=ignore_longer_outputs_than_inputs,
    )[0]
    return loss


def ctc_greedy_decoder(
    inputs: Any, sequence_length: Any, merge_repeated: bool = True
) -> tuple[list[SparseTensor], Tensor]:
    """Return the labels of the best class at each time, and the negative sum of their logits.

    Args:
      inputs: logits [time, batch, classes]; the last class is the blank.
      sequence_length: [batch], int32.
      merge_repeated: whether repeated classes stand for one label.
    """
    indices, values, shape, score = ctc_greedy_decoder_op(
        inputs, sequence_length, merge_repeated=merge_repeated
    )
    return [SparseTensor(indices, values, shape)], score


def ctc_beam_search_decoder(
    inputs: Any,
    sequence_length: Any,
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
) -> tuple[list[SparseTensor], Tensor]:
    """Return the most probable sequences of labels, and the logarithms of their probabilities.

    Args:
      inputs: logits [time, batch, classes]; the last class is the blank.
      sequence_length: [batch], int32.
      beam_width: how many sequences are followed.
      top_paths: how many are returned.
      merge_repeated: whether repeated labels in the result are merged.
    """
    indices, values, shapes, scores = ctc_beam_search_decoder_op(
        inputs,
        sequence_length,
        beam_width=beam_width,
        top_paths=top_paths,
        merge_repeated=merge_repeated,
    )
    paths = [SparseTensor(*parts) for parts in zip(indices, values, shapes, strict=True)]
    return paths, scores


def ctc_beam_search_decoder_v2(
    inputs: Any, sequence_length: Any, beam_width: int = 100, top_paths: int = 1
) -> tuple[list[SparseTensor], Tensor]:
    """Return the most probable sequences of labels, repeated ones kept.

    Args:
      inputs: logits [time, batch, classes]; the last class is the blank.
      sequence_length: [batch], int32.
      beam_width: how many sequences are followed.
      top_paths: how many are returned.
    """
    return ctc_beam_search_decoder(inputs, sequence_length, beam_width, top_paths, False)
