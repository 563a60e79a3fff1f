"""Max and average pooling of volumes."""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.filling import zeros_like
from tensormill.ops.identities import stop_gradient
from tensormill.ops.pooling import (
    avg_pool_grad_shape,
    max_pool_grad_grad_shape,
    max_pool_grad_shape,
    pool_shape,
    window_attrs,
)
from tensormill.ops.windows import list_for_each

max_pool3d_op = define(
    "MaxPool3D",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=(
        "ksize: list(int) >= 5",
        "strides: list(int) >= 5",
        "padding: {'SAME', 'VALID'}",
        "data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'",
        "T: {float16, bfloat16, float32}",
    ),
)
max_pool3d_grad_op = define(
    "MaxPool3DGrad",
    inputs=(
        "orig_input: TInput",
        "orig_output: TInput",
        "grad: T",
    ),
    outputs=("output: T",),
    attrs=(
        "ksize: list(int) >= 5",
        "strides: list(int) >= 5",
        "padding: {'SAME', 'VALID'}",
        "data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'",
        "T: {float16, bfloat16, float32} = DT_FLOAT32",
        "TInput: {float16, bfloat16, float32} = DT_FLOAT32",
    ),
)
max_pool3d_grad_grad_op = define(
    "MaxPool3DGradGrad",
    inputs=(
        "orig_input: T",
        "orig_output: T",
        "grad: T",
    ),
    outputs=("output: T",),
    attrs=(
        "ksize: list(int) >= 5",
        "strides: list(int) >= 5",
        "padding: {'SAME', 'VALID'}",
        "data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'",
        "T: realnumbertype",
    ),
)
avg_pool3d_op = define(
    "AvgPool3D",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=(
        "ksize: list(int) >= 5",
        "strides: list(int) >= 5",
        "padding: {'SAME', 'VALID'}",
        "data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'",
        "T: {float16, bfloat16, float32, float64}",
    ),
)
avg_pool3d_grad_op = define(
    "AvgPool3DGrad",
    inputs=(
        "orig_input_shape: int32",
        "grad: T",
    ),
    outputs=("output: T",),
    attrs=(
        "ksize: list(int) >= 5",
        "strides: list(int) >= 5",
        "padding: {'SAME', 'VALID'}",
        "data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'",
        "T: {float16, bfloat16, float32, float64}",
    ),
)

max_pool3d_op.shape(pool_shape)
avg_pool3d_op.shape(pool_shape)
max_pool3d_grad_op.shape(max_pool_grad_shape)
max_pool3d_grad_grad_op.shape(max_pool_grad_grad_shape)
avg_pool3d_grad_op.shape(avg_pool_grad_shape)


@max_pool3d_op.gradient
def max_pool3d_gradient(op: Operation, grad: Tensor) -> Tensor:
    return max_pool3d_grad_op(op.inputs[0], op.outputs[0], grad, **window_attrs(op, "data_format"))


@max_pool3d_grad_op.gradient
def max_pool3d_grad_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    image, output = op.inputs[0], op.inputs[1]
    return [
        zeros_like(image),
        zeros_like(output),
        max_pool3d_grad_grad_op(image, output, grad, **window_attrs(op, "data_format")),
    ]


@max_pool3d_grad_grad_op.gradient
def max_pool3d_grad_grad_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    image, output = op.inputs[0], op.inputs[1]
    return [
        zeros_like(image),
        zeros_like(output),
        max_pool3d_grad_op(image, output, grad, **window_attrs(op, "data_format")),
    ]


@avg_pool3d_op.gradient
def avg_pool3d_gradient(op: Operation, grad: Tensor) -> Tensor:
    return avg_pool3d_grad_op(shape_of(op.inputs[0]), grad, **window_attrs(op, "data_format"))


@avg_pool3d_grad_op.gradient
def avg_pool3d_grad_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    return [
        stop_gradient(op.inputs[0]),
        avg_pool3d_op(grad, **window_attrs(op, "data_format")),
    ]


def max_pool3d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str | None = "NDHWC",
    name: str | None = None,
) -> Tensor:
    """Return the largest entry of each window of a volume.

    Args:
      input: [batch, depth, height, width, channels], or as `data_format` says.
      ksize: the window: one entry a dimension, one a spatial dimension, or an int.
      strides: the steps, likewise.
      padding: "SAME" or "VALID".
      data_format: "NDHWC" or "NCDHW".
      name: the name of the node.
    """
    return _pool3d(max_pool3d_op, "MaxPool3D", input, ksize, strides, padding, data_format, name)


def avg_pool3d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str | None = "NDHWC",
    name: str | None = None,
) -> Tensor:
    """Return the mean of each window of a volume.

    Args:
      input: [batch, depth, height, width, channels], or as `data_format` says.
      ksize: the window: one entry a dimension, one a spatial dimension, or an int.
      strides: the steps, likewise.
      padding: "SAME" or "VALID".
      data_format: "NDHWC" or "NCDHW".
      name: the name of the node.
    """
    return _pool3d(avg_pool3d_op, "AvgPool3D", input, ksize, strides, padding, data_format, name)


def _pool3d(
    function: OpBuilder,
    default_name: str,
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str | None,
    name: str | None,
) -> Tensor:
    with OpScope(name, default_name, [input]) as scope:
        data_format = data_format or "NDHWC"
        axis = 1 if data_format.startswith("NC") else 4
        return function(
            input,
            ksize=list_for_each(ksize, 3, axis, "ksize"),
            strides=list_for_each(strides, 3, axis, "strides"),
            padding=padding,
            data_format=data_format,
            name=scope,
        )
