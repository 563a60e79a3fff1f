"""Images as sequences of columns, pooling of any rank, and one filter for every channel.

In the manner of `tf.contrib.layers`.

Source: TensorFlow 1.15, contrib/layers/python/layers/layers.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.layers.model_scope import collect_named_outputs, finish, get_variable_collections
from tensormill.ops.activations import relu
from tensormill.ops.arithmetic import minimum, multiply
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.depthwise_convolution import depthwise_conv2d
from tensormill.ops.dilated_convolution import pool as pool_windows
from tensormill.ops.elementwise_unary import rsqrt, square
from tensormill.ops.joining import tile
from tensormill.ops.normalization import bias_add
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.transposition import transpose
from tensormill.variables.arg_scope import add_arg_scope
from tensormill.variables.initializers import GlorotUniform, Zeros
from tensormill.variables.model_variables import model_variable
from tensormill.variables.scope import variable_scope

__all__ = [
    "conv2d_in_plane",
    "images_to_sequence",
    "poincare_normalize",
    "pool",
    "sequence_to_images",
]


def _for_axes(value: Any, count: int) -> list[int]:
    return list(value) if isinstance(value, (list, tuple)) else [value] * count


@add_arg_scope
def pool(
    inputs: Any,
    kernel_size: Any,
    pooling_type: str,
    padding: str = "VALID",
    data_format: str | None = None,
    dilation_rate: Any = 1,
    stride: Any = 1,
    outputs_collections: Any = None,
    scope: str | None = None,
) -> Tensor:
    """Return the largest entry or the mean of each window, in as many axes as there are.

    Args:
      inputs: [batch, axes …, channels], or as `data_format` says.
      kernel_size: the window: an int for each axis, or one for all.
      pooling_type: "MAX" or "AVG".
      padding: "VALID" or "SAME".
      data_format: "NHWC", "NCHW" and the like.
      dilation_rate: how far the entries of a window are apart.
      stride: the steps.
      outputs_collections: collections for the output.
      scope: the name of the nodes.

    Raises:
      ValueError: the rank is not known, or below 3.
    """
    with name_scope(scope, f"{pooling_type.lower()}_pool", [inputs]) as opened:
        inputs = convert_to_tensor(inputs)
        rank = inputs.get_shape().ndims
        if rank is None:
            raise ValueError("Rank of inputs must be known")
        if rank < 3:
            raise ValueError("Rank of inputs must be >= 3")
        outputs = pool_windows(
            input=inputs,
            window_shape=_for_axes(kernel_size, rank - 2),
            pooling_type=pooling_type,
            padding=padding,
            data_format=data_format,
            dilation_rate=_for_axes(dilation_rate, rank - 2),
            strides=_for_axes(stride, rank - 2),
            name=opened,
        )
        return collect_named_outputs(outputs_collections, opened, outputs)


@add_arg_scope
def images_to_sequence(
    inputs: Any,
    data_format: str = "NHWC",
    outputs_collections: Any = None,
    scope: str | None = None,
) -> Tensor:
    """Return images as a sequence of their columns, [width, batch * height, channels].

    Args:
      inputs: images, of a known width and number of channels.
      data_format: "NHWC" or "NCHW".
      outputs_collections: collections for the output.
      scope: the name of the nodes.

    Raises:
      ValueError: the format is neither.
    """
    if data_format not in ("NHWC", "NCHW"):
        raise ValueError("data_format has to be either NCHW or NHWC.")
    with name_scope(scope, "ImagesToSequence", [inputs]) as opened:
        inputs = convert_to_tensor(inputs)
        if data_format == "NCHW":
            inputs = transpose(inputs, [0, 2, 3, 1])
        _, _, width, depth = inputs.get_shape().as_list()
        sizes = shape_of(inputs)
        columns = transpose(inputs, [2, 0, 1, 3])
        outputs = reshape(columns, [width, sizes[0] * sizes[1], depth])
        return collect_named_outputs(outputs_collections, opened, outputs)


@add_arg_scope
def sequence_to_images(
    inputs: Any,
    height: int,
    output_data_format: str = "channels_last",
    outputs_collections: Any = None,
    scope: str | None = None,
) -> Tensor:
    """Return the images that `images_to_sequence` made a sequence of.

    Args:
      inputs: [width, batch * height, channels].
      height: of the images.
      output_data_format: "channels_last" or "channels_first".
      outputs_collections: collections for the output.
      scope: the name of the nodes.
    """
    with name_scope(scope, "SequenceToImages", [inputs]) as opened:
        inputs = convert_to_tensor(inputs)
        width, rows, depth = inputs.get_shape().as_list()
        batch = -1 if rows is None else rows // height
        columns = reshape(inputs, [width, batch, height, depth])
        is_first = output_data_format == "channels_first"
        outputs = transpose(columns, [1, 3, 2, 0] if is_first else [1, 2, 0, 3])
        return collect_named_outputs(outputs_collections, opened, outputs)


def poincare_normalize(
    x: Any, axis: Any = 1, epsilon: float = 1e-5, name: str | None = None
) -> Tensor:
    """Return vectors, those that are longer than 1 - epsilon shortened to it.

    Args:
      x: the vectors.
      axis: along which their entries are.
      epsilon: how far they stay below a length of 1.
      name: the name of the nodes.
    """
    with name_scope(name, "poincare_normalize", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        inverse = rsqrt(reduce_sum(square(x), axis, keepdims=True))
        return multiply(x, minimum((1.0 - epsilon) * inverse, 1.0), name=scope)


@add_arg_scope
def conv2d_in_plane(
    inputs: Any,
    kernel_size: Any,
    stride: Any = 1,
    padding: str = "SAME",
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
    """Return the convolution of every channel with the same filter.

    Args:
      inputs: [batch, height, width, channels].
      kernel_size: the window: two ints, or one for both.
      stride: the steps, likewise.
      padding: "SAME" or "VALID".
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
    """
    with variable_scope(scope, "ConvInPlane", [inputs], reuse=reuse) as opened:
        channels = inputs.get_shape()[-1].value

        def parameter(name: str, shape: list[int], initializer: Any, regularizer: Any) -> Any:
            return model_variable(
                name,
                shape=shape,
                dtype=inputs.dtype.base_dtype,
                initializer=initializer,
                regularizer=regularizer,
                collections=get_variable_collections(variables_collections, name),
                trainable=trainable,
            )

        window = [*_for_axes(kernel_size, 2), 1, 1]
        weights = parameter("weights", window, weights_initializer, weights_regularizer)
        filters = tile(weights, [1, 1, channels, 1])
        outputs = depthwise_conv2d(inputs, filters, [1, *_for_axes(stride, 2), 1], padding)
        if normalizer_fn is None and biases_initializer is not None:
            biases = parameter("biases", [channels], biases_initializer, biases_regularizer)
            outputs = bias_add(outputs, biases)
        return finish(
            outputs,
            opened.name,
            outputs_collections,
            activation_fn,
            normalizer_fn,
            normalizer_params,
        )
