"""Running sums and products along an axis."""

from __future__ import annotations

from typing import Any

from tensormill.graph.constants import constant
from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.elementwise_unary import conj_of, same_shape

_NUMBER = (
    "T: {float32, float64, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32,"
    " bfloat16, qint16, quint16, uint16, complex128, float16, uint32, uint64}"
)


def _scan(op_type: str, dtypes_text: str) -> OpBuilder:
    builder = define(
        op_type,
        inputs=("x: T", "axis: Tidx"),
        outputs=("out: T",),
        attrs=(
            "exclusive: bool = false",
            "reverse: bool = false",
            dtypes_text,
            "Tidx: {int32, int64} = DT_INT32",
        ),
    )
    builder.shape(scan_shape)
    return builder


def scan_shape(ctx: ShapeContext) -> list[Dims]:
    return same_shape(ctx)


cumsum_op = _scan("Cumsum", _NUMBER)
cumprod_op = _scan("Cumprod", _NUMBER)
cumulative_logsumexp_op = _scan("CumulativeLogsumexp", "T: {bfloat16, float16, float32, float64}")


@cumsum_op.gradient
def cumsum_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    exclusive, reverse = op.attrs["exclusive"], op.attrs["reverse"]
    return [cumsum_op(grad, op.inputs[1], exclusive=exclusive, reverse=not reverse), None]


@cumprod_op.gradient
def cumprod_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    x, axis = op.inputs
    exclusive, reverse = op.attrs["exclusive"], op.attrs["reverse"]
    products = cumprod_op(x, axis, exclusive=exclusive, reverse=reverse)
    out = cumsum_op(conj_of(products) * grad, axis, exclusive=exclusive, reverse=not reverse)
    return [OP_DEFS["DivNoNan"].builder(out, conj_of(x)), None]


@cumulative_logsumexp_op.gradient
def cumulative_logsumexp_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    x, axis = op.inputs
    y = op.outputs[0]
    exclusive, reverse = op.attrs["exclusive"], op.attrs["reverse"]
    node = OP_DEFS

    def log_or_lowest(condition: Tensor, values: Tensor) -> Tensor:
        lowest = node["Fill"].builder(
            node["Shape"].builder(grad), _constant(float(values.dtype.min), values)
        )
        ones = node["OnesLike"].builder(values)
        safe = node["SelectV2"].builder(condition, values, ones)
        return node["SelectV2"].builder(condition, node["Log"].builder(safe), lowest)

    zero = _constant(0.0, grad)
    log_positive = log_or_lowest(node["Greater"].builder(grad, zero), grad)
    log_negative = log_or_lowest(node["Less"].builder(grad, zero), -grad)

    def part(logs: Tensor) -> Tensor:
        total = cumulative_logsumexp_op(logs - y, axis, reverse=not reverse, exclusive=exclusive)
        return node["Exp"].builder(total + x)

    return [part(log_positive) - part(log_negative), None]


def _constant(value: float, like: Tensor) -> Tensor:
    return constant(value, like.dtype.base_dtype)


def cumsum(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Tensor:
    """Return the running sums of x along one axis, in its shape.

    Args:
      x: numbers.
      axis: a scalar in [-rank(x), rank(x)).
      exclusive: leave out the element itself.
      reverse: run from the end.
      name: the name of the node.
    """
    made: Tensor = cumsum_op(x, axis, exclusive=exclusive, reverse=reverse, name=name)
    return made


def cumprod(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Tensor:
    """Return the running products of x along one axis, in its shape.

    Args:
      x: numbers.
      axis: a scalar in [-rank(x), rank(x)).
      exclusive: leave out the element itself.
      reverse: run from the end.
      name: the name of the node.
    """
    made: Tensor = cumprod_op(x, axis, exclusive=exclusive, reverse=reverse, name=name)
    return made


def cumulative_logsumexp(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Tensor:
    """Return log(cumsum(exp(x))) along one axis, without overflow.

    Args:
      x: floats.
      axis: a scalar in [-rank(x), rank(x)).
      exclusive: leave out the element itself.
      reverse: run from the end.
      name: the name of the node.
    """
    made: Tensor = cumulative_logsumexp_op(x, axis, exclusive=exclusive, reverse=reverse, name=name)
    return made
