"""Fingerprints of values, and what the clock says."""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank_at_least
from tensormill.graph.tensor import Tensor

__all__ = ["fingerprint", "timestamp"]

_SIZES = {b"farmhash64": 8}

fingerprint_op = define(
    "Fingerprint",
    inputs=("data: T", "method: string"),
    outputs=("fingerprint: uint8",),
    attrs=("T: type",),
    differentiable=False,
)
timestamp_op = define("Timestamp", outputs=("ts: float64",), stateful=True, differentiable=False)


@fingerprint_op.shape
def fingerprint_shape(ctx: ShapeContext) -> list[Dims]:
    dims = with_rank_at_least(ctx.shape(0), 1)
    method = ctx.value(1)
    size = None
    if method is not None:
        name = bytes(method[()])
        if name not in _SIZES:
            raise ValueError(f"Unsupported method: {name.decode()}")
        size = _SIZES[name]
    return [(None if dims is None else dims[0], size)]


@timestamp_op.shape
def timestamp_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]


def fingerprint(data: Any, method: Any = "farmhash64", name: str | None = None) -> Tensor:
    """Return the fingerprint of each row, as bytes.

    Args:
      data: [rows, ...].
      method: "farmhash64".
      name: the name of the node.
    """
    return fingerprint_op(data, method, name=name)


def timestamp(name: str | None = None) -> Tensor:
    """Return the seconds since 1970, when the step runs."""
    return timestamp_op(name=name)
