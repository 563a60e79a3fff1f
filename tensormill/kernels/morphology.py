"""Kernels of dilation.

Source: TensorFlow 1.15, core/kernels/dilation_ops.cc: of several largest sums the first one counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from tensormill.graph import errors
from tensormill.kernels.registry import kernel
from tensormill.ops.windows import output_size

Tensor = torch.Tensor
_TYPES = {
    "T": ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bfloat16")
}


class _Window:
    """Where the elements of a structuring function lie in an image with a border around it."""

    def __init__(
        self,
        image: Tensor,
        filters: Tensor,
        strides: Sequence[int],
        rates: Sequence[int],
        padding: bytes,
    ) -> None:
        for name, values in (("stride", strides), ("rate", rates)):
            if len(values) != 4:
                raise errors.invalid_argument(
                    f"Sliding window {name} field must specify 4 dimensions"
                )
            if values[0] != 1 or values[3] != 1:
                raise errors.unimplemented(
                    f"{name.capitalize()} is only supported across spatial dimensions."
                )
        if image.dim() != 4 or filters.dim() != 3:
            raise errors.invalid_argument("input must be 4-dimensional and filter 3-dimensional")
        if image.shape[3] != filters.shape[2]:
            raise errors.invalid_argument(
                f"input and filter must have the same depth: {image.shape[3]} vs {filters.shape[2]}"
            )
        self.strides, self.rates = strides[1:3], rates[1:3]
        self.size = tuple(filters.shape[:2])
        self.counts: list[int] = []
        self.before: list[int] = []
        after = []
        for axis in range(2):
            count = output_size(
                image.shape[1 + axis],
                self.size[axis],
                self.strides[axis],
                padding,
                dilation=self.rates[axis],
            )
            assert count is not None
            reach = (self.size[axis] - 1) * self.rates[axis] + 1
            border = 0
            if padding == b"SAME":
                border = max((count - 1) * self.strides[axis] + reach - image.shape[1 + axis], 0)
            self.counts.append(count)
            self.before.append(border // 2)
            after.append(border - border // 2)
        self.outputs = (image.shape[0], *self.counts, image.shape[3])
        self.pads = (0, 0, self.before[1], after[1], self.before[0], after[0])
        self.image = torch.nn.functional.pad(image, self.pads)
        inside = torch.ones(1, *image.shape[1:3], 1, dtype=torch.bool, device=image.device)
        self.inside = torch.nn.functional.pad(inside, self.pads)

    def taps(self) -> Iterator[tuple[int, int, tuple[slice, ...]]]:
        """Yield each element of the function with the pixels that meet it."""
        for row in range(self.size[0]):
            for column in range(self.size[1]):
                cut = [slice(None)]
                for axis, place in enumerate((row, column)):
                    start = place * self.rates[axis]
                    stop = start + (self.counts[axis] - 1) * self.strides[axis] + 1
                    cut.append(slice(start, stop, self.strides[axis]))
                yield row, column, tuple(cut)

    def largest(self, filters: Tensor) -> tuple[Tensor, Tensor]:
        """Return the largest sums, and the number of the element that gives each."""
        dtype = self.image.dtype
        lowest = (torch.finfo if dtype.is_floating_point else torch.iinfo)(dtype).min
        best = self.image.new_full(self.outputs, lowest)
        which = torch.zeros_like(best, dtype=torch.int32)
        is_set = torch.zeros_like(best, dtype=torch.bool)
        for number, (row, column, cut) in enumerate(self.taps()):
            sums = self.image[cut] + filters[row, column]
            inside = self.inside[cut].expand(sums.shape)
            is_better = inside & (sums > best)
            best = torch.where(is_better, sums, best)
            which = torch.where(is_better | (inside & ~is_set), number, which)
            is_set = is_set | inside
        return best, which

    def check_gradient(self, gradient: Tensor) -> None:
        """Complain where a gradient has not the shape of the largest sums."""
        if tuple(gradient.shape) != self.outputs:
            raise errors.invalid_argument("out_backprop has incompatible size.")


@kernel("Dilation2D", "cpu", "gpu", types=_TYPES)
def dilation2d(
    input: Tensor,
    filter: Tensor,
    *,
    strides: Sequence[int],
    rates: Sequence[int],
    padding: bytes,
) -> Tensor:
    return _Window(input, filter, strides, rates, padding).largest(filter)[0]


@kernel("Dilation2DBackpropInput", "cpu", "gpu", types=_TYPES)
def dilation2d_backprop_input(
    input: Tensor,
    filter: Tensor,
    out_backprop: Tensor,
    *,
    strides: Sequence[int],
    rates: Sequence[int],
    padding: bytes,
) -> Tensor:
    window = _Window(input, filter, strides, rates, padding)
    window.check_gradient(out_backprop)
    _, which = window.largest(filter)
    result = torch.zeros_like(window.image)
    for number, (_, _, cut) in enumerate(window.taps()):
        result[cut] += torch.where(which == number, out_backprop, 0)
    top, left = window.before
    return result[:, top : top + input.shape[1], left : left + input.shape[2]].contiguous()


@kernel("Dilation2DBackpropFilter", "cpu", "gpu", types=_TYPES)
def dilation2d_backprop_filter(
    input: Tensor,
    filter: Tensor,
    out_backprop: Tensor,
    *,
    strides: Sequence[int],
    rates: Sequence[int],
    padding: bytes,
) -> Tensor:
    window = _Window(input, filter, strides, rates, padding)
    window.check_gradient(out_backprop)
    _, which = window.largest(filter)
    result = torch.zeros_like(filter)
    for number, (row, column, _) in enumerate(window.taps()):
        routed = torch.where(which == number, out_backprop, 0)
        result[row, column] = routed.sum((0, 1, 2)).to(filter.dtype)
    return result
