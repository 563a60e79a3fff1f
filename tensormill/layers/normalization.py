"""Batch normalisation.

Source: TensorFlow 1.15, python/layers/normalization.py and python/keras/layers/normalization.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.shapes import TensorShape, as_dims
from tensormill.graph.tensor import Tensor
from tensormill.layers.base import InputSpec, Layer
from tensormill.layers.learning_phase import learning_phase
from tensormill.layers.moment_normalization import MomentNormalization, check_renorm_clipping
from tensormill.ops.normalization import fused_batch_norm
from tensormill.ops.smart_cond import smart_cond, smart_constant_value
from tensormill.variables import keras_initializers
from tensormill.variables.initializers import Ones, Zeros

__all__ = ["BatchNormalization", "batch_normalization"]


class BatchNormalization(MomentNormalization, Layer):
    """Normalises each channel by the mean and variance of the batch, or those seen in training.

    In training the moving averages must be updated: run what is in the UPDATE_OPS collection.

    Args:
      axis: the axis (or axes) of the channels.
      momentum: how much of the moving averages an update keeps.
      epsilon: added to the variance.
      center: whether to add `beta`.
      scale: whether to multiply with `gamma`.
      beta_initializer: zeros by default.
      gamma_initializer: ones by default.
      moving_mean_initializer: zeros by default.
      moving_variance_initializer: ones by default.
      beta_regularizer: a function of `beta` that gives a loss.
      gamma_regularizer: a function of `gamma` that gives a loss.
      beta_constraint: what optimizers apply to `beta` after an update.
      gamma_constraint: what they apply to `gamma`.
      renorm: whether to correct the batch's moments by those of training so far
        (https://arxiv.org/abs/1702.03275).
      renorm_clipping: the limits "rmax", "rmin" and "dmax" of the corrections.
      renorm_momentum: how much of the moments of training an update keeps.
      fused: whether to use the op that does all in one; None where it can be used.
      trainable: whether optimizers change `beta` and `gamma`.
      virtual_batch_size: normalise parts of the batch, of this size, each by its own moments.
      adjustment: a function of the input's shape that gives a scale and a bias for training.
      name: the name of the variable scope.
      **kwargs: as in `Layer`.

    Raises:
      ValueError: arguments exclude each other, or an unknown key of `renorm_clipping`.
    """

    def __init__(
        self,
        axis: Any = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = Zeros(),  # noqa: B008 - it has no state
        gamma_initializer: Any = Ones(),  # noqa: B008
        moving_mean_initializer: Any = Zeros(),  # noqa: B008
        moving_variance_initializer: Any = Ones(),  # noqa: B008
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: dict[str, Any] | None = None,
        renorm_momentum: float = 0.99,
        fused: bool | None = None,
        trainable: bool = True,
        virtual_batch_size: int | None = None,
        adjustment: Callable[..., Any] | None = None,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(trainable=trainable, name=name, **kwargs)
        self.axis = [axis] if isinstance(axis, int) else list(axis)
        self.momentum = momentum
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.beta_initializer = beta_initializer
        self.gamma_initializer = gamma_initializer
        self.moving_mean_initializer = moving_mean_initializer
        self.moving_variance_initializer = keras_initializers.get(moving_variance_initializer)
        self.beta_regularizer = beta_regularizer
        self.gamma_regularizer = gamma_regularizer
        self.beta_constraint = beta_constraint
        self.gamma_constraint = gamma_constraint
        self.renorm = renorm
        self.renorm_clipping = renorm_clipping or {}
        self.renorm_momentum = renorm_momentum
        self.virtual_batch_size = virtual_batch_size
        self.adjustment = adjustment
        self.fused = fused
        check_renorm_clipping(self.renorm_clipping)
        self.beta: Any = None
        self.gamma: Any = None
        self.moving_mean: Any = None
        self.moving_variance: Any = None
        self.moving_stddev: Any = None
        self.renorm_mean: Any = None
        self.renorm_stddev: Any = None
        self._data_format = "NHWC"

    def build(self, input_shape: Any) -> None:
        """Make `gamma`, `beta` and the moving averages.

        Raises:
          ValueError: an axis is out of range, or its size is not known.
        """
        dims = as_dims(input_shape)
        if dims is None:
            raise ValueError("Input has undefined rank:", input_shape)
        self.axis = [axis % len(dims) if axis < 0 else axis for axis in self.axis]
        if any(axis >= len(dims) for axis in self.axis):
            raise ValueError(f"Invalid axis: {self.axis[0]}")
        sizes = {axis: dims[axis] for axis in self.axis}
        if None in sizes.values():
            raise ValueError("Input has undefined `axis` dimension. Input shape: ", input_shape)
        self._choose_fused(len(dims))
        self.input_spec = InputSpec(ndim=len(dims), axes=sizes)
        if len(sizes) == 1 and self.virtual_batch_size is None:
            shape = list(sizes.values())
        else:
            shape = [sizes.get(axis, 1) for axis in range(len(dims))]
        if self.virtual_batch_size is not None:
            # The parts of the batch are an axis of their own behind the first one.
            shape.insert(1, 1)
            self.axis = [axis + 1 for axis in self.axis]
        self._axes = self.axis
        self._add_parameters(shape)
        self.built = True

    def _choose_fused(self, rank: int) -> None:
        """Find out whether the op that does all in one can be used, where it may be."""
        is_special = (
            self.renorm or self.virtual_batch_size is not None or self.adjustment is not None
        )
        if self.fused is None or self.fused:
            self.fused = rank == 4 and self.axis in ([1], [3]) and not is_special
        if self.fused:
            self._data_format = "NCHW" if self.axis == [1] else "NHWC"

    def _add_parameters(self, shape: list[Any]) -> None:
        dtype = self._dtype
        if dtype in (None, dtypes.float16, dtypes.bfloat16):
            dtype = dtypes.float32
        if self.scale:
            self.gamma = self.add_weight(
                "gamma",
                shape=shape,
                dtype=dtype,
                initializer=self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
            )
        elif self.fused:
            self._gamma_constant = constant(1.0, dtype=dtype, shape=shape)
        if self.center:
            self.beta = self.add_weight(
                "beta",
                shape=shape,
                dtype=dtype,
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
            )
        elif self.fused:
            self._beta_constant = constant(0.0, dtype=dtype, shape=shape)
        assert self._scope is not None
        partitioner = self._scope.partitioner
        self._scope.set_partitioner(None)  # moving averages are never cut into slices
        try:
            self._add_moving_averages(shape, dtype)
        finally:
            self._scope.set_partitioner(partitioner)

    def _add_moving_averages(self, shape: list[Any], dtype: Any) -> None:
        for name, initializer in (
            ("moving_mean", self.moving_mean_initializer),
            ("moving_variance", self.moving_variance_initializer),
        ):
            variable = self.add_weight(
                name, shape=shape, dtype=dtype, initializer=initializer, trainable=False
            )
            setattr(self, name, variable)
        if self.renorm:
            self.add_renorm_parameters(shape, dtype)

    def call(self, inputs: Tensor, training: Any = False) -> Tensor:  # type: ignore[override]
        """Return the normalised inputs.

        Args:
          inputs: floats.
          training: a bool or a bool tensor; None for the learning phase of Keras.
        """
        if training is None:
            training = learning_phase()
        if self.fused:
            return self._normalize_fused(inputs, training)
        return self.normalize(inputs, training)

    def _normalize_fused(self, inputs: Tensor, training: Any) -> Tensor:
        gamma = self.gamma if self.scale else self._gamma_constant
        beta = self.beta if self.center else self._beta_constant

        def train() -> Any:
            return fused_batch_norm(
                inputs, gamma, beta, epsilon=self.epsilon, data_format=self._data_format
            )

        def infer() -> Any:
            return fused_batch_norm(
                inputs,
                gamma,
                beta,
                mean=self.moving_mean,
                variance=self.moving_variance,
                epsilon=self.epsilon,
                is_training=False,
                data_format=self._data_format,
            )

        output, mean, variance = smart_cond(training, train, infer)
        known = smart_constant_value(training)
        if known is None:
            momentum = smart_cond(training, lambda: self.momentum, lambda: 1.0)
        else:
            momentum = convert_to_tensor(self.momentum)
        if known is not False:
            self.add_update(lambda: self.move(self.moving_mean, mean, momentum))
            self.add_update(lambda: self.move(self.moving_variance, variance, momentum))
        return output

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """Return the input's shape."""
        return TensorShape.from_dims(as_dims(input_shape))


def batch_normalization(
    inputs: Any,
    axis: Any = -1,
    momentum: float = 0.99,
    epsilon: float = 1e-3,
    center: bool = True,
    scale: bool = True,
    beta_initializer: Any = Zeros(),  # noqa: B008 - it has no state
    gamma_initializer: Any = Ones(),  # noqa: B008
    moving_mean_initializer: Any = Zeros(),  # noqa: B008
    moving_variance_initializer: Any = Ones(),  # noqa: B008
    beta_regularizer: Any = None,
    gamma_regularizer: Any = None,
    beta_constraint: Any = None,
    gamma_constraint: Any = None,
    training: Any = False,
    trainable: bool = True,
    name: Any = None,
    reuse: Any = None,
    renorm: bool = False,
    renorm_clipping: dict[str, Any] | None = None,
    renorm_momentum: float = 0.99,
    fused: bool | None = None,
    virtual_batch_size: int | None = None,
    adjustment: Callable[..., Any] | None = None,
) -> Tensor:
    """Normalise each channel, with new variables; see `BatchNormalization`.

    Args:
      inputs: floats, [batch, ..., channels] or as `axis` says.
      axis: the axis (or axes) of the channels.
      momentum: how much of the moving averages an update keeps.
      epsilon: added to the variance.
      center: whether to add `beta`.
      scale: whether to multiply with `gamma`.
      beta_initializer: zeros by default.
      gamma_initializer: ones by default.
      moving_mean_initializer: zeros by default.
      moving_variance_initializer: ones by default.
      beta_regularizer: a function of `beta` that gives a loss.
      gamma_regularizer: a function of `gamma` that gives a loss.
      beta_constraint: what optimizers apply to `beta` after an update.
      gamma_constraint: what they apply to `gamma`.
      training: a bool or a bool tensor: whether to use the batch's mean and variance.
      trainable: whether optimizers change `beta` and `gamma`.
      name: the name of the variable scope.
      reuse: whether to use the variables that another layer of this name has.
      renorm: whether to correct the batch's moments by those of training so far.
      renorm_clipping: the limits "rmax", "rmin" and "dmax" of the corrections.
      renorm_momentum: how much of the moments of training an update keeps.
      fused: whether to use the op that does all in one; None where it can be used.
      virtual_batch_size: normalise parts of the batch, of this size, each by its own moments.
      adjustment: a function of the input's shape that gives a scale and a bias for training.
    """
    layer = BatchNormalization(
        axis=axis,
        momentum=momentum,
        epsilon=epsilon,
        center=center,
        scale=scale,
        beta_initializer=beta_initializer,
        gamma_initializer=gamma_initializer,
        moving_mean_initializer=moving_mean_initializer,
        moving_variance_initializer=moving_variance_initializer,
        beta_regularizer=beta_regularizer,
        gamma_regularizer=gamma_regularizer,
        beta_constraint=beta_constraint,
        gamma_constraint=gamma_constraint,
        renorm=renorm,
        renorm_clipping=renorm_clipping,
        renorm_momentum=renorm_momentum,
        fused=fused,
        trainable=trainable,
        virtual_batch_size=virtual_batch_size,
        adjustment=adjustment,
        name=name,
        _scope=name,
        _reuse=reuse,
    )
    return layer.apply(inputs, training=training)
