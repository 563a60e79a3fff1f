"""Kernels of sequences of numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel

Array = np.ndarray[Any, Any]


def _check_scalars(**values: Any) -> None:
    for name, value in values.items():
        if np.ndim(value):
            shape = format_dims(np.shape(value), "kernel")
            raise errors.invalid_argument(f"{name} must be a scalar, not shape {shape}")


@kernel("Range", "cpu", "gpu", host_inputs=("start", "limit", "delta"), host_outputs=("output",))
def range_of(start: Any, limit: Any, delta: Any) -> Array:
    given = {"start": start, "limit": limit, "delta": delta}
    _check_scalars(**{name: value for name, value in given.items() if np.shape(value) != (1,)})
    numbers: list[Any] = [np.ravel(value)[0] for value in given.values()]
    first, last, step = numbers
    if step == 0:
        raise errors.invalid_argument(f"Requires delta != 0: {step}")
    if step > 0 and not first <= last:
        raise errors.invalid_argument(f"Requires start <= limit when delta > 0: {first}/{last}")
    if not step > 0 and not first >= last:
        raise errors.invalid_argument(f"Requires start >= limit when delta < 0: {first}/{last}")
    dtype = np.asarray(start).dtype
    if dtype.kind in "iu":
        sizes = range(int(first), int(last), int(step))
        return np.fromiter(sizes, dtype) if _is_wide(sizes) else np.arange(first, last, step, dtype)
    exact = abs((float(last) - float(first)) / float(step))
    if not exact <= np.iinfo(np.int64).max:
        raise errors.invalid_argument(
            f"Requires ((limit - start) / delta) <= {np.iinfo(np.int64).max}"
        )
    count = math.ceil(exact)
    return (first + np.arange(count).astype(dtype) * step).astype(dtype)


def _is_wide(numbers: range) -> bool:
    """Return whether NumPy would miscount a range, as it takes the difference in 64 bits."""
    return bool(numbers) and abs(numbers[-1] - numbers[0]) + abs(numbers.step) >= 1 << 63


@kernel("LinSpace", "cpu", "gpu", host_inputs=("start", "stop", "num"), host_outputs=("output",))
def lin_space(start: Any, stop: Any, num: Any) -> Array:
    _check_scalars(start=start, stop=stop, num=num)
    count = int(num)
    if count <= 0:
        raise errors.invalid_argument(f"Requires num > 0: {count}")
    first, last = np.asarray(start)[()], np.asarray(stop)[()]
    dtype = np.asarray(start).dtype
    if count == 1:
        return np.array([first], dtype)
    with np.errstate(invalid="ignore"):  # infinite ends
        step = (last - first) / dtype.type(count - 1)
        numbers = (first + np.arange(count).astype(dtype) * step).astype(dtype)
    numbers[0], numbers[-1] = first, last
    return numbers
