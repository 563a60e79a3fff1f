"""Layers of convolutions of every channel on its own, followed by a mix of the channels.

Source: TensorFlow 1.15, python/layers/convolutional.py and python/keras/layers/convolutional.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.shapes import as_dims
from tensormill.graph.tensor import Tensor
from tensormill.layers.arguments import op_data_format
from tensormill.layers.base import InputSpec
from tensormill.layers.convolution import ConvolutionLayer
from tensormill.ops import depthwise_convolution
from tensormill.ops.array_shapes import expand_dims, squeeze
from tensormill.ops.normalization import bias_add
from tensormill.variables.initializers import Zeros

__all__ = ["SeparableConv1D", "SeparableConv2D", "separable_conv1d", "separable_conv2d"]


class SeparableConvolutionLayer(ConvolutionLayer):
    """What separable convolutions of any rank have in common.

    Args:
      rank: the number of spatial dimensions.
      filters: the number of outputs.
      kernel_size: the window: one int a spatial dimension, or one for all.
      strides: the steps, likewise.
      padding: "valid", "same", or "causal" for one dimension.
      data_format: "channels_last" or "channels_first".
      dilation_rate: the distance between the elements of the window.
      depth_multiplier: the number of filters a channel.
      activation: a function, or None.
      use_bias: whether there is a bias.
      depthwise_initializer: by default that of the variable scope, or glorot_uniform_initializer.
      pointwise_initializer: likewise.
      bias_initializer: zeros by default.
      depthwise_regularizer: a function of the kernel of the channels that gives a loss.
      pointwise_regularizer: a function of the kernel that mixes them that gives a loss.
      bias_regularizer: a function of the bias that gives a loss.
      activity_regularizer: a function of the output that gives a loss.
      depthwise_constraint: what optimizers apply to that kernel after an update.
      pointwise_constraint: what they apply to the other.
      bias_constraint: what they apply to the bias.
      trainable: whether optimizers change the variables.
      name: the name of the variable scope.
      **kwargs: as in `Layer`.
    """

    def __init__(
        self,
        rank: int,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        dilation_rate: Any = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = None,
        pointwise_initializer: Any = None,
        bias_initializer: Any = Zeros(),  # noqa: B008 - it has no state
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: bool = True,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            rank,
            filters,
            kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            bias_initializer=bias_initializer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            bias_constraint=bias_constraint,
            trainable=trainable,
            name=name,
            **kwargs,
        )
        self.depth_multiplier = depth_multiplier
        self.depthwise_initializer = depthwise_initializer
        self.pointwise_initializer = pointwise_initializer
        self.depthwise_regularizer = depthwise_regularizer
        self.pointwise_regularizer = pointwise_regularizer
        self.depthwise_constraint = depthwise_constraint
        self.pointwise_constraint = pointwise_constraint
        self.depthwise_kernel: Any = None
        self.pointwise_kernel: Any = None

    def build(self, input_shape: Any) -> None:
        """Make both kernels and the bias.

        Raises:
          ValueError: the number of channels is not known.
        """
        channels = self.channels_of(as_dims(input_shape))
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={self.channel_axis: channels})
        self.depthwise_kernel = self.add_weight(
            "depthwise_kernel",
            shape=(*self.kernel_size, channels, self.depth_multiplier),
            initializer=self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )
        self.pointwise_kernel = self.add_weight(
            "pointwise_kernel",
            shape=((1,) * self.rank + (self.depth_multiplier * channels, self.filters)),
            initializer=self.pointwise_initializer,
            regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint,
        )
        self.add_bias()
        self.built = True

    def convolve(
        self, inputs: Tensor, depthwise: Any, pointwise: Any, strides: Any, rate: Any
    ) -> Tensor:
        """Return images convolved with both kernels."""
        is_last = self.data_format == "channels_last"
        return depthwise_convolution.separable_conv2d(
            inputs,
            depthwise,
            pointwise,
            strides=(1, *strides, 1) if is_last else (1, 1, *strides),
            padding="VALID" if self.padding == "causal" else self.padding.upper(),
            rate=rate,
            data_format=op_data_format(self.data_format, 2),
        )


class SeparableConv2D(SeparableConvolutionLayer):
    """A separable convolution of images; for the arguments see `SeparableConvolutionLayer`."""

    def __init__(self, filters: int, kernel_size: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(2, filters, kernel_size, *args, **kwargs)

    def call(self, inputs: Tensor) -> Tensor:  # type: ignore[override]
        """Return the outputs."""
        return self.finish(
            self.convolve(
                inputs,
                self.depthwise_kernel,
                self.pointwise_kernel,
                self.strides,
                self.dilation_rate,
            )
        )


class SeparableConv1D(SeparableConvolutionLayer):
    """A separable convolution of signals; for the arguments see `SeparableConvolutionLayer`."""

    def __init__(self, filters: int, kernel_size: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(1, filters, kernel_size, *args, **kwargs)

    def call(self, inputs: Tensor) -> Tensor:  # type: ignore[override]
        """Return the outputs, computed on images one row high."""
        axis = 1 if self.data_format == "channels_last" else 2
        outputs = self.convolve(
            expand_dims(self.causally_padded(inputs), axis),
            expand_dims(self.depthwise_kernel, 0),
            expand_dims(self.pointwise_kernel, 0),
            self.strides * 2,
            (1, *self.dilation_rate),
        )
        if self.use_bias:
            outputs = self.add_bias_to(outputs)
        outputs = squeeze(outputs, [axis])
        return outputs if self.activation is None else self.activation(outputs)

    def add_bias_to(self, images: Tensor) -> Tensor:
        """Return images with the bias added to their channels."""
        is_first = self.data_format == "channels_first"
        return bias_add(images, self.bias, data_format="NCHW" if is_first else "NHWC")


def separable_conv1d(
    inputs: Any,
    filters: int,
    kernel_size: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str = "channels_last",
    dilation_rate: Any = 1,
    depth_multiplier: int = 1,
    activation: Any = None,
    use_bias: bool = True,
    depthwise_initializer: Any = None,
    pointwise_initializer: Any = None,
    bias_initializer: Any = Zeros(),  # noqa: B008 - it has no state
    depthwise_regularizer: Any = None,
    pointwise_regularizer: Any = None,
    bias_regularizer: Any = None,
    activity_regularizer: Any = None,
    depthwise_constraint: Any = None,
    pointwise_constraint: Any = None,
    bias_constraint: Any = None,
    trainable: bool = True,
    name: Any = None,
    reuse: Any = None,
) -> Tensor:
    """Convolve signals channel by channel, then mix, with new variables; see `SeparableConv1D`.

    Args:
      inputs: the images: [batch, *space, channels], or as `data_format` says.
      filters: the number of outputs.
      kernel_size: the window: one int a spatial dimension, or one for all.
      strides: the steps, likewise.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first".
      dilation_rate: the distance between the elements of the window.
      depth_multiplier: the number of filters a channel.
      activation: a function, or None.
      use_bias: whether there is a bias.
      depthwise_initializer: by default that of the variable scope, or glorot_uniform_initializer.
      pointwise_initializer: likewise.
      bias_initializer: zeros by default.
      depthwise_regularizer: a function of the kernel of the channels that gives a loss.
      pointwise_regularizer: a function of the kernel that mixes them that gives a loss.
      bias_regularizer: a function of the bias that gives a loss.
      activity_regularizer: a function of the output that gives a loss.
      depthwise_constraint: what optimizers apply to that kernel after an update.
      pointwise_constraint: what they apply to the other.
      bias_constraint: what they apply to the bias.
      trainable: whether optimizers change the variables.
      name: the name of the variable scope.
      reuse: whether to use the variables that another layer of this name has.
    """
    layer = SeparableConv1D(
        filters=filters,
        kernel_size=kernel_size,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilation_rate=dilation_rate,
        depth_multiplier=depth_multiplier,
        activation=activation,
        use_bias=use_bias,
        depthwise_initializer=depthwise_initializer,
        pointwise_initializer=pointwise_initializer,
        bias_initializer=bias_initializer,
        depthwise_regularizer=depthwise_regularizer,
        pointwise_regularizer=pointwise_regularizer,
        bias_regularizer=bias_regularizer,
        activity_regularizer=activity_regularizer,
        depthwise_constraint=depthwise_constraint,
        pointwise_constraint=pointwise_constraint,
        bias_constraint=bias_constraint,
        trainable=trainable,
        name=name,
        _scope=name,
        _reuse=reuse,
    )
    return layer.apply(inputs)


def separable_conv2d(
    inputs: Any,
    filters: int,
    kernel_size: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str = "channels_last",
    dilation_rate: Any = (1, 1),
    depth_multiplier: int = 1,
    activation: Any = None,
    use_bias: bool = True,
    depthwise_initializer: Any = None,
    pointwise_initializer: Any = None,
    bias_initializer: Any = Zeros(),  # noqa: B008 - it has no state
    depthwise_regularizer: Any = None,
    pointwise_regularizer: Any = None,
    bias_regularizer: Any = None,
    activity_regularizer: Any = None,
    depthwise_constraint: Any = None,
    pointwise_constraint: Any = None,
    bias_constraint: Any = None,
    trainable: bool = True,
    name: Any = None,
    reuse: Any = None,
) -> Tensor:
    """Convolve images channel by channel, then mix, with new variables; see `SeparableConv2D`.

    Args:
      inputs: the images: [batch, *space, channels], or as `data_format` says.
      filters: the number of outputs.
      kernel_size: the window: one int a spatial dimension, or one for all.
      strides: the steps, likewise.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first".
      dilation_rate: the distance between the elements of the window.
      depth_multiplier: the number of filters a channel.
      activation: a function, or None.
      use_bias: whether there is a bias.
      depthwise_initializer: by default that of the variable scope, or glorot_uniform_initializer.
      pointwise_initializer: likewise.
      bias_initializer: zeros by default.
      depthwise_regularizer: a function of the kernel of the channels that gives a loss.
      pointwise_regularizer: a function of the kernel that mixes them that gives a loss.
      bias_regularizer: a function of the bias that gives a loss.
      activity_regularizer: a function of the output that gives a loss.
      depthwise_constraint: what optimizers apply to that kernel after an update.
      pointwise_constraint: what they apply to the other.
      bias_constraint: what they apply to the bias.
      trainable: whether optimizers change the variables.
      name: the name of the variable scope.
      reuse: whether to use the variables that another layer of this name has.
    """
    layer = SeparableConv2D(
        filters=filters,
        kernel_size=kernel_size,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilation_rate=dilation_rate,
        depth_multiplier=depth_multiplier,
        activation=activation,
        use_bias=use_bias,
        depthwise_initializer=depthwise_initializer,
        pointwise_initializer=pointwise_initializer,
        bias_initializer=bias_initializer,
        depthwise_regularizer=depthwise_regularizer,
        pointwise_regularizer=pointwise_regularizer,
        bias_regularizer=bias_regularizer,
        activity_regularizer=activity_regularizer,
        depthwise_constraint=depthwise_constraint,
        pointwise_constraint=pointwise_constraint,
        bias_constraint=bias_constraint,
        trainable=trainable,
        name=name,
        _scope=name,
        _reuse=reuse,
    )
    return layer.apply(inputs)
