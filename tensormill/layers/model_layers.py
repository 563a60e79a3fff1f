"""Dense layers and convolutions in the manner of `tf.contrib.layers`.

They have an activation and a normaliser, and their variables are called `weights` and `biases`.

Source: TensorFlow 1.15, contrib/layers/python/layers/layers.py.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.layers.base import Layer
from tensormill.layers.convolution import Conv1D, Conv2D, Conv3D
from tensormill.layers.core import Dense
from tensormill.layers.model_scope import PARAMETERS, finish, renaming_getter
from tensormill.layers.separable_convolution import SeparableConv2D
from tensormill.layers.transposed_convolution import Conv2DTranspose, Conv3DTranspose
from tensormill.ops.activations import elu, relu, relu6
from tensormill.ops.depthwise_convolution import depthwise_conv2d
from tensormill.ops.normalization import bias_add
from tensormill.variables.arg_scope import add_arg_scope
from tensormill.variables.initializers import GlorotUniform, Zeros
from tensormill.variables.model_variables import model_variable
from tensormill.variables.scope import variable_scope

__all__ = [
    "conv1d",
    "conv2d",
    "conv2d_transpose",
    "conv3d",
    "conv3d_transpose",
    "convolution",
    "elu_layer",
    "fully_connected",
    "linear",
    "relu6_layer",
    "relu_layer",
    "separable_conv2d",
]


@add_arg_scope
def fully_connected(
    inputs: Any,
    num_outputs: int,
    activation_fn: Callable[..., Any] | None = relu,
    normalizer_fn: Callable[..., Any] | None = None,
    normalizer_params: dict[str, Any] | None = None,
    weights_initializer: Any = GlorotUniform(),  # noqa: B008 - it has no state
    weights_regularizer: Any = None,
    biases_initializer: Any = Zeros(),  # noqa: B008
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
) -> Tensor:
    """Return a dense layer with variables `weights` and `biases`.

    Args:
      inputs: [..., depth].
      num_outputs: the number of outputs.
      activation_fn: a function, or None.
      normalizer_fn: a function to use instead of the biases, such as `batch_norm`.
      normalizer_params: its arguments.
      weights_initializer: the initial weights.
      weights_regularizer: a function of the weights that gives a loss.
      biases_initializer: the initial biases; None for none.
      biases_regularizer: a function of the biases that gives a loss.
      reuse: whether to reuse variables.
      variables_collections: collections for the variables, or a dict of them by name.
      outputs_collections: collections for the output.
      trainable: whether optimizers change the variables.
      scope: the name of the variable scope.

    Raises:
      ValueError: `num_outputs` is not an int.
    """
    if not isinstance(num_outputs, (int, np.integer)):
        raise ValueError(f"num_outputs type should be one of (int, long), got {type(num_outputs)}.")
    getter = renaming_getter(PARAMETERS, variables_collections)
    with variable_scope(
        scope, "fully_connected", [inputs], reuse=reuse, custom_getter=getter
    ) as opened:
        layer = Dense(
            num_outputs,
            use_bias=normalizer_fn is None and biases_initializer is not None,
            kernel_initializer=weights_initializer,
            bias_initializer=biases_initializer,
            kernel_regularizer=weights_regularizer,
            bias_regularizer=biases_regularizer,
            trainable=trainable,
            name=opened.name,
            _scope=opened,
            _reuse=reuse,
        )
        with name_scope(opened.original_name_scope):
            return finish(
                layer.apply(inputs),
                opened.name,
                outputs_collections,
                activation_fn,
                normalizer_fn,
                normalizer_params,
            )


linear = functools.partial(fully_connected, activation_fn=None)
relu_layer = functools.partial(fully_connected, activation_fn=relu)
relu6_layer = functools.partial(fully_connected, activation_fn=relu6)
elu_layer = functools.partial(fully_connected, activation_fn=elu)

_FORMATS = {1: ("NWC", "NCW"), 2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}


def _layer_format(data_format: str | None, rank: int | None = None) -> str:
    known = _FORMATS[rank] if rank else tuple(f for pair in _FORMATS.values() for f in pair)
    if data_format is not None and data_format not in known:
        raise ValueError(f"Invalid data_format: {data_format!r}")
    is_first = data_format is not None and data_format.startswith("NC")
    return "channels_first" if is_first else "channels_last"


def _convolve(
    inputs: Any,
    num_outputs: int,
    kernel_size: Any,
    stride: Any = 1,
    padding: str = "SAME",
    data_format: str | None = None,
    rate: Any = 1,
    activation_fn: Callable[..., Any] | None = relu,
    normalizer_fn: Callable[..., Any] | None = None,
    normalizer_params: dict[str, Any] | None = None,
    weights_initializer: Any = GlorotUniform(),  # noqa: B008 - it has no state
    weights_regularizer: Any = None,
    biases_initializer: Any = Zeros(),  # noqa: B008
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
    conv_dims: int | None = None,
) -> Tensor:
    """Return a convolution of signals, images or volumes with variables `weights` and `biases`.

    Args:
      inputs: [batch, *space, channels], or as `data_format` says.
      num_outputs: the number of outputs.
      kernel_size: the window: as many ints as there are spatial dimensions, or one for all.
      stride: the steps, likewise.
      padding: "SAME" or "VALID".
      data_format: "NWC", "NHWC" or "NDHWC" (the default), or with the channels second.
      rate: the distance between the elements of the window.
      activation_fn: a function, or None.
      normalizer_fn: a function to use instead of the biases, such as `batch_norm`.
      normalizer_params: its arguments.
      weights_initializer: the initial weights.
      weights_regularizer: a function of the weights that gives a loss.
      biases_initializer: the initial biases; None for none.
      biases_regularizer: a function of the biases that gives a loss.
      reuse: whether to reuse variables.
      variables_collections: collections for the variables, or a dict of them by name.
      outputs_collections: collections for the output.
      trainable: whether optimizers change the variables.
      scope: the name of the variable scope.
      conv_dims: how many spatial dimensions the inputs must have.

    Raises:
      ValueError: an unknown data format, or the inputs have another rank.
    """
    layer_format = _layer_format(data_format)
    getter = renaming_getter(PARAMETERS, variables_collections)
    with variable_scope(scope, "Conv", [inputs], reuse=reuse, custom_getter=getter) as opened:
        rank = inputs.get_shape().ndims
        if conv_dims is not None and conv_dims + 2 != rank:
            raise ValueError(f"Convolution expects input with rank {conv_dims + 2}, got {rank}")
        layer_class: Callable[..., Layer] | None = {3: Conv1D, 4: Conv2D, 5: Conv3D}.get(rank)
        if layer_class is None:
            raise ValueError("Convolution not supported for input with rank", rank)
        layer = layer_class(
            num_outputs,
            kernel_size,
            strides=stride,
            padding=padding,
            data_format=layer_format,
            dilation_rate=rate,
            use_bias=normalizer_fn is None and biases_initializer is not None,
            kernel_initializer=weights_initializer,
            bias_initializer=biases_initializer,
            kernel_regularizer=weights_regularizer,
            bias_regularizer=biases_regularizer,
            trainable=trainable,
            name=opened.name,
            _scope=opened,
            _reuse=reuse,
        )
        with name_scope(opened.original_name_scope):
            return finish(
                layer.apply(inputs),
                opened.name,
                outputs_collections,
                activation_fn,
                normalizer_fn,
                normalizer_params,
            )


@functools.wraps(_convolve)
def _convolution(*args: Any, **kwargs: Any) -> Tensor:
    return _convolve(*args, **kwargs)


convolution = add_arg_scope(_convolution)


@add_arg_scope
def conv1d(inputs: Any, num_outputs: int, kernel_size: Any, *args: Any, **kwargs: Any) -> Tensor:
    """Return a convolution of signals; for the arguments see `convolution`."""
    return _convolve(inputs, num_outputs, kernel_size, *args, **{**kwargs, "conv_dims": 1})


@add_arg_scope
def conv2d(inputs: Any, num_outputs: int, kernel_size: Any, *args: Any, **kwargs: Any) -> Tensor:
    """Return a convolution of images; for the arguments see `convolution`."""
    return _convolve(inputs, num_outputs, kernel_size, *args, **{**kwargs, "conv_dims": 2})


@add_arg_scope
def conv3d(inputs: Any, num_outputs: int, kernel_size: Any, *args: Any, **kwargs: Any) -> Tensor:
    """Return a convolution of volumes; for the arguments see `convolution`."""
    return _convolve(inputs, num_outputs, kernel_size, *args, **{**kwargs, "conv_dims": 3})


def _transpose(
    layer_class: Callable[..., Layer],
    rank: int,
    default_name: str,
    inputs: Any,
    num_outputs: int,
    kernel_size: Any,
    stride: Any = 1,
    padding: str = "SAME",
    data_format: str | None = None,
    activation_fn: Callable[..., Any] | None = relu,
    normalizer_fn: Callable[..., Any] | None = None,
    normalizer_params: dict[str, Any] | None = None,
    weights_initializer: Any = GlorotUniform(),  # noqa: B008 - it has no state
    weights_regularizer: Any = None,
    biases_initializer: Any = Zeros(),  # noqa: B008
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
) -> Tensor:
    layer_format = _layer_format(data_format, rank)
    getter = renaming_getter(PARAMETERS, variables_collections)
    with variable_scope(scope, default_name, [inputs], reuse=reuse, custom_getter=getter) as opened:
        layer = layer_class(
            filters=num_outputs,
            kernel_size=kernel_size,
            strides=stride,
            padding=padding,
            data_format=layer_format,
            use_bias=normalizer_fn is None and biases_initializer is not None,
            kernel_initializer=weights_initializer,
            bias_initializer=biases_initializer,
            kernel_regularizer=weights_regularizer,
            bias_regularizer=biases_regularizer,
            trainable=trainable,
            name=opened.name,
            _scope=opened,
            _reuse=reuse,
        )
        with name_scope(opened.original_name_scope):
            return finish(
                layer.apply(inputs),
                opened.name,
                outputs_collections,
                activation_fn,
                normalizer_fn,
                normalizer_params,
            )


@add_arg_scope
def conv2d_transpose(
    inputs: Any, num_outputs: int, kernel_size: Any, *args: Any, **kwargs: Any
) -> Tensor:
    """Return a transposed convolution of images; for the arguments see `convolution`."""
    return _transpose(
        Conv2DTranspose, 2, "Conv2d_transpose", inputs, num_outputs, kernel_size, *args, **kwargs
    )


@add_arg_scope
def conv3d_transpose(
    inputs: Any, num_outputs: int, kernel_size: Any, *args: Any, **kwargs: Any
) -> Tensor:
    """Return a transposed convolution of volumes; for the arguments see `convolution`."""
    return _transpose(
        Conv3DTranspose, 3, "Conv3d_transpose", inputs, num_outputs, kernel_size, *args, **kwargs
    )


@add_arg_scope
def separable_conv2d(
    inputs: Any,
    num_outputs: int | None,
    kernel_size: Any,
    depth_multiplier: int = 1,
    stride: Any = 1,
    padding: str = "SAME",
    data_format: str = "NHWC",
    rate: Any = 1,
    activation_fn: Callable[..., Any] | None = relu,
    normalizer_fn: Callable[..., Any] | None = None,
    normalizer_params: dict[str, Any] | None = None,
    weights_initializer: Any = GlorotUniform(),  # noqa: B008 - it has no state
    pointwise_initializer: Any = None,
    weights_regularizer: Any = None,
    biases_initializer: Any = Zeros(),  # noqa: B008
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
) -> Tensor:
    """Return a separable convolution of images; without `num_outputs` that of the channels alone.

    Its variables are `depthwise_weights`, `pointwise_weights` and `biases`.

    Args:
      inputs: [batch, height, width, channels], or as `data_format` says.
      num_outputs: the number of outputs; None for one depthwise convolution.
      kernel_size: the window: two ints, or one for both.
      depth_multiplier: the number of filters a channel.
      stride: the steps, likewise.
      padding: "SAME" or "VALID".
      data_format: "NHWC" or "NCHW".
      rate: the distance between the elements of the window.
      activation_fn: a function, or None.
      normalizer_fn: a function to use instead of the biases, such as `batch_norm`.
      normalizer_params: its arguments.
      weights_initializer: the initial weights.
      pointwise_initializer: those that mix the channels; by default as `weights_initializer`.
      weights_regularizer: a function of the weights that gives a loss.
      biases_initializer: the initial biases; None for none.
      biases_regularizer: a function of the biases that gives a loss.
      reuse: whether to reuse variables.
      variables_collections: collections for the variables, or a dict of them by name.
      outputs_collections: collections for the output.
      trainable: whether optimizers change the variables.
      scope: the name of the variable scope.
    """
    layer_format = _layer_format(data_format, 2)
    getter = renaming_getter(
        {
            "bias": "biases",
            "depthwise_kernel": "depthwise_weights",
            "pointwise_kernel": "pointwise_weights",
        },
        variables_collections,
    )
    with variable_scope(
        scope, "SeparableConv2d", [inputs], reuse=reuse, custom_getter=getter
    ) as opened:
        if num_outputs is None:
            outputs = _depthwise(
                inputs, kernel_size, depth_multiplier, stride, padding, data_format, rate,
                weights_initializer, weights_regularizer,
                None if normalizer_fn is not None else biases_initializer, biases_regularizer,
                trainable,
            )  # fmt: skip
            return finish(
                outputs,
                opened.name,
                outputs_collections,
                activation_fn,
                normalizer_fn,
                normalizer_params,
            )
        layer = SeparableConv2D(
            num_outputs,
            kernel_size,
            strides=stride,
            padding=padding,
            data_format=layer_format,
            dilation_rate=_pair(rate),
            depth_multiplier=depth_multiplier,
            use_bias=normalizer_fn is None and biases_initializer is not None,
            depthwise_initializer=weights_initializer,
            pointwise_initializer=pointwise_initializer or weights_initializer,
            bias_initializer=biases_initializer,
            depthwise_regularizer=weights_regularizer,
            pointwise_regularizer=weights_regularizer,
            bias_regularizer=biases_regularizer,
            trainable=trainable,
            name=opened.name,
            _scope=opened,
            _reuse=reuse,
        )
        with name_scope(opened.original_name_scope):
            return finish(
                layer.apply(inputs),
                opened.name,
                outputs_collections,
                activation_fn,
                normalizer_fn,
                normalizer_params,
            )


def _pair(value: Any) -> tuple[int, int]:
    if isinstance(value, (list, tuple)):
        first, second = value
        return int(first), int(second)
    return int(value), int(value)


def _depthwise(
    inputs: Any,
    kernel_size: Any,
    depth_multiplier: int,
    stride: Any,
    padding: str,
    data_format: str,
    rate: Any,
    weights_initializer: Any,
    weights_regularizer: Any,
    biases_initializer: Any,
    biases_regularizer: Any,
    trainable: bool,
) -> Tensor:
    is_first = data_format.startswith("NC")
    channels = inputs.get_shape().as_list()[1 if is_first else -1]
    dtype = inputs.dtype.base_dtype
    weights = model_variable(
        "depthwise_weights",
        shape=[*_pair(kernel_size), channels, depth_multiplier],
        dtype=dtype,
        initializer=weights_initializer,
        regularizer=weights_regularizer,
        trainable=trainable,
    )
    steps = _pair(stride)
    outputs = depthwise_conv2d(
        inputs,
        weights,
        (1, 1, *steps) if is_first else (1, *steps, 1),
        padding,
        rate=_pair(rate),
        data_format=data_format,
    )
    if biases_initializer is None:
        return outputs
    biases = model_variable(
        "biases",
        shape=[depth_multiplier * channels],
        dtype=dtype,
        initializer=biases_initializer,
        regularizer=biases_regularizer,
        trainable=trainable,
    )
    return bias_add(outputs, biases, data_format=data_format)
