"""Pooling, enlarging, padding and cropping of sequences, images and volumes.

Source: TensorFlow 1.15, python/keras/layers/pooling.py and convolutional.py.
"""

from __future__ import annotations

from typing import Any

import tensormill.api as tf
from tensormill.keras.backend.networks import pool_windows, resize_images
from tensormill.keras.backend.state import image_data_format
from tensormill.keras.engine.layer import InputSpec, Layer
from tensormill.layers.arguments import op_data_format, padding_name, window_tuple

__all__ = [
    "AveragePooling1D", "AveragePooling2D", "AveragePooling3D", "AvgPool1D", "AvgPool2D",
    "AvgPool3D", "Cropping1D", "Cropping2D", "Cropping3D", "GlobalAveragePooling1D",
    "GlobalAveragePooling2D", "GlobalAveragePooling3D", "GlobalAvgPool1D", "GlobalAvgPool2D",
    "GlobalAvgPool3D", "GlobalMaxPool1D", "GlobalMaxPool2D", "GlobalMaxPool3D",
    "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D", "MaxPool1D", "MaxPool2D",
    "MaxPool3D", "MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "UpSampling1D", "UpSampling2D",
    "UpSampling3D", "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D",
]  # fmt: skip


class _Spatial(Layer):
    """A layer of sequences (rank 1), images (rank 2) or volumes (rank 3)."""

    _rank = 2

    def __init__(self, data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = data_format or (
            image_data_format() if self._rank > 1 else "channels_last"
        )
        self.input_spec = InputSpec(ndim=self._rank + 2)

    @property
    def _axes(self) -> list[int]:
        start = 2 if self.data_format == "channels_first" else 1
        return list(range(start, start + self._rank))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "data_format": self.data_format}


class _Pooling(_Spatial):
    """The greatest value or the mean of each window.

    Args:
      pool_size: the sizes of the window.
      strides: the steps; by default the sizes of the window.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first".
      **kwargs: as in `Layer`.
    """

    _kind = "MAX"

    def __init__(
        self, pool_size: Any = 2, strides: Any = None, padding: str = "valid",
        data_format: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(data_format, **kwargs)
        self.pool_size = window_tuple(pool_size, self._rank, "pool_size")
        self.strides = window_tuple(
            self.pool_size if strides is None else strides, self._rank, "strides"
        )
        self.padding = padding_name(padding)

    def call(self, inputs: Any) -> Any:
        """Return the pooled inputs."""
        settings = self.pool_size, self.strides, self.padding
        kind = self._kind.lower()
        if self._rank == 3 and self.data_format == "channels_first":
            # Volumes are pooled with their channels last.
            last = tf.transpose(inputs, (0, 2, 3, 4, 1))
            return tf.transpose(pool_windows(last, *settings, "NDHWC", kind), (0, 4, 1, 2, 3))
        form = str(op_data_format(self.data_format, self._rank))
        return pool_windows(inputs, *settings, form, kind)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = {"pool_size": self.pool_size, "strides": self.strides, "padding": self.padding}
        return {**super().get_config(), **own}


class MaxPooling1D(_Pooling):
    """The greatest value of each window of sequences."""

    _rank = 1


class MaxPooling2D(_Pooling):
    """The greatest value of each window of images."""


class MaxPooling3D(_Pooling):
    """The greatest value of each window of volumes."""

    _rank = 3


class AveragePooling1D(_Pooling):
    """The mean of each window of sequences."""

    _rank, _kind = 1, "AVG"


class AveragePooling2D(_Pooling):
    """The mean of each window of images."""

    _kind = "AVG"


class AveragePooling3D(_Pooling):
    """The mean of each window of volumes."""

    _rank, _kind = 3, "AVG"


class GlobalMaxPooling2D(_Spatial):
    """The greatest value of each channel of images."""

    def call(self, inputs: Any) -> Any:
        """Return [batch, channels]."""
        return tf.reduce_max(inputs, self._axes)


class GlobalMaxPooling1D(GlobalMaxPooling2D):
    """The greatest value of each channel of sequences."""

    _rank = 1


class GlobalMaxPooling3D(GlobalMaxPooling2D):
    """The greatest value of each channel of volumes."""

    _rank = 3


class GlobalAveragePooling2D(_Spatial):
    """The mean of each channel of images."""

    def call(self, inputs: Any) -> Any:
        """Return [batch, channels]."""
        return tf.reduce_mean(inputs, self._axes)


class GlobalAveragePooling3D(GlobalAveragePooling2D):
    """The mean of each channel of volumes."""

    _rank = 3


class GlobalAveragePooling1D(_Spatial):
    """The mean of each channel of sequences, over the steps that are not masked."""

    _rank = 1

    def __init__(self, data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(data_format, **kwargs)
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Return [batch, channels]."""
        axis = self._axes[0]
        if mask is None:
            return tf.reduce_mean(inputs, axis)
        weights = tf.expand_dims(tf.cast(mask, inputs.dtype), 3 - axis)
        return tf.reduce_sum(inputs * weights, axis) / tf.reduce_sum(weights, axis)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return None: there are no steps any more."""
        return None


class UpSampling1D(Layer):
    """Repeats each step of sequences."""

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = int(size)
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs: Any) -> Any:
        """Return the longer sequences."""
        return tf.repeat(inputs, self.size, axis=1)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "size": self.size}


class UpSampling2D(_Spatial):
    """Enlarges images by whole factors."""

    def __init__(
        self, size: Any = (2, 2), data_format: Any = None, interpolation: str = "nearest",
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(data_format, **kwargs)
        self.size = window_tuple(size, 2, "size")
        self.interpolation = interpolation

    def call(self, inputs: Any) -> Any:
        """Return the larger images."""
        height, width = self.size
        return resize_images(inputs, height, width, self.data_format, self.interpolation)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "size": self.size, "interpolation": self.interpolation}


class UpSampling3D(_Spatial):
    """Enlarges volumes by whole factors."""

    _rank = 3

    def __init__(self, size: Any = (2, 2, 2), data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(data_format, **kwargs)
        self.size = window_tuple(size, 3, "size")

    def call(self, inputs: Any) -> Any:
        """Return the larger volumes."""
        for axis, factor in zip(self._axes, self.size, strict=True):
            inputs = tf.repeat(inputs, factor, axis=axis)
        return inputs

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "size": self.size}


def _pairs(given: Any, rank: int, what: str) -> tuple[Any, ...]:
    """Return (before, after) of each axis, from one number, one an axis, or such pairs.

    Raises:
      ValueError: it is none of these.
    """
    if isinstance(given, int):
        return ((given, given),) * rank
    if rank == 1:
        return (window_tuple(given, 2, what),)
    if len(given) != rank:
        raise ValueError(f"`{what}` should have {rank} elements. Found: {given}")
    return tuple(
        (each, each) if isinstance(each, int) else window_tuple(each, 2, what) for each in given
    )


class ZeroPadding2D(_Spatial):
    """Puts zeros around images."""

    def __init__(self, padding: Any = 1, data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(data_format, **kwargs)
        self.padding = _pairs(padding, self._rank, "padding")

    def call(self, inputs: Any) -> Any:
        """Return the larger inputs."""
        space = [[0, 0] for _ in range(self._rank + 2)]
        for axis, pair in zip(self._axes, self.padding, strict=True):
            space[axis] = list(pair)
        return tf.pad(inputs, space)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        padding = self.padding if self._rank > 1 else self.padding[0]
        return {**super().get_config(), "padding": padding}


class ZeroPadding1D(ZeroPadding2D):
    """Puts zeros before and after sequences."""

    _rank = 1


class ZeroPadding3D(ZeroPadding2D):
    """Puts zeros around volumes."""

    _rank = 3


class Cropping2D(_Spatial):
    """Cuts images at their edges."""

    def __init__(self, cropping: Any = 0, data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(data_format, **kwargs)
        self.cropping = _pairs(cropping, self._rank, "cropping")

    def call(self, inputs: Any) -> Any:
        """Return the smaller inputs."""
        parts: list[Any] = [slice(None)] * (self._rank + 2)
        for axis, (before, after) in zip(self._axes, self.cropping, strict=True):
            parts[axis] = slice(before, -after if after else None)
        return inputs[tuple(parts)]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        cropping = self.cropping if self._rank > 1 else self.cropping[0]
        return {**super().get_config(), "cropping": cropping}


class Cropping1D(Cropping2D):
    """Cuts sequences at their ends."""

    _rank = 1

    def __init__(self, cropping: Any = (1, 1), data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(cropping, data_format, **kwargs)


class Cropping3D(Cropping2D):
    """Cuts volumes at their edges."""

    _rank = 3

    def __init__(self, cropping: Any = 1, data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(cropping, data_format, **kwargs)


MaxPool1D, MaxPool2D, MaxPool3D = MaxPooling1D, MaxPooling2D, MaxPooling3D
AvgPool1D, AvgPool2D, AvgPool3D = AveragePooling1D, AveragePooling2D, AveragePooling3D
GlobalMaxPool1D, GlobalMaxPool2D = GlobalMaxPooling1D, GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D
GlobalAvgPool1D, GlobalAvgPool2D = GlobalAveragePooling1D, GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
