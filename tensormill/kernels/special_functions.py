"""Kernels of special functions."""

from __future__ import annotations

from collections.abc import Callable

import torch

from tensormill.graph import errors
from tensormill.kernels.elementwise_binary import broadcasting
from tensormill.kernels.elementwise_unary import HALVES, HOST_FLOATS, through_float
from tensormill.kernels.registry import kernel

Tensor = torch.Tensor

for _op_type, _function in (
    ("Erf", torch.erf),
    ("Erfc", torch.erfc),
    ("Erfinv", torch.erfinv),
    ("Ndtri", torch.special.ndtri),
    ("Lgamma", torch.lgamma),
    ("Digamma", torch.digamma),
    ("BesselI0", torch.special.i0),
    ("BesselI0e", torch.special.i0e),
    ("BesselI1", torch.special.i1),
    ("BesselI1e", torch.special.i1e),
):
    kernel(_op_type, "cpu", "gpu", types={"T": HOST_FLOATS})(_function)
    kernel(_op_type, "cpu", "gpu", types={"T": HALVES})(through_float(_function))


def polygamma(a: Tensor, x: Tensor) -> Tensor:
    """Return (-1)^(a+1) a! zeta(a+1, x), the digamma function where a is 0."""
    sign = torch.where(a.remainder(2) == 0, -1.0, 1.0).to(a.dtype)
    higher = sign * torch.exp(torch.lgamma(a + 1)) * torch.special.zeta(a + 1, x)
    value = torch.where(a == 0, torch.digamma(x), higher)
    return torch.where((a < 0) | (a != a.floor()), torch.nan, value)


def in_double(function: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """Return a function of two tensors that computes in double precision."""

    def compute(a: Tensor, x: Tensor) -> Tensor:
        return function(a.double(), x.double()).to(a.dtype)

    return compute


def igamma_grad_a(a: Tensor, x: Tensor) -> Tensor:
    """Return the slope of P(a, x) in a, from five values of P around a."""
    step = 1e-3 * torch.clamp(a, min=1e-2)

    def p(shift: float) -> Tensor:
        return torch.special.gammainc(a + shift * step, x)

    return (8 * (p(1) - p(-1)) - (p(2) - p(-2))) / (12 * step)


for _op_type, _binary in (
    ("Igamma", in_double(torch.special.gammainc)),
    ("Igammac", in_double(torch.special.gammaincc)),
    ("IgammaGradA", in_double(igamma_grad_a)),
    ("Polygamma", in_double(polygamma)),
    ("Zeta", in_double(torch.special.zeta)),
):
    kernel(_op_type, "cpu", "gpu")(broadcasting(_binary))

_FRACTION_STEPS = 200
_TINY = 1e-300


def _beta_fraction(a: Tensor, b: Tensor, x: Tensor) -> Tensor:
    """Return the continued fraction of the incomplete beta function, by Lentz's method."""

    def away_from_zero(value: Tensor) -> Tensor:
        return torch.where(value.abs() < _TINY, _TINY, value)

    numerator = torch.ones_like(x)
    denominator = 1 / away_from_zero(1 - (a + b) * x / (a + 1))
    fraction = denominator
    for m in range(1, _FRACTION_STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        before = fraction
        for term in (even, odd):
            denominator = 1 / away_from_zero(1 + term * denominator)
            numerator = away_from_zero(1 + term / numerator)
            fraction = fraction * denominator * numerator
        if bool(((fraction - before).abs() <= 1e-16 * fraction.abs()).all()):
            break
    return fraction


def _betainc(a: Tensor, b: Tensor, x: Tensor) -> Tensor:
    flipped = x > (a + 1) / (a + b + 2)
    first, second = torch.where(flipped, b, a), torch.where(flipped, a, b)
    at = torch.where(flipped, 1 - x, x)
    front = torch.exp(
        torch.lgamma(a + b)
        - torch.lgamma(a)
        - torch.lgamma(b)
        + first * torch.log(at)
        + second * torch.log1p(-at)
    )
    value = front * _beta_fraction(first, second, at) / first
    value = torch.where(flipped, 1 - value, value)
    value = torch.where(x == 0, 0.0, torch.where(x == 1, 1.0, value))
    wrong = (a <= 0) | (b <= 0) | (x < 0) | (x > 1)
    return torch.where(wrong, torch.nan, value)


@kernel("Betainc", "cpu", "gpu")
def betainc(a: Tensor, b: Tensor, x: Tensor) -> Tensor:
    shapes = {tuple(value.shape) for value in (a, b, x) if value.dim()}
    if len(shapes) > 1:
        raise errors.invalid_argument("Shapes of a, b and x are inconsistent")
    return _betainc(a.double(), b.double(), x.double()).to(a.dtype)
