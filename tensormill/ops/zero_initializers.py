"""Variables filled with zeros where they stand: `tf.contrib.framework.zero_initializer`.

Source: TensorFlow 1.15, contrib/framework/ops/variable_ops.cc and python/ops/variables.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.graph.tensor import Tensor

__all__ = ["zero_initializer"]

zero_initializer_op = define(
    "ZeroInitializer",
    inputs=("ref: Ref(T)",),
    outputs=("output_ref: Ref(T)",),
    attrs=("T: realnumbertype",),
    allows_uninitialized_input=True,
    differentiable=False,
)
zero_var_initializer_op = define(
    "ZeroVarInitializer",
    inputs=("var: resource",),
    outputs=("output_var: resource",),
    attrs=("dtype: type", "shape: shape"),
    stateful=True,
    allows_uninitialized_input=True,
    differentiable=False,
)


@zero_initializer_op.shape
def zero_initializer_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape(0)]


@zero_var_initializer_op.shape
def zero_var_initializer_shape(ctx: ShapeContext) -> list[Dims]:
    ctx.op.outputs[0]._handle_data = (ctx.attrs["dtype"], ctx.attrs["shape"])
    return [()]


def zero_initializer(ref: Any, use_locking: bool = True, name: str = "zero_initializer") -> Tensor:
    """Return what fills a variable with zeros, without a tensor of zeros besides.

    Args:
      ref: a variable, or a reference to one, that has no value yet.
      use_locking: does nothing.
      name: the name of the node.
    """
    if hasattr(ref, "handle"):
        made: Tensor = zero_var_initializer_op(
            ref.handle, dtype=ref.dtype, shape=ref.shape, name=name
        )
        return made
    made = zero_initializer_op(ref, name=name)
    return made
