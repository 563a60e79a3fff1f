"""Normal distributions of vectors.

Source: TensorFlow 1.15, contrib/distributions/python/ops/mvn_*.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.distributions.affine_vectors import AffineVector
from tensormill.distributions.continuous import Normal
from tensormill.distributions.divergence import RegisterKL
from tensormill.distributions.scales import (
    diag_scale,
    is_diagonal,
    tril_scale,
)
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.linear_operators.operator import LinearOperator
from tensormill.linear_operators.structured import LinearOperatorLowRankUpdate
from tensormill.ops.activations import softplus
from tensormill.ops.array_shapes import expand_dims
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_near
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import square
from tensormill.ops.filling import ones, zeros
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.linear_algebra import cholesky
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.transposition import matrix_transpose

__all__ = [
    "MultivariateNormalDiag",
    "MultivariateNormalDiagPlusLowRank",
    "MultivariateNormalDiagWithSoftplusScale",
    "MultivariateNormalFullCovariance",
    "MultivariateNormalLinearOperator",
    "MultivariateNormalTriL",
]


class MultivariateNormalLinearOperator(AffineVector):
    """The normal distribution with covariance `scale scale^T`; for the arguments see its base."""

    def __init__(
        self,
        loc: Any = None,
        scale: LinearOperator | None = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "MultivariateNormalLinearOperator",
    ) -> None:
        super().__init__(loc, scale, validate_args, allow_nan_stats, name)

    def _numbers(self, dtype: Any, allow_nan_stats: bool) -> Normal:
        return Normal(zeros([], dtype=dtype), ones([], dtype=dtype))


class MultivariateNormalDiag(MultivariateNormalLinearOperator):
    """The normal distribution of independent numbers.

    Args:
      loc: the mean [*batch, size]; zero if None.
      scale_diag: the standard deviations.
      scale_identity_multiplier: a number that is added to all of them.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.

    Raises:
      ValueError: there is nothing that tells the size.
    """

    def __init__(
        self,
        loc: Any = None,
        scale_diag: Any = None,
        scale_identity_multiplier: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "MultivariateNormalDiag",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name) as scope, name_scope("init"):
            # The diagonal may be negative: it is the scale, not the standard deviation.
            scale = diag_scale(
                loc, scale_diag, scale_identity_multiplier, validate_args=validate_args
            )
        super().__init__(loc, scale, validate_args, allow_nan_stats, scope)
        self._parameters = parameters


class MultivariateNormalDiagWithSoftplusScale(MultivariateNormalDiag):
    """`MultivariateNormalDiag` with the softplus of `scale_diag` as deviations."""

    def __init__(
        self,
        loc: Any,
        scale_diag: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "MultivariateNormalDiagWithSoftplusScale",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[scale_diag]) as scope:
            deviations = softplus(convert_to_tensor(scale_diag))
        super().__init__(
            loc, deviations, validate_args=validate_args, allow_nan_stats=allow_nan_stats,
            name=scope,
        )  # fmt: skip
        self._parameters = parameters


class MultivariateNormalTriL(MultivariateNormalLinearOperator):
    """The normal distribution whose scale is a lower triangle.

    Args:
      loc: the mean [*batch, size]; zero if None.
      scale_tril: the triangle [*batch, size, size], without zeros on the diagonal.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.

    Raises:
      ValueError: neither is given.
    """

    def __init__(
        self,
        loc: Any = None,
        scale_tril: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "MultivariateNormalTriL",
    ) -> None:
        parameters = dict(locals())
        if loc is None and scale_tril is None:
            raise ValueError("Must specify one or both of `loc`, `scale_tril`.")
        with name_scope(name) as scope, name_scope("init", values=[loc, scale_tril]):
            loc = None if loc is None else convert_to_tensor(loc, name="loc")
            if scale_tril is None:
                scale: LinearOperator = tril_scale(loc, validate_args=validate_args)
            else:
                # What is above the diagonal is not looked at.
                triangle = convert_to_tensor(scale_tril, name="scale_tril")
                scale = tril_scale(loc, triangle, validate_args=validate_args)
        super().__init__(loc, scale, validate_args, allow_nan_stats, scope)
        self._parameters = parameters


class MultivariateNormalFullCovariance(MultivariateNormalTriL):
    """The normal distribution with a given covariance.

    Args:
      loc: the mean [*batch, size]; zero if None.
      covariance_matrix: symmetric and positive definite; the identity if None.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.

    Raises:
      ValueError: neither is given.
    """

    def __init__(
        self,
        loc: Any = None,
        covariance_matrix: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "MultivariateNormalFullCovariance",
    ) -> None:
        parameters = dict(locals())
        triangle = None
        with name_scope(name) as scope, name_scope("init", values=[loc, covariance_matrix]):
            if covariance_matrix is not None:
                covariance = convert_to_tensor(covariance_matrix, name="covariance_matrix")
                if validate_args:
                    check = assert_near(
                        covariance,
                        matrix_transpose(covariance),
                        message="Matrix was not symmetric",
                    )
                    covariance = with_dependencies([check], covariance)
                triangle = cholesky(covariance)
        super().__init__(loc, triangle, validate_args, allow_nan_stats, scope)
        self._parameters = parameters


class MultivariateNormalDiagPlusLowRank(MultivariateNormalLinearOperator):
    """The normal distribution whose scale is a diagonal plus a product of few rows.

    Args:
      loc: the mean [*batch, size]; zero if None.
      scale_diag: the diagonal.
      scale_identity_multiplier: a number that is added to all of it.
      scale_perturb_factor: [*batch, size, rank], the V of the summand `V D V^T`.
      scale_perturb_diag: [*batch, rank], the diagonal D; that of ones if None.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.

    Raises:
      ValueError: there is a D without V, or nothing that tells the size.
    """

    def __init__(
        self,
        loc: Any = None,
        scale_diag: Any = None,
        scale_identity_multiplier: Any = None,
        scale_perturb_factor: Any = None,
        scale_perturb_diag: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "MultivariateNormalDiagPlusLowRank",
    ) -> None:
        parameters = dict(locals())
        if scale_perturb_diag is not None and scale_perturb_factor is None:
            raise ValueError(
                "Missing required argument `scale_perturb_factor` with `scale_perturb_diag`."
            )
        with name_scope(name) as scope, name_scope("init"):
            factor = diagonal = hint = None
            if scale_perturb_factor is not None:
                factor = convert_to_tensor(scale_perturb_factor, name="scale_perturb_factor")
                hint = factor.dims[-2] if factor.dims is not None else None
                hint = shape_of(factor)[-2] if hint is None else hint
            if scale_perturb_diag is not None:
                diagonal = convert_to_tensor(scale_perturb_diag, name="scale_perturb_diag")
            scale = diag_scale(
                loc,
                scale_diag,
                scale_identity_multiplier,
                shape_hint=hint,
                validate_args=validate_args,
            )
            if factor is not None:
                scale = LinearOperatorLowRankUpdate(
                    scale,
                    u=factor,
                    diag_update=diagonal,
                    is_diag_update_positive=diagonal is None,
                    is_non_singular=True,
                    is_self_adjoint=True,
                    is_positive_definite=True,
                    is_square=True,
                )
        super().__init__(loc, scale, validate_args, allow_nan_stats, scope)
        self._parameters = parameters


@RegisterKL(MultivariateNormalLinearOperator, MultivariateNormalLinearOperator)
def kl_of_multivariate_normals(
    a: MultivariateNormalLinearOperator,
    b: MultivariateNormalLinearOperator,
    name: str | None = None,
) -> Tensor:
    """Return the divergence of two normal distributions of vectors."""

    def squared_norm(x: Tensor) -> Tensor:
        return reduce_sum(square(x), axis=[-2, -1])

    parents = [a.loc, b.loc, *a.scale.graph_parents, *b.scale.graph_parents]
    with name_scope(name, "kl_mvn", parents):
        if is_diagonal(a.scale) and is_diagonal(b.scale):
            ratio = expand_dims(a.stddev() / b.stddev(), -1)
        else:
            ratio = b.scale.solve(a.scale.to_dense())
        size = cast(a.scale.domain_dimension_tensor(), a.dtype)
        far = b.scale.solve(expand_dims(b.mean() - a.mean(), -1))
        volumes = b.scale.log_abs_determinant() - a.scale.log_abs_determinant()
        made = volumes + 0.5 * (-size + squared_norm(ratio) + squared_norm(far))
        return made
