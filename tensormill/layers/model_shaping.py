"""Pooling, dropout, flattening and layers made of layers, in the manner of `tf.contrib.layers`.

Source: TensorFlow 1.15, contrib/layers/python/layers/layers.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.layers import core, pooling
from tensormill.layers.model_scope import collect_named_outputs, get_variable_collections
from tensormill.ops import activations
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.comparison import not_equal
from tensormill.ops.custom_gradients import custom_gradient
from tensormill.ops.filling import one_hot
from tensormill.ops.gathering import gather_nd, where
from tensormill.ops.grids import meshgrid
from tensormill.ops.joining import concat
from tensormill.ops.normalization import bias_add as add_bias
from tensormill.ops.reduction import reduce_max, reduce_sum
from tensormill.ops.sequences import linspace
from tensormill.ops.transposition import transpose
from tensormill.variables.arg_scope import add_arg_scope
from tensormill.variables.initializers import Constant, Ones, Zeros
from tensormill.variables.model_variables import model_variable
from tensormill.variables.scope import variable_scope

__all__ = [
    "avg_pool2d",
    "avg_pool3d",
    "bias_add",
    "dense_to_sparse",
    "dropout",
    "flatten",
    "max_pool2d",
    "max_pool3d",
    "maxout",
    "one_hot_encoding",
    "repeat",
    "scale_gradient",
    "softmax",
    "spatial_softmax",
    "stack_layers",
]


def _pool(
    layer_class: type[pooling.PoolingLayer],
    default_name: str,
    inputs: Any,
    kernel_size: Any,
    stride: Any,
    padding: str,
    data_format: str | None,
    outputs_collections: Any,
    scope: str | None,
) -> Tensor:
    known = ("NHWC", "NCHW") if layer_class.rank == 2 else ("NDHWC", "NCDHW")
    if data_format not in known:
        raise ValueError(f"data_format has to be either {known[1]} or {known[0]}.")
    with name_scope(scope, default_name, [inputs]) as opened:
        layer = layer_class(
            kernel_size,
            stride,
            padding=padding,
            data_format="channels_first" if str(data_format).startswith("NC") else "channels_last",
            _scope=opened,
        )
        outputs = layer.apply(inputs)
        return collect_named_outputs(outputs_collections, opened, outputs)


@add_arg_scope
def max_pool2d(
    inputs: Any,
    kernel_size: Any,
    stride: Any = 2,
    padding: str = "VALID",
    data_format: str | None = "NHWC",
    outputs_collections: Any = None,
    scope: str | None = None,
) -> Tensor:
    """Return the largest entry of each window of images.

    Args:
      inputs: [batch, height, width, channels], or as `data_format` says.
      kernel_size: the window: two ints, or one for both.
      stride: the steps, likewise.
      padding: "VALID" or "SAME".
      data_format: "NHWC" or "NCHW".
      outputs_collections: collections for the output.
      scope: the name of the nodes.
    """
    return _pool(
        pooling.MaxPooling2D, "MaxPool2D", inputs, kernel_size, stride, padding, data_format,
        outputs_collections, scope,
    )  # fmt: skip


@add_arg_scope
def avg_pool2d(
    inputs: Any,
    kernel_size: Any,
    stride: Any = 2,
    padding: str = "VALID",
    data_format: str | None = "NHWC",
    outputs_collections: Any = None,
    scope: str | None = None,
) -> Tensor:
    """Return the mean of each window of images; for the arguments see `max_pool2d`."""
    return _pool(
        pooling.AveragePooling2D, "AvgPool2D", inputs, kernel_size, stride, padding, data_format,
        outputs_collections, scope,
    )  # fmt: skip


@add_arg_scope
def max_pool3d(
    inputs: Any,
    kernel_size: Any,
    stride: Any = 2,
    padding: str = "VALID",
    data_format: str | None = "NDHWC",
    outputs_collections: Any = None,
    scope: str | None = None,
) -> Tensor:
    """Return the largest entry of each window of volumes; for the arguments see `max_pool2d`."""
    return _pool(
        pooling.MaxPooling3D, "MaxPool3D", inputs, kernel_size, stride, padding, data_format,
        outputs_collections, scope,
    )  # fmt: skip


@add_arg_scope
def avg_pool3d(
    inputs: Any,
    kernel_size: Any,
    stride: Any = 2,
    padding: str = "VALID",
    data_format: str | None = "NDHWC",
    outputs_collections: Any = None,
    scope: str | None = None,
) -> Tensor:
    """Return the mean of each window of volumes; for the arguments see `max_pool2d`."""
    return _pool(
        pooling.AveragePooling3D, "AvgPool3D", inputs, kernel_size, stride, padding, data_format,
        outputs_collections, scope,
    )  # fmt: skip


@add_arg_scope
def flatten(inputs: Any, outputs_collections: Any = None, scope: str | None = None) -> Tensor:
    """Return each example as a vector: [batch, n].

    Args:
      inputs: [batch, ...].
      outputs_collections: collections for the output.
      scope: the name of the nodes.
    """
    with name_scope(scope, "Flatten", [inputs]) as opened:
        return collect_named_outputs(outputs_collections, opened, core.flatten(inputs))


@add_arg_scope
def dropout(
    inputs: Any,
    keep_prob: Any = 0.5,
    noise_shape: Any = None,
    is_training: Any = True,
    outputs_collections: Any = None,
    scope: Any = None,
    seed: int | None = None,
) -> Tensor:
    """Set entries to zero at random in training, and scale the others up.

    Args:
      inputs: floats.
      keep_prob: the probability that an entry is kept.
      noise_shape: the shape of the random choices, which are broadcast to the input's.
      is_training: a bool or a bool tensor.
      outputs_collections: collections for the output.
      scope: the name of the scope.
      seed: makes the choices repeatable.
    """
    with variable_scope(scope, "Dropout", [inputs]) as opened:
        layer = core.Dropout(
            rate=1 - keep_prob, noise_shape=noise_shape, seed=seed, name=opened.name, _scope=opened
        )
        outputs = layer.apply(inputs, training=is_training)
        return collect_named_outputs(outputs_collections, opened.name, outputs)


@add_arg_scope
def bias_add(
    inputs: Any,
    activation_fn: Callable[..., Any] | None = None,
    initializer: Any = Zeros(),  # noqa: B008 - it has no state
    regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    data_format: str = "NHWC",
    scope: Any = None,
) -> Tensor:
    """Return the inputs with a variable `biases` added to the channels.

    Args:
      inputs: [batch, ..., channels], or as `data_format` says.
      activation_fn: a function, or None.
      initializer: the initial biases.
      regularizer: a function of the biases that gives a loss.
      reuse: whether to reuse variables.
      variables_collections: collections for the variable, or a dict of them by name.
      outputs_collections: collections for the output.
      trainable: whether optimizers change the biases.
      data_format: "NHWC" or "NCHW".
      scope: the name of the variable scope.

    Raises:
      ValueError: an unknown data format, or the number of channels is not known.
    """
    if data_format not in ("NHWC", "NCHW"):
        raise ValueError("data_format has to be either NCHW or NHWC.")
    with variable_scope(scope, "BiasAdd", [inputs], reuse=reuse) as opened:
        inputs = convert_to_tensor(inputs)
        rank = inputs.get_shape().ndims
        if rank is None:
            raise ValueError("Dims of shape must be known but is None")
        if rank != 4 and data_format == "NCHW":
            raise ValueError("Data format NCHW only supports 4D Tensor")
        axis = 1 if data_format == "NCHW" else -1
        channels = inputs.get_shape()[axis].value
        if channels is None:
            raise ValueError("`C` dimension must be known but is None")
        biases = model_variable(
            "biases",
            shape=[channels],
            dtype=inputs.dtype.base_dtype,
            initializer=initializer,
            regularizer=regularizer,
            collections=get_variable_collections(variables_collections, "biases"),
            trainable=trainable,
        )
        outputs = add_bias(inputs, biases, data_format=data_format)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return collect_named_outputs(outputs_collections, opened.name, outputs)


@add_arg_scope
def one_hot_encoding(
    labels: Any,
    num_classes: int,
    on_value: float = 1.0,
    off_value: float = 0.0,
    outputs_collections: Any = None,
    scope: str | None = None,
) -> Tensor:
    """Return labels as vectors with one entry set: [batch, num_classes].

    Args:
      labels: integers [batch].
      num_classes: the number of classes.
      on_value: the entry at the label.
      off_value: the other entries.
      outputs_collections: collections for the output.
      scope: the name of the nodes.
    """
    with name_scope(scope, "OneHotEncoding", [labels, num_classes]) as opened:
        labels = convert_to_tensor(labels)
        if labels.dtype == dtypes.int32:
            labels = cast(labels, dtypes.int64)
        outputs = one_hot(labels, num_classes, on_value=on_value, off_value=off_value)
        return collect_named_outputs(outputs_collections, opened, outputs)


@add_arg_scope
def softmax(logits: Any, scope: Any = None) -> Tensor:
    """Return the softmax along the last axis of logits of any rank.

    Args:
      logits: floats [..., classes].
      scope: the name of the variable scope.
    """
    with variable_scope(scope, "softmax", [logits]):
        classes = shape_of(logits)[-1]
        rows = reshape(logits, [-1, classes])
        predictions = reshape(activations.softmax(rows), shape_of(logits))
        predictions.set_shape(logits.get_shape())
        return predictions


@add_arg_scope
def dense_to_sparse(
    tensor: Any, eos_token: Any = 0, outputs_collections: Any = None, scope: Any = None
) -> SparseTensor:
    """Return the entries of a dense tensor that differ from `eos_token`.

    Args:
      tensor: the tensor.
      eos_token: what is left out.
      outputs_collections: not used; a sparse tensor has no name.
      scope: the name of the variable scope.
    """
    with variable_scope(scope, "dense_to_sparse", [tensor]):
        tensor = convert_to_tensor(tensor)
        indices = where(not_equal(tensor, eos_token))
        values = gather_nd(tensor, indices)
        return SparseTensor(indices, values, shape_of(tensor, out_type=dtypes.int64))


@add_arg_scope
def maxout(inputs: Any, num_units: int, axis: int = -1, scope: Any = None) -> Tensor:
    """Return the largest entries of groups of channels (https://arxiv.org/abs/1302.4389).

    Groups are of entries that are neighbours in memory: where the channels are not the last axis,
    these are not entries of the channels alone, as in TensorFlow.

    Args:
      inputs: floats.
      num_units: into how many groups the channels are parted.
      axis: the axis of the channels.
      scope: the name of the variable scope.

    Raises:
      ValueError: the groups do not part the channels.
    """
    with variable_scope(scope, "MaxOut", [inputs]):
        inputs = convert_to_tensor(inputs)
        known = inputs.get_shape().as_list()
        channels = known[axis]
        if channels % num_units:
            raise ValueError(
                f"number of features({channels}) is not a multiple of num_units({num_units})"
            )
        wanted = list(known)
        wanted[axis] = num_units
        parted = [
            shape_of(inputs)[a] if size is None else size
            for a, size in enumerate([*wanted, channels // num_units])
        ]
        outputs = reduce_max(reshape(inputs, parted), -1)
        outputs.set_shape(wanted)
        return outputs


@add_arg_scope
def spatial_softmax(
    features: Any,
    temperature: float | None = None,
    name: str | None = None,
    variables_collections: Any = None,
    trainable: bool = True,
    data_format: str = "NHWC",
) -> Tensor:
    """Return where the features of each channel are: [batch, 2 * channels] of x and y in [-1, 1].

    Args:
      features: images.
      temperature: what the variable `temperature` of the softmax over space begins at; by
        default one.
      name: the name of the variable scope.
      variables_collections: collections for the variable, or a dict of them by name.
      trainable: whether optimizers change the variable.
      data_format: "NHWC" or "NCHW".

    Raises:
      ValueError: an unknown data format, or an unknown number of channels.
    """
    with variable_scope(name, "spatial_softmax"):
        sizes, known = shape_of(features), features.get_shape()
        if data_format == "NHWC":
            height, width, channels = sizes[1], sizes[2], known[3].value
        elif data_format == "NCHW":
            height, width, channels = sizes[2], sizes[3], known[1].value
        else:
            raise ValueError("data_format has to be either NCHW or NHWC.")
        if channels is None:
            raise ValueError("The num_channels dimension of the inputs should be known.")
        with name_scope("spatial_softmax_op", "spatial_softmax_op", [features]):
            x, y = meshgrid(
                linspace(-1.0, 1.0, num=height), linspace(-1.0, 1.0, num=width), indexing="ij"
            )
            x, y = reshape(x, [height * width]), reshape(y, [height * width])
            collections = get_variable_collections(variables_collections, "temperature")
            heat = model_variable(
                "temperature",
                shape=(),
                dtype=dtypes.float32,
                initializer=Ones() if temperature is None else Constant(temperature),
                collections=collections if trainable else None,
                trainable=trainable,
            )
            if data_format == "NHWC":
                features = transpose(features, [0, 3, 1, 2])
            attention = activations.softmax(reshape(features, [-1, height * width]) / heat)
            places = [reduce_sum(axis * attention, [1], keepdims=True) for axis in (x, y)]
            result = reshape(concat(places, 1), [-1, channels * 2])
            result.set_shape([known[0].value, channels * 2])
        return result


@custom_gradient
def _scaled(inputs: Tensor, gradient_multiplier: Tensor) -> Any:
    def grad(by_output: Tensor) -> tuple[Tensor, None]:
        return by_output * gradient_multiplier, None

    return inputs * 1, grad


def scale_gradient(inputs: Any, gradient_multiplier: Any) -> Tensor:
    """Return the inputs, with their gradient multiplied by a number."""
    scaled: Tensor = _scaled(
        convert_to_tensor(inputs), convert_to_tensor(gradient_multiplier, dtype=inputs.dtype)
    )
    return scaled


def _layer_name(layer: Callable[..., Any], default: str) -> str:
    if hasattr(layer, "__name__"):
        return layer.__name__
    if hasattr(layer, "func") and hasattr(layer.func, "__name__"):
        return str(layer.func.__name__)
    return default


@add_arg_scope
def repeat(
    inputs: Any, repetitions: int, layer: Callable[..., Any], *args: Any, **kwargs: Any
) -> Any:
    """Apply a layer several times, each with variables of its own.

    Args:
      inputs: the inputs.
      repetitions: how often.
      layer: a function with an argument `scope`.
      *args: further arguments of the layer.
      **kwargs: likewise; `scope` names the whole.
    """
    scope = kwargs.pop("scope", None)
    with variable_scope(scope, "Repeat", [inputs]):
        inputs = convert_to_tensor(inputs)
        name = scope if scope is not None else _layer_name(layer, "repeat")
        outputs = inputs
        for number in range(repetitions):
            outputs = layer(outputs, *args, **{**kwargs, "scope": f"{name}_{number + 1}"})
        return outputs


@add_arg_scope
def stack_layers(inputs: Any, layer: Callable[..., Any], stack_args: Any, **kwargs: Any) -> Any:
    """Apply a layer once for each of a list of arguments.

    Args:
      inputs: the inputs.
      layer: a function with an argument `scope`.
      stack_args: a list of the further argument, or of tuples of them.
      **kwargs: arguments that all have; `scope` names the whole.

    Raises:
      ValueError: `stack_args` is not a list or tuple.
    """
    scope = kwargs.pop("scope", None)
    if not isinstance(stack_args, (list, tuple)):
        raise ValueError("stack_args need to be a list or tuple")
    with variable_scope(scope, "Stack", [inputs]):
        inputs = convert_to_tensor(inputs)
        name = scope if scope is not None else _layer_name(layer, "stack")
        outputs = inputs
        for number, given in enumerate(stack_args):
            own = given if isinstance(given, (list, tuple)) else [given]
            outputs = layer(outputs, *own, **{**kwargs, "scope": f"{name}_{number + 1}"})
        return outputs
