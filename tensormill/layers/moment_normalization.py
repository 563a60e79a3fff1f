"""Batch normalisation by the moments of a batch, for the layers of `tf.layers` and of Keras.

Source: TensorFlow 1.15, python/keras/layers/normalization.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import colocate_with, control_dependencies, name_scope
from tensormill.graph.shapes import as_dims
from tensormill.graph.tensor import Tensor
from tensormill.ops import statistics
from tensormill.ops.activations import relu
from tensormill.ops.arithmetic import maximum, minimum
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import sqrt
from tensormill.ops.filling import ones_like, zeros_like
from tensormill.ops.identities import identity, stop_gradient
from tensormill.ops.reduction import reduce_mean
from tensormill.ops.smart_cond import smart_cond, smart_constant_value
from tensormill.variables.assignments import assign, assign_sub

__all__ = ["MomentNormalization", "check_renorm_clipping"]


def check_renorm_clipping(limits: dict[str, Any]) -> None:
    """Refuse unknown limits of the corrections.

    Raises:
      ValueError: there is one.
    """
    if set(limits) - {"rmax", "rmin", "dmax"}:
        raise ValueError(f"renorm_clipping {limits} contains keys not in ['rmax', 'rmin', 'dmax']")


def _composed(scale: Any, offset: Any, then_scale: Any, then_offset: Any) -> tuple[Any, Any]:
    """Return the scale and the offset of one affine map after another."""
    if then_scale is not None:
        scale, offset = scale * then_scale, offset * then_scale
    return scale, offset if then_offset is None else offset + then_offset


class MomentNormalization:
    """What a batch normalisation does, but for the op that does all in one.

    Attributes:
      momentum: how much of the moving averages an update keeps.
      epsilon: added to the variance.
      gamma: the scale, or None.
      beta: the offset, or None.
      moving_mean: the average of the means.
      moving_variance: the average of the variances.
      renorm: whether to correct the batch's moments by those of training so far.
      renorm_clipping: the limits of the corrections.
      renorm_momentum: how much of the moments of training an update keeps.
      virtual_batch_size: normalise parts of the batch, each by its own moments; or None.
      adjustment: a function of the input's shape that gives a scale and a bias for training.
    """

    momentum: float
    epsilon: float
    gamma: Any
    beta: Any
    moving_mean: Any
    moving_variance: Any
    moving_variance_initializer: Any
    moving_mean_initializer: Any
    moving_stddev: Any
    renorm: bool
    renorm_clipping: dict[str, Any]
    renorm_momentum: float
    renorm_mean: Any
    renorm_stddev: Any
    virtual_batch_size: int | None
    adjustment: Callable[..., Any] | None
    add_update: Callable[..., None]
    add_weight: Callable[..., Any]
    _axes: list[int]

    def add_renorm_parameters(self, shape: Any, dtype: Any) -> None:
        """Make the variables of the corrections."""

        def initial_deviation(*args: Any, **kwargs: Any) -> Any:
            return sqrt(self.moving_variance_initializer(*args, **kwargs))

        for name, initializer in (
            ("moving_stddev", initial_deviation),
            ("renorm_mean", self.moving_mean_initializer),
            ("renorm_stddev", initial_deviation),
        ):
            variable = self.add_weight(
                name, shape=shape, dtype=dtype, initializer=initializer, trainable=False
            )
            setattr(self, name, variable)

    def move(self, variable: Any, value: Tensor, momentum: Any) -> Any:
        """Make the update of a moving average."""
        with name_scope("AssignMovingAvg") as scope, colocate_with(variable):
            decay = convert_to_tensor(1.0 - momentum, name="decay")
            base = variable.dtype.base_dtype
            if decay.dtype != base:
                decay = cast(decay, base)
            delta = (variable - cast(value, base)) * decay
            return assign_sub(variable, delta, name=scope)

    def normalize(self, inputs: Tensor, training: Any) -> Tensor:
        """Return the normalised inputs, and add the updates of the moving averages."""
        given = as_dims(inputs.get_shape())
        assert given is not None
        if self.virtual_batch_size is not None:
            rest = [-1 if size is None else size for size in given[1:]]
            inputs = reshape(inputs, [self.virtual_batch_size, -1, *rest])
        dims = as_dims(inputs.get_shape())
        assert dims is not None
        others = [axis for axis in range(len(dims)) if axis not in self._axes]
        broadcast = self._broadcaster(dims, others)
        scale, offset = broadcast(self.gamma), broadcast(self.beta)
        mean, variance = self.moving_mean, self.moving_variance
        if smart_constant_value(training) is not False:
            scale, offset = self._adjusted(inputs, training, scale, offset)
            mean, variance = self._batch_moments(inputs, others, training)
            whole, spread = mean, variance
            if self.virtual_batch_size is not None:
                whole = reduce_mean(mean, axis=1, keepdims=True)
                spread = reduce_mean(variance, axis=1, keepdims=True)
            self._add_updates(whole, spread, training)
            if self.renorm:
                r, d = self._renorm_corrections(whole, spread, training)
                scale, offset = _composed(
                    broadcast(stop_gradient(r)), broadcast(stop_gradient(d)), scale, offset
                )
        mean, variance = cast(mean, inputs.dtype), cast(variance, inputs.dtype)
        outputs = statistics.batch_normalization(
            inputs,
            broadcast(mean),
            broadcast(variance),
            None if offset is None else cast(offset, inputs.dtype),
            scale if scale is None else cast(scale, inputs.dtype),
            self.epsilon,
        )
        if self.virtual_batch_size is not None:
            outputs = reshape(outputs, [-1, *rest])
        outputs.set_shape(given)
        return outputs

    def _adjusted(self, inputs: Tensor, training: Any, scale: Any, offset: Any) -> tuple[Any, Any]:
        """Return the scale and the offset with the adjustment of training in them."""
        if self.adjustment is None:
            return scale, offset
        more, bias = self.adjustment(shape_of(inputs))
        more = smart_cond(training, lambda: more, lambda: ones_like(more))
        bias = smart_cond(training, lambda: bias, lambda: zeros_like(bias))
        return _composed(more, bias, scale, offset)

    def _renorm_corrections(
        self, mean: Tensor, variance: Tensor, training: Any
    ) -> tuple[Tensor, Tensor]:
        """Return what the normalised values are multiplied with, and what is added then."""
        deviation = sqrt(variance + self.epsilon)
        usual = maximum(self.renorm_stddev, sqrt(constant(self.epsilon, dtype=deviation.dtype)))
        r = deviation / usual
        d = (mean - self.renorm_mean) / usual
        with control_dependencies([r, d]):
            mean, deviation = identity(mean), identity(deviation)
        limits = self.renorm_clipping
        if limits.get("rmin") is not None:
            r = maximum(r, limits["rmin"])
        if limits.get("rmax") is not None:
            r = minimum(r, limits["rmax"])
        if limits.get("dmax") is not None:
            d = minimum(maximum(d, -limits["dmax"]), limits["dmax"])
        r = smart_cond(training, lambda: r, lambda: ones_like(r))
        d = smart_cond(training, lambda: d, lambda: zeros_like(d))

        def moved(variable: Any, value: Tensor) -> Any:
            return smart_cond(
                training,
                lambda: identity(self.move(variable, value, self.renorm_momentum)),
                lambda: identity(variable),
            )

        self.add_update([moved(self.renorm_mean, mean), moved(self.renorm_stddev, deviation)])
        return r, d

    def _broadcaster(self, dims: Any, others: list[int]) -> Callable[[Any], Any]:
        """Return what gives a vector of the channels a shape that is broadcast to the input's."""
        shape = [1] * len(dims)
        shape[self._axes[0]] = dims[self._axes[0]]

        def broadcast(vector: Any) -> Any:
            is_last = others == list(range(len(dims) - 1))
            if vector is None or is_last or len(vector.get_shape()) == len(dims):
                return vector
            return reshape(vector, shape)

        return broadcast

    def _batch_moments(
        self, inputs: Tensor, others: list[int], training: Any
    ) -> tuple[Tensor, Tensor]:
        """Return the mean and variance to use."""
        base = self.moving_mean.dtype.base_dtype
        is_virtual = self.virtual_batch_size is not None
        if is_virtual:
            others = [axis for axis in others if axis != 1]
        batch_mean, batch_variance = statistics.moments(
            cast(inputs, base), others, keep_dims=is_virtual or len(self._axes) > 1
        )
        mean = smart_cond(training, lambda: batch_mean, lambda: convert_to_tensor(self.moving_mean))
        variance = smart_cond(
            training, lambda: batch_variance, lambda: convert_to_tensor(self.moving_variance)
        )
        return mean, variance

    def _add_updates(self, mean: Tensor, variance: Tensor, training: Any) -> None:
        """Add the updates of the moving averages, by the moments of the whole batch."""

        def update(variable: Any, value: Tensor) -> Callable[[], Any]:
            return lambda: smart_cond(
                training, lambda: self.move(variable, value, self.momentum), lambda: variable
            )

        self.add_update(update(self.moving_mean, mean))
        if self.renorm:
            self.add_update(lambda: self._move_deviation(variance, training))
        else:
            self.add_update(update(self.moving_variance, variance))

    def _move_deviation(self, variance: Tensor, training: Any) -> Any:
        """Move the deviation towards that of the batch, and set the variance by it."""

        def move() -> Any:
            deviation = sqrt(variance + self.epsilon)
            moved = self.move(self.moving_stddev, deviation, self.momentum)
            return assign(self.moving_variance, relu(moved * moved - self.epsilon))

        return smart_cond(training, move, lambda: self.moving_variance)
