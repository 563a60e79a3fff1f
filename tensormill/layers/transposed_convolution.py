"""Layers of transposed convolutions, which make images larger.

Source: TensorFlow 1.15, python/layers/convolutional.py and python/keras/layers/convolutional.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph.shapes import TensorShape, as_dims
from tensormill.graph.tensor import Tensor
from tensormill.layers.arguments import op_data_format
from tensormill.layers.base import InputSpec
from tensormill.layers.convolution import ConvolutionLayer
from tensormill.ops import convolution, volume_convolution
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.joining import stack
from tensormill.variables.initializers import Zeros

__all__ = ["Conv2DTranspose", "Conv3DTranspose", "conv2d_transpose", "conv3d_transpose"]


class TransposedConvolutionLayer(ConvolutionLayer):
    """What transposed convolutions have in common; the kernel is [*window, filters, channels]."""

    transpose: Callable[..., Tensor]

    def build(self, input_shape: Any) -> None:
        """Make the kernel and the bias.

        Raises:
          ValueError: the number of channels is not known.
        """
        channels = self.channels_of(as_dims(input_shape))
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={self.channel_axis: channels})
        self.add_kernel((*self.kernel_size, self.filters, channels))
        self.add_bias()
        self.built = True

    def _length(self, size: Any, axis: int) -> Any:
        """Return the size of the output, of an int or a scalar tensor."""
        if size is None:
            return None
        length = size * self.strides[axis]
        if self.padding == "valid":
            length += max(self.kernel_size[axis] - self.strides[axis], 0)
        return length

    def call(self, inputs: Tensor) -> Tensor:  # type: ignore[override]
        """Return the outputs."""
        is_first = self.data_format == "channels_first"
        sizes = shape_of(inputs)
        batch = sizes[0]
        start = 2 if is_first else 1
        given = [sizes[start + axis] for axis in range(self.rank)]
        space = [self._length(size, axis) for axis, size in enumerate(given)]
        shape = [batch, self.filters, *space] if is_first else [batch, *space, self.filters]
        strides = [1, 1, *self.strides] if is_first else [1, *self.strides, 1]
        outputs = type(self).transpose(
            inputs,
            self.kernel,
            stack(shape),
            strides,
            padding=self.padding.upper(),
            data_format=op_data_format(self.data_format, self.rank),
        )
        outputs.set_shape(self.compute_output_shape(inputs.get_shape()))
        return self.finish(outputs)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """Return the shape of the output for an input of `input_shape`."""
        dims = as_dims(input_shape)
        assert dims is not None
        is_first = self.data_format == "channels_first"
        given = dims[2:] if is_first else dims[1:-1]
        space = [self._length(size, axis) for axis, size in enumerate(given)]
        if is_first:
            return TensorShape.from_dims((dims[0], self.filters, *space))
        return TensorShape.from_dims((dims[0], *space, self.filters))


class Conv2DTranspose(TransposedConvolutionLayer):
    """A transposed convolution of images; for the arguments see `ConvolutionLayer`."""

    transpose = staticmethod(convolution.conv2d_transpose)

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = (1, 1),
        padding: str = "valid",
        data_format: str = "channels_last",
        activation: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            2,
            filters,
            kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            activation=activation,
            **kwargs,
        )


class Conv3DTranspose(TransposedConvolutionLayer):
    """A transposed convolution of volumes; for the arguments see `ConvolutionLayer`."""

    transpose = staticmethod(volume_convolution.conv3d_transpose)

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = (1, 1, 1),
        padding: str = "valid",
        data_format: str = "channels_last",
        activation: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            3,
            filters,
            kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            activation=activation,
            **kwargs,
        )


def conv2d_transpose(
    inputs: Any,
    filters: int,
    kernel_size: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str = "channels_last",
    activation: Any = None,
    use_bias: bool = True,
    kernel_initializer: Any = None,
    bias_initializer: Any = Zeros(),  # noqa: B008 - it has no state
    kernel_regularizer: Any = None,
    bias_regularizer: Any = None,
    activity_regularizer: Any = None,
    kernel_constraint: Any = None,
    bias_constraint: Any = None,
    trainable: bool = True,
    name: Any = None,
    reuse: Any = None,
) -> Tensor:
    """Convolve images, transposed, with new variables; see `Conv2DTranspose`.

    Args:
      inputs: the images: [batch, *space, channels], or as `data_format` says.
      filters: the number of outputs.
      kernel_size: the window: one int a spatial dimension, or one for all.
      strides: the steps, likewise.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first".
      activation: a function, or None.
      use_bias: whether there is a bias.
      kernel_initializer: by default that of the variable scope, or glorot_uniform_initializer.
      bias_initializer: zeros by default.
      kernel_regularizer: a function of the kernel that gives a loss.
      bias_regularizer: a function of the bias that gives a loss.
      activity_regularizer: a function of the output that gives a loss.
      kernel_constraint: what optimizers apply to the kernel after an update.
      bias_constraint: what they apply to the bias.
      trainable: whether optimizers change the variables.
      name: the name of the variable scope.
      reuse: whether to use the variables that another layer of this name has.
    """
    layer = Conv2DTranspose(
        filters=filters,
        kernel_size=kernel_size,
        strides=strides,
        padding=padding,
        data_format=data_format,
        activation=activation,
        use_bias=use_bias,
        kernel_initializer=kernel_initializer,
        bias_initializer=bias_initializer,
        kernel_regularizer=kernel_regularizer,
        bias_regularizer=bias_regularizer,
        activity_regularizer=activity_regularizer,
        kernel_constraint=kernel_constraint,
        bias_constraint=bias_constraint,
        trainable=trainable,
        name=name,
        _scope=name,
        _reuse=reuse,
    )
    return layer.apply(inputs)


def conv3d_transpose(
    inputs: Any,
    filters: int,
    kernel_size: Any,
    strides: Any = (1, 1, 1),
    padding: str = "valid",
    data_format: str = "channels_last",
    activation: Any = None,
    use_bias: bool = True,
    kernel_initializer: Any = None,
    bias_initializer: Any = Zeros(),  # noqa: B008 - it has no state
    kernel_regularizer: Any = None,
    bias_regularizer: Any = None,
    activity_regularizer: Any = None,
    kernel_constraint: Any = None,
    bias_constraint: Any = None,
    trainable: bool = True,
    name: Any = None,
    reuse: Any = None,
) -> Tensor:
    """Convolve volumes, transposed, with new variables; see `Conv3DTranspose`.

    Args:
      inputs: the images: [batch, *space, channels], or as `data_format` says.
      filters: the number of outputs.
      kernel_size: the window: one int a spatial dimension, or one for all.
      strides: the steps, likewise.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first".
      activation: a function, or None.
      use_bias: whether there is a bias.
      kernel_initializer: by default that of the variable scope, or glorot_uniform_initializer.
      bias_initializer: zeros by default.
      kernel_regularizer: a function of the kernel that gives a loss.
      bias_regularizer: a function of the bias that gives a loss.
      activity_regularizer: a function of the output that gives a loss.
      kernel_constraint: what optimizers apply to the kernel after an update.
      bias_constraint: what they apply to the bias.
      trainable: whether optimizers change the variables.
      name: the name of the variable scope.
      reuse: whether to use the variables that another layer of this name has.
    """
    layer = Conv3DTranspose(
        filters=filters,
        kernel_size=kernel_size,
        strides=strides,
        padding=padding,
        data_format=data_format,
        activation=activation,
        use_bias=use_bias,
        kernel_initializer=kernel_initializer,
        bias_initializer=bias_initializer,
        kernel_regularizer=kernel_regularizer,
        bias_regularizer=bias_regularizer,
        activity_regularizer=activity_regularizer,
        kernel_constraint=kernel_constraint,
        bias_constraint=bias_constraint,
        trainable=trainable,
        name=name,
        _scope=name,
        _reuse=reuse,
    )
    return layer.apply(inputs)
