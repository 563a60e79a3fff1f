"""Which inputs of a convolution are connected with which of its outputs.

Source: TensorFlow 1.15, python/keras/utils/conv_utils.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = [
    "conv_connected_inputs",
    "conv_kernel_idxs",
    "conv_kernel_mask",
    "conv_output_shape",
    "convert_kernel",
]


def _per_axis(given: Any, count: int) -> tuple[int, ...]:
    return (given,) * count if isinstance(given, int) else tuple(given)


def _checked(
    input_shape: Any, kernel_shape: Any, strides: Any, padding: str
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Return sizes, windows and steps, one of each an axis.

    Raises:
      ValueError: there are not as many of each.
      NotImplementedError: the padding is neither "same" nor "valid".
    """
    if padding not in ("same", "valid"):
        raise NotImplementedError(
            f'Padding type {padding} not supported. Only "valid" and "same" are implemented.'
        )
    count = len(input_shape)
    windows, steps = _per_axis(kernel_shape, count), _per_axis(strides, count)
    if len(windows) != count or len(steps) != count:
        raise ValueError(
            "Number of strides, input and kernel dimensions must all match. "
            f"Received: {len(steps)}, {len(windows)}, {count}."
        )
    return tuple(input_shape), windows, steps


def conv_output_shape(
    input_shape: Any, kernel_shape: Any, strides: Any, padding: str
) -> tuple[int, ...]:
    """Return the spatial sizes of what a convolution gives."""
    sizes, windows, steps = _checked(input_shape, kernel_shape, strides, padding)
    return tuple(
        -(-(size if padding == "same" else size - window + 1) // step)
        for size, window, step in zip(sizes, windows, steps, strict=True)
    )


def conv_connected_inputs(
    input_shape: Any, kernel_shape: Any, output_position: Any, strides: Any, padding: str
) -> list[range]:
    """Return, for each axis, the positions in the input that one position of the output sees."""
    sizes, windows, steps = _checked(input_shape, kernel_shape, strides, padding)
    found = []
    for size, window, step, at in zip(sizes, windows, steps, output_position, strict=True):
        center = at * step + (window // 2 if padding == "valid" else 0)
        found.append(range(max(0, center - window // 2), min(size, center + window - window // 2)))
    return found


def conv_kernel_mask(
    input_shape: Any, kernel_shape: Any, strides: Any, padding: str
) -> np.ndarray[Any, Any]:
    """Return which positions are connected: bool, [*input sizes, *output sizes]."""
    sizes, windows, steps = _checked(input_shape, kernel_shape, strides, padding)
    made = conv_output_shape(sizes, windows, steps, padding)
    mask = np.zeros((*sizes, *made), bool)
    for at in np.ndindex(*made):
        for place in itertools.product(*conv_connected_inputs(sizes, windows, at, steps, padding)):
            mask[(*place, *at)] = True
    return mask


def conv_kernel_idxs(
    input_shape: Any, kernel_shape: Any, strides: Any, padding: str, filters_in: int,
    filters_out: int, data_format: str,
) -> Iterator[tuple[int, int]]:  # fmt: skip
    """Yield the connected pairs (index in the flat output, index in the flat input) of an image.

    Raises:
      ValueError: the layout is neither "channels_first" nor "channels_last".
    """
    sizes, windows, steps = _checked(input_shape, kernel_shape, strides, padding)
    if data_format not in ("channels_first", "channels_last"):
        raise ValueError(
            f"Data format {data_format} not recignized."
            '`data_format` must be "channels_first" or "channels_last".'
        )
    made = conv_output_shape(sizes, windows, steps, padding)

    def index(place: tuple[int, ...], channel: int, shape: tuple[int, ...], count: int) -> int:
        if data_format == "channels_first":
            return int(np.ravel_multi_index((channel, *place), (count, *shape)))
        return int(np.ravel_multi_index((*place, channel), (*shape, count)))

    for at in np.ndindex(*made):
        for place in itertools.product(*conv_connected_inputs(sizes, windows, at, steps, padding)):
            for source, target in itertools.product(range(filters_in), range(filters_out)):
                yield index(at, target, made, filters_out), index(place, source, sizes, filters_in)


def convert_kernel(kernel: Any) -> np.ndarray[Any, Any]:
    """Return a kernel with its window turned around, as Theano has it.

    Raises:
      ValueError: it has not three to five axes.
    """
    kernel = np.asarray(kernel)
    if not 3 <= kernel.ndim <= 5:
        raise ValueError("Invalid kernel shape:", kernel.shape)
    return np.flip(kernel, tuple(range(kernel.ndim - 2))).copy()
