"""Tensors with borders: pad and its gradients."""

from __future__ import annotations

from typing import Any

from tensormill.graph.constant_value import constant_value
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import rank, reshape, shape
from tensormill.ops.joining import stack

pad_op = define(
    "Pad",
    inputs=("input: T", "paddings: Tpaddings"),
    outputs=("output: T",),
    attrs=("T: type", "Tpaddings: {int32, int64} = DT_INT32"),
)
pad_v2_op = define(
    "PadV2",
    inputs=("input: T", "paddings: Tpaddings", "constant_values: T"),
    outputs=("output: T",),
    attrs=("T: type", "Tpaddings: {int32, int64} = DT_INT32"),
)
mirror_pad_op = define(
    "MirrorPad",
    inputs=("input: T", "paddings: Tpaddings"),
    outputs=("output: T",),
    attrs=("T: type", "Tpaddings: {int32, int64} = DT_INT32", "mode: {'REFLECT', 'SYMMETRIC'}"),
)
mirror_pad_grad_op = define(
    "MirrorPadGrad",
    inputs=("input: T", "paddings: Tpaddings"),
    outputs=("output: T",),
    attrs=("T: type", "Tpaddings: {int32, int64} = DT_INT32", "mode: {'REFLECT', 'SYMMETRIC'}"),
)


def _padded_shape(ctx: ShapeContext, sign: int) -> Dims:
    value, paddings = ctx.op.input_tensors[:2]
    pad_dims = paddings.dims
    if pad_dims is not None and len(pad_dims) != 2:
        raise ValueError(f"Shape must be rank 2 but is rank {len(pad_dims)}")
    if pad_dims is not None and pad_dims[1] not in (None, 2):
        raise ValueError(f"Dimension must be 2 but is {pad_dims[1]}")
    dims = value.dims
    known = constant_value(paddings)
    if dims is None:
        count = None if pad_dims is None else pad_dims[0]
        return None if count is None else (None,) * count
    if pad_dims is not None and pad_dims[0] not in (None, len(dims)):
        raise ValueError(f"Shape must be rank {pad_dims[0]} but is rank {len(dims)}")
    if known is None:
        return (None,) * len(dims)
    made = []
    for size, (before, after) in zip(dims, known.tolist(), strict=True):
        if before < 0 or after < 0:
            raise ValueError(f"Paddings must be non-negative: {before} {after}")
        total = before + after
        if size is not None and sign < 0 and total > size:
            raise ValueError(f"Negative dimension size caused by subtracting {total} from {size}")
        made.append(None if size is None else size + sign * total)
    return tuple(made)


@pad_op.shape
@pad_v2_op.shape
@mirror_pad_op.shape
def pad_shape(ctx: ShapeContext) -> list[Dims]:
    return [_padded_shape(ctx, 1)]


@mirror_pad_grad_op.shape
def mirror_pad_grad_shape(ctx: ShapeContext) -> list[Dims]:
    return [_padded_shape(ctx, -1)]


def _without_borders(op: Operation, grad: Tensor) -> Tensor:
    value, paddings = op.input_tensors[:2]
    before = OP_DEFS["Slice"].builder(paddings, [0, 0], stack([rank(value), 1]))
    begin = reshape(before, [-1])
    sizes = shape(value, out_type=begin.dtype)
    return OP_DEFS["Slice"].builder(grad, begin, sizes)


@pad_op.gradient
def pad_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [_without_borders(op, grad), None]


@pad_v2_op.gradient
def pad_v2_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [_without_borders(op, grad), None, None]


@mirror_pad_op.gradient
def mirror_pad_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [mirror_pad_grad_op(grad, op.input_tensors[1], mode=op.attrs["mode"]), None]


@mirror_pad_grad_op.gradient
def mirror_pad_grad_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [mirror_pad_op(grad, op.input_tensors[1], mode=op.attrs["mode"]), None]


def pad(
    tensor: Any,
    paddings: Any,
    mode: str = "CONSTANT",
    name: str | None = None,
    constant_values: Any = 0,
) -> Tensor:
    """Return `tensor` with borders.

    Args:
      tensor: the tensor.
      paddings: [rank, 2]: how many elements are put before and after, in each dimension.
      mode: "CONSTANT", "REFLECT" (without the border element) or "SYMMETRIC" (with it).
      name: the name of the node.
      constant_values: the value of the borders in mode "CONSTANT".

    Raises:
      ValueError: the mode is unknown.
    """
    mode = mode.upper()
    if mode == "CONSTANT":
        if not isinstance(constant_values, Tensor) and constant_values == 0:
            made: Tensor = pad_op(tensor, paddings, name=name)
        else:
            made = pad_v2_op(tensor, paddings, constant_values, name=name)
    elif mode in ("REFLECT", "SYMMETRIC"):
        made = mirror_pad_op(tensor, paddings, mode=mode, name=name)
    else:
        raise ValueError(f"Unknown padding mode: {mode}")
    _refine_shape(made, paddings)
    return made


def _refine_shape(made: Tensor, paddings: Any) -> None:
    """Use paddings of which a part only is known, such as [[0, n], [1, 1]]."""
    value = made.op.input_tensors[0]
    if isinstance(paddings, Tensor) or value.dims is None or made.dims is None:
        return
    if None not in made.dims:
        return
    sizes: list[int | None] = []
    for size, pair in zip(value.dims, paddings, strict=True):
        known = isinstance(pair, (list, tuple)) and all(isinstance(p, int) for p in pair)
        sizes.append(size + sum(pair) if known and size is not None else None)
    made.set_shape(sizes)


def pad_v2(
    tensor: Any,
    paddings: Any,
    mode: str = "CONSTANT",
    constant_values: Any = 0,
    name: str | None = None,
) -> Tensor:
    """Return `tensor` with borders (see `pad`)."""
    return pad(tensor, paddings, mode, name, constant_values)
