"""Convolutions through torch, for the kernels of images, volumes and single channels.

Images go to torch as channels-first views (see `windows`); filters, [*window, in, out], likewise.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch

from tensormill.graph import errors
from tensormill.kernels.windows import (
    Layout,
    are_symmetric,
    crop_image,
    explicit_pads,
    output_sizes,
    pad_image,
    window_pads,
)

Tensor = torch.Tensor
Sizes = Sequence[int]

_CONVOLUTIONS = {1: torch.conv1d, 2: torch.conv2d, 3: torch.conv3d}
_convolution_backward = torch.ops.aten.convolution_backward.default
_convolution_pointwise = torch.ops.mkldnn._convolution_pointwise
_HAS_ONE_DNN = torch.backends.mkldnn.is_available()
_WORTH_ELEMENTS = 16_384
_KEPT_GEOMETRIES = 1024


def filter_to_torch(filters: Tensor) -> Tensor:
    """Return [*window, in, out] as a view [out, in, *window]."""
    return filters.movedim((-1, -2), (0, 1))


def filter_from_torch(filters: Tensor) -> Tensor:
    """Return [out, in, *window] as [*window, in, out], contiguous."""
    return filters.movedim((0, 1), (-1, -2)).contiguous()


def count_groups(channels: int, filter_channels: int) -> int:
    """Return the number of groups of channels that are convolved apart.

    Raises:
      InvalidArgumentError: the filters do not divide the channels.
    """
    if filter_channels == 0 or channels % filter_channels:
        raise errors.invalid_argument(
            f"input depth must be evenly divisible by filter depth: {channels} vs {filter_channels}"
        )
    return channels // filter_channels


def _fuses(image: Tensor, filters: Tensor) -> bool:
    """Return whether oneDNN convolves these and applies an activation on the way."""
    return (
        _HAS_ONE_DNN
        and image.device.type == "cpu"
        and image.dtype is filters.dtype is torch.float32
        and image.dim() == 4
        and image.numel() >= _WORTH_ELEMENTS
    )


class ConvolutionGeometry:
    """The spatial parameters of one convolution, read from its attributes and shapes.

    Filters are in torch's layout here, images in TensorFlow's. Nothing changes it: `of` gives the
    same one again for the same parameters.
    """

    __slots__ = ("_dilations", "_outputs", "_padding", "_pads", "_shape", "_strides", "layout")

    def __init__(
        self,
        shape: Sizes,
        window: Sizes,
        strides: Sizes,
        padding: bytes,
        explicit_paddings: Sizes,
        data_format: bytes,
        dilations: Sizes,
    ) -> None:
        self.layout = layout = Layout.of(data_format)
        layout.check_rank(shape)
        sizes = layout.spatial(shape)
        self._shape = shape
        self._strides = layout.spatial(strides)
        self._dilations = layout.spatial(dilations)
        self._pads = window_pads(
            sizes,
            window,
            self._strides,
            padding,
            explicit_pads(explicit_paddings, layout),
            self._dilations,
        )
        self._outputs = output_sizes(sizes, window, self._strides, self._pads, self._dilations)
        self._padding = [before for before, _ in self._pads] if are_symmetric(self._pads) else None

    @classmethod
    def of(
        cls,
        shape: Sizes,
        window: Sizes,
        strides: Sizes,
        padding: bytes,
        explicit_paddings: Sizes,
        data_format: bytes,
        dilations: Sizes,
    ) -> ConvolutionGeometry:
        """Return the geometry of these parameters."""
        return _known_geometry(
            tuple(shape),
            tuple(window),
            tuple(strides),
            padding,
            tuple(explicit_paddings),
            data_format,
            tuple(dilations),
        )

    def convolve(
        self,
        image: Tensor,
        filters: Tensor,
        groups: int,
        bias: Tensor | None = None,
        activation: str = "",
    ) -> Tensor:
        """Convolve `image` with `filters`, then add `bias` and apply `activation`.

        The bias and the activation, "" or "Relu", need a result that is not empty.
        """
        if self.is_empty(image):
            return image.new_zeros(
                self.layout.image_sizes(image.shape[0], self._outputs, filters.shape[0])
            )
        first = self.layout.to_channels_first(image)
        padding = self._padding
        if padding is None:
            first, padding = pad_image(first, self._pads), [0] * len(self._pads)
        if bias is not None and activation and _fuses(first, filters):
            # It reads the bias as numbers side by side, also where one number is spread over all.
            made = _convolution_pointwise(
                first, filters, bias.contiguous(), padding, self._strides, self._dilations, groups,
                activation.lower(), [], "",
            )  # fmt: skip
        else:
            made = _CONVOLUTIONS[self.layout.rank](
                first, filters, bias, self._strides, padding, self._dilations, groups
            )
            if activation:
                made.relu_()
        return self.layout.from_channels_first(made)

    def is_empty(self, image: Tensor) -> bool:
        """Return whether no window fits on the image."""
        return 0 in self._outputs or image.numel() == 0

    def image_gradient(self, filters: Tensor, grad: Tensor, groups: int) -> Tensor:
        """Return the gradient of the image."""
        layout = self.layout
        self._check_gradient(grad, filters.shape[0])
        if grad.numel() == 0:
            return grad.new_zeros(tuple(self._shape))
        first = layout.to_channels_first(grad)
        padding = self._padding
        if padding is not None:
            image = layout.new_image(self._shape, grad)
            made = self._backward(first, image, filters, padding, groups, True)
            return layout.from_channels_first(made)
        sizes = layout.spatial(self._shape)
        padded = [s + before + after for s, (before, after) in zip(sizes, self._pads, strict=True)]
        whole = layout.image_sizes(self._shape[0], padded, layout.channel(self._shape))
        image = layout.new_image(whole, grad)
        made = self._backward(first, image, filters, [0] * len(sizes), groups, True)
        return layout.from_channels_first(crop_image(made, self._pads, sizes)).contiguous()

    def filter_gradient(self, image: Tensor, filters: Tensor, grad: Tensor, groups: int) -> Tensor:
        """Return the gradient of the filters; only the shape of `filters` counts."""
        self._check_gradient(grad, filters.shape[0])
        if grad.numel() == 0:
            return torch.zeros_like(filters)
        first = self.layout.to_channels_first(image)
        grad = self.layout.to_channels_first(grad)
        padding = self._padding
        if padding is None:
            first, padding = pad_image(first, self._pads), [0] * len(self._pads)
        return self._backward(grad, first, filters, padding, groups, False)

    def _backward(
        self,
        grad: Tensor,
        image: Tensor,
        filters: Tensor,
        padding: Sizes,
        groups: int,
        wants_image: bool,
    ) -> Tensor:
        """Return one gradient of channels-first tensors; what is wanted is given by its shape."""
        gradients = _convolution_backward(
            grad,
            image,
            filters,
            None,
            self._strides,
            padding,
            self._dilations,
            False,
            [0] * len(padding),
            groups,
            [wants_image, not wants_image, False],
        )
        return gradients[0] if wants_image else gradients[1]

    def _check_gradient(self, grad: Tensor, channels: int) -> None:
        expected = self.layout.image_sizes(self._shape[0], self._outputs, channels)
        if tuple(expected) != tuple(grad.shape):
            raise errors.invalid_argument(
                f"Conv{len(self._outputs)}DBackprop: Size of out_backprop doesn't match computed: "
                f"actual = {list(grad.shape)}, computed = {expected}"
            )


_known_geometry = lru_cache(_KEPT_GEOMETRIES)(ConvolutionGeometry)
