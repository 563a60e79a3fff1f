"""Ops that a debugger puts beside the tensors that it watches.

Source: TensorFlow 1.15, core/ops/debug_ops.cc.
"""

from __future__ import annotations

from collections.abc import Callable

from tensormill.graph.op_registry import define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.graph.tensor import Tensor

_WATCH = (
    "T: type",
    "device_name: string = ''",
    "tensor_name: string = ''",
    "debug_urls: list(string) = []",
)
_GATED = "gated_grpc: bool = false"

copy_op = define(
    "Copy",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=("T: type", "tensor_name: string = ''", "debug_ops_spec: list(string) = []"),
    allows_uninitialized_input=True,
    differentiable=False,
)
copy_host_op = define(
    "CopyHost",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=("T: type", "tensor_name: string = ''", "debug_ops_spec: list(string) = []"),
    allows_uninitialized_input=True,
    differentiable=False,
)
debug_identity_op = define(
    "DebugIdentity",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=(*_WATCH, _GATED),
    allows_uninitialized_input=True,
    differentiable=False,
)
debug_nan_count_op = define(
    "DebugNanCount",
    inputs=("input: T",),
    outputs=("output: int64",),
    attrs=(*_WATCH, _GATED),
    allows_uninitialized_input=True,
    differentiable=False,
)
debug_numeric_summary_op = define(
    "DebugNumericSummary",
    inputs=("input: T",),
    outputs=("output: double",),
    attrs=(
        *_WATCH,
        "lower_bound: float = -inf",
        "upper_bound: float = inf",
        "mute_if_healthy: bool = false",
        _GATED,
    ),
    allows_uninitialized_input=True,
    differentiable=False,
)
debug_gradient_identity_op = define(
    "DebugGradientIdentity",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=("T: type",),
    allows_uninitialized_input=True,
)
debug_gradient_ref_identity_op = define(
    "DebugGradientRefIdentity",
    inputs=("input: Ref(T)",),
    outputs=("output: Ref(T)",),
    attrs=("T: type",),
    allows_uninitialized_input=True,
)

GRADIENT_LISTENERS: dict[str, Callable[[Operation, Tensor], None]] = {}
"""What is told of the gradient of a `DebugGradientIdentity`, by how the name of the node ends."""


@debug_gradient_identity_op.gradient
@debug_gradient_ref_identity_op.gradient
def debug_gradient_grad(op: Operation, grad: Tensor) -> Tensor:
    for ending, listen in list(GRADIENT_LISTENERS.items()):
        if op.name.endswith(ending):
            listen(op, grad)
    return grad


@debug_gradient_identity_op.shape
@debug_gradient_ref_identity_op.shape
@copy_op.shape
@copy_host_op.shape
@debug_identity_op.shape
def same_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape("input")]


@debug_nan_count_op.shape
def count_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]  # as TensorFlow says; the value has one element


@debug_numeric_summary_op.shape
def summary_shape(ctx: ShapeContext) -> list[Dims]:
    return [None]
