"""The sum of several tensors of one shape, `tf.add_n`."""

from __future__ import annotations

from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.indexed_slices import IndexedSlices, convert_n_to_tensor_or_indexed_slices
from tensormill.graph.op_registry import define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, as_shape, merge_dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.basics import identity_op
from tensormill.ops.state import UPDATE_TYPES

__all__ = ["accumulate_n", "add_n"]

add_n_op = define(
    "AddN",
    inputs=("inputs: N * T",),
    outputs=("sum: T",),
    attrs=("N: int >= 1", f"T: {UPDATE_TYPES[:-1]}, variant}}"),
    commutative=True,
    aggregate=True,
)


@add_n_op.shape
def add_n_shape(ctx: ShapeContext) -> list[Dims]:
    shapes = ctx.shapes()
    merged = shapes[-1]
    for position in range(len(shapes) - 2, -1, -1):
        try:
            merged = merge_dims(shapes[position], merged)
        except ValueError as error:
            raise ValueError(
                f"{error}\n\tFrom merging shape {position} with other shapes."
            ) from None
    return [merged]


@add_n_op.gradient
def add_n_grad(op: Operation, grad: Tensor) -> list[Tensor]:
    return [grad] * len(op.input_tensors)


accumulate_n_v2_op = define(
    "AccumulateNV2",
    inputs=("inputs: N * T",),
    outputs=("sum: T",),
    attrs=("N: int >= 1", f"T: {UPDATE_TYPES}", "shape: shape"),
    commutative=True,
    aggregate=True,
)


@accumulate_n_v2_op.shape
def accumulate_n_v2_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.attrs["shape"]]


@accumulate_n_v2_op.gradient
def accumulate_n_v2_grad(op: Operation, grad: Tensor) -> list[Tensor]:
    return [grad] * len(op.input_tensors)


def add_n(inputs: Any, name: str | None = None) -> Tensor:
    """Return the sum of tensors of one shape and dtype.

    Args:
      inputs: a list of tensors or `IndexedSlices`.
      name: the name of the node.

    Raises:
      ValueError: `inputs` is no list, or is empty, or shapes differ.
    """
    wrong = ValueError(
        "inputs must be a list of at least one Tensor/IndexedSlices with the same dtype and shape"
    )
    if not inputs or not isinstance(inputs, (list, tuple)):
        raise wrong
    tensors = convert_n_to_tensor_or_indexed_slices(inputs)
    if not all(isinstance(t, (Tensor, IndexedSlices)) for t in tensors):
        raise wrong
    if len(tensors) > 1:
        total: Tensor = add_n_op(tensors, name=name)
        return total
    only = convert_to_tensor(tensors[0])
    return identity_op(only, name=name) if name else only


def accumulate_n(
    inputs: Any, shape: Any = None, tensor_dtype: Any = None, name: str | None = None
) -> Tensor:
    """Return the sum of tensors of one shape and dtype.

    Args:
      inputs: a list of tensors.
      shape: the shape, where it is not known statically.
      tensor_dtype: the dtype that the inputs must have.
      name: the name of the node.

    Raises:
      ValueError: `inputs` is no list, or is empty, or shapes or dtypes differ.
    """
    wrong = ValueError("inputs must be a list of at least one Tensor with the same dtype and shape")
    if not inputs or not isinstance(inputs, (list, tuple)):
        raise wrong
    tensors = [convert_to_tensor(t) for t in inputs]
    dtype = tensors[0].dtype.base_dtype
    if any(t.dtype.base_dtype != dtype for t in tensors):
        raise wrong
    merged = as_shape(shape)
    for tensor in tensors:
        merged = merged.merge_with(tensor.get_shape())
    if tensor_dtype is not None and as_dtype(tensor_dtype) != dtype:
        raise TypeError(f"tensor_dtype is {as_dtype(tensor_dtype)}, but input is of type {dtype}")
    if len(tensors) == 1:
        return tensors[0] if name is None else identity_op(tensors[0], name=name)
    total: Tensor = accumulate_n_v2_op(tensors, shape=merged, name=name)
    return total
