"""Control-flow primitives: the dataflow nodes that loops and branches are made of.

How they run is the business of plans and executors; here stand their signatures and static shapes.
"""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims

switch = define(
    "Switch",
    inputs=("data: T", "pred: bool"),
    outputs=("output_false: T", "output_true: T"),
    attrs=("T: type",),
)
ref_switch = define(
    "RefSwitch",
    inputs=("data: Ref(T)", "pred: bool"),
    outputs=("output_false: Ref(T)", "output_true: Ref(T)"),
    attrs=("T: type",),
    allows_uninitialized_input=True,
)
ref_identity = define(
    "RefIdentity",
    inputs=("input: Ref(T)",),
    outputs=("output: Ref(T)",),
    attrs=("T: type",),
    allows_uninitialized_input=True,
)
merge = define(
    "Merge",
    inputs=("inputs: N * T",),
    outputs=("output: T", "value_index: int32"),
    attrs=("T: type", "N: int >= 1"),
)
ref_merge = define(
    "RefMerge",
    inputs=("inputs: Ref(N * T)",),
    outputs=("output: Ref(T)", "value_index: int32"),
    attrs=("T: type", "N: int >= 1"),
)
enter = define(
    "Enter",
    inputs=("data: T",),
    outputs=("output: T",),
    attrs=(
        "T: type",
        "frame_name: string",
        "is_constant: bool = false",
        "parallel_iterations: int = 10",
    ),
)
ref_enter = define(
    "RefEnter",
    inputs=("data: Ref(T)",),
    outputs=("output: Ref(T)",),
    attrs=(
        "T: type",
        "frame_name: string",
        "is_constant: bool = false",
        "parallel_iterations: int = 10",
    ),
)
exit = define("Exit", inputs=("data: T",), outputs=("output: T",), attrs=("T: type",))
ref_exit = define(
    "RefExit", inputs=("data: Ref(T)",), outputs=("output: Ref(T)",), attrs=("T: type",)
)
next_iteration = define(
    "NextIteration", inputs=("data: T",), outputs=("output: T",), attrs=("T: type",)
)
ref_next_iteration = define(
    "RefNextIteration", inputs=("data: Ref(T)",), outputs=("output: Ref(T)",), attrs=("T: type",)
)
loop_cond = define("LoopCond", inputs=("input: bool",), outputs=("output: bool",))
ref_select = define(
    "RefSelect",
    inputs=("index: int32", "inputs: Ref(N * T)"),
    outputs=("output: Ref(T)",),
    attrs=("T: type", "N: int >= 1"),
    differentiable=False,
)
abort = define(
    "Abort",
    attrs=("error_msg: string = ''", "exit_without_error: bool = false"),
    differentiable=False,
)
control_trigger = define("ControlTrigger", differentiable=False)


def _keep_handle_data(ctx: ShapeContext) -> None:
    """Let a resource handle stand for the same variable in branches and loops."""
    data = ctx.op.input_tensors[0]._handle_data
    if data is not None:
        for output in ctx.op.outputs:
            output._handle_data = data


@switch.shape
@ref_switch.shape
def switch_shape(ctx: ShapeContext) -> list[Dims]:
    predicate = ctx.shape(1)
    if predicate is not None and predicate != ():
        raise ValueError(f"Shape must be rank 0 but is rank {len(predicate)}")
    _keep_handle_data(ctx)
    return [ctx.shape(0), ctx.shape(0)]


@merge.shape
@ref_merge.shape
def merge_shape(ctx: ShapeContext) -> list[Dims]:
    """Return what the inputs have in common; the back edge of a loop is known only later."""
    first, *others = ctx.shapes()
    for dims in others:
        if first is None or dims is None or len(dims) != len(first):
            return [None, ()]
        first = tuple(a if a == b else None for a, b in zip(first, dims, strict=True))
    return [first, ()]


@enter.shape
@ref_enter.shape
@exit.shape
@ref_exit.shape
@next_iteration.shape
@ref_next_iteration.shape
@ref_identity.shape
def same_shape(ctx: ShapeContext) -> list[Dims]:
    _keep_handle_data(ctx)
    return [ctx.shape(0)]


@loop_cond.shape
def loop_cond_shape(ctx: ShapeContext) -> list[Dims]:
    predicate = ctx.shape(0)
    if predicate:
        raise ValueError(f"Shape must be rank 0 but is rank {len(predicate)}")
    return [()]


@ref_select.shape
def ref_select_shape(ctx: ShapeContext) -> list[Dims]:
    index, first, *others = ctx.shapes()
    if index:
        raise ValueError(f"Shape must be rank 0 but is rank {len(index)}")
    if first is None or None in first or any(dims != first for dims in others):
        return [None]
    return [first]


@abort.shape
@control_trigger.shape
def no_shape(ctx: ShapeContext) -> list[Dims]:
    return []
