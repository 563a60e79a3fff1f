"""`gather_tree`: whole sequences from the steps of a beam search.

Source: TensorFlow 1.15, contrib/seq2seq/ops/beam_search_ops.cc.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import expand_dims, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.comparison import equal, greater_equal, less
from tensormill.ops.filling import fill
from tensormill.ops.gathering import gather, where_v2
from tensormill.ops.joining import stack, tile
from tensormill.ops.scan import cumsum
from tensormill.ops.sequences import range_of
from tensormill.ops.tensor_array_class import TensorArray
from tensormill.ops.while_loop import while_loop

__all__ = ["gather_tree"]


def gather_tree(
    step_ids: Any, parent_ids: Any, max_sequence_lengths: Any, end_token: Any
) -> Tensor:
    """Return whole sequences from the choices of each step and the beams that they came from.

    Args:
      step_ids: int32 [time, batch, beam].
      parent_ids: likewise.
      max_sequence_lengths: int32 [batch].
      end_token: what stands behind the end of a sequence.
    """
    step_ids = convert_to_tensor(step_ids, name="step_ids")
    parent_ids = convert_to_tensor(parent_ids, name="parent_ids")
    sizes = shape_of(step_ids)
    steps, batch, beam = sizes[0], sizes[1], sizes[2]
    lengths = expand_dims(max_sequence_lengths, 1)
    first = tile(reshape(range_of(beam), stack([1, beam])), stack([batch, 1]))
    ends = fill(stack([batch, beam]), convert_to_tensor(end_token, step_ids.dtype))
    array = TensorArray(step_ids.dtype, size=steps)

    def body(time: Tensor, parents: Tensor, made: TensorArray) -> tuple[Any, ...]:
        is_within = less(time, lengths)
        chosen = gather(step_ids[time], parents, axis=1, batch_dims=1)
        before = gather(parent_ids[time], parents, axis=1, batch_dims=1)
        made = made.write(time, where_v2(is_within, chosen, ends))
        return time - 1, where_v2(is_within, before, parents), made

    _, _, array = while_loop(
        lambda time, *_: greater_equal(time, 0), body, [steps - 1, first, array]
    )
    sequences = array.stack()
    is_end = cast(equal(sequences, end_token), dtypes.int32)
    is_over = cumsum(is_end, axis=0, exclusive=True) > 0
    result = where_v2(is_over, end_token, sequences)
    result.set_shape(step_ids.get_shape())
    return result
