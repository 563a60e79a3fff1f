"""Datasets of what Python generators yield.

The nodes call Python functions by token (see `graph.py_functions`): they exist in the process that
built the graph only.

Source: TensorFlow 1.15, python/data/ops/dataset_ops.py (from_generator).
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.data import nest
from tensormill.data.base import flat_attrs
from tensormill.data.components import TensorComponent, flat_dims, flat_dtypes
from tensormill.data.structured_function import StructuredFunction
from tensormill.graph import dtypes
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.shapes import Dims, TensorShape, are_compatible, as_dims
from tensormill.ops.dataset_sources import generator_dataset_op
from tensormill.ops.scripts import py_func

__all__ = ["generator_dataset"]


class _Runs:
    """The iterators that are open, by number."""

    def __init__(self, generator: Callable[..., Any]) -> None:
        self._generator = generator
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._open: dict[int, Any] = {}  # guarded by _lock

    def begin(self, *args: Any) -> Any:
        """Start the generator and return the number of the run."""
        with self._lock:
            number = next(self._numbers)
            self._open[number] = iter(self._generator(*args))
        return np.int64(number)

    def following(self, number: Any) -> Any:
        """Return what a run yields next.

        Raises:
          StopIteration: it is at its end.
        """
        with self._lock:
            run = self._open[int(number)]
        return next(run)

    def finish(self, number: Any) -> Any:
        """Forget a run."""
        with self._lock:
            run = self._open.pop(int(number), None)
        if hasattr(run, "close"):
            run.close()
        return np.int64(0)


def generator_dataset(
    generator: Callable[..., Any], output_types: Any, output_shapes: Any, args: tuple[Any, ...]
) -> tuple[Any, Any]:
    """Return the variant of a dataset of what a generator yields, and the structure of elements."""
    types = nest.map_structure(as_dtype, output_types)
    if output_shapes is None:
        shapes = nest.map_structure(lambda _: TensorShape(None), types)
    else:
        shapes = nest.map_structure_up_to(types, TensorShape, output_shapes)
    structure = nest.map_structure(
        lambda dtype, shape: TensorComponent(dtype, as_dims(shape)), types, shapes
    )
    runs = _Runs(generator)
    following = _Following(runs, types, nest.flatten(structure))
    nothing = ()
    begin = StructuredFunction(
        lambda: py_func(runs.begin, list(args), dtypes.int64), "generator_init", nothing
    )
    number = TensorComponent(dtypes.int64, ())

    def next_element(state: Any) -> Any:
        tensors = py_func(following, [state], flat_dtypes(structure))
        for tensor, dims in zip(tensors, flat_dims(structure), strict=True):
            tensor.set_shape(TensorShape.from_dims(dims))
        return tuple(tensors)

    next_function = StructuredFunction(next_element, "generator_next", number, unpacks=False)
    finish = StructuredFunction(
        lambda state: py_func(runs.finish, [state], dtypes.int64),
        "generator_finalize",
        number,
        unpacks=False,
    )
    variant = generator_dataset_op(
        begin.captured,
        next_function.captured,
        finish.captured,
        init_func=begin.ref,
        next_func=next_function.ref,
        finalize_func=finish.ref,
        **flat_attrs(structure),
    )
    return variant, structure


class _Following:
    """Calls a generator and checks what it yields."""

    def __init__(self, runs: _Runs, types: Any, components: list[TensorComponent]) -> None:
        self._runs = runs
        self._types = types
        self._components = components
        self._is_single = not nest.is_structure(types)

    def __call__(self, number: Any) -> list[Any]:
        yielded = self._runs.following(number)
        if self._is_single:
            values = [yielded]
        else:
            values = self._flat(yielded)
        return [
            _converted(value, component.dtype, component.dims)
            for value, component in zip(values, self._components, strict=True)
        ]

    def _flat(self, yielded: Any) -> list[Any]:
        found: list[Any] = []
        try:
            nest.map_structure_up_to(
                self._types, lambda _, value: found.append(value), self._types, yielded
            )
        except (TypeError, ValueError) as error:
            raise TypeError(
                "`generator` yielded an element that did not match the expected structure. The "
                f"expected structure was {self._types}, but the yielded element was {yielded}."
            ) from error
        return found


def _converted(value: Any, dtype: DType, dims: Dims) -> Any:
    try:
        if dtype is dtypes.string:
            array = np.asarray(value, object) if not isinstance(value, (str, bytes)) else value
            made: Any = np.vectorize(_as_bytes, otypes=[object])(array)
        else:
            made = _as_numbers(value, dtype.as_numpy_dtype)
    except (TypeError, ValueError) as error:
        raise TypeError(
            "`generator` yielded an element that could not be converted to the expected type. The "
            f"expected type was {dtype.name}, but the yielded element was {value}."
        ) from error
    if dims is not None and not are_compatible(made.shape, dims):
        raise TypeError(
            f"`generator` yielded an element of shape {made.shape} where an element of shape "
            f"{TensorShape.from_dims(dims)} was expected."
        )
    return made


def _as_numbers(value: Any, dtype: Any) -> Any:
    try:
        return np.asarray(value, dtype)
    except OverflowError:
        return np.asarray(value).astype(dtype)  # only the lowest bits count


def _as_bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if not isinstance(value, (bytes, bytearray)):
        raise TypeError(f"{type(value).__name__} is no string")
    return bytes(value)
