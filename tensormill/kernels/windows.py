"""Windows that slide over an image: paddings, and the layouts of images and filters, for torch.

torch computes on channels-first tensors. A channels-last tensor of TensorFlow is passed as a
permuted view, which torch recognises as its own `channels_last` memory format: nothing is copied.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims

Tensor = torch.Tensor


@dataclass(slots=True, frozen=True)
class Layout:
    """Where batch, channels and space stand in the shape of an image tensor.

    Attributes:
      channels_last: NHWC or NDHWC.
      rank: the number of spatial dimensions.
    """

    channels_last: bool
    rank: int

    @classmethod
    def of(cls, data_format: bytes) -> Layout:
        """Return the layout that a `data_format` attribute names."""
        return cls(data_format.endswith(b"C"), len(data_format) - 2)

    def spatial(self, sizes: Sequence[int]) -> tuple[int, ...]:
        """Return the spatial entries of `sizes`, one entry a dimension of the image tensor."""
        return tuple(sizes[1:-1] if self.channels_last else sizes[2:])

    def channel(self, sizes: Sequence[int]) -> int:
        """Return the entry of the channel dimension."""
        return sizes[-1] if self.channels_last else sizes[1]

    def image_sizes(self, batch: int, spatial: Sequence[int], channels: int) -> list[int]:
        """Return the shape of an image tensor."""
        if self.channels_last:
            return [batch, *spatial, channels]
        return [batch, channels, *spatial]

    def check_rank(self, shape: Sequence[int]) -> None:
        """Refuse a tensor that is no batch of images.

        Raises:
          InvalidArgumentError: the rank is another.
        """
        if len(shape) != self.rank + 2:
            raise errors.invalid_argument(
                f"the input must be {self.rank + 2}-dimensional and must have {self.rank} spatial "
                f"dimensions: {format_dims(tuple(shape), 'kernel')}"
            )

    def to_channels_first(self, image: Tensor) -> Tensor:
        """Return a view of an image tensor as torch takes it."""
        return image.movedim(-1, 1) if self.channels_last else image

    def from_channels_first(self, image: Tensor) -> Tensor:
        """Return a view of a result of torch in this layout."""
        return image.movedim(1, -1) if self.channels_last else image

    def new_image(self, sizes: Sequence[int], like: Tensor) -> Tensor:
        """Return an uninitialised channels-first tensor whose memory has this layout."""
        return self.to_channels_first(like.new_empty(tuple(sizes)))


Pads = tuple[tuple[int, int], ...]


def window_pads(
    sizes: Sequence[int],
    windows: Sequence[int],
    strides: Sequence[int],
    padding: bytes,
    explicit: Pads = (),
    dilations: Sequence[int] | None = None,
) -> Pads:
    """Return the padding before and after each spatial dimension.

    Args:
      sizes: the image.
      windows: the window.
      strides: the steps.
      padding: b"SAME", b"VALID" or b"EXPLICIT".
      explicit: the paddings for b"EXPLICIT".
      dilations: the distance between the elements of the window; 1 by default.
    """
    if padding == b"VALID":
        return ((0, 0),) * len(sizes)
    if padding == b"EXPLICIT":
        return explicit
    pads = []
    for i, (size, window, stride) in enumerate(zip(sizes, windows, strides, strict=True)):
        reach = (window - 1) * (dilations[i] if dilations else 1) + 1
        total = max((-(-size // stride) - 1) * stride + reach - size, 0)
        pads.append((total // 2, total - total // 2))
    return tuple(pads)


def output_sizes(
    sizes: Sequence[int],
    windows: Sequence[int],
    strides: Sequence[int],
    pads: Pads,
    dilations: Sequence[int] | None = None,
) -> list[int]:
    """Return how many windows fit along each spatial dimension; 0 where one nearly fits.

    Raises:
      InvalidArgumentError: the image is too small.
    """
    made = []
    for i, (size, window, stride) in enumerate(zip(sizes, windows, strides, strict=True)):
        reach = (window - 1) * (dilations[i] if dilations else 1) + 1
        count = (size + sum(pads[i]) - reach + stride) // stride
        if count < 0:
            raise errors.invalid_argument(
                f"Computed output size would be negative: {count} [input_size: {size}, "
                f"effective_filter_size: {reach}, stride: {stride}]"
            )
        made.append(count)
    return made


def explicit_pads(explicit_paddings: Sequence[int], layout: Layout) -> Pads:
    """Return the spatial paddings of an `explicit_paddings` attribute; () where it is empty."""
    if not explicit_paddings:
        return ()
    return layout.spatial(  # type: ignore[return-value]
        tuple(zip(explicit_paddings[::2], explicit_paddings[1::2], strict=True))  # type: ignore[arg-type]
    )


def are_symmetric(pads: Pads) -> bool:
    """Return whether the paddings before and after are the same."""
    return all(before == after for before, after in pads)


def pad_image(image: Tensor, pads: Pads, value: float = 0) -> Tensor:
    """Return a channels-first image padded with `value`."""
    flat = [size for before_after in reversed(pads) for size in before_after]
    return torch.nn.functional.pad(image, flat, value=value)


def crop_image(image: Tensor, pads: Pads, sizes: Sequence[int]) -> Tensor:
    """Return the part of a padded channels-first image that is not padding, as a view."""
    for axis, ((before, _), size) in enumerate(zip(pads, sizes, strict=True)):
        image = image.narrow(axis + 2, before, size)
    return image
