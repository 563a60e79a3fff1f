"""Batch normalisation, and normalisation of each element.

Source: TensorFlow 1.15, python/keras/layers/normalization.py.
"""

from __future__ import annotations

from typing import Any

import tensormill.api as tf
from tensormill.keras import constraints, initializers, regularizers
from tensormill.keras.backend.values import moving_average_update
from tensormill.keras.engine.layer import InputSpec, Layer
from tensormill.keras.layers.settings import WeightSettings
from tensormill.layers.learning_phase import learning_phase
from tensormill.layers.moment_normalization import MomentNormalization, check_renorm_clipping
from tensormill.ops.smart_cond import smart_cond, smart_constant_value

__all__ = ["BatchNormalization", "LayerNormalization"]


class BatchNormalization(WeightSettings, MomentNormalization, Layer):
    """Normalises each channel by the moments of the batch in training, else by moving averages.

    Args:
      axis: the axis of the channels, or a list of axes.
      momentum: how much of the moving averages an update keeps.
      epsilon: added to the variance.
      center: whether to add `beta`.
      scale: whether to multiply with `gamma`.
      beta_initializer: gives the first `beta`.
      gamma_initializer: gives the first `gamma`.
      moving_mean_initializer: gives the first mean.
      moving_variance_initializer: gives the first variance.
      beta_regularizer: a function of `beta` that gives a loss.
      gamma_regularizer: a function of `gamma` that gives a loss.
      beta_constraint: what is applied to `beta` after an update.
      gamma_constraint: what is applied to `gamma`.
      renorm: whether to correct the batch's moments by those of training so far.
      renorm_clipping: the limits "rmax", "rmin" and "dmax" of the corrections.
      renorm_momentum: how much of the moments of training an update keeps.
      fused: whether to use the op that does all in one; None where it can be used.
      trainable: whether training changes the weights.
      virtual_batch_size: normalise parts of the batch, of this size, each by its own moments.
      adjustment: a function of the input's shape that gives a scale and a bias for training.
      name: the name.
      **kwargs: as in `Layer`.
    """

    _roles = ("beta", "gamma")

    def __init__(
        self, axis: Any = -1, momentum: float = 0.99, epsilon: float = 1e-3, center: bool = True,
        scale: bool = True, beta_initializer: Any = "zeros", gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros", moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None, gamma_regularizer: Any = None, beta_constraint: Any = None,
        gamma_constraint: Any = None, renorm: bool = False, renorm_clipping: Any = None,
        renorm_momentum: float = 0.99, fused: bool | None = None, trainable: bool = True,
        virtual_batch_size: int | None = None, adjustment: Any = None, name: str | None = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(trainable=trainable, name=name, **kwargs)
        if not isinstance(axis, (int, list, tuple)):
            raise TypeError(f"axis must be int or list, type given: {type(axis)}")
        self.axis = axis if isinstance(axis, int) else list(axis)
        self.momentum = momentum
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.renorm = renorm
        self.renorm_clipping = dict(renorm_clipping or {})
        check_renorm_clipping(self.renorm_clipping)
        self.renorm_momentum = renorm_momentum
        self.virtual_batch_size = virtual_batch_size
        self.adjustment = adjustment
        self._is_special = renorm or virtual_batch_size is not None or adjustment is not None
        self.fused = fused
        self.supports_masking = True
        self.gamma: Any = None
        self.beta: Any = None

    def build(self, input_shape: Any) -> None:
        """Make `gamma`, `beta` and the moving averages.

        Raises:
          ValueError: an axis is out of range or there twice, or its size is not known.
        """
        dims: list[Any] = tf.TensorShape(input_shape).as_list()
        given = [self.axis] if isinstance(self.axis, int) else self.axis
        for axis in given:
            if not -len(dims) <= axis < len(dims):
                raise ValueError(f"Invalid axis: {axis}")
        self._axes = [axis % len(dims) for axis in given]
        if len(set(self._axes)) != len(self._axes):
            raise ValueError(f"Duplicate axis: {self._axes}")
        sizes = {axis: dims[axis] for axis in self._axes}
        if None in sizes.values():
            raise ValueError("Axis has unknown size in input shape", input_shape)
        self.input_spec = InputSpec(ndim=len(dims), axes=sizes)
        can_fuse = len(dims) == 4 and self._axes in ([1], [3]) and not self._is_special
        if self.fused is None or self.fused:
            self.fused = can_fuse
        # The weights of several axes have all axes of the input.
        shape = tuple(sizes.values())
        if len(sizes) > 1 or self.virtual_batch_size is not None:
            shape = tuple(sizes.get(axis, 1) for axis in range(len(dims)))
        if self.virtual_batch_size is not None:
            # The parts of the batch are an axis of their own behind the first one.
            shape = (shape[0], 1, *shape[1:])
            self._axes = [axis + 1 for axis in self._axes]
        if self.scale:
            self.gamma = self.add_kernel("gamma", shape, "gamma")
        if self.center:
            self.beta = self.add_kernel("beta", shape, "beta")
        self.moving_mean = self.add_weight(
            "moving_mean", shape, initializer=self.moving_mean_initializer, trainable=False
        )
        self.moving_variance = self.add_weight(
            "moving_variance", shape, initializer=self.moving_variance_initializer, trainable=False
        )
        if self.renorm:
            self.add_renorm_parameters(shape, None)
        self.built = True

    def call(self, inputs: Any, training: Any = None) -> Any:
        """Return the normalised inputs."""
        if training is None:
            training = learning_phase()
        if not self.trainable and not isinstance(training, tf.Tensor):
            training = bool(training)
        if self._is_special:
            return self.normalize(inputs, training)
        return self._fused(inputs, training) if self.fused else self._plain(inputs, training)

    def _update(self, mean: Any, variance: Any, training: Any) -> None:
        """Make the updates of the moving averages."""
        known = smart_constant_value(training)
        if known is not None and not known:
            return
        for variable, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            keep: Any = self.momentum
            if known is None:
                keep = tf.where(training, self.momentum, 1.0)
            self.add_update(moving_average_update(variable, value, keep))

    def _fused(self, inputs: Any, training: Any) -> Any:
        (axis,) = self._axes
        channels = inputs.get_shape().as_list()[axis]
        gamma = self.gamma if self.scale else tf.ones([channels], self.dtype)
        beta = self.beta if self.center else tf.zeros([channels], self.dtype)
        settings: dict[str, Any] = {
            "epsilon": self.epsilon, "data_format": "NCHW" if axis == 1 else "NHWC",
        }  # fmt: skip

        def train() -> Any:
            return tf.nn.fused_batch_norm(inputs, gamma, beta, **settings)

        def infer() -> Any:
            return tf.nn.fused_batch_norm(
                inputs, gamma, beta, mean=self.moving_mean, variance=self.moving_variance,
                is_training=False, **settings,
            )  # fmt: skip

        outputs, mean, variance = smart_cond(training, train, infer)
        self._update(mean, variance, training)
        return outputs

    def _plain(self, inputs: Any, training: Any) -> Any:
        rank = inputs.get_shape().ndims
        others = [axis for axis in range(rank) if axis not in self._axes]
        shape = [1] * rank
        for axis in self._axes:
            shape[axis] = inputs.get_shape().as_list()[axis]
        is_fitting = len(self._axes) > 1 or self._axes == [rank - 1]

        def spread(weight: Any) -> Any:
            return weight if weight is None or is_fitting else tf.reshape(weight, shape)

        mean, variance = smart_cond(
            training,
            lambda: tuple(tf.nn.moments(inputs, others, keep_dims=len(self._axes) > 1)),
            lambda: (tf.identity(self.moving_mean), tf.identity(self.moving_variance)),
        )
        self._update(mean, variance, training)
        outputs = tf.nn.batch_normalization(
            inputs, spread(mean), spread(variance), spread(self.beta), spread(self.gamma),
            self.epsilon,
        )  # fmt: skip
        outputs.set_shape(inputs.get_shape())
        return outputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the input."""
        return tf.TensorShape(input_shape)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own: dict[str, Any] = {
            name: getattr(self, name) for name in ("axis", "momentum", "epsilon", "center", "scale")
        }
        for name in ("moving_mean_initializer", "moving_variance_initializer"):
            own[name] = initializers.serialize(getattr(self, name))
        if self.renorm:
            for name in ("renorm", "renorm_clipping", "renorm_momentum"):
                own[name] = getattr(self, name)
        if self.virtual_batch_size is not None:
            own["virtual_batch_size"] = self.virtual_batch_size
        if self.adjustment is not None:
            tf.logging.warning(
                "The `adjustment` function of this `BatchNormalization` layer cannot be serialized "
                "and has been omitted from the layer config. It will not be included when "
                "re-creating the layer from the saved config."
            )
        return {**super().get_config(), **own, **self.weight_config()}


class LayerNormalization(WeightSettings, Layer):
    """Normalises each element by its own moments along some axes."""

    _roles = ("beta", "gamma")

    def __init__(
        self, axis: Any = -1, epsilon: float = 1e-3, center: bool = True, scale: bool = True,
        beta_initializer: Any = "zeros", gamma_initializer: Any = "ones",
        beta_regularizer: Any = None, gamma_regularizer: Any = None, beta_constraint: Any = None,
        gamma_constraint: Any = None, trainable: bool = True, name: str | None = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(trainable=trainable, name=name, **kwargs)
        if not isinstance(axis, (int, list, tuple)):
            raise ValueError(
                "Expected an int or a list/tuple of ints for the argument 'axis', but received "
                f"instead: {axis}"
            )
        self.axis = [axis] if isinstance(axis, int) else list(axis)
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.supports_masking = True
        self.gamma: Any = None
        self.beta: Any = None

    def build(self, input_shape: Any) -> None:
        """Make `gamma` and `beta`.

        Raises:
          ValueError: the input has no such axis, or one is given twice.
        """
        dims = tf.TensorShape(input_shape).as_list()
        self.axis = [len(dims) + axis if axis < 0 else axis for axis in self.axis]
        for axis in self.axis:
            if not 0 <= axis < len(dims):
                raise ValueError(f"Invalid axis: {axis}")
        if len(self.axis) != len(set(self.axis)):
            raise ValueError(f"Duplicate axis: {tuple(self.axis)}")
        shape = tuple(dims[axis] for axis in self.axis)
        if self.scale:
            self.gamma = self.add_kernel("gamma", shape, "gamma")
        if self.center:
            self.beta = self.add_kernel("beta", shape, "beta")
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return the normalised inputs."""
        mean, variance = tf.nn.moments(inputs, self.axis, keep_dims=True)
        dims = inputs.get_shape().as_list()
        shape = [dims[axis] if axis in self.axis else 1 for axis in range(len(dims))]

        def spread(weight: Any) -> Any:
            return weight if weight is None else tf.reshape(weight, shape)

        outputs = tf.nn.batch_normalization(
            inputs, mean, variance, spread(self.beta), spread(self.gamma), self.epsilon
        )
        outputs.set_shape(inputs.get_shape())
        return outputs

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = {name: getattr(self, name) for name in ("axis", "epsilon", "center", "scale")}
        return {**super().get_config(), **own, **self.weight_config()}
