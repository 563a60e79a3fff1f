"""Bijectors that are networks: autoregressive flows, real NVP, batch normalisation.

Source: TensorFlow 1.15, contrib/distributions/python/ops/bijectors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensormill.distributions.bijectors.base import Bijector
from tensormill.graph.constants import constant
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.layers.core import Dense, dense
from tensormill.layers.normalization import BatchNormalization as BatchNormalizationLayer
from tensormill.ops.activations import relu
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.clipping import clip_by_value
from tensormill.ops.comparison import less
from tensormill.ops.elementwise_unary import exp, log, sqrt
from tensormill.ops.filling import zeros_like
from tensormill.ops.identities import stop_gradient
from tensormill.ops.joining import concat, split, unstack
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.statistics import moments
from tensormill.ops.while_loop import while_loop
from tensormill.variables.initializers import GlorotNormal
from tensormill.variables.scope import get_variable_scope, variable_scope
from tensormill.variables.template import make_template

__all__ = [
    "BatchNormalization",
    "MaskedAutoregressiveFlow",
    "RealNVP",
    "masked_autoregressive_default_template",
    "masked_dense",
    "real_nvp_default_template",
]

ShiftAndLogScale = Callable[..., tuple[Any, Any]]
"""A network that gives what is added, and the logarithm of the factor; each may be None."""


def _known_depth(x: Any) -> int:
    depth = None if not x.dims else x.dims[-1]
    if depth is None:
        raise NotImplementedError("Rightmost dimension must be known prior to graph execution.")
    return int(depth)


def _moved(x: Tensor, shift: Any, log_scale: Any) -> Tensor:
    y = x if log_scale is None else x * exp(log_scale)
    return y if shift is None else y + shift


def _moved_back(y: Tensor, shift: Any, log_scale: Any) -> Tensor:
    x = y if shift is None else y - shift
    return x if log_scale is None else x * exp(-log_scale)


class MaskedAutoregressiveFlow(Bijector):
    """A map of each entry that depends on those before it (https://arxiv.org/abs/1705.07057).

    Args:
      shift_and_log_scale_fn: the network: its outputs for an entry depend on those before it.
      is_constant_jacobian: whether the factors are constant.
      validate_args: whether arguments are checked in the step.
      unroll_loop: whether the map makes nodes for each entry, not a loop.
      name: the name of the nodes.
    """

    def __init__(
        self,
        shift_and_log_scale_fn: ShiftAndLogScale,
        is_constant_jacobian: bool = False,
        validate_args: bool = False,
        unroll_loop: bool = False,
        name: str | None = None,
    ) -> None:
        self._shift_and_log_scale_fn = shift_and_log_scale_fn
        self._unroll_loop = unroll_loop
        super().__init__(
            forward_min_event_ndims=1,
            is_constant_jacobian=is_constant_jacobian,
            validate_args=validate_args,
            name=name or "masked_autoregressive_flow",
        )

    def _forward(self, x: Any) -> Any:
        depth = None if not x.dims else x.dims[-1]
        if self._unroll_loop:
            if depth is None:
                raise ValueError(
                    "The final dimension of `x` must be known at graph construction time if "
                    f"`unroll_loop=True`. `x.shape: {x.get_shape()!r}`"
                )
            y = zeros_like(x, name="y0")
            for _ in range(depth):
                y = _moved(x, *self._shift_and_log_scale_fn(y))
            return y
        size = shape_of(x)[-1]
        start = zeros_like(x, name="y0")
        # Variables are made outside of the loop.
        self._shift_and_log_scale_fn(start)

        def body(index: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
            with variable_scope(get_variable_scope()) as scope:
                if scope.caching_device is None:
                    scope.set_caching_device(lambda op: op.device)
                moves = self._shift_and_log_scale_fn(y)
            return index + 1, _moved(x, *moves)

        _, y = while_loop(
            cond=lambda index, _: less(index, size),
            body=body,
            loop_vars=(0, start),
            maximum_iterations=depth,
        )
        return y

    def _inverse(self, y: Any) -> Any:
        return _moved_back(y, *self._shift_and_log_scale_fn(y))

    def _inverse_log_det_jacobian(self, y: Any) -> Any:
        _, log_scale = self._shift_and_log_scale_fn(y)
        if log_scale is None:
            return constant(0.0, dtype=y.dtype, name="ildj")
        return -reduce_sum(log_scale, axis=-1)


def _mask(num_blocks: int, depth: int, units: int, is_exclusive: bool) -> np.ndarray:
    """Return which of [depth, units] weights there are: a block sees those before it."""
    mask = np.zeros([depth, units], np.float32)
    rows, columns = depth // num_blocks, units // num_blocks
    first = columns if is_exclusive else 0
    for block in range(num_blocks):
        mask[block * rows : (block + 1) * rows, first + block * columns :] = 1
    return mask


def masked_dense(
    inputs: Any,
    units: int,
    num_blocks: int | None = None,
    exclusive: bool = False,
    kernel_initializer: Any = None,
    reuse: Any = None,
    name: str | None = None,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """Return a dense layer whose outputs depend on some of the inputs alone.

    Args:
      inputs: [..., depth].
      units: the number of outputs.
      num_blocks: how many blocks inputs and outputs have.
      exclusive: whether a block of outputs does not see the block of inputs of its own number.
      kernel_initializer: of the weights that there are; Glorot's by default.
      reuse: whether variables are reused.
      name: the name of the layer.
      *args: of `Dense`.
      **kwargs: of `Dense`.

    Raises:
      NotImplementedError: the depth is not known.
    """
    depth = _known_depth(inputs)
    mask = _mask(num_blocks or 1, depth, units, exclusive)
    initializer = GlorotNormal() if kernel_initializer is None else kernel_initializer

    def masked_initializer(shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        return mask * initializer(shape, dtype, partition_info)

    with name_scope(name, "masked_dense", [inputs, units, num_blocks]):
        given: dict[str, Any] = {
            "kernel_initializer": masked_initializer,
            "kernel_constraint": lambda weights: mask * weights,
            "name": name,
            "dtype": inputs.dtype.base_dtype,
            "_scope": name,
            "_reuse": reuse,
        }
        layer = Dense(units, *args, **{**given, **kwargs})
        return layer.apply(inputs)


def masked_autoregressive_default_template(
    hidden_layers: Sequence[int],
    shift_only: bool = False,
    activation: Any = relu,
    log_scale_min_clip: Any = -5.0,
    log_scale_max_clip: Any = 3.0,
    log_scale_clip_gradient: bool = False,
    name: str | None = None,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """Return the network of a `MaskedAutoregressiveFlow` (https://arxiv.org/abs/1502.03509).

    Args:
      hidden_layers: the numbers of units of the layers.
      shift_only: whether there are no factors.
      activation: of the layers.
      log_scale_min_clip: the least logarithm of a factor.
      log_scale_max_clip: the largest.
      log_scale_clip_gradient: whether gradients stop at these bounds.
      name: the name of the template.
      *args: of `masked_dense`.
      **kwargs: of `masked_dense`.
    """
    name = name or "masked_autoregressive_default_template"
    with name_scope(name, values=[log_scale_min_clip, log_scale_max_clip]):

        def network(x: Any) -> tuple[Any, Any]:
            depth = _known_depth(x)
            is_known = None not in x.dims
            sizes: Any = list(x.dims) if is_known else shape_of(x)
            for number, units in enumerate(hidden_layers):
                x = masked_dense(
                    x, units, depth, number == 0, *args, activation=activation, **kwargs
                )
            x = masked_dense(
                x, (1 if shift_only else 2) * depth, depth, *args, activation=None, **kwargs
            )
            if shift_only:
                return reshape(x, sizes), None
            pairs = reshape(x, concat([sizes, [2]], axis=0))
            shift, log_scale = unstack(pairs, num=2, axis=-1)
            clip = clip_by_value if log_scale_clip_gradient else _clip_with_gradient
            return shift, clip(log_scale, log_scale_min_clip, log_scale_max_clip)

        return make_template(name, network)


def _clip_with_gradient(x: Tensor, low: Any, high: Any) -> Tensor:
    """Return a clipped tensor with the gradient of one that is not."""
    with name_scope(None, "clip_by_value_preserve_grad", [x, low, high]):
        return x + stop_gradient(clip_by_value(x, low, high) - x)


class RealNVP(Bijector):
    """A map of the last entries that depends on the first ones (https://arxiv.org/abs/1605.08803).

    Args:
      num_masked: how many of the first entries stay as they are.
      shift_and_log_scale_fn: the network: of those, and of the number of the others.
      is_constant_jacobian: whether the factors are constant.
      validate_args: whether arguments are checked in the step.
      name: the name of the nodes.

    Raises:
      ValueError: `num_masked` is not positive.
    """

    def __init__(
        self,
        num_masked: int,
        shift_and_log_scale_fn: ShiftAndLogScale,
        is_constant_jacobian: bool = False,
        validate_args: bool = False,
        name: str | None = None,
    ) -> None:
        if num_masked <= 0:
            raise ValueError("num_masked must be a positive integer.")
        self._num_masked = num_masked
        self._shift_and_log_scale_fn = shift_and_log_scale_fn
        super().__init__(
            forward_min_event_ndims=1,
            is_constant_jacobian=is_constant_jacobian,
            validate_args=validate_args,
            name=name or "real_nvp",
        )

    def _parts(self, x: Any) -> tuple[Any, Any, Any, Any]:
        """Return what stays, what moves, and how."""
        depth = _known_depth(x)
        if self._num_masked >= depth:
            raise ValueError("Number of masked units must be smaller than the event size.")
        kept, moving = x[:, : self._num_masked], x[:, self._num_masked :]
        return kept, moving, *self._shift_and_log_scale_fn(kept, depth - self._num_masked)

    def _forward(self, x: Any) -> Any:
        kept, moving, shift, log_scale = self._parts(x)
        return concat([kept, _moved(moving, shift, log_scale)], axis=-1)

    def _inverse(self, y: Any) -> Any:
        kept, moving, shift, log_scale = self._parts(y)
        return concat([kept, _moved_back(moving, shift, log_scale)], axis=-1)

    def _inverse_log_det_jacobian(self, y: Any) -> Any:
        log_scale = self._parts(y)[3]
        if log_scale is None:
            return constant(0.0, dtype=y.dtype, name="ildj")
        return -reduce_sum(log_scale, axis=-1)

    def _forward_log_det_jacobian(self, x: Any) -> Any:
        log_scale = self._parts(x)[3]
        if log_scale is None:
            return constant(0.0, dtype=x.dtype, name="fldj")
        return reduce_sum(log_scale, axis=-1)


def real_nvp_default_template(
    hidden_layers: Sequence[int],
    shift_only: bool = False,
    activation: Any = relu,
    name: str | None = None,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """Return the network of a `RealNVP`: dense layers.

    Args:
      hidden_layers: the numbers of units of the layers.
      shift_only: whether there are no factors.
      activation: of the layers.
      name: the name of the nodes.
      *args: of `tf.layers.dense`.
      **kwargs: of `tf.layers.dense`.
    """
    with name_scope(name, "real_nvp_default_template"):

        def network(x: Any, output_units: int) -> tuple[Any, Any]:
            for units in hidden_layers:
                x = dense(x, units, activation, *args, **kwargs)
            x = dense(x, (1 if shift_only else 2) * output_units, None, *args, **kwargs)
            if shift_only:
                return x, None
            shift, log_scale = split(x, 2, axis=-1)
            return shift, log_scale

        return make_template("real_nvp_default_template", network)


class BatchNormalization(Bijector):
    """A map whose inverse normalises batches (https://arxiv.org/abs/1502.03167).

    Args:
      batchnorm_layer: the layer; one with positive factors by default.
      training: whether the statistics are those of the batch.
      validate_args: whether arguments are checked in the step.
      name: the name of the nodes.

    Raises:
      ValueError: the layer is of another class, or renormalises, or has virtual batches.
    """

    def __init__(
        self,
        batchnorm_layer: Any = None,
        training: bool = True,
        validate_args: bool = False,
        name: str = "batch_normalization",
    ) -> None:
        self.batchnorm = batchnorm_layer or BatchNormalizationLayer(
            gamma_constraint=lambda gamma: relu(gamma) + 1e-6
        )
        if not isinstance(self.batchnorm, BatchNormalizationLayer):
            raise ValueError("batchnorm_layer must be an instance of BatchNormalization layer.")
        if self.batchnorm.renorm:
            raise ValueError("BatchNorm Bijector does not support renormalization.")
        if self.batchnorm.virtual_batch_size:
            raise ValueError("BatchNorm Bijector does not support virtual batch sizes.")
        self._training = training
        axis = self.batchnorm.axis
        super().__init__(
            forward_min_event_ndims=1 if isinstance(axis, int) else len(axis),
            validate_args=validate_args,
            name=name,
        )

    def _built(self, x: Any) -> list[int]:
        """Return the axes of events, once the layer has its variables."""
        if x.dims is None or None in x.dims:
            raise ValueError("Input must have shape known at graph construction.")
        if not self.batchnorm.built:
            self.batchnorm.build(x.get_shape())
        axis = self.batchnorm.axis
        return [each % len(x.dims) for each in ([axis] if isinstance(axis, int) else axis)]

    def _forward(self, x: Any) -> Any:
        axes, layer = self._built(x), self.batchnorm
        ndims = len(x.dims)
        sizes = [size if number == axes[0] else 1 for number, size in enumerate(x.dims)]

        def shaped(value: Any) -> Any:
            return value if axes == [ndims - 1] else reshape(value, sizes)

        factor = sqrt(shaped(layer.moving_variance) + layer.epsilon)
        if layer.scale:
            factor = factor / shaped(layer.gamma)
        mean = shaped(layer.moving_mean)
        return x * factor + (mean - shaped(layer.beta) * factor if layer.center else mean)

    def _inverse(self, y: Any) -> Any:
        return self.batchnorm.apply(y, training=self._training)

    def _forward_log_det_jacobian(self, x: Any) -> Any:
        return -self._stretch_of_inverse(x, is_saved=True)

    def _inverse_log_det_jacobian(self, y: Any) -> Any:
        return self._stretch_of_inverse(y, is_saved=not self._training)

    def _stretch_of_inverse(self, y: Any, is_saved: bool) -> Tensor:
        axes, layer = self._built(y), self.batchnorm
        if is_saved:
            variance = layer.moving_variance
        else:
            reduced = [each for each in range(len(y.dims)) if each not in axes]
            _, variance = moments(y, axes=reduced, keep_dims=True)
        total = reduce_sum(log(layer.gamma))
        return total - 0.5 * reduce_sum(log(variance + layer.epsilon))
