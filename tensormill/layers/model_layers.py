"""Layers in the manner of `tf.contrib.layers`, with an activation and a normaliser.

Source: TensorFlow 1.15, contrib/layers/python/layers/layers.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import add_to_collections, name_scope
from tensormill.graph.tensor import Tensor
from tensormill.layers import core, pooling
from tensormill.layers.base import Layer
from tensormill.layers.convolution import Conv2D
from tensormill.layers.core import Dense
from tensormill.layers.normalization import BatchNormalization
from tensormill.ops.activations import relu
from tensormill.ops.identities import identity
from tensormill.variables.initializers import GlorotUniform, Ones, VarianceScaling, Zeros
from tensormill.variables.scope import variable_scope

__all__ = [
    "avg_pool2d",
    "batch_norm",
    "conv2d",
    "dropout",
    "flatten",
    "fully_connected",
    "max_pool2d",
    "variance_scaling_initializer",
    "xavier_initializer",
]


def xavier_initializer(uniform: bool = True, seed: int | None = None, dtype: Any = None) -> Any:
    """Return an initializer that keeps the scale of gradients about the same in all layers.

    Args:
      uniform: draw from a uniform distribution, else from a truncated normal one.
      seed: makes the values repeatable.
      dtype: not used.
    """
    return variance_scaling_initializer(1.0, "FAN_AVG", uniform, seed)


def variance_scaling_initializer(
    factor: float = 2.0,
    mode: str = "FAN_IN",
    uniform: bool = False,
    seed: int | None = None,
    dtype: Any = None,
) -> Any:
    """Return an initializer whose variance is `factor` divided by the number of inputs or outputs.

    Args:
      factor: the factor.
      mode: "FAN_IN", "FAN_OUT" or "FAN_AVG".
      uniform: draw from a uniform distribution, else from a truncated normal one.
      seed: makes the values repeatable.
      dtype: not used.

    Raises:
      TypeError: an unknown mode.
    """
    if mode not in ("FAN_IN", "FAN_OUT", "FAN_AVG"):
        raise TypeError(f"Unknown mode {mode} [FAN_IN, FAN_OUT, FAN_AVG]")
    distribution = "uniform" if uniform else "truncated_normal"
    return VarianceScaling(factor, mode.lower(), distribution, seed)


def _renaming_getter(names: dict[str, str], collections: Any) -> Callable[..., Any]:
    """Return a getter that makes model variables, under the names of `tf.contrib.layers`."""

    def get(getter: Callable[..., Any], name: str, *args: Any, **kwargs: Any) -> Any:
        head, _, last = name.rpartition("/")
        wanted = names.get(last, last)
        extra = collections.get(wanted, []) if isinstance(collections, dict) else collections
        kwargs["collections"] = [
            *(kwargs.get("collections") or []),
            *(extra or []),
            GraphKeys.GLOBAL_VARIABLES,
            GraphKeys.MODEL_VARIABLES,
        ]
        return getter(f"{head}/{wanted}" if head else wanted, *args, **kwargs)

    return get


_PARAMETERS = {"kernel": "weights", "bias": "biases"}


def _finish(
    layer: Layer,
    outputs: Tensor,
    normalizer_fn: Callable[..., Any] | None,
    normalizer_params: dict[str, Any] | None,
    activation_fn: Callable[..., Any] | None,
    outputs_collections: Any,
) -> Tensor:
    if normalizer_fn is not None:
        outputs = normalizer_fn(outputs, **(normalizer_params or {}))
    if activation_fn is not None:
        outputs = activation_fn(outputs)
    if outputs_collections:
        add_to_collections(outputs_collections, outputs)
    return outputs


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
    """
    getter = _renaming_getter(_PARAMETERS, variables_collections)
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
            return _finish(
                layer,
                layer.apply(inputs),
                normalizer_fn,
                normalizer_params,
                activation_fn,
                outputs_collections,
            )


def conv2d(
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
) -> Tensor:
    """Return a convolution of images with variables `weights` and `biases`.

    Args:
      inputs: [batch, height, width, channels], or as `data_format` says.
      num_outputs: the number of outputs.
      kernel_size: the window: two ints, or one for both.
      stride: the steps, likewise.
      padding: "SAME" or "VALID".
      data_format: "NHWC" (the default) or "NCHW".
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

    Raises:
      ValueError: an unknown data format.
    """
    if data_format not in (None, "NHWC", "NCHW"):
        raise ValueError(f"Invalid data_format: {data_format!r}")
    getter = _renaming_getter(_PARAMETERS, variables_collections)
    with variable_scope(scope, "Conv", [inputs], reuse=reuse, custom_getter=getter) as opened:
        layer = Conv2D(
            num_outputs,
            kernel_size,
            strides=stride,
            padding=padding,
            data_format="channels_first" if data_format == "NCHW" else "channels_last",
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
            return _finish(
                layer,
                layer.apply(inputs),
                normalizer_fn,
                normalizer_params,
                activation_fn,
                outputs_collections,
            )


def batch_norm(
    inputs: Any,
    decay: float = 0.999,
    center: bool = True,
    scale: bool = False,
    epsilon: float = 0.001,
    activation_fn: Callable[..., Any] | None = None,
    param_initializers: dict[str, Any] | None = None,
    param_regularizers: dict[str, Any] | None = None,
    updates_collections: Any = GraphKeys.UPDATE_OPS,
    is_training: Any = True,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    data_format: str = "NHWC",
    scope: Any = None,
) -> Tensor:
    """Return the inputs normalised channel by channel.

    Args:
      inputs: [batch, ..., channels], or as `data_format` says.
      decay: how much of the moving averages an update keeps.
      center: whether to add `beta`.
      scale: whether to multiply with `gamma`.
      epsilon: added to the variance.
      activation_fn: a function, or None.
      param_initializers: initializers of beta, gamma, moving_mean, moving_variance.
      param_regularizers: regularizers of beta and gamma.
      updates_collections: the collection of the updates; None makes the output wait for them.
      is_training: a bool or a bool tensor.
      reuse: whether to reuse variables.
      variables_collections: collections for the variables, or a dict of them by name.
      outputs_collections: collections for the output.
      trainable: whether optimizers change `beta` and `gamma`.
      data_format: "NHWC" or "NCHW".
      scope: the name of the variable scope.
    """
    initializers, regularizers = param_initializers or {}, param_regularizers or {}
    getter = _renaming_getter({}, variables_collections)
    with variable_scope(scope, "BatchNorm", [inputs], reuse=reuse, custom_getter=getter) as opened:
        layer = BatchNormalization(
            axis=1 if data_format == "NCHW" else -1,
            momentum=decay,
            epsilon=epsilon,
            center=center,
            scale=scale,
            beta_initializer=initializers.get("beta", Zeros()),
            gamma_initializer=initializers.get("gamma", Ones()),
            moving_mean_initializer=initializers.get("moving_mean", Zeros()),
            moving_variance_initializer=initializers.get("moving_variance", Ones()),
            beta_regularizer=regularizers.get("beta"),
            gamma_regularizer=regularizers.get("gamma"),
            trainable=trainable,
            name=opened.name,
            _scope=opened,
            _reuse=reuse,
        )
        outputs = layer.apply(inputs, training=is_training)
        if updates_collections is None:
            with outputs.graph.control_dependencies(layer.updates):
                outputs = identity(outputs)
        elif updates_collections != GraphKeys.UPDATE_OPS:
            for update in layer.updates:
                add_to_collections(updates_collections, update)
        with name_scope(opened.original_name_scope):
            return _finish(layer, outputs, None, None, activation_fn, outputs_collections)


def _pool2d(
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
    with name_scope(scope, default_name, [inputs]) as opened:
        layer = layer_class(
            kernel_size,
            stride,
            padding=padding,
            data_format="channels_first" if data_format == "NCHW" else "channels_last",
            _scope=opened,
        )
        outputs = layer.apply(inputs)
        if outputs_collections:
            add_to_collections(outputs_collections, outputs)
        return outputs


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
    return _pool2d(
        pooling.MaxPooling2D, "MaxPool2D", inputs, kernel_size, stride, padding, data_format,
        outputs_collections, scope,
    )  # fmt: skip


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
    return _pool2d(
        pooling.AveragePooling2D, "AvgPool2D", inputs, kernel_size, stride, padding, data_format,
        outputs_collections, scope,
    )  # fmt: skip


def flatten(inputs: Any, outputs_collections: Any = None, scope: str | None = None) -> Tensor:
    """Return each example as a vector: [batch, n].

    Args:
      inputs: [batch, ...].
      outputs_collections: collections for the output.
      scope: the name of the nodes.
    """
    with name_scope(scope, "Flatten", [inputs]):
        outputs = core.flatten(inputs)
        if outputs_collections:
            add_to_collections(outputs_collections, outputs)
        return outputs


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
        if outputs_collections:
            add_to_collections(outputs_collections, outputs)
        return outputs
