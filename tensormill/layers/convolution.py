"""Convolution layers.

Source: TensorFlow 1.15, python/layers/convolutional.py and python/keras/layers/convolutional.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.shapes import Dims, TensorShape, as_dims
from tensormill.graph.tensor import Tensor
from tensormill.layers.arguments import (
    activation_function,
    data_format_name,
    op_data_format,
    padding_name,
    window_tuple,
)
from tensormill.layers.base import InputSpec, Layer
from tensormill.ops.array_shapes import reshape
from tensormill.ops.dilated_convolution import Convolution
from tensormill.ops.normalization import bias_add
from tensormill.ops.padding import pad
from tensormill.variables.initializers import Zeros

__all__ = ["Conv1D", "Conv2D", "Conv3D", "conv1d", "conv2d", "conv3d"]


def output_length(
    size: int | None, window: int, padding: str, stride: int, dilation: int = 1
) -> int | None:
    """Return how many windows fit along one dimension, None where its size is unknown."""
    if size is None:
        return None
    reach = window + (window - 1) * (dilation - 1)
    if padding in ("same", "causal"):
        return -(-size // stride)
    return -(-(size - reach + 1) // stride)


class ConvolutionLayer(Layer):
    """What convolution layers of any rank have in common.

    Args:
      rank: the number of spatial dimensions.
      filters: the number of outputs.
      kernel_size: the window: one int a spatial dimension, or one for all.
      strides: the steps, likewise.
      padding: "valid", "same", or "causal" for one dimension.
      data_format: "channels_last" or "channels_first".
      dilation_rate: the distance between the elements of the window.
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
      **kwargs: as in `Layer`.

    Attributes:
      kernel: the variable [*window, channels, filters].
      bias: the variable [filters], or None.
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
        **kwargs: Any,
    ) -> None:
        super().__init__(
            trainable=trainable, name=name, activity_regularizer=activity_regularizer, **kwargs
        )
        self.rank = rank
        self.filters = filters
        self.kernel_size = window_tuple(kernel_size, rank, "kernel_size")
        self.strides = window_tuple(strides, rank, "strides")
        self.padding = padding_name(padding)
        if self.padding == "causal" and rank != 1:
            raise ValueError("Causal padding is only supported for `Conv1D`.")
        self.data_format = data_format_name(data_format)
        self.dilation_rate = window_tuple(dilation_rate, rank, "dilation_rate")
        self.activation = activation_function(activation)
        self.use_bias = use_bias
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer
        self.kernel_regularizer = kernel_regularizer
        self.bias_regularizer = bias_regularizer
        self.kernel_constraint = kernel_constraint
        self.bias_constraint = bias_constraint
        self.kernel: Any = None
        self.bias: Any = None
        self.input_spec = InputSpec(ndim=rank + 2)
        self._convolve: Any = None
        self._convolved_dims: Dims = None

    def channels_of(self, dims: Dims) -> int:
        """Return the number of channels of the input.

        Raises:
          ValueError: it is not known.
        """
        channels = None if dims is None else dims[self.channel_axis]
        if channels is None:
            raise ValueError("The channel dimension of the inputs should be defined. Found `None`.")
        return channels

    @property
    def channel_axis(self) -> int:
        """The axis of the channels."""
        return 1 if self.data_format == "channels_first" else -1

    def build(self, input_shape: Any) -> None:
        """Make the kernel and the bias.

        Raises:
          ValueError: the number of channels is not known.
        """
        dims = as_dims(input_shape)
        channels = self.channels_of(dims)
        self.add_kernel((*self.kernel_size, channels, self.filters))
        self.add_bias()
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={self.channel_axis: channels})
        self._prepare(dims)
        self.built = True

    def _prepare(self, dims: Dims) -> None:
        """Make ready for inputs of a shape: where there are dilations, it is part of the graph."""
        self._convolved_dims = dims
        self._convolve = Convolution(
            self._padded_dims(dims),
            self.kernel.get_shape(),
            "VALID" if self.padding == "causal" else self.padding.upper(),
            strides=self.strides,
            dilation_rate=self.dilation_rate,
            data_format=op_data_format(self.data_format, self.rank),
        )

    def add_kernel(self, shape: tuple[int, ...]) -> None:
        """Make the kernel."""
        self.kernel = self.add_weight(
            "kernel",
            shape=shape,
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )

    def add_bias(self) -> None:
        """Make the bias, where there is one."""
        if self.use_bias:
            self.bias = self.add_weight(
                "bias",
                shape=(self.filters,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def _padded_dims(self, dims: Dims) -> Dims:
        if self.padding != "causal" or dims is None:
            return dims
        axis = 1 if self.data_format == "channels_last" else 2
        size = dims[axis]
        return (*dims[:axis], None if size is None else size + self._causal(), *dims[axis + 1 :])

    def _causal(self) -> int:
        return self.dilation_rate[0] * (self.kernel_size[0] - 1)

    def call(self, inputs: Tensor) -> Tensor:  # type: ignore[override]
        """Return the outputs."""
        dims = as_dims(inputs.get_shape())
        if dims is not None and dims[1:] != (self._convolved_dims or ())[1:]:
            self._prepare(dims)
        return self.finish(self._convolve(self.causally_padded(inputs), self.kernel))

    def causally_padded(self, inputs: Tensor) -> Tensor:
        """Return signals with zeros before them, where the padding is "causal"."""
        if self.padding != "causal":
            return inputs
        space = [self._causal(), 0]
        is_last = self.data_format == "channels_last"
        return pad(inputs, [[0, 0], space, [0, 0]] if is_last else [[0, 0], [0, 0], space])

    def finish(self, outputs: Tensor) -> Tensor:
        """Return the outputs with the bias and the activation."""
        if self.use_bias:
            if self.data_format == "channels_first" and self.rank == 1:
                outputs += reshape(self.bias, (1, self.filters, 1))
            else:
                is_first = self.data_format == "channels_first"
                outputs = bias_add(outputs, self.bias, data_format="NCHW" if is_first else "NHWC")
        return outputs if self.activation is None else self.activation(outputs)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """Return the shape of the output for an input of `input_shape`."""
        dims = as_dims(input_shape)
        assert dims is not None
        is_last = self.data_format == "channels_last"
        space = [
            output_length(
                size, self.kernel_size[i], self.padding, self.strides[i], self.dilation_rate[i]
            )
            for i, size in enumerate(dims[1:-1] if is_last else dims[2:])
        ]
        if is_last:
            return TensorShape.from_dims((dims[0], *space, self.filters))
        return TensorShape.from_dims((dims[0], self.filters, *space))


class Conv1D(ConvolutionLayer):
    """A convolution of signals; for the arguments see `ConvolutionLayer`."""

    def __init__(self, filters: int, kernel_size: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(1, filters, kernel_size, *args, **kwargs)


class Conv2D(ConvolutionLayer):
    """A convolution of images; for the arguments see `ConvolutionLayer`."""

    def __init__(self, filters: int, kernel_size: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(2, filters, kernel_size, *args, **kwargs)


class Conv3D(ConvolutionLayer):
    """A convolution of volumes; for the arguments see `ConvolutionLayer`."""

    def __init__(self, filters: int, kernel_size: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(3, filters, kernel_size, *args, **kwargs)


def conv1d(
    inputs: Any,
    filters: int,
    kernel_size: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str = "channels_last",
    dilation_rate: Any = 1,
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
    """Convolve signals with new variables; see `Conv1D`.

    Args:
      inputs: the images: [batch, *space, channels], or as `data_format` says.
      filters: the number of outputs.
      kernel_size: the window: one int a spatial dimension, or one for all.
      strides: the steps, likewise.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first".
      dilation_rate: the distance between the elements of the window.
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
    layer = Conv1D(
        filters=filters,
        kernel_size=kernel_size,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilation_rate=dilation_rate,
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


def conv2d(
    inputs: Any,
    filters: int,
    kernel_size: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str = "channels_last",
    dilation_rate: Any = (1, 1),
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
    """Convolve images with new variables; see `Conv2D`.

    Args:
      inputs: the images: [batch, *space, channels], or as `data_format` says.
      filters: the number of outputs.
      kernel_size: the window: one int a spatial dimension, or one for all.
      strides: the steps, likewise.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first".
      dilation_rate: the distance between the elements of the window.
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
    layer = Conv2D(
        filters=filters,
        kernel_size=kernel_size,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilation_rate=dilation_rate,
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


def conv3d(
    inputs: Any,
    filters: int,
    kernel_size: Any,
    strides: Any = (1, 1, 1),
    padding: str = "valid",
    data_format: str = "channels_last",
    dilation_rate: Any = (1, 1, 1),
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
    """Convolve volumes with new variables; see `Conv3D`.

    Args:
      inputs: the images: [batch, *space, channels], or as `data_format` says.
      filters: the number of outputs.
      kernel_size: the window: one int a spatial dimension, or one for all.
      strides: the steps, likewise.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first".
      dilation_rate: the distance between the elements of the window.
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
    layer = Conv3D(
        filters=filters,
        kernel_size=kernel_size,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilation_rate=dilation_rate,
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
