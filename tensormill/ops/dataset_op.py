"""How ops that return a dataset are declared."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims

__all__ = ["TYPED", "define_dataset"]

TYPED = ("output_types: list(type) >= 1", "output_shapes: list(shape) >= 1")
"""The attributes that say what the elements are."""


def define_dataset(
    name: str,
    inputs: Sequence[str] = (),
    attrs: Sequence[str] = (),
    *,
    stateful: bool = False,
    output: str = "handle",
) -> OpBuilder:
    """Register an op type whose only output is a dataset."""
    builder = define(
        name,
        inputs,
        (f"{output}: variant",),
        attrs,
        stateful=stateful,
        differentiable=False,
        module=sys._getframe(1).f_globals["__name__"],
    )
    builder.shape(scalar_shape)
    return builder


def scalar_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]
