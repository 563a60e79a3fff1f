"""Rows sorted into partitions, and put together again: dynamic_partition, dynamic_stitch."""

from __future__ import annotations

from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, merge_dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import reshape, shape

dynamic_partition_op = define(
    "DynamicPartition",
    inputs=("data: T", "partitions: int32"),
    outputs=("outputs: num_partitions * T",),
    attrs=("num_partitions: int >= 1", "T: type"),
)
dynamic_stitch_op = define(
    "DynamicStitch",
    inputs=("indices: N * int32", "data: N * T"),
    outputs=("merged: T",),
    attrs=("N: int >= 1", "T: type"),
)
parallel_dynamic_stitch_op = define(
    "ParallelDynamicStitch",
    inputs=("indices: N * int32", "data: N * T"),
    outputs=("merged: T",),
    attrs=("N: int >= 1", "T: type"),
)


@dynamic_partition_op.shape
def dynamic_partition_shape(ctx: ShapeContext) -> list[Dims]:
    data, partitions = (t.dims for t in ctx.op.input_tensors)
    count = ctx.attrs["num_partitions"]
    if data is None or partitions is None:
        return [None] * count
    merge_dims(data[: len(partitions)], partitions)
    if len(data) < len(partitions):
        raise ValueError(f"Shape must be at least rank {len(partitions)} but is rank {len(data)}")
    return [(None, *data[len(partitions) :])] * count


@dynamic_partition_op.gradient
def dynamic_partition_grad(op: Operation, *grads: Tensor) -> list[Tensor | None]:
    data, partitions = op.input_tensors
    count = op.attrs["num_partitions"]
    prefix = shape(partitions)
    total = OP_DEFS["Prod"].builder(prefix, [0], name="Prod")
    places = reshape(OP_DEFS["Range"].builder(0, total, 1, name="range"), prefix)
    parts = dynamic_partition_op(places, partitions, num_partitions=count)
    parts = parts if isinstance(parts, list) else [parts]
    rows = dynamic_stitch_op(parts, [convert_to_tensor(grad) for grad in grads])
    return [reshape(rows, shape(data)), None]


def dynamic_partition(
    data: Any, partitions: Any, num_partitions: int, name: str | None = None
) -> list[Tensor]:
    """Sort the slices of `data` into `num_partitions` tensors.

    Args:
      data: shape [*partitions.shape, ...].
      partitions: int32: the number of the tensor that each slice goes to.
      num_partitions: how many there are.
      name: the name of the node.
    """
    return dynamic_partition_op(data, partitions, num_partitions=num_partitions, name=name)


@dynamic_stitch_op.shape
@parallel_dynamic_stitch_op.shape
def dynamic_stitch_shape(ctx: ShapeContext) -> list[Dims]:
    count = ctx.attrs["N"]
    tensors = ctx.op.input_tensors
    inner: Dims = None
    largest: int | None = -1
    for position in range(count):
        value = ctx.value(position)
        if value is None:
            largest = None
        elif largest is not None and value.size:
            largest = max(largest, int(value.max()))
        indices, data = tensors[position].dims, tensors[count + position].dims
        if indices is None or data is None:
            continue
        merge_dims(data[: len(indices)], indices)
        inner = merge_dims(inner, data[len(indices) :])
    first = None if largest is None else largest + 1
    return [None if inner is None else (first, *inner)]


@dynamic_stitch_op.gradient
@parallel_dynamic_stitch_op.gradient
def dynamic_stitch_grad(op: Operation, grad: Any) -> list[Tensor | None]:
    count = op.attrs["N"]
    grad = convert_to_tensor(grad)
    rows: list[Tensor | None] = [
        OP_DEFS["GatherV2"].builder(grad, indices, 0) for indices in op.input_tensors[:count]
    ]
    return [None] * count + rows


def dynamic_stitch(indices: Any, data: Any, name: str | None = None) -> Tensor:
    """Return one tensor in which row `indices[m][i]` is `data[m][i]`; later ones win."""
    return dynamic_stitch_op(indices, data, name=name)


def parallel_dynamic_stitch(indices: Any, data: Any, name: str | None = None) -> Tensor:
    """Return one tensor put together from rows, which of several for a place is not said."""
    return parallel_dynamic_stitch_op(indices, data, name=name)
