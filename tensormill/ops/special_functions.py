"""Special functions: error function, gamma and beta functions, zeta, modified Bessel functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, merge_dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.elementwise_binary import binary
from tensormill.ops.elementwise_binary import function_of as binary_function
from tensormill.ops.elementwise_unary import FLOAT, function_of, unary
from tensormill.ops.reduction import reduce_sum


def _node(op_type: str, *inputs: Any, **attrs: Any) -> Tensor:
    made: Tensor = OP_DEFS[op_type].builder(*inputs, **attrs)
    return made


def _scalar(value: float, like: Tensor) -> Tensor:
    return constant(value, like.dtype.base_dtype)


def _exp(x: Tensor) -> Tensor:
    return _node("Exp", x)


def _square(x: Tensor) -> Tensor:
    return _node("Square", x)


def _where_not_tiny(x: Tensor, slope: Callable[[Tensor], Tensor]) -> Tensor:
    """Return `slope(x)`, but 0.5 where x is too close to 0 to divide by it."""
    epsilon = _scalar(float(np.finfo(x.dtype.base_dtype.as_numpy_dtype).eps), x)
    not_tiny = _node("Greater", _node("Abs", x), epsilon)
    safe = _node("SelectV2", not_tiny, x, epsilon)
    return _node("SelectV2", not_tiny, slope(safe), _scalar(0.5, x))


_ERF_SLOPE = 2 / math.sqrt(math.pi)

erf_op = unary(
    "Erf",
    FLOAT,
    lambda x, y, dy: dy * (_scalar(_ERF_SLOPE, x) * _exp(-_square(x))),
    module=__name__,
)
erfc_op = unary(
    "Erfc",
    FLOAT,
    lambda x, y, dy: dy * (_scalar(-_ERF_SLOPE, x) * _exp(-_square(x))),
    module=__name__,
)
erfinv_op = unary(
    "Erfinv",
    FLOAT,
    lambda x, y, dy: dy * (_scalar(math.sqrt(math.pi) / 2, x) * _exp(_square(y))),
    module=__name__,
)
ndtri_op = unary(
    "Ndtri",
    FLOAT,
    lambda x, y, dy: dy * (_scalar(math.sqrt(2 * math.pi), x) * _exp(_square(y) / 2.0)),
    module=__name__,
)
lgamma_op = unary("Lgamma", FLOAT, lambda x, y, dy: dy * digamma_op(x), module=__name__)
digamma_op: OpBuilder = unary(
    "Digamma", FLOAT, lambda x, y, dy: dy * polygamma_op(_scalar(1.0, x), x), module=__name__
)
bessel_i0_op = unary("BesselI0", FLOAT, lambda x, y, dy: dy * bessel_i1_op(x), module=__name__)
bessel_i0e_op = unary(
    "BesselI0e",
    FLOAT,
    lambda x, y, dy: dy * (bessel_i1e_op(x) - _node("Sign", x) * y),
    module=__name__,
)
bessel_i1_op: OpBuilder = unary(
    "BesselI1",
    FLOAT,
    lambda x, y, dy: dy * _where_not_tiny(x, lambda safe: bessel_i0_op(safe) - y / safe),
    module=__name__,
)
bessel_i1e_op: OpBuilder = unary(
    "BesselI1e",
    FLOAT,
    lambda x, y, dy: (
        dy
        * _where_not_tiny(
            x,
            lambda safe: (
                bessel_i0e_op(safe) - y * (_node("Sign", safe) + _node("Reciprocal", safe))
            ),
        )
    ),
    module=__name__,
)


def _gamma_density(a: Tensor, x: Tensor) -> Tensor:
    """Return the slope of the regularized incomplete gamma function in x."""
    return _exp(-x + (a - 1.0) * _node("Log", x) - lgamma_op(a))


_DOUBLE = "T: {float32, float64}"

igamma_grad_a_op = binary("IgammaGradA", _DOUBLE, inputs=("a: T", "x: T"), module=__name__)
igamma_op = binary(
    "Igamma",
    FLOAT,
    lambda a, x, z, grad: (igamma_grad_a_op(a, x) * grad, _gamma_density(a, x) * grad),
    inputs=("a: T", "x: T"),
    module=__name__,
)
igammac_op = binary(
    "Igammac",
    FLOAT,
    lambda a, x, z, grad: (-igamma_grad_a_op(a, x) * grad, -_gamma_density(a, x) * grad),
    inputs=("a: T", "x: T"),
    module=__name__,
)
polygamma_op: OpBuilder = binary(
    "Polygamma",
    _DOUBLE,
    lambda a, x, z, grad: (None, polygamma_op(a + 1.0, x) * grad),
    inputs=("a: T", "x: T"),
    module=__name__,
)
zeta_op: OpBuilder = binary(
    "Zeta",
    _DOUBLE,
    lambda x, q, z, grad: (None, -x * zeta_op(x + 1.0, q) * grad),
    inputs=("x: T", "q: T"),
    module=__name__,
)
betainc_op = define("Betainc", inputs=("a: T", "b: T", "x: T"), outputs=("z: T",), attrs=(_DOUBLE,))


@betainc_op.shape
def betainc_shape(ctx: ShapeContext) -> list[Dims]:
    shapes = [dims for dims in ctx.shapes() if dims != ()]
    if not shapes:
        return [()]
    merged: Dims = None
    for dims in shapes:
        merged = merge_dims(merged, dims)
    return [merged]


@betainc_op.gradient
def betainc_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    a, b, x = op.inputs
    log_beta = lgamma_op(a) + lgamma_op(b) - lgamma_op(a + b)
    slope = _exp((b - 1.0) * _node("Log1p", -x) + (a - 1.0) * _node("Log", x) - log_beta)
    product = slope * grad
    return [None, None, reduce_sum(product) if x.dims == () else product]


erf = function_of(erf_op, "erf", "Return the error function, element by element.")
erfc = function_of(erfc_op, "erfc", "Return 1 minus the error function.")
lgamma = function_of(lgamma_op, "lgamma", "Return log(|gamma(x)|), element by element.")
digamma = function_of(digamma_op, "digamma", "Return the slope of `lgamma`.")
igamma = binary_function(
    igamma_op, "igamma", "Return the lower regularized incomplete gamma function P(x, y)."
)
igammac = binary_function(
    igammac_op, "igammac", "Return the upper regularized incomplete gamma function Q(x, y)."
)
polygamma = binary_function(
    polygamma_op, "polygamma", "Return the derivative number x of `digamma` at y."
)
zeta = binary_function(zeta_op, "zeta", "Return the Hurwitz zeta function of x and y.")


def betainc(a: Any, b: Any, x: Any, name: str | None = None) -> Tensor:
    """Return the regularized incomplete beta function.

    Args:
      a: positive.
      b: positive.
      x: in [0, 1]; the three have one shape, or are scalars.
      name: the name of the node.
    """
    return betainc_op(a, b, x, name=name)


def _scoped(builder: OpBuilder, name: str, summary: str) -> Callable[..., Tensor]:
    """Return a public function of an op whose node stands in a scope of the function's name."""

    def function(x: Any, name: str | None = None) -> Any:
        with OpScope(name, function.__name__, (x,)):
            return builder(x)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{summary}\n\nArgs:\n  x: floats.\n  name: the name of the scope.\n"
    return function


erfinv = _scoped(erfinv_op, "erfinv", "Return the inverse of the error function.")
ndtri = _scoped(ndtri_op, "ndtri", "Return the quantile function of the normal distribution.")
bessel_i0 = _scoped(bessel_i0_op, "bessel_i0", "Return the modified Bessel function I0.")
bessel_i0e = _scoped(bessel_i0e_op, "bessel_i0e", "Return exp(-|x|) times `bessel_i0`.")
bessel_i1 = _scoped(bessel_i1_op, "bessel_i1", "Return the modified Bessel function I1.")
bessel_i1e = _scoped(bessel_i1e_op, "bessel_i1e", "Return exp(-|x|) times `bessel_i1`.")


def lbeta(x: Any, name: str | None = None) -> Tensor:
    """Return log(|beta(x)|), the beta function being taken along the last axis.

    Args:
      x: floats, rank 1 or more.
      name: the name of the scope.
    """
    with OpScope(name, "lbeta", (x,)):
        x = convert_to_tensor(x, name="x")
        logarithms = reduce_sum(lgamma_op(x), [-1])
        return logarithms - lgamma_op(reduce_sum(x, [-1]))


def polyval(coeffs: Any, x: Any, name: str | None = None) -> Tensor:
    """Return a polynomial at x, by Horner's rule.

    Args:
      coeffs: a list of coefficients, that of the highest power first.
      x: a tensor, or what can be made one.
      name: the name of the scope.

    Raises:
      ValueError: `coeffs` is not a list.
    """
    if not isinstance(coeffs, (list, tuple)):
        raise ValueError(f"Argument coeffs must be list type found {type(coeffs)}.")
    with OpScope(name, "polyval", (*coeffs, x)):
        x = convert_to_tensor(x, name="x")
        if not coeffs:
            return _node("ZerosLike", x)
        terms = [convert_to_tensor(c, name=f"{index}_coeff") for index, c in enumerate(coeffs)]
        value = terms[0]
        for term in terms[1:]:
            value = term + value * x
        return value
