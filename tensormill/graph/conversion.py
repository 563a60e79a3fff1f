"""Anything to a tensor: the registry of conversion functions, and `convert_to_tensor`."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable
from typing import Any

from tensormill.graph.constants import constant
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.graph import get_default_graph
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.shapes import Dimension, TensorShape
from tensormill.graph.tensor import Tensor, TensorLike

ConversionFunction = Callable[..., Any]

_functions: list[tuple[int, int, Any, ConversionFunction]] = []
_by_type: dict[type, list[ConversionFunction]] = {}


def register_tensor_conversion_function(
    base_type: Any, conversion_func: ConversionFunction, priority: int = 100
) -> None:
    """Register how instances of a type become tensors.

    Args:
      base_type: a type or tuple of types.
      conversion_func: called as `f(value, dtype=None, name=None, as_ref=False)`; returns a tensor,
        or NotImplemented to leave the value to the next function.
      priority: lower ones are tried first.

    Raises:
      TypeError: `base_type` is not a type, or the function cannot be called.
    """
    bases = base_type if isinstance(base_type, tuple) else (base_type,)
    if not all(isinstance(base, type) for base in bases):
        raise TypeError("base_type must be a type or a tuple of types.")
    if not callable(conversion_func):
        raise TypeError("conversion_func must be callable.")
    bisect.insort(
        _functions, (priority, len(_functions), base_type, conversion_func), key=lambda f: f[:2]
    )
    _by_type.clear()


def _functions_for(kind: type) -> list[ConversionFunction]:
    found = _by_type.get(kind)
    if found is None:
        found = _by_type[kind] = [f for _, _, base, f in _functions if issubclass(kind, base)]
    return found


def convert_to_tensor(
    value: Any,
    dtype: Any = None,
    name: str | None = None,
    preferred_dtype: Any = None,
    dtype_hint: Any = None,
    as_ref: bool = False,
) -> Tensor:
    """Return `value` as a tensor of the default graph.

    Tensors as they are, variables read, the rest as constants.

    Args:
      value: a tensor, variable, number, string, array, or nested lists of them.
      dtype: the dtype wanted; a tensor of another dtype is refused.
      name: the name of the constant that is made.
      preferred_dtype: tried first where `dtype` is None; given up where the value does not fit.
      dtype_hint: the same under its newer name.
      as_ref: a variable becomes its reference instead of its value.

    Raises:
      TypeError: there is no way to make a tensor of the value, or not of that dtype.
      ValueError: the value is a tensor of another dtype or graph.
    """
    if isinstance(value, Tensor):
        if dtype is not None:
            wanted = as_dtype(dtype)
            if not wanted.is_compatible_with(value.dtype):
                raise ValueError(
                    f"Tensor conversion requested dtype {wanted.name} for Tensor with dtype "
                    f"{value.dtype.name}: "
                    f"{str(value)!r}"
                )
        return value
    if dtype is not None:
        dtype = as_dtype(dtype)
    if preferred_dtype is None:
        preferred_dtype = dtype_hint
    for function in _functions_for(type(value)):
        made = NotImplemented
        if dtype is None and preferred_dtype is not None:
            try:
                made = function(value, dtype=as_dtype(preferred_dtype), name=name, as_ref=as_ref)
            except (TypeError, ValueError):
                made = NotImplemented
            if (
                made is not NotImplemented
                and made.dtype.base_dtype != as_dtype(preferred_dtype).base_dtype
            ):
                made = NotImplemented
        if made is NotImplemented:
            made = function(value, dtype=dtype, name=name, as_ref=as_ref)
        if made is NotImplemented:
            continue
        if not isinstance(made, TensorLike):
            raise RuntimeError(
                f"Conversion function {function!r} for type {type(value)} returned non-Tensor: "
                f"{made!r}"
            )
        if dtype is not None and not dtype.is_compatible_with(made.dtype):
            raise RuntimeError(
                f"Conversion function for type {type(value)} returned dtype {made.dtype.name}, "
                f"not {dtype.name}"
            )
        return made
    raise TypeError(
        f"Cannot convert {value!r} with type {type(value)} to Tensor: "
        "no conversion function registered."
    )


def convert_n_to_tensor(
    values: Iterable[Any], dtype: Any = None, name: str | None = None, preferred_dtype: Any = None
) -> list[Tensor]:
    """Return each value as a tensor; constants are called `name_0`, `name_1` and so on."""
    return [
        convert_to_tensor(v, dtype, None if name is None else f"{name}_{i}", preferred_dtype)
        for i, v in enumerate(values)
    ]


def _constant_conversion(
    value: Any, dtype: DType | None = None, name: str | None = None, as_ref: bool = False
) -> Any:
    return constant(value, dtype, name=name or "Const")


def _holds_tensor(value: Any) -> bool:
    """Return whether `value` is a tensor or variable, or a list with one somewhere in it."""
    if isinstance(value, (list, tuple)):
        return any(_holds_tensor(item) for item in value)
    return isinstance(value, TensorLike)


def _packing_conversion(
    value: Any, dtype: DType | None = None, name: str | None = None, as_ref: bool = False
) -> Any:
    """Stack a list that holds tensors; plain lists are left to the conversion to constants."""
    if as_ref or not _holds_tensor(value):
        return NotImplemented
    inferred = _list_dtype(value)
    if dtype is None:
        dtype = inferred
    elif dtype is not inferred:
        value = _cast_tensors(value, dtype)
    return _pack(value, dtype, name or "packed")


def _list_dtype(value: Any) -> DType | None:
    if isinstance(value, (list, tuple)):
        for item in value:
            found = _list_dtype(item)
            if found is not None:
                return found
        return None
    dtype = getattr(value, "dtype", None) if _holds_tensor(value) else None
    return None if dtype is None else as_dtype(dtype).base_dtype


def _cast_tensors(value: Any, dtype: DType) -> Any:
    if isinstance(value, (list, tuple)):
        return [_cast_tensors(item, dtype) for item in value]
    if _holds_tensor(value) and value.dtype.base_dtype is not dtype:
        return OP_DEFS["Cast"].builder(value, DstT=dtype)
    return value


def _pack(values: Any, dtype: DType | None, name: str) -> Any:
    """Return a list with tensors somewhere in it as one tensor, a list without any as it is."""
    graph = get_default_graph()
    with graph.name_scope(name) as scope:
        items: list[Any] = []
        holds_tensor = False
        for index, item in enumerate(values):
            if isinstance(item, (list, tuple)):
                item = _pack(item, dtype, str(index))
                holds_tensor = holds_tensor or isinstance(item, Tensor)
            elif _holds_tensor(item):
                if dtype is not None and item.dtype.base_dtype is not dtype:
                    raise TypeError(
                        "Cannot convert a list containing a tensor of dtype "
                        f"{item.dtype} to {dtype} (Tensor is: {item!r})"
                    )
                holds_tensor = True
            items.append(item)
        if not holds_tensor:
            return items
        tensors = [
            convert_to_tensor(item)
            if not isinstance(item, (list, tuple)) and _holds_tensor(item)
            else constant(item, dtype, name=str(index))
            for index, item in enumerate(items)
        ]
        return OP_DEFS["Pack"].builder(tensors, name=scope)


def _shape_conversion(
    value: Any, dtype: DType | None = None, name: str | None = None, as_ref: bool = False
) -> Any:
    if not value.is_fully_defined():
        raise ValueError(f"Cannot convert a partially known TensorShape to a Tensor: {value}")
    sizes = value.as_list()
    if dtype is None:
        dtype = as_dtype("int64" if any(size > 2**31 - 1 for size in sizes) else "int32")
    elif dtype.name not in ("int32", "int64"):
        raise TypeError(f"Cannot convert a TensorShape to dtype: {dtype.name}")
    elif dtype.name == "int32" and any(size > 2**31 - 1 for size in sizes):
        large = next(size for size in sizes if size > 2**31 - 1)
        raise ValueError(
            f"Cannot convert a TensorShape to dtype int32; a dimension is too large ({large})"
        )
    return constant(sizes, dtype, name=name or "shape_as_tensor")


def _dimension_conversion(
    value: Any, dtype: DType | None = None, name: str | None = None, as_ref: bool = False
) -> Any:
    if value.value is None:
        raise ValueError(f"Cannot convert an unknown Dimension to a Tensor: {value}")
    if dtype is not None and dtype.name not in ("int32", "int64"):
        raise TypeError(f"Cannot convert a TensorShape to dtype: {dtype.name}")
    return constant(value.value, dtype or as_dtype("int32"), name=name or "shape_as_tensor")


def _refuse_operation(
    value: Operation, dtype: DType | None = None, name: str | None = None, as_ref: bool = False
) -> Any:
    raise TypeError(
        f"Can't convert Operation '{value.name}' to Tensor (target dtype={dtype!r}, name={name!r}, "
        f"as_ref={as_ref!r})"
    )


register_tensor_conversion_function(Operation, _refuse_operation)
register_tensor_conversion_function((list, tuple), _packing_conversion, 99)
register_tensor_conversion_function((list, tuple), _constant_conversion, 100)
register_tensor_conversion_function(TensorShape, _shape_conversion, 100)
register_tensor_conversion_function(Dimension, _dimension_conversion, 100)
register_tensor_conversion_function(object, _constant_conversion, 200)
