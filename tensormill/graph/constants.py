"""Python values to arrays with TensorFlow's dtype rules, and the Const node."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.attr_values import TensorValue
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.graph import get_default_graph
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.shapes import as_dims
from tensormill.graph.tensor import Tensor

Array = np.ndarray[Any, Any]

_PYTHON_SCALARS: dict[type, tuple[DType, type]] = {
    float: (dtypes.float32, np.float32),
    bool: (dtypes.bool, np.bool_),
    complex: (dtypes.complex128, np.complex128),
}
_INT32_MAX = 2**31 - 1


def to_tensor_value(
    value: Any, dtype: Any = None, shape: Any = None, verify_shape: bool = False
) -> TensorValue:
    """Return `value` as an array with a dtype, as TensorFlow's `make_tensor_proto` reads it.

    Python floats become float32 and ints int32 (int64 where they do not fit) unless `dtype` says otherwise;
    NumPy arrays keep their dtype.

    Args:
      value: a number, string, array, or nested lists of them.
      dtype: the dtype wanted, or None.
      shape: the shape wanted; a single element is repeated, a short list filled up with its last element.
      verify_shape: refuse instead of filling up.

    Raises:
      TypeError: a value cannot be held by the dtype.
      ValueError: the value is None, ragged, or does not fit the shape.
    """
    kind = type(value)
    if dtype is not None:
        dtype = as_dtype(dtype).base_dtype
    if shape is None:
        if kind is float and (dtype is None or dtype is dtypes.float32):
            return TensorValue(np.array(value, np.float32), dtypes.float32)
        if (
            kind is int
            and (dtype is None or dtype is dtypes.int32)
            and -_INT32_MAX <= value <= _INT32_MAX
        ):
            return TensorValue(np.array(value, np.int32), dtypes.int32)
    array, dtype = _to_array(value, dtype)
    if shape is not None:
        array = _with_shape(array, shape, verify_shape)
    return TensorValue(array, dtype)


def _to_array(value: Any, dtype: DType | None) -> tuple[Array, DType]:
    if value is None:
        raise ValueError("None values not supported.")
    if isinstance(value, (np.ndarray, np.generic)):
        return _from_numpy(np.asarray(value), dtype)
    if hasattr(value, "__array__") and not isinstance(value, (list, tuple)):
        return _from_numpy(np.asarray(value), dtype)
    if dtype is not None:
        _check_kinds(value, dtype)
        if dtype is dtypes.string:
            return _string_array(value), dtype
        if dtype.is_quantized:
            return np.array(value, dtype=dtype.as_numpy_dtype), dtype
        return _make_array(value, dtype), dtype
    try:
        array = np.array(value)
    except ValueError as error:
        raise ValueError(_ragged_message(value)) from error
    if array.dtype.kind in "US":
        return _string_array(value), dtypes.string
    if array.dtype == object:
        flat = _flatten(value)
        if any(isinstance(item, (str, bytes)) for item in flat):
            return _string_array(value), dtypes.string
        if any(item is None for item in flat):
            raise ValueError("None values not supported.")
        raise TypeError(
            f"Failed to convert object of type {type(value)} to Tensor. Contents: {value}."
        )
    if array.dtype == np.float64:
        if _holds_numpy(value, np.float64):
            return array, dtypes.float64
        return array.astype(np.float32), dtypes.float32
    if array.dtype == np.int64:
        if _holds_numpy(value, np.int64):
            return array, dtypes.int64
        narrow = array.astype(np.int32)
        if np.array_equal(narrow, array):
            return narrow, dtypes.int32
    return array, as_dtype(array.dtype)


def _holds_numpy(value: Any, numpy_type: Any) -> bool:
    """Return whether a nested list is made of NumPy values of `numpy_type`, whose dtype then counts."""
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    return isinstance(value, (np.ndarray, np.generic)) and value.dtype == numpy_type and False


def _from_numpy(array: Array, dtype: DType | None) -> tuple[Array, DType]:
    if array.dtype.kind in "USO":
        if dtype is not None and dtype is not dtypes.string:
            if array.dtype.kind == "O":
                return _make_array(array.tolist(), dtype), dtype
            raise TypeError(
                f"Expected {dtype.name}, got {array.ravel()[:1]} of type 'str' instead."
            )
        return _string_array(array), dtypes.string
    if dtype is None:
        return array.copy(), as_dtype(array.dtype)
    if dtype is dtypes.string:
        raise TypeError(
            f"Expected string, got {array.ravel()[0]!r} of type '{array.dtype}' instead."
        )
    return array.astype(dtype.as_numpy_dtype), dtype


def _string_array(value: Any) -> Array:
    nested = np.array(value, dtype=object)
    flat = np.empty(nested.size, dtype=object)
    for index, item in enumerate(nested.ravel()):
        if isinstance(item, str):
            flat[index] = item.encode()
        elif isinstance(item, (bytes, np.bytes_)):
            flat[index] = bytes(item)
        else:
            raise TypeError(
                f"Expected string, got {item!r} of type '{type(item).__name__}' instead."
            )
    return flat.reshape(nested.shape)


def _make_array(value: Any, dtype: DType) -> Array:
    try:
        array = np.array(value)
        if array.dtype == object and array.size:
            array = np.array(value, dtype=dtype.as_numpy_dtype)
    except ValueError as error:
        raise ValueError(_ragged_message(value)) from error
    except OverflowError as error:
        raise TypeError(f"Expected {dtype.name}, but got {value!r}, which does not fit.") from error
    if dtype.is_integer and array.size and array.dtype.kind in "iu":
        low, high = dtype.limits
        if array.min() < low or array.max() > high:
            wrong = array.min() if array.min() < low else array.max()
            raise ValueError(f"Python integer {wrong} out of bounds for {dtype.name}")
    return array.astype(dtype.as_numpy_dtype)


def _ragged_message(value: Any) -> str:
    return f"Argument must be a dense tensor: {value} - got shape {_front_shape(value)}, but wanted a rectangular one."


def _front_shape(value: Any) -> list[int]:
    shape = []
    while isinstance(value, (list, tuple)):
        shape.append(len(value))
        value = value[0] if value else None
    return shape


def _flatten(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return [item for part in value for item in _flatten(part)]
    return [value]


_ACCEPTED_KINDS: dict[str, tuple[type, ...]] = {
    "bool": (bool, np.bool_),
    "string": (str, bytes),
    "int": (int, np.integer),
    "float": (int, float, np.integer, np.floating),
    "complex": (int, float, complex, np.number),
}


def _check_kinds(value: Any, dtype: DType) -> None:
    if dtype is dtypes.bool:
        kind = "bool"
    elif dtype is dtypes.string:
        kind = "string"
    elif dtype.is_complex:
        kind = "complex"
    elif dtype.is_integer or dtype.is_quantized:
        kind = "int"
    else:
        kind = "float"
    accepted = _ACCEPTED_KINDS[kind]
    for item in _flatten(value):
        if isinstance(item, np.ndarray):
            continue
        wrong_bool = isinstance(item, (bool, np.bool_)) and kind != "bool"
        if item is None:
            raise ValueError("None values not supported.")
        if wrong_bool or not isinstance(item, accepted):
            if (
                hasattr(item, "__array__")
                or hasattr(item, "value")
                or (hasattr(item, "__index__") and not wrong_bool)
            ):
                continue
            raise TypeError(
                f"Expected {dtype.name}, got {item!r} of type '{type(item).__name__}' instead."
            )


def _with_shape(array: Array, shape: Any, verify_shape: bool) -> Array:
    dims = as_dims(shape)
    if dims is None or any(size is None for size in dims):
        raise ValueError(f"Cannot make a constant of the unknown shape {dims}")
    if array.shape == dims:
        return array
    if verify_shape:
        raise TypeError(f"Expected Tensor's shape: {dims}, got {array.shape}.")
    count = int(np.prod(dims, dtype=np.int64))
    if array.size > count:
        raise ValueError(
            f"Too many elements provided. Needed at most {count}, but received {array.size}"
        )
    if array.size == count:
        return array.reshape(dims)
    flat = np.empty(count, dtype=array.dtype)
    flat[: array.size] = array.ravel()
    flat[array.size :] = array.ravel()[-1] if array.size else 0
    return flat.reshape(dims)


def constant(
    value: Any,
    dtype: Any = None,
    shape: Any = None,
    name: str = "Const",
    verify_shape: bool = False,
) -> Tensor:
    """Make a constant tensor.

    Args:
      value: a number, string, array, or nested lists of them.
      dtype: the dtype; by default float32 for floats, int32 for ints, that of an array.
      shape: the shape; a value with fewer elements is filled up with its last one.
      name: the name of the node.
      verify_shape: refuse a value of another shape instead of filling it up.

    Raises:
      TypeError: the value does not fit the dtype.
      ValueError: the value does not fit the shape.
    """
    graph = get_default_graph()
    made = to_tensor_value(value, dtype, shape, verify_shape)
    attrs = {"value": made, "dtype": made.dtype}
    op = graph.add_operation(OP_DEFS["Const"], [], attrs, graph.operation_name(name or "Const"))
    return op.outputs[0]
