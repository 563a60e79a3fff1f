"""Blocks of space moved into the batch or into the channels, and back."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, merge_dims, with_rank
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import one_of_two
from tensormill.ops.filling import zeros
from tensormill.ops.joining import stack
from tensormill.ops.windows import channel_axis, spatial_axes

space_to_batch_nd_op = define(
    "SpaceToBatchND",
    inputs=(
        "input: T",
        "block_shape: Tblock_shape",
        "paddings: Tpaddings",
    ),
    outputs=("output: T",),
    attrs=(
        "T: type",
        "Tblock_shape: {int32, int64} = DT_INT32",
        "Tpaddings: {int32, int64} = DT_INT32",
    ),
)
batch_to_space_nd_op = define(
    "BatchToSpaceND",
    inputs=(
        "input: T",
        "block_shape: Tblock_shape",
        "crops: Tcrops",
    ),
    outputs=("output: T",),
    attrs=(
        "T: type",
        "Tblock_shape: {int32, int64} = DT_INT32",
        "Tcrops: {int32, int64} = DT_INT32",
    ),
)
space_to_batch_op = define(
    "SpaceToBatch",
    inputs=(
        "input: T",
        "paddings: Tpaddings",
    ),
    outputs=("output: T",),
    attrs=(
        "T: type",
        "Tpaddings: {int32, int64} = DT_INT32",
        "block_size: int >= 2",
    ),
)
batch_to_space_op = define(
    "BatchToSpace",
    inputs=(
        "input: T",
        "crops: Tidx",
    ),
    outputs=("output: T",),
    attrs=(
        "T: type",
        "block_size: int >= 2",
        "Tidx: {int32, int64} = DT_INT32",
    ),
)
space_to_depth_op = define(
    "SpaceToDepth",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=(
        "T: type",
        "block_size: int >= 2",
        "data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'",
    ),
)
depth_to_space_op = define(
    "DepthToSpace",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=(
        "T: type",
        "block_size: int >= 2",
        "data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'",
    ),
)


_Rule = Callable[[int | None, int], int | None]


def _divided(size: int | None, divisor: int) -> int | None:
    if size is None:
        return None
    if size % divisor:
        raise ValueError(f"Dimension size must be evenly divisible by {divisor} but is {size}")
    return size // divisor


def _times(size: int | None, factor: int) -> int | None:
    return None if size is None else size * factor


def _check_margins(ctx: ShapeContext, key: int, block: Any, name: str) -> Any:
    """Return what is added to or cut off each dimension of space, None where it is not known.

    Raises:
      ValueError: there is not a pair for each dimension, or a number is negative.
    """
    dims = ctx.shape(key)
    if block is not None:
        if np.any(np.asarray(block) < 1):
            raise ValueError("block_shape must be positive")
        merge_dims(dims, (len(block), 2))
    margins = ctx.value(key)
    if margins is not None and (margins < 0).any():
        raise ValueError(f"{name} cannot be negative")
    return margins


def _to_batch_dims(dims: Dims, block: Any, pads: Any) -> Dims:
    """Return the shape of images whose padded space is cut into blocks."""
    if dims is None or block is None:
        return None if dims is None else (None,) * len(dims)
    space: list[int | None] = []
    for axis, size in enumerate(_space_sizes(dims, block)):
        if size is None or pads is None:
            space.append(None)
            continue
        space.append(_divided(size + int(sum(pads[axis])), int(block[axis])))
    return (_times(dims[0], math.prod(map(int, block))), *space, *dims[len(block) + 1 :])


def _to_space_dims(dims: Dims, block: Any, crops: Any) -> Dims:
    """Return the shape of images put together from blocks, and cropped."""
    if dims is None or block is None:
        return None if dims is None else (None,) * len(dims)
    space: list[int | None] = []
    for axis, blocks in enumerate(_space_sizes(dims, block)):
        size = _times(blocks, int(block[axis]))
        if size is None or crops is None:
            space.append(None)
            continue
        left = size - int(sum(crops[axis]))
        if left < 0:
            raise ValueError(
                f"Negative dimension size caused by subtracting {int(sum(crops[axis]))} from {size}"
            )
        space.append(left)
    return (_divided(dims[0], math.prod(map(int, block))), *space, *dims[len(block) + 1 :])


def _space_sizes(dims: tuple[int | None, ...], block: Any) -> tuple[int | None, ...]:
    count = len(block)
    if len(dims) < count + 1:
        raise ValueError(f"Shape must be at least rank {count + 1} but is rank {len(dims)}")
    return dims[1 : count + 1]


def _check_block(ctx: ShapeContext) -> None:
    block = ctx.shape(1)
    if block is None or len(block) != 1:
        raise ValueError("block_shape must have rank 1.")


@space_to_batch_nd_op.shape
def space_to_batch_nd_shape(ctx: ShapeContext) -> list[Dims]:
    _check_block(ctx)
    block = ctx.value(1)
    return [_to_batch_dims(ctx.shape(0), block, _check_margins(ctx, 2, block, "paddings"))]


@batch_to_space_nd_op.shape
def batch_to_space_nd_shape(ctx: ShapeContext) -> list[Dims]:
    _check_block(ctx)
    block = ctx.value(1)
    return [_to_space_dims(ctx.shape(0), block, _check_margins(ctx, 2, block, "crops"))]


@space_to_batch_op.shape
def space_to_batch_shape(ctx: ShapeContext) -> list[Dims]:
    image = with_rank(ctx.shape(0), 4)
    block = [ctx.attrs["block_size"]] * 2
    return [_to_batch_dims(image, block, _check_margins(ctx, 1, block, "paddings"))]


@batch_to_space_op.shape
def batch_to_space_shape(ctx: ShapeContext) -> list[Dims]:
    image = with_rank(ctx.shape(0), 4)
    block = [ctx.attrs["block_size"]] * 2
    return [_to_space_dims(image, block, _check_margins(ctx, 1, block, "crops"))]


def _depth_axes(ctx: ShapeContext) -> tuple[tuple[int | None, ...], list[int], int, int]:
    data_format, block = ctx.attrs["data_format"], ctx.attrs["block_size"]
    if data_format == b"NCHW_VECT_C":
        raise ValueError("NCHW_VECT_C needs a tensor of quantized integers in five dimensions")
    image = with_rank(ctx.shape(0), 4)
    return image, spatial_axes(data_format, 4), channel_axis(data_format, 4), block


@space_to_depth_op.shape
def space_to_depth_shape(ctx: ShapeContext) -> list[Dims]:
    return _resized(ctx, _divided, _times)


@depth_to_space_op.shape
def depth_to_space_shape(ctx: ShapeContext) -> list[Dims]:
    return _resized(ctx, _times, _divided)


def _resized(ctx: ShapeContext, space_rule: _Rule, depth_rule: _Rule) -> list[Dims]:
    image, space, channels, block = _depth_axes(ctx)
    made = list(image)
    for axis in space:
        made[axis] = space_rule(image[axis], block)
    made[channels] = depth_rule(image[channels], block * block)
    return [tuple(made)]


@space_to_batch_nd_op.gradient
def space_to_batch_nd_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [batch_to_space_nd_op(grad, op.inputs[1], op.inputs[2]), None, None]


@batch_to_space_nd_op.gradient
def batch_to_space_nd_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [space_to_batch_nd_op(grad, op.inputs[1], op.inputs[2]), None, None]


@space_to_batch_op.gradient
def space_to_batch_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [batch_to_space_op(grad, op.inputs[1], block_size=op.attrs["block_size"]), None]


@batch_to_space_op.gradient
def batch_to_space_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [space_to_batch_op(grad, op.inputs[1], block_size=op.attrs["block_size"]), None]


@space_to_depth_op.gradient
def space_to_depth_gradient(op: Operation, grad: Tensor) -> Tensor:
    return depth_to_space_op(
        grad, block_size=op.attrs["block_size"], data_format=op.attrs["data_format"]
    )


@depth_to_space_op.gradient
def depth_to_space_gradient(op: Operation, grad: Tensor) -> Tensor:
    return space_to_depth_op(
        grad, block_size=op.attrs["block_size"], data_format=op.attrs["data_format"]
    )


def space_to_batch_nd(
    input: Any, block_shape: Any, paddings: Any, name: str | None = None
) -> Tensor:
    """Return blocks of the padded space as examples of their own.

    Args:
      input: [batch, *space, ...].
      block_shape: the block, int32 or int64, [n].
      paddings: before and after each dimension of space, [n, 2].
      name: the name of the node.
    """
    return space_to_batch_nd_op(input, block_shape, paddings, name=name)


def batch_to_space_nd(input: Any, block_shape: Any, crops: Any, name: str | None = None) -> Tensor:
    """Return examples put together to space, cropped; the reverse of `space_to_batch_nd`.

    Args:
      input: [batch, *space, ...].
      block_shape: the block, int32 or int64, [n].
      crops: what to cut off before and after each dimension of space, [n, 2].
      name: the name of the node.
    """
    return batch_to_space_nd_op(input, block_shape, crops, name=name)


def space_to_batch(
    input: Any,
    paddings: Any,
    block_size: Any = None,
    name: str | None = None,
    block_shape: Any = None,
) -> Tensor:
    """Return square blocks of padded images as examples of their own.

    Args:
      input: [batch, height, width, channels].
      paddings: before and after height and width, [2, 2].
      block_size: the side of the block.
      name: the name of the node.
      block_shape: a newer name of `block_size`.
    """
    size = one_of_two(block_shape, block_size, "block_shape", "block_size")
    made = space_to_batch_nd_op(input, np.array([size, size], dtype=np.int64), paddings, name=name)
    made.set_shape((None,) * 4)
    return made


def batch_to_space(
    input: Any,
    crops: Any,
    block_size: Any,
    name: str | None = None,
    block_shape: Any = None,
) -> Tensor:
    """Return examples put together to images, cropped; the reverse of `space_to_batch`.

    Args:
      input: [batch, height, width, channels].
      crops: what to cut off before and after height and width, [2, 2].
      block_size: the side of the block.
      name: the name of the node.
      block_shape: a newer name of `block_size`.
    """
    size = one_of_two(block_shape, block_size, "block_shape", "block_size")
    made = batch_to_space_nd_op(input, np.array([size, size], dtype=np.int64), crops, name=name)
    made.set_shape((None,) * 4)
    return made


def space_to_depth(
    input: Any, block_size: int, name: str | None = None, data_format: str = "NHWC"
) -> Tensor:
    """Return square blocks of images as channels.

    Args:
      input: [batch, height, width, channels], or as `data_format` says.
      block_size: the side of the block.
      name: the name of the node.
      data_format: "NHWC" or "NCHW".
    """
    return space_to_depth_op(input, block_size=block_size, data_format=data_format, name=name)


def depth_to_space(
    input: Any, block_size: int, name: str | None = None, data_format: str = "NHWC"
) -> Tensor:
    """Return channels as square blocks of images; the reverse of `space_to_depth`.

    Args:
      input: [batch, height, width, channels], or as `data_format` says.
      block_size: the side of the block.
      name: the name of the node.
      data_format: "NHWC" or "NCHW".
    """
    return depth_to_space_op(input, block_size=block_size, data_format=data_format, name=name)


def required_space_to_batch_paddings(
    input_shape: Any, block_shape: Any, base_paddings: Any = None, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Return the paddings that make space divisible by blocks, and the crops that undo them.

    Args:
      input_shape: the sizes of space, int32 [n].
      block_shape: the block, int32 [n].
      base_paddings: the least paddings, [n, 2].
      name: the name of the nodes.
    """
    with OpScope(name, "required_space_to_batch_paddings", [input_shape, block_shape]):
        input_shape = convert_to_tensor(input_shape, dtype=dtypes.int32, name="input_shape")
        block_shape = convert_to_tensor(block_shape, dtype=dtypes.int32, name="block_shape")
        count = with_rank(block_shape.dims, 1)[0]
        if count is None:
            raise ValueError("block_shape must have a known length")
        if count == 0:
            return zeros([0, 2], dtypes.int32), zeros([0, 2], dtypes.int32)
        if base_paddings is None:
            base_paddings = zeros([count, 2], dtypes.int32)
        base = convert_to_tensor(base_paddings, dtype=dtypes.int32, name="base_paddings")
        known = [constant_value(tensor) for tensor in (block_shape, base, input_shape)]
        if all(value is not None for value in known):
            block_shape, base, input_shape = known
        start, least_end = base[:, 0], base[:, 1]
        whole = input_shape + start + least_end
        extra = (block_shape - whole % block_shape) % block_shape
        end = least_end + extra
        paddings = stack([[start[i], end[i]] for i in range(count)], name="paddings")
        crops = stack([[0, extra[i]] for i in range(count)], name="crops")
        return paddings, crops
