"""`tf.keras.backend`: convolutions whose kernel is another one at each position.

Source: TensorFlow 1.15, python/keras/backend.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import tensormill.api as tf
from tensormill.keras.backend.state import image_data_format

__all__ = ["local_conv", "local_conv1d", "local_conv2d"]


def local_conv(
    inputs: Any, kernel: Any, kernel_size: Any, strides: Any, output_shape: Any,
    data_format: str | None = None,
) -> Any:  # fmt: skip
    """Return a convolution with a kernel for each position.

    Args:
      inputs: [batch, *sizes, channels], or with the channels first.
      kernel: [positions, window size * channels, filters].
      kernel_size: the window.
      strides: the steps.
      output_shape: the spatial sizes of what is returned.
      data_format: "channels_last" or "channels_first"; by default that of the settings.

    Raises:
      ValueError: there is no such layout.
    """
    layout = data_format or image_data_format()
    if layout not in ("channels_first", "channels_last"):
        raise ValueError(f"Unknown data_format: {data_format}")
    features, filters = kernel.get_shape().as_list()[1:]
    sizes = [int(size) for size in output_shape]
    windows = []
    for position in np.ndindex(*sizes):
        cut = [
            slice(at * step, at * step + window)
            for at, step, window in zip(position, strides, kernel_size, strict=True)
        ]
        every = slice(None)
        where = (every, every, *cut) if layout == "channels_first" else (every, *cut, every)
        windows.append(tf.reshape(inputs[where], (1, -1, features)))
    product = tf.matmul(tf.concat(windows, 0), kernel)
    spread = tf.reshape(product, (*sizes, -1, filters))
    axes = list(range(len(sizes)))
    batch, channel = len(sizes), len(sizes) + 1
    order = [batch, channel, *axes] if layout == "channels_first" else [batch, *axes, channel]
    return tf.transpose(spread, order)


def local_conv1d(
    inputs: Any, kernel: Any, kernel_size: Any, strides: Any, data_format: str | None = None
) -> Any:
    """Return a convolution of sequences with a kernel for each position; see `local_conv`."""
    length = kernel.get_shape().as_list()[0]
    return local_conv(inputs, kernel, kernel_size, strides, (length,), data_format)


def local_conv2d(
    inputs: Any, kernel: Any, kernel_size: Any, strides: Any, output_shape: Any,
    data_format: str | None = None,
) -> Any:  # fmt: skip
    """Return a convolution of images with a kernel for each position; see `local_conv`."""
    return local_conv(inputs, kernel, kernel_size, strides, output_shape, data_format)
