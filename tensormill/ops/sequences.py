"""Sequences of numbers: Range and LinSpace."""

from __future__ import annotations

import math
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.graph.tensor import Tensor

range_op = define(
    "Range",
    inputs=("start: Tidx", "limit: Tidx", "delta: Tidx"),
    outputs=("output: Tidx",),
    attrs=(
        "Tidx: {bfloat16, float16, float32, float64, int8, int16, int32, int64, uint16, uint32,"
        " uint64} = DT_INT32",
    ),
    differentiable=False,
)
lin_space_op = define(
    "LinSpace",
    inputs=("start: T", "stop: T", "num: Tidx"),
    outputs=("output: T",),
    attrs=(
        "T: {bfloat16, float16, float32, float64}",
        "Tidx: {int32, int64} = DT_INT32",
    ),
    differentiable=False,
)


@range_op.shape
def range_shape(ctx: ShapeContext) -> list[Dims]:
    for index in range(3):
        dims = ctx.shape(index)
        if dims:
            raise ValueError(f"Shape must be rank 0 but is rank {len(dims)}")
    start, limit, delta = (ctx.value(i) for i in range(3))
    if start is None or limit is None or delta is None:
        return [(None,)]
    first, last, step = start[()].item(), limit[()].item(), delta[()].item()
    if step == 0:
        raise ValueError("Requires delta != 0")
    if any(map(math.isnan, (first, last, step))):
        return [(None,)]
    if first > last and step > 0:
        raise ValueError(f"Requires start <= limit when delta > 0: {first}/{last}")
    if first < last and step < 0:
        raise ValueError(f"Requires start >= limit when delta < 0: {first}/{last}")
    return [(range_size(first, last, step),)]


def range_size(start: float, limit: float, delta: float) -> int:
    """Return how many numbers a range holds."""
    if isinstance(start, int) and isinstance(limit, int) and isinstance(delta, int):
        return -(-abs(limit - start) // abs(delta))
    exact = abs((limit - start) / delta)
    if exact > _LARGEST:
        raise ValueError(f"Requires ((limit - start) / delta) <= {_LARGEST}")
    return math.ceil(exact)


_LARGEST = (1 << 63) - 1


@lin_space_op.shape
def lin_space_shape(ctx: ShapeContext) -> list[Dims]:
    for index in range(3):
        dims = ctx.shape(index)
        if dims:
            raise ValueError(f"Shape must be rank 0 but is rank {len(dims)}")
    count = ctx.value(2)
    if count is None:
        return [(None,)]
    if count <= 0:
        raise ValueError(f"Requires num > 0: {int(count)}")
    return [(int(count),)]


def range_of(
    start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, name: str = "range"
) -> Tensor:
    """Return the numbers from `start` up to, not including, `limit`, in steps of `delta`.

    `range_of(limit)` starts at 0.

    Args:
      start: a scalar; the limit where `limit` is None.
      limit: a scalar.
      delta: a scalar.
      dtype: the dtype; by default the widest of the arguments.
      name: the name of the node.
    """
    if limit is None:
        start, limit = 0, start
    with OpScope(name, "range", (start, limit, delta)) as scope:
        start = convert_to_tensor(start, dtype=dtype, name="start")
        limit = convert_to_tensor(limit, dtype=dtype, name="limit")
        delta = convert_to_tensor(delta, dtype=dtype, name="delta")
        if dtype is None:
            start, limit, delta = _widened(start, limit, delta)
        made: Tensor = range_op(start, limit, delta, name=scope)
        return made


_HIERARCHY = [dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64]


def _widened(*tensors: Tensor) -> list[Tensor]:
    """Return the tensors in the widest of their dtypes."""
    given = [tensor.dtype.base_dtype for tensor in tensors]
    if len(set(given)) == 1:
        return list(tensors)
    if not all(dtype in _HIERARCHY for dtype in given):
        return list(tensors)
    widest = max(given, key=_HIERARCHY.index)
    cast = OP_DEFS["Cast"].builder
    return [t if t.dtype == widest else cast(t, DstT=widest, name="Cast") for t in tensors]


def lin_space(start: Any, stop: Any, num: Any, name: str | None = None) -> Tensor:
    """Return `num` numbers at equal distances from `start` to `stop`, both included.

    Args:
      start: a float scalar.
      stop: the same.
      num: how many.
      name: the name of the node.
    """
    made: Tensor = lin_space_op(start, stop, num, name=name)
    return made


linspace = lin_space
