"""Arithmetic of two tensors, element by element, with broadcasting: a table of op types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.graph import get_default_graph
from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, broadcast_dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.broadcast_gradients import reduce_to_inputs
from tensormill.ops.elementwise_unary import conj_of

BinaryGradient = Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor | None, Tensor | None]]
"""The gradients of `z = f(x, y)` from x, y, z and the gradient of z, in the shape of z."""

_ANY = (
    "T: {bfloat16, float16, float32, float64, uint8, int8, uint16, int16, int32, uint32, uint64,"
    " int64, complex64, complex128}"
)
_FLOAT = "T: {float16, bfloat16, float32, float64}"
_FLOAT_OR_COMPLEX = "T: {float16, bfloat16, float32, float64, complex64, complex128}"
_BITS = "T: {int8, int16, int32, int64, uint8, uint16, uint32, uint64}"


def broadcast_shape(ctx: ShapeContext) -> list[Dims]:
    a, b = ctx.op.input_tensors
    if a.dims is b.dims or a.dims == b.dims:
        return [a.dims]
    return [broadcast_dims(a.dims, b.dims)]


def binary(
    op_type: str,
    dtypes_text: str | None,
    gradient: BinaryGradient | None = None,
    *,
    inputs: tuple[str, str] = ("x: T", "y: T"),
    output: str = "z: T",
    attrs: tuple[str, ...] = (),
    commutative: bool = False,
    aggregate: bool = False,
    module: str = __name__,
) -> OpBuilder:
    """Define an op with two inputs that broadcast against one another.

    Args:
      op_type: the op type.
      dtypes_text: the attribute T; None for an op without it.
      gradient: from x, y, z and the gradient of z; None where the op has none.
      inputs: the input arguments.
      output: the output argument.
      attrs: further attributes.
      commutative: as in `define`.
      aggregate: as in `define`.
      module: the module that declares the op.
    """
    builder = define(
        op_type,
        inputs=inputs,
        outputs=(output,),
        attrs=attrs if dtypes_text is None else (dtypes_text, *attrs),
        commutative=commutative,
        aggregate=aggregate,
        differentiable=gradient is not None,
        module=module,
    )
    if not attrs:
        builder.shape(broadcast_shape)
    if gradient is not None:

        def binary_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
            x, y = op.input_tensors
            gx, gy = gradient(x, y, op.outputs[0], grad)
            return reduce_to_inputs(op, gx, gy)

        builder.gradient(binary_grad)
    return builder


def function_of(
    builder: OpBuilder, name: str, summary: str, default_name: str | None = None
) -> Callable[..., Tensor]:
    """Return the public function `name(x, y, name=None)` of an op.

    Args:
      builder: makes the node.
      name: the name of the function.
      summary: what it returns, for its docstring.
      default_name: the name of nodes, where it is not the op type.
    """
    default_name = default_name or builder.op_def.name
    second = builder.op_def.inputs[1].name

    def function(x: Any, y: Any, name: str | None = None) -> Any:
        if type(x) is Tensor and type(y) is float and x.dtype.is_floating:
            # What the builder does for any value, without looking what it is.
            with OpScope(name, default_name, (x,)) as scope:
                return builder(x, constant(y, x.dtype.base_dtype, name=second), name=scope)
        return builder(x, y, name=name or default_name)

    function.__name__ = function.__qualname__ = name
    function.__module__ = builder.op_def.module
    function.__doc__ = (
        f"{summary}\n\nArgs:\n  x: a tensor, or what can be made one.\n"
        "  y: the same, of the same dtype; the shapes broadcast.\n  name: the name of the node.\n"
    )
    return function


def _node(op_type: str, *inputs: Any, **attrs: Any) -> Tensor:
    made: Tensor = OP_DEFS[op_type].builder(*inputs, **attrs)
    return made


def _zeros_like(x: Tensor) -> Tensor:
    return _node("ZerosLike", x)


def _same_gradient(x: Tensor, y: Tensor, z: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    return grad, grad


def _mul_gradient(x: Tensor, y: Tensor, z: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    return grad * conj_of(y), conj_of(x) * grad


def _mul_no_nan_gradient(x: Tensor, y: Tensor, z: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    return mul_no_nan_op(grad, y), mul_no_nan_op(x, grad)


def _real_div_gradient(x: Tensor, y: Tensor, z: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    x, y = conj_of(x), conj_of(y)
    return (
        real_div_op(grad, y),
        grad * real_div_op(real_div_op(-x, y), y),
    )


def _div_gradient(x: Tensor, y: Tensor, z: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    x, y = conj_of(x), conj_of(y)
    return div_op(grad, y), grad * div_op(div_op(-x, y), y)


def _div_no_nan_gradient(x: Tensor, y: Tensor, z: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    x, y = conj_of(x), conj_of(y)
    return div_no_nan_op(grad, y), grad * div_no_nan_op(div_no_nan_op(-x, y), y)


def _floor_mod_gradient(x: Tensor, y: Tensor, z: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    return grad, grad * -floor_div_op(x, y)


def _no_gradient(x: Tensor, y: Tensor, z: Tensor, grad: Tensor) -> tuple[None, None]:
    return None, None


def _pow_gradient(x: Tensor, y: Tensor, z: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    x, y, z = conj_of(x), conj_of(y), conj_of(z)
    zeros = _zeros_like(x)
    if x.dtype.is_complex:
        mask = _node("NotEqual", x, zeros)
    else:
        mask = _node("Greater", x, zeros)
    ones = _node("OnesLike", x)
    safe = _node("Select", mask, x, ones)
    log_x = _node("Select", mask, _node("Log", safe), zeros)
    return grad * y * pow_op(x, y - constant(1, y.dtype.base_dtype)), grad * z * log_x


def _maximum_gradient(x: Tensor, y: Tensor, z: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    return _choice_gradient(_node("GreaterEqual", x, y), grad)


def _minimum_gradient(x: Tensor, y: Tensor, z: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    return _choice_gradient(_node("LessEqual", x, y), grad)


def _choice_gradient(takes_x: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    zeros = _zeros_like(grad)
    return _node("Select", takes_x, grad, zeros), _node("Select", takes_x, zeros, grad)


def _squared_difference_gradient(
    x: Tensor, y: Tensor, z: Tensor, grad: Tensor
) -> tuple[Tensor, Tensor]:
    with get_default_graph().control_dependencies([grad]):
        twice = (constant(2.0, grad.dtype.base_dtype) * grad) * (x - y)
    return twice, -twice


def _atan2_gradient(y: Tensor, x: Tensor, z: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    inverse = grad / (_node("Square", x) + _node("Square", y))
    return x * inverse, -y * inverse


def _xdivy_gradient(x: Tensor, y: Tensor, z: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    not_zero = _node("Cast", _node("NotEqual", x, _zeros_like(x)), DstT=x.dtype.base_dtype)
    return xdivy_op(not_zero, y) * grad, xdivy_op(-x, _node("Square", y)) * grad


def _xlogy_gradient(x: Tensor, y: Tensor, z: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    not_zero = _node("Cast", _node("NotEqual", x, _zeros_like(x)), DstT=x.dtype.base_dtype)
    return xlogy_op(not_zero, y) * grad, xdivy_op(x, y) * grad


def _xlog1py_gradient(x: Tensor, y: Tensor, z: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    not_zero = _node("Cast", _node("NotEqual", x, _zeros_like(x)), DstT=x.dtype.base_dtype)
    one = constant(1.0, y.dtype.base_dtype)
    return xlog1py_op(not_zero, y) * grad, xdivy_op(x, y + one) * grad


def _next_after_gradient(x: Tensor, y: Tensor, z: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    return grad, _zeros_like(grad)


add_v2_op = binary(
    "AddV2",
    "T: {bfloat16, float16, float32, float64, uint8, uint16, uint32, uint64, int8, int16, int32,"
    " int64, complex64, complex128}",
    _same_gradient,
    commutative=True,
    aggregate=True,
)
add_op = binary(
    "Add",
    "T: {bfloat16, float16, float32, float64, uint8, int8, int16, int32, int64, complex64,"
    " complex128, string}",
    _same_gradient,
)
sub_op = binary(
    "Sub",
    "T: {bfloat16, float16, float32, float64, uint8, int8, uint16, int16, int32, int64,"
    " complex64, complex128, uint32, uint64}",
    lambda x, y, z, grad: (grad, -grad),
)
mul_op = binary("Mul", _ANY, _mul_gradient, commutative=True)
mul_no_nan_op = binary(
    "MulNoNan",
    "T: {bfloat16, float16, float32, float64, complex64, complex128}",
    _mul_no_nan_gradient,
)
div_op = binary("Div", _ANY, _div_gradient)
real_div_op = binary("RealDiv", _ANY, _real_div_gradient)
div_no_nan_op = binary(
    "DivNoNan",
    "T: {float16, float32, bfloat16, float64, complex64, complex128}",
    _div_no_nan_gradient,
)
truncate_div_op = binary("TruncateDiv", _ANY, _no_gradient)
floor_div_op = binary("FloorDiv", _ANY, _no_gradient)
floor_mod_op = binary(
    "FloorMod",
    "T: {int8, int16, int32, int64, uint8, uint16, uint32, uint64, bfloat16, float16, float32,"
    " float64}",
    _floor_mod_gradient,
)
mod_op = binary("Mod", "T: {int32, int64, float16, float16, bfloat16, float32, float64}")
truncate_mod_op = binary("TruncateMod", "T: {int32, int64, bfloat16, float16, float32, float64}")
pow_op = binary(
    "Pow",
    "T: {bfloat16, float32, float16, float64, int8, int16, int32, int64, complex64, complex128}",
    _pow_gradient,
)
_ORDERED = (
    "T: {bfloat16, float16, float32, float64, int8, uint8, int16, uint16, int32, uint32, int64,"
    " uint64}"
)
maximum_op = binary("Maximum", _ORDERED, _maximum_gradient)
minimum_op = binary("Minimum", _ORDERED, _minimum_gradient)
squared_difference_op = binary(
    "SquaredDifference",
    "T: {bfloat16, float16, float32, float64, int32, int64, complex64, complex128}",
    _squared_difference_gradient,
    commutative=True,
)
atan2_op = binary(
    "Atan2", "T: {bfloat16, float16, float32, float64}", _atan2_gradient, inputs=("y: T", "x: T")
)
xdivy_op = binary("Xdivy", _FLOAT_OR_COMPLEX, _xdivy_gradient)
xlogy_op = binary("Xlogy", _FLOAT_OR_COMPLEX, _xlogy_gradient)
xlog1py_op = binary("Xlog1py", _FLOAT_OR_COMPLEX, _xlog1py_gradient)
next_after_op = binary(
    "NextAfter",
    "T: {float64, float32} = DT_FLOAT32",
    _next_after_gradient,
    inputs=("x1: T", "x2: T"),
    output="output: T",
)
bitwise_and_op = binary("BitwiseAnd", _BITS, commutative=True)
bitwise_or_op = binary("BitwiseOr", _BITS, commutative=True)
bitwise_xor_op = binary("BitwiseXor", _BITS, commutative=True)
left_shift_op = binary("LeftShift", _BITS)
right_shift_op = binary("RightShift", _BITS)

complex_op = define(
    "Complex",
    inputs=("real: T", "imag: T"),
    outputs=("out: Tout",),
    attrs=(
        "T: {float32, float64} = DT_FLOAT32",
        "Tout: {complex64, complex128} = DT_COMPLEX64",
    ),
)
complex_op.shape(broadcast_shape)


@complex_op.gradient
def complex_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    tout = op.attrs["T"]
    return reduce_to_inputs(op, _node("Real", grad, Tout=tout), _node("Imag", grad, Tout=tout))


cross_op = define(
    "Cross", inputs=("a: T", "b: T"), outputs=("product: T",), attrs=("T: realnumbertype",)
)


@cross_op.shape
def cross_shape(ctx: ShapeContext) -> list[Dims]:
    a, b = ctx.shape(0), ctx.shape(1)
    for dims in (a, b):
        if dims is not None and len(dims) < 1:
            raise ValueError(f"Shape must be at least rank 1 but is rank {len(dims)}")
        if dims is not None and dims[-1] not in (None, 3):
            raise ValueError(f"Dimension must be 3 but is {dims[-1]}")
    return [a if a is not None else b]


@cross_op.gradient
def cross_grad(op: Operation, grad: Tensor) -> list[Tensor]:
    a, b = op.inputs
    return [cross_op(b, grad), cross_op(grad, a)]


def complex(real: Any, imag: Any, name: str | None = None) -> Tensor:
    """Return complex numbers from their real and imaginary parts.

    Args:
      real: float32 or float64.
      imag: the same dtype.
      name: the name of the node.

    Raises:
      TypeError: the parts are not both float32 or both float64.
    """
    with get_default_graph().name_scope(name or "Complex") as scope:
        real = convert_to_tensor(real, name="real")
        imag = convert_to_tensor(imag, name="imag")
        given = (real.dtype.base_dtype.name, imag.dtype.base_dtype.name)
        if given == ("float64", "float64"):
            tout = "complex128"
        elif given == ("float32", "float32"):
            tout = "complex64"
        else:
            raise TypeError(
                "The `real` and `imag` components have incorrect types: "
                f"{real.dtype.name} {imag.dtype.name}. They must be consistent, and one of "
                "[float64, float32]"
            )
        made: Tensor = complex_op(real, imag, Tout=tout, name=scope)
        return made


cross = function_of(cross_op, "cross", "Return the cross products of vectors of 3 elements.")
