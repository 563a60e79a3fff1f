"""The example of an op of one's own: `tf.user_ops`."""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.graph.tensor import Tensor

__all__ = ["my_fact"]

fact_op = define("Fact", outputs=("fact: string",), differentiable=False)


@fact_op.shape
def fact_shape(ctx: ShapeContext) -> list[Dims]:
    return [None]


def my_fact() -> Tensor:
    """Return a fact about factorials: string scalar."""
    made: Tensor = fact_op()
    return made
