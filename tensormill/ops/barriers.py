"""Barriers as ops: elements whose components come one by one, and that leave when all are there."""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, merge_dims, with_rank

_HANDLE = "handle: Ref(string)"

barrier_op = define(
    "Barrier",
    outputs=(_HANDLE,),
    attrs=(
        "component_types: list(type) >= 1",
        "shapes: list(shape) >= 0 = []",
        "capacity: int = -1",
        "container: string = ''",
        "shared_name: string = ''",
    ),
    stateful=True,
    differentiable=False,
)
barrier_insert_many_op = define(
    "BarrierInsertMany",
    inputs=(_HANDLE, "keys: string", "values: T"),
    attrs=("T: type", "component_index: int"),
    differentiable=False,
)
barrier_take_many_op = define(
    "BarrierTakeMany",
    inputs=(_HANDLE, "num_elements: int32"),
    outputs=("indices: int64", "keys: string", "values: component_types"),
    attrs=(
        "component_types: list(type) >= 1",
        "allow_small_batch: bool = false",
        "wait_for_incomplete: bool = false",
        "timeout_ms: int = -1",
    ),
    differentiable=False,
)
barrier_close_op = define(
    "BarrierClose",
    inputs=(_HANDLE,),
    attrs=("cancel_pending_enqueues: bool = false",),
    differentiable=False,
)
barrier_ready_size_op = define(
    "BarrierReadySize", inputs=(_HANDLE,), outputs=("size: int32",), differentiable=False
)
barrier_incomplete_size_op = define(
    "BarrierIncompleteSize", inputs=(_HANDLE,), outputs=("size: int32",), differentiable=False
)


@barrier_op.shape
def barrier_shape(ctx: ShapeContext) -> list[Dims]:
    return [(2,)]


@barrier_insert_many_op.shape
def insert_many_shape(ctx: ShapeContext) -> list[Dims]:
    keys, values = with_rank(ctx.shape("keys"), 1), ctx.shape("values")
    if values is not None:
        if not values:
            raise ValueError("Shape must be at least rank 1 but is rank 0")
        merge_dims(keys, values[:1])
    return []


@barrier_take_many_op.shape
def take_many_shape(ctx: ShapeContext) -> list[Dims]:
    return [None] * len(ctx.op.outputs)


@barrier_close_op.shape
def close_shape(ctx: ShapeContext) -> list[Dims]:
    return []


@barrier_ready_size_op.shape
@barrier_incomplete_size_op.shape
def size_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]
