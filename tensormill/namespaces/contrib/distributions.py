"""`tf.contrib.distributions`: random variables, bijectors, and functions of their parameters."""

from tensormill.distributions import *
from tensormill.distributions import bijectors
from tensormill.distributions.arrangements import (
    fill_triangular,
    fill_triangular_inverse,
    matrix_diag_transform,
    reduce_weighted_logsumexp,
    softplus_inverse,
    tridiag,
)
from tensormill.distributions.multivariate_normal import (
    MultivariateNormalDiag,
    MultivariateNormalDiagPlusLowRank,
    MultivariateNormalDiagWithSoftplusScale,
    MultivariateNormalFullCovariance,
    MultivariateNormalTriL,
)
from tensormill.distributions.transformed import TransformedDistribution
