"""Stacks, which loops use to hand values of their iterations to the gradients."""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims

stack_v2 = define(
    "StackV2",
    inputs=("max_size: int32",),
    outputs=("handle: resource",),
    attrs=("elem_type: type", "stack_name: string = ''"),
    stateful=True,
    differentiable=False,
)
stack_push_v2 = define(
    "StackPushV2",
    inputs=("handle: resource", "elem: T"),
    outputs=("output: T",),
    attrs=("T: type", "swap_memory: bool = false"),
    stateful=True,
    differentiable=False,
)
stack_pop_v2 = define(
    "StackPopV2",
    inputs=("handle: resource",),
    outputs=("elem: elem_type",),
    attrs=("elem_type: type",),
    stateful=True,
    differentiable=False,
)
stack_close_v2 = define(
    "StackCloseV2", inputs=("handle: resource",), stateful=True, differentiable=False
)
_REFERENCE = "handle: Ref(string)"

stack_v1 = define(
    "Stack",
    outputs=(_REFERENCE,),
    attrs=("elem_type: type", "stack_name: string = ''"),
    stateful=True,
    differentiable=False,
)
stack_push_v1 = define(
    "StackPush",
    inputs=(_REFERENCE, "elem: T"),
    outputs=("output: T",),
    attrs=("T: type", "swap_memory: bool = false"),
    differentiable=False,
)
stack_pop_v1 = define(
    "StackPop",
    inputs=(_REFERENCE,),
    outputs=("elem: elem_type",),
    attrs=("elem_type: type",),
    differentiable=False,
)
stack_close_v1 = define("StackClose", inputs=(_REFERENCE,), differentiable=False)


@stack_v1.shape
def stack_reference_shape(ctx: ShapeContext) -> list[Dims]:
    return [(2,)]


@stack_v2.shape
def stack_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]


@stack_push_v1.shape
@stack_push_v2.shape
def push_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape("elem")]


@stack_pop_v1.shape
@stack_pop_v2.shape
def pop_shape(ctx: ShapeContext) -> list[Dims]:
    return [None]


@stack_close_v1.shape
@stack_close_v2.shape
def close_shape(ctx: ShapeContext) -> list[Dims]:
    return []
