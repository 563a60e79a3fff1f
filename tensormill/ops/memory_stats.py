"""How much memory a device has and uses: `tf.contrib.memory_stats`.

Source: TensorFlow 1.15, contrib/memory_stats/ops/memory_stats_ops.cc.
"""

from __future__ import annotations

from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.graph.tensor import Tensor

__all__ = ["BytesInUse", "BytesLimit", "MaxBytesInUse"]


def _define(op_type: str) -> OpBuilder:
    builder = define(
        op_type, outputs=("out: int64",), stateful=True, differentiable=False, module=__name__
    )
    builder.shape(scalar_shape)
    return builder


def scalar_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]


bytes_in_use_op = _define("BytesInUse")
bytes_limit_op = _define("BytesLimit")
max_bytes_in_use_op = _define("MaxBytesInUse")


def BytesInUse() -> Tensor:
    """Return how many bytes of its device are in use: int64 scalar; 0 on a CPU."""
    made: Tensor = bytes_in_use_op()
    return made


def BytesLimit() -> Tensor:
    """Return how many bytes its device has: int64 scalar; 0 on a CPU."""
    made: Tensor = bytes_limit_op()
    return made


def MaxBytesInUse() -> Tensor:
    """Return how many bytes of its device were in use at most: int64 scalar; 0 on a CPU."""
    made: Tensor = max_bytes_in_use_op()
    return made
