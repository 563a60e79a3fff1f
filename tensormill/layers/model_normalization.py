"""Normalisers in the manner of `tf.contrib.layers`.

Source: TensorFlow 1.15, contrib/layers/python/layers/layers.py and normalization.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.collections import GraphKeys
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import add_to_collections, name_scope
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.layers.model_scope import (
    finish,
    get_variable_collections,
    renaming_getter,
)
from tensormill.layers.normalization import BatchNormalization
from tensormill.ops.arithmetic import divide, maximum
from tensormill.ops.array_shapes import reshape, size
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import sqrt, square
from tensormill.ops.identities import identity
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.smart_cond import smart_cond, smart_constant_value
from tensormill.ops.statistics import batch_normalization, moments, weighted_moments
from tensormill.train.moving_averages import assign_moving_average
from tensormill.variables.arg_scope import add_arg_scope
from tensormill.variables.initializers import Ones, Zeros
from tensormill.variables.model_variables import model_variable
from tensormill.variables.scope import variable_scope

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "unit_norm"]


@add_arg_scope
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
    batch_weights: Any = None,
    fused: bool | None = None,
    data_format: str = "NHWC",
    zero_debias_moving_mean: bool = False,
    scope: Any = None,
    renorm: bool = False,
    renorm_clipping: dict[str, Any] | None = None,
    renorm_decay: float = 0.99,
    adjustment: Callable[..., Any] | None = None,
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
      batch_weights: [batch], how much each example counts in the moments.
      fused: whether to use the op that does all in one; None where it can be used.
      data_format: "NHWC" or "NCHW".
      zero_debias_moving_mean: correct the moving mean for the zeros that it began with.
      scope: the name of the variable scope.
      renorm: whether to correct the batch's moments by those of training so far.
      renorm_clipping: the limits "rmax", "rmin" and "dmax" of the corrections.
      renorm_decay: how much of the moments of training an update keeps.
      adjustment: a function of the input's shape that gives a scale and a bias for training.

    Raises:
      ValueError: an unknown data format, or arguments that exclude each other.
    """
    if data_format not in ("NHWC", "NCHW"):
        raise ValueError("data_format has to be either NCHW or NHWC.")
    initializers, regularizers = param_initializers or {}, param_regularizers or {}
    if batch_weights is not None or zero_debias_moving_mean:
        for name, is_given in (("renorm", renorm), ("adjustment", adjustment is not None)):
            if is_given:
                raise ValueError(
                    f"{name} is not supported with batch_weights, updates_collections or "
                    "zero_debias_moving_mean"
                )
        is_fused = fused in (None, True) and batch_weights is None
        return _weighted_batch_norm(
            inputs, decay, center, scale, epsilon, activation_fn, initializers, regularizers,
            updates_collections, is_training, reuse, variables_collections, outputs_collections,
            trainable, batch_weights, data_format, zero_debias_moving_mean, scope, is_fused,
        )  # fmt: skip
    getter = renaming_getter({}, variables_collections)
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
            renorm=renorm,
            renorm_clipping=renorm_clipping,
            renorm_momentum=renorm_decay,
            adjustment=adjustment,
            fused=fused if inputs.get_shape().ndims == 4 else False,
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
            return finish(outputs, opened.name, outputs_collections, activation_fn)


def _weighted_batch_norm(
    inputs: Any,
    decay: float,
    center: bool,
    scale: bool,
    epsilon: float,
    activation_fn: Callable[..., Any] | None,
    initializers: dict[str, Any],
    regularizers: dict[str, Any],
    updates_collections: Any,
    is_training: Any,
    reuse: Any,
    variables_collections: Any,
    outputs_collections: Any,
    trainable: bool,
    batch_weights: Any,
    data_format: str,
    zero_debias: bool,
    scope: Any,
    is_fused: bool,
) -> Tensor:
    """Normalise by moments in which examples count differently, or with a corrected mean.

    Where TensorFlow has a fused op for it, the moving variance is that of a sample.
    """
    with variable_scope(scope, "BatchNorm", [inputs], reuse=reuse) as opened:
        inputs = convert_to_tensor(inputs)
        dims = inputs.get_shape().as_list()
        axis = 1 if data_format == "NCHW" else len(dims) - 1
        axes = [a for a in range(len(dims)) if a != axis]
        wide = [dims[axis] if a == axis else 1 for a in range(len(dims))]

        def parameter(name: str, initializer: Any, is_trainable: bool) -> Any:
            return model_variable(
                name,
                shape=[dims[axis]],
                dtype=inputs.dtype.base_dtype,
                initializer=initializers.get(name, initializer),
                regularizer=regularizers.get(name),
                collections=get_variable_collections(variables_collections, name),
                trainable=is_trainable,
            )

        beta = parameter("beta", Zeros(), trainable) if center else None
        gamma = parameter("gamma", Ones(), trainable) if scale else None
        moving_mean = parameter("moving_mean", Zeros(), False)
        moving_variance = parameter("moving_variance", Ones(), False)

        def batch_moments() -> tuple[Tensor, Tensor]:
            if batch_weights is None:
                return moments(inputs, axes)
            weights = convert_to_tensor(batch_weights, dtype=inputs.dtype)
            return weighted_moments(inputs, axes, reshape(weights, [-1] + [1] * (len(dims) - 1)))

        known = smart_constant_value(is_training)
        mean, variance = moving_mean, moving_variance
        if known is not False:
            means = batch_moments()
            spread = means[1]
            if is_fused and len(dims) in (2, 4):
                count = cast(size(inputs), inputs.dtype) / dims[axis]
                spread = spread * (count / maximum(count - 1.0, 1.0))

            def moved() -> list[Tensor]:
                return [
                    identity(assign_moving_average(moving_mean, means[0], decay, zero_debias)),
                    identity(assign_moving_average(moving_variance, spread, decay, False)),
                ]

            def kept() -> list[Tensor]:
                return [identity(moving_mean), identity(moving_variance)]

            updates = smart_cond(is_training, moved, kept)
            mean, variance = smart_cond(is_training, lambda: list(means), kept)
            if updates_collections is None:
                with inputs.graph.control_dependencies(updates):
                    mean, variance = identity(mean), identity(variance)
            else:
                for update in updates:
                    add_to_collections(updates_collections, update)
        beta = None if beta is None else reshape(beta, wide)
        gamma = None if gamma is None else reshape(gamma, wide)
        outputs = batch_normalization(
            inputs, reshape(mean, wide), reshape(variance, wide), beta, gamma, epsilon
        )
        outputs.set_shape(inputs.get_shape())
        return finish(outputs, opened.name, outputs_collections, activation_fn)


def _parameters(
    names: Sequence[tuple[str, Any]],
    shape: Any,
    dtype: Any,
    variables_collections: Any,
    trainable: bool,
) -> list[Any]:
    return [
        model_variable(
            name,
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            collections=get_variable_collections(variables_collections, name),
            trainable=trainable,
        )
        for name, initializer in names
    ]


def _beta_and_gamma(
    center: bool,
    scale: bool,
    initializers: dict[str, Any] | None,
    shape: Any,
    dtype: Any,
    variables_collections: Any,
    trainable: bool,
) -> tuple[Any, Any]:
    """Return the variables `beta` and `gamma`, None for those that are not wanted."""
    given = initializers or {}
    wanted = [("beta", given.get("beta", Zeros()))] if center else []
    wanted += [("gamma", given.get("gamma", Ones()))] if scale else []
    made = _parameters(wanted, shape, dtype, variables_collections, trainable)
    return (made[0] if center else None), (made[-1] if scale else None)


def _with_rank(inputs: Any) -> tuple[Tensor, TensorShape, int]:
    """Return inputs as a tensor, with its static shape and rank."""
    tensor = convert_to_tensor(inputs)
    shape = tensor.get_shape()
    if shape.ndims is None:
        raise ValueError(f"Inputs {tensor.name} has undefined rank.")
    return tensor, shape, shape.ndims


@add_arg_scope
def layer_norm(
    inputs: Any,
    center: bool = True,
    scale: bool = True,
    activation_fn: Callable[..., Any] | None = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    begin_norm_axis: int = 1,
    begin_params_axis: int = -1,
    scope: Any = None,
) -> Tensor:
    """Return the inputs normalised example by example (https://arxiv.org/abs/1607.06450).

    Args:
      inputs: floats of rank 2 or more.
      center: whether to add `beta`.
      scale: whether to multiply with `gamma`.
      activation_fn: a function, or None.
      reuse: whether to reuse variables.
      variables_collections: collections for the variables, or a dict of them by name.
      outputs_collections: collections for the output.
      trainable: whether optimizers change the variables.
      begin_norm_axis: the first axis of those that the moments are taken over.
      begin_params_axis: the first axis of those that the variables have.
      scope: the name of the variable scope.

    Raises:
      ValueError: the rank is not known or too small, or a size is not known.
    """
    with variable_scope(scope, "LayerNorm", [inputs], reuse=reuse) as opened:
        inputs, shape, rank = _with_rank(inputs)
        if begin_norm_axis < 0:
            begin_norm_axis += rank
        if begin_params_axis >= rank or begin_norm_axis >= rank:
            raise ValueError(
                f"begin_params_axis ({begin_params_axis}) and begin_norm_axis ({begin_norm_axis}) "
                f"must be < rank(inputs) ({rank})"
            )
        params_shape = shape[begin_params_axis:]
        if not params_shape.is_fully_defined():
            raise ValueError(
                f"Inputs {inputs.name}: shape(inputs)[{begin_params_axis}:] is not fully defined: "
                f"{shape}"
            )
        beta, gamma = _beta_and_gamma(
            center,
            scale,
            None,
            params_shape,
            inputs.dtype.base_dtype,
            variables_collections,
            trainable,
        )
        mean, variance = moments(inputs, list(range(begin_norm_axis, rank)), keep_dims=True)
        epsilon = 1e-3 if inputs.dtype == dtypes.float16 else 1e-12
        outputs = batch_normalization(inputs, mean, variance, beta, gamma, epsilon)
        outputs.set_shape(shape)
        return finish(outputs, opened.name, outputs_collections, activation_fn)


@add_arg_scope
def instance_norm(
    inputs: Any,
    center: bool = True,
    scale: bool = True,
    epsilon: float = 1e-6,
    activation_fn: Callable[..., Any] | None = None,
    param_initializers: dict[str, Any] | None = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    data_format: str = "NHWC",
    scope: Any = None,
) -> Tensor:
    """Return each channel of each example normalised over space (https://arxiv.org/abs/1607.08022).

    Args:
      inputs: [batch, ..., channels], or as `data_format` says.
      center: whether to add `beta`.
      scale: whether to multiply with `gamma`.
      epsilon: added to the variance.
      activation_fn: a function, or None.
      param_initializers: initializers of beta and gamma.
      reuse: whether to reuse variables.
      variables_collections: collections for the variables, or a dict of them by name.
      outputs_collections: collections for the output.
      trainable: whether optimizers change the variables.
      data_format: "NHWC" or "NCHW".
      scope: the name of the variable scope.

    Raises:
      ValueError: the rank or the number of channels is not known, or an unknown data format.
    """
    inputs, shape, rank = _with_rank(inputs)
    if data_format not in ("NHWC", "NCHW"):
        raise ValueError("data_format has to be either NCHW or NHWC.")
    with variable_scope(scope, "InstanceNorm", [inputs], reuse=reuse) as opened:
        axis = rank - 1 if data_format == "NHWC" else 1
        channels = shape[axis].value
        if channels is None:
            raise ValueError(f"Inputs {inputs.name} has undefined channels dimension {shape}.")
        axes = [a for a in range(1, rank) if a != axis]
        beta, gamma = _beta_and_gamma(
            center,
            scale,
            param_initializers,
            [channels],
            inputs.dtype.base_dtype,
            variables_collections,
            trainable,
        )
        if data_format == "NCHW":
            wide = [1, channels, *([1] * (rank - 2))]
            beta = None if beta is None else reshape(beta, wide)
            gamma = None if gamma is None else reshape(gamma, wide)
        mean, variance = moments(inputs, axes, keep_dims=True)
        outputs = batch_normalization(inputs, mean, variance, beta, gamma, epsilon)
        outputs.set_shape(shape)
        return finish(outputs, opened.name, outputs_collections, activation_fn)


@add_arg_scope
def group_norm(
    inputs: Any,
    groups: int = 32,
    channels_axis: int = -1,
    reduction_axes: Sequence[int] = (-3, -2),
    center: bool = True,
    scale: bool = True,
    epsilon: float = 1e-6,
    activation_fn: Callable[..., Any] | None = None,
    param_initializers: dict[str, Any] | None = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
    mean_close_to_zero: bool = False,
) -> Tensor:
    """Return groups of channels of each example normalised (https://arxiv.org/abs/1803.08494).

    Args:
      inputs: floats of rank 2 or more.
      groups: into how many groups the channels are parted.
      channels_axis: the axis of the channels.
      reduction_axes: the other axes that the moments are taken over.
      center: whether to add `beta`.
      scale: whether to multiply with `gamma`.
      epsilon: added to the variance.
      activation_fn: a function, or None.
      param_initializers: initializers of beta and gamma.
      reuse: whether to reuse variables.
      variables_collections: collections for the variables, or a dict of them by name.
      outputs_collections: collections for the output.
      trainable: whether optimizers change the variables.
      scope: the name of the variable scope.
      mean_close_to_zero: not needed here; the variance is computed in one way.

    Raises:
      ValueError: the groups do not part the channels, or axes overlap.
    """
    inputs, shape, rank = _with_rank(inputs)
    axis = channels_axis + rank if channels_axis < 0 else channels_axis
    channels = shape[axis].value
    if channels is None:
        raise ValueError(f"Inputs {inputs.name} has undefined channel dimension: {shape}.")
    space = sorted(a + rank if a < 0 else a for a in reduction_axes)
    if axis in space:
        raise ValueError("reduction_axes and channels_axis must be mutually exclusive.")
    if groups > channels:
        raise ValueError(f"Invalid groups {groups} for {channels} channels.")
    if channels % groups != 0:
        raise ValueError(f"{channels} channels is not commensurate with {groups} groups.")
    known = shape.as_list()
    if None in known:
        sizes = shape_of(inputs)
        original: list[Any] = [sizes[a] if size is None else size for a, size in enumerate(known)]
    else:
        original = known
    parted = [*original[:axis], groups, channels // groups, *original[axis + 1 :]]
    axes = [a + 1 if a > axis else a for a in space] + [axis + 1]
    wide = [1] * (rank + 1)
    wide[axis], wide[axis + 1] = groups, channels // groups
    with variable_scope(scope, "GroupNorm", [inputs], reuse=reuse) as opened:
        beta, gamma = _beta_and_gamma(
            center,
            scale,
            param_initializers,
            [channels],
            inputs.dtype.base_dtype,
            variables_collections,
            trainable,
        )
        beta = None if beta is None else reshape(beta, wide)
        gamma = None if gamma is None else reshape(gamma, wide)
        grouped = reshape(inputs, parted)
        mean, variance = moments(grouped, sorted(axes), keep_dims=True)
        outputs = batch_normalization(grouped, mean, variance, beta, gamma, epsilon)
        outputs = reshape(outputs, original)
        outputs.set_shape(shape)
        return finish(outputs, opened.name, outputs_collections, activation_fn)


@add_arg_scope
def unit_norm(inputs: Any, dim: int, epsilon: float = 1e-7, scope: Any = None) -> Tensor:
    """Return the inputs scaled to length one along an axis.

    Args:
      inputs: floats of known rank.
      dim: the axis.
      epsilon: the smallest squared length that is divided by.
      scope: the name of the variable scope.

    Raises:
      ValueError: the rank is not known, or the axis is out of range.
    """
    with variable_scope(scope, "UnitNorm", [inputs]):
        rank = inputs.get_shape().ndims
        if not rank:
            raise ValueError("The input rank must be known.")
        if dim < 0 or dim >= rank:
            raise ValueError("dim must be positive but smaller than the input rank.")
        squares = reduce_sum(square(inputs), [dim], keepdims=True)
        return divide(inputs, sqrt(squares + epsilon))
