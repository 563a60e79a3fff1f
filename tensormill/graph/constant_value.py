"""Values that are known while the graph is built: constants, shapes, and plain arithmetic on them.

Shape functions ask here for axes, sizes and paddings. Only small values are followed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tensormill.graph.shapes import Dims
from tensormill.graph.tensor import Tensor, TensorLike

if TYPE_CHECKING:
    from tensormill.graph.operation import Operation

Array = np.ndarray[Any, Any]
_MAX_DEPTH = 64
_EVALUATORS: dict[str, Callable[[Operation, list[Array]], Any]] = {}


def evaluator(*op_types: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register what computes an op type: a function of the operation and the input values."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        for op_type in op_types:
            if op_type in _EVALUATORS:
                raise ValueError(f"op type {op_type} has an evaluator already")
            _EVALUATORS[op_type] = function
        return function

    return register


def constant_value(tensor: Any, partial: bool = False) -> Any:
    """Return the value of a tensor that is known without running the graph, as an array.

    None otherwise.

    Args:
      tensor: a tensor of any graph; what is no tensor is returned as it is.
      partial: accepted as in TensorFlow; a Pack with unknown entries then gives an object array
        with Nones.
    """
    if not isinstance(tensor, Tensor):
        return None if isinstance(tensor, TensorLike) else tensor
    if partial and tensor.op.type == "Pack" and not tensor.op.attrs["axis"]:
        parts = [constant_value(t) for t in tensor.op.input_tensors]
        if any(p is None for p in parts):
            return np.array([None if p is None else p[()] for p in parts], dtype=object)
    return _evaluate(tensor, _MAX_DEPTH)


def _evaluate(tensor: Tensor, depth: int) -> Array | None:
    op = tensor.op
    if op.type == "Const":
        value: Array = op.attrs["value"].array
        return value
    if op.type in ("Shape", "ShapeN", "Size", "Rank", "VariableShape"):
        return _metadata(op, tensor.value_index)
    function = _EVALUATORS.get(op.type)
    if function is None or depth == 0:
        return None
    inputs = []
    picks = op.type in _PICKERS
    for source in op.input_tensors:
        value_of = _evaluate(source, depth - 1)
        if value_of is None and picks:
            value_of = _partial_shape(source)
        if value_of is None:
            return None
        inputs.append(value_of)
    try:
        with np.errstate(all="ignore"):
            made = function(op, inputs)
    except (ValueError, TypeError, IndexError, ZeroDivisionError, OverflowError):
        return None
    if made is None:
        return None
    if isinstance(made, list):
        made = made[tensor.value_index]
    if picks and inputs[0].dtype == object and _is_unknown(made):
        return None
    return np.asarray(made, dtype=tensor.dtype.base_dtype.as_numpy_dtype)


_PICKERS = frozenset(["StridedSlice", "Unpack"])
"""Ops that may take known sizes out of a shape that is known in part only."""


def _partial_shape(tensor: Tensor) -> Array | None:
    """Return a static shape as an array with None for the unknown sizes."""
    dims = tensor.op.input_tensors[0].dims if tensor.op.type == "Shape" else None
    return None if dims is None else np.array(dims, dtype=object)


def _is_unknown(picked: Any) -> bool:
    return any(size is None for size in np.asarray(picked, dtype=object).ravel())


def _dims_behind(op: Operation, index: int) -> Dims:
    """Return the static shape that a node asks for: of its input, or of the variable behind it."""
    tensor = op.input_tensors[index]
    if op.type != "VariableShape":
        return tensor.dims
    known: tuple[Any, Dims] | None = tensor._handle_data
    return None if known is None else known[1]


def _metadata(op: Operation, index: int) -> Array | None:
    dims = _dims_behind(op, index)
    if dims is None:
        return None
    numpy_type = op.outputs[0].dtype.as_numpy_dtype
    if op.type == "Rank":
        return np.array(len(dims), numpy_type)
    sizes = [size for size in dims if size is not None]
    if len(sizes) < len(dims):
        return None
    if op.type == "Size":
        return np.array(math.prod(sizes), numpy_type)
    return np.array(sizes, numpy_type)


def constant_value_as_shape(tensor: Any) -> Dims:
    """Return the shape that the value of a 1-D integer tensor says, as far as it is known.

    -1 is unknown.
    """
    if tensor.dims == ():
        value = constant_value(tensor)
        if value is None or value == -1:
            return None
        raise ValueError("Shape must be a vector, or the scalar -1")
    op = tensor.op
    if op.type in ("Shape", "VariableShape"):
        return _dims_behind(op, 0)
    value = constant_value(tensor)
    if value is not None:
        return tuple(None if size < 0 else int(size) for size in value.ravel())
    if op.type == "Pack" and op.attrs["axis"] == 0:
        sizes = [constant_value(t) for t in op.input_tensors]
        return tuple(None if s is None or s.ravel()[0] < 0 else int(s.ravel()[0]) for s in sizes)
    if op.type == "ConcatV2":
        parts = [constant_value_as_shape(t) for t in op.input_tensors[:-1]]
        if any(part is None for part in parts):
            return None
        return tuple(size for part in parts for size in part)  # type: ignore[union-attr]
    if op.type in ("Cast", "Identity"):
        return constant_value_as_shape(op.input_tensors[0])
    if op.type == "StridedSlice":
        sliced = _sliced_shape(op)
        if sliced is not None:
            return sliced
    if tensor.dims is not None and len(tensor.dims) == 1 and tensor.dims[0] is not None:
        return (None,) * tensor.dims[0]
    return None


def _sliced_shape(op: Operation) -> Dims:
    attrs = op.attrs
    if attrs["ellipsis_mask"] or attrs["new_axis_mask"] or attrs["shrink_axis_mask"]:
        return None
    bounds = [constant_value(t) for t in op.input_tensors[1:4]]
    whole = constant_value_as_shape(op.input_tensors[0])
    if whole is None or any(b is None or b.size != 1 for b in bounds):
        return None
    begin, end, step = (int(b.ravel()[0]) for b in bounds)
    return whole[
        slice(
            None if attrs["begin_mask"] & 1 else begin, None if attrs["end_mask"] & 1 else end, step
        )
    ]


_BINARY = {
    "Add": np.add,
    "AddV2": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "FloorDiv": np.floor_divide,
    "FloorMod": np.mod,
    "Maximum": np.maximum,
    "Minimum": np.minimum,
    "Equal": np.equal,
    "NotEqual": np.not_equal,
    "Less": np.less,
    "LessEqual": np.less_equal,
    "Greater": np.greater,
    "GreaterEqual": np.greater_equal,
    "LogicalAnd": np.logical_and,
    "LogicalOr": np.logical_or,
}


@evaluator(*_BINARY)
def _binary_value(op: Operation, inputs: list[Array]) -> Any:
    if op.type.startswith("Floor") and not np.all(inputs[1]):
        return None
    return _BINARY[op.type](*inputs)


@evaluator("Neg")
def _neg_value(op: Operation, inputs: list[Array]) -> Any:
    return -inputs[0]


@evaluator("LogicalNot")
def _not_value(op: Operation, inputs: list[Array]) -> Any:
    return ~inputs[0]


@evaluator("Identity", "StopGradient", "Snapshot")
def _same_value(op: Operation, inputs: list[Array]) -> Any:
    return inputs[0]


@evaluator("Cast")
def _cast_value(op: Operation, inputs: list[Array]) -> Any:
    return (
        None if inputs[0].dtype == object else inputs[0].astype(op.outputs[0].dtype.as_numpy_dtype)
    )


@evaluator("Range")
def _range_value(op: Operation, inputs: list[Array]) -> Any:
    bounds: list[Any] = [value[()] for value in inputs]
    return np.arange(*bounds)


@evaluator("Pack")
def _pack_value(op: Operation, inputs: list[Array]) -> Any:
    return np.stack(inputs, axis=op.attrs["axis"])


@evaluator("Unpack")
def _unpack_value(op: Operation, inputs: list[Array]) -> Any:
    return list(np.moveaxis(inputs[0], op.attrs["axis"], 0))


@evaluator("ConcatV2")
def _concat_value(op: Operation, inputs: list[Array]) -> Any:
    return np.concatenate(inputs[:-1], axis=int(inputs[-1]))


@evaluator("Fill")
def _fill_value(op: Operation, inputs: list[Array]) -> Any:
    return (
        np.full(tuple(inputs[0]), inputs[1][()])
        if np.prod(inputs[0], dtype=np.int64) <= 4096
        else None
    )


@evaluator("Reshape")
def _reshape_value(op: Operation, inputs: list[Array]) -> Any:
    return inputs[0].reshape(tuple(inputs[1]))


@evaluator("Squeeze")
def _squeeze_value(op: Operation, inputs: list[Array]) -> Any:
    return inputs[0].squeeze(tuple(op.attrs["squeeze_dims"]) or None)


@evaluator("ExpandDims")
def _expand_dims_value(op: Operation, inputs: list[Array]) -> Any:
    return np.expand_dims(inputs[0], int(inputs[1].ravel()[0]))


_REDUCTIONS: dict[str, Callable[..., Any]] = {
    "Prod": np.prod,
    "Sum": np.sum,
    "Max": np.max,
    "Min": np.min,
}


@evaluator(*_REDUCTIONS)
def _reduction_value(op: Operation, inputs: list[Array]) -> Any:
    axis = tuple(inputs[1].ravel())
    return _REDUCTIONS[op.type](inputs[0], axis=axis, keepdims=op.attrs["keep_dims"])


@evaluator("GatherV2")
def _gather_value(op: Operation, inputs: list[Array]) -> Any:
    return (
        None if op.attrs.get("batch_dims") else np.take(inputs[0], inputs[1], axis=int(inputs[2]))
    )


@evaluator("StridedSlice")
def _strided_slice_value(op: Operation, inputs: list[Array]) -> Any:
    key: list[Any] = []
    for i, (begin, end, step) in enumerate(zip(*inputs[1:4], strict=True)):
        bit = 1 << i
        if op.attrs["ellipsis_mask"] & bit:
            key.append(Ellipsis)
        elif op.attrs["new_axis_mask"] & bit:
            key.append(np.newaxis)
        elif op.attrs["shrink_axis_mask"] & bit:
            key.append(int(begin))
        else:
            key.append(
                slice(
                    None if op.attrs["begin_mask"] & bit else int(begin),
                    None if op.attrs["end_mask"] & bit else int(end),
                    int(step),
                )
            )
    return inputs[0][tuple(key)]
