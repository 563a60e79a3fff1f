"""The kernel of sequences of a beam search.

Source: TensorFlow 1.15, contrib/seq2seq/kernels/beam_search_ops.cc.
"""

from __future__ import annotations

from typing import Any

import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel

Tensor = torch.Tensor


def _text(value: Tensor) -> str:
    return format_dims(tuple(value.shape), "kernel")


def _check(step_ids: Tensor, parent_ids: Tensor, lengths: Tensor, end_token: Any) -> None:
    if step_ids.dim() != 3:
        raise errors.invalid_argument(f"step_ids must be a 3-tensor, saw shape: {_text(step_ids)}")
    if lengths.dim() != 1:
        raise errors.invalid_argument(
            f"max_sequence_lengths must be a vector, saw shape: {_text(lengths)}"
        )
    if end_token.ndim:
        raise errors.invalid_argument(
            f"end_token must be a scalar, saw shape: {format_dims(end_token.shape, 'kernel')}"
        )
    if step_ids.shape != parent_ids.shape:
        raise errors.invalid_argument(
            "step_ids.shape must match parent_ids.shape.  but shapes are: "
            f"{_text(step_ids)} and {_text(parent_ids)}"
        )
    if step_ids.shape[1] != lengths.shape[0]:
        raise errors.invalid_argument(
            "batch size dimensions step_ids.shape[1] and max_seqeuence_lengths.shape[0] must "
            f"match.  but shapes are: {_text(step_ids)} and {_text(lengths)}"
        )


@kernel("GatherTree", "cpu", "gpu", host_inputs=("end_token",))
def gather_tree(
    step_ids: Tensor, parent_ids: Tensor, max_sequence_lengths: Tensor, end_token: Any
) -> Tensor:
    _check(step_ids, parent_ids, max_sequence_lengths, end_token)
    steps, batch, width = step_ids.shape
    end = int(end_token)
    lengths = max_sequence_lengths.long().clamp(max=steps)[:, None]
    beams = torch.full_like(step_ids, end)
    parents = torch.arange(width, device=step_ids.device).expand(batch, width)
    for time in range(steps - 1, -1, -1):
        is_within = (time < lengths).expand(batch, width)
        _check_parents(parents, is_within, width, time)
        chosen = step_ids[time].gather(1, parents.clamp(0, max(width - 1, 0)))
        beams[time] = torch.where(is_within, chosen, beams[time])
        before = parent_ids[time].long().gather(1, parents.clamp(0, max(width - 1, 0)))
        parents = torch.where(is_within, before, parents)
    is_over = (beams == end).cumsum(0) - (beams == end).long() > 0
    return torch.where(is_over, torch.full_like(beams, end), beams)


def _check_parents(parents: Tensor, is_within: Tensor, width: int, time: int) -> None:
    wrong = is_within & ((parents < 0) | (parents >= width))
    if bool(wrong.any()):
        batch, beam = wrong.nonzero()[0].tolist()
        raise errors.invalid_argument(
            f"Saw invalid parent id {int(parents[batch, beam])} at (batch, time, beam) == "
            f"({batch}, {time}, {beam})"
        )
