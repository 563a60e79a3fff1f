"""Comparisons and logic, element by element, with broadcasting."""

from __future__ import annotations

from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operators import operator
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, are_compatible, broadcast_dims, merge_dims
from tensormill.graph.tensor import Tensor, TensorLike
from tensormill.ops.elementwise_binary import binary, broadcast_shape, function_of
from tensormill.ops.elementwise_unary import logical_not_op


def _compare(op_type: str) -> OpBuilder:
    return binary(op_type, "T: realnumbertype", output="z: bool", module=__name__)


def _equality(op_type: str) -> OpBuilder:
    return binary(
        op_type,
        "T: type",
        output="z: bool",
        attrs=("incompatible_shape_error: bool = true",),
        commutative=True,
        module=__name__,
    )


less_op = _compare("Less")
less_equal_op = _compare("LessEqual")
greater_op = _compare("Greater")
greater_equal_op = _compare("GreaterEqual")
equal_op = _equality("Equal")
not_equal_op = _equality("NotEqual")
logical_and_op = binary(
    "LogicalAnd",
    None,
    inputs=("x: bool", "y: bool"),
    output="z: bool",
    commutative=True,
    module=__name__,
)
logical_or_op = binary(
    "LogicalOr",
    None,
    inputs=("x: bool", "y: bool"),
    output="z: bool",
    commutative=True,
    module=__name__,
)


@equal_op.shape
@not_equal_op.shape
def equality_shape(ctx: ShapeContext) -> list[Dims]:
    if ctx.attrs["incompatible_shape_error"]:
        return broadcast_shape(ctx)
    a, b = ctx.shape(0), ctx.shape(1)
    if a is None or b is None:
        return [None]
    if None in a or None in b:
        return [broadcast_dims(a, b) if are_compatible(a, b) else None]
    try:
        return [broadcast_dims(a, b)]
    except ValueError:
        return [()]


approximate_equal_op = define(
    "ApproximateEqual",
    inputs=("x: T", "y: T"),
    outputs=("z: bool",),
    attrs=(
        "T: {float32, float64, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32,"
        " bfloat16, qint16, quint16, uint16, complex128, float16, uint32, uint64}",
        "tolerance: float = 9.999999747378752e-06",
    ),
    commutative=True,
    differentiable=False,
)


@approximate_equal_op.shape
def approximate_equal_shape(ctx: ShapeContext) -> list[Dims]:
    return [merge_dims(ctx.shape(0), ctx.shape(1))]


less = function_of(less_op, "less", "Return x < y, element by element.")
less_equal = function_of(less_equal_op, "less_equal", "Return x <= y, element by element.")
greater = function_of(greater_op, "greater", "Return x > y, element by element.")
greater_equal = function_of(greater_equal_op, "greater_equal", "Return x >= y, element by element.")
equal = function_of(equal_op, "equal", "Return x == y, element by element.")
not_equal = function_of(not_equal_op, "not_equal", "Return x != y, element by element.")
logical_and = function_of(logical_and_op, "logical_and", "Return x and y, element by element.")
logical_or = function_of(logical_or_op, "logical_or", "Return x or y, element by element.")


def approximate_equal(x: Any, y: Any, tolerance: float = 1e-5, name: str | None = None) -> Tensor:
    """Return where |x - y| is below the tolerance.

    Args:
      x: a tensor, or what can be made one.
      y: the same, of the same dtype and shape.
      tolerance: the greatest difference.
      name: the name of the node.
    """
    return approximate_equal_op(x, y, tolerance=tolerance, name=name)


def logical_xor(x: Any, y: Any, name: str = "LogicalXor") -> Tensor:
    """Return x or y but not both, element by element.

    Args:
      x: booleans.
      y: booleans.
      name: the name of the node.
    """
    both = logical_and_op(x, y)
    return logical_and_op(logical_or_op(x, y), logical_not_op(both), name=name)


@operator("lt")
def lt_operator(x: Any, y: Any) -> Tensor:
    return less_op(x, y)


@operator("le")
def le_operator(x: Any, y: Any) -> Tensor:
    return less_equal_op(x, y)


@operator("gt")
def gt_operator(x: Any, y: Any) -> Tensor:
    return greater_op(x, y)


@operator("ge")
def ge_operator(x: Any, y: Any) -> Tensor:
    return greater_equal_op(x, y)


def _logical(builder: OpBuilder, x: Any, y: Any, name: str) -> Any:
    if type(x) is Tensor and type(y) is Tensor:
        return builder(x, y, name=name)
    with OpScope(None, name, (x, y)) as scope:
        if isinstance(x, TensorLike):
            x = convert_to_tensor(x)
            y = convert_to_tensor(y, dtype_hint=x.dtype.base_dtype, name="y")
        else:
            y = convert_to_tensor(y)
            x = convert_to_tensor(x, dtype=y.dtype.base_dtype, name="x")
        return builder(x, y, name=scope)


@operator("and")
def and_operator(x: Any, y: Any) -> Tensor:
    return _logical(logical_and_op, x, y, "and")


@operator("or")
def or_operator(x: Any, y: Any) -> Tensor:
    return _logical(logical_or_op, x, y, "or")


@operator("xor")
def xor_operator(x: Any, y: Any) -> Tensor:
    with OpScope(None, "xor", (x, y)) as scope:
        either = logical_or_op(x, y)
        both = logical_and_op(x, y)
        return logical_and_op(either, logical_not_op(both), name=scope)
