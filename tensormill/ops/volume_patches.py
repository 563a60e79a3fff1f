"""Patches of volumes as vectors: extract_volume_patches."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import reshape, shape
from tensormill.ops.image_patches import patch_count
from tensormill.ops.joining import stack, unstack
from tensormill.ops.transposition import transpose

extract_volume_patches_op = define(
    "ExtractVolumePatches",
    inputs=("input: T",),
    outputs=("patches: T",),
    attrs=(
        "ksizes: list(int) >= 5",
        "strides: list(int) >= 5",
        "T: realnumbertype",
        "padding: {'SAME', 'VALID'}",
    ),
)


@extract_volume_patches_op.shape
def extract_volume_patches_shape(ctx: ShapeContext) -> list[Dims]:
    batch, *sizes, depth = with_rank(ctx.shape(0), 5)
    windows, strides = ctx.attrs["ksizes"][1:4], ctx.attrs["strides"][1:4]
    padding = ctx.attrs["padding"]
    counts = [
        patch_count(size, window, stride, padding)
        for size, window, stride in zip(sizes, windows, strides, strict=True)
    ]
    one, two, three = windows
    return [(batch, *counts, None if depth is None else depth * one * two * three)]


@extract_volume_patches_op.gradient
def extract_volume_patches_grad(op: Operation, grad: Tensor) -> Tensor:
    batch, planes, rows, columns, depth = unstack(shape(op.input_tensors[0]), num=5)
    patch_shape = shape(op.outputs[0])
    windows = op.attrs["ksizes"][1:4]
    # The patches of a volume of positions, counted from 1, say where each element comes from; what
    # lies in the border is 0.
    count = planes * rows * columns
    places = OP_DEFS["Range"].builder(1, count + 1, 1, name="range")
    places = OP_DEFS["Cast"].builder(places, DstT=dtypes.float32)
    attrs = {name: op.attrs[name] for name in ("ksizes", "strides", "padding")}
    volume = reshape(places, stack([1, planes, rows, columns, 1]))
    sources = OP_DEFS["Cast"].builder(extract_volume_patches_op(volume, **attrs), DstT=dtypes.int64)
    out = [patch_shape[axis] for axis in (1, 2, 3)]
    moved = transpose(
        reshape(grad, stack([batch, *out, *windows, depth])), [1, 2, 3, 4, 5, 6, 0, 7]
    )
    flat = reshape(moved, stack([-1, batch * depth]))
    summed = OP_DEFS["UnsortedSegmentSum"].builder(flat, reshape(sources, [-1]) - 1, count)
    whole = reshape(summed, stack([planes, rows, columns, batch, depth]))
    return transpose(whole, [3, 0, 1, 2, 4])


def extract_volume_patches(
    input: Any, ksizes: Any, strides: Any, padding: Any, name: str | None = None
) -> Tensor:
    """Return the patches of volumes, each as a vector.

    Args:
      input: [batch, planes, rows, columns, depth].
      ksizes: the size of a patch, [1, planes, rows, columns, 1].
      strides: the steps from patch to patch.
      padding: "SAME" or "VALID".
      name: the name of the node.
    """
    return extract_volume_patches_op(
        input, ksizes=ksizes, strides=strides, padding=padding, name=name
    )
