"""`tf.hessians`: matrices of second derivatives.

Source: TensorFlow 1.15, python/ops/gradients_impl.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.constants import constant
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import reshape, shape, size
from tensormill.ops.gradients import gradients
from tensormill.ops.joining import concat
from tensormill.ops.tensor_array_class import TensorArray
from tensormill.ops.while_loop import while_loop

__all__ = ["hessians"]


def hessians(
    ys: Any,
    xs: Any,
    name: str = "hessians",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False,
    aggregation_method: int | None = None,
) -> list[Tensor]:
    """Return the second derivatives of the sum of `ys` by the elements of each x.

    The Hessian of an x of shape [a, b] has the shape [a, b, a, b].

    Args:
      ys: a tensor or a list of tensors.
      xs: a tensor or variable, or a list of them, on which `ys` depend.
      name: accepted and ignored, as in TensorFlow.
      colocate_gradients_with_ops: put the gradients of an operation on its device.
      gate_gradients: let no gradient of an operation be used before all of them are computed.
      aggregation_method: one of `AggregationMethod`.

    Raises:
      LookupError: an operation between xs and ys has no gradient function.
    """
    xs = list(xs) if isinstance(xs, (list, tuple)) else [xs]
    first = gradients(
        ys,
        xs,
        colocate_gradients_with_ops=colocate_gradients_with_ops,
        gate_gradients=gate_gradients,
        aggregation_method=aggregation_method,
    )
    return [_hessian(gradient, x) for gradient, x in zip(first, xs, strict=True)]


def _hessian(gradient: Any, x: Any) -> Tensor:
    """Return the derivatives of the elements of a gradient, computed in a loop."""
    flat = reshape(gradient, [-1])
    count = size(x)
    _, rows = while_loop(
        lambda place, _: place < count,
        lambda place, made: (place + 1, made.write(place, gradients(flat[place], x)[0])),
        [constant(0), TensorArray(x.dtype.base_dtype, count)],
    )
    dims = shape(x)
    return reshape(rows.stack(), concat((dims, dims), 0))
