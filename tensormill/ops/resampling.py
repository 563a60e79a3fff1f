"""Images read at any places, between pixels too: `tf.contrib.resampler`.

Source: TensorFlow 1.15, contrib/resampler/ops/resampler_ops.cc and python/ops/resampler_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.op_registry import define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank, with_rank_at_least
from tensormill.graph.tensor import Tensor

__all__ = ["resampler"]

_FLOATS = "T: {float16, bfloat16, float32, float64}"

resampler_op = define(
    "Resampler", inputs=("data: T", "warp: T"), outputs=("output: T",), attrs=(_FLOATS,)
)
resampler_grad_op = define(
    "ResamplerGrad",
    inputs=("data: T", "warp: T", "grad_output: T"),
    outputs=("grad_data: T", "grad_warp: T"),
    attrs=(_FLOATS,),
    differentiable=False,
)


@resampler_op.shape
def resampler_shape(ctx: ShapeContext) -> list[Dims]:
    channels = with_rank(ctx.shape("data"), 4)[3]
    warp = with_rank_at_least(ctx.shape("warp"), 2)
    return [None if warp is None else (*warp[:-1], channels)]


@resampler_grad_op.shape
def resampler_grad_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape("data"), ctx.shape("warp")]


@resampler_op.gradient
def resampler_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    made: list[Tensor] = resampler_grad_op(*op.inputs, convert_to_tensor(grad, name="grad_output"))
    return made


def resampler(data: Any, warp: Any, name: str = "resampler") -> Tensor:
    """Return images read at any places, between pixels too; zero outside.

    Args:
      data: [batch, height, width, channels].
      warp: [batch, ..., 2], columns and rows.
      name: the name of the scope.
    """
    with name_scope(name, "resampler", [data, warp]):
        data = convert_to_tensor(data, name="data")
        warp = convert_to_tensor(warp, name="warp")
        made: Tensor = resampler_op(data, warp)
        return made
