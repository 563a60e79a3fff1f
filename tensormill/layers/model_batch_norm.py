"""`tf.contrib.layers.batch_norm`.

What its layer in `tf.layers` does is done by that. The rest has graphs of its own: updates that go
elsewhere than into the collection of updates, a corrected moving mean, and examples that count
differently.

Source: TensorFlow 1.15, contrib/layers/python/layers/layers.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tensormill.graph import dtypes, nest
from tensormill.graph.collections import GraphKeys
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import add_to_collections, control_dependencies, name_scope
from tensormill.graph.dtypes import DType
from tensormill.graph.tensor import Tensor
from tensormill.layers.model_scope import finish, get_variable_collections, renaming_getter
from tensormill.layers.normalization import BatchNormalization
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.identities import identity
from tensormill.ops.normalization import fused_batch_norm
from tensormill.ops.smart_cond import smart_cond, smart_constant_value
from tensormill.ops.statistics import batch_normalization, moments, weighted_moments
from tensormill.train.moving_averages import assign_moving_average
from tensormill.variables.arg_scope import add_arg_scope
from tensormill.variables.initializers import Ones, Zeros
from tensormill.variables.model_variables import model_variable
from tensormill.variables.scope import get_variable_scope, variable_scope

__all__ = ["batch_norm"]

_FORMATS = ("NHWC", "NCHW")


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
    if data_format not in _FORMATS:
        raise ValueError("data_format has to be either NCHW or NHWC.")
    inputs = convert_to_tensor(inputs)
    rank = inputs.get_shape().ndims
    asked = _Asked(
        decay, center, scale, epsilon, param_initializers or {}, param_regularizers or {},
        updates_collections, is_training, variables_collections, trainable, data_format,
        zero_debias_moving_mean,
    )  # fmt: skip
    has_own_updates = zero_debias_moving_mean or updates_collections != GraphKeys.UPDATE_OPS
    may_be_fused = batch_weights is None and not renorm and rank in (2, 4) and adjustment is None
    if fused is not False and may_be_fused and (has_own_updates or rank == 2):
        with variable_scope(scope, "BatchNorm", [inputs], reuse=reuse) as opened:
            outputs = _fused(inputs, asked)
            return finish(outputs, opened.name, outputs_collections, activation_fn)
    if batch_weights is not None or has_own_updates:
        if renorm:
            raise ValueError(
                "renorm is not supported with batch_weights, updates_collections or "
                "zero_debias_moving_mean"
            )
        with variable_scope(scope, "BatchNorm", [inputs], reuse=reuse) as opened:
            outputs = _by_moments(inputs, asked, batch_weights)
            return finish(outputs, opened.name, outputs_collections, activation_fn)
    getter = renaming_getter({}, variables_collections)
    with variable_scope(scope, "BatchNorm", [inputs], reuse=reuse, custom_getter=getter) as opened:
        layer = BatchNormalization(
            axis=1 if data_format == "NCHW" else -1,
            momentum=decay,
            epsilon=epsilon,
            center=center,
            scale=scale,
            beta_initializer=asked.initializers.get("beta", Zeros()),
            gamma_initializer=asked.initializers.get("gamma", Ones()),
            moving_mean_initializer=asked.initializers.get("moving_mean", Zeros()),
            moving_variance_initializer=asked.initializers.get("moving_variance", Ones()),
            beta_regularizer=asked.regularizers.get("beta"),
            gamma_regularizer=asked.regularizers.get("gamma"),
            trainable=trainable,
            renorm=renorm,
            renorm_clipping=renorm_clipping,
            renorm_momentum=renorm_decay,
            adjustment=adjustment,
            fused=fused if rank == 4 else False,
            name=opened.name,
            _scope=opened,
            _reuse=reuse,
        )
        outputs = layer.apply(inputs, training=is_training)
        with name_scope(opened.original_name_scope):
            return finish(outputs, opened.name, outputs_collections, activation_fn)


@dataclass(frozen=True)
class _Asked:
    """What `batch_norm` was asked for, where no layer does it."""

    decay: float
    center: bool
    scale: bool
    epsilon: float
    initializers: dict[str, Any]
    regularizers: dict[str, Any]
    updates_collections: Any
    is_training: Any
    variables_collections: Any
    trainable: bool
    data_format: str
    zero_debias: bool

    def parameter(self, name: str, size: int, dtype: DType, *, is_regular: bool) -> Any:
        """Return one of the two trained variables."""
        return model_variable(
            name,
            shape=[size],
            dtype=dtype,
            initializer=self.initializers.get(name, Zeros() if name == "beta" else Ones()),
            regularizer=self.regularizers.get(name) if is_regular else None,
            collections=get_variable_collections(self.variables_collections, name),
            trainable=self.trainable,
        )

    def moving(self, size: int, dtype: DType) -> tuple[Any, Any]:
        """Return the variables of the moving mean and variance, which are never partitioned."""
        with variable_scope(get_variable_scope()) as scope:
            scope.set_partitioner(None)
            mean, variance = (
                model_variable(
                    name,
                    shape=[size],
                    dtype=dtype,
                    initializer=self.initializers.get(name, initializer),
                    collections=get_variable_collections(self.variables_collections, name),
                    trainable=False,
                )
                for name, initializer in (("moving_mean", Zeros()), ("moving_variance", Ones()))
            )
        return mean, variance

    @property
    def may_train(self) -> bool:
        """Whether it is not known that the layer does not train."""
        return smart_constant_value(self.is_training) is not False

    def move(self, moving: tuple[Any, Any], now: tuple[Tensor, Tensor]) -> tuple[Any, Any]:
        """Return what moves the averages towards the moments of a batch."""
        mean = assign_moving_average(moving[0], now[0], self.decay, self.zero_debias)
        return mean, assign_moving_average(moving[1], now[1], self.decay, False)

    def moved(self, moving: tuple[Any, Any], now: tuple[Tensor, Tensor], results: Any) -> Any:
        """Return the same results, given after the averages have moved."""
        with control_dependencies(list(self.move(moving, now))):
            return nest.map_structure(identity, results)

    def collect(self, moving: tuple[Any, Any], now: tuple[Tensor, Tensor]) -> None:
        """Leave the updates of the averages in the collections of updates."""
        updates = smart_cond(self.is_training, lambda: self.move(moving, now), lambda: moving)
        for update in updates:
            add_to_collections(self.updates_collections, update)


def _fused(inputs: Tensor, asked: _Asked) -> Tensor:
    """Normalise images, or rows, by the op that does all in one."""
    image = inputs
    is_nchw = asked.data_format == "NCHW"
    if inputs.get_shape().ndims == 2:
        size = inputs.get_shape().as_list()[-1]
        if size is None:
            raise ValueError("`C` dimension must be known but is None")
        image = reshape(inputs, [-1, size, 1, 1] if is_nchw else [-1, 1, 1, size])
    dims = image.get_shape()
    size = dims.as_list()[1 if is_nchw else -1]
    if size is None:
        raise ValueError(f"Inputs {inputs.name} has undefined `C` dimension {dims}.")
    real = dtypes.float32  # also for float16, or precision would be lost
    beta = (
        asked.parameter("beta", size, real, is_regular=True)
        if asked.center
        else constant(0.0, real, [size])
    )
    gamma = (
        asked.parameter("gamma", size, real, is_regular=True)
        if asked.scale
        else constant(1.0, real, [size])
    )
    moving = asked.moving(size, real)

    def normalised(**state: Any) -> Any:
        return fused_batch_norm(
            image, gamma, beta, epsilon=asked.epsilon, data_format=asked.data_format, **state
        )

    outputs, mean, variance = smart_cond(
        asked.is_training,
        normalised,
        lambda: normalised(mean=moving[0], variance=moving[1], is_training=False),
    )
    if asked.may_train and asked.updates_collections is None:
        outputs = smart_cond(
            asked.is_training,
            lambda: asked.moved(moving, (mean, variance), outputs),
            lambda: outputs,
        )
    elif asked.may_train:
        asked.collect(moving, (mean, variance))
    outputs.set_shape(dims)
    return outputs if image is inputs else reshape(outputs, shape_of(inputs))


def _by_moments(inputs: Tensor, asked: _Asked, batch_weights: Any) -> Tensor:
    """Normalise by the moments of a batch, in which examples may count differently."""
    shape = inputs.get_shape()
    if shape.ndims is None:
        raise ValueError(f"Inputs {inputs.name} has undefined rank.")
    dims, dtype = shape.as_list(), inputs.dtype.base_dtype
    if batch_weights is not None:
        batch_weights = convert_to_tensor(batch_weights)
        shape[:1].assert_is_compatible_with(batch_weights.get_shape())
        batch_weights = reshape(batch_weights, [-1] + [1] * (len(dims) - 1))
    axis = 1 if asked.data_format == "NCHW" else len(dims) - 1
    size = dims[axis]
    if size is None:
        raise ValueError(
            f"Inputs {inputs.name} has undefined channels dimension {shape[axis : axis + 1]}."
        )
    beta = asked.parameter("beta", size, dtype, is_regular=False) if asked.center else None
    gamma = asked.parameter("gamma", size, dtype, is_regular=False) if asked.scale else None
    moving = asked.moving(size, dtype)
    mean, variance = moving
    if asked.may_train:
        now = _batch_moments(inputs, axis, batch_weights)
        if asked.updates_collections is None:
            mean, variance = smart_cond(
                asked.is_training, lambda: asked.moved(moving, now, now), lambda: moving
            )
        else:
            asked.collect(moving, now)
            mean, variance = smart_cond(asked.is_training, lambda: now, lambda: moving)
    if asked.data_format == "NCHW":
        wide = [1, size, *[1] * (len(dims) - 2)]
        mean, variance = reshape(mean, wide), reshape(variance, wide)
        beta = None if beta is None else reshape(beta, wide)
        gamma = None if gamma is None else reshape(gamma, wide)
    outputs = batch_normalization(inputs, mean, variance, beta, gamma, asked.epsilon)
    outputs.set_shape(shape)
    return outputs


def _batch_moments(inputs: Tensor, axis: int, weights: Tensor | None) -> tuple[Tensor, Tensor]:
    """Return the mean and the variance of each channel."""
    rank = inputs.get_shape().ndims or 0
    axes = [a for a in range(rank) if a != axis]
    is_last = axis == rank - 1
    found = (
        moments(inputs, axes, keep_dims=not is_last)
        if weights is None
        else weighted_moments(inputs, axes, weights, keepdims=not is_last)
    )
    return found if is_last else (reshape(found[0], [-1]), reshape(found[1], [-1]))
