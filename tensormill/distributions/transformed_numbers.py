"""Distributions of numbers that are images of simpler ones.

Source: TensorFlow 1.15, contrib/distributions/python/ops.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from tensormill.distributions.base import FULLY_REPARAMETERIZED
from tensormill.distributions.bijectors.composed import Chain
from tensormill.distributions.bijectors.linear import Affine
from tensormill.distributions.bijectors.scalar import AffineScalar
from tensormill.distributions.bijectors.scalar import Kumaraswamy as KumaraswamyBijector
from tensormill.distributions.bijectors.scalar import SinhArcsinh as SinhArcsinhBijector
from tensormill.distributions.continuous import Normal, Uniform
from tensormill.distributions.scales import diag_scale, shapes_of_loc_and_scale
from tensormill.distributions.transformed import TransformedDistribution
from tensormill.graph.constant_value import constant_value
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import broadcast_dynamic_shape, broadcast_static_shape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_equal, assert_less
from tensormill.ops.comparison import greater, logical_and
from tensormill.ops.elementwise_unary import exp, log, square
from tensormill.ops.filling import fill, ones, ones_like, zeros
from tensormill.ops.gathering import where_v2
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.joining import stack
from tensormill.ops.special_functions import digamma, lbeta

__all__ = ["Kumaraswamy", "SinhArcsinh", "VectorSinhArcsinhDiag"]


class Kumaraswamy(TransformedDistribution):
    """The Kumaraswamy distribution of shares, which is much like the beta distribution.

    Args:
      concentration1: the first shape.
      concentration0: the second shape.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.
    """

    def __init__(
        self,
        concentration1: Any = None,
        concentration0: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Kumaraswamy",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[concentration1, concentration0]) as scope:
            one = convert_to_tensor(concentration1, name="concentration1")
            zero = convert_to_tensor(concentration0, name="concentration0")
        low, high = zeros([], dtype=one.dtype), ones([], dtype=one.dtype)
        super().__init__(
            Uniform(low, high, allow_nan_stats=allow_nan_stats),
            KumaraswamyBijector(one, zero, validate_args),
            batch_shape=_broadcast_sizes(one, zero),
            name=scope,
        )
        self._reparameterization_type = FULLY_REPARAMETERIZED
        self._parameters = parameters

    @property
    def concentration1(self) -> Any:
        """The first shape."""
        return self.bijector.concentration1  # type: ignore[attr-defined]

    @property
    def concentration0(self) -> Any:
        """The second shape."""
        return self.bijector.concentration0  # type: ignore[attr-defined]

    def _entropy(self) -> Tensor:
        # This is what 1.15 gives. The entropy would be that of -log(a b), with a and b exchanged.
        a, b = self.concentration1, self.concentration0
        unit = ones([], dtype=b.dtype)
        harmonic = digamma(b + unit) - digamma(unit)
        made: Tensor = 1 - 1.0 / a + (1 - 1.0 / b) * harmonic + log(a) + log(b)
        return made

    def _moment(self, n: int) -> Tensor:
        whole = ones_like(self.concentration1 + self.concentration0, dtype=self.dtype)
        one, zero = whole * self.concentration1, whole * self.concentration0
        return exp(log(zero) + lbeta(stack([1 + n / one, zero], -1)))

    def _mean(self) -> Tensor:
        return self._moment(1)

    def _variance(self) -> Tensor:
        return self._moment(2) - square(self._moment(1))

    def _mode(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        mode: Tensor = ((a - 1) / (a * b - 1)) ** (1.0 / a)
        if not self.allow_nan_stats:
            unit = ones([], dtype=a.dtype)
            checks = [
                assert_less(unit, a, message="Mode undefined for concentration1 <= 1."),
                assert_less(unit, b, message="Mode undefined for concentration0 <= 1."),
            ]
            return with_dependencies(checks, mode)
        nan = np.array(np.nan, dtype=self.dtype.as_numpy_dtype)
        nothing = fill(self.batch_shape_tensor(), nan, name="nan")
        return where_v2(logical_and(greater(a, 1.0), greater(b, 1.0)), mode, nothing)


def _checks_of_scalar(distribution: Any, dtype: Any, is_checked: bool) -> list[Any]:
    """Return what fails in the step where a distribution is not one of single numbers.

    Raises:
      TypeError: it has another dtype.
      ValueError: it is known not to be one.
    """
    if distribution.dtype != dtype:
        raise TypeError(
            f'dtype mismatch; distribution.dtype="{distribution.dtype.name}" is not "{dtype.name}"'
        )
    if is_checked and distribution.reparameterization_type != FULLY_REPARAMETERIZED:
        raise ValueError(
            "Base distribution should be reparameterized or be a function of non-trainable "
            f"variables; distribution.reparameterization_type = "
            f'"{distribution.reparameterization_type}" != "FULLY_REPARAMETERIZED".'
        )
    checks = []
    for role in ("is_scalar_event", "is_scalar_batch"):
        is_scalar = getattr(distribution, role)()
        known = constant_value(is_scalar)
        text = f"distribution must be scalar; distribution.{role}=False is not True"
        if known is not None and not known:
            raise ValueError(text)
        if known is None and is_checked:
            checks.append(assert_equal(is_scalar, True, message=text))
    return checks


def _map_and_factor(skewness: Any, tailweight: Any, scale: Tensor) -> tuple[Any, Any, Any, Tensor]:
    """Return skewness, tail weight, the map, and the scale that keeps 2 where nothing leans."""
    dtype = scale.dtype
    is_lopsided = skewness is not None
    weight = convert_to_tensor(
        1.0 if tailweight is None else tailweight, dtype=dtype, name="tailweight"
    )
    lean = convert_to_tensor(skewness if is_lopsided else 0.0, dtype=dtype, name="skewness")
    bijector = even = SinhArcsinhBijector(skewness=lean, tailweight=weight)
    if is_lopsided:
        even = SinhArcsinhBijector(skewness=dtype.as_numpy_dtype(0.0), tailweight=weight)
    factor = 2 * scale / even.forward(convert_to_tensor(2, dtype=dtype))
    return lean, weight, bijector, factor


class SinhArcsinh(TransformedDistribution):
    """Normal numbers, or others, leant to one side and with lighter or heavier tails.

    Args:
      loc: the place.
      scale: the width.
      skewness: how far they lean; 0 by default.
      tailweight: how heavy the tails are; 1 by default.
      distribution: that of the numbers before; the standard normal one by default.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.

    Raises:
      TypeError: `distribution` has another dtype.
      ValueError: it is not one of single numbers.
    """

    def __init__(
        self,
        loc: Any,
        scale: Any,
        skewness: Any = None,
        tailweight: Any = None,
        distribution: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "SinhArcsinh",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[loc, scale, skewness, tailweight]) as scope:
            self._loc = convert_to_tensor(loc, name="loc")
            dtype = self._loc.dtype
            self._scale = convert_to_tensor(scale, name="scale", dtype=dtype)
            if distribution is None:
                distribution = _standard_normal(dtype, allow_nan_stats)
            else:
                checks = _checks_of_scalar(distribution, dtype, validate_args)
                self._loc = with_dependencies(checks, self._loc)
            self._skewness, self._tailweight, bijector, factor = _map_and_factor(
                skewness, tailweight, self._scale
            )
            affine = AffineScalar(shift=self._loc, scale=factor, validate_args=validate_args)
            parts = (self._loc, self._scale, self._tailweight, self._skewness)
            super().__init__(
                distribution,
                Chain([affine, bijector]),
                batch_shape=_broadcast_sizes(*parts),
                validate_args=validate_args,
                name=scope,
            )
        self._parameters = parameters

    @property
    def loc(self) -> Tensor:
        """The place."""
        return self._loc

    @property
    def scale(self) -> Tensor:
        """The width."""
        return self._scale

    @property
    def tailweight(self) -> Tensor:
        """How heavy the tails are."""
        return self._tailweight

    @property
    def skewness(self) -> Tensor:
        """How far the numbers lean."""
        return self._skewness


def _standard_normal(dtype: Any, allow_nan_stats: bool) -> Normal:
    place, width = zeros([], dtype=dtype), ones([], dtype=dtype)
    return Normal(place, width, allow_nan_stats=allow_nan_stats)


def _broadcast_sizes(*tensors: Tensor) -> Any:
    """Return the shape that tensors have together, as a list where it is known."""
    known = reduce(broadcast_static_shape, [each.get_shape() for each in tensors])
    if known.is_fully_defined():
        return known.as_list()
    return reduce(broadcast_dynamic_shape, [shape_of(each) for each in tensors])


class VectorSinhArcsinhDiag(TransformedDistribution):
    """Vectors of independent numbers of a `SinhArcsinh` distribution.

    Args:
      loc: the places [*batch, size]; zero if None.
      scale_diag: the widths.
      scale_identity_multiplier: a number that is added to all of them.
      skewness: how far they lean; 0 by default.
      tailweight: how heavy the tails are; 1 by default.
      distribution: that of the numbers before; the standard normal one by default.
      validate_args: whether parameters are checked in the step.
      allow_nan_stats: whether moments that do not exist are NaN.
      name: the name of the nodes.

    Raises:
      TypeError: `distribution` has another dtype.
      ValueError: it is not one of single numbers, or nothing tells the size.
    """

    def __init__(
        self,
        loc: Any = None,
        scale_diag: Any = None,
        scale_identity_multiplier: Any = None,
        skewness: Any = None,
        tailweight: Any = None,
        distribution: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "MultivariateNormalLinearOperator",
    ) -> None:
        parameters = dict(locals())
        values = [loc, scale_diag, scale_identity_multiplier, skewness, tailweight]
        with name_scope(name, values=values) as scope:
            self._loc = None if loc is None else convert_to_tensor(loc, name="loc")
            self._scale = diag_scale(self._loc, scale_diag, scale_identity_multiplier)
            batch_shape, event_shape = shapes_of_loc_and_scale(self._loc, self._scale)
            widths: Tensor = self._scale.diag_part()
            if distribution is None:
                distribution = _standard_normal(widths.dtype, allow_nan_stats)
            else:
                checks = _checks_of_scalar(distribution, widths.dtype, validate_args)
                widths = with_dependencies(checks, widths)
            self._skewness, self._tailweight, bijector, factor = _map_and_factor(
                skewness, tailweight, widths
            )
            affine = Affine(shift=self._loc, scale_diag=factor, validate_args=validate_args)
            super().__init__(
                distribution,
                Chain([affine, bijector]),
                batch_shape=batch_shape,
                event_shape=event_shape,
                validate_args=validate_args,
                name=scope,
            )
        self._parameters = parameters

    @property
    def loc(self) -> Any:
        """The places; None for zero."""
        return self._loc

    @property
    def scale(self) -> Any:
        """The widths, as a linear operator."""
        return self._scale

    @property
    def tailweight(self) -> Tensor:
        """How heavy the tails are."""
        return self._tailweight

    @property
    def skewness(self) -> Tensor:
        """How far the numbers lean."""
        return self._skewness
