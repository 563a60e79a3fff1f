"""Convolution layers.

Source: TensorFlow 1.15, python/keras/layers/convolutional.py.
"""

from __future__ import annotations

from typing import Any

import tensormill.api as tf
from tensormill.keras import activations, constraints, initializers, regularizers
from tensormill.keras.backend.state import image_data_format
from tensormill.keras.engine.layer import InputSpec, Layer
from tensormill.keras.layers.settings import WeightSettings
from tensormill.layers.arguments import op_data_format, padding_name, window_tuple

__all__ = [
    "Conv1D",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "Convolution1D",
    "Convolution2D",
    "Convolution2DTranspose",
    "Convolution3D",
    "Convolution3DTranspose",
    "DepthwiseConv2D",
    "SeparableConv1D",
    "SeparableConv2D",
    "SeparableConvolution1D",
    "SeparableConvolution2D",
]


class Conv(WeightSettings, Layer):
    """What convolution layers of any rank have in common.

    Args:
      rank: the number of spatial axes.
      filters: the number of outputs.
      kernel_size: the window: one int a spatial axis, or one for all.
      strides: the steps, likewise.
      padding: "valid", "same", or "causal" for one axis.
      data_format: "channels_last" or "channels_first".
      dilation_rate: the distance between the entries of the window.
      activation: a function or its name.
      use_bias: whether there is a bias.
      kernel_initializer: gives the first kernel.
      bias_initializer: gives the first bias.
      kernel_regularizer: a function of the kernel that gives a loss.
      bias_regularizer: a function of the bias that gives a loss.
      activity_regularizer: a function of the output that gives a loss.
      kernel_constraint: what is applied to the kernel after an update.
      bias_constraint: what is applied to the bias.
      **kwargs: as in `Layer`.
    """

    def __init__(
        self, rank: int, filters: Any, kernel_size: Any, strides: Any = 1, padding: str = "valid",
        data_format: Any = None, dilation_rate: Any = 1, activation: Any = None,
        use_bias: bool = True, kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros", kernel_regularizer: Any = None,
        bias_regularizer: Any = None, activity_regularizer: Any = None,
        kernel_constraint: Any = None, bias_constraint: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(activity_regularizer=regularizers.get(activity_regularizer), **kwargs)
        self.rank = rank
        self.filters = None if filters is None else int(filters)
        self.kernel_size = window_tuple(kernel_size, rank, "kernel_size")
        self.strides = window_tuple(strides, rank, "strides")
        self.padding = padding_name(padding)
        if self.padding == "causal" and rank != 1:
            raise ValueError("Causal padding is only supported for `Conv1D`.")
        self.data_format = data_format or (image_data_format() if rank > 1 else "channels_last")
        self.dilation_rate = window_tuple(dilation_rate, rank, "dilation_rate")
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = InputSpec(ndim=rank + 2)
        self.kernel: Any = None
        self.bias: Any = None

    @property
    def channel_axis(self) -> int:
        """The axis of the channels."""
        return 1 if self.data_format == "channels_first" else -1

    def _channels(self, input_shape: Any) -> int:
        """Return the number of channels of the input.

        Raises:
          ValueError: it is not known.
        """
        channels = tf.TensorShape(input_shape).as_list()[self.channel_axis]
        if channels is None:
            raise ValueError("The channel dimension of the inputs should be defined. Found `None`.")
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={self.channel_axis: channels})
        return int(channels)

    def build(self, input_shape: Any) -> None:
        """Make the kernel, [*window, channels, filters], and the bias."""
        channels = self._channels(input_shape)
        self.kernel = self.add_kernel("kernel", (*self.kernel_size, channels, self.filters))
        if self.use_bias:
            self.bias = self.add_bias((self.filters,))
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return the outputs."""
        return self._finish(self._convolve(inputs))

    def _convolve(self, inputs: Any) -> Any:
        padding = self.padding.upper()
        if self.padding == "causal":
            space = [self.dilation_rate[0] * (self.kernel_size[0] - 1), 0]
            is_last = self.data_format == "channels_last"
            inputs = tf.pad(inputs, [[0, 0], space, [0, 0]] if is_last else [[0, 0], [0, 0], space])
            padding = "VALID"
        return tf.nn.convolution(
            inputs, self.kernel, strides=self.strides, padding=padding,
            dilation_rate=self.dilation_rate, data_format=self._op_format(),
        )  # fmt: skip

    def _op_format(self) -> str:
        return str(op_data_format(self.data_format, self.rank))

    def _finish(self, outputs: Any) -> Any:
        """Return outputs with the bias and the activation."""
        if self.use_bias:
            is_first = self.data_format == "channels_first"
            if is_first and self.rank != 2:
                outputs += tf.reshape(self.bias, (1, -1, *[1] * self.rank))
            else:
                form = "NCHW" if is_first else "NHWC"
                outputs = tf.nn.bias_add(outputs, self.bias, data_format=form)
        return self.activation(outputs)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("filters", "kernel_size", "strides", "padding", "data_format",
                         "dilation_rate")
        }  # fmt: skip
        own["activation"] = activations.serialize(self.activation)
        return {**super().get_config(), **own, **self.weight_config()}


class Conv1D(Conv):
    """Convolution of sequences; see `Conv`."""

    def __init__(
        self, filters: Any, kernel_size: Any, strides: Any = 1, padding: str = "valid",
        data_format: Any = "channels_last", dilation_rate: Any = 1, **kwargs: Any,
    ) -> None:  # fmt: skip
        if "input_shape" not in kwargs and "input_dim" in kwargs:
            length = kwargs.pop("input_length", None)
            kwargs["input_shape"] = (length, kwargs.pop("input_dim"))
        super().__init__(
            1, filters, kernel_size, strides, padding, data_format, dilation_rate, **kwargs
        )


class Conv2D(Conv):
    """Convolution of images; see `Conv`."""

    def __init__(
        self, filters: Any, kernel_size: Any, strides: Any = (1, 1), padding: str = "valid",
        data_format: Any = None, dilation_rate: Any = (1, 1), activation: Any = None,
        use_bias: bool = True, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            2, filters, kernel_size, strides, padding, data_format, dilation_rate, activation,
            use_bias, **kwargs,
        )  # fmt: skip


class Conv3D(Conv):
    """Convolution of volumes; see `Conv`."""

    def __init__(
        self, filters: Any, kernel_size: Any, strides: Any = (1, 1, 1), padding: str = "valid",
        data_format: Any = None, dilation_rate: Any = (1, 1, 1), activation: Any = None,
        use_bias: bool = True, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            3, filters, kernel_size, strides, padding, data_format, dilation_rate, activation,
            use_bias, **kwargs,
        )  # fmt: skip


def _grown(size: Any, window: int, stride: int, padding: str, extra: Any) -> Any:
    """Return the size of the output of a transposed convolution along one axis."""
    if extra is None:
        return size * stride if padding == "same" else size * stride + max(window - stride, 0)
    space = window // 2 if padding == "same" else 0
    return (size - 1) * stride + window - 2 * space + extra


class _ConvTranspose(Conv):
    """What transposed convolutions have in common."""

    def __init__(
        self, rank: int, filters: Any, kernel_size: Any, strides: Any, padding: str,
        output_padding: Any, data_format: Any, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(rank, filters, kernel_size, strides, padding, data_format, **kwargs)
        self.output_padding = (
            None if output_padding is None else window_tuple(output_padding, rank, "output_padding")
        )

    def build(self, input_shape: Any) -> None:
        """Make the kernel, [*window, filters, channels], and the bias."""
        channels = self._channels(input_shape)
        self.kernel = self.add_kernel("kernel", (*self.kernel_size, self.filters, channels))
        if self.use_bias:
            self.bias = self.add_bias((self.filters,))
        self.built = True

    def _sizes(self, sizes: Any) -> list[Any]:
        extras = self.output_padding or (None,) * self.rank
        return [
            None if size is None else _grown(size, window, stride, self.padding, extra)
            for size, window, stride, extra in zip(
                sizes, self.kernel_size, self.strides, extras, strict=True
            )
        ]

    def _convolve(self, inputs: Any) -> Any:
        is_first = self.data_format == "channels_first"
        start = 2 if is_first else 1
        actual = tf.shape(inputs)
        known = inputs.get_shape().as_list()
        dynamic = self._sizes([known[start + at] or actual[start + at] for at in range(self.rank)])
        static = self._sizes(known[start : start + self.rank])

        def whole(batch: Any, sizes: Any) -> list[Any]:
            return [batch, self.filters, *sizes] if is_first else [batch, *sizes, self.filters]

        strides = [1, 1, *self.strides] if is_first else [1, *self.strides, 1]
        transpose = {2: tf.nn.conv2d_transpose, 3: tf.nn.conv3d_transpose}[self.rank]
        outputs = transpose(
            inputs, self.kernel, tf.stack(whole(actual[0], dynamic)), strides=strides,
            padding=self.padding.upper(), data_format=self._op_format(),
        )  # fmt: skip
        outputs.set_shape(whole(known[0], static))
        return outputs

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        config = {**super().get_config(), "output_padding": self.output_padding}
        del config["dilation_rate"]
        return config


class Conv2DTranspose(_ConvTranspose):
    """Transposed convolution of images; see `Conv`."""

    def __init__(
        self, filters: Any, kernel_size: Any, strides: Any = (1, 1), padding: str = "valid",
        output_padding: Any = None, data_format: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            2, filters, kernel_size, strides, padding, output_padding, data_format, **kwargs
        )


class Conv3DTranspose(_ConvTranspose):
    """Transposed convolution of volumes; see `Conv`."""

    def __init__(
        self, filters: Any, kernel_size: Any, strides: Any = (1, 1, 1), padding: str = "valid",
        data_format: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        extra = kwargs.pop("output_padding", None)
        super().__init__(3, filters, kernel_size, strides, padding, extra, data_format, **kwargs)


class _SeparableConv(Conv):
    """A convolution of each channel, mixed by one of size 1."""

    _roles = ("depthwise", "pointwise", "bias")

    def __init__(
        self, rank: int, filters: Any, kernel_size: Any, depth_multiplier: int = 1,
        depthwise_initializer: Any = "glorot_uniform", pointwise_initializer: Any =
        "glorot_uniform", depthwise_regularizer: Any = None, pointwise_regularizer: Any = None,
        depthwise_constraint: Any = None, pointwise_constraint: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(rank, filters, kernel_size, **kwargs)
        self.depth_multiplier = depth_multiplier
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.pointwise_initializer = initializers.get(pointwise_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.pointwise_regularizer = regularizers.get(pointwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)
        self.pointwise_constraint = constraints.get(pointwise_constraint)

    def build(self, input_shape: Any) -> None:
        """Make both kernels and the bias."""
        channels = self._channels(input_shape)
        inner = channels * self.depth_multiplier
        self.depthwise_kernel = self.add_kernel(
            "depthwise_kernel", (*self.kernel_size, channels, self.depth_multiplier), "depthwise"
        )
        self.pointwise_kernel = self.add_kernel(
            "pointwise_kernel", (*[1] * self.rank, inner, self.filters), "pointwise"
        )
        if self.use_bias:
            self.bias = self.add_bias((self.filters,))
        self.built = True

    def _convolve(self, inputs: Any) -> Any:
        is_first = self.data_format == "channels_first"
        depthwise, pointwise = self.depthwise_kernel, self.pointwise_kernel
        strides, rate = self.strides, self.dilation_rate
        if self.rank == 1:
            axis = 2 if is_first else 1
            if self.padding == "causal":
                space = [rate[0] * (self.kernel_size[0] - 1), 0]
                inputs = tf.pad(inputs, [[0, 0], space, [0, 0]])
            inputs = tf.expand_dims(inputs, axis)
            depthwise, pointwise = tf.expand_dims(depthwise, 0), tf.expand_dims(pointwise, 0)
            strides, rate = strides * 2, (1, *rate)
        padding = "VALID" if self.padding == "causal" else self.padding.upper()
        outputs = tf.nn.separable_conv2d(
            inputs, depthwise, pointwise,
            strides=[1, 1, *strides] if is_first else [1, *strides, 1],
            padding=padding, rate=rate, data_format="NCHW" if is_first else "NHWC",
        )  # fmt: skip
        return tf.squeeze(outputs, [axis]) if self.rank == 1 else outputs

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "depth_multiplier": self.depth_multiplier}


class SeparableConv1D(_SeparableConv):
    """Separable convolution of sequences; see `Conv`."""

    def __init__(
        self, filters: Any, kernel_size: Any, strides: Any = 1, padding: str = "valid",
        data_format: Any = "channels_last", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            1, filters, kernel_size, strides=strides, padding=padding, data_format=data_format,
            **kwargs,
        )  # fmt: skip


class SeparableConv2D(_SeparableConv):
    """Separable convolution of images; see `Conv`."""

    def __init__(
        self, filters: Any, kernel_size: Any, strides: Any = (1, 1), padding: str = "valid",
        data_format: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            2, filters, kernel_size, strides=strides, padding=padding, data_format=data_format,
            **kwargs,
        )  # fmt: skip


class DepthwiseConv2D(Conv):
    """A convolution of each channel of images by kernels of its own."""

    _roles = ("depthwise", "bias")

    def __init__(
        self, kernel_size: Any, strides: Any = (1, 1), padding: str = "valid",
        depth_multiplier: int = 1, data_format: Any = None, activation: Any = None,
        use_bias: bool = True, depthwise_initializer: Any = "glorot_uniform",
        depthwise_regularizer: Any = None, depthwise_constraint: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        kwargs.pop("filters", None)
        super().__init__(
            2, None, kernel_size, strides, padding, data_format, activation=activation,
            use_bias=use_bias, **kwargs,
        )  # fmt: skip
        self.depth_multiplier = depth_multiplier
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)

    def build(self, input_shape: Any) -> None:
        """Make the kernel, [*window, channels, multiplier], and the bias."""
        channels = self._channels(input_shape)
        self.depthwise_kernel = self.add_kernel(
            "depthwise_kernel", (*self.kernel_size, channels, self.depth_multiplier), "depthwise"
        )
        if self.use_bias:
            self.bias = self.add_bias((channels * self.depth_multiplier,))
        self.built = True

    def _convolve(self, inputs: Any) -> Any:
        is_first = self.data_format == "channels_first"
        return tf.nn.depthwise_conv2d(
            inputs, self.depthwise_kernel,
            strides=[1, 1, *self.strides] if is_first else [1, *self.strides, 1],
            padding=self.padding.upper(), rate=self.dilation_rate,
            data_format="NCHW" if is_first else "NHWC",
        )  # fmt: skip

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        config = {**super().get_config(), "depth_multiplier": self.depth_multiplier}
        del config["filters"]
        return config


Convolution1D, Convolution2D, Convolution3D = Conv1D, Conv2D, Conv3D
Convolution2DTranspose, Convolution3DTranspose = Conv2DTranspose, Conv3DTranspose
SeparableConvolution1D, SeparableConvolution2D = SeparableConv1D, SeparableConv2D
