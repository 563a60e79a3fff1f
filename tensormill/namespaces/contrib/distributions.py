"""`tf.contrib.distributions`: random variables, bijectors, and functions of their parameters."""

from tensormill.distributions import *
from tensormill.distributions import bijectors
from tensormill.distributions.affine_vectors import VectorExponentialDiag, VectorLaplaceDiag
from tensormill.distributions.around_others import (
    Deterministic,
    Independent,
    QuantizedDistribution,
    VectorDeterministic,
)
from tensormill.distributions.arrangements import (
    fill_triangular,
    fill_triangular_inverse,
    matrix_diag_transform,
    reduce_weighted_logsumexp,
    softplus_inverse,
    tridiag,
)
from tensormill.distributions.conditional import (
    Autoregressive,
    ConditionalDistribution,
    ConditionalTransformedDistribution,
)
from tensormill.distributions.counts import Binomial, Geometric, NegativeBinomial, Poisson
from tensormill.distributions.mixtures import Mixture, MixtureSameFamily
from tensormill.distributions.more_continuous import (
    BetaWithSoftplusConcentration,
    Cauchy,
    Chi2,
    Chi2WithAbsDf,
    ExponentialWithSoftplusRate,
    GammaWithSoftplusConcentrationRate,
    HalfNormal,
    InverseGamma,
    InverseGammaWithSoftplusConcentrationRate,
    LaplaceWithSoftplusScale,
    Logistic,
    NormalWithSoftplusScale,
    StudentTWithAbsDfSoftplusScale,
)
from tensormill.distributions.moving_statistics import (
    assign_log_moving_mean_exp,
    assign_moving_mean_variance,
    moving_mean_variance,
)
from tensormill.distributions.multivariate_normal import (
    MultivariateNormalDiag,
    MultivariateNormalDiagPlusLowRank,
    MultivariateNormalDiagWithSoftplusScale,
    MultivariateNormalFullCovariance,
    MultivariateNormalTriL,
)
from tensormill.distributions.normal_conjugates import (
    normal_conjugates_known_scale_posterior,
    normal_conjugates_known_scale_predictive,
)
from tensormill.distributions.one_hot import (
    ExpRelaxedOneHotCategorical,
    OneHotCategorical,
    RelaxedBernoulli,
    RelaxedOneHotCategorical,
)
from tensormill.distributions.reshaped_batches import BatchReshape
from tensormill.distributions.sample_stats import auto_correlation, percentile
from tensormill.distributions.seeds import SeedStream
from tensormill.distributions.transformed import TransformedDistribution
from tensormill.distributions.transformed_numbers import (
    Kumaraswamy,
    SinhArcsinh,
    VectorSinhArcsinhDiag,
)
from tensormill.distributions.wishart import WishartCholesky, WishartFull
