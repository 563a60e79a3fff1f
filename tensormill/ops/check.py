"""Assertions in the graph, and checks for numbers that are not finite."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_n_to_tensor, convert_to_tensor
from tensormill.graph.graph import get_default_graph
from tensormill.graph.op_registry import define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import one_of_two
from tensormill.ops.basics import no_op
from tensormill.ops.conditional import cond
from tensormill.ops.grouping import group, with_dependencies

assert_op = define(
    "Assert",
    inputs=(
        "condition: bool",
        "data: T",
    ),
    attrs=(
        "T: list(type) >= 1",
        "summarize: int = 3",
    ),
    stateful=True,
    differentiable=False,
)
check_numerics_op = define(
    "CheckNumerics",
    inputs=("tensor: T",),
    outputs=("output: T",),
    attrs=(
        "T: {bfloat16, float16, float32, float64}",
        "message: string",
    ),
    stateful=True,
)
check_numerics_v2_op = define(
    "CheckNumericsV2",
    inputs=("tensor: T",),
    outputs=("output: T",),
    attrs=(
        "T: {bfloat16, float16, float32, float64}",
        "message: string",
    ),
    stateful=True,
)


@assert_op.shape
def assert_shape(ctx: ShapeContext) -> list[Dims]:
    return []


@check_numerics_op.shape
@check_numerics_v2_op.shape
def check_numerics_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape(0)]


@check_numerics_op.gradient
def check_numerics_gradient(op: Operation, grad: Tensor) -> Tensor:
    message = "Not a number (NaN) or infinity (Inf) values detected in gradient."
    return check_numerics_op(grad, message=message)


@check_numerics_v2_op.gradient
def check_numerics_v2_gradient(op: Operation, grad: Tensor) -> Tensor:
    message = "Not a number (NaN) or infinity (Inf) values detected in gradient."
    return check_numerics_v2_op(grad, message=message)


def check_numerics(tensor: Any, message: str, name: str | None = None) -> Tensor:
    """Return `tensor`; its step fails where it holds a NaN or an infinity.

    Args:
      tensor: floats.
      message: the start of the error's message.
      name: the name of the node.
    """
    return check_numerics_op(tensor, message=message, name=name)


def verify_tensor_all_finite(
    t: Any = None,
    msg: str | None = None,
    name: str | None = None,
    x: Any = None,
    message: Any = None,
) -> Tensor:
    """Return the tensor; its step fails where it holds a NaN or an infinity.

    Args:
      t: floats.
      msg: the start of the error's message.
      name: the name of the nodes.
      x: a newer name of `t`.
      message: a newer name of `msg`.
    """
    value = one_of_two(x, t, "x", "t")
    text = one_of_two(message, msg, "message", "msg")
    with OpScope(name, "VerifyFinite", [value]):
        value = convert_to_tensor(value, name="x")
        with value.graph.colocate_with(value):
            verified = check_numerics(value, message=text)
            return with_dependencies([verified], value)


def add_check_numerics_ops() -> Operation:
    """Make an operation that checks every float tensor of the graph, in the order of their making.

    Raises:
      ValueError: the graph has control flow.
    """
    checks: list[Tensor] = []
    graph = get_default_graph()
    for op in graph.get_operations():
        for output in op.outputs:
            if output.dtype not in (dtypes.float16, dtypes.float32, dtypes.float64):
                continue
            if op._get_control_flow_context() is not None:
                raise ValueError(
                    "`tf.add_check_numerics_ops() is not compatible with TensorFlow control flow "
                    "operations such as `tf.cond()` or `tf.while_loop()`."
                )
            with graph.control_dependencies(checks):
                checks = [check_numerics(output, message=f"{op.name}:{output.value_index}")]
    return group(*checks)


def Assert(
    condition: Any, data: Any, summarize: int | None = None, name: str | None = None
) -> Operation:
    """Make an operation that fails, and shows `data`, where `condition` is False.

    Args:
      condition: a bool scalar.
      data: tensors and texts to show.
      summarize: how many entries of each; 3 by default.
      name: the name of the nodes.
    """
    with OpScope(name, "Assert", [condition, data]):
        values = convert_n_to_tensor(data)
        if all(value.dtype in (dtypes.string, dtypes.int32) for value in values):
            return assert_op.make(condition, data, summarize=summarize, name="Assert")
        condition = convert_to_tensor(condition, name="Condition")

        def fail() -> Operation:
            return assert_op.make(condition, data, summarize=summarize, name="Assert")

        # The data travel to the CPU only where they are shown.
        guarded = cond(condition, no_op, fail, name="AssertGuard")
        return guarded.op
