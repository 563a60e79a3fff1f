"""`tf.distributions`: random variables with densities, moments and samples."""

from __future__ import annotations

from tensormill.distributions import kl_rules
from tensormill.distributions.base import (
    FULLY_REPARAMETERIZED,
    NOT_REPARAMETERIZED,
    Distribution,
    ReparameterizationType,
)
from tensormill.distributions.continuous import Laplace, Normal, StudentT, Uniform
from tensormill.distributions.discrete import (
    Bernoulli,
    Categorical,
    Dirichlet,
    DirichletMultinomial,
    Multinomial,
)
from tensormill.distributions.divergence import RegisterKL, kl_divergence
from tensormill.distributions.gammas import Beta, Exponential, Gamma

# It registers divergences.
assert kl_rules
