"""Windows that slide over an image: sizes of what comes out, and which dimension is which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.graph.shapes import Dims, with_rank


def output_size(
    size: int | None,
    window: int | None,
    stride: int,
    padding: bytes,
    pads: tuple[int, int] = (0, 0),
    dilation: int = 1,
) -> int | None:
    """Return how many windows fit along one dimension, or None where a size is unknown.

    Args:
      size: the image.
      window: the window.
      stride: the step.
      padding: b"SAME", b"VALID" or b"EXPLICIT".
      pads: the padding before and after, for b"EXPLICIT".
      dilation: the distance between the elements of the window.

    Raises:
      ValueError: the window does not fit once, or the step is none.
    """
    if stride <= 0:
        raise ValueError(f"Stride must be > 0, but got {stride}")
    if size is None:
        return None
    if padding == b"SAME":
        return -(-size // stride)
    if window is None:
        return None
    reach = (window - 1) * dilation + 1
    whole = size + pads[0] + pads[1]
    if whole - reach + stride < 0 or (whole < reach):
        raise ValueError(f"Negative dimension size caused by subtracting {reach} from {whole}")
    return (whole - reach) // stride + 1


def merge_sizes(a: int | None, b: int | None) -> int | None:
    """Return the one size that two dimensions have.

    Raises:
      ValueError: they differ.
    """
    if a is not None and b is not None and a != b:
        raise ValueError(f"Dimensions must be equal, but are {a} and {b}")
    return b if a is None else a


def spatial_axes(data_format: bytes, rank: int) -> list[int]:
    """Return the axes of height, width … in an image tensor of `rank` dimensions."""
    return list(range(2, rank)) if data_format.startswith(b"NC") else list(range(1, rank - 1))


def channel_axis(data_format: bytes, rank: int) -> int:
    """Return the axis of the channels in an image tensor of `rank` dimensions."""
    return 1 if data_format.startswith(b"NC") else rank - 1


def check_steps(name: str, values: Sequence[int], rank: int) -> None:
    """Refuse a list attribute that has not one positive entry a dimension."""
    if len(values) != rank:
        raise ValueError(
            f"{name} requires the stride attribute to contain {rank} values, but got: {len(values)}"
        )


def pool_dims(
    dims: Dims,
    ksize: Sequence[int],
    strides: Sequence[int],
    padding: bytes,
    data_format: bytes,
    explicit_paddings: Sequence[int] = (),
) -> Dims:
    """Return the static shape of what a pooling makes of an image of shape `dims`."""
    rank = len(ksize)
    image = with_rank(dims, rank)
    _check_explicit(explicit_paddings, padding, data_format, rank)
    result = list(image)
    for axis in range(rank):
        if axis == 0:
            continue
        pads = (0, 0)
        if explicit_paddings:
            pads = (explicit_paddings[2 * axis], explicit_paddings[2 * axis + 1])
        result[axis] = output_size(image[axis], ksize[axis], strides[axis], padding, pads)
    return tuple(result)


def _check_explicit(
    explicit_paddings: Sequence[int], padding: bytes, data_format: bytes, rank: int
) -> None:
    """Refuse explicit paddings that are missing, negative, or of images and channels."""
    if padding != b"EXPLICIT":
        if explicit_paddings:
            raise ValueError(
                "explicit_paddings attribute must be empty if the padding attribute is not EXPLICIT"
            )
        return
    if len(explicit_paddings) != 2 * rank:
        raise ValueError(
            f"explicit_paddings attribute must contain {2 * rank} values, but got: "
            f"{len(explicit_paddings)}"
        )
    if min(explicit_paddings) < 0:
        raise ValueError("All elements of explicit_paddings must be nonnegative")
    for axis in (0, channel_axis(data_format, rank)):
        if any(explicit_paddings[2 * axis : 2 * axis + 2]):
            raise ValueError(
                "Nonzero explicit padding in the batch or depth dimensions is not supported"
            )


def list_for_each(value: Any, count: int, channel_index: int, name: str) -> list[int]:
    """Return a stride, window or dilation as a list with an entry for each dimension of an image.

    Args:
      value: None (all 1), an int, one value, one a spatial dimension, or one a dimension.
      count: the number of spatial dimensions.
      channel_index: the axis of the channels, where 1 is put in.
      name: of the argument, for the message.

    Raises:
      ValueError: the list is of another length.
    """
    values = [1] if value is None else list(value) if hasattr(value, "__iter__") else [value]
    if len(values) == count + 2:
        return values
    if len(values) == 1:
        values = values * count
    elif len(values) != count:
        raise ValueError(
            f"`{name}` should be of length 1, {count} or {count + 2}. "
            f"Received: {name}={value} of length {len(values)}"
        )
    return [1, 1, *values] if channel_index == 1 else [1, *values, 1]


def split_padding(padding: Any, rank: int = 4) -> tuple[Any, list[int]]:
    """Return the `padding` and `explicit_paddings` attributes for what the user gave as padding.

    Raises:
      ValueError: a list of paddings is not of the right form.
    """
    if padding == "EXPLICIT":
        raise ValueError(
            "'EXPLICIT' is not a valid value for `padding`. To use explicit padding, `padding` "
            "must be a list."
        )
    if not isinstance(padding, (list, tuple)):
        return padding, []
    explicit: list[int] = []
    for index, pair in enumerate(padding):
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise ValueError(
                "When `padding` is a list, each element of `padding` must be a list/tuple of "
                f"size 2. Received: padding={padding} with element at index {index} of type "
                f"{type(pair)}"
            )
        explicit.extend(pair)
    if len(padding) != rank:
        raise ValueError(
            f"When padding is a list, it must be of size {rank}. Received: padding={padding} "
            f"of size {len(padding)}"
        )
    return "EXPLICIT", explicit
