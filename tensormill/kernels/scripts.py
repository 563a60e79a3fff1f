"""The kernel of Python functions: what goes in, what may come out, and what their errors become."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any, NoReturn

import numpy as np

from tensormill.graph import errors
from tensormill.graph.dtypes import DType, as_dtype, string
from tensormill.graph.py_functions import find_py_function
from tensormill.kernels.denormals import unflushed
from tensormill.kernels.registry import KernelContext, kernel_factory
from tensormill.kernels.tracking import tracked
from tensormill.kernels.value_types import as_object_array

_ERRORS: tuple[tuple[tuple[type[BaseException], ...], Callable[..., errors.OpError]], ...] = (
    ((ValueError, TypeError), errors.InvalidArgumentError),
    ((StopIteration,), errors.OutOfRangeError),
    ((MemoryError,), errors.ResourceExhaustedError),
    ((NotImplementedError,), errors.UnimplementedError),
)
"""What the errors of a function become; all others are of unknown kind."""
_HERE = os.path.join(os.path.dirname(__file__), "")

_CPP_NAMES = {"float32": "float", "float64": "double", "float16": "half"}


def _make_py_func(ctx: KernelContext) -> Any:
    token = ctx.attrs["token"].decode()
    dtypes_out: tuple[DType, ...] = tuple(ctx.attrs["Tout"])

    def py_func(values: list[Any]) -> list[Any]:
        found = find_py_function(token)
        if found is None:
            raise errors.invalid_argument(
                f"callback {token} is not found",
                hint="a Python function runs in the process that built the graph only; use a "
                "session of that process, or feed what the function returns.",
            )
        given = _call(found.function, [_argument(value) for value in values])
        results = _results(given)
        if len(results) != len(dtypes_out):
            raise errors.invalid_argument(
                f"{token} returns {len(results)} values, but expects to see "
                f"{len(dtypes_out)} values."
            )
        return [
            _result(value, dtype, index, token)
            for index, (value, dtype) in enumerate(zip(results, dtypes_out, strict=True))
        ]

    return py_func


for _op_type in ("PyFunc", "EagerPyFunc"):
    kernel_factory(_op_type, "cpu", host_inputs=("input",), host_outputs=("output",))(_make_py_func)


@kernel_factory("PyFuncStateless", "cpu", host_inputs=("input",), host_outputs=("output",))
def make_py_func_stateless(ctx: KernelContext) -> Any:
    """Call a function without arguments once: it gives the same always."""
    call = _make_py_func(ctx)
    if ctx.input_names:
        return call
    known: list[list[Any]] = []

    def call_once(values: list[Any]) -> list[Any]:
        if not known:
            known.append(call(values))
        return [array.copy() for array in known[0]]

    return call_once


def _argument(value: Any) -> Any:
    """Return a value of the function's own, which it may change."""
    return value[()] if value.ndim == 0 else value.copy()


def _call(function: Callable[..., Any], arguments: list[Any]) -> Any:
    try:
        with tracked():
            return unflushed(function)(*arguments)
    except errors.OpError:
        raise
    except Exception as error:
        kind: Callable[..., errors.OpError] = next(
            (to for kinds, to in _ERRORS if isinstance(error, kinds)), errors.UnknownError
        )
        text = "".join(traceback.format_exception(type(error), error, _users_part(error)))
        raise kind(None, None, f"{type(error).__name__}: {error}\n{text}") from error


def _users_part(error: BaseException) -> TracebackType | None:
    """Return the traceback of an error without the lines here that lead to the user's function."""
    found = error.__traceback__
    while found is not None and found.tb_frame.f_code.co_filename.startswith(_HERE):
        found = found.tb_next
    return found


def _results(given: Any) -> list[Any]:
    if given is None:
        return []
    return list(given) if isinstance(given, (list, tuple)) else [given]


def _result(value: Any, dtype: DType, index: int, token: str) -> Any:
    """Return a result as an array of its dtype, apart from what the function keeps."""
    array = np.array(value, order="C")
    if array.dtype.kind in "SUO":
        strings = _strings(value, array.shape)
        return strings if dtype is string else _refuse(string, dtype, index, token)
    try:
        found = as_dtype(array.dtype)
    except TypeError:
        raise errors.internal(f"Unsupported numpy data type: {array.dtype}") from None
    return array if found is dtype else _refuse(found, dtype, index, token)


def _strings(value: Any, shape: tuple[int, ...]) -> Any:
    """Return text and bytes as a string value."""
    flat = []
    for item in np.array(value, dtype=object).ravel().tolist():
        if not isinstance(item, (str, bytes)):
            raise errors.internal(f"Unsupported object type {type(item).__name__}")
        flat.append(item.encode() if isinstance(item, str) else item)
    return as_object_array(flat, shape)


def _refuse(found: DType, wanted: DType, index: int, token: str) -> NoReturn:
    names = [_CPP_NAMES.get(d.name, d.name) for d in (found, wanted)]
    raise errors.invalid_argument(
        f"{index}-th value returned by {token} is {names[0]}, but expects {names[1]}"
    )
