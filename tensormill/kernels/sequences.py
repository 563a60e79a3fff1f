"""Kernels of sequences of numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import kernel

Array = np.ndarray[Any, Any]


@kernel("Range", "cpu", "gpu", host_inputs=("start", "limit", "delta"), host_outputs=("output",))
def range_of(start: Any, limit: Any, delta: Any) -> Array:
    numbers: list[Any] = [np.asarray(value)[()] for value in (start, limit, delta)]
    first, last, step = numbers
    for name, value in (("start", start), ("limit", limit), ("delta", delta)):
        if np.ndim(value):
            shape = format_dims(np.shape(value), "kernel")
            raise errors.invalid_argument(f"{name} must be a scalar, not shape {shape}")
    if step == 0:
        raise errors.invalid_argument(f"Requires delta != 0: {step}")
    if step > 0 and first > last:
        raise errors.invalid_argument(f"Requires start <= limit when delta > 0: {first}/{last}")
    if step < 0 and first < last:
        raise errors.invalid_argument(f"Requires start >= limit when delta < 0: {first}/{last}")
    dtype = np.asarray(start).dtype
    if dtype.kind in "iu":
        return np.arange(first, last, step, dtype=dtype)
    count = math.ceil(abs((float(last) - float(first)) / float(step)))
    return (first + np.arange(count).astype(dtype) * step).astype(dtype)


@kernel("LinSpace", "cpu", "gpu", host_inputs=("start", "stop", "num"), host_outputs=("output",))
def lin_space(start: Any, stop: Any, num: Any) -> Array:
    count = int(num)
    if count <= 0:
        raise errors.invalid_argument(f"Requires num > 0: {count}")
    first, last = np.asarray(start)[()], np.asarray(stop)[()]
    dtype = np.asarray(start).dtype
    if count == 1:
        return np.array([first], dtype)
    step = (last - first) / dtype.type(count - 1)
    numbers = (first + np.arange(count).astype(dtype) * step).astype(dtype)
    numbers[-1] = last
    return numbers
