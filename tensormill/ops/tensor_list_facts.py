"""What is known of lists of tensors while a graph is built: the dtype and shape of elements."""

from __future__ import annotations

from typing import Any

from tensormill.graph.dtypes import DType
from tensormill.graph.op_def_text import dtype_text
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, merge_dims

__all__ = [
    "JOINING",
    "POPPING",
    "PUSHING",
    "asked_dims",
    "known_dims",
    "known_facts",
    "list_of",
    "merged_dims",
]

_READING = "Expected list with element dtype {1} but got list with element dtype {0}"
_WRONG = "list with wrong element dtype. List has type {0} but trying to push element with type {1}"
PUSHING, POPPING = f"Trying to push to {_WRONG}", f"Trying to read from {_WRONG}"
JOINING = "type != element_dtype: {0} vs. {1}"


def asked_dims(ctx: ShapeContext, name: str = "element_shape") -> Dims:
    """Return what an input says of the shape of elements; -1 alone says nothing."""
    dims = ctx.shape(name)
    if dims is None or len(dims) != 1:
        return None
    return ctx.value_as_shape(name)


def known_facts(ctx: ShapeContext, name: str = "input_handle") -> tuple[Any, Dims]:
    """Return what is known of the elements of a list: dtype and shape."""
    found = ctx.op.input_argument(name)._handle_data
    return (None, None) if found is None else found


def known_dims(ctx: ShapeContext, text: str, name: str = "input_handle") -> Dims:
    """Return what is known of the shape of a list's elements; say `text` for another dtype."""
    dtype, dims = known_facts(ctx, name)
    wanted = ctx.attrs.get("element_dtype")
    if dtype is not None and wanted is not None and dtype != wanted:
        raise ValueError(text.format(dtype_text(dtype), dtype_text(wanted)))
    return dims


def merged_dims(ctx: ShapeContext, *more: Dims) -> Dims:
    """Return the shape of the elements of the list at the input `input_handle`.

    Raises:
      ValueError: the list holds another dtype, or shapes contradict one another.
    """
    dims = known_dims(ctx, _READING)
    for item in more:
        dims = merge_dims(dims, item)
    return dims


def list_of(ctx: ShapeContext, dims: Dims, dtype: DType | None = None, at: int = 0) -> Dims:
    """Say what an output's list holds, and return the shape of that output."""
    ctx.op.outputs[at]._handle_data = (dtype or ctx.attrs.get("element_dtype"), dims)
    return ()
