"""Functions of one tensor, element by element: a table of op types, dtypes and gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.graph import get_default_graph
from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.operators import operator
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.graph.tensor import Tensor

FLOAT = "T: {bfloat16, float16, float32, float64}"
FLOAT_OR_COMPLEX = "T: {bfloat16, float16, float32, float64, complex64, complex128}"
SIGNED = "T: {bfloat16, float16, float32, float64, int8, int16, int32, int64}"
SIGNED_OR_COMPLEX = (
    "T: {bfloat16, float16, float32, float64, int8, int16, int32, int64, complex64, complex128}"
)
INTEGER = "T: {int8, int16, int32, int64, uint8, uint16, uint32, uint64}"

_ARGUMENTS = """Args:
  x: a tensor, or what can be made one.
  name: the name of the node.
"""

UnaryGradient = Callable[[Tensor, Tensor, Tensor], Any]
"""The gradient of `y = f(x)` from x, y and the gradient of y."""


def same_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.op.input_tensors[0].dims]


def conj_of(x: Tensor) -> Tensor:
    """Return the complex conjugate; a real tensor as it is."""
    return conj_op(x) if x.dtype.is_complex else x


def unary(
    op_type: str,
    dtypes_text: str,
    gradient: UnaryGradient | None = None,
    *,
    output: str = "y: T",
    module: str = __name__,
) -> OpBuilder:
    """Define an op with one input `x` and an output of its shape.

    Args:
      op_type: the op type.
      dtypes_text: the attribute T.
      gradient: from x, y and the gradient of y; None where the op has none.
      output: the output argument.
      module: the module that declares the op.
    """
    builder = define(
        op_type,
        inputs=("x: T",),
        outputs=(output,),
        attrs=(dtypes_text,),
        differentiable=gradient is not None,
        module=module,
    )
    builder.shape(same_shape)
    if gradient is not None:

        def unary_grad(op: Operation, dy: Tensor) -> Any:
            with get_default_graph().control_dependencies([dy]):
                return gradient(op.inputs[0], op.outputs[0], dy)

        builder.gradient(unary_grad)
    return builder


def gradient_op(op_type: str) -> OpBuilder:
    """Define the op that computes the gradient of another one from its output y and dy."""
    builder = define(
        op_type,
        inputs=("y: T", "dy: T"),
        outputs=("z: T",),
        attrs=(FLOAT_OR_COMPLEX,),
        module=__name__,
    )
    builder.shape(gradient_op_shape)
    return builder


def gradient_op_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape(0) if ctx.shape(0) is not None else ctx.shape(1)]


def function_of(builder: OpBuilder, name: str, summary: str) -> Callable[..., Tensor]:
    """Return the public function `name(x, name=None)` of an op.

    Args:
      builder: makes the node.
      name: the name of the function.
      summary: what it returns, for its docstring.
    """

    def function(x: Any, name: str | None = None) -> Any:
        return builder(x, name=name)

    function.__name__ = function.__qualname__ = name
    function.__module__ = builder.op_def.module
    function.__doc__ = f"{summary}\n\n{_ARGUMENTS}"
    return function


def _scalar(value: float, like: Tensor) -> Tensor:
    return constant(value, like.dtype.base_dtype)


sigmoid_grad_op = gradient_op("SigmoidGrad")
tanh_grad_op = gradient_op("TanhGrad")
sqrt_grad_op = gradient_op("SqrtGrad")
rsqrt_grad_op = gradient_op("RsqrtGrad")
inv_grad_op = gradient_op("InvGrad")
reciprocal_grad_op = gradient_op("ReciprocalGrad")


@sigmoid_grad_op.gradient
def sigmoid_grad_grad(op: Operation, dz: Tensor) -> list[Tensor]:
    y, dy = conj_of(op.inputs[0]), conj_of(op.inputs[1])
    scaled = dz * dy
    return [scaled - 2.0 * scaled * y, sigmoid_grad_op(y, dz)]


@tanh_grad_op.gradient
def tanh_grad_grad(op: Operation, dz: Tensor) -> list[Tensor]:
    y, dy = conj_of(op.inputs[0]), conj_of(op.inputs[1])
    return [dz * -2.0 * dy * y, tanh_grad_op(y, dz)]


@sqrt_grad_op.gradient
def sqrt_grad_grad(op: Operation, dz: Tensor) -> list[Tensor]:
    quotient = dz / op.inputs[0]
    return [-conj_of(quotient) * op.outputs[0], 0.5 * quotient]


@rsqrt_grad_op.gradient
def rsqrt_grad_grad(op: Operation, dz: Tensor) -> list[Tensor]:
    y, dy = conj_of(op.inputs[0]), op.inputs[1]
    return [-1.5 * conj_of(dz) * dy * square_op(y), rsqrt_grad_op(y, dz)]


@inv_grad_op.gradient
@reciprocal_grad_op.gradient
def reciprocal_grad_grad(op: Operation, dz: Tensor) -> list[Tensor]:
    y, dy = conj_of(op.inputs[0]), op.inputs[1]
    return [conj_of(dz) * -2.0 * dy * y, op.op_schema.builder(y, dz)]


def reciprocal_of(x: Tensor) -> Tensor:
    return reciprocal_op(conj_of(x))


abs_op = unary("Abs", SIGNED, lambda x, y, dy: dy * sign_op(x))
neg_op = unary("Neg", SIGNED_OR_COMPLEX, lambda x, y, dy: -dy)
inv_op = unary("Inv", SIGNED_OR_COMPLEX, lambda x, y, dy: inv_grad_op(y, dy))
reciprocal_op = unary("Reciprocal", SIGNED_OR_COMPLEX, lambda x, y, dy: reciprocal_grad_op(y, dy))
square_op = unary(
    "Square",
    "T: {bfloat16, float16, float32, float64, int8, int16, int32, int64, uint8, uint16, uint32,"
    " uint64, complex64, complex128}",
    lambda x, y, dy: dy * (_scalar(2.0, x) * conj_of(x)),
)
sqrt_op = unary("Sqrt", FLOAT_OR_COMPLEX, lambda x, y, dy: sqrt_grad_op(y, dy))
rsqrt_op = unary("Rsqrt", FLOAT_OR_COMPLEX, lambda x, y, dy: rsqrt_grad_op(y, dy))
exp_op = unary("Exp", FLOAT_OR_COMPLEX, lambda x, y, dy: dy * conj_of(y))
expm1_op = unary("Expm1", FLOAT_OR_COMPLEX, lambda x, y, dy: dy * exp_op(conj_of(x)))
log_op = unary("Log", FLOAT_OR_COMPLEX, lambda x, y, dy: dy * reciprocal_of(x))
log1p_op = unary("Log1p", FLOAT_OR_COMPLEX, lambda x, y, dy: dy * reciprocal_of(1.0 + x))
sin_op = unary("Sin", FLOAT_OR_COMPLEX, lambda x, y, dy: dy * cos_op(conj_of(x)))
cos_op: OpBuilder = unary("Cos", FLOAT_OR_COMPLEX, lambda x, y, dy: -dy * sin_op(conj_of(x)))
tan_op = unary(
    "Tan",
    FLOAT_OR_COMPLEX,
    lambda x, y, dy: square_op(reciprocal_op(cos_op(conj_of(x)))) * dy,
)
asin_op = unary(
    "Asin",
    FLOAT_OR_COMPLEX,
    lambda x, y, dy: dy * reciprocal_op(sqrt_op(1.0 - square_op(conj_of(x)))),
)
acos_op = unary(
    "Acos",
    FLOAT_OR_COMPLEX,
    lambda x, y, dy: -dy * reciprocal_op(sqrt_op(1.0 - square_op(conj_of(x)))),
)
atan_op = unary(
    "Atan", FLOAT_OR_COMPLEX, lambda x, y, dy: dy * reciprocal_op(1.0 + square_op(conj_of(x)))
)
sinh_op = unary("Sinh", FLOAT_OR_COMPLEX, lambda x, y, dy: dy * cosh_op(conj_of(x)))
cosh_op: OpBuilder = unary("Cosh", FLOAT_OR_COMPLEX, lambda x, y, dy: dy * sinh_op(conj_of(x)))
tanh_op = unary("Tanh", FLOAT_OR_COMPLEX, lambda x, y, dy: tanh_grad_op(conj_of(y), dy))
asinh_op = unary("Asinh", FLOAT_OR_COMPLEX, lambda x, y, dy: dy / cosh_op(conj_of(y)))
acosh_op = unary("Acosh", FLOAT_OR_COMPLEX, lambda x, y, dy: dy / sinh_op(conj_of(y)))
atanh_op = unary(
    "Atanh", FLOAT_OR_COMPLEX, lambda x, y, dy: dy * reciprocal_op(1.0 - square_op(conj_of(x)))
)
sigmoid_op = unary("Sigmoid", FLOAT_OR_COMPLEX, lambda x, y, dy: sigmoid_grad_op(conj_of(y), dy))
sign_op: OpBuilder = unary(
    "Sign", SIGNED_OR_COMPLEX, lambda x, y, dy: OP_DEFS["ZerosLike"].builder(x)
)
ceil_op = unary("Ceil", FLOAT, lambda x, y, dy: None)
floor_op = unary("Floor", FLOAT, lambda x, y, dy: None)
rint_op = unary("Rint", FLOAT, lambda x, y, dy: None)
round_op = unary("Round", SIGNED_OR_COMPLEX, lambda x, y, dy: None)
is_nan_op = unary("IsNan", FLOAT, output="y: bool")
is_inf_op = unary("IsInf", FLOAT, output="y: bool")
is_finite_op = unary("IsFinite", FLOAT, output="y: bool")
invert_op = unary("Invert", INTEGER)
population_count_op = unary("PopulationCount", INTEGER, output="y: uint8")

logical_not_op = define(
    "LogicalNot", inputs=("x: bool",), outputs=("y: bool",), differentiable=False
)
logical_not_op.shape(same_shape)

_COMPLEX_PARTS = (
    "T: {complex64, complex128} = DT_COMPLEX64",
    "Tout: {float32, float64} = DT_FLOAT32",
)
real_op = define("Real", inputs=("input: T",), outputs=("output: Tout",), attrs=_COMPLEX_PARTS)
imag_op = define("Imag", inputs=("input: T",), outputs=("output: Tout",), attrs=_COMPLEX_PARTS)
angle_op = define("Angle", inputs=("input: T",), outputs=("output: Tout",), attrs=_COMPLEX_PARTS)
complex_abs_op = define("ComplexAbs", inputs=("x: T",), outputs=("y: Tout",), attrs=_COMPLEX_PARTS)
conj_op = define(
    "Conj",
    inputs=("input: T",),
    outputs=("output: T",),
    attrs=("T: {complex64, complex128, variant} = DT_COMPLEX64",),
)
for _builder in (real_op, imag_op, angle_op, complex_abs_op, conj_op):
    _builder.shape(same_shape)


@real_op.gradient
def real_grad(op: Operation, grad: Tensor) -> Tensor:
    return OP_DEFS["Complex"].builder(grad, _scalar(0.0, grad), Tout=op.attrs["T"])


@imag_op.gradient
def imag_grad(op: Operation, grad: Tensor) -> Tensor:
    return OP_DEFS["Complex"].builder(_scalar(0.0, grad), grad, Tout=op.attrs["T"])


@angle_op.gradient
def angle_grad(op: Operation, grad: Tensor) -> Tensor:
    x = op.inputs[0]
    with get_default_graph().control_dependencies([grad]):
        swapped = OP_DEFS["Complex"].builder(imag(x), real(x), Tout=op.attrs["T"])
        z = reciprocal_op(swapped)
        return -OP_DEFS["Complex"].builder(grad, _scalar(0.0, grad), Tout=op.attrs["T"]) * z


@complex_abs_op.gradient
def complex_abs_grad(op: Operation, grad: Tensor) -> Tensor:
    y = op.outputs[0]
    as_complex = OP_DEFS["Complex"].builder(grad, _scalar(0.0, grad), Tout=op.attrs["T"])
    length = OP_DEFS["Complex"].builder(y, _scalar(0.0, y), Tout=op.attrs["T"])
    return OP_DEFS["DivNoNan"].builder(as_complex * op.inputs[0], length)


@conj_op.gradient
def conj_grad(op: Operation, grad: Tensor) -> Tensor:
    return conj_op(grad)


negative = function_of(neg_op, "negative", "Return -x, element by element.")
sign = function_of(sign_op, "sign", "Return -1, 0 or 1; x / |x| of complex numbers.")
square = function_of(square_op, "square", "Return x * x, element by element.")
sqrt = function_of(sqrt_op, "sqrt", "Return the square root, element by element.")
rsqrt = function_of(rsqrt_op, "rsqrt", "Return 1 / sqrt(x), element by element.")
exp = function_of(exp_op, "exp", "Return e ** x, element by element.")
expm1 = function_of(expm1_op, "expm1", "Return e ** x - 1, exact for small x.")
log = function_of(log_op, "log", "Return the natural logarithm, element by element.")
log1p = function_of(log1p_op, "log1p", "Return log(1 + x), exact for small x.")
sin = function_of(sin_op, "sin", "Return the sine, element by element.")
cos = function_of(cos_op, "cos", "Return the cosine, element by element.")
tan = function_of(tan_op, "tan", "Return the tangent, element by element.")
asin = function_of(asin_op, "asin", "Return the inverse sine, element by element.")
acos = function_of(acos_op, "acos", "Return the inverse cosine, element by element.")
atan = function_of(atan_op, "atan", "Return the inverse tangent, element by element.")
sinh = function_of(sinh_op, "sinh", "Return the hyperbolic sine, element by element.")
cosh = function_of(cosh_op, "cosh", "Return the hyperbolic cosine, element by element.")
tanh = function_of(tanh_op, "tanh", "Return the hyperbolic tangent, element by element.")
asinh = function_of(asinh_op, "asinh", "Return the inverse hyperbolic sine.")
acosh = function_of(acosh_op, "acosh", "Return the inverse hyperbolic cosine.")
atanh = function_of(atanh_op, "atanh", "Return the inverse hyperbolic tangent.")
sigmoid = function_of(sigmoid_op, "sigmoid", "Return 1 / (1 + e ** -x), element by element.")
reciprocal = function_of(reciprocal_op, "reciprocal", "Return 1 / x, element by element.")
ceil = function_of(ceil_op, "ceil", "Return the least whole number not below x.")
floor = function_of(floor_op, "floor", "Return the greatest whole number not above x.")
rint = function_of(rint_op, "rint", "Return the nearest whole number; of two the even one.")
is_nan = function_of(is_nan_op, "is_nan", "Return which elements are not a number.")
is_inf = function_of(is_inf_op, "is_inf", "Return which elements are infinite.")
is_finite = function_of(is_finite_op, "is_finite", "Return which elements are finite numbers.")
logical_not = function_of(logical_not_op, "logical_not", "Return not x, element by element.")
invert = function_of(invert_op, "invert", "Return the bits of x flipped.")
population_count = function_of(
    population_count_op, "population_count", "Count the bits that are 1."
)


@operator("neg")
def neg_operator(x: Any) -> Tensor:
    return neg_op(x)


@operator("invert")
def invert_operator(x: Any) -> Tensor:
    tensor = convert_to_tensor(x)
    return invert_op(tensor) if tensor.dtype.is_integer else logical_not_op(tensor)


@operator("abs")
def abs(x: Any, name: str | None = None) -> Tensor:
    """Return the absolute value, element by element; a complex x gives a float.

    Args:
      x: a tensor, or what can be made one.
      name: the name of the node.
    """
    with OpScope(name, "Abs", (x,)) as scope:
        tensor = convert_to_tensor(x, name="x")
        if tensor.dtype.is_complex:
            return complex_abs_op(tensor, Tout=tensor.dtype.real_dtype, name=scope)
        return abs_op(tensor, name=scope)


def round(x: Any, name: str | None = None) -> Tensor:
    """Return the nearest whole numbers, of two the even one; integers as they are.

    Args:
      x: a tensor, or what can be made one.
      name: the name of the node.
    """
    tensor = convert_to_tensor(x, name="x")
    return tensor if tensor.dtype.is_integer else round_op(tensor, name=name)


def real(input: Any, name: str | None = None) -> Tensor:
    """Return the real part of complex numbers; real numbers as they are.

    Args:
      input: a tensor, or what can be made one.
      name: the name of the node.
    """
    with OpScope(name, "Real", (input,)) as scope:
        tensor = convert_to_tensor(input, name="input")
        if not tensor.dtype.is_complex:
            return tensor
        return real_op(tensor, Tout=tensor.dtype.real_dtype, name=scope)


def imag(input: Any, name: str | None = None) -> Tensor:
    """Return the imaginary part; zeros for real numbers.

    Args:
      input: a tensor, or what can be made one.
      name: the name of the node.
    """
    with OpScope(name, "Imag", (input,)) as scope:
        tensor = convert_to_tensor(input, name="input")
        if not tensor.dtype.is_complex:
            return OP_DEFS["ZerosLike"].builder(tensor, name=scope)
        return imag_op(tensor, Tout=tensor.dtype.real_dtype, name=scope)


def angle(input: Any, name: str | None = None) -> Tensor:
    """Return the argument of complex numbers in radians; zeros for real ones.

    Args:
      input: a tensor, or what can be made one.
      name: the name of the node.
    """
    with OpScope(name, "Angle", (input,)) as scope:
        tensor = convert_to_tensor(input, name="input")
        if not tensor.dtype.is_complex:
            return OP_DEFS["ZerosLike"].builder(tensor, name=scope)
        return angle_op(tensor, Tout=tensor.dtype.real_dtype, name=scope)


def conj(x: Any, name: str | None = None) -> Tensor:
    """Return the complex conjugate; real numbers as they are.

    Args:
      x: a tensor, or what can be made one.
      name: the name of the node.

    Raises:
      TypeError: x holds no numbers.
    """
    tensor = convert_to_tensor(x, name="x")
    if tensor.dtype.is_complex or tensor.dtype == dtypes.variant:
        return conj_op(tensor, name=name)
    if tensor.dtype.is_floating or tensor.dtype.is_integer:
        return tensor
    raise TypeError(f"Expected numeric or variant tensor, got dtype {tensor.dtype!r}")


def log_sigmoid(x: Any, name: str | None = None) -> Tensor:
    """Return the logarithm of `sigmoid`, without underflow.

    Args:
      x: a tensor, or what can be made one.
      name: the name of the node.
    """
    with OpScope(name, "LogSigmoid", (x,)) as scope:
        tensor = convert_to_tensor(x, name="x")
        made: Tensor = neg_op(OP_DEFS["Softplus"].builder(neg_op(tensor)), name=scope)
        return made
