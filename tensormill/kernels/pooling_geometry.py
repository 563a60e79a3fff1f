"""Max and average pooling through torch, for the kernels of images and volumes.

TensorFlow's SAME pads one more after than before where the padding is odd; torch knows symmetric
padding only, but its `ceil_mode` lets the last window reach over the end, which is the same unless
the step is 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch.nn import functional

from tensormill.graph import errors
from tensormill.kernels.windows import (
    Layout,
    Pads,
    crop_image,
    explicit_pads,
    output_sizes,
    pad_image,
    window_pads,
)

Tensor = torch.Tensor
Sizes = Sequence[int]

_MAX_POOLS: dict[int, Callable[..., Any]] = {2: functional.max_pool2d, 3: functional.max_pool3d}
_MAX_BACKWARD = {
    2: torch.ops.aten.max_pool2d_with_indices_backward.grad_input,
    3: torch.ops.aten.max_pool3d_with_indices_backward.grad_input,
}
_AVG_POOLS: dict[int, Callable[..., Any]] = {2: functional.avg_pool2d, 3: functional.avg_pool3d}
_AVG_BACKWARD = {
    2: torch.ops.aten.avg_pool2d_backward.default,
    3: torch.ops.aten.avg_pool3d_backward.default,
}
_KEPT_POOLS = 1024


@dataclass(slots=True, frozen=True)
class Pool:
    """The geometry of one pooling.

    Attributes:
      layout: of the image.
      window: spatial sizes of the window.
      strides: spatial steps.
      padding: what torch pads on both sides.
      outer: padding that torch cannot do, to be done beforehand; () where there is none.
      ceil_mode: whether the last window may reach over the end.
      sizes: the spatial sizes of the image.
      outputs: the spatial sizes of what comes out.
    """

    layout: Layout
    window: Sizes
    strides: Sizes
    padding: Sizes
    outer: Pads
    ceil_mode: bool
    sizes: Sizes
    outputs: Sizes

    @classmethod
    def of(
        cls,
        shape: Sizes,
        ksize: Sizes,
        strides: Sizes,
        padding: bytes,
        data_format: bytes,
        explicit_paddings: Sizes = (),
    ) -> Pool:
        """Return the geometry for an image of `shape`, the same one again for the same parameters.

        Raises:
          InvalidArgumentError: a size or step of the window is not positive, or one is missing.
          UnimplementedError: the window reaches over images or channels.
        """
        return _known_pool(
            tuple(shape),
            tuple(ksize),
            tuple(strides),
            padding,
            data_format,
            tuple(explicit_paddings),
        )

    def empty(self, image: Tensor) -> Tensor:
        """Return what comes out where no window fits."""
        channels = self.layout.channel(image.shape)
        return image.new_zeros(self.layout.image_sizes(image.shape[0], self.outputs, channels))

    def padded_sizes(self) -> list[int]:
        """Return the spatial sizes of the image with the outer padding."""
        pads = self.outer or [(0, 0)] * len(self.sizes)
        return [size + sum(pad) for size, pad in zip(self.sizes, pads, strict=True)]

    def padded(self, image: Tensor, value: float) -> Tensor:
        """Return a channels-first image with the outer padding."""
        return pad_image(image, self.outer, value) if self.outer else image

    def cropped(self, image: Tensor) -> Tensor:
        """Return a channels-first image without the outer padding."""
        return crop_image(image, self.outer, self.sizes).contiguous() if self.outer else image


@lru_cache(_KEPT_POOLS)
def _known_pool(
    shape: Sizes,
    ksize: Sizes,
    strides: Sizes,
    padding: bytes,
    data_format: bytes,
    explicit_paddings: Sizes,
) -> Pool:
    layout = Layout.of(data_format)
    layout.check_rank(shape)
    _check_window(layout.rank + 2, ksize, strides)
    if ksize[0] != 1 or strides[0] != 1:
        raise errors.unimplemented("Pooling is not yet supported on the batch dimension.")
    if layout.channel(ksize) != 1 or layout.channel(strides) != 1:
        raise errors.unimplemented("Pooling is not yet supported on the depth dimension.")
    sizes, window = layout.spatial(shape), layout.spatial(ksize)
    steps = layout.spatial(strides)
    _check_pads(window, explicit_pads(explicit_paddings, layout))
    pads = window_pads(sizes, window, steps, padding, explicit_pads(explicit_paddings, layout))
    outputs = output_sizes(sizes, window, steps, pads)
    before = [start for start, _ in pads]
    if padding == b"VALID":
        return Pool(layout, window, steps, before, (), False, sizes, outputs)
    fits = all(
        start * 2 <= length and (end == start or (end == start + 1 and step > 1))
        for (start, end), length, step in zip(pads, window, steps, strict=True)
    )
    if padding == b"SAME" and fits:
        return Pool(layout, window, steps, before, (), True, sizes, outputs)
    return Pool(layout, window, steps, [0] * len(sizes), pads, False, sizes, outputs)


def _check_window(rank: int, ksize: Sizes, strides: Sizes) -> None:
    """Complain where there is not one positive size and step a dimension."""
    for name, values in (("ksize", ksize), ("stride", strides)):
        if len(values) != rank:
            raise errors.invalid_argument(
                f"Sliding window {name} field must specify {rank} dimensions"
            )
    if min(ksize) <= 0:
        raise errors.invalid_argument(
            "Sliding window ksize must be positive. The specified or inferred ksize is: "
            f"{','.join(map(str, ksize))}"
        )
    if min(strides) <= 0:
        raise errors.invalid_argument(f"Stride must be > 0, but got {min(strides)}")


_SIDES = (("Top", "Bottom"), ("Left", "Right"))


def _check_pads(window: Sizes, explicit: Pads) -> None:
    """Complain where a whole window may lie outside of an image with explicit paddings."""
    for names, pair, size in zip(_SIDES, explicit, window, strict=False):
        for name, pad in zip(names, pair, strict=True):
            if pad >= size:
                raise errors.invalid_argument(
                    f"{name} padding {pad} needs to be smaller than the window size {size}"
                )


def _lowest(dtype: torch.dtype) -> float:
    return -float("inf") if dtype.is_floating_point else torch.iinfo(dtype).min


def pool_max(image: Tensor, pool: Pool) -> Tensor:
    layout = pool.layout
    if not image.numel() or 0 in pool.outputs:
        return pool.empty(image)
    made = _MAX_POOLS[layout.rank](
        pool.padded(layout.to_channels_first(image), _lowest(image.dtype)),
        pool.window,
        pool.strides,
        pool.padding,
        1,
        pool.ceil_mode,
    )
    return layout.from_channels_first(made)


def pool_max_with_indices(image: Tensor, pool: Pool) -> tuple[Tensor, Tensor, Tensor]:
    """Return (padded image, pooled, indices into the padded spatial plane), all channels first."""
    padded = pool.padded(pool.layout.to_channels_first(image), _lowest(image.dtype))
    pooled, indices = _MAX_POOLS[pool.layout.rank](
        padded, pool.window, pool.strides, pool.padding, 1, pool.ceil_mode, return_indices=True
    )
    return padded, pooled, indices


def pool_max_grad(image: Tensor, grad: Tensor, pool: Pool) -> Tensor:
    """Return the gradient of max pooling."""
    if not image.numel() or 0 in pool.outputs:
        return torch.zeros_like(image)
    _, _, indices = pool_max_with_indices(image, pool)
    return pool_max_grad_at(indices, grad, pool)


def pool_max_grad_at(indices: Tensor, grad: Tensor, pool: Pool) -> Tensor:
    """Return the gradient of max pooling, from the indices of `pool_max_with_indices`."""
    layout = pool.layout
    grad = layout.to_channels_first(grad)
    _check_gradient(indices, grad)
    sizes = pool.padded_sizes()
    shape = layout.image_sizes(grad.shape[0], sizes, grad.shape[1])
    made = layout.new_image(shape, grad)
    if grad.dtype.is_floating_point:
        # Of the image torch reads only the shape.
        _MAX_BACKWARD[layout.rank](
            grad, made, pool.window, pool.strides, pool.padding, [1] * layout.rank,
            pool.ceil_mode, indices, grad_input=made,
        )  # fmt: skip
    else:
        flat = grad.new_zeros(made.shape).flatten(2)
        made = flat.scatter_add_(2, indices.flatten(2), grad.flatten(2)).view(made.shape)
    return layout.from_channels_first(pool.cropped(made))


def pool_max_grad_grad(image: Tensor, grad: Tensor, pool: Pool) -> Tensor:
    layout = pool.layout
    grad = pool.padded(layout.to_channels_first(grad), 0)
    padded, _, indices = pool_max_with_indices(image, pool)
    if grad.shape != padded.shape:
        raise errors.invalid_argument(
            f"Expected grad shape to be {list(padded.shape)}, but got {list(grad.shape)}"
        )
    made = grad.flatten(2).gather(2, indices.flatten(2)).view(indices.shape)
    return layout.from_channels_first(made)


def _check_gradient(pooled: Tensor, grad: Tensor) -> None:
    if pooled.shape != grad.shape:
        raise errors.invalid_argument(
            f"Expected grad shape to be {list(pooled.shape)}, but got {list(grad.shape)}"
        )


def _counts(pool: Pool, like: Tensor) -> Tensor:
    """Return which share of each window lies on the image, for pools with an outer padding."""
    ones = pool.padded(like.new_ones((1, 1, *pool.sizes)), 0)
    return _AVG_POOLS[pool.layout.rank](ones, pool.window, pool.strides)


def pool_avg(image: Tensor, pool: Pool) -> Tensor:
    layout = pool.layout
    if not image.numel() or 0 in pool.outputs:
        return pool.empty(image)
    made = _AVG_POOLS[layout.rank](
        pool.padded(layout.to_channels_first(image), 0),
        pool.window,
        pool.strides,
        pool.padding,
        pool.ceil_mode,
        False,
    )
    if pool.outer:
        made = made / _counts(pool, image)
    return layout.from_channels_first(made)


def pool_avg_grad(shape: list[int], grad: Tensor, pool: Pool) -> Tensor:
    layout = pool.layout
    grad = layout.to_channels_first(grad)
    if pool.outer:
        grad = grad / _counts(pool, grad)
    image = pool.padded(layout.new_image(shape, grad), 0)
    made = _AVG_BACKWARD[layout.rank](
        grad, image, pool.window, pool.strides, pool.padding, pool.ceil_mode, False, None
    )
    return layout.from_channels_first(pool.cropped(made))
