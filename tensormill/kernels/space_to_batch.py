"""Kernels that move blocks of space into the batch or into the channels, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.kernels.registry import kernel

Tensor = torch.Tensor
Array = np.ndarray[Any, Any]


def _space_to_batch(image: Tensor, block: Sequence[int], pads: Sequence[Sequence[int]]) -> Tensor:
    count = len(block)
    if image.dim() < count + 1:
        raise errors.invalid_argument(f"rank of input must be >= {count + 1} but is {image.dim()}")
    if any(size < 1 for size in block):
        raise errors.invalid_argument(f"All values in block_shape must be positive, got {block}")
    if any(size < 0 for pair in pads for size in pair):
        raise errors.invalid_argument("Paddings must be non-negative")
    flat = [0, 0] * (image.dim() - count - 1)
    flat += [size for pair in reversed(pads) for size in pair]
    if any(flat):
        image = torch.nn.functional.pad(image, flat)
    batch, rest = image.shape[0], image.shape[count + 1 :]
    shape = [batch]
    for size, length in zip(image.shape[1 : count + 1], block, strict=True):
        if size % length:
            raise errors.invalid_argument(
                f"padded_shape={size} is not divisible by block_shape={length}"
            )
        shape += [size // length, length]
    cut = image.reshape(*shape, *rest)
    blocks, space = list(range(2, 2 * count + 2, 2)), list(range(1, 2 * count + 1, 2))
    tail = range(2 * count + 1, cut.dim())
    moved = cut.permute(*blocks, 0, *space, *tail)
    return moved.reshape(-1, *shape[1::2], *rest)


def _batch_to_space(image: Tensor, block: Sequence[int], crops: Sequence[Sequence[int]]) -> Tensor:
    count = len(block)
    product = int(np.prod(block, dtype=np.int64))
    if image.dim() < count + 1:
        raise errors.invalid_argument(f"rank of input must be >= {count + 1} but is {image.dim()}")
    if product < 1 or image.shape[0] % product:
        raise errors.invalid_argument(
            f"Input batch dimension ({image.shape[0]}) is not divisible by product of block sizes "
            f"({product})"
        )
    space, rest = image.shape[1 : count + 1], image.shape[count + 1 :]
    cut = image.reshape(*block, image.shape[0] // product, *space, *rest)
    order = [count]
    for axis in range(count):
        order += [count + 1 + axis, axis]
    moved = cut.permute(*order, *range(2 * count + 1, cut.dim()))
    sizes = [size * length for size, length in zip(space, block, strict=True)]
    made = moved.reshape(image.shape[0] // product, *sizes, *rest)
    for axis, (before, after) in enumerate(crops):
        left = sizes[axis] - before - after
        if before < 0 or after < 0 or left < 0:
            raise errors.invalid_argument(f"cropped_shape[{axis}]={left} must be non-negative")
        made = made.narrow(axis + 1, before, left)
    return made.contiguous()


@kernel("SpaceToBatchND", "cpu", "gpu", host_inputs=("block_shape", "paddings"))
def space_to_batch_nd(image: Tensor, block_shape: Array, paddings: Array) -> Tensor:
    return _space_to_batch(image, block_shape.tolist(), paddings.tolist())


@kernel("BatchToSpaceND", "cpu", "gpu", host_inputs=("block_shape", "crops"))
def batch_to_space_nd(image: Tensor, block_shape: Array, crops: Array) -> Tensor:
    return _batch_to_space(image, block_shape.tolist(), crops.tolist())


@kernel("SpaceToBatch", "cpu", "gpu", host_inputs=("paddings",))
def space_to_batch(image: Tensor, paddings: Array, *, block_size: int) -> Tensor:
    return _space_to_batch(image, [block_size] * 2, paddings.tolist())


@kernel("BatchToSpace", "cpu", "gpu", host_inputs=("crops",))
def batch_to_space(image: Tensor, crops: Array, *, block_size: int) -> Tensor:
    return _batch_to_space(image, [block_size] * 2, crops.tolist())


def _channels_last(image: Tensor, data_format: bytes) -> Tensor:
    return image.permute(0, 2, 3, 1) if data_format == b"NCHW" else image


def _as_given(image: Tensor, data_format: bytes) -> Tensor:
    return image.permute(0, 3, 1, 2).contiguous() if data_format == b"NCHW" else image


def _check_image(image: Tensor) -> None:
    if image.dim() != 4:
        raise errors.invalid_argument(f"Input rank should be 4 instead of {image.dim()}")


@kernel("SpaceToDepth", "cpu", "gpu")
def space_to_depth(image: Tensor, *, block_size: int, data_format: bytes) -> Tensor:
    _check_image(image)
    last = _channels_last(image, data_format)
    batch, height, width, channels = last.shape
    if height % block_size or width % block_size:
        raise errors.invalid_argument(
            f"Image height {height} and width {width} should be divisible by block_size: "
            f"{block_size}"
        )
    cut = last.reshape(
        batch, height // block_size, block_size, width // block_size, block_size, channels
    )
    made = cut.permute(0, 1, 3, 2, 4, 5).flatten(3)
    return _as_given(made, data_format)


@kernel("DepthToSpace", "cpu", "gpu")
def depth_to_space(image: Tensor, *, block_size: int, data_format: bytes) -> Tensor:
    _check_image(image)
    last = _channels_last(image, data_format)
    batch, height, width, channels = last.shape
    if channels % (block_size * block_size):
        raise errors.invalid_argument(
            f"Input depth dimension {channels} should be divisible by: {block_size * block_size}"
        )
    depth = channels // (block_size * block_size)
    cut = last.reshape(batch, height, width, block_size, block_size, depth)
    made = cut.permute(0, 1, 3, 2, 4, 5).reshape(
        batch, height * block_size, width * block_size, depth
    )
    return _as_given(made, data_format)
