"""`tf.contrib.distributions.bijectors`: maps of samples that can be inverted."""

from __future__ import annotations

from tensormill.distributions.bijectors.base import Bijector
from tensormill.distributions.bijectors.linear import Affine, AffineLinearOperator
from tensormill.distributions.bijectors.scalar import (
    AbsoluteValue,
    AffineScalar,
    Exp,
    Gumbel,
    Identity,
    Kumaraswamy,
    PowerTransform,
    Sigmoid,
    SinhArcsinh,
    Softplus,
    Softsign,
    Square,
    Weibull,
)
