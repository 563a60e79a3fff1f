"""Inputs of several steps computed as one batch: `tf.nondifferentiable_batch_function`.

Source: TensorFlow 1.15, core/ops/batch_ops.cc, contrib/batching/python/ops/batch_ops.py.
"""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.graph.tensor import Tensor

_SHARED = ("container: string = ''", "shared_name: string = ''")

batch_op = define(
    "Batch",
    inputs=("in_tensors: T",),
    outputs=("batched_tensors: T", "batch_index: int64", "id: int64"),
    attrs=(
        "num_batch_threads: int",
        "max_batch_size: int",
        "max_enqueued_batches: int = 10",
        "batch_timeout_micros: int",
        "allowed_batch_sizes: list(int) = []",
        "grad_timeout_micros: int",
        *_SHARED,
        "batching_queue: string = ''",
        "T: list(type) >= 1",
    ),
)
batch_function_op = define(
    "BatchFunction",
    inputs=("in_tensors: Tin", "captured_tensors: Tcaptured"),
    outputs=("out_tensors: Tout",),
    attrs=(
        "f: func",
        "num_batch_threads: int",
        "max_batch_size: int",
        "batch_timeout_micros: int",
        "max_enqueued_batches: int = 10",
        "allowed_batch_sizes: list(int) = []",
        *_SHARED,
        "batching_queue: string = ''",
        "low_priority_max_batch_size: int = 0",
        "low_priority_batch_timeout_micros: int = 0",
        "low_priority_allowed_batch_sizes: list(int) = []",
        "low_priority_max_enqueued_batches: int = 0",
        "mixed_priority_policy: {'low_priority_padding_with_max_batch_size',"
        " 'low_priority_padding_with_next_allowed_batch_size', 'priority_isolation',"
        " 'priority_merge'} = 'low_priority_padding_with_max_batch_size'",
        "batch_padding_policy: {'PAD_UP', 'BATCH_DOWN', 'MINIMIZE_TPU_COST_PER_REQUEST'}"
        " = 'PAD_UP'",
        "Tin: list(type) >= 1",
        "Tcaptured: list(type) >= 0",
        "Tout: list(type) >= 1",
        "enable_large_batch_splitting: bool = false",
    ),
    differentiable=False,
)
unbatch_op = define(
    "Unbatch",
    inputs=("batched_tensor: T", "batch_index: int64", "id: int64"),
    outputs=("unbatched_tensor: T",),
    attrs=("timeout_micros: int", *_SHARED, "T: type"),
)
unbatch_grad_op = define(
    "UnbatchGrad",
    inputs=("original_input: T", "batch_index: int64", "grad: T", "id: int64"),
    outputs=("batched_grad: T",),
    attrs=(*_SHARED, "T: type"),
    differentiable=False,
)


def _any_rows(dims: Dims) -> Dims:
    return None if dims is None else (None, *dims[1:])


@batch_op.shape
def batch_shape(ctx: ShapeContext) -> list[Dims]:
    for dims in ctx.shapes():
        if dims == ():
            raise ValueError("Shape must be at least rank 1 but is rank 0")
    return [*map(_any_rows, ctx.shapes()), (None, 3), ()]


@batch_function_op.shape
def batch_function_shape(ctx: ShapeContext) -> list[Dims]:
    return [None] * len(ctx.op.outputs)


@unbatch_op.shape
def unbatch_shape(ctx: ShapeContext) -> list[Dims]:
    return [_any_rows(ctx.shape("batched_tensor"))]


@unbatch_grad_op.shape
def unbatch_grad_shape(ctx: ShapeContext) -> list[Dims]:
    grad = ctx.shape("grad")
    return [None if grad is None else (None,) * len(grad)]


@batch_op.gradient
def batch_grad(op: Operation, *grads: Tensor) -> list[Tensor]:
    index, number = op.outputs[-2:]
    return [
        unbatch_op(
            grad,
            index,
            number,
            timeout_micros=op.attrs["grad_timeout_micros"],
            shared_name=f"batch_gradient_{op.name}_{place}",
        )
        for place, grad in enumerate(grads[: len(op.input_tensors)])
    ]


@unbatch_op.gradient
def unbatch_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    batch, index, number = op.input_tensors
    made: Tensor = unbatch_grad_op(
        batch, index, grad, number, shared_name=f"unbatch_gradient_{op.name}"
    )
    return [made, None, None]
