"""Functions of `tensorflow.python.ops.array_ops` and the like that `tf` of TensorFlow 1 has not.

Source: TensorFlow 1.15, python/ops/array_ops.py, python/ops/signal/util_ops.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import mod
from tensormill.ops.casting import cast
from tensormill.ops.comparison import greater
from tensormill.ops.space_to_batch import batch_to_space_nd
from tensormill.ops.while_loop import while_loop

__all__ = [
    "NEW_AXIS",
    "SHRINK_AXIS",
    "batch_to_space_v2",
    "convert_to_int_tensor",
    "gcd",
]

# What the map of axes of a strided slice says of axes that are put in or left out.
NEW_AXIS = -1
SHRINK_AXIS = -2


def batch_to_space_v2(input: Any, block_shape: Any, crops: Any, name: str | None = None) -> Tensor:
    """Move blocks of the batch into the dimensions of space; a number is for two dimensions."""
    if isinstance(block_shape, int):
        block_shape = np.array([block_shape, block_shape], dtype=np.int64)
    return batch_to_space_nd(input, block_shape, crops, name=name)


def convert_to_int_tensor(tensor: Any, name: str, dtype: Any = dtypes.int32) -> Tensor:
    """Return integers as a tensor of the given dtype.

    Raises:
      TypeError: they are no integers.
    """
    made = convert_to_tensor(tensor, name=name, preferred_dtype=dtype)
    if not made.dtype.is_integer:
        raise TypeError(f"{name} must be an integer tensor; dtype={made.dtype}")
    return cast(made, dtype)


def gcd(a: Any, b: Any, name: str | None = None) -> Tensor:
    """Return the greatest common divisor of two scalar integers.

    Raises:
      ValueError: they are no scalars, or no integers.
    """
    with name_scope(name, "gcd", [a, b]):
        numbers = [convert_to_tensor(a), convert_to_tensor(b)]
        for letter, number in zip("ab", numbers, strict=True):
            number.shape.assert_has_rank(0)
            if not number.dtype.is_integer:
                raise ValueError(f"{letter} must be an integer type. Got: {number.dtype}")
        known = [constant_value(number) for number in numbers]
        if known[0] is not None and known[1] is not None:
            return convert_to_tensor(math.gcd(int(known[0]), int(known[1])), numbers[0].dtype)
        made: Tensor = while_loop(
            lambda _, rest: greater(rest, 0),
            lambda last, rest: [rest, mod(last, rest)],
            numbers,
            back_prop=False,
        )[0]
        return made
