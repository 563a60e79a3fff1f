"""Mutexes as ops: a lock that a step holds until what refers to it is gone."""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims

mutex_v2_op = define(
    "MutexV2",
    outputs=("resource: resource",),
    attrs=("container: string = ''", "shared_name: string = ''"),
    stateful=True,
    differentiable=False,
)
mutex_lock_op = define(
    "MutexLock",
    inputs=("mutex: resource",),
    outputs=("mutex_lock: variant",),
    stateful=True,
    differentiable=False,
)
consume_mutex_lock_op = define(
    "ConsumeMutexLock", inputs=("mutex_lock: variant",), stateful=True, differentiable=False
)


@mutex_v2_op.shape
def mutex_v2_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]


@mutex_lock_op.shape
def mutex_lock_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]


@consume_mutex_lock_op.shape
def consume_mutex_lock_shape(ctx: ShapeContext) -> list[Dims]:
    return []
