"""Convolutions whose kernel is another one at each position.

Source: TensorFlow 1.15, python/keras/layers/local.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import tensormill.api as tf
from tensormill.keras.backend.local_convolution import local_conv
from tensormill.keras.backend.networks import bias_add
from tensormill.keras.backend.state import image_data_format
from tensormill.keras.engine.layer import InputSpec
from tensormill.keras.engine.window_connections import (
    conv_kernel_idxs,
    conv_kernel_mask,
    conv_output_shape,
)
from tensormill.keras.layers.convolution import Conv

__all__ = ["LocallyConnected1D", "LocallyConnected2D"]


class _LocallyConnected(Conv):
    """What layers over sequences and over images have in common; arguments as in `Conv`.

    Args:
      implementation: 1 for a product at each position, 2 for one product with a dense matrix that
        is masked, 3 for one product with a sparse matrix.
    """

    def __init__(
        self, rank: int, filters: Any, kernel_size: Any, strides: Any, padding: str,
        data_format: Any, implementation: int, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            rank, filters, kernel_size, strides, padding,
            data_format or image_data_format(), **kwargs,
        )  # fmt: skip
        if self.padding != "valid" and implementation == 1:
            raise ValueError(
                f"Invalid border mode for {type(self).__name__} "
                f'(only "valid" is supported if implementation is 1): {padding}'
            )
        self.implementation = implementation

    def build(self, input_shape: Any) -> None:
        """Make the kernel and the bias, [*output sizes, filters].

        Raises:
          ValueError: a size of the input is not known.
        """
        dims: list[Any] = tf.TensorShape(input_shape).as_list()
        is_first = self.data_format == "channels_first"
        sizes = tuple(dims[2:] if is_first else dims[1:-1])
        channels = dims[self.channel_axis]
        if channels is None or None in sizes:
            text = "The spatial dimensions of the inputs to  a LocallyConnected2D layer should be"
            if self.rank == 1:
                raise ValueError(
                    "Axis 2 of input should be fully-defined. Found shape:", tuple(dims)
                )
            raise ValueError(
                f"{text} fully-defined, but layer received the inputs shape {tuple(dims)}"
            )
        self.output_sizes = conv_output_shape(sizes, self.kernel_size, self.strides, self.padding)
        self.kernel = self.add_kernel("kernel", self._kernel_shape(sizes, channels))
        if self.use_bias:
            self.bias = self.add_bias((*self.output_sizes, self.filters))
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={self.channel_axis: channels})
        self.built = True

    def _kernel_shape(self, sizes: tuple[int, ...], channels: int) -> tuple[int, ...]:
        filters = int(self.filters or 0)
        window = (sizes, self.kernel_size, self.strides, self.padding)
        if self.implementation == 1:
            features = int(np.prod(self.kernel_size)) * channels
            self.kernel_shape: Any = (int(np.prod(self.output_sizes)), features, filters)
            return tuple(self.kernel_shape)
        if self.implementation == 2:
            mask = conv_kernel_mask(*window)
            if self.data_format == "channels_first":
                self.kernel_shape = (channels, *sizes, filters, *self.output_sizes)
                self.kernel_mask = np.expand_dims(mask, (0, self.rank + 1))
            else:
                self.kernel_shape = (*sizes, channels, *self.output_sizes, filters)
                self.kernel_mask = np.expand_dims(mask, (self.rank, 2 * self.rank + 1))
            return tuple(self.kernel_shape)
        if self.implementation == 3:
            self.kernel_shape = (
                int(np.prod(self.output_sizes)) * filters, int(np.prod(sizes)) * channels,
            )  # fmt: skip
            self.kernel_idxs = sorted(
                conv_kernel_idxs(*window, channels, filters, self.data_format)
            )
            return (len(self.kernel_idxs),)
        raise ValueError(f"Unrecognized implementation mode: {self.implementation}.")

    def call(self, inputs: Any) -> Any:
        """Return the outputs."""
        if self.implementation == 1:
            outputs = local_conv(
                inputs, self.kernel, self.kernel_size, self.strides, self.output_sizes,
                self.data_format,
            )  # fmt: skip
        else:
            flat = tf.reshape(inputs, (tf.shape(inputs)[0], -1))
            product = self._masked(flat) if self.implementation == 2 else self._sparse(flat)
            sizes = (
                (self.filters, *self.output_sizes)
                if self.data_format == "channels_first"
                else (*self.output_sizes, self.filters)
            )
            outputs = tf.reshape(product, [tf.shape(product)[0], *sizes])
            outputs.set_shape([inputs.get_shape().as_list()[0], *sizes])
        if self.use_bias:
            outputs = bias_add(outputs, self.bias, data_format=self.data_format)
        return self.activation(outputs)

    def _masked(self, flat: Any) -> Any:
        kernel = (
            tf.constant(self.kernel_mask.astype(self.kernel.dtype.as_numpy_dtype)) * self.kernel
        )
        half = int(np.prod(self.kernel_shape[: self.rank + 1]))
        return tf.matmul(flat, tf.reshape(kernel, (half, -1)))

    def _sparse(self, flat: Any) -> Any:
        kernel = tf.SparseTensor(self.kernel_idxs, self.kernel, self.kernel_shape)
        return tf.transpose(tf.sparse.sparse_dense_matmul(kernel, flat, adjoint_b=True))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        config = {**super().get_config(), "implementation": self.implementation}
        del config["dilation_rate"]
        return config


class LocallyConnected1D(_LocallyConnected):
    """A convolution of sequences with a kernel of its own at each position; see `Conv`."""

    def __init__(
        self, filters: Any, kernel_size: Any, strides: Any = 1, padding: str = "valid",
        data_format: Any = None, activation: Any = None, use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform", bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None, bias_regularizer: Any = None,
        activity_regularizer: Any = None, kernel_constraint: Any = None,
        bias_constraint: Any = None, implementation: int = 1, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            1, filters, kernel_size, strides, padding, data_format, implementation,
            activation=activation, use_bias=use_bias, kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer, kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer, activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint, bias_constraint=bias_constraint, **kwargs,
        )  # fmt: skip


class LocallyConnected2D(_LocallyConnected):
    """A convolution of images with a kernel of its own at each position; see `Conv`."""

    def __init__(
        self, filters: Any, kernel_size: Any, strides: Any = (1, 1), padding: str = "valid",
        data_format: Any = None, activation: Any = None, use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform", bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None, bias_regularizer: Any = None,
        activity_regularizer: Any = None, kernel_constraint: Any = None,
        bias_constraint: Any = None, implementation: int = 1, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            2, filters, kernel_size, strides, padding, data_format, implementation,
            activation=activation, use_bias=use_bias, kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer, kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer, activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint, bias_constraint=bias_constraint, **kwargs,
        )  # fmt: skip
