"""Pooling layers.

Source: TensorFlow 1.15, python/layers/pooling.py and python/keras/layers/pooling.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph.shapes import TensorShape, as_dims
from tensormill.graph.tensor import Tensor
from tensormill.layers.arguments import (
    data_format_name,
    op_data_format,
    padding_name,
    window_tuple,
)
from tensormill.layers.base import InputSpec, Layer
from tensormill.layers.convolution import output_length
from tensormill.ops import pooling, volume_pooling
from tensormill.ops.array_shapes import expand_dims, squeeze
from tensormill.ops.transposition import transpose

__all__ = [
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "average_pooling1d",
    "average_pooling2d",
    "average_pooling3d",
    "max_pooling1d",
    "max_pooling2d",
    "max_pooling3d",
]


class PoolingLayer(Layer):
    """What pooling layers of any rank have in common.

    Args:
      pool_size: the window: one int a spatial dimension, or one for all.
      strides: the steps, likewise.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first".
      name: the name of the scope.
      **kwargs: as in `Layer`.
    """

    rank: int
    pool: Callable[..., Tensor]

    def __init__(
        self,
        pool_size: Any,
        strides: Any,
        padding: str = "valid",
        data_format: str = "channels_last",
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.pool_size = window_tuple(pool_size, self.rank, "pool_size")
        self.strides = window_tuple(pool_size if strides is None else strides, self.rank, "strides")
        self.padding = padding_name(padding)
        self.data_format = data_format_name(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Tensor) -> Tensor:  # type: ignore[override]
        """Return the pooled inputs."""
        if self.rank == 3 and self.data_format == "channels_first":
            # Volumes are pooled with their channels last.
            made = self._pool(transpose(inputs, (0, 2, 3, 4, 1)), is_last=True)
            return transpose(made, (0, 4, 1, 2, 3))
        return self._pool(inputs, self.data_format == "channels_last")

    def _pool(self, inputs: Tensor, is_last: bool) -> Tensor:
        window, steps = self.pool_size, self.strides
        rank = self.rank
        axis = 2 if is_last else 3
        if rank == 1:
            # Signals are pooled as images one column wide.
            inputs, rank = expand_dims(inputs, axis), 2
            window, steps = (*window, 1), (*steps, 1)
        outputs = type(self).pool(
            inputs,
            ksize=(1, *window, 1) if is_last else (1, 1, *window),
            strides=(1, *steps, 1) if is_last else (1, 1, *steps),
            padding=self.padding.upper(),
            data_format=op_data_format("channels_last" if is_last else "channels_first", rank),
        )
        return squeeze(outputs, axis) if self.rank == 1 else outputs

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """Return the shape of the output for an input of `input_shape`."""
        dims = as_dims(input_shape)
        assert dims is not None
        is_last = self.data_format == "channels_last"
        space = [
            output_length(size, self.pool_size[i], self.padding, self.strides[i])
            for i, size in enumerate(dims[1:-1] if is_last else dims[2:])
        ]
        made = (dims[0], *space, dims[-1]) if is_last else (*dims[:2], *space)
        return TensorShape.from_dims(made)


class MaxPooling1D(PoolingLayer):
    """The largest entry of each window of signals; for the arguments see `PoolingLayer`."""

    rank = 1
    pool = staticmethod(pooling.max_pool)


class AveragePooling1D(PoolingLayer):
    """The mean of each window of signals; for the arguments see `PoolingLayer`."""

    rank = 1
    pool = staticmethod(pooling.avg_pool)


class MaxPooling2D(PoolingLayer):
    """The largest entry of each window of images; for the arguments see `PoolingLayer`."""

    rank = 2
    pool = staticmethod(pooling.max_pool)


class AveragePooling2D(PoolingLayer):
    """The mean of each window of images; for the arguments see `PoolingLayer`."""

    rank = 2
    pool = staticmethod(pooling.avg_pool)


class MaxPooling3D(PoolingLayer):
    """The largest entry of each window of volumes; for the arguments see `PoolingLayer`."""

    rank = 3
    pool = staticmethod(volume_pooling.max_pool3d)


class AveragePooling3D(PoolingLayer):
    """The mean of each window of volumes; for the arguments see `PoolingLayer`."""

    rank = 3
    pool = staticmethod(volume_pooling.avg_pool3d)


def max_pooling1d(
    inputs: Any,
    pool_size: Any,
    strides: Any,
    padding: str = "valid",
    data_format: str = "channels_last",
    name: Any = None,
) -> Tensor:
    """Return the largest entry of each window of signals.

    Args:
      inputs: [batch, *space, channels], or as `data_format` says.
      pool_size: the window: one int a spatial dimension, or one for all.
      strides: the steps, likewise.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first".
      name: the name of the scope.
    """
    return MaxPooling1D(pool_size, strides, padding, data_format, name=name).apply(inputs)


def max_pooling2d(
    inputs: Any,
    pool_size: Any,
    strides: Any,
    padding: str = "valid",
    data_format: str = "channels_last",
    name: Any = None,
) -> Tensor:
    """Return the largest entry of each window of images.

    Args:
      inputs: [batch, *space, channels], or as `data_format` says.
      pool_size: the window: one int a spatial dimension, or one for all.
      strides: the steps, likewise.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first".
      name: the name of the scope.
    """
    return MaxPooling2D(pool_size, strides, padding, data_format, name=name).apply(inputs)


def max_pooling3d(
    inputs: Any,
    pool_size: Any,
    strides: Any,
    padding: str = "valid",
    data_format: str = "channels_last",
    name: Any = None,
) -> Tensor:
    """Return the largest entry of each window of volumes.

    Args:
      inputs: [batch, *space, channels], or as `data_format` says.
      pool_size: the window: one int a spatial dimension, or one for all.
      strides: the steps, likewise.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first".
      name: the name of the scope.
    """
    return MaxPooling3D(pool_size, strides, padding, data_format, name=name).apply(inputs)


def average_pooling1d(
    inputs: Any,
    pool_size: Any,
    strides: Any,
    padding: str = "valid",
    data_format: str = "channels_last",
    name: Any = None,
) -> Tensor:
    """Return the mean of each window of signals.

    Args:
      inputs: [batch, *space, channels], or as `data_format` says.
      pool_size: the window: one int a spatial dimension, or one for all.
      strides: the steps, likewise.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first".
      name: the name of the scope.
    """
    return AveragePooling1D(pool_size, strides, padding, data_format, name=name).apply(inputs)


def average_pooling2d(
    inputs: Any,
    pool_size: Any,
    strides: Any,
    padding: str = "valid",
    data_format: str = "channels_last",
    name: Any = None,
) -> Tensor:
    """Return the mean of each window of images.

    Args:
      inputs: [batch, *space, channels], or as `data_format` says.
      pool_size: the window: one int a spatial dimension, or one for all.
      strides: the steps, likewise.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first".
      name: the name of the scope.
    """
    return AveragePooling2D(pool_size, strides, padding, data_format, name=name).apply(inputs)


def average_pooling3d(
    inputs: Any,
    pool_size: Any,
    strides: Any,
    padding: str = "valid",
    data_format: str = "channels_last",
    name: Any = None,
) -> Tensor:
    """Return the mean of each window of volumes.

    Args:
      inputs: [batch, *space, channels], or as `data_format` says.
      pool_size: the window: one int a spatial dimension, or one for all.
      strides: the steps, likewise.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first".
      name: the name of the scope.
    """
    return AveragePooling3D(pool_size, strides, padding, data_format, name=name).apply(inputs)
