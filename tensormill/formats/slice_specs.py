"""How an op names a slice of a tensor in text: `"5 2 0,3:-"` is rows 0 to 2 of a [5, 2].

Source: TensorFlow 1.15, core/util/tensor_slice_util.h, core/framework/tensor_slice.cc.
"""

from __future__ import annotations

from collections.abc import Sequence

from tensormill.formats.slice_keys import WHOLE

__all__ = ["SliceBoundsError", "SliceSpecError", "extents_text", "parse_slice_spec"]


class SliceSpecError(ValueError):
    """A text names no slice."""


class SliceBoundsError(SliceSpecError):
    """A slice does not lie within the shape."""


def parse_slice_spec(text: str) -> tuple[list[int], list[tuple[int, int]]]:
    """Return the shape of the whole tensor, and where the slice starts and how long it is.

    A length is `WHOLE` where the text leaves it open.

    Raises:
      SliceSpecError: the text is malformed.
      SliceBoundsError: the slice does not fit into the shape.

    >>> parse_slice_spec("5 2 0,3:-")
    ([5, 2], [(0, 3), (0, -1)])
    """
    *sizes, parts = text.split(" ")
    if not sizes:
        raise SliceSpecError(f"Need least two elements in shape_and_slice specification: {text}")
    if not all(size.isdecimal() for size in sizes):
        raise SliceSpecError(f"Non numerical dimension in shape_and_slice: {text}")
    shape = [int(size) for size in sizes]
    extents = [_extent(part, parts) for part in parts.split(":")]
    if len(extents) != len(shape):
        raise SliceBoundsError(f"Mismatching ranks: {_where(shape, parts)}")
    for axis, (size, (start, length)) in enumerate(zip(shape, extents, strict=True)):
        if length != WHOLE and start + length > size:
            raise SliceBoundsError(
                f"Extent in dimension {axis} out of bounds: {_where(shape, parts)}"
            )
    return shape, extents


def _where(shape: list[int], parts: str) -> str:
    return f"shape = [{','.join(map(str, shape))}], slice = {parts}"


def _extent(part: str, parts: str) -> tuple[int, int]:
    if part == "-":
        return 0, WHOLE
    numbers = part.split(",")
    if len(numbers) != 2 or not all(number.isdecimal() for number in numbers):
        raise SliceSpecError(
            f"Expected a pair of numbers or '-' but got '{part}': string = {parts}"
        )
    start, length = map(int, numbers)
    if length < 1:
        raise SliceSpecError(
            f"Expected non-negative start and positive length but got start = {start}, "
            f"length = {length}: string = {parts}"
        )
    return start, length


def extents_text(extents: Sequence[tuple[int, int]], sizes: Sequence[int]) -> str:
    """Return extents as the text of a slice.

    >>> extents_text([(0, 3), (0, 2)], [5, 2])
    '0,3:-'
    """
    return ":".join(
        "-" if (start, length) == (0, size) else f"{start},{length}"
        for (start, length), size in zip(extents, sizes, strict=True)
    )
