"""What beams have seen of a memory, and arrays of a state put into the order of the beams.

Source: TensorFlow 1.15, contrib/seq2seq/python/ops/beam_search_decoder.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import minimum
from tensormill.ops.array_shapes import expand_dims, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.beam_trees import gather_tree
from tensormill.ops.casting import cast
from tensormill.ops.comparison import equal
from tensormill.ops.elementwise_unary import log
from tensormill.ops.filling import ones_like
from tensormill.ops.gathering import gather, where, where_v2
from tensormill.ops.grids import sequence_mask
from tensormill.ops.joining import concat, stack, tile
from tensormill.ops.reduction import reduce_max, reduce_mean, reduce_sum
from tensormill.ops.sequences import range_of
from tensormill.ops.transposition import transpose
from tensormill.seq2seq.attention import AttentionWrapperState

__all__ = [
    "attention_probs_from_attn_state",
    "coverage_penalty",
    "gather_tree_from_array",
    "get_attention_probs",
]


def attention_probs_from_attn_state(attention_state: AttentionWrapperState) -> Any:
    """Return the alignments of a state, the mean where it has several mechanisms."""
    return _mean(attention_state.alignments)


def get_attention_probs(next_cell_state: Any, coverage_penalty_weight: Any) -> Any:
    """Return where a cell has looked, [batch, beam, time]; None where nothing is to be counted.

    Args:
      next_cell_state: the state of the cell, or a tuple of those of several cells.
      coverage_penalty_weight: a number.

    Raises:
      ValueError: no cell looks at a memory.
    """
    if coverage_penalty_weight == 0.0:
        return None
    is_one = isinstance(next_cell_state, AttentionWrapperState)
    states = (next_cell_state,) if is_one else next_cell_state
    found = tuple(
        attention_probs_from_attn_state(state)
        for state in (states if isinstance(states, tuple) else ())
        if isinstance(state, AttentionWrapperState)
    )
    if not found:
        raise ValueError("coverage_penalty_weight must be 0.0 if no cell is attentional.")
    return found[0] if len(found) == 1 else _mean(found)


def _mean(parts: Any) -> Any:
    if not isinstance(parts, tuple):
        return parts
    return reduce_mean(concat([expand_dims(part, -1) for part in parts], -1), -1)


def coverage_penalty(seen: Tensor, finished: Tensor) -> Tensor:
    """Return what finished beams lose for the parts of the memory that they saw little of.

    Args:
      seen: sums of alignments [batch, beam, time]; those behind the end of a memory are zero.
      finished: booleans [batch, beam].
    """
    seen = where(equal(seen, 0.0), ones_like(seen), seen)
    return reduce_sum(log(minimum(seen, 1.0)), 2) * cast(finished, dtypes.float32)


def gather_tree_from_array(t: Any, parent_ids: Any, sequence_length: Any) -> Tensor:
    """Return what was written in each step in the order of the beams at the end.

    Args:
      t: [time, batch, beam, ...] or [time, batch * beam, ...].
      parent_ids: int32 [time, batch, beam], the beam from which each one went on.
      sequence_length: integers [batch, beam].
    """
    parent_ids = convert_to_tensor(parent_ids, name="parent_ids")
    sizes, dims = shape_of(parent_ids), parent_ids.get_shape()
    time, batch, width = (dims[axis].value or sizes[axis] for axis in range(3))
    own = tile(reshape(range_of(width), [1, 1, -1]), stack([time, batch, 1]))
    longest = cast(reduce_max(sequence_length, axis=1), dtypes.int32)
    beams = gather_tree(own, parent_ids, longest, width + 1)
    within = transpose(sequence_mask(sequence_length, maxlen=time), [2, 0, 1])
    beams = where_v2(within, beams, own)
    flat = reshape(t, stack([time, batch, width, -1]))
    return reshape(gather(flat, beams, axis=2, batch_dims=2), shape_of(t))
