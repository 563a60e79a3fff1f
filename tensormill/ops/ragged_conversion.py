"""The op that makes a dense tensor of the parts of a ragged one.

Source: TensorFlow 1.15, core/ops/ragged_conversion_ops.cc.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.constants import constant
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, are_compatible, merge_dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.comparison import less
from tensormill.ops.filling import zeros_like
from tensormill.ops.gathering import where_v2
from tensormill.ops.joining import concat
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.segments import unsorted_segment_sum
from tensormill.ops.sequences import range_of

__all__ = ["PARTITION_TYPES"]

PARTITION_TYPES = ("FIRST_DIM_SIZE", "VALUE_ROWIDS", "ROW_SPLITS")
"""What a row partition can be: the number of rows, the row of each value, where rows begin."""

ragged_tensor_to_tensor_op = define(
    "RaggedTensorToTensor",
    inputs=(
        "shape: Tshape",
        "values: T",
        "default_value: T",
        "row_partition_tensors: num_row_partition_tensors * Tindex",
    ),
    outputs=("result: T",),
    attrs=(
        "T: type",
        "Tindex: {int64, int32}",
        "Tshape: {int64, int32}",
        "num_row_partition_tensors: int >= 1",
        "row_partition_types: list(string)",
    ),
)


def _ragged_rank(types: Any) -> int:
    """Return the number of ragged dimensions that row partitions of some types make.

    Raises:
      ValueError: there is no such type, or the number of rows is not known.
    """
    names = [name.decode() for name in types]
    for name in names:
        if name not in PARTITION_TYPES:
            raise ValueError(f"Unknown string for partition info type. {name}")
    if not names or names[0] == "VALUE_ROWIDS":
        raise ValueError("Cannot handle VALUE_ROWIDS in first dimension.")
    return len(names) - (names[0] == "FIRST_DIM_SIZE")


@ragged_tensor_to_tensor_op.shape
def ragged_tensor_to_tensor_shape(ctx: ShapeContext) -> list[Dims]:
    rank = _ragged_rank(ctx.attrs["row_partition_types"])
    asked = None if ctx.shape("shape") == () else ctx.value_as_shape("shape")
    values, default = ctx.shape("values"), ctx.shape("default_value")
    if values == ():
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    if values is None:
        return [asked]
    inner = values[1:]
    if default is not None and (
        len(default) > len(inner) or not are_compatible(default, inner[len(inner) - len(default) :])
    ):
        raise ValueError(f"default_value.shape={default} and rt_input.flat_values.shape={values}")
    return [merge_dims((*(None,) * (rank + 1), *inner), asked)]


@ragged_tensor_to_tensor_op.gradient
def ragged_tensor_to_tensor_gradient(op: Operation, grad: Tensor) -> list[Any]:
    """Return the gradients of the values and of the default, by where the values went to."""
    shape, values, default, *partitions = op.inputs
    rank = _ragged_rank(op.attrs["row_partition_types"])
    count = shape_of(values)[0]
    numbers = range_of(count)
    outer = shape if constant_value(shape) is not None and shape.dims == () else shape[: rank + 1]
    places = ragged_tensor_to_tensor_op(
        outer,
        numbers,
        constant(-1, dtypes.int32),
        partitions,
        row_partition_types=op.attrs["row_partition_types"],
    )
    by_values = unsorted_segment_sum(grad, places, count)
    inner = values.dims[1:] if values.dims is not None else ()
    is_missing = less(reshape(places, concat([shape_of(places), [1] * len(inner)], 0)), 0)
    missing = where_v2(is_missing, grad, zeros_like(grad))
    sizes = shape_of(default)
    axes = OP_DEFS["BroadcastGradientArgs"].builder(shape_of(grad), sizes)[1]
    by_default = reshape(reduce_sum(missing, axes), sizes)
    return [None, by_values, by_default, *[None] * len(partitions)]
