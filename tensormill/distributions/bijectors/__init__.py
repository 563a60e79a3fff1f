"""`tf.contrib.distributions.bijectors`: maps of samples that can be inverted."""

from __future__ import annotations

from tensormill.distributions.bijectors.base import Bijector
from tensormill.distributions.bijectors.composed import (
    Chain,
    ConditionalBijector,
    Inline,
    Invert,
    Permute,
    Reshape,
)
from tensormill.distributions.bijectors.flows import (
    BatchNormalization,
    MaskedAutoregressiveFlow,
    RealNVP,
    masked_autoregressive_default_template,
    masked_dense,
    real_nvp_default_template,
)
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
from tensormill.distributions.bijectors.vectors import (
    CholeskyOuterProduct,
    FillTriangular,
    MatrixInverseTriL,
    Ordered,
    ScaleTriL,
    SoftmaxCentered,
    TransformDiagonal,
)
