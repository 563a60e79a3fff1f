"""Ops that pass a value through: identity, stop_gradient, placeholder_with_default and kin."""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_registry import define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, are_compatible, as_dims, format_dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.basics import identity_op

identity_n_op = define(
    "IdentityN", inputs=("input: T",), outputs=("output: T",), attrs=("T: list(type) >= 1",)
)
stop_gradient_op = define(
    "StopGradient",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=("T: type",),
    differentiable=False,
)
prevent_gradient_op = define(
    "PreventGradient",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=("T: type", "message: string = ''"),
)
placeholder_with_default_op = define(
    "PlaceholderWithDefault",
    inputs=("input: dtype",),
    outputs=("output: dtype",),
    attrs=("dtype: type", "shape: shape"),
)
snapshot_op = define("Snapshot", inputs=("input: T",), outputs=("output: T",), attrs=("T: type",))
guarantee_const_op = define(
    "GuaranteeConst",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=("T: type",),
    stateful=True,
    differentiable=False,
)


@stop_gradient_op.shape
@prevent_gradient_op.shape
@snapshot_op.shape
@guarantee_const_op.shape
def same_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.op.input_tensors[0].dims]


@identity_n_op.shape
def same_shapes(ctx: ShapeContext) -> list[Dims]:
    for value, output in zip(ctx.op.input_tensors, ctx.op.outputs, strict=True):
        if value._handle_data is not None:
            output._handle_data = value._handle_data
    return ctx.shapes()


@identity_n_op.gradient
def identity_n_grad(op: Operation, *grads: Tensor) -> list[Tensor]:
    return list(grads)


@prevent_gradient_op.gradient
def prevent_gradient_grad(op: Operation, grad: Tensor) -> Tensor:
    raise LookupError(f"Gradient explicitly disabled. Reason: {op.attrs['message']!r}")


@snapshot_op.gradient
@placeholder_with_default_op.gradient
def same_grad(op: Operation, grad: Tensor) -> Tensor:
    return grad


@placeholder_with_default_op.shape
def placeholder_with_default_shape(ctx: ShapeContext) -> list[Dims]:
    given, wanted = ctx.op.input_tensors[0].dims, ctx.attrs["shape"]
    if not are_compatible(given, wanted):
        if given is not None and wanted is not None and len(given) != len(wanted):
            raise ValueError(f"Shapes must be equal rank, but are {len(given)} and {len(wanted)}")
        raise ValueError(
            f"Shapes {format_dims(given, 'kernel')} and {format_dims(wanted, 'kernel')} differ"
        )
    return [wanted]


def identity(input: Any, name: str | None = None) -> Tensor:
    """Return a tensor of the same shape and content."""
    return identity_op(input, name=name)


def identity_n(input: Any, name: str | None = None) -> list[Tensor]:
    """Return tensors of the same shapes and contents; they are there when all inputs are."""
    return identity_n_op(input, name=name)


def stop_gradient(input: Any, name: str | None = None) -> Tensor:
    """Return `input`, through which no gradient flows back."""
    return stop_gradient_op(input, name=name)


def prevent_gradient(input: Any, message: str = "", name: str | None = None) -> Tensor:
    """Return `input`; asking for a gradient through it raises LookupError."""
    return prevent_gradient_op(input, message=message, name=name)


def placeholder_with_default(input: Any, shape: Any, name: str | None = None) -> Tensor:
    """Make a tensor that has the value `input` unless another is fed.

    Args:
      input: the default value.
      shape: the static shape, which may leave open what that of `input` says.
      name: the name of the node.
    """
    return placeholder_with_default_op(input, shape=as_dims(shape), name=name)


def guarantee_const(input: Any, name: str | None = None) -> Tensor:
    """Return `input`, which the caller says will never change."""
    return guarantee_const_op(input, name=name)
