"""Normalisers by example in the manner of `tf.contrib.layers`.

Source: TensorFlow 1.15, contrib/layers/python/layers/layers.py and normalization.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.layers.model_scope import (
    finish,
    get_variable_collections,
)
from tensormill.ops.arithmetic import divide
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.elementwise_unary import sqrt, square
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.statistics import batch_normalization, moments
from tensormill.variables.arg_scope import add_arg_scope
from tensormill.variables.initializers import Ones, Zeros
from tensormill.variables.model_variables import model_variable
from tensormill.variables.scope import variable_scope

__all__ = ["group_norm", "instance_norm", "layer_norm", "unit_norm"]


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
