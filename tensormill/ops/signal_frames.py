"""Signals cut into frames that overlap, and put together again.

Source: TensorFlow 1.15, python/ops/signal/shape_ops.py and reconstruction_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.constant_value import constant_value
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_scope import OpScope
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import maximum
from tensormill.ops.array_shapes import rank as rank_of
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.filling import fill
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
    axis: Any = -1,
    name: str | None = None,
) -> Tensor:
    """Return a signal in frames: [..., frames, frame_length, ...] with `axis` in two.

    Args:
      signal: a tensor; its rank may be unknown.
      frame_length: the length of a frame.
      frame_step: from the begin of a frame to that of the next.
      pad_end: whether the signal is filled up for frames that begin within it.
      pad_value: what it is filled up with.
      axis: the axis that is cut, an int or a scalar tensor.
      name: the name of the nodes.

    Raises:
      ValueError: the axis is out of range, or one of the other numbers is no scalar.
    """
    with OpScope(name, "frame", [signal, frame_length, frame_step, pad_value]):
        signal = convert_to_tensor(signal, name="signal")
        frame_length = convert_to_tensor(frame_length, name="frame_length")
        frame_step = convert_to_tensor(frame_step, name="frame_step")
        signal.get_shape().with_rank_at_least(1)
        frame_length.get_shape().assert_has_rank(0)
        frame_step.get_shape().assert_has_rank(0)
        static = signal.dims
        place = _place(signal, axis)
        length = shape_of(signal)[place]
        if pad_end:
            count = maximum(0, -(-length // frame_step))
            missing = maximum(0, frame_length + frame_step * (count - 1) - length)
            signal = pad(signal, _behind(signal, place, missing), constant_values=pad_value)
        else:
            count = maximum(0, 1 + (length - frame_length) // frame_step)
        starts = reshape(range_of(count) * frame_step, [-1, 1])
        places = starts + reshape(range_of(frame_length), [1, -1])
        result = gather(signal, places, axis=place)
        if static is None or isinstance(place, Tensor):
            return result
        size, step = constant_value(frame_length), constant_value(frame_step)
        frames = None
        known = static[place]
        if known is not None and size is not None and step is not None:
            frames = -(-known // int(step)) if pad_end else 1 + (known - int(size)) // int(step)
            frames = max(frames, 0)
        width = None if size is None else int(size)
        result.set_shape((*static[:place], frames, width, *static[place + 1 :]))
        return result


def _place(signal: Tensor, axis: Any) -> Any:
    """Return an axis from 0: an int where it and the rank are known, else a scalar tensor."""
    axis = convert_to_tensor(axis, name="axis")
    axis.get_shape().assert_has_rank(0)
    number, dims = constant_value(axis), signal.dims
    if number is None or dims is None:
        return range_of(rank_of(signal))[axis]
    if not -len(dims) <= number < len(dims):
        raise ValueError(f"axis {number} is out of range for a signal of rank {len(dims)}")
    return int(number) % len(dims)


def _behind(signal: Tensor, place: Any, missing: Tensor) -> Tensor:
    """Return the paddings that put `missing` elements behind those of an axis."""
    dims = signal.dims
    if dims is not None and not isinstance(place, Tensor):
        rows = [[0, missing] if axis == place else [0, 0] for axis in range(len(dims))]
        return convert_to_tensor(rows)
    at = convert_to_tensor(place)
    inner = rank_of(signal) - 1 - at
    none = [fill(stack([count, 2]), 0) for count in (at, inner)]
    return concat([none[0], convert_to_tensor([[0, missing]]), none[1]], 0)


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
        frame_step = convert_to_tensor(frame_step, name="frame_step")
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
