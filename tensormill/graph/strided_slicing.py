"""What a strided slice means: masks and sparse indices resolved against the shape of a tensor.

Shared by the shape function, the values known while a graph is built, and the kernels.

Source: TensorFlow 1.15, core/util/strided_slice_op.cc.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tensormill.graph.shapes import Dims

__all__ = ["SliceMasks", "shape_free_key", "slice_key", "sliced_dims"]

_Bounds = Sequence[int] | None


@dataclass(frozen=True, slots=True)
class SliceMasks:
    """The masks of a strided slice; bit i belongs to the i-th index.

    Attributes:
      begin: the slice starts at the end of the dimension that its stride comes from.
      end: the slice goes on to the other end.
      ellipsis: the index stands for all dimensions that the others leave.
      new_axis: the index adds a dimension of size 1.
      shrink_axis: the index picks one element and drops the dimension.
    """

    begin: int
    end: int
    ellipsis: int
    new_axis: int
    shrink_axis: int

    @classmethod
    def of(cls, attrs: dict[str, Any]) -> SliceMasks:
        """Return the masks among the attributes of a node."""
        return cls(
            attrs["begin_mask"],
            attrs["end_mask"],
            attrs["ellipsis_mask"],
            attrs["new_axis_mask"],
            attrs["shrink_axis_mask"],
        )


@dataclass(slots=True)
class _Axis:
    """What is asked of one dimension of the tensor."""

    begin: int | None = None
    end: int | None = None
    stride: int = 1
    begin_masked: bool = True
    end_masked: bool = True
    shrinks: bool = False


_NEW = _Axis()


def _dense_axes(
    rank: int, begin: _Bounds, end: _Bounds, strides: Sequence[int], masks: SliceMasks
) -> list[_Axis]:
    """Return what is asked of each dimension, with `_NEW` for the new ones in between."""
    count = len(strides)
    if masks.ellipsis & (masks.ellipsis - 1):
        raise ValueError("Multiple ellipses in slice spec not allowed")
    ellipsis_at = (masks.ellipsis & -masks.ellipsis).bit_length() - 1
    if ellipsis_at >= count or ellipsis_at < 0:
        ellipsis_at = count
    taken = sum(
        1
        for i in range(count)
        if i != ellipsis_at and not (masks.new_axis >> i & 1 and i != ellipsis_at)
    )
    rest = max(0, rank - taken)
    axes: list[_Axis] = []
    used = 0
    for i in range(count + 1):
        if i == ellipsis_at:
            fill = min(rest, rank - used)
            axes.extend(_Axis() for _ in range(fill))
            used += fill
        elif i == count:
            break
        elif masks.new_axis >> i & 1:
            axes.append(_NEW)
        elif used == rank:
            raise ValueError(
                f"Index out of range using input dim {used}; input has only {rank} dims"
            )
        else:
            axes.append(
                _Axis(
                    None if begin is None else begin[i],
                    None if end is None else end[i],
                    strides[i],
                    bool(masks.begin >> i & 1),
                    bool(masks.end >> i & 1),
                    bool(masks.shrink_axis >> i & 1),
                )
            )
            used += 1
    return axes


def _check_axis(axis: _Axis, at: int) -> None:
    if axis.stride == 0:
        raise ValueError(f"strides[{at}] must be non-zero")
    if axis.shrinks and axis.stride < 0:
        raise ValueError("only stride 1 allowed on non-range indexing.")


def _resolved(axis: _Axis, size: int, at: int) -> tuple[int, int]:
    """Return begin and end within the dimension."""
    begin, end, stride = axis.begin, axis.end, axis.stride
    assert begin is not None
    assert end is not None
    if axis.shrinks:
        first = size + begin if begin < 0 else begin
        if not 0 <= first < size:
            raise ValueError(f"slice index {begin} of dimension {at} out of bounds.")
        return first, first + 1
    low, high = (0, size) if stride > 0 else (-1, size - 1)
    first = size + begin if begin < 0 else begin
    last = size + end if end < 0 else end
    return (
        (low if stride > 0 else high) if axis.begin_masked else min(max(first, low), high),
        (high if stride > 0 else low) if axis.end_masked else min(max(last, low), high),
    )


def _count(begin: int, end: int, stride: int) -> int:
    return len(range(begin, end, stride))


def sliced_dims(
    dims: Dims, begin: _Bounds, end: _Bounds, strides: _Bounds, masks: SliceMasks
) -> Dims:
    """Return the static shape of a strided slice.

    Args:
      dims: the static shape of the tensor.
      begin: the indices, None where they are not known.
      end: likewise.
      strides: likewise.
      masks: the masks.

    Raises:
      ValueError: the indices do not fit the shape.
    """
    if dims is None or strides is None:
        return None
    made: list[int | None] = []
    at = -1
    for axis in _dense_axes(len(dims), begin, end, strides, masks):
        if axis is _NEW:
            made.append(1)
            continue
        at += 1
        _check_axis(axis, at)
        size = dims[at]
        is_known = axis.begin is not None and axis.end is not None
        if size is None:
            if not axis.shrinks:
                made.append(None)
        elif is_known:
            first, last = _resolved(axis, size, at)
            if not axis.shrinks:
                made.append(_count(first, last, axis.stride))
        elif not axis.shrinks:
            if axis.begin_masked and axis.end_masked:
                made.append(_count(0, size, abs(axis.stride)))
            else:
                made.append(None)
    return tuple(made)


def slice_key(
    shape: Sequence[int],
    begin: Sequence[int],
    end: Sequence[int],
    strides: Sequence[int],
    masks: SliceMasks,
) -> tuple[tuple[Any, ...], tuple[int, ...]]:
    """Return a strided slice as a key for `array[key]` and which dimensions of the result to flip.

    The key has positive steps only, so that it gives a view of torch tensors too; a negative
    stride becomes the same elements in ascending order, and a flip.

    Raises:
      ValueError: the indices do not fit the shape.
    """
    key: list[Any] = []
    flips = []
    at = -1
    result_axis = 0
    for axis in _dense_axes(len(shape), begin, end, strides, masks):
        if axis is _NEW:
            key.append(None)
            result_axis += 1
            continue
        at += 1
        _check_axis(axis, at)
        if axis.begin is None and not axis.shrinks:
            key.append(slice(None))
            result_axis += 1
            continue
        first, last = _resolved(axis, shape[at], at)
        if axis.shrinks:
            key.append(first)
            continue
        if axis.stride > 0:
            key.append(slice(first, max(first, last), axis.stride))
        else:
            count = _count(first, last, axis.stride)
            lowest = first + (count - 1) * axis.stride
            key.append(slice(lowest, first + 1, -axis.stride) if count else slice(0, 0))
            flips.append(result_axis)
        result_axis += 1
    return tuple(key), tuple(flips)


def shape_free_key(
    begin: Sequence[int], end: Sequence[int], strides: Sequence[int], masks: SliceMasks
) -> tuple[Any, ...] | None:
    """Return a strided slice as a key for `array[key]` of any shape.

    None where strides are negative.

    Indices that do not fit the shape raise IndexError then; `slice_key` says what is wrong with
    them.
    """
    key: list[Any] = []
    for i, stride in enumerate(strides):
        bit = 1 << i
        if masks.ellipsis & bit:
            key.append(Ellipsis)
        elif masks.new_axis & bit:
            key.append(None)
        elif stride <= 0:
            return None
        elif masks.shrink_axis & bit:
            key.append(begin[i])
        else:
            first = None if masks.begin & bit else begin[i]
            last = None if masks.end & bit else end[i]
            key.append(slice(first, last, None if stride == 1 else stride))
    return None if key.count(Ellipsis) > 1 else tuple(key)
