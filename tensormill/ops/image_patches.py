"""Patches of images as vectors: extract_image_patches."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import one_of_two, reshape, shape
from tensormill.ops.joining import stack, unstack
from tensormill.ops.transposition import transpose

extract_image_patches_op = define(
    "ExtractImagePatches",
    inputs=("images: T",),
    outputs=("patches: T",),
    attrs=(
        "ksizes: list(int) >= 4",
        "strides: list(int) >= 4",
        "rates: list(int) >= 4",
        "T: {bfloat16, float16, float32, float64, int8, int16, int32, int64, uint8, uint16, "
        "uint32, uint64, complex64, complex128, bool}",
        "padding: {'SAME', 'VALID'}",
    ),
)


def patch_count(size: int | None, window: int, stride: int, padding: bytes) -> int | None:
    """Return how many windows lie along a dimension."""
    if size is None:
        return None
    count = size + stride - 1 if padding == b"SAME" else size - window + stride
    if count < stride:
        raise ValueError(f"Negative dimension size caused by subtracting {window} from {size}")
    return count // stride


@extract_image_patches_op.shape
def extract_image_patches_shape(ctx: ShapeContext) -> list[Dims]:
    batch, rows, columns, depth = with_rank(ctx.op.input_tensors[0].dims, 4)
    _, high, wide, _ = ctx.attrs["ksizes"]
    _, row_stride, column_stride, _ = ctx.attrs["strides"]
    _, row_rate, column_rate, _ = ctx.attrs["rates"]
    padding = ctx.attrs["padding"]
    return [
        (
            batch,
            patch_count(rows, high + (high - 1) * (row_rate - 1), row_stride, padding),
            patch_count(columns, wide + (wide - 1) * (column_rate - 1), column_stride, padding),
            None if depth is None else depth * high * wide,
        )
    ]


@extract_image_patches_op.gradient
def extract_image_patches_grad(op: Operation, grad: Tensor) -> Tensor:
    batch, rows, columns, depth = unstack(shape(op.input_tensors[0]), num=4)
    patch_shape = shape(op.outputs[0])
    _, high, wide, _ = op.attrs["ksizes"]
    # The patches of an image of positions, counted from 1, say which pixel each element comes from;
    # what lies in the border is 0.
    count = rows * columns
    places = OP_DEFS["Range"].builder(1, count + 1, 1, name="range")
    places = OP_DEFS["Cast"].builder(places, DstT=dtypes.float32)
    attrs = {name: op.attrs[name] for name in ("ksizes", "strides", "rates", "padding")}
    image = reshape(places, stack([1, rows, columns, 1]))
    sources = OP_DEFS["Cast"].builder(extract_image_patches_op(image, **attrs), DstT=dtypes.int64)
    apart = stack([batch, patch_shape[1], patch_shape[2], high, wide, depth])
    moved = transpose(reshape(grad, apart), [1, 2, 3, 4, 0, 5])
    segments = reshape(sources, [-1]) - 1
    flat = reshape(moved, stack([-1, batch * depth]))
    summed = OP_DEFS["UnsortedSegmentSum"].builder(flat, segments, count)
    return transpose(reshape(summed, stack([rows, columns, batch, depth])), [2, 0, 1, 3])


def extract_image_patches(
    images: Any,
    ksizes: Any = None,
    strides: Any = None,
    rates: Any = None,
    padding: Any = None,
    name: str | None = None,
    sizes: Any = None,
) -> Tensor:
    """Return the patches of images, each as a vector.

    Args:
      images: [batch, rows, columns, depth].
      ksizes: the size of a patch, [1, rows, columns, 1].
      strides: the steps from patch to patch.
      rates: the steps between the pixels of a patch.
      padding: "SAME" or "VALID".
      name: the name of the node.
      sizes: the new name of `ksizes`.
    """
    ksizes = one_of_two(sizes, ksizes, "sizes", "ksizes")
    return extract_image_patches_op(
        images, ksizes=ksizes, strides=strides, rates=rates, padding=padding, name=name
    )


def extract_patches(
    images: Any, sizes: Any, strides: Any, rates: Any, padding: Any, name: str | None = None
) -> Tensor:
    """Return the patches of images, each as a vector; see `extract_image_patches`."""
    return extract_image_patches(images, sizes, strides, rates, padding, name)
