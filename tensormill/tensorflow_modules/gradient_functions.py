"""What `tensorflow.python.ops.gradients_impl` has besides the public functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorboard.compat.proto import attr_value_pb2

from tensormill.graph.dtypes import float32, resource
from tensormill.ops.functional import symbolic_gradient
from tensormill.ops.gradients import gradients
from tensormill.ops.identities import stop_gradient

__all__ = ["hessian_vector_product", "symbolic_gradients"]

_CALLS = ("PartitionedCall", "StatefulPartitionedCall")


def hessian_vector_product(ys: Any, xs: Sequence[Any], v: Sequence[Any]) -> list[Any]:
    """Return the product of the Hessian of `ys` with vectors, without building the Hessian.

    Args:
      ys: a scalar.
      xs: what it is derived by.
      v: a tensor for each of `xs`, of its shape.

    Raises:
      ValueError: there are not as many `v` as `xs`.
    """
    if len(v) != len(xs):
        raise ValueError("xs and v must have the same length.")
    products = [
        grad * stop_gradient(vector)
        for grad, vector in zip(gradients(ys, xs), v, strict=True)
        if grad is not None
    ]
    return gradients(products, xs)


def symbolic_gradients(op: Any, out_grads: Sequence[Any]) -> list[Any]:
    """Return the gradients of a call of a function with respect to its inputs.

    Args:
      op: the call, of a function's own op type or of PartitionedCall.
      out_grads: the gradients of its outputs.
    """
    function = attr_value_pb2.NameAttrList(
        name=op.get_attr("f").name if op.type in _CALLS else op.type
    )
    for key, value in op.node_def.attr.items():
        function.attr[key].CopyFrom(value)
    inputs = list(op.inputs)
    types = [float32 if each.dtype == resource else each.dtype for each in inputs]
    return symbolic_gradient(input=[*inputs, *out_grads], Tout=types, f=function)
