"""Python values to arrays with TensorFlow's dtype rules, and the Const node.

Source: TensorFlow 1.15, python/framework/tensor_util.py and constant_op.py.
"""

from __future__ import annotations

import math
import numbers
from typing import Any, NoReturn

import numpy as np
from tensorboard.compat.proto import tensor_pb2

from tensormill.graph import dtypes
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.graph import get_default_graph
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.shapes import Dimension
from tensormill.graph.tensor import Tensor, TensorLike
from tensormill.graph.tensor_codec import array_from_proto
from tensormill.graph.tensor_value import TensorValue

Array = np.ndarray[Any, Any]

_INT32_MAX = 2**31 - 1
_FLOAT32_MAX = float(np.finfo(np.float32).max)
_MAX_SHOWN = 2000
_PROTO_LIMIT = 2**31


def to_tensor_value(
    value: Any,
    dtype: Any = None,
    shape: Any = None,
    verify_shape: bool = False,
    allow_broadcast: bool = False,
) -> TensorValue:
    """Return `value` as an array with a dtype, as TensorFlow's `make_tensor_proto` reads it.

    Python floats become float32, ints int32 (int64 where they do not fit) unless `dtype` is given;
    NumPy arrays and scalars keep their dtype, those inside lists do not.

    Args:
      value: a number, string, array, nested lists of them, or a TensorProto.
      dtype: the dtype wanted, or None.
      shape: the shape wanted; a short value is filled up with its last element.
      verify_shape: refuse instead of filling up.
      allow_broadcast: fill up single elements only.

    Raises:
      TypeError: a value cannot be held by the dtype.
      ValueError: the value is None, ragged, or does not fit the shape.
    """
    kind = type(value)
    if dtype is not None:
        dtype = as_dtype(dtype).base_dtype
    if shape is None:
        if kind is float and (dtype is None or dtype is dtypes.float32):
            if -_FLOAT32_MAX <= value <= _FLOAT32_MAX:
                return TensorValue(np.array(value, np.float32), dtypes.float32)
            with np.errstate(over="ignore"):
                return TensorValue(np.array(value, np.float32), dtypes.float32)
        if (
            kind is int
            and (dtype is None or dtype is dtypes.int32)
            and -_INT32_MAX <= value <= _INT32_MAX
        ):
            return TensorValue(np.array(value, np.int32), dtypes.int32)
        if kind is list and (dtype is None or dtype is dtypes.int32) and _is_int32_list(value):
            return TensorValue(np.array(value, np.int32), dtypes.int32)
        return TensorValue(*_to_array(value, dtype))
    sizes = tuple([int(size) for size in ([shape] if isinstance(shape, int) else shape)])
    if math.prod(sizes) == 0 and not isinstance(value, (np.ndarray, np.generic)):
        if value is None:
            raise ValueError("None values not supported.")
        dtype = dtype or dtypes.float32
        return TensorValue(np.empty(sizes, dtype.as_numpy_dtype), dtype)
    array, dtype = _to_array(value, dtype)
    return TensorValue(_with_shape(array, sizes, verify_shape, allow_broadcast), dtype)


def _is_int32_list(value: list[Any]) -> bool:
    """Return whether a list is one of sizes, axes and the like, to be converted at once."""
    for item in value:
        if type(item) is not int or not -_INT32_MAX <= item <= _INT32_MAX:
            return False
    return bool(value)


def _to_array(value: Any, dtype: DType | None) -> tuple[Array, DType]:
    if isinstance(value, (np.ndarray, np.generic)):
        return _from_numpy(np.asarray(value), dtype)
    if not isinstance(value, (list, tuple, TensorLike)) and callable(
        getattr(value, "__array__", None)
    ):
        return _from_numpy(np.asarray(value), dtype)
    if value is None:
        raise ValueError("None values not supported.")
    if isinstance(value, tensor_pb2.TensorProto):
        return array_from_proto(value), as_dtype(value.dtype)
    if dtype is not None and (dtype is dtypes.string or dtype.is_quantized):
        return _checked_array(value, dtype), dtype
    array = _plain_array(value, dtype)
    kind = array.dtype.kind
    if dtype is None:
        if kind in "USO":
            return _string_array(value, array.shape), dtypes.string
        return _narrowed(array)
    if kind not in _ACCEPTED_KINDS[_kind_of(dtype)]:
        _check_elements(value, dtype)
        array = np.array(_without_dimensions(value), dtype=dtype.as_numpy_dtype)
    with np.errstate(all="ignore"):
        return array.astype(dtype.as_numpy_dtype), dtype


def _plain_array(value: Any, dtype: DType | None) -> Array:
    """Return `value` as NumPy reads it; refuse a list that is no rectangle of single values."""
    try:
        array = np.array(value)
    except ValueError:
        if _holds_tensors(value):
            _refuse_tensors(value, dtype)
        if dtype is not None:
            raise
        raise _not_dense(value, [len(value)]) from None
    except (TypeError, NotImplementedError):
        _refuse_tensors(value, dtype)
    if array.dtype == object and _holds_tensors(value):
        _refuse_tensors(value, dtype)
    if array.dtype == object and dtype is None:
        value = _without_dimensions(value)
        array = np.array(value)
    if list(array.shape) != _dense_dims(value):
        raise _not_dense(value, list(array.shape))
    return array


def _narrowed(array: Array) -> tuple[Array, DType]:
    """Prefer float32 and int32, as Python numbers do."""
    if array.dtype == np.float64:
        with np.errstate(over="ignore"):
            return array.astype(np.float32), dtypes.float32
    if array.dtype == np.int64:
        narrow = array.astype(np.int32)
        if np.array_equal(narrow, array):
            return narrow, dtypes.int32
    return array, as_dtype(array.dtype)


def _checked_array(value: Any, dtype: DType) -> Array:
    """Return strings as bytes, quantized values as NumPy's structures."""
    _check_elements(value, dtype)
    if dtype is not dtypes.string:
        return np.array(value, dtype=dtype.as_numpy_dtype)
    nested = np.array(value, dtype=object)
    if list(nested.shape) != _dense_dims(value):
        raise _not_dense(value, list(nested.shape))
    return _string_array(value, nested.shape)


def _from_numpy(array: Array, dtype: DType | None) -> tuple[Array, DType]:
    if dtype is None:
        dtype = as_dtype(array.dtype)
    if dtype is not dtypes.string:
        with np.errstate(all="ignore"):
            return array.astype(dtype.as_numpy_dtype), dtype
    flat = np.empty(array.size, dtype=object)
    for index, item in enumerate(array.ravel().tolist()):
        if isinstance(item, str):
            flat[index] = item.encode()
        elif isinstance(item, bytes):
            flat[index] = item
        else:
            raise TypeError(f"Expected binary or unicode string, got {item!r}")
    return flat.reshape(array.shape), dtype


def _string_array(value: Any, shape: tuple[int, ...]) -> Array:
    items = _flatten(value)
    flat = np.empty(len(items), dtype=object)
    for index, item in enumerate(items):
        if isinstance(item, str):
            flat[index] = item.encode()
        elif isinstance(item, bytes):
            flat[index] = bytes(item)
        else:
            raise TypeError(
                f"Failed to convert object of type {type(value)} to Tensor. "
                f"Contents: {_shown(value)}. Consider casting elements to a supported type."
            )
    return flat.reshape(shape)


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + " …"


def _not_dense(value: Any, shape: list[int]) -> ValueError:
    return ValueError(
        f"Argument must be a dense tensor: {_shown(value)} - got shape {shape}, "
        f"but wanted {_dense_dims(value)}."
    )


def _dense_dims(value: Any) -> list[int]:
    """Return the shape of a nested list as its first elements say."""
    dims = []
    while isinstance(value, (list, tuple)):
        dims.append(len(value))
        if not value:
            break
        value = value[0]
    return dims


def _flatten(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return [item for part in value for item in _flatten(part)]
    return [value]


def _holds_tensors(value: Any) -> bool:
    return any(isinstance(item, TensorLike) for item in _flatten(value))


def _refuse_tensors(value: Any, dtype: DType | None) -> NoReturn:
    if dtype is not None:
        _check_elements(value, dtype)
    raise TypeError("List of Tensors when single Tensor expected")


def _without_dimensions(value: Any) -> Any:
    """Replace every `Dimension` of known size by the size."""
    if isinstance(value, (list, tuple)):
        return [_without_dimensions(item) for item in value]
    if isinstance(value, Dimension) and value.value is not None:
        return value.value
    return value


_ACCEPTED_KINDS = {"bool": "b", "int": "biu", "float": "biuf", "complex": "biufc"}
"""The kinds of NumPy arrays whose elements a dtype of each kind holds."""

_ACCEPTED_TYPES: dict[str, tuple[type, ...]] = {
    "bool": (bool, np.bool_),
    "string": (str, bytes),
    "int": (numbers.Integral, np.integer, np.bool_, Dimension),
    "float": (numbers.Real, np.integer, np.floating, np.bool_),
    "complex": (numbers.Complex, np.number, np.bool_),
}


def _kind_of(dtype: DType) -> str:
    if dtype is dtypes.bool or dtype is dtypes.string:
        return dtype.name
    if dtype.is_complex:
        return "complex"
    return "int" if dtype.is_integer or dtype.is_quantized else "float"


def _check_elements(value: Any, dtype: DType) -> None:
    """Raise TypeError for the first element that the dtype cannot hold."""
    accepted = _ACCEPTED_TYPES[_kind_of(dtype)]
    items = _tuples_of(value) if dtype.is_quantized else _flatten(value)
    for item in items:
        if isinstance(item, np.ndarray) or (isinstance(item, accepted) and not dtype.is_quantized):
            continue
        if dtype.is_quantized and isinstance(item, tuple):
            continue
        raise TypeError(
            f"Expected {dtype.name}, got {item!r} of type '{type(item).__name__}' instead."
        )


def _tuples_of(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [item for part in value for item in _tuples_of(part)]
    return [value]


def _with_shape(
    array: Array, sizes: tuple[int, ...], verify_shape: bool, allow_broadcast: bool
) -> Array:
    count = math.prod(sizes)
    if allow_broadcast:
        if array.shape not in ((), (1,)) and array.size != count:
            raise TypeError(f"Expected Tensor's shape: {sizes}, got {array.shape}.")
    elif verify_shape and array.shape != sizes:
        raise TypeError(f"Expected Tensor's shape: {sizes}, got {array.shape}.")
    elif array.size > count:
        raise ValueError(
            f"Too many elements provided. Needed at most {count}, but received {array.size}"
        )
    if array.size == count:
        return array.reshape(sizes)
    if array.size == 1:
        # A view with strides of 0: a GraphDef then holds the element once, as TensorFlow's do.
        return np.broadcast_to(array.reshape(()), sizes)
    flat = np.empty(count, dtype=array.dtype)
    flat[: array.size] = array.ravel()
    flat[array.size :] = array.ravel()[-1] if array.size else 0
    return flat.reshape(sizes)


def require_proto_size(array: np.ndarray[Any, Any]) -> None:
    """Raise a ValueError for an array that no TensorProto can hold."""
    if array.nbytes >= _PROTO_LIMIT and array.dtype != object:
        raise ValueError("Cannot create a tensor proto whose content is larger than 2GB.")


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
    return _constant_of(to_tensor_value(value, dtype, shape, verify_shape), name)


def constant_v2(value: Any, dtype: Any = None, shape: Any = None, name: str = "Const") -> Tensor:
    """Make a constant tensor (see `constant`); only a single element fills a shape.

    Raises:
      TypeError: the value does not fit the dtype or the shape.
    """
    return _constant_of(to_tensor_value(value, dtype, shape, allow_broadcast=True), name)


def _constant_of(made: TensorValue, name: str) -> Tensor:
    graph = get_default_graph()
    require_proto_size(made.array)
    attrs = {"value": made, "dtype": made.dtype}
    op = graph.add_operation(OP_DEFS["Const"], [], attrs, graph.operation_name(name or "Const"))
    return op.outputs[0]
