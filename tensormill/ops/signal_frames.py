"""Signals cut into frames that overlap, and put together again.

Source: TensorFlow 1.15, python/ops/signal/shape_ops.py and reconstruction_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_scope import OpScope
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import maximum
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.gathering import gather
from tensormill.ops.joining import concat, stack
from tensormill.ops.padding import pad
from tensormill.ops.segments import unsorted_segment_sum
from tensormill.ops.sequences import range_of
from tensormill.ops.transposition import transpose

__all__ = ["frame", "overlap_and_add"]


def frame(
    signal: Any,
    frame_length: Any,
    frame_step: Any,
    pad_end: bool = False,
    pad_value: Any = 0,
    axis: int = -1,
    name: str | None = None,
) -> Tensor:
    """Return a signal in frames: [..., frames, frame_length, ...] with `axis` in two.

    Args:
      signal: a tensor.
      frame_length: the length of a frame.
      frame_step: from the begin of a frame to that of the next.
      pad_end: whether the signal is filled up for frames that begin within it.
      pad_value: what it is filled up with.
      axis: the axis that is cut.
      name: the name of the nodes.

    Raises:
      ValueError: the axis is out of range.
    """
    with OpScope(name, "frame", [signal, frame_length, frame_step, pad_value]):
        signal = convert_to_tensor(signal, name="signal")
        frame_length = convert_to_tensor(frame_length, name="frame_length")
        frame_step = convert_to_tensor(frame_step, name="frame_step")
        rank: Any = signal.get_shape().ndims
        if rank is None:
            raise ValueError("signal must have a known rank")
        place = axis % rank if -rank <= axis < rank else None
        if place is None:
            raise ValueError(f"axis {axis} is out of range for a signal of rank {rank}")
        static = signal.dims
        length = shape_of(signal)[place]
        if pad_end:
            count = maximum(0, -(-length // frame_step))
            missing = maximum(0, frame_length + frame_step * (count - 1) - length)
            behind = [[0, missing] if a == place else [0, 0] for a in range(rank)]
            signal = pad(signal, convert_to_tensor(behind), constant_values=pad_value)
        else:
            count = maximum(0, 1 + (length - frame_length) // frame_step)
        starts = reshape(range_of(count) * frame_step, [-1, 1])
        places = starts + reshape(range_of(frame_length), [1, -1])
        result = gather(signal, places, axis=place)
        size, step = constant_value(frame_length), constant_value(frame_step)
        frames = None
        known = None if static is None else static[place]
        if known is not None and size is not None and step is not None:
            frames = -(-known // int(step)) if pad_end else 1 + (known - int(size)) // int(step)
            frames = max(frames, 0)
        width = None if size is None else int(size)
        assert static is not None
        result.set_shape((*static[:place], frames, width, *static[place + 1 :]))
        return result


def overlap_and_add(signal: Any, frame_step: Any, name: str | None = None) -> Tensor:
    """Return the sum of frames that overlap: [..., samples].

    Args:
      signal: [..., frames, frame_length].
      frame_step: from the begin of a frame to that of the next, an integer scalar.
      name: the name of the nodes.

    Raises:
      ValueError: the step is no integer scalar, or the signal has no frames.
    """
    with OpScope(name, "overlap_and_add", [signal, frame_step]):
        signal = convert_to_tensor(signal, name="signal")
        signal.get_shape().with_rank_at_least(2)
        frame_step = convert_to_tensor(frame_step, dtypes.int32, name="frame_step")
        if not frame_step.dtype.is_integer:
            raise ValueError(f"frame_step must be an integer. Got {frame_step.dtype}")
        frame_step.get_shape().assert_has_rank(0)
        sizes = shape_of(signal)
        outer, frames, length = sizes[:-2], sizes[-2], sizes[-1]
        samples = maximum(0, length + (frames - 1) * frame_step)
        starts = reshape(range_of(frames) * frame_step, [-1, 1])
        places = reshape(starts + reshape(range_of(length), [1, -1]), [-1])
        flat = transpose(reshape(signal, stack([-1, frames * length])))
        summed = unsorted_segment_sum(flat, places, samples)
        result = reshape(transpose(summed), concat([outer, [samples]], 0))
        static, step = signal.dims, constant_value(frame_step)
        if static is not None:
            known = None
            if static[-1] is not None and static[-2] is not None and step is not None:
                known = static[-1] + (static[-2] - 1) * int(step)
            result.set_shape((*static[:-2], known))
        return result
