"""Pooling over regions of random sizes (https://arxiv.org/abs/1412.6071)."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.op_registry import define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import shape as shape_of

fractional_max_pool_op = define(
    "FractionalMaxPool",
    inputs=("value: T",),
    outputs=(
        "output: T",
        "row_pooling_sequence: int64",
        "col_pooling_sequence: int64",
    ),
    attrs=(
        "pooling_ratio: list(float) >= 4",
        "pseudo_random: bool = false",
        "overlapping: bool = false",
        "deterministic: bool = false",
        "seed: int = 0",
        "seed2: int = 0",
        "T: {float32, float64, int32, int64}",
    ),
)
fractional_max_pool_grad_op = define(
    "FractionalMaxPoolGrad",
    inputs=(
        "orig_input: T",
        "orig_output: T",
        "out_backprop: T",
        "row_pooling_sequence: int64",
        "col_pooling_sequence: int64",
    ),
    outputs=("output: T",),
    attrs=(
        "overlapping: bool = false",
        "T: {float32, float64, int32, int64}",
    ),
    differentiable=False,
)
fractional_avg_pool_op = define(
    "FractionalAvgPool",
    inputs=("value: T",),
    outputs=(
        "output: T",
        "row_pooling_sequence: int64",
        "col_pooling_sequence: int64",
    ),
    attrs=(
        "pooling_ratio: list(float) >= 4",
        "pseudo_random: bool = false",
        "overlapping: bool = false",
        "deterministic: bool = false",
        "seed: int = 0",
        "seed2: int = 0",
        "T: {float32, float64, int32, int64}",
    ),
)
fractional_avg_pool_grad_op = define(
    "FractionalAvgPoolGrad",
    inputs=(
        "orig_input_tensor_shape: int64",
        "out_backprop: T",
        "row_pooling_sequence: int64",
        "col_pooling_sequence: int64",
    ),
    outputs=("output: T",),
    attrs=(
        "overlapping: bool = false",
        "T: {float32, float64, int32, int64}",
    ),
    differentiable=False,
)


@fractional_max_pool_op.shape
@fractional_avg_pool_op.shape
def fractional_pool_shape(ctx: ShapeContext) -> list[Dims]:
    image = with_rank(ctx.shape(0), 4)
    ratios = ctx.attrs["pooling_ratio"]
    if len(ratios) != 4:
        raise ValueError("pooling_ratio field must specify 4 dimensions")
    sizes: list[int | None] = []
    for size, ratio in zip(image, ratios, strict=True):
        made = None if size is None else int(size / ratio)
        if made is not None and made < 0:
            raise ValueError("Size computed for output dim is negative")
        sizes.append(made)
    return [tuple(sizes), (None,), (None,)]


@fractional_max_pool_grad_op.shape
def fractional_max_pool_grad_shape(ctx: ShapeContext) -> list[Dims]:
    return [with_rank(ctx.shape(0), 4)]


@fractional_avg_pool_grad_op.shape
def fractional_avg_pool_grad_shape(ctx: ShapeContext) -> list[Dims]:
    if ctx.value(0) is None:
        return [(None,) * 4]
    return [ctx.value_as_shape(0)]


@fractional_max_pool_op.gradient
def fractional_max_pool_gradient(op: Operation, grad: Tensor, *_: Any) -> Tensor:
    output, rows, columns = op.outputs
    made: Tensor = fractional_max_pool_grad_op(
        op.inputs[0], output, grad, rows, columns, overlapping=op.attrs["overlapping"]
    )
    return made


@fractional_avg_pool_op.gradient
def fractional_avg_pool_gradient(op: Operation, grad: Tensor, *_: Any) -> Tensor:
    rows, columns = op.outputs[1:]
    sizes = shape_of(op.inputs[0], out_type=dtypes.int64)
    made: Tensor = fractional_avg_pool_grad_op(
        sizes, grad, rows, columns, overlapping=op.attrs["overlapping"]
    )
    return made


def fractional_max_pool(
    value: Any,
    pooling_ratio: Any,
    pseudo_random: bool = False,
    overlapping: bool = False,
    deterministic: bool = False,
    seed: int = 0,
    seed2: int = 0,
    name: str | None = None,
) -> list[Tensor]:
    """Return the largest entries of regions of random sizes, and where rows and columns are cut.

    Args:
      value: [batch, height, width, channels].
      pooling_ratio: how many times smaller each dimension gets; 1.0 for batch and channels.
      pseudo_random: whether regions differ less.
      overlapping: whether regions share their borders.
      deterministic: whether regions are drawn once only.
      seed: the seed of the op.
      seed2: the second seed.
      name: the name of the node.
    """
    made: list[Tensor] = fractional_max_pool_op(
        value,
        pooling_ratio=pooling_ratio,
        pseudo_random=pseudo_random,
        overlapping=overlapping,
        deterministic=deterministic,
        seed=seed,
        seed2=seed2,
        name=name,
    )
    return made


def fractional_avg_pool(
    value: Any,
    pooling_ratio: Any,
    pseudo_random: bool = False,
    overlapping: bool = False,
    deterministic: bool = False,
    seed: int = 0,
    seed2: int = 0,
    name: str | None = None,
) -> list[Tensor]:
    """Return the means of regions of random sizes; see `fractional_max_pool`."""
    made: list[Tensor] = fractional_avg_pool_op(
        value,
        pooling_ratio=pooling_ratio,
        pseudo_random=pseudo_random,
        overlapping=overlapping,
        deterministic=deterministic,
        seed=seed,
        seed2=seed2,
        name=name,
    )
    return made
