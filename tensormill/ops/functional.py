"""Ops that call functions of the graph: calls, branches and loops.

They have no kernels: a call is replaced by the body of its function, branches and loops become
control-flow primitives, when a step is prepared (see `runtime.passes.inlining`).

Source: TensorFlow 1.15, core/ops/functional_ops.cc, python/ops/functional_ops.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.graph.attr_values import FunctionRef
from tensormill.graph.dtypes import DType
from tensormill.graph.function_library import GraphFunction
from tensormill.graph.op_registry import define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.graph.tensor import Tensor

__all__ = ["FUNCTIONAL_OP_TYPES", "called_function", "gradient_of_call", "symbolic_gradient"]

_IF_ATTRS = (
    "Tcond: type",
    "Tin: list(type) >= 0",
    "Tout: list(type) >= 0",
    "then_branch: func",
    "else_branch: func",
    "output_shapes: list(shape) = []",
)
_WHILE_ATTRS = (
    "T: list(type) >= 0",
    "cond: func",
    "body: func",
    "output_shapes: list(shape) = []",
    "parallel_iterations: int = 10",
)
_CASE_ATTRS = (
    "Tin: list(type) >= 0",
    "Tout: list(type) >= 0",
    "branches: list(func) >= 1",
    "output_shapes: list(shape) = []",
)
_CALL_ATTRS = (
    "Tin: list(type) >= 0",
    "Tout: list(type) >= 0",
    "f: func",
    'config: string = ""',
    'config_proto: string = ""',
    'executor_type: string = ""',
)

if_op = define(
    "If", ("cond: Tcond", "input: Tin"), ("output: Tout",), _IF_ATTRS, stateful=True,
    differentiable=False,
)  # fmt: skip
stateless_if_op = define(
    "StatelessIf", ("cond: Tcond", "input: Tin"), ("output: Tout",), _IF_ATTRS,
    differentiable=False,
)  # fmt: skip
case_op = define(
    "Case", ("branch_index: int32", "input: Tin"), ("output: Tout",), _CASE_ATTRS, stateful=True,
    differentiable=False,
)  # fmt: skip
stateless_case_op = define(
    "StatelessCase", ("branch_index: int32", "input: Tin"), ("output: Tout",), _CASE_ATTRS,
    differentiable=False,
)  # fmt: skip
while_op = define(
    "While", ("input: T",), ("output: T",), _WHILE_ATTRS, stateful=True, differentiable=False
)
stateless_while_op = define(
    "StatelessWhile", ("input: T",), ("output: T",), _WHILE_ATTRS, differentiable=False
)
for_op = define(
    "For", ("start: int32", "limit: int32", "delta: int32", "input: T"), ("output: T",),
    ("T: list(type) >= 0", "body: func"), differentiable=False,
)  # fmt: skip
partitioned_call_op = define("PartitionedCall", ("args: Tin",), ("output: Tout",), _CALL_ATTRS)
stateful_partitioned_call_op = define(
    "StatefulPartitionedCall", ("args: Tin",), ("output: Tout",), _CALL_ATTRS, stateful=True
)
remote_call_op = define(
    "RemoteCall",
    ("target: string", "args: Tin"),
    ("output: Tout",),
    ("Tin: list(type) >= 1", "Tout: list(type) >= 1", "f: func"),
    stateful=True,
    differentiable=False,
)
symbolic_gradient_op = define(
    "SymbolicGradient",
    ("input: Tin",),
    ("output: Tout",),
    ("Tin: list(type) >= 1", "Tout: list(type) >= 1", "f: func"),
    differentiable=False,
)

FUNCTIONAL_OP_TYPES = frozenset(
    [
        "Case",
        "For",
        "If",
        "PartitionedCall",
        "RemoteCall",
        "StatefulPartitionedCall",
        "StatelessCase",
        "StatelessIf",
        "StatelessWhile",
        "SymbolicGradient",
        "While",
    ]
)
"""The op types that are replaced by what they call before a step is planned."""
_CALLS = frozenset(["PartitionedCall", "StatefulPartitionedCall"])


@if_op.shape
@stateless_if_op.shape
@case_op.shape
@stateless_case_op.shape
def branch_shapes(ctx: ShapeContext) -> list[Dims]:
    return _declared(ctx, len(ctx.attrs["Tout"])) or [None] * len(ctx.attrs["Tout"])


@while_op.shape
@stateless_while_op.shape
def loop_shapes(ctx: ShapeContext) -> list[Dims]:
    return _declared(ctx, len(ctx.attrs["T"])) or list(ctx.shapes("input"))


def _declared(ctx: ShapeContext, count: int) -> list[Dims] | None:
    shapes = list(ctx.attrs["output_shapes"])
    if not shapes:
        return None
    if len(shapes) != count:
        raise ValueError(
            f"`output_shapes` must be the same length as num outputs ({len(shapes)} vs. {count}"
        )
    return shapes


@for_op.shape
def counted_shapes(ctx: ShapeContext) -> list[Dims]:
    return [None] * len(ctx.attrs["T"])


@partitioned_call_op.shape
@stateful_partitioned_call_op.shape
@remote_call_op.shape
def call_shapes(ctx: ShapeContext) -> list[Dims]:
    return [None] * len(ctx.attrs["Tout"])


@symbolic_gradient_op.shape
def symbolic_gradient_shapes(ctx: ShapeContext) -> list[Dims]:
    return list(ctx.shapes("input"))[: len(ctx.attrs["Tout"])]


def called_function(op: Operation) -> GraphFunction | None:
    """Return the function that a node calls, or None where it calls none."""
    functions = op.graph.functions
    if op.op_schema.is_function:
        return functions[op.type]
    if op.type in _CALLS:
        return functions.get(op.attrs["f"].name)
    return None


@partitioned_call_op.gradient
@stateful_partitioned_call_op.gradient
def gradient_of_call(op: Operation, *grads: Tensor) -> Any:
    """Return the gradients of a call with respect to its arguments."""
    function = called_function(op)
    if function is not None and function.python_gradient is not None:
        return function.python_gradient(op, *grads)
    if op.op_schema.is_function:
        ref = FunctionRef(op.type, {n: v for n, v in op.attrs.items() if n[:1] != "_"})
    else:
        ref = op.attrs["f"]
    return symbolic_gradient(
        [*op.input_tensors, *grads], [t.dtype.base_dtype for t in op.input_tensors], ref
    )


def symbolic_gradient(
    input: Sequence[Tensor], Tout: Sequence[DType], f: Any, name: str | None = None
) -> list[Tensor]:
    """Return the gradients of a function with respect to its arguments.

    Args:
      input: the arguments, then the gradients of the results.
      Tout: the dtypes of the arguments.
      f: the function.
      name: the name of the node.
    """
    made: list[Tensor] = symbolic_gradient_op(list(input), Tout=list(Tout), f=f, name=name)
    return made
